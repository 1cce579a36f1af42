"""What happened to requests (流转), and the status that follows from it. Events may come twice and in any order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from nlp.errors import RowError
from nlp.records import clean_line, parse_time
from serving.store.bulk import among
from serving.store.schema import EVENT_TYPES, EventRow, ReplyRow

MAX_NOTE_CHARS = 2_000
OPEN = "open"
_STATUS_AFTER = {
    "received": OPEN,
    "dispatched": "dispatched",
    "returned": "returned",
    "replied": "replied",
    "closed": "closed",
    "reopened": "reopened",
}
STATUSES = tuple(_STATUS_AFTER.values())


@dataclass(frozen=True, slots=True)
class RequestEvent:
    """One step of a request; the answers of a call-back (回访) are None where nobody asked."""

    type: str
    time: datetime
    unit: str = ""
    note: str = ""
    contacted: bool | None = None
    solved: bool | None = None
    satisfied: bool | None = None

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> RequestEvent:
        """Build from a mapping with these names. Raises RowError."""
        kind, time = row.get("type"), parse_time(row.get("time"))
        if kind not in EVENT_TYPES:
            raise RowError(f"流转类型 type 应为 {'、'.join(EVENT_TYPES)} 之一")
        if time is None:
            raise RowError("流转时间 time 应为日期时间,如 2026-11-09T08:30:00+08:00")
        unit, note = (clean_line(row.get(name)) for name in ("unit", "note"))
        if len(unit) > 200 or len(note) > MAX_NOTE_CHARS:
            raise RowError(f"unit 最多 200 个字符,note 最多 {MAX_NOTE_CHARS} 个")
        answers = {name: _answer(row, name) for name in ("contacted", "solved", "satisfied")}
        return cls(kind, time, unit, note, **answers)


def record_events(session: Session, events: Sequence[tuple[int, RequestEvent]]) -> list[bool]:
    """Store events of requests (row numbers); says for each whether it is new."""
    if not events:
        return []
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
    added = session.execute(insert(EventRow).values(rows).on_conflict_do_nothing().returning(*columns)).all()
    new = {(a.request_id, a.type, a.time, a.unit) for a in added}
    said = []
    for number, event in events:
        key = (number, event.type, event.time, event.unit)
        said.append(key in new)
        new.discard(key)
    return said


def load_events(session: Session, number: int) -> list[RequestEvent]:
    """Return the events of a request, oldest first."""
    rows = session.scalars(select(EventRow).where(EventRow.request_id == number))
    events = [RequestEvent(r.type, r.time, r.unit, r.note, r.contacted, r.solved, r.satisfied) for r in rows]
    return sorted(events, key=lambda e: (e.time, EVENT_TYPES.index(e.type)))


def load_statuses(session: Session, numbers: Sequence[int], *, until: datetime | None = None) -> dict[int, str]:
    """Return the status of each request, as it was at `until` (default: now)."""
    steps: dict[int, list[tuple[datetime, str]]] = defaultdict(list)
    events = select(EventRow.request_id, EventRow.time, EventRow.type).where(among(EventRow.request_id, numbers))
    replies = select(ReplyRow.request_id, ReplyRow.time, ReplyRow.received_at).where(
        among(ReplyRow.request_id, numbers)
    )
    for number, time, kind in session.execute(events):
        steps[number].append((time, kind))
    for number, replied, received in session.execute(replies):
        steps[number].append((replied or received, "replied"))
    return {n: status_after(s for s in steps[n] if until is None or s[0] <= until) for n in numbers}


def status_after(steps: Iterable[tuple[datetime, str]]) -> str:
    """Return the status that a set of (time, event type) leads to; a call-back changes nothing by itself."""
    known = [s for s in steps if s[1] in _STATUS_AFTER]
    if not known:
        return OPEN
    return _STATUS_AFTER[max(known, key=lambda s: (s[0], EVENT_TYPES.index(s[1])))[1]]


def _answer(row: Mapping[str, Any], name: str) -> bool | None:
    value = row.get(name)
    if value is None or isinstance(value, bool):
        return value
    raise RowError(f"{name} 应为 true、false 或 null")
