"""Issues (共性问题) and their members. An id is given once; a regrouping keeps it, merges it or lets it dissolve."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from nlp.errors import InputError
from nlp.records import IssueBrief, ResidentRequest
from nlp.results import IssueGrouping, IssueSummary, to_json
from serving.store.bulk import among
from serving.store.ids import ISSUE, REQUEST, from_public, to_public
from serving.store.lineage import trace_groups
from serving.store.pages import DEFAULT_LIMIT, Page
from serving.store.requests import to_request
from serving.store.schema import IssueMemberRow, IssueRow, RequestRow
from serving.store.values import to_issue_summary

# Whoever changes memberships holds this lock until the commit: joins and regroupings never cross.
GROUPING_LOCK = int.from_bytes(b"issues", "big")


@dataclass(frozen=True, slots=True)
class StoredIssue:
    """An issue with its life: status open, merged or dissolved; `merged_into` is the public id of the one it is now."""

    summary: IssueSummary
    status: str
    merged_into: str | None = None


def lock_grouping(session: Session) -> None:
    """Wait until nobody else changes memberships; held until the transaction ends."""
    session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": GROUPING_LOCK})


def load_members(session: Session, *issues: int) -> dict[int, list[int]]:
    """Return the request numbers of each issue, all issues where none is named."""
    query = select(IssueMemberRow.issue_id, IssueMemberRow.request_id).order_by(IssueMemberRow.request_id)
    members: dict[int, list[int]] = defaultdict(list)
    for issue, request in session.execute(query.where(among(IssueMemberRow.issue_id, issues)) if issues else query):
        members[issue].append(request)
    return dict(members)


def apply_grouping(session: Session, grouping: IssueGrouping, *, now: datetime) -> None:
    """Make the stored issues those of `grouping` (public request ids), ids kept by largest overlap.

    A request that the grouping did not see, because it came in meanwhile, stays in its issue or goes where that went.
    """
    lock_grouping(session)
    existing = {issue: set(members) for issue, members in load_members(session).items()}
    groups = [{_number(r) for r in issue.requests} for issue in grouping.issues]
    seen = {_number(a.id) for a in grouping.assignments}
    lineage = trace_groups(groups, existing)
    ids = [
        kept if kept is not None else add_issue(session, issue)
        for kept, issue in zip(lineage.kept, grouping.issues, strict=True)
    ]
    merged = {issue: ids[n] for issue, n in lineage.merged.items()}
    members = dict(zip(ids, groups, strict=True))
    for old, requests in existing.items():
        home = merged.get(old, old)
        if home in members:
            members[home] |= requests - seen
    session.execute(delete(IssueMemberRow))
    _add_members(session, members)
    _retire(session, existing, kept=set(ids), merged=merged)
    for number, issue in zip(ids, grouping.issues, strict=True):
        save_summary(session, number, issue, now=now)
    _save_duplicates(session, grouping)


def add_issue(session: Session, issue: IssueSummary) -> int:
    """Give a new issue its number; its members are added separately."""
    number: int = session.scalars(insert(IssueRow).values(_columns(issue)).returning(IssueRow.id)).one()
    return number


def add_member(session: Session, issue: int, request: int, *, duplicate_of: int | None = None) -> None:
    """Put a request into an issue (row numbers)."""
    statement = insert(IssueMemberRow).values(request_id=request, issue_id=issue)
    session.execute(
        statement.on_conflict_do_update(index_elements=[IssueMemberRow.request_id], set_={"issue_id": issue})
    )
    if duplicate_of is not None:
        session.execute(update(RequestRow).where(RequestRow.id == request).values(duplicate_of=duplicate_of))


def save_summary(session: Session, number: int, issue: IssueSummary, *, now: datetime) -> None:
    """Store what is known of an issue at `now`, under its own public id."""
    summary = replace(issue, issue=to_public(ISSUE, number))
    session.execute(
        update(IssueRow).where(IssueRow.id == number).values(**_columns(summary), status="open", measured_at=now)
    )


def get_issue(session: Session, public: str) -> IssueSummary | None:
    """Return the summary of an issue as last measured, also of a merged or dissolved one; None where there is none."""
    found = get_stored_issue(session, public)
    return None if found is None else found.summary


def get_stored_issue(session: Session, public: str) -> StoredIssue | None:
    """Return an issue with its life."""
    number = from_public(ISSUE, public)
    row = None if number is None else session.get(IssueRow, number)
    return None if row is None else _stored(row)


def list_issues(
    session: Session, *, topic: str | None = None, limit: int = DEFAULT_LIMIT, cursor: str | None = None
) -> Page[StoredIssue]:
    """Return one page of open issues, hottest first. Raises InputError."""
    query = select(IssueRow).where(*_open(topic)).order_by(IssueRow.heat.desc(), IssueRow.id.desc())
    if cursor:
        query = query.where(tuple_(IssueRow.heat, IssueRow.id) < tuple_(*_parse_cursor(cursor)))
    rows = session.scalars(query.limit(limit + 1)).all()
    if len(rows) <= limit:
        return Page(tuple(_stored(r) for r in rows))
    last = rows[limit - 1]
    return Page(tuple(_stored(r) for r in rows[:limit]), f"{last.heat!r}~{last.id}")


def count_issues(session: Session) -> int:
    """Count the open issues."""
    return session.scalar(select(func.count()).select_from(IssueRow).where(IssueRow.status == "open")) or 0


def load_summaries(session: Session, *conditions: ColumnElement[bool]) -> list[IssueSummary]:
    """Return the summaries of open issues, hottest first."""
    query = select(IssueRow).where(IssueRow.status == "open", *conditions)
    return [_stored(r).summary for r in session.scalars(query.order_by(IssueRow.heat.desc(), IssueRow.id))]


def load_briefs(session: Session, *, messages: int, limit: int) -> list[IssueBrief]:
    """Return the hottest open issues as posts are matched against them, each with its latest requests."""
    rows = session.scalars(
        select(IssueRow).where(IssueRow.status == "open").order_by(IssueRow.heat.desc(), IssueRow.id).limit(limit)
    ).all()
    by_issue: dict[int, list[ResidentRequest]] = defaultdict(list)
    place = func.row_number().over(partition_by=IssueMemberRow.issue_id, order_by=RequestRow.at.desc())
    ranked = (
        select(IssueMemberRow.issue_id, RequestRow.id, place.label("place"))
        .join(RequestRow, RequestRow.id == IssueMemberRow.request_id)
        .where(among(IssueMemberRow.issue_id, [r.id for r in rows]))
        .subquery()
    )
    members = select(ranked.c.issue_id, RequestRow).join(RequestRow, RequestRow.id == ranked.c.id)
    for issue, request in session.execute(members.where(ranked.c.place <= messages).order_by(RequestRow.at)):
        by_issue[issue].append(to_request(request))
    return [IssueBrief(to_public(ISSUE, r.id), r.title, tuple(by_issue[r.id])) for r in rows]


def _add_members(session: Session, members: Mapping[int, set[int]]) -> None:
    rows = [{"issue_id": issue, "request_id": r} for issue, requests in members.items() for r in sorted(requests)]
    for start in range(0, len(rows), 5_000):
        session.execute(insert(IssueMemberRow), rows[start : start + 5_000])


def _retire(session: Session, existing: Mapping[int, Any], *, kept: set[int], merged: Mapping[int, int]) -> None:
    for issue in existing.keys() - kept:
        into = merged.get(issue)
        status = "dissolved" if into is None else "merged"
        session.execute(update(IssueRow).where(IssueRow.id == issue).values(status=status, merged_into=into))


def _save_duplicates(session: Session, grouping: IssueGrouping) -> None:
    session.execute(update(RequestRow).where(RequestRow.duplicate_of.is_not(None)).values(duplicate_of=None))
    for a in grouping.assignments:
        if a.duplicate_of is not None:
            earlier = _number(a.duplicate_of)
            session.execute(update(RequestRow).where(RequestRow.id == _number(a.id)).values(duplicate_of=earlier))


def _columns(issue: IssueSummary) -> dict[str, Any]:
    return {
        "title": issue.title,
        "place": issue.place,
        "topic": issue.topic,
        "size": issue.size,
        "first": issue.first,
        "last": issue.last,
        "heat": issue.heat,
        "summary": to_json(issue),
    }


def _stored(row: IssueRow) -> StoredIssue:
    summary = replace(to_issue_summary(row.summary), issue=to_public(ISSUE, row.id))
    return StoredIssue(summary, row.status, None if row.merged_into is None else to_public(ISSUE, row.merged_into))


def _open(topic: str | None) -> Sequence[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [IssueRow.status == "open"]
    if topic is not None:
        whole = IssueRow.topic == topic
        found.append(whole if "/" in topic else func.split_part(IssueRow.topic, "/", 1) == topic)
    return found


def _parse_cursor(cursor: str) -> tuple[float, int]:
    heat, _, number = cursor.partition("~")
    try:
        return float(heat), int(number)
    except ValueError:
        raise InputError("cursor 不对:请原样使用上一页返回的 next") from None


def _number(public: str) -> int:
    number = from_public(REQUEST, public)
    assert number is not None
    return number
