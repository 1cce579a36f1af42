"""What a week's digest chooses, in which order, and that every sentence can be traced."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import pytest

from nlp.digest import build_digest
from nlp.digest_facts import label_request
from nlp.digest_issues import describe_came_back, fill_trend, poisson_tail
from nlp.digest_values import CameBackIssue, WeekLife
from nlp.records import CHINA, Post, ResidentRequest
from nlp.results import (
    AccountReport,
    AnalysedRequest,
    Commitment,
    Gap,
    GapReport,
    IssueSummary,
    PlaceMention,
    PostAddress,
    PostReview,
    ReplyReview,
    ReviewedPost,
    ReviewedReply,
    Span,
    TopicScore,
    Triage,
    WeekCount,
    to_json,
)

START = datetime(2026, 11, 9, tzinfo=CHINA)
TOPIC = "城乡建设/物业管理"
NO_GAPS = GapReport((), ())
NO_LIFE = WeekLife()


@dataclass(frozen=True)
class Facts:
    requests: tuple = ()
    answered: tuple = ()
    previous_week_total: int = 2
    issues: tuple = ()
    replies: tuple = ()
    posts: tuple = ()
    gaps: GapReport = NO_GAPS
    accounts: tuple = ()
    life: WeekLife = NO_LIFE
    week: str = "2026-W46"
    start: datetime = START
    end: datetime = START + timedelta(days=7)
    now: datetime = START + timedelta(days=6, hours=23)
    demo: bool = False


def triage(urgency, *, labels=(), due=None, review=False, place=None):
    places = () if place is None else (PlaceMention(place, 0, len(place)),)
    return Triage(
        "x", "投诉", 0.9, TOPIC, 0.8, (), (TopicScore(TOPIC, 0.8),), {"ji": 0.1}, labels, urgency,
        (0.1, 0.7, 0.1, 0.1), due, None, "none", 0.5, places, (), (), review, "t",
    )  # fmt: skip


def asked(
    number, *, urgency=1, issue=None, status="open", due=None, duplicate_of=None, channel="hotline", day=1, **judged
):
    request = ResidentRequest(f"q{number}", "楼道没有灯", f"第{number}件", START + timedelta(days=day), channel)
    return AnalysedRequest(request, f"LX{number}", triage(urgency, due=due, **judged), issue, duplicate_of, status)


def issue(name, *, size=3, heat=1.0, trend=(("2026-W46", 3),), first=START, requests=()):
    counts = tuple(WeekCount(w, n) for w, n in trend)
    return IssueSummary(
        name,
        f"问题{name}",
        "某小区",
        TOPIC,
        size,
        size,
        first,
        START,
        heat,
        {"volume": heat},
        counts,
        (),
        "q1",
        requests,
    )


def gap(name, *, state="none", days=9, score=1.0):
    return Gap(
        name, f"问题{name}", None, TOPIC, 4, 3, 1, START, None, None, None, 0.0, days, score, state, ("q1", "q2"), ()
    )


def reply(number, *, score, evasion=0.0, downplay=0.0, request="q1", day=2, commitments=(), assessable=True):
    review = ReplyReview(
        f"r{number}", score / 25 + 1 if assessable else None, score if assessable else None, assessable,
        {"evasion": evasion, "downplay": downplay} if assessable else None, 1, 1.0, 1, (), commitments, ("理由",), (),
    )  # fmt: skip
    return ReviewedReply(f"r{number}", request, "街道办", "已处理", START + timedelta(days=day), review)


def post(number, *, issues=(), day=2, commitments=(), evasion=0.0):
    found = tuple(PostAddress(i, 3.0, 1.0, 1.0, 1.0, evasion, 0.0, 4, False, (Span("题", 0, 1),)) for i in issues)
    published = START + timedelta(days=day)
    return ReviewedPost(
        Post(f"p{number}", "acc", f"题{number}", "文", published),
        PostReview(f"p{number}", "response", found, commitments),
    )


def account(name):
    return AccountReport(name, True, 3, 1, 0.3, 0.2, 5, 2.0, 0, 0, 1, {})


def test_totals_compare_with_the_week_before():
    digest = build_digest(Facts(tuple(asked(n) for n in range(5))))
    assert (digest.totals.requests, digest.totals.previous, digest.totals.change) == (5, 2, 1.5)
    assert digest.headline[0].text == "本周收到诉求 5 件，比上周的 2 件多 3 件。"


def test_without_a_week_before_nothing_is_compared():
    digest = build_digest(Facts((asked(1),), previous_week_total=0))
    assert digest.totals.change is None
    assert "无法比较" in digest.headline[0].text


def test_an_empty_week_says_so():
    digest = build_digest(Facts())
    assert digest.is_empty
    assert [s.text for s in digest.headline] == ["本周没有诉求。"]
    assert digest.next_steps == ()


def test_duplicates_count_as_received_but_not_as_unsettled():
    digest = build_digest(Facts((asked(1), asked(2, duplicate_of="q1"), asked(3, status="closed"))))
    assert (digest.totals.requests, digest.totals.duplicates, digest.totals.unsettled) == (3, 1, 1)


def test_channels_and_needs_are_counted():
    requests = (asked(1, labels=("nan", "chou")), asked(2, channel="board", urgency=2), asked(3, channel="board"))
    digest = build_digest(Facts(requests))
    assert [(t.value, t.count) for t in digest.channels] == [("board", 2), ("hotline", 1)]
    assert {t.value: t.count for t in digest.needs} == {"ji": 1, "nan": 1, "chou": 1, "pan": 0}


def test_urgent_list_has_open_ones_first_then_by_due_time():
    early, late = START + timedelta(days=2), START + timedelta(days=9)
    requests = (
        asked(1, urgency=3, due=early, status="closed"),
        asked(2, urgency=2, due=late),
        asked(3, urgency=2, due=early),
        asked(4, urgency=1, due=early),
        asked(5, urgency=3, due=early, duplicate_of="q3"),
        asked(6, urgency=2),
    )
    digest = build_digest(Facts(requests))
    assert [i.request for i in digest.urgent] == ["q3", "q2", "q6", "q1"]
    assert [i.overdue for i in digest.urgent] == [True, False, False, False]


def test_urgent_requests_of_one_issue_stand_together():
    requests = tuple(asked(n, urgency=2, issue="i-1", status="closed" if n == 1 else "open") for n in (1, 2, 3))
    (item,) = build_digest(Facts(requests, issues=(issue("i-1"),))).urgent
    assert item.issue_title == "问题i-1"
    assert set(item.requests) == {"q1", "q2", "q3"}
    assert not item.settled


def test_overdue_urgent_requests_are_the_first_thing_to_look_at():
    requests = (asked(1, urgency=2, due=START), asked(2, urgency=2, due=START, status="replied"))
    step = build_digest(Facts(requests)).next_steps[0]
    assert step.topic == "overdue"
    assert step.requests == ("q1",)


def test_issues_without_a_request_in_the_week_are_left_out():
    requests = (asked(1, issue="i-1"), asked(2, issue="i-2"))
    issues = (issue("i-1", heat=1.0), issue("i-2", heat=2.0), issue("i-3", heat=9.0))
    digest = build_digest(Facts(requests, issues=issues))
    assert [i.issue for i in digest.issues] == ["i-2", "i-1"]
    assert digest.issue_total == 2


def test_an_issue_rises_against_its_own_past():
    requests = tuple(asked(n, issue="i-1") for n in range(6)) + tuple(asked(9 + n, issue="i-2") for n in range(6))
    calm = (("2026-W43", 5), ("2026-W44", 6), ("2026-W45", 5), ("2026-W46", 6))
    issues = (issue("i-1", first=START - timedelta(days=30)), issue("i-2", trend=calm))
    digest = build_digest(Facts(requests, issues=issues))
    assert [i.issue for i in digest.rising] == ["i-1"]
    assert build_digest(Facts(requests, issues=issues, previous_week_total=0)).rising == ()


def test_trend_has_a_zero_for_each_silent_week():
    trend = fill_trend((WeekCount("2026-W44", 2), WeekCount("2026-W46", 1)), START, weeks=4)
    assert [(w.week, w.count) for w in trend] == [
        ("2026-W43", 0), ("2026-W44", 2), ("2026-W45", 0), ("2026-W46", 1),
    ]  # fmt: skip


def test_poisson_tail_is_that_of_the_tables():
    assert poisson_tail(0, expected=3.0) == 1.0
    assert poisson_tail(3, expected=1.0) == pytest.approx(0.0803, abs=1e-4)


def test_replies_are_split_into_good_and_to_be_written_again():
    replies = (
        reply(1, score=90),
        reply(2, score=60),
        reply(3, score=20),
        reply(4, score=80, evasion=0.7),
        reply(5, score=0, assessable=False),
    )
    digest = build_digest(Facts((asked(1),), replies=replies))
    assert [r.reply for r in digest.answered_well] == ["r1"]
    assert [r.reply for r in digest.answer_again] == ["r3", "r4"]
    assert (digest.replies.total, digest.replies.assessable, digest.replies.median_score) == (5, 4, 60)


def test_what_is_suspected_is_called_so():
    digest = build_digest(Facts((asked(1),), replies=(reply(1, score=10, evasion=0.9),)))
    (step,) = [s for s in digest.next_steps if s.topic == "reply"]
    assert "疑似" in step.text
    assert (step.replies, step.requests) == (("r1",), ("q1",))


def test_a_reply_to_an_earlier_request_keeps_its_name():
    facts = Facts(answered=(asked(7, day=-20),), replies=(reply(1, score=90, request="q7"),))
    assert build_digest(facts).answered_well[0].label == "第7件"


def test_replies_and_posts_of_other_weeks_are_left_out():
    facts = Facts(replies=(reply(1, score=90, day=-3),), posts=(post(1, day=-3),))
    digest = build_digest(facts)
    assert (digest.replies.total, digest.posts.total) == (0, 0)


def test_gaps_leave_out_what_was_answered():
    gaps = GapReport((gap("i-1", state="answered"), gap("i-2"), gap("i-3", state="evasive")), ())
    digest = build_digest(Facts(gaps=gaps))
    assert [g.issue for g in digest.gaps] == ["i-2", "i-3"]
    (step,) = [s for s in digest.next_steps if s.topic == "gap"]
    assert step.issues == ("i-2",)


def test_promises_fall_due_in_the_week_or_the_next():
    def promise(day):
        return (Commitment(f"修好{day}", "物业", date(2026, 11, day), 0, 1),)

    posts = (
        post(1, day=-20, commitments=promise(10)),
        post(2, commitments=promise(30)),
        post(3, commitments=promise(8)),
    )
    digest = build_digest(Facts(posts=posts, replies=(reply(1, score=80, commitments=promise(20)),)))
    assert [(p.what, p.overdue) for p in digest.promises] == [("修好10", True), ("修好20", False)]


def test_posts_say_what_they_answer():
    posts = (post(1, issues=("i-1",), evasion=0.8), post(2))
    facts = Facts((asked(1, issue="i-1"),), issues=(issue("i-1"),), posts=posts, gaps=GapReport((), ("p2", "p99")))
    digest = build_digest(facts, account_names={"acc": "某街道"})
    assert (digest.posts.total, digest.posts.answering, digest.posts.unasked) == (2, 1, ("p2",))
    assert [(p.account, p.issue, p.suspected) for p in digest.answering_posts] == [("某街道", "i-1", ("evasion",))]


def test_accounts_are_listed_by_name():
    digest = build_digest(Facts(accounts=(account("b"), account("a"))), account_names={"a": "乙", "b": "丙"})
    assert [a.name for a in digest.accounts] == ["丙", "乙"]


def test_every_sentence_can_be_traced():
    requests = tuple(asked(n, urgency=2, issue="i-1", due=START, review=True) for n in range(6))
    facts = Facts(
        requests, issues=(issue("i-1"),), gaps=GapReport((gap("i-1"),), ()), replies=(reply(1, score=10),),
        posts=(post(1, commitments=(Commitment("修", None, date(2026, 11, 10), 0, 1),)),),
    )  # fmt: skip
    digest = build_digest(facts)
    assert {s.topic for s in digest.next_steps} == {"overdue", "gap", "reply", "rising", "promise", "review"}
    for said in (*digest.headline[1:], *digest.next_steps):
        assert said.requests or said.issues or said.replies or said.posts


def test_the_order_of_what_comes_in_changes_nothing():
    requests = [asked(n, urgency=n % 4, issue=f"i-{n % 3}", due=START + timedelta(days=n % 5)) for n in range(30)]
    replies = [reply(n, score=n * 10, request=f"q{n}") for n in range(10)]
    facts = Facts(tuple(requests), issues=tuple(issue(f"i-{n}") for n in range(3)), replies=tuple(replies))
    first = to_json(build_digest(facts))
    random.Random(4).shuffle(requests)
    random.Random(5).shuffle(replies)
    second = to_json(build_digest(replace(facts, requests=tuple(requests), replies=tuple(replies))))
    assert _unordered(first) == _unordered(second)


def _unordered(value):
    """Ids behind a sentence are a set; everything else keeps its order."""
    if isinstance(value, dict):
        return {
            k: sorted(v) if k in ("requests", "replies") and isinstance(v, list) else _unordered(v)
            for k, v in value.items()
        }
    return [_unordered(v) for v in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    ("title", "text", "label"),
    [
        ("灯坏了", "", "灯坏了"),
        ("", "路灯\n坏了", "路灯 坏了"),
        ("", "长" * 50, "长" * 29 + "…"),
        (" ", "见文", "见文"),
    ],
)
def test_a_request_is_named_by_title_or_beginning(title, text, label):
    assert label_request(ResidentRequest("1", text, title)) == label


def back(name="i-1", *, again=("q8", "q9")):
    return CameBackIssue(name, f"问题{name}", START - timedelta(days=20), START, again, len(again))


def test_what_became_of_requests_is_one_sentence():
    life = WeekLife(("q1", "q2"), 1, ("q3",), (), (back(), back("i-2")))
    digest = build_digest(Facts((asked(1),), life=life))
    assert (digest.life.overdue, digest.life.returned, digest.life.unsolved) == (2, 1, 0)
    assert digest.life.statement.text == (
        "超期未办结 2 件（其中 1 件没有流转记录），本周退单 1 件，回访未解决 0 件；"
        "复发问题 2 个：“问题i-1”、“问题i-2”。"
    )
    assert digest.life.statement.requests == ("q1", "q2", "q3")
    assert digest.life.statement.issues == ("i-1", "i-2")


def test_a_week_in_which_nothing_happened_says_so_too():
    assert build_digest(Facts((asked(1),))).life.statement.text == (
        "超期未办结 0 件，本周退单 0 件，回访未解决 0 件；复发问题 0 个。"
    )


def test_a_matter_that_came_back_is_a_next_step():
    digest = build_digest(Facts((asked(1),), life=WeekLife(came_back=(back(),))))
    (step,) = [s for s in digest.next_steps if s.topic == "back"]
    assert step.text == "“问题i-1”办结后又有人反映（2 件），请查清原因再办。"
    assert (step.requests, step.issues) == (("q8", "q9"), ("i-1",))


def test_issues_that_came_back_are_listed_without_a_request_in_the_week():
    facts = Facts(issues=(issue("i-1"), issue("i-2")), life=WeekLife(came_back=(back("i-2"),)))
    assert [(i.issue, i.week_count, i.came_back) for i in describe_came_back(facts)] == [("i-2", 0, True)]
