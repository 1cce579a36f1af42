from datetime import datetime, timedelta

import numpy as np
import pytest

from nlp.artifact import Part
from nlp.background import Background
from nlp.errors import ArtifactError
from nlp.features import NgramVocabulary
from nlp.records import CHINA, ResidentRequest
from nlp.request_vectors import RequestContext, RequestVectors
from nlp.same_issue import BACKGROUND_PART, FEATURES, PART, SameIssueModel, pair_features
from nlp.trees import BoostedTrees

BACKGROUND = Background(NgramVocabulary(np.empty(0, np.int64), np.empty(0, np.float32)), 5_000)
START = datetime(2026, 11, 2, tzinfo=CHINA)
LIFT = ("云栖里电梯停运", "云栖里3栋的电梯停了五天，老人上不了楼。")
ROAD = ("青枫路坑洼", "青枫路全是坑，电动车摔了好几次。")


def features(*requests: ResidentRequest, contexts: list[RequestContext] | None = None) -> dict[str, float]:
    batch = RequestVectors.read(requests, contexts or [RequestContext()] * len(requests), background=BACKGROUND)
    return dict(zip(FEATURES, pair_features(batch, np.array([0]), np.array([1]))[0], strict=True))


def about(at: str, matter: tuple[str, str], **fields: object) -> ResidentRequest:
    return ResidentRequest(at, matter[1], matter[0], **fields)  # type: ignore[arg-type]


def test_equal_letters_have_cosine_one_and_others_almost_none():
    same, other = features(about("1", LIFT), about("2", LIFT)), features(about("1", LIFT), about("2", ROAD))
    assert same["text_cosine"] == pytest.approx(1, abs=1e-5)
    assert same["title_in_text_worst"] == pytest.approx(1, abs=1e-5)
    assert other["text_cosine"] < 0.2


def test_features_do_not_depend_on_the_order_of_a_pair():
    batch = RequestVectors.read([about("1", LIFT), about("2", ROAD)], [RequestContext()] * 2, background=BACKGROUND)
    one, other = np.array([0]), np.array([1])
    assert pair_features(batch, one, other) == pytest.approx(pair_features(batch, other, one))


def test_numbers_of_one_kind_that_differ_speak_against():
    line_1, line_2 = ("地铁1号线晚点", "1号线早上又晚点。"), ("地铁2号线晚点", "2号线早上又晚点。")
    assert features(about("1", line_1), about("2", line_2))["other_number"] == 1
    assert features(about("1", line_1), about("2", line_1))["other_number"] == 0


def test_topic_place_user_and_days_are_compared():
    contexts = [RequestContext("城乡建设/物业管理", ("云栖里3栋",)), RequestContext("城乡建设/房屋质量", ("云栖里",))]
    found = features(
        about("1", LIFT, user="u", time=START),
        about("2", ("电梯", "云栖里的电梯停着"), user="u", time=START + timedelta(days=9)),
        contexts=contexts,
    )
    assert found["same_topic"] == 0.5
    assert found["same_place"] == 1
    assert found["other_place"] == 0
    assert found["same_user"] == 1
    assert found["days_apart"] == pytest.approx(np.log(10))


def test_a_motto_of_one_writer_is_no_likeness():
    motto = "在大力推进城市建设的背景下，恳请有关部门高度重视并给予答复。"
    matters = [
        "图书馆傍晚五点就锁门，下班的人从来借不到书",
        "河堤新修的步道没有护栏，昨天有孩子滑进水里",
        "菜场后门污水横流，卖鱼的直接把水泼到路上",
        "等了四十分钟才来一辆公交车，司机还甩站不停",
        "整条街的路灯灭了半个月，夜里只能打手电走路",
        "景区公厕常年挂着铁锁，老人只好去树林里方便",
    ]
    letters = [ResidentRequest(str(n), m + "，" + motto, m, user="u") for n, m in enumerate(matters)]
    found = features(*letters)
    assert found["text_cosine"] > 0.3
    assert found["fresh_cosine"] < found["text_cosine"] / 3


def test_empty_and_unreadable_texts_are_compared_without_warnings():
    found = features(ResidentRequest("1", "😀"), ResidentRequest("2", "！"))
    assert all(np.isfinite(v) for v in found.values())


def model() -> SameIssueModel:
    trees = BoostedTrees(np.array([[0]]), np.array([[0.3]]), np.array([[-3.0, 3.0]]), 0.0)
    return SameIssueModel(BACKGROUND, trees, link=0.5, join=0.5)


def test_scores_are_probabilities():
    read = model().read([about("1", LIFT), about("2", LIFT), about("3", ROAD)], [RequestContext()] * 3)
    scores = model().score(read, np.array([0, 0]), np.array([1, 2]))
    assert scores[0] > 0.9
    assert scores[1] < 0.1
    assert len(model().score(read, np.empty(0, int), np.empty(0, int))) == 0


def test_parts_hold_the_whole_model():
    parts = {PART: model().part(), BACKGROUND_PART: BACKGROUND.part()}
    again = SameIssueModel.from_parts(parts)
    rows = np.random.default_rng(0).random((5, len(FEATURES)))
    assert again.probabilities(rows) == pytest.approx(model().probabilities(rows))
    assert again.background.documents == 5_000


def test_a_part_with_other_features_is_refused():
    part = model().part()
    other = Part(part.arrays, {**part.config, "features": ["text_cosine"]})
    with pytest.raises(ArtifactError, match="特征"):
        SameIssueModel.from_parts({PART: other, BACKGROUND_PART: BACKGROUND.part()})
