"""Status and end of requests, kept beside their events and replies: set again by whoever adds one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from nlp.lifecycle import Step, find_standing
from serving.store.bulk import among
from serving.store.schema import EventRow, ReplyRow, RequestRow


def lock_requests(session: Session, numbers: Iterable[int]) -> None:
    """Wait until nobody else adds events or replies to these requests; held until the transaction ends.

    Whoever adds some takes this lock first, on all of them: in one order, so that no two wait for each other, and
    before the steps are read, so that none is missed. It does not hold up the foreign keys of other tables.
    """
    rows = select(RequestRow.id).where(among(RequestRow.id, numbers)).order_by(RequestRow.id)
    session.execute(rows.with_for_update(key_share=True)).all()


def refresh_statuses(session: Session, numbers: Iterable[int]) -> None:
    """Set status and end of requests anew from all their events and replies. The caller holds `lock_requests`."""
    wanted = sorted(set(numbers))
    steps = load_steps(session, wanted)
    rows = []
    for number in wanted:
        standing = find_standing(steps[number])
        rows.append({"number": number, "new_status": standing.status, "end": standing.finished_at})
    if rows:
        changed = update(RequestRow).where(RequestRow.id == bindparam("number"))
        changed = changed.values(status=bindparam("new_status"), finished_at=bindparam("end"))
        session.connection().execute(changed, rows)
        session.expire_all()


def load_steps(session: Session, numbers: Sequence[int], *, until: datetime | None = None) -> dict[int, list[Step]]:
    """Return the steps of requests up to `until`, in no order; a reply is a `replied` step of its unit."""
    at = func.coalesce(ReplyRow.time, ReplyRow.received_at)
    events = select(
        EventRow.request_id,
        EventRow.type,
        EventRow.time,
        EventRow.unit,
        EventRow.note,
        EventRow.contacted,
        EventRow.solved,
        EventRow.satisfied,
    ).where(among(EventRow.request_id, numbers))
    replies = select(ReplyRow.request_id, at, ReplyRow.unit).where(among(ReplyRow.request_id, numbers))
    if until is not None:
        events, replies = events.where(EventRow.time <= until), replies.where(at <= until)
    steps: dict[int, list[Step]] = defaultdict(list)
    for row in session.execute(events):
        answers = (row.contacted, row.solved, row.satisfied)
        steps[row.request_id].append(Step(row.type, row.time, row.unit, row.note, *answers))
    for number, time, unit in session.execute(replies):
        steps[number].append(Step("replied", time, unit or ""))
    return steps
