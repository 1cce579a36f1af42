"""What a week's report says of the life of requests: late orders, returned ones, call-backs, matters that came back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session

from nlp.digest_values import CameBackIssue, WeekLife
from nlp.results import AnalysedRequest, IssueSummary
from serving.store.ids import REQUEST, to_public
from serving.store.lives import IssueLife
from serving.store.schema import EventRow, ReplyRow, RequestRow, TriageRow
from serving.weeks import Week


def load_week_life(session: Session, span: Week, *, until: datetime, reach: timedelta) -> WeekLife:
    """Return what became of requests up to `until`: late orders of any week, returns and call-backs of this one.

    reach: requests older than this before the end of the week are left out
    The end of a request is that of now: one that was closed, returned and closed again around the end of a past week
    may be missing among its late orders.
    """
    recent = (RequestRow.at <= until, RequestRow.at >= span.end - reach, RequestRow.duplicate_of.is_(None))
    overdue = _load_overdue(session, recent, until)
    return WeekLife(
        overdue=tuple(overdue),
        untracked=sum(not tracked for tracked in overdue.values()),
        returned=_load_returned(session, recent, span, until),
        unsolved=_load_unsolved(session, recent, span, until),
    )


def find_back(
    lives: Mapping[str, IssueLife],
    issues: Sequence[IssueSummary],
    *,
    members: Mapping[str, Sequence[AnalysedRequest]],
    start: datetime,
) -> tuple[CameBackIssue, ...]:
    """Return the issues that came back and are not done again, or were reported in the week; the latest first."""
    found = []
    for issue in issues:
        back = lives[issue.issue].came_back
        if back is None:
            continue
        of_week = sum(
            r.request.id in back.again and r.request.time is not None and r.request.time >= start
            for r in members[issue.issue]
        )
        if of_week or not back.settled:
            found.append(CameBackIssue(issue.issue, issue.title, back.closed, back.since, back.again, of_week))
    return tuple(sorted(found, key=lambda i: (-i.since.timestamp(), i.issue)))


def _load_overdue(session: Session, recent: Sequence[ColumnElement[bool]], until: datetime) -> dict[str, bool]:
    """Return the unfinished requests past due, the longest first, and whether any step of each is known."""
    replied = func.coalesce(ReplyRow.time, ReplyRow.received_at) <= until
    tracked = or_(
        exists().where(EventRow.request_id == RequestRow.id, EventRow.time <= until),
        exists().where(ReplyRow.request_id == RequestRow.id, replied),
    )
    query = (
        select(RequestRow.id, tracked)
        .join(TriageRow, (TriageRow.request_id == RequestRow.id) & TriageRow.current)
        .where(*recent, TriageRow.due < until, or_(RequestRow.finished_at.is_(None), RequestRow.finished_at > until))
        .order_by(TriageRow.due, RequestRow.id)
    )
    return {to_public(REQUEST, number): known for number, known in session.execute(query)}


def _load_returned(
    session: Session, recent: Sequence[ColumnElement[bool]], span: Week, until: datetime
) -> tuple[str, ...]:
    query = (
        select(EventRow.request_id)
        .join(RequestRow, RequestRow.id == EventRow.request_id)
        .where(*recent, EventRow.type == "returned", EventRow.time >= span.start, EventRow.time <= until)
        .distinct()
        .order_by(EventRow.request_id.desc())
    )
    return tuple(to_public(REQUEST, number) for number in session.scalars(query))


def _load_unsolved(
    session: Session, recent: Sequence[ColumnElement[bool]], span: Week, until: datetime
) -> tuple[str, ...]:
    answers = (
        select(EventRow.request_id, EventRow.solved)
        .join(RequestRow, RequestRow.id == EventRow.request_id)
        .where(*recent, EventRow.type == "called_back", EventRow.solved.is_not(None))
        .where(EventRow.time >= span.start, EventRow.time <= until)
        .order_by(EventRow.request_id.desc(), EventRow.time, EventRow.id)
    )
    latest = {number: solved for number, solved in session.execute(answers)}
    return tuple(to_public(REQUEST, number) for number, solved in latest.items() if not solved)
