from __future__ import annotations

import time
from datetime import datetime

import numpy as np
import pytest

from nlp.artifact import Part
from nlp.errors import ArtifactError
from nlp.features import NgramVocabulary
from nlp.post_aspects import aspect_names
from nlp.post_features import feature_names
from nlp.post_genre import judge_genre
from nlp.posts import PART, TARGETS, PostScorer
from nlp.records import CHINA, IssueBrief, Post, ResidentRequest
from nlp.results import GENRES, to_json

LIFT = IssueBrief(
    "i-1",
    "松鹤苑2栋电梯停运",
    (
        ResidentRequest("a", "松鹤苑2栋的电梯坏了十天，老人下不了楼。", "电梯停运", datetime(2026, 3, 2, tzinfo=CHINA)),
        ResidentRequest("b", "2栋电梯停运，松鹤苑物业说等配件，请问几时修好？", "", datetime(2026, 3, 5, tzinfo=CHINA)),
    ),
)
WATER = IssueBrief("i-2", "枫桥里夜间停水", (ResidentRequest("c", "枫桥里小区天天夜里停水，泵房没人管。"),))
ANSWER = (
    "松鹤苑2栋电梯什么时候修好？\n"
    "3月2日以来居民反映松鹤苑2栋电梯停运。经检测，曳引机轴承损坏，配件3月12日到货。\n"
    "区住建局要求维保单位3月15日前修复，老人出行由社区安排人员协助。目前没有把握的是二号梯，厂家已停产。"
)
THEME = "全市电梯安全月启动\n为进一步提升电梯安全水平，全市开展电梯安全宣传活动，获得居民一致好评。"


def _part(*, threshold: float = 0.5) -> Part:
    """A part with weights set by hand: names and coverage match, dates and limits raise, play-down words lower."""
    texts = [LIFT.title, WATER.title, ANSWER, THEME, *(m.text for i in (LIFT, WATER) for m in i.messages)]
    vocabulary = NgramVocabulary.fit([*texts, *["今天的天气很好"] * 600], min_documents=4)
    aspects, names = aspect_names(), feature_names()
    match = np.zeros(len(aspects))
    match[[aspects.index(n) for n in ("title_cover", "name_in_title", "passage_names")]] = (4.0, 1.0, 1.0)
    weights = np.zeros((len(TARGETS), len(names)))
    for name in ("n_date", "n_deadline", "n_admit", "n_finding"):
        weights[:, names.index(name)] = 1.0
    weights[[TARGETS.index("evasion"), TARGETS.index("downplay")]] *= -2
    weights[TARGETS.index("focus"), names.index("share")] = 1.0
    arrays = {
        **vocabulary.arrays(),
        "match_mean": np.zeros(len(aspects)),
        "match_scale": np.ones(len(aspects)),
        "match_weights": match,
        "mean": np.zeros(len(names)),
        "scale": np.ones(len(names)),
        "weights": weights,
        "bias": np.array([1.5 if t == "overall" else 0.2 for t in TARGETS]),
    }
    config = {
        **vocabulary.config(),
        "match_bias": -7.0,
        "match_threshold": threshold,
        "aspects": list(aspects),
        "features": list(names),
        "targets": list(TARGETS),
    }
    return Part(arrays, config)


@pytest.fixture(scope="module")
def scorer() -> PostScorer:
    return PostScorer.from_parts({PART: _part()})


def _post(text: str, *, published: datetime | None = datetime(2026, 3, 10, tzinfo=CHINA)) -> Post:
    title, _, body = text.partition("\n")
    return Post("p", "柳桥街道", title, body, published)


def test_a_post_is_matched_to_the_issue_of_its_place_and_problem(scorer: PostScorer) -> None:
    (review,) = scorer.review([_post(ANSWER)], [WATER, LIFT])
    assert [a.issue for a in review.addresses] == ["i-1"]
    assert review.genre == "response"


def test_a_post_on_the_theme_alone_answers_nothing(scorer: PostScorer) -> None:
    (review,) = scorer.review([_post(THEME)], [WATER, LIFT])
    assert review.addresses == ()
    assert review.genre in set(GENRES) - {"response"}


def test_without_issues_nothing_is_addressed(scorer: PostScorer) -> None:
    assert scorer.review([_post(ANSWER)], [])[0].addresses == ()
    assert scorer.review([], [LIFT]) == []


def test_every_field_of_the_contract_is_there(scorer: PostScorer) -> None:
    row = to_json(scorer.review([_post(ANSWER)], [LIFT])[0])
    (address,) = row["addresses"]
    assert set(row) == {"id", "genre", "addresses", "commitments"}
    assert 1 <= address["overall"] <= 5
    assert all(0 <= address[g] <= 2 for g in ("focus", "concrete", "candour"))
    assert all(0 <= address[s] <= 1 for s in ("evasion", "downplay"))
    assert (address["days_after_first"], address["preventive"]) == (8, False)
    assert "2026-03-15" in {c["due"] for c in row["commitments"]}


def test_spans_are_slices_of_title_and_body(scorer: PostScorer) -> None:
    post = _post(ANSWER + "\n联系周德明，电话13957420816。")
    (review,) = scorer.review([post], [LIFT])
    spans = [(s.text, s.start, s.end) for s in review.addresses[0].evidence]
    assert spans
    assert all(post.full_text[start:end] == text for text, start, end in spans)
    assert all(post.full_text[c.start : c.end] for c in review.commitments)


def test_a_post_before_the_first_request_is_preventive(scorer: PostScorer) -> None:
    (review,) = scorer.review([_post(ANSWER, published=datetime(2026, 2, 27, tzinfo=CHINA))], [LIFT])
    assert (review.addresses[0].preventive, review.addresses[0].days_after_first) == (True, -3)


@pytest.mark.parametrize("timeless", ["post", "issue"])
def test_without_times_there_are_no_days(scorer: PostScorer, timeless: str) -> None:
    issue = IssueBrief("i-1", LIFT.title, tuple(ResidentRequest(m.id, m.text, m.title) for m in LIFT.messages))
    published = None if timeless == "post" else datetime(2026, 3, 10, tzinfo=CHINA)
    (review,) = scorer.review([_post(ANSWER, published=published)], [LIFT if timeless == "post" else issue])
    assert (review.addresses[0].days_after_first, review.addresses[0].preventive) == (None, False)


def test_naming_date_and_limits_scores_above_assurances(scorer: PostScorer) -> None:
    vague = "松鹤苑2栋电梯情况\n松鹤苑2栋电梯停运一事，街道高度重视，将进一步加强管理，总体可控，请居民不必担心。"
    good, bad = scorer.review([_post(ANSWER), _post(vague)], [LIFT])
    assert good.addresses[0].overall > bad.addresses[0].overall
    assert good.addresses[0].evasion < bad.addresses[0].evasion


def test_a_neighbour_issue_without_words_of_its_own_is_dropped(scorer: PostScorer) -> None:
    neighbour = IssueBrief("i-3", "松鹤苑5栋电梯停运", (ResidentRequest("d", "松鹤苑5栋电梯停运。"),))
    (review,) = scorer.review([_post(ANSWER)], [LIFT, neighbour])
    assert len(review.addresses) == 1


def test_an_issue_known_by_its_title_only_can_be_answered(scorer: PostScorer) -> None:
    assert scorer.review([_post(ANSWER)], [IssueBrief("i-1", LIFT.title)])[0].addresses


@pytest.mark.parametrize(
    ("title", "body", "genre"),
    [
        ("关于临时停水的通知", "停水时间：3月2日8时至17时。", "service_notice"),
        ("一图读懂养老补贴新政策", "补贴标准如下，申报材料见附件。", "policy"),
        ("志愿者走进社区开展义诊活动", "活动现场气氛热烈。", "activity"),
        ("街道召开安全生产工作会议", "会议强调，要压实责任。", "meeting"),
        ("情满中秋 月圆人团圆", "祝大家节日快乐。", "festive"),
        ("转发：权威发布", "来源：新华社", "mandated_repost"),
        ("今日", "晴。", "other"),
    ],
)
def test_the_genre_follows_title_and_body(title: str, body: str, genre: str) -> None:
    assert judge_genre(title, body) == genre


def test_posts_without_text_or_chinese_are_no_problem(scorer: PostScorer) -> None:
    reviews = scorer.review([_post("\n"), _post("🎉🎉\n123"), _post("Hello\nworld")], [LIFT])
    assert [r.addresses for r in reviews] == [(), (), ()]


def test_a_batch_is_fast(scorer: PostScorer) -> None:
    issues = [IssueBrief(f"i-{n}", f"{chr(0x6817 + n)}园{n}栋漏水", LIFT.messages) for n in range(60)]
    start = time.perf_counter()
    scorer.review([_post(THEME * 5)] * 60, issues)
    assert time.perf_counter() - start < 20


def test_a_part_made_for_other_features_is_refused() -> None:
    part = _part()
    with pytest.raises(ArtifactError, match="minsheng train"):
        PostScorer.from_parts({PART: Part(part.arrays, {**part.config, "aspects": ["name"]})})
