from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from nlp.gaps import report_accounts, report_gaps, report_posts
from nlp.records import CHINA, IssueBrief, Post, ResidentRequest
from nlp.results import IssueSummary, PostAddress, PostReview, ReplyReview, ReviewedPost, ReviewedReply, to_json
from nlp.site import Account, Area, Site

NOW = datetime(2026, 11, 15, tzinfo=CHINA)
FIRST = NOW - timedelta(days=20)
SITE = replace(
    Site.load(),
    areas=(
        Area("C", "清河市", None, "city"),
        Area("D", "东岸区", "C", "district"),
        Area("W", "西岸区", "C", "district"),
    ),
)


@dataclass(frozen=True)
class _Judged:
    triage: Any


def _issue(name: str = "i-1", **changes: Any) -> IssueSummary:
    base = IssueSummary(
        issue=name,
        title=f"东岸区{name}",
        place="东岸区",
        topic="城乡建设/物业管理",
        size=4,
        residents=4,
        first=FIRST,
        last=NOW,
        heat=8.0,
        heat_parts={},
        trend=(),
        keywords=(),
        representative="r1",
        requests=tuple(f"{name}-r{n}" for n in range(4)),
    )
    return replace(base, **changes)


def _reply(request: str, overall: float | None, *, evasion: float = 0.1, days: int = 5) -> ReviewedReply:
    dimensions = None if overall is None else {"evasion": evasion, "downplay": 0.0}
    review = ReplyReview("r", overall, None, overall is not None, dimensions, 1, None, None, (), (), (), ())
    return ReviewedReply(f"reply-{request}", request, "某局", "答复", FIRST + timedelta(days=days), review)


def _post(name: str, *addresses: tuple[str, float, float], account: str = "东岸发布", days: int = 9) -> ReviewedPost:
    found = tuple(PostAddress(i, o, 1.0, 1.0, 1.0, e, 0.0, days, False, ()) for i, o, e in addresses)
    post = Post(name, account, "标题", "正文", FIRST + timedelta(days=days))
    return ReviewedPost(post, PostReview(name, "response" if addresses else "festive", found))


@pytest.mark.parametrize(
    ("replies", "posts", "state"),
    [
        ([], [], "none"),
        ([_reply("i-1-r0", 1.2)], [], "evasive"),
        ([_reply("i-1-r0", 4.5, evasion=0.8)], [], "evasive"),
        ([_reply("i-1-r0", 4.5)], [], "partly"),
        ([_reply("i-1-r0", 4.5), _reply("i-1-r1", 3.0)], [], "answered"),
        ([], [_post("p", ("i-1", 4.5, 0.1))], "answered"),
        ([], [_post("p", ("i-1", 3.0, 0.1))], "partly"),
        ([], [_post("p", ("i-1", 4.5, 0.9))], "evasive"),
        ([_reply("i-1-r0", None)], [], "none"),
    ],
)
def test_the_state_says_how_far_an_issue_is_answered(replies: Any, posts: Any, state: str) -> None:
    assert report_gaps([_issue()], replies=replies, posts=posts, now=NOW).gaps[0].state == state


def test_a_gap_names_what_is_known_of_the_response() -> None:
    report = report_gaps(
        [_issue()],
        requests={f"i-1-r{n}": _Judged(SimpleNamespace(urgency=2, kind="投诉")) for n in range(4)},
        replies=[_reply("i-1-r0", 3.0)],
        posts=[_post("p", ("i-1", 2.0, 0.2)), _post("q")],
        now=NOW,
    )
    gap = report.gaps[0]
    assert (gap.urgency, gap.answered_share, gap.best_score, gap.waiting_days) == (2, 0.25, 50.0, 20)
    assert (gap.first_reply, gap.first_post) == (FIRST + timedelta(days=5), FIRST + timedelta(days=9))
    assert gap.posts == ("p",)
    assert report.unasked_posts == ("q",)
    assert 0 < gap.gap_score < 100


@pytest.mark.parametrize(
    "worse",
    [
        _issue("i-2", residents=40),
        _issue("i-2", first=NOW - timedelta(days=90)),
    ],
)
def test_more_residents_and_longer_waiting_rank_higher(worse: IssueSummary) -> None:
    assert [g.issue for g in report_gaps([_issue(), worse], now=NOW).gaps] == ["i-2", "i-1"]


def test_urgency_ranks_higher_but_not_by_one_request_of_many() -> None:
    def urgency(levels: list[int]) -> int:
        requests = {f"i-1-r{n}": _Judged(SimpleNamespace(urgency=v, kind="投诉")) for n, v in enumerate(levels)}
        issue = _issue(requests=tuple(requests), size=len(levels))
        return report_gaps([issue], requests=requests, now=NOW).gaps[0].urgency

    assert urgency([3, 3, 1, 1]) == 3
    assert urgency([3, 1, 1, 1, 1, 1]) == 1


def test_an_answer_lowers_the_gap_and_ends_the_waiting() -> None:
    unanswered = report_gaps([_issue()], now=NOW).gaps[0]
    answered = report_gaps([_issue()], posts=[_post("p", ("i-1", 4.5, 0.0), days=9)], now=NOW).gaps[0]
    assert answered.gap_score < unanswered.gap_score / 4
    assert (unanswered.waiting_days, answered.waiting_days) == (20, 9)


def test_without_times_nothing_waits() -> None:
    assert report_gaps([_issue(first=None)]).gaps[0].waiting_days is None
    assert report_gaps([]).gaps == ()


EAST = Account("a1", "东岸发布", kind="district", areas=("D",))
HOUSING = Account("a2", "住建", kind="department", areas=("C",), topics=("城乡建设/物业管理",))
ISSUES = [
    _issue("i-1"),
    _issue("i-2", heat=24.0),
    _issue("i-3", place="西岸区", title="西岸区某事", topic="环境保护/噪声污染"),
]


def test_coverage_is_weighted_by_heat_within_areas() -> None:
    (report,) = report_accounts([EAST], [_post("p", ("i-2", 4.0, 0.1)), _post("q")], ISSUES, site=SITE, now=NOW)
    assert (report.hot_issues, report.coverage) == (2, 0.75)
    assert (report.posts, report.answering, report.answering_share) == (2, 1, 0.5)
    assert (report.lag_days, report.silent_days) == (9.0, 11)
    assert report.genres == {"response": 1, "festive": 1}


def test_a_remit_of_topics_leaves_out_other_topics() -> None:
    (report,) = report_accounts([HOUSING], [], ISSUES, site=SITE, now=NOW)
    assert report.hot_issues == 2
    assert report.coverage == 0.0
    assert report.answering_share is None


def test_an_evasive_post_covers_nothing_and_is_suspected() -> None:
    (report,) = report_accounts([EAST], [_post("p", ("i-2", 4.0, 0.9))], ISSUES, site=SITE, now=NOW)
    assert (report.coverage, report.evasion_suspected, report.answering) == (0.0, 1, 1)


@pytest.mark.parametrize(
    ("account", "reason"),
    [
        (Account("a3", "东岸发布", kind="department", areas=("D",)), "没有登记职责范围"),
        (Account("a3", "东岸发布"), "没有登记职责范围"),
        (Account("a3", "东岸发布", kind="district", areas=("D",), merged_into="a1"), "已并入"),
    ],
)
def test_without_a_remit_an_account_is_counted_not_judged(account: Account, reason: str) -> None:
    (report, *_) = report_accounts([account], [_post("p", account="某号")], ISSUES, site=SITE, now=NOW)
    assert not report.assessable
    assert reason in report.reasons[0]
    assert report.coverage is None


def test_posts_of_an_account_outside_the_table_are_counted() -> None:
    (report,) = report_accounts([], [_post("p", ("i-1", 4.0, 0.1), account="路人号")], ISSUES, site=SITE, now=NOW)
    assert (report.account, report.posts, report.answering, report.assessable) == ("路人号", 1, 1, False)


def test_posts_of_a_merged_account_count_for_its_successor() -> None:
    old = Account("a9", "老号", kind="street", areas=("D",), merged_into="a1")
    reports = report_accounts([EAST, old], [_post("p", account="老号")], ISSUES, site=SITE, now=NOW)
    assert [r.posts for r in reports] == [1, 0]


def test_two_weeks_without_a_post_are_named() -> None:
    (report,) = report_accounts([EAST], [_post("p", days=1)], ISSUES, site=SITE, now=NOW)
    assert any("19 天没有更新" in r for r in report.reasons)


def test_posts_and_issues_alone_are_enough_for_a_report() -> None:
    messages = tuple(ResidentRequest(str(n), "路灯不亮", time=FIRST + timedelta(days=n)) for n in range(3))
    briefs = [IssueBrief("i-1", "东岸区路灯不亮", messages)]
    post = _post("p", ("i-1", 4.0, 0.1))
    report = report_posts([post.post], [post.review], briefs=briefs, accounts=(EAST,), site=SITE)
    row = to_json(report)
    assert row["gaps"]["gaps"][0]["state"] == "answered"
    assert row["gaps"]["gaps"][0]["size"] == 3
    assert row["accounts"][0]["coverage"] == 1.0


def test_praise_waits_for_no_answer() -> None:
    kinds = {f"i-1-r{n}": _Judged(SimpleNamespace(urgency=0, kind="表扬")) for n in range(4)}
    assert report_gaps([_issue()], requests=kinds).gaps == ()
    mixed = {**kinds, "i-1-r0": _Judged(SimpleNamespace(urgency=1, kind="投诉"))}
    assert len(report_gaps([_issue()], requests=mixed).gaps) == 1
