"""A week is told as it was when it ended."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from nlp.errors import InputError
from nlp.records import CHINA, Post, RepliedRequest, ResidentRequest
from serving.analysis import NewReply, regroup, take_posts, take_replies, take_requests
from serving.store.events import RequestEvent, record_events
from serving.store.requests import list_weeks
from serving.store.week import load_week
from serving.weeks import Week

MONDAY = datetime(2026, 11, 9, 8, 0, tzinfo=CHINA)
LATER = datetime(2026, 12, 1, 9, 0, tzinfo=CHINA)


@pytest.fixture
def told(state):
    """Two weeks: 噪声 twice in the first and once in the second, 积水 twice in the second."""
    days = [("噪声", 0), ("噪声", 1), ("路灯", 2), ("噪声", 7), ("积水", 8), ("积水", 9)]
    requests = [
        ResidentRequest(f"x-{n}", "请来看看", t, MONDAY + timedelta(days=d), "board", user=f"u{n}")
        for n, (t, d) in enumerate(days)
    ]
    with state.session() as session, session.begin():
        take_requests(session, requests, state=state)
        regroup(session, state=state)
        pair = RepliedRequest(requests[0], "已收悉", MONDAY + timedelta(days=8))
        take_replies(session, [NewReply(1, pair, "城管局")], state=state)
        take_posts(session, [Post("t-1", "某街道", "噪声治理", "巡查", MONDAY + timedelta(days=3))], state=state)
        record_events(session, [(2, RequestEvent("closed", MONDAY + timedelta(days=9)))])
    return state


def load(state, week):
    with state.session() as session:
        return load_week(session, week, now=LATER, site=state.site)


def test_weeks_with_requests_are_listed_latest_first(told):
    with told.session() as session:
        assert list_weeks(session) == ["2026-W47", "2026-W46"]


def test_a_week_holds_its_own_requests(told):
    found = load(told, "2026-W46")
    assert [r.external_id for r in found.requests] == ["x-2", "x-1", "x-0"]
    assert load(told, "2026-W47").previous_week_total == 3
    assert found.channel_counts == {"board": 3}


def test_issues_are_those_of_the_time(told):
    first, second = load(told, "2026-W46"), load(told, "2026-W47")
    assert [(i.title, i.size) for i in first.issues] == [("噪声", 2)]
    assert {(i.title, i.size) for i in second.issues} == {("噪声", 3), ("积水", 2)}


def test_a_status_is_that_at_the_end_of_the_week(told):
    statuses = {r.request.id: r.status for r in load(told, "2026-W46").requests}
    assert statuses["q000002"] == "open"
    with told.session() as session:
        assert load_week(session, "2026-W47", now=LATER, site=told.site).gaps.now == Week.parse("2026-W47").last_moment


def test_replies_and_posts_come_with_what_they_answer(told):
    first, second = load(told, "2026-W46"), load(told, "2026-W47")
    assert first.replies == ()
    assert [r.request for r in second.replies] == ["q000001"]
    assert [a.request.id for a in second.answered] == ["q000001"]
    assert [p.post.id for p in first.posts] == ["p000001"]
    assert first.posts[0].review.addresses[0].issue == first.issues[0].issue


def test_gaps_name_the_issues_of_the_week(told):
    assert {g.issue for g in load(told, "2026-W47").gaps.gaps} == {"i-000001", "i-000002"}


def test_a_week_in_the_future_is_empty(told):
    found = load(told, "2027-W10")
    assert found.requests == ()
    assert not found.demo


@pytest.mark.parametrize("name", ["2026-46", "2026-W54", "W46", "", "2026-W00", "２０２６-W46"])
def test_what_is_no_week_is_refused(name):
    with pytest.raises(InputError):
        Week.parse(name)


def test_weeks_of_turning_years():
    assert Week.of(datetime(2027, 1, 3, tzinfo=CHINA)).name == "2026-W53"
    assert Week.parse("2026-W46").last_moment.isoformat() == "2026-11-15T23:59:00+08:00"
    assert Week.parse("2027-W01").back().name == "2026-W53"
