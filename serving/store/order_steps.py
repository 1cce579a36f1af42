"""Steps that a sheet of orders tells: of one kind and time there is one, however often and late the sheet comes.

Each column of such a sheet holds one time of an order, beside the unit in charge on the day of the export. A unit that
changed while its time did not is therefore a correction and no new step, for who sends an order on does so at a later
time: the unit stored first stays, one that was missing is filled in.

A call-back at the very time of the closing has no time of its own (the sheet's reader put it there). Once the sheet has
one, with answers that do not contradict, that is the same call-back at its right time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from serving.store.bulk import among
from serving.store.event_words import ANSWERS
from serving.store.events import Recorded, RequestEvent, save_events
from serving.store.schema import EventRow
from serving.store.statuses import lock_requests

ONE_UNIT = ("dispatched", "returned", "closed")


def save_order_steps(session: Session, events: Sequence[tuple[int, RequestEvent]]) -> list[Recorded]:
    """Store the steps of orders (row numbers), all that a row tells of one order together; says what became of each."""
    if not events:
        return []
    lock_requests(session, (number for number, _ in events))
    stored = _load(session, {number for number, _ in events})
    closings = {n: {row.time for row in stored[n] if row.type == "closed"} for n, _ in events}
    for number, event in events:
        if event.type == "closed":
            closings[number].add(event.time)
    found: list[Recorded | None] = []
    kept: list[tuple[int, RequestEvent]] = []
    for number, event in events:
        if event.type in ONE_UNIT:
            answer = _meet_unit(event, stored[number])
        elif event.type == "called_back":
            answer, event = _meet_call_back(session, event, stored[number], closings[number])
        else:
            answer = None
        found.append(answer)
        if answer is None:
            kept.append((number, event))
    session.flush()
    saved = iter(save_events(session, kept))
    return [next(saved) if answer is None else answer for answer in found]


def _load(session: Session, numbers: set[int]) -> dict[int, list[EventRow]]:
    stored: dict[int, list[EventRow]] = defaultdict(list)
    for row in session.scalars(select(EventRow).where(among(EventRow.request_id, numbers)).order_by(EventRow.id)):
        stored[row.request_id].append(row)
    return stored


def _meet_unit(event: RequestEvent, stored: Sequence[EventRow]) -> Recorded | None:
    """Compare a step with those of its kind and time; None where it is to be stored."""
    same = [row for row in stored if row.type == event.type and row.time == event.time]
    if not same or any(row.unit == event.unit for row in same):
        return None
    if event.unit and not same[0].unit and len(same) == 1:
        same[0].unit = event.unit
        return Recorded(False)
    return Recorded(False, differs=bool(event.unit))


def _meet_call_back(
    session: Session, event: RequestEvent, stored: Sequence[EventRow], closings: set[datetime]
) -> tuple[Recorded | None, RequestEvent]:
    """Return None and the call-back to store, or what became of one that is stored under its own time."""
    others = [row for row in stored if row.type == "called_back" and row.time != event.time and _agree(row, event)]
    if event.time in closings:
        dated = next((row for row in others if row.time > event.time and row.time not in closings), None)
        if dated is None:
            return None, event
        _fill(dated, event)
        return Recorded(False), event
    for guess in (row for row in others if row.time < event.time and row.time in closings and not row.unit):
        said = {name: getattr(guess, name) for name in ANSWERS if getattr(event, name) is None}
        event = replace(event, **said)
        session.execute(delete(EventRow).where(EventRow.id == guess.id))
    return None, event


def _agree(row: EventRow, event: RequestEvent) -> bool:
    pairs = ((getattr(row, name), getattr(event, name)) for name in ANSWERS)
    return all(a is None or b is None or a == b for a, b in pairs)


def _fill(row: EventRow, event: RequestEvent) -> None:
    for name in ANSWERS:
        if getattr(row, name) is None:
            setattr(row, name, getattr(event, name))
