import pytest

from nlp.asks import MAX_ASKS, align_asks, split_asks
from nlp.features import NgramVocabulary
from nlp.response_signals import read_response

VOCABULARY = NgramVocabulary.fit(["小区的路灯不亮了", "电梯停了三天", "停车位不够用", "物业费涨价"], min_documents=1)


def _asks(text: str) -> list[str]:
    return [a.text for a in split_asks(text)]


def test_questions_and_demands_are_asks_and_the_story_is_not() -> None:
    text = "路灯问题\n我住在桂园小区。路灯坏了一个月。请问何时维修？希望社区公布维修时间。谢谢！"
    assert _asks(text) == ["请问何时维修？", "希望社区公布维修时间。"]


def test_without_a_question_the_title_is_the_ask() -> None:
    assert _asks("桂园小区路灯不亮\n我们小区的灯坏了。") == ["桂园小区路灯不亮"]


def test_without_title_and_question_the_longest_sentence_is_the_ask() -> None:
    assert _asks("\n灯坏了一个多月没有人来看。很黑。") == ["灯坏了一个多月没有人来看。"]


@pytest.mark.parametrize("text", ["", "\n", "\n。！"])
def test_an_empty_message_has_no_ask(text: str) -> None:
    assert split_asks(text) == ()


def test_courtesy_at_the_end_is_no_ask() -> None:
    assert "望回复。" not in _asks("咨询\n请问如何缴费？望回复。")


def test_asks_are_slices_distinct_and_limited() -> None:
    text = "多问\n" + "请问几时修好？" * 3 + "".join(f"第{n}段路能否也修一下？" for n in "甲乙丙丁戊己庚辛壬癸子丑寅卯")
    found = split_asks(text)
    assert len(found) == MAX_ASKS
    assert len({a.text for a in found}) == len(found)
    assert all(text[a.start : a.end] == a.text for a in found)


def test_each_ask_is_aligned_to_the_sentence_that_speaks_of_it() -> None:
    asks = split_asks("两件事\n请问路灯什么时候修？停车位能否增加？")
    reply = read_response("您好！经核实，路灯线路被挖断，5月前修好。停车位已规划新增四十个。")
    lamp, parking = align_asks(asks, reply, vocabulary=VOCABULARY)
    assert lamp.answered != "no"
    assert lamp.by is not None
    assert "路灯" in lamp.by.text
    assert parking.by is not None
    assert "停车位" in parking.by.text


def test_a_numbered_answer_belongs_to_the_ask_of_that_number() -> None:
    asks = split_asks("问\n1、何时完工？2、有没有补贴？")
    reply = read_response("1、九月三十日。2、没有这项经费，暂不发放。")
    assert [a.by.text[:2] for a in align_asks(asks, reply, vocabulary=VOCABULARY) if a.by] == ["1、", "2、"]


def test_acknowledgement_answers_nothing() -> None:
    asks = split_asks("路灯\n请问路灯何时维修？")
    (found,) = align_asks(asks, read_response("您反映的路灯问题已收悉并转相关部门。"), vocabulary=VOCABULARY)
    assert (found.answered, found.by) == ("no", None)
