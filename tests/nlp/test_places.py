import pytest

from nlp.places import MAX_PLACES, find_places, normal_form, place_key
from nlp.site import Area, GazetteerEntry, Site


@pytest.mark.parametrize(
    ("title", "text", "place"),
    [
        ("A市A4区翠湖苑小区电梯三天两头坏", "物业不管。", "A市A4区翠湖苑小区"),
        ("投诉K3县城东菜市场占道经营", "每天早上都堵。", "K3县城东菜市场"),
        ("B7县石门镇柳林村的路什么时候修", "下雨就是泥。", "B7县石门镇柳林村"),
        ("咨询A市落户政策", "请问需要什么材料？", "A市"),
        ("A2区长桥路与文昌路交叉口没有红绿灯", "车多人多。", "A2区长桥路与文昌路交叉口"),
        ("路灯不亮", "来电人反映常德市武陵区紫云小区门口路灯不亮，要求维修。", "常德市武陵区紫云小区"),
        ("", "我是襄阳市樊城区梧桐里的居民，楼上漏水。", "襄阳市樊城区梧桐里"),
    ],
)
def test_the_specific_place_is_found_among_the_first_three(title, text, place):
    found = [p.text for p in find_places(f"{title}\n{text}")[:3]]
    assert any(set(place) <= set(f) and len(f) <= len(place) + 4 for f in found), found


@pytest.mark.parametrize(
    "text",
    [
        "A市A4区翠湖苑小区电梯坏了\n我叫〔姓名〕，住〔门牌号〕，电话〔手机号〕",
        "\n物业乱收费",
        "题目A1区\n" + "内容" * 6000,
        "\n😀😀",
    ],
)
def test_spans_are_exact_few_and_outside_placeholders(text):
    found = find_places(text)
    assert len(found) <= MAX_PLACES
    for place in found:
        assert text[place.start : place.end] == place.text
        assert "\n" not in place.text
        assert "〔" not in place.text


@pytest.mark.parametrize("text", ["", "\n", "\n😀", "\n1234"])
def test_text_without_words_names_no_place(text):
    assert find_places(text) == ()


def test_the_site_fills_in_the_area():
    areas = (Area("S1", "城关区", None, "district"), Area("S101", "河东街道", "S1", "street"))
    gazetteer = (GazetteerEntry("翠湖苑", "estate", "S101"),)
    site = Site(areas, (), (), (), {}, (), gazetteer)
    assert find_places("城关区翠湖苑小区电梯坏了\n没人修", site=site)[0].area == "S101"
    assert find_places("城关区翠湖苑小区电梯坏了\n没人修")[0].area is None


def _site_of(*entries):
    areas = (
        Area("C", "清河市", None, "city"),
        Area("D1", "东岸区", "C", "district"),
        Area("D2", "西岸区", "C", "district"),
        Area("E", "老棉厂", "D1", "estate"),
    )
    return Site(areas, (), (), (), {}, (), entries)


def test_a_name_of_the_gazetteer_is_a_place_though_the_model_misses_it():
    text = "\n晚上吵得睡不着,就是咕噜噜那儿"
    assert find_places(text) == ()
    (found,) = find_places(text, site=_site_of(GazetteerEntry("咕噜噜", "shop", "D1")))
    assert (found.text, found.start, found.area) == ("咕噜噜", text.index("咕噜噜"), "D1")


def test_a_known_name_is_given_once_and_whole():
    text = "老棉厂路灯不亮\n老棉厂的路灯,老棉厂门口也不亮"
    found = find_places(text, site=_site_of())
    assert sum(p.text == "老棉厂" for p in found) <= 1
    assert found[0].area == "E"
    assert all(text[p.start : p.end] == p.text for p in found)


def test_places_of_the_requests_own_area_come_first():
    site = _site_of(GazetteerEntry("金桥小学", "school", "D2"))
    text = "孩子被分到金桥小学\n我们住老棉厂,离金桥小学太远"
    assert find_places(text, site=site, within="E")[0].area == "E"


def test_a_name_of_two_districts_needs_the_requests_area():
    site = _site_of(GazetteerEntry("解放路", "road", "D1"), GazetteerEntry("解放路", "road", "D2"))
    text = "解放路路灯不亮\n一周了"
    assert find_places(text, site=site)[0].area is None
    assert find_places(text, site=site, within="D2")[0].area == "D2"


def test_normal_form_keeps_the_length():
    text = "Ａ市Ａ3区K12路　１２栋"
    assert normal_form(text) == "A市A0区A00路 00栋"
    assert len(normal_form(text)) == len(text)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("A市A5区翠湖苑小区", "翠湖苑"),
        ("翠湖苑小区3栋", "翠湖苑"),
        ("翠湖苑附近", "翠湖苑"),
        ("翠湖·苑", "翠湖苑"),
        ("翠湖社区", "翠湖社区"),
        ("A8县市水月城", "水月城"),
        ("A7县柳河镇石门村三组", "石门村三组"),
        ("宁波市海曙区中山西路138弄", "中山西路138弄"),
        ("厦门集美区杏滨路口", "杏滨路口"),
        ("梅岭三期", "梅岭3期"),
        ("超市门口", "超市"),
        ("幸福小区", "幸福"),
        ("A市A5区", "a市a5区"),
        ("宁波市", "宁波市"),
    ],
)
def test_mentions_of_one_place_have_one_key(name, key):
    assert place_key(name) == key
