import random
from datetime import datetime, timedelta

import numpy as np
import pytest

from nlp.background import Background
from nlp.features import NgramVocabulary
from nlp.heat import HeatConfig
from nlp.issues import SameIssueModel, SummaryFacts, best_issue, group_requests, summarise_issues
from nlp.records import CHINA, ResidentRequest
from nlp.results import PlaceMention, TopicScore, Triage
from nlp.same_issue import FEATURES
from nlp.site import Site
from nlp.trees import BoostedTrees

START = datetime(2026, 11, 2, 9, 0, tzinfo=CHINA)
LIFT = ("云栖里3栋电梯停运", "云栖里3栋的电梯停了五天，老人上不了楼，物业说等配件。")
HEAT = ("柏翠园暖气不热", "柏翠园今年供暖以后家里只有十四度，热力公司来量过一次就没下文。")
ROAD = ("青枫路坑洼", "青枫路靠近菜场那段全是坑，电动车摔了好几次，希望尽快修补路面。")


def make_model() -> SameIssueModel:
    """Two trees of one question each, and one that speaks against it: enough to tell the letters below apart."""
    texts = ["领导您好，希望尽快处理，谢谢。", "请问小区的问题什么时候解决？"] * 20
    background = Background(NgramVocabulary.fit(texts, min_documents=5), len(texts))
    questions = [
        ("text_cosine", 0.2, (-2.0, 2.0)),
        ("title_in_text_worst", 0.3, (-1.0, 1.0)),
        ("other_number", 0.5, (0.0, -4.0)),
    ]
    trees = BoostedTrees(
        np.array([[FEATURES.index(name)] for name, _, _ in questions], np.int16),
        np.array([[limit] for _, limit, _ in questions], np.float32),
        np.array([values for _, _, values in questions], np.float32),
        0.0,
    )
    return SameIssueModel(background, trees, link=0.5, join=0.6)


def request(at: str, about: tuple[str, str], *, more: str = "", days: float = 0, **fields: str) -> ResidentRequest:
    return ResidentRequest(at, about[1] + more, about[0], START + timedelta(days=days), **fields)


def triage(r: ResidentRequest, *, urgency: int = 1, topic: str = "城乡建设/物业管理") -> Triage:
    place = r.title[:3]
    return Triage(
        id=r.id,
        kind="投诉",
        kind_score=0.9,
        topic=topic,
        topic_score=0.8,
        topic_codes=(),
        topics=(TopicScore(topic, 0.8),),
        needs={},
        labels=(),
        urgency=urgency,
        urgency_scores=(0.0, 1.0, 0.0, 0.0),
        due=None,
        due_rule=None,
        handoff="none",
        group=0.5,
        places=(PlaceMention(place, 0, len(place)),) if place else (),
        evidence=(),
        department=(),
        review=False,
        model="test",
    )


def city() -> list[ResidentRequest]:
    return [
        request("a1", LIFT, user="u1"),
        request("b1", HEAT, days=1, user="u2"),
        request("a2", LIFT, more="孕妇也住在上面，请尽快。", days=2, user="u3", channel="qr"),
        request("c1", ROAD, days=3, user="u4"),
        request("b2", HEAT, more="孩子都感冒了，请问要等到什么时候？", days=4, user="u5"),
        request("a3", LIFT, more="已经第二周了，谁来管管？", days=5, user="u6"),
    ]


def group(requests: list[ResidentRequest]):
    return group_requests(requests, [triage(r) for r in requests], model=make_model())


def test_requests_about_one_matter_become_one_issue():
    grouping = group(city())
    assert {i.requests for i in grouping.issues} == {("a1", "a2", "a3"), ("b1", "b2")}
    assert [a.id for a in grouping.assignments] == [r.id for r in city()]


def test_a_request_that_stands_alone_has_no_issue():
    assert {a.id: a.issue for a in group(city()).assignments}["c1"] is None


def test_issue_ids_follow_the_first_request():
    issues = {a.id: a.issue for a in group(city()).assignments}
    assert issues["a1"] == "i-000001"
    assert issues["b1"] == "i-000002"


@pytest.mark.parametrize("seed", range(3))
def test_order_of_the_input_does_not_matter(seed: int):
    mixed = random.Random(seed).sample(city(), len(city()))
    expected, found = group(city()), group(mixed)
    assert found.issues == expected.issues
    assert {a.id: a for a in found.assignments} == {a.id: a for a in expected.assignments}


def test_issue_counts_residents_and_names_time_place_topic():
    issue = max(group(city()).issues, key=lambda i: i.size)
    assert (issue.size, issue.residents, issue.place) == (3, 3, "云栖里")
    assert (issue.first, issue.last) == (START, START + timedelta(days=5))
    assert issue.topic == "城乡建设/物业管理"
    assert sum(w.count for w in issue.trend) == 3
    assert issue.representative in issue.requests


def test_same_text_by_one_resident_is_a_duplicate_that_counts_once():
    requests = [*city(), request("a4", LIFT, days=9, user="u1")]
    grouping = group(requests)
    assert grouping.assignments[-1].duplicate_of == "a1"
    issue = next(i for i in grouping.issues if "a1" in i.requests)
    assert issue.size == 4
    assert issue.heat_parts["volume"] == group(city()).issues[0].heat_parts["volume"]


def test_same_text_on_another_channel_is_a_duplicate():
    found = group([request("x", LIFT), request("y", LIFT, days=2, channel="hotline")])
    assert [a.duplicate_of for a in found.assignments] == [None, "x"]


def test_same_text_of_two_residents_of_one_channel_is_no_duplicate():
    found = group([request("x", LIFT, user="u1"), request("y", LIFT, days=2, user="u2")])
    assert [a.duplicate_of for a in found.assignments] == [None, None]
    assert found.issues[0].residents == 2


def test_same_text_months_later_on_another_channel_is_no_duplicate():
    found = group([request("x", LIFT), request("y", LIFT, days=90, channel="hotline")])
    assert [a.duplicate_of for a in found.assignments] == [None, None]


def test_masked_and_plain_texts_give_the_same_issues():
    plain = [request("1", LIFT, more="电话13812345678。"), request("2", LIFT, more="请回电13987654321。")]
    masked = [request("1", LIFT, more="电话〔手机号〕。"), request("2", LIFT, more="请回电〔手机号〕。")]
    assert group(plain).issues == group(masked).issues


def test_nothing_personal_enters_titles_and_keywords():
    about = ("联系人王小明13812345678", "桐荫巷的路灯坏了半个月，晚上黑漆漆的，桐荫巷没有人修。")
    for issue in group([request("1", about), request("2", about, more="请尽快。", user="u2")]).issues:
        assert "138" not in issue.title + "".join(issue.keywords)
        assert "〔" not in issue.title + "".join(issue.keywords)


@pytest.mark.parametrize(
    "requests", [[], [request("a", LIFT)], [ResidentRequest("a", "！！！"), ResidentRequest("b", "😀")]]
)
def test_small_and_empty_batches_have_no_issue(requests: list[ResidentRequest]):
    grouping = group(requests)
    assert grouping.issues == ()
    assert [a.issue for a in grouping.assignments] == [None] * len(requests)


def test_requests_without_time_and_title_are_grouped():
    requests = [ResidentRequest(str(n), LIFT[1] + more) for n, more in enumerate(("", "请尽快修好。", "拜托了。"))]
    issue = group(requests).issues[0]
    assert issue.requests == ("0", "1", "2")
    assert issue.first is None
    assert issue.trend == ()
    assert 0 < len(issue.title) <= 24


def test_many_equal_letters_stay_one_issue():
    requests = [request(f"{n:03d}", LIFT, more="请尽快。" * (n % 3), user=f"u{n}") for n in range(300)]
    grouping = group([*requests, request("z", ROAD)])
    assert [len(i.requests) for i in grouping.issues] == [300]


def test_one_triage_a_request_is_demanded():
    with pytest.raises(ValueError, match="one triage"):
        group_requests(city(), [], model=make_model())


def test_a_store_sums_up_its_own_issues():
    requests = city()
    facts = SummaryFacts(duplicates=[2], answered=[0], heat=HeatConfig(unanswered=1))
    found = summarise_issues(
        {"s-7": [5, 0, 2], "s-9": [3]}, requests, [triage(r) for r in requests], model=make_model(), facts=facts
    )
    by_id = {i.issue: i for i in found}
    assert by_id["s-7"].requests == ("a1", "a2", "a3")
    assert by_id["s-7"].heat_parts["unanswered"] == 0.5
    assert by_id["s-9"].size == 1
    assert found[0].heat >= found[1].heat


def test_a_new_request_joins_the_issue_it_belongs_to():
    requests = city()
    candidates = [("s-1", requests[:1]), ("s-2", [requests[1], requests[4]]), ("s-3", [requests[3]])]
    new = request("n", HEAT, more="楼上楼下都一样冷。", days=6)
    match = best_issue(new, triage(new), candidates, model=make_model())
    assert match is not None
    assert match.issue == "s-2"
    assert 0.4 <= match.score <= 1
    assert match.duplicate_of is None


def test_a_request_sent_again_joins_as_a_duplicate():
    again = request("n", HEAT, days=6, user="u2")
    match = best_issue(again, triage(again), [("s-2", [city()[1], city()[4]])], model=make_model())
    assert match is not None
    assert match.duplicate_of == "b1"


def test_known_triages_of_members_are_used():
    new = request("n", HEAT, days=6)
    members = [city()[1]]
    match = best_issue(new, triage(new), [("s-2", members)], model=make_model(), triages={"b1": triage(members[0])})
    assert match is not None


def test_a_request_about_something_else_joins_nothing():
    new = request("n", ROAD)
    assert best_issue(new, triage(new), [("s-1", city()[:1]), ("s-2", [city()[1]])], model=make_model()) is None
    assert best_issue(new, triage(new), [], model=make_model()) is None


def sent(name, text, hour, *, user="u1", channel="hotline"):
    time = datetime(2026, 11, 9, tzinfo=CHINA) + timedelta(hours=hour)
    return ResidentRequest(name, text, time=time, user=user, channel=channel)


TWICE = (
    "市民:锦泓苑5栋的电梯昨晚又停了,我妈坐轮椅下不了楼,什么时候修",
    "上午打过热线,再留个言:锦泓苑5栋电梯停了,我家老人坐轮椅出不了门,请物业尽快修",
)


def duplicates_of(pipeline, *requests):
    triages = pipeline.triage(list(requests), site=Site.load())
    grouping = pipeline.issues(list(requests), triages=triages)
    return {a.id: a.duplicate_of for a in grouping.assignments}


def test_one_resident_who_writes_again_within_a_day_is_one_request(pipeline):
    again = sent("b", TWICE[1], 5, channel="account_inbox")
    assert duplicates_of(pipeline, sent("a", TWICE[0], 0), again) == {"a": None, "b": "a"}


@pytest.mark.parametrize(("hour", "user"), [(30, "u1"), (5, "u2"), (5, None)])
def test_a_later_follow_up_or_another_resident_is_a_request_of_its_own(pipeline, hour, user):
    other = sent("b", TWICE[1], hour, user=user, channel="account_inbox")
    assert duplicates_of(pipeline, sent("a", TWICE[0], 0), other) == {"a": None, "b": None}


def test_another_matter_of_the_same_resident_is_no_repetition(pipeline):
    other = sent("b", "咨询一下医保异地就医备案在哪里办,要带什么材料", 2)
    assert duplicates_of(pipeline, sent("a", TWICE[0], 0), other) == {"a": None, "b": None}
