"""Issues keep their public ids over regroupings; merged and dissolved ones can still be asked for."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta

from nlp.records import CHINA, Post, ResidentRequest
from serving.analysis import regroup, take_posts, take_requests
from serving.store.issues import add_member, apply_grouping, get_stored_issue, list_issues
from serving.store.posts import get_posts_of_issue
from serving.store.requests import get_request, load_everything

NOW = datetime(2026, 11, 12, 9, 0, tzinfo=CHINA)


NUMBERS = itertools.count()


def take_later(state, *titles, user=None, join=True):
    requests = [
        ResidentRequest(f"n-{next(NUMBERS)}", "请尽快处理", t, NOW + timedelta(minutes=n), "board", user=user)
        for n, t in enumerate(titles)
    ]
    with state.session() as session, session.begin():
        return take_requests(session, requests, state=state, join=join)


def take(state, *titles):
    return take_later(state, *titles, join=False)


def group(state):
    with state.session() as session, session.begin():
        regroup(session, state=state)
    with state.session() as session:
        return {i.summary.title: i for i in list_issues(session).items}


def retitle(state, old, new):
    with state.session() as session, session.begin():
        session.connection().exec_driver_sql("UPDATE requests SET title = %s WHERE title = %s", (new, old))


def test_requests_know_their_issue_and_issues_their_requests(state):
    take(state, "噪声", "噪声", "路灯")
    issues = group(state)
    assert list(issues) == ["噪声"]
    assert issues["噪声"].summary.issue == "i-000001"
    assert issues["噪声"].summary.requests == ("q000001", "q000002")
    with state.session() as session:
        assert get_request(session, "q000001").issue == "i-000001"
        assert get_request(session, "q000003").issue is None


def test_ids_survive_a_regrouping_with_new_requests(state):
    take(state, "噪声", "噪声")
    first = group(state)["噪声"].summary
    take(state, "积水", "积水", "积水", "噪声")
    issues = group(state)
    assert issues["噪声"].summary.issue == first.issue
    assert issues["噪声"].summary.size == 3
    assert issues["积水"].summary.issue == "i-000002"


def test_a_merged_issue_says_where_it_went(state):
    take(state, "噪声", "噪声", "夜里施工", "夜里施工", "夜里施工")
    before = group(state)
    retitle(state, "噪声", "夜里施工")
    issues = group(state)
    assert list(issues) == ["夜里施工"]
    with state.session() as session:
        old = get_stored_issue(session, before["噪声"].summary.issue)
    assert (old.status, old.merged_into) == ("merged", before["夜里施工"].summary.issue)


def test_a_request_that_came_in_during_a_regrouping_stays_in_its_issue(state):
    take(state, "噪声", "噪声")
    issue = group(state)["噪声"].summary.issue
    with state.session() as session, session.begin():
        requests, triages = load_everything(session)
        grouping = state.pipeline.issues(requests, triages=triages)
    (late,) = take(state, "噪声扰民")
    with state.session() as session, session.begin():
        add_member(session, 1, late.number)
        apply_grouping(session, grouping, now=NOW)
    with state.session() as session:
        assert get_request(session, "q000003").issue == issue


def test_a_dissolved_id_is_never_given_again(state):
    take(state, "噪声", "噪声")
    old = group(state)["噪声"].summary.issue
    with state.session() as session, session.begin():
        session.connection().exec_driver_sql("UPDATE requests SET title = title || id")
    assert group(state) == {}
    take(state, "积水", "积水")
    assert group(state)["积水"].summary.issue != old
    with state.session() as session:
        assert get_stored_issue(session, old).status == "dissolved"


def test_issues_are_listed_hottest_first_and_paged(state):
    take(state, *["甲"] * 2, *["乙"] * 4, *["丙"] * 3)
    group(state)
    with state.session() as session:
        first = list_issues(session, limit=2)
        second = list_issues(session, limit=2, cursor=first.next)
    assert [i.summary.title for i in (*first.items, *second.items)] == ["乙", "丙", "甲"]
    assert second.next is None


def test_posts_are_found_by_the_issue_they_speak_to(state):
    take(state, "噪声", "噪声")
    issue = group(state)["噪声"].summary.issue
    with state.session() as session, session.begin():
        posts = [Post("t-1", "某街道", "关于噪声的说明", "已安排夜间巡查"), Post("t-2", "某街道", "运动会开幕", "热闹")]
        take_posts(session, posts, state=state)
    with state.session() as session:
        assert [p.post.id for p in get_posts_of_issue(session, issue)] == ["p000001"]


def test_a_new_request_joins_an_issue_at_once(state):
    take(state, "噪声", "噪声")
    issue = group(state)["噪声"].summary
    (late,) = take_later(state, "噪声")
    with state.session() as session:
        assert get_request(session, late.public("q")).issue == issue.issue
        found = get_stored_issue(session, issue.issue).summary
    assert (found.size, found.title) == (3, issue.title)
    assert late.public("q") in found.requests


def test_two_that_stood_alone_become_an_issue(state):
    take_later(state, "井盖")
    take_later(state, "井盖", "路灯")
    with state.session() as session:
        (issue,) = list_issues(session).items
        assert issue.summary.requests == ("q000001", "q000002")
        assert get_request(session, "q000003").issue is None


def test_a_request_sent_again_points_to_the_first(state):
    (first,) = take_later(state, "井盖", user="u-1")
    (second,) = take_later(state, "井盖", user="u-1")
    with state.session() as session:
        assert get_request(session, second.public("q")).duplicate_of == first.public("q")
        assert list_issues(session).items[0].summary.residents == 1


def test_many_at_once_are_left_to_the_regrouping(state):
    take_later(state, *["井盖"] * 40)
    with state.session() as session:
        assert list_issues(session).items == ()
        assert session.connection().exec_driver_sql("SELECT task_name FROM procrastinate_jobs").all() == [("regroup",)]
