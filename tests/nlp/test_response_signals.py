import pytest

from nlp.response_signals import find_response_signals, read_response, signal_names


def _names(text: str) -> set[str]:
    return {s.name for s in find_response_signals(text)}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("measure_done", "破损的护栏已全部更换完毕。"),
        ("measure_ongoing", "施工队正在对外墙进行维修。"),
        ("measure_planned", "下一步将在路口增设减速带。"),
        ("vague_measure", "我们将进一步加强监管力度。"),
        ("unit", "区城市管理局负责此事。"),
        ("deadline", "预计6月底前完成。"),
        ("date", "3月5日到场。"),
        ("contact", "咨询电话0799-6620110。"),
        ("finding", "经现场核实，井盖确有破损。"),
        ("quantity", "共更换路灯32盏。"),
        ("legal", "根据《物业管理条例》第十条处理。"),
        ("how_to", "请携带身份证到窗口办理。"),
        ("refer", "已将您的问题转交相关部门。"),
        ("acknowledge", "您的留言已收悉。"),
        ("formula", "感谢您的支持。"),
        ("apology", "给您带来不便，深表歉意。"),
        ("visit", "工作人员已上门走访。"),
        ("blame", "该情况纯属捏造，请勿传播。"),
        ("play_down", "这属于正常现象，总体可控。"),
        ("wait", "请您耐心等待。"),
        ("refuse", "目前不具备安装条件，暂不予办理。"),
        ("clarify", "请您补充具体位置。"),
        ("admit", "情况属实，我们承认处理不及时。"),
        ("publicity", "活动获得居民一致好评。"),
        ("verdict", "您的情况不符合补贴条件。"),
    ],
)
def test_each_detector_finds_its_example(name: str, text: str) -> None:
    assert name in _names(text)


def test_every_detector_has_an_example_above() -> None:
    marks = test_each_detector_finds_its_example.pytestmark[0].args[1]
    assert {name for name, _ in marks} == set(signal_names())


def test_spans_are_half_open_and_sorted() -> None:
    text = "经核实，路灯已修复12盏，预计5月底前完成剩余部分。"
    found = find_response_signals(text)
    assert [s.start for s in found] == sorted(s.start for s in found)
    assert all(0 <= s.start < s.end <= len(text) for s in found)
    assert any(text[s.start : s.end].startswith("经核实") for s in found)


@pytest.mark.parametrize(
    "text",
    [
        "您好，您的留言已收悉。",
        "您反映的问题已转至区住建局核实办理，感谢您的关注！2021年3月4日",
        "网友您好：来信收悉。建议您向市供电公司反映。谢谢！",
        "我局高度重视，请您耐心等待，有进展将及时回复。",
        "尊敬的市民：您好！感谢您对我们工作的理解与支持。",
        "",
    ],
)
def test_answers_without_substance_are_recognised(text: str) -> None:
    assert read_response(text).only_acknowledges


@pytest.mark.parametrize(
    "text",
    [
        "您的留言已收悉，坑洞已于昨日填平。",
        "感谢来信，2路公交早班车从明天起提前到五点半发车。",
        "退休手续到户籍所在地的社保窗口办理即可，不用预约。",
    ],
)
def test_courtesy_around_an_answer_does_not_hide_it(text: str) -> None:
    assert not read_response(text).only_acknowledges


def test_a_repeated_sentence_is_read_once() -> None:
    once = read_response("路面已修补完毕。")
    twice = read_response("路面已修补完毕。路面已修补完毕。")
    assert len(twice.substance) == len(once.substance) == 1


def test_sentences_are_slices_of_the_text() -> None:
    text = "您好！1、楼道灯已修好。2、门禁下周更换。\n谢谢"
    for sentence in read_response(text).sentences:
        assert text[sentence.span.start : sentence.span.end] == sentence.span.text
        for clause in sentence.clauses:
            assert text[clause.span.start : clause.span.end] == clause.span.text


def test_long_text_is_read_in_linear_time() -> None:
    assert read_response("经核实，该路段正在改造，预计年底完成。" * 600).sentences


@pytest.mark.parametrize("text", ["已修", "您的问题已处理。", "明天上午恢复供电。", "抢修中,11月12日恢复供水。"])
def test_short_plain_answers_say_what_is_done(text: str) -> None:
    assert {s.name for s in find_response_signals(text)} & {"measure_done", "measure_planned"}


def test_half_width_punctuation_is_read_like_full_width():
    wide = "您好，您反映的问题已收悉，已转相关部门处理，感谢您对我们工作的支持！"
    narrow = wide.replace("，", ",").replace("！", "!")
    assert find_response_signals(narrow) == find_response_signals(wide)
    assert [s.role for s in read_response(narrow).sentences] == [s.role for s in read_response(wide).sentences]
