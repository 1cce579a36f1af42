import numpy as np
import pytest

from nlp.signals import SignalLexicon, feature_names, find_signals, signal_features


def names_of(text: str) -> set[str]:
    return {s.name for s in find_signals(text)}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("楼道里一股臭鸡蛋味", "gas"),
        ("三楼阳台冒烟了", "fire"),
        ("东边的电梯困人了", "trapped"),
        ("我们院停水三天了", "outage_long"),
        ("3天内就要交材料", "deadline_near"),
        ("打了八次电话没人接", "times"),
        ("环卫和园林互相推诿", "referral"),
        ("这事拖了五年", "long_duration"),
        ("一百二十户都没拿到钥匙", "many"),
        ("凌晨两点还在打桩", "night"),
        ("盼着门口增设一个站台", "wish"),
        ("老板跑了,工钱要不回来", "wage"),
    ],
)
def test_each_signal_is_found_in_an_everyday_sentence(text: str, name: str) -> None:
    assert name in names_of(text)


def test_spans_name_the_words_that_fired() -> None:
    text = "昨晚起火,消防通道锁死"
    found = {text[s.start : s.end]: s.name for s in find_signals(text)}
    assert found["起火"] == "fire"
    assert found["消防通道"] == "route_cut"


@pytest.mark.parametrize("text", ["师傅看过了,没有漏气", "幸好未起火", "这次不会停电"])
def test_a_negated_danger_is_no_danger(text: str) -> None:
    dangers = SignalLexicon.bundled().negatable
    assert "negated" in names_of(text)
    assert not names_of(text) & dangers


def test_negation_does_not_cross_a_comma() -> None:
    assert "fire" in names_of("没有人管,起火了")


def test_features_lie_between_zero_and_one() -> None:
    texts = ["", "着火了!" * 3000, "标题\n我们楼停电两天了,求求你们"]
    features = signal_features(texts, [find_signals(t) for t in texts], titles=["", "", "标题"])
    assert features.shape == (3, len(feature_names()))
    assert features.dtype == np.float32
    assert features.min() >= 0
    assert features.max() <= 1


def test_an_empty_text_shows_no_signal() -> None:
    assert find_signals("") == []


def test_every_name_the_lexicon_refers_to_exists() -> None:
    lexicon = SignalLexicon.bundled()
    referred = set(lexicon.negatable).union(*lexicon.needs.values(), *(r.signals for r in lexicon.handoff))
    assert referred <= set(lexicon.names)
