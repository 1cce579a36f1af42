"""The life of requests and issues as the store knows it: for lists, pages and the API, many at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from nlp.lifecycle import IssueMember, count_working_days, find_came_back, find_unit, trace_life
from nlp.results import AnalysedRequest, CameBack, Life, LifeCounts
from nlp.site import Site
from serving.store.bulk import among
from serving.store.ids import ISSUE, REQUEST, from_public, to_public
from serving.store.replies import load_solved_replies
from serving.store.requests import UnanalysedRequest
from serving.store.schema import IssueMemberRow, RequestRow, TriageRow
from serving.store.statuses import load_steps

NO_MATTER = ("表扬", "咨询")  # thanks and questions say nothing of whether a matter is done or back


@dataclass(frozen=True, slots=True)
class IssueLife:
    """How far the requests of an issue are, and whether the matter came back; a request sent twice counts once."""

    counts: LifeCounts
    came_back: CameBack | None


@dataclass(frozen=True, slots=True)
class MemberDates:
    """What an issue's life goes by: a request (row number), when it came and should be done, whether it repeats."""

    number: int
    time: datetime | None
    due: datetime | None
    repeats: bool
    kind: str


def load_lives(
    session: Session,
    requests: Sequence[AnalysedRequest | UnanalysedRequest],
    *,
    site: Site,
    now: datetime,
    until: datetime | None = None,
) -> dict[str, Life]:
    """Return the life of each request by its public id, as it was at `until` (default: all that is known)."""
    numbers = {r.request.id: _number(r.request.id) for r in requests}
    steps = load_steps(session, list(numbers.values()), until=until)
    lives = {}
    for found in requests:
        public = found.request.id
        due = found.triage.due if isinstance(found, AnalysedRequest) else None
        life = trace_life(steps[numbers[public]], (), received=found.request.time, due=due, now=until or now)
        lives[public] = count_working_days(life, site=site, now=until or now)
    return lives


def load_units(
    session: Session, requests: Sequence[AnalysedRequest], *, until: datetime | None = None
) -> dict[str, str]:
    """Return the unit that has each request, or had it at `until`, by public id; without those that nobody has."""
    numbers = {r.request.id: _number(r.request.id) for r in requests}
    steps = load_steps(session, list(numbers.values()), until=until)
    units = ((public, find_unit(steps[number])) for public, number in numbers.items() if number in steps)
    return {public: unit for public, unit in units if unit is not None}


def load_issue_lives(session: Session, issues: Iterable[str], *, now: datetime) -> dict[str, IssueLife]:
    """Return the life of each issue (public ids)."""
    numbers = [from_public(ISSUE, i) for i in issues]
    query = (
        select(
            IssueMemberRow.issue_id,
            RequestRow.id,
            RequestRow.time,
            TriageRow.due,
            RequestRow.duplicate_of.is_not(None),
            TriageRow.kind,
        )
        .join(RequestRow, RequestRow.id == IssueMemberRow.request_id)
        .join(TriageRow, (TriageRow.request_id == RequestRow.id) & TriageRow.current)
        .where(among(IssueMemberRow.issue_id, numbers))
    )
    members: dict[str, list[MemberDates]] = defaultdict(list)
    for issue, number, time, due, repeats, kind in session.execute(query):
        members[to_public(ISSUE, issue)].append(MemberDates(number, time, due, repeats, kind))
    return trace_issues(session, members, now=now)


def trace_issues(
    session: Session, members: Mapping[str, Sequence[MemberDates]], *, now: datetime, until: datetime | None = None
) -> dict[str, IssueLife]:
    """Return the life of issues whose members are known, as it was at `until`."""
    numbers = [m.number for group in members.values() for m in group]
    steps = load_steps(session, numbers, until=until)
    solved = load_solved_replies(session, numbers, until=until)
    lives = {}
    for issue, group in members.items():
        known = [m for m in group if not m.repeats]
        traced = [trace_life(steps[m.number], (), received=m.time, due=m.due, now=until or now) for m in known]
        found = [
            IssueMember(
                to_public(REQUEST, m.number), m.time, tuple(steps[m.number]), tuple(solved[m.number]), m.repeats
            )
            for m in group
            if m.kind not in NO_MATTER
        ]
        lives[issue] = IssueLife(_count(traced), find_came_back(found))
    return lives


def member_dates(requests: Iterable[AnalysedRequest]) -> list[MemberDates]:
    """Return what the life of an issue goes by, of requests that are loaded."""
    return [
        MemberDates(_number(r.request.id), r.request.time, r.triage.due, r.duplicate_of is not None, r.triage.kind)
        for r in requests
    ]


def _count(lives: Sequence[Life]) -> LifeCounts:
    return LifeCounts(
        open=sum(v.finished_at is None for v in lives),
        overdue=sum(v.overdue for v in lives),
        returned=sum(v.returned > 0 for v in lives),
        unsolved=sum(v.solved is False for v in lives),
    )


def _number(public: str) -> int:
    number = from_public(REQUEST, public)
    assert number is not None
    return number
