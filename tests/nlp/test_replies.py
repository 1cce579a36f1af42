from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import numpy as np
import pytest

from nlp.artifact import Part
from nlp.errors import ArtifactError
from nlp.features import NgramVocabulary
from nlp.records import CHINA, RepliedRequest, ResidentRequest
from nlp.replies import ACKNOWLEDGED_LIMIT, DIMENSIONS, PART, TARGETS, ReplyScorer
from nlp.reply_features import feature_names
from nlp.results import to_json
from nlp.site import Site

ASKED = datetime(2019, 4, 1, 9, 0, tzinfo=CHINA)
ANSWERED = datetime(2019, 4, 10, 15, 0, tzinfo=CHINA)
TEXT = "我们桂园小区3栋的路灯坏了一个月，晚上一片漆黑。请问什么时候修？物业收费能否公示？"
ACTION = "经现场核实，桂园小区路灯线路被挖断，区城管局已更换路灯12盏，剩余部分4月28日前修复完毕。"
GROUND = "物业收费已按《物业管理条例》的规定在公示栏公示。"
COURTESY = "感谢您对我们工作的理解与支持，欢迎您继续监督，祝您生活愉快！"


def _part(**changes: float) -> Part:
    """A part with weights set by hand: what a measure, a ground, a date and coverage add; nothing else counts."""
    names = feature_names()
    vocabulary = NgramVocabulary.fit([TEXT, ACTION, GROUND, COURTESY], min_documents=1)
    dense = np.zeros((len(TARGETS), len(names)))
    for name in ("n_measure_done", "n_measure_planned", "n_deadline", "n_legal", "n_finding", "n_quantity", "cover"):
        dense[:, names.index(name)] = changes.get(name, 1.0)
    dense[TARGETS.index("evasion")] *= -1
    dense[TARGETS.index("downplay")] *= -1
    dense[TARGETS.index("evasion"), names.index("refers")] = 3.0
    arrays = {
        **vocabulary.arrays(),
        "mean": np.zeros(len(names)),
        "scale": np.ones(len(names)),
        "dense": dense,
        "text": np.zeros((len(TARGETS), len(vocabulary)), np.float32),
        "bias": np.array([0.3 if t != "overall" else 1.2 for t in TARGETS]),
    }
    config = {
        **vocabulary.config(),
        "features": list(names),
        "targets": list(TARGETS),
        "resolved_at": [0.8, 1.6],
    }
    return Part(arrays, config)


@pytest.fixture(scope="module")
def scorer() -> ReplyScorer:
    return ReplyScorer.from_parts({PART: _part()})


@pytest.fixture(scope="module")
def site() -> Site:
    return Site.load()


def _pair(reply: str, *, text: str = TEXT, title: str = "路灯坏了") -> RepliedRequest:
    return RepliedRequest(ResidentRequest("1", text, title, ASKED), reply, ANSWERED)


def _overall(scorer: ReplyScorer, site: Site, reply: str) -> float:
    found = scorer.review([_pair(reply)], site=site)[0].overall
    assert found is not None
    return found


@pytest.mark.parametrize("reply", [ACTION, ACTION + GROUND, GROUND])
@pytest.mark.parametrize(
    "courtesy", [COURTESY, COURTESY * 5, "您的留言已收悉。" + COURTESY, "\n特此回复。2019年4月10日"]
)
def test_courtesy_changes_no_score(scorer: ReplyScorer, site: Site, reply: str, courtesy: str) -> None:
    plain, padded = scorer.review([_pair(reply), _pair(reply + courtesy)], site=site)
    assert padded.overall == pytest.approx(plain.overall)
    assert padded.dimensions == pytest.approx(plain.dimensions)


def test_repeating_an_answer_changes_no_score(scorer: ReplyScorer, site: Site) -> None:
    assert _overall(scorer, site, ACTION * 4) == pytest.approx(_overall(scorer, site, ACTION))


def test_padding_off_the_matter_does_not_raise(scorer: ReplyScorer, site: Site) -> None:
    padding = "春天来了，花儿都开了，大家的心情十分舒畅。" * 3
    assert _overall(scorer, site, ACTION + padding) <= _overall(scorer, site, ACTION) + 1e-9


def test_removing_the_one_measure_lowers_the_score(scorer: ReplyScorer, site: Site) -> None:
    whole = "经现场核实，桂园小区路灯线路被挖断。区城管局已更换路灯并修复完毕。"
    without = "经现场核实，桂园小区路灯线路被挖断。"
    assert _overall(scorer, site, without) < _overall(scorer, site, whole)


def test_removing_the_date_lowers_the_score(scorer: ReplyScorer, site: Site) -> None:
    assert _overall(scorer, site, "区城管局将修复路灯。") < _overall(scorer, site, "区城管局将于4月28日前修复路灯。")


@pytest.mark.parametrize(
    "reply",
    [
        "您好，您的留言已收悉。",
        "您反映的路灯问题已转区城管局调查处理，感谢您的关注！",
        "建议您向物业公司反映，联系电话0799-6620110。",
        "我局高度重视，请您耐心等待。" + COURTESY,
        "网友您好！来信已收到，现已批转相关部门阅处，如有进展将及时回复。" * 5,
    ],
)
def test_acknowledging_or_referring_alone_never_exceeds_the_limit(site: Site, reply: str) -> None:
    part = _part()
    generous = Part({**part.arrays, "bias": np.full(len(TARGETS), 9.0)}, part.config)
    (review,) = ReplyScorer.from_parts({PART: generous}).review([_pair(reply)], site=site)
    assert review.overall is not None
    assert review.overall <= ACKNOWLEDGED_LIMIT
    assert review.resolved == 0
    assert "只有收悉、转办或客套话,没有实质答复" in review.reasons
    assert all(a.answered == "no" for a in review.asks)


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("", "没有答复内容"),
        ("  \n ", "没有答复内容"),
        ("OK 12345", "没有中文"),
        (TEXT, "与诉求内容相同"),
        (f"路灯坏了\n{TEXT}", "与诉求内容相同"),
    ],
)
def test_what_cannot_be_judged_has_reasons_and_no_numbers(
    scorer: ReplyScorer, site: Site, reply: str, reason: str
) -> None:
    (review,) = scorer.review([_pair(reply)], site=site)
    assert not review.assessable
    assert reason in review.reasons[0]
    numbers = (review.overall, review.score, review.dimensions, review.resolved, review.working_days)
    assert numbers == (None,) * 5


def test_every_field_of_the_contract_is_there(scorer: ReplyScorer, site: Site) -> None:
    (review,) = scorer.review([_pair(ACTION + GROUND)], site=site)
    row = to_json(review)
    assert row["score"] == round((row["overall"] - 1) * 25)
    assert set(row["dimensions"]) == {*DIMENSIONS, "evasion", "downplay"}
    assert row["resolved"] in (0, 1, 2)
    assert (row["days_to_reply"], row["working_days"]) == (9.25, 6)  # 5 to 7 April 2019 is a holiday
    assert {a["answered"] for a in row["asks"]} <= {"yes", "partly", "no"}
    assert row["commitments"][0]["due"] == "2019-04-28"
    assert {e["dimension"] for e in row["evidence"]} >= {"explained", "action"}


def test_spans_are_slices_of_what_was_sent(scorer: ReplyScorer, site: Site) -> None:
    text = "我叫周德明，电话13957420816。请问桂园小区路灯什么时候修？"
    reply = f"周德明先生您好：{ACTION}有事请打13957420816联系王师傅。"
    pair = _pair(reply, text=text)
    (review,) = scorer.review([pair], site=site)
    for ask in review.asks:
        assert pair.request.full_text[ask.start : ask.end] == ask.text
        assert ask.by is None or reply[ask.by.start : ask.by.end] == ask.by.text
    for found in review.evidence:
        assert reply[found.start : found.end] == found.text
    assert any(c.due == date(2019, 4, 28) for c in review.commitments)
    assert "〔" not in "".join(a.text for a in review.asks)


def test_a_reply_that_names_no_unit_and_time_is_told_so(scorer: ReplyScorer, site: Site) -> None:
    (review,) = scorer.review([_pair("路灯正在维修。")], site=site)
    assert "没有写明责任单位" in review.reasons
    assert "没有写明完成时间" in review.reasons


def test_what_is_held_against_an_office_is_called_suspected(site: Site) -> None:
    part = _part()
    harsh = Part(
        {**part.arrays, "bias": np.array([5.0 if t in ("evasion", "downplay") else 0.0 for t in TARGETS])}, part.config
    )
    (review,) = ReplyScorer.from_parts({PART: harsh}).review([_pair("这属于正常现象，大家不要小题大做。")], site=site)
    assert {"疑似回避或推诿", "疑似轻描淡写"} <= set(review.reasons)


def test_times_are_null_when_absent_and_warn_when_reversed(scorer: ReplyScorer, site: Site) -> None:
    pair = _pair(ACTION)
    timeless = replace(pair, reply_time=None)
    reversed_ = replace(pair, reply_time=datetime(2019, 3, 1, tzinfo=CHINA))
    first, second = scorer.review([timeless, reversed_], site=site)
    assert (first.days_to_reply, first.working_days, first.warnings) == (None, None, ())
    assert second.days_to_reply is None
    assert "早于" in second.warnings[0]


def test_a_batch_keeps_its_order_and_judges_as_one_by_one(scorer: ReplyScorer, site: Site) -> None:
    pairs = [_pair(r) for r in (ACTION, "", GROUND, "您的留言已收悉。", "👍" * 50 + ACTION)]
    together = scorer.review(pairs, site=site)
    assert together == [scorer.review([p], site=site)[0] for p in pairs]
    assert scorer.review([], site=site) == []


def test_a_part_made_for_other_features_is_refused() -> None:
    part = _part()
    with pytest.raises(ArtifactError, match="minsheng train"):
        ReplyScorer.from_parts({PART: Part(part.arrays, {**part.config, "features": ["n_measure"]})})
