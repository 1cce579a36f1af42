"""Requests and their triage: stored once (channel, external id), read back with what is known of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, exists, func, or_, select, tuple_, update
from sqlalchemy.orm import Session

from nlp.errors import InputError
from nlp.lifecycle import STATUSES
from nlp.records import ResidentRequest
from nlp.results import AnalysedRequest, Triage
from serving.store.bulk import among, chunks
from serving.store.events import load_statuses
from serving.store.ids import ISSUE, REQUEST, from_public, to_public
from serving.store.pages import DEFAULT_LIMIT, Cursor, Page
from serving.store.saving import Saved, save_new
from serving.store.schema import EventRow, IssueMemberRow, RequestRow, TriageRow
from serving.store.triages import fill_dues
from serving.store.values import to_triage
from serving.weeks import Week


@dataclass(frozen=True, slots=True)
class UnanalysedRequest:
    """A stored request that still waits for its triage."""

    request: ResidentRequest
    external_id: str
    status: str


@dataclass(frozen=True, slots=True)
class RequestFilters:
    """What a list of requests is narrowed by. `topic` is a full name or a level-1 name; `issue` a public id.

    external_id: the channel's own; give the channel too, for another channel may use the same
    overdue: unfinished and past due at `now`; returned: ever returned; solved: the latest answer of its call-backs
    """

    week: str | None = None
    issue: str | None = None
    topic: str | None = None
    urgency: int | None = None
    channel: str | None = None
    external_id: str | None = None
    status: str | None = None
    overdue: bool | None = None
    returned: bool | None = None
    solved: bool | None = None
    now: datetime | None = None


def save_requests(
    session: Session, requests: Sequence[ResidentRequest], *, now: datetime, undated_at: datetime | None = None
) -> list[Saved]:
    """Store masked requests whose `user` is the HMAC; one already stored only gets the platform's deadline it lacked.

    undated_at: where those without a time belong in time; None: `now`
    """
    rows = [((r.channel, r.id), _to_row(r, now, undated_at or now)) for r in requests]
    saved = save_new(session, RequestRow, rows, find=find_numbers) if rows else []
    dues = {s.number: r.due for s, r in zip(saved, requests, strict=True) if not s.created and r.due is not None}
    fill_dues(session, dues)
    return saved


def find_numbers(session: Session, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Return the row number of each (channel, external id) that is stored."""
    identity = tuple_(RequestRow.channel, RequestRow.external_id)
    columns = select(RequestRow.id, RequestRow.channel, RequestRow.external_id)
    found = (row for part in chunks(sorted(set(keys))) for row in session.execute(columns.where(identity.in_(part))))
    return {(row.channel, row.external_id): row.id for row in found}


def load_stored(session: Session, numbers: Sequence[int]) -> list[ResidentRequest]:
    """Return masked requests under their public ids, in the order asked."""
    rows = {r.id: r for r in session.scalars(select(RequestRow).where(among(RequestRow.id, numbers)))}
    return [to_request(rows[n]) for n in numbers if n in rows]


def find_untriaged(session: Session, *, model: str, limit: int) -> list[ResidentRequest]:
    """Return requests without a triage by this model version, oldest first."""
    rows = session.scalars(select(RequestRow).where(_is_untriaged(model)).order_by(RequestRow.id).limit(limit))
    return [to_request(row) for row in rows]


def find_latest_time(session: Session, *, until: datetime) -> datetime | None:
    """Return the latest time of a request, not after `until`; None where none has a time."""
    return session.scalar(select(func.max(RequestRow.time)).where(RequestRow.time <= until))


def count_untriaged(session: Session, *, model: str) -> int:
    """Count the requests without a triage by this model version."""
    return session.scalar(select(func.count()).select_from(RequestRow).where(_is_untriaged(model))) or 0


def load_everything(session: Session) -> tuple[list[ResidentRequest], list[Triage]]:
    """Return all analysed requests, oldest first, and their triages."""
    query = select(RequestRow, TriageRow.result).join(
        TriageRow, (TriageRow.request_id == RequestRow.id) & TriageRow.current
    )
    pairs = [(to_request(row), to_triage(result)) for row, result in session.execute(query.order_by(RequestRow.id))]
    return [request for request, _ in pairs], [triage for _, triage in pairs]


def mark_joined(session: Session, requests: Sequence[str], *, now: datetime) -> None:
    """Note that requests (public ids) were matched against the issues."""
    numbers = [from_public(REQUEST, r) for r in requests]
    session.execute(update(RequestRow).where(among(RequestRow.id, numbers)).values(joined_at=now))


def get_request(session: Session, public: str) -> AnalysedRequest | None:
    """Return a request with its triage; None where there is none, or it is not yet analysed."""
    number = from_public(REQUEST, public)
    found = [] if number is None else load_analysed(session, RequestRow.id == number)
    return found[0] if found else None


def get_unanalysed(session: Session, public: str) -> UnanalysedRequest | None:
    """Return a stored request without its triage; None where there is none."""
    number = from_public(REQUEST, public)
    row = None if number is None else session.get(RequestRow, number)
    if row is None:
        return None
    return UnanalysedRequest(to_request(row), row.external_id, row.status)


def load_analysed(
    session: Session, *conditions: ColumnElement[bool], until: datetime | None = None
) -> list[AnalysedRequest]:
    """Return the analysed requests that meet the conditions, newest first; status is that at `until` (default: now)."""
    return _analysed(session, _joined().where(*conditions).order_by(RequestRow.at.desc(), RequestRow.id.desc()), until)


def find_original(session: Session, number: int) -> int:
    """Return the request that a duplicate repeats; of one that repeats none, itself."""
    return session.scalar(select(RequestRow.duplicate_of).where(RequestRow.id == number)) or number


def load_similar(
    session: Session, request: ResidentRequest, triage: Triage, *, reach: timedelta, limit: int
) -> list[tuple[ResidentRequest, str | None]]:
    """Return requests that may be about the same matter as a stored one, with their issue: of its topic or place.

    Those that wait to be joined themselves are left out, or two new ones would each follow the other.
    """
    number, at = from_public(REQUEST, request.id), request.time
    near = [] if at is None else [RequestRow.at >= at - reach, RequestRow.at <= at + reach]
    same = [TriageRow.topic == triage.topic]
    same += [TriageRow.result.contains({"places": [{"text": p.text}]}) for p in triage.places[:3]]
    query = (
        select(RequestRow, IssueMemberRow.issue_id)
        .join(TriageRow, (TriageRow.request_id == RequestRow.id) & TriageRow.current)
        .outerjoin(IssueMemberRow, IssueMemberRow.request_id == RequestRow.id)
        .where(RequestRow.id != number, RequestRow.joined_at.is_not(None), or_(*same), *near)
        .order_by(RequestRow.at.desc(), RequestRow.id.desc())
        .limit(limit)
    )
    return [
        (to_request(row), None if issue is None else to_public(ISSUE, issue)) for row, issue in session.execute(query)
    ]


def list_requests(
    session: Session, filters: RequestFilters, *, limit: int = DEFAULT_LIMIT, cursor: str | None = None
) -> Page[AnalysedRequest]:
    """Return one page of analysed requests, newest first. Raises InputError."""
    query = _joined().where(*_conditions(filters)).order_by(RequestRow.at.desc(), RequestRow.id.desc())
    after = Cursor.parse(cursor)
    if after is not None:
        query = query.where(tuple_(RequestRow.at, RequestRow.id) < tuple_(after.at, after.number))
    found = _analysed(session, query.limit(limit + 1), None)
    if len(found) <= limit:
        return Page(tuple(found))
    last = from_public(REQUEST, found[limit - 1].request.id)
    at = session.scalar(select(RequestRow.at).where(RequestRow.id == last))
    assert at is not None
    assert last is not None
    return Page(tuple(found[:limit]), str(Cursor(at, last)))


def count_requests(session: Session, week: Week) -> int:
    """Count the requests of a week, analysed or not."""
    return session.scalar(select(func.count()).select_from(RequestRow).where(*in_week(week))) or 0


def count_channels(session: Session, week: Week) -> dict[str, int]:
    """Count the requests of a week by channel, most first."""
    number = func.count()
    query = select(RequestRow.channel, number).where(*in_week(week)).group_by(RequestRow.channel)
    return {channel: n for channel, n in session.execute(query.order_by(number.desc(), RequestRow.channel))}


def list_weeks(session: Session) -> list[str]:
    """Return the ISO weeks that have requests, latest first."""
    name = func.to_char(func.timezone("Asia/Shanghai", RequestRow.at), 'IYYY-"W"IW')
    return list(session.scalars(select(name).distinct().order_by(name.desc())))


def in_week(week: Week) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Return the conditions for requests of a week."""
    return RequestRow.at >= week.start, RequestRow.at < week.end


def to_request(row: RequestRow) -> ResidentRequest:
    """Return a stored, masked request under its public id."""
    return ResidentRequest(
        id=to_public(REQUEST, row.id),
        text=row.text,
        title=row.title,
        time=row.time,
        channel=row.channel,
        area=row.area,
        site=row.site,
        user=row.user_hmac,
        likes=row.likes,
        dislikes=row.dislikes,
        warnings=tuple(row.warnings),
        due=row.due,
    )


def _is_untriaged(model: str) -> ColumnElement[bool]:
    return ~exists().where(TriageRow.request_id == RequestRow.id, TriageRow.model == model)


def _joined() -> Select[Any]:
    return (
        select(RequestRow, TriageRow.result, IssueMemberRow.issue_id)
        .join(TriageRow, (TriageRow.request_id == RequestRow.id) & TriageRow.current)
        .outerjoin(IssueMemberRow, IssueMemberRow.request_id == RequestRow.id)
    )


def _analysed(session: Session, query: Select[Any], until: datetime | None) -> list[AnalysedRequest]:
    rows = session.execute(query).all()
    past = {} if until is None else load_statuses(session, [row.id for row, _, _ in rows], until=until)
    return [
        AnalysedRequest(
            request=to_request(row),
            external_id=row.external_id,
            triage=to_triage(result),
            issue=None if issue is None else to_public(ISSUE, issue),
            duplicate_of=None if row.duplicate_of is None else to_public(REQUEST, row.duplicate_of),
            status=past.get(row.id, row.status),
        )
        for row, result, issue in rows
    ]


def _conditions(filters: RequestFilters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.week is not None:
        found += in_week(Week.parse(filters.week))
    if filters.issue is not None:
        found.append(IssueMemberRow.issue_id == (from_public(ISSUE, filters.issue) or 0))
    if filters.topic is not None:
        whole = TriageRow.topic == filters.topic
        found.append(whole if "/" in filters.topic else func.split_part(TriageRow.topic, "/", 1) == filters.topic)
    if filters.urgency is not None:
        found.append(TriageRow.urgency == filters.urgency)
    if filters.channel is not None:
        found.append(RequestRow.channel == filters.channel)
    if filters.external_id is not None:
        found.append(RequestRow.external_id == filters.external_id)
    return [*found, *_life_conditions(filters)]


def _life_conditions(filters: RequestFilters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.status is not None:
        if filters.status not in STATUSES:
            raise InputError(f"status 应为 {'、'.join(STATUSES)} 之一,收到 {filters.status[:40]}")
        found.append(RequestRow.status == filters.status)
    if filters.overdue is not None:
        assert filters.now is not None
        late = and_(RequestRow.finished_at.is_(None), func.coalesce(TriageRow.due < filters.now, False))
        found.append(late if filters.overdue else ~late)
    if filters.returned is not None:
        was = exists().where(EventRow.request_id == RequestRow.id, EventRow.type == "returned")
        found.append(was if filters.returned else ~was)
    if filters.solved is not None:
        found.append(latest_solved() == filters.solved)
    return found


def latest_solved() -> ScalarSelect[Any]:
    """Return the latest answer of a request's call-backs to whether it is solved, as a column of a query."""
    query = select(EventRow.solved).where(
        EventRow.request_id == RequestRow.id, EventRow.type == "called_back", EventRow.solved.is_not(None)
    )
    return query.order_by(EventRow.time.desc(), EventRow.id.desc()).limit(1).correlate(RequestRow).scalar_subquery()


def _to_row(request: ResidentRequest, now: datetime, undated_at: datetime) -> Mapping[str, Any]:
    return {
        "channel": request.channel,
        "external_id": request.id,
        "title": request.title,
        "text": request.text,
        "time": request.time,
        "at": request.time or undated_at,
        "received_at": now,
        "area": request.area,
        "site": request.site,
        "user_hmac": request.user,
        "likes": request.likes,
        "dislikes": request.dislikes,
        "warnings": list(request.warnings),
        "due": request.due,
    }
