"""What happened to requests (流转), and the status that follows from it. Events may come twice and in any order.

A call-back that comes again with answers it lacked is filled in; an answer once given is never overwritten.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from nlp.errors import RowError
from nlp.lifecycle import Step, find_standing
from nlp.records import clean_line, parse_time
from serving.store.bulk import among, chunks
from serving.store.event_words import ANSWERS, read_event_words
from serving.store.schema import EVENT_TYPES, EventRow, RequestRow
from serving.store.statuses import load_steps, lock_requests, refresh_statuses

MAX_NOTE_CHARS = 2_000


@dataclass(frozen=True, slots=True)
class RequestEvent(Step):
    """A step of a request as it is sent and stored; the answers of a call-back are None where nobody asked."""

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> RequestEvent:
        """Build from a mapping with these names; 派单 for dispatched, 是 for true are understood. Raises RowError."""
        said = read_event_words(row)
        kind, time = said["type"], parse_time(row.get("time"))
        if kind not in EVENT_TYPES:
            raise RowError(f"流转类型 type 应为 {'、'.join(EVENT_TYPES)} 之一(或派单、退单、办结等词)")
        if time is None:
            raise RowError("流转时间 time 应为日期时间,如 2026-11-09T08:30:00+08:00")
        unit, note = (clean_line(said.get(name, row.get(name))) for name in ("unit", "note"))
        if len(unit) > 200 or len(note) > MAX_NOTE_CHARS:
            raise RowError(f"unit 最多 200 个字符,note 最多 {MAX_NOTE_CHARS} 个")
        answers = {name: _answer(said, name) for name in ("contacted", "solved", "satisfied")}
        return cls(kind, time, unit, note, **answers)


@dataclass(frozen=True, slots=True)
class Recorded:
    """Whether an event is new, and whether it says something else than the stored one, which stays."""

    created: bool
    differs: bool = False


def record_events(session: Session, events: Sequence[tuple[int, RequestEvent]]) -> list[bool]:
    """Store events of requests (row numbers) and set their status; says for each event whether it is new."""
    return [recorded.created for recorded in save_events(session, events)]


def save_events(session: Session, events: Sequence[tuple[int, RequestEvent]]) -> list[Recorded]:
    """Store events of requests (row numbers) and set their status; says what became of each."""
    if not events:
        return []
    lock_requests(session, (number for number, _ in events))
    rows = [
        {
            "request_id": number,
            "type": e.type,
            "time": e.time,
            "unit": e.unit,
            "note": e.note,
            "contacted": e.contacted,
            "solved": e.solved,
            "satisfied": e.satisfied,
        }
        for number, e in events
    ]
    columns = (EventRow.request_id, EventRow.type, EventRow.time, EventRow.unit)
    new: set[tuple[int, str, datetime, str]] = set()
    for part in chunks(rows):
        added = session.execute(insert(EventRow).values(part).on_conflict_do_nothing().returning(*columns))
        new |= {(a.request_id, a.type, a.time, a.unit) for a in added}
    refresh_statuses(session, {number for number, *_ in new})
    differing = _fill_answers(session, events)
    said = []
    for at, (number, event) in enumerate(events):
        key = (number, event.type, event.time, event.unit)
        said.append(Recorded(key in new, at in differing))
        new.discard(key)
    return said


def _fill_answers(session: Session, events: Sequence[tuple[int, RequestEvent]]) -> set[int]:
    """Give stored call-backs the answers that they lack; returns which of `events` contradict. The caller locks."""
    called = [(at, number, e) for at, (number, e) in enumerate(events) if e.type == "called_back"]
    if not called:
        return set()
    query = select(EventRow).where(
        EventRow.type == "called_back", among(EventRow.request_id, {n for _, n, _ in called})
    )
    stored = {(row.request_id, row.time, row.unit): row for row in session.scalars(query)}
    differing = set()
    for at, number, event in called:
        row = stored[number, event.time, event.unit]
        for name in ANSWERS:
            said, known = getattr(event, name), getattr(row, name)
            if said is not None and known is None:
                setattr(row, name, said)
            elif said is not None and said != known:
                differing.add(at)
    session.flush()
    return differing


def load_events(session: Session, number: int) -> list[RequestEvent]:
    """Return the events of a request, oldest first."""
    rows = session.scalars(select(EventRow).where(EventRow.request_id == number))
    events = [RequestEvent(r.type, r.time, r.unit, r.note, r.contacted, r.solved, r.satisfied) for r in rows]
    return sorted(events, key=lambda e: (e.time, EVENT_TYPES.index(e.type)))


def get_statuses(session: Session, numbers: Sequence[int]) -> dict[int, str]:
    """Return the status of each request (row numbers) as it is now."""
    query = select(RequestRow.id, RequestRow.status).where(among(RequestRow.id, numbers))
    return {number: status for number, status in session.execute(query)}


def load_statuses(session: Session, numbers: Sequence[int], *, until: datetime) -> dict[int, str]:
    """Return the status of each request as it was at `until`; the one of now stands in its row."""
    steps = load_steps(session, numbers, until=until)
    return {n: find_standing(steps[n]).status for n in numbers}


def _answer(row: Mapping[str, Any], name: str) -> bool | None:
    value = row.get(name)
    if value is None or isinstance(value, bool):
        return value
    raise RowError(f"{name} 应为 true、false 或 null(或是、否)")
