"""What a digest, a page or a gap report says of one week: the store as it was when that week ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select, text
from sqlalchemy.orm import Session

from nlp.account_report import report_accounts
from nlp.digest_values import WeekLife
from nlp.gaps import report_gaps
from nlp.results import AccountReport, AnalysedRequest, GapReport, IssueSummary, ReviewedPost, ReviewedReply
from nlp.site import Site
from serving.measuring import measure_issue
from serving.settings import DEMO_DATABASE
from serving.store.bulk import among
from serving.store.ids import ISSUE, REQUEST, from_public
from serving.store.issues import load_summaries
from serving.store.lives import member_dates, trace_issues
from serving.store.posts import load_reviewed_posts
from serving.store.replies import load_reviewed_replies
from serving.store.requests import count_channels, count_requests, in_week, load_analysed
from serving.store.schema import IssueMemberRow, IssueRow, PostRow, ReplyRow, RequestRow
from serving.store.week_life import find_back, load_week_life
from serving.weeks import Week

# An issue that nobody has named for a quarter of a year is no matter of this week's report, nor is a post that old.
REACH = timedelta(weeks=13)


@dataclass(frozen=True, slots=True)
class WeekMaterial:
    """One week; the period is half-open, `start` (Monday 00:00) to `end`; `now` is not later than its last minute.

    requests: came in that week, newest first, with their status at `now`
    answered: came in earlier and got one of `replies`
    issues: hottest first, of their requests up to `now`; they may reach further back
    replies, posts: up to `now`, newest first; they may be older than the week
    """

    week: str
    start: datetime
    end: datetime
    now: datetime
    demo: bool
    requests: tuple[AnalysedRequest, ...]
    answered: tuple[AnalysedRequest, ...]
    previous_week_total: int
    channel_counts: Mapping[str, int]
    issues: tuple[IssueSummary, ...]
    replies: tuple[ReviewedReply, ...]
    posts: tuple[ReviewedPost, ...]
    gaps: GapReport
    accounts: tuple[AccountReport, ...]
    life: WeekLife


def load_week(session: Session, week: str, *, now: datetime, site: Site) -> WeekMaterial:
    """Load an ISO week (2026-W46). Raises InputError where it is none."""
    span = Week.parse(week)
    until = min(now, span.last_moment)
    requests = load_analysed(session, *in_week(span), RequestRow.at <= until, until=until)
    members = _load_members(session, span, until)
    issues = _load_issues(session, members, until)
    of_issues = {r for i in issues for r in i.requests}
    replies = _load_replies(session, span, until, of_issues | {r.request.id for r in requests})
    answered = _load_answered(session, replies, {r.request.id for r in requests}, until)
    posts = load_reviewed_posts(session, PostRow.at <= until, PostRow.at >= span.end - REACH)
    lives = trace_issues(session, {i: member_dates(members[i]) for i in members}, now=now, until=until)
    back = find_back(lives, issues, members=members, start=span.start)
    judged = {r.request.id: r for group in members.values() for r in group}
    return WeekMaterial(
        week=span.name,
        start=span.start,
        end=span.end,
        now=until,
        demo=session.scalar(text("SELECT current_database()")) == DEMO_DATABASE,
        requests=tuple(requests),
        answered=tuple(answered),
        previous_week_total=count_requests(session, span.back()),
        channel_counts=count_channels(session, span),
        issues=tuple(issues),
        replies=tuple(replies),
        posts=tuple(posts),
        gaps=report_gaps(issues, requests=judged, replies=replies, posts=posts, now=until),
        accounts=report_accounts(site.accounts, posts, issues, site=site, now=until),
        life=replace(load_week_life(session, span, until=until, reach=REACH), came_back=back),
    )


def _load_members(session: Session, span: Week, until: datetime) -> dict[str, list[AnalysedRequest]]:
    """Return the requests up to `until` of each open issue that was named within reach, oldest first."""
    active = (
        select(IssueMemberRow.issue_id)
        .join(RequestRow, RequestRow.id == IssueMemberRow.request_id)
        .join(IssueRow, IssueRow.id == IssueMemberRow.issue_id)
        .where(IssueRow.status == "open", RequestRow.at <= until, RequestRow.at >= span.end - REACH)
    )
    found = load_analysed(session, RequestRow.at <= until, IssueMemberRow.issue_id.in_(active), until=until)
    members: dict[str, list[AnalysedRequest]] = {}
    for request in reversed(found):
        if request.issue is not None:
            members.setdefault(request.issue, []).append(request)
    return {issue: group for issue, group in members.items() if len(group) > 1}


def _load_issues(
    session: Session, members: Mapping[str, Sequence[AnalysedRequest]], until: datetime
) -> list[IssueSummary]:
    numbers = [from_public(ISSUE, i) for i in members]
    stored = load_summaries(session, among(IssueRow.id, numbers))
    measured = [measure_issue(s, members[s.issue], now=until) for s in stored]
    return sorted(measured, key=lambda i: (-i.heat, i.issue))


def _load_replies(session: Session, span: Week, until: datetime, requests: set[str]) -> list[ReviewedReply]:
    at = func.coalesce(ReplyRow.time, ReplyRow.received_at)
    of_week = load_reviewed_replies(session, at <= until, at >= span.start)
    known = {r.id for r in of_week}
    earlier = [r for r in _replies_to(session, requests, at < span.start) if r.id not in known]
    return [*of_week, *earlier]


def _replies_to(session: Session, requests: set[str], condition: ColumnElement[bool]) -> list[ReviewedReply]:
    numbers = [from_public(REQUEST, r) for r in requests]
    return load_reviewed_replies(session, among(ReplyRow.request_id, numbers), condition)


def _load_answered(
    session: Session, replies: Sequence[ReviewedReply], known: set[str], until: datetime
) -> list[AnalysedRequest]:
    numbers = {from_public(REQUEST, r.request) for r in replies if r.request not in known}
    return load_analysed(session, among(RequestRow.id, numbers), until=until) if numbers else []
