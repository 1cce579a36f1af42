import pytest

from nlp.records import ResidentRequest
from nlp.request_places import (
    SAME_AREA,
    SAME_SITE,
    Whereabouts,
    is_name,
    is_variant,
    name_agreement,
    place_conflict,
    spot_agreement,
)


def where(*places: str, text: str = "", area: str | None = None, site: str | None = None) -> Whereabouts:
    return Whereabouts.read(ResidentRequest("1", area=area, site=site), text, places=places, areas=())


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("华鑫驾校", "鑫华驾校", True),
        ("云栖花苑", "云栖华苑", True),
        ("泉溪村", "泉溪湖村", True),
        ("东四路", "东六路", False),
        ("松雅一小", "松雅二小", False),
        ("梅溪湖路", "梅溪湖镇", False),
        ("云栖里", "柏翠园", False),
        ("云里", "云栖", False),
    ],
)
def test_variants_are_misspellings_not_sisters(one: str, other: str, expected: bool):
    assert is_variant(one, other) is expected
    assert is_variant(other, one) is expected


@pytest.mark.parametrize("name", ["3栋", "12号楼2单元", "小区", "我们小区", "北门", "一二三四五六七八九十甲乙丙丁戊"])
def test_buildings_and_kinds_of_places_are_no_names(name: str):
    assert not is_name(name)


def test_names_agree_in_full_in_part_by_text_and_as_variants():
    assert name_agreement(where("云栖里3栋"), where("云栖里小区"))[0] == 1.0
    assert name_agreement(where("云栖里"), where("城北云栖里"))[0] == 0.9
    assert name_agreement(where("云栖里"), where(text="我住在云栖里，电梯坏了"))[0] == 0.9
    assert name_agreement(where("云栖华苑"), where("云栖花苑"))[0] == 0.7
    assert name_agreement(where("云栖里"), where("柏翠园"))[0] == 0.0


def test_one_qr_place_or_area_is_one_spot():
    assert spot_agreement(where(site="QR-1"), where(site="QR-1"), broad=()) == SAME_SITE
    assert spot_agreement(where(area="A01"), where(area="A01"), broad=()) == SAME_AREA
    assert spot_agreement(where(area="A01"), where(area="A01"), broad=("a01",)) == 0.0
    assert spot_agreement(where(), where(), broad=()) == 0.0


def test_conflict_needs_something_on_both_sides():
    assert place_conflict(where("云栖里"), where("柏翠园")) == 1.0
    assert place_conflict(where(site="QR-1"), where(site="QR-2")) == 1.0
    assert place_conflict(where(area="A01"), where(area="B02")) == 0.5
    assert place_conflict(where(area="A01"), where(area="A0102")) == 0.0
    assert place_conflict(where("云栖里"), where()) == 0.0
