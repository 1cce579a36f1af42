"""Mails sent: at most one of a digest and period to a recipient, unless a person asks for it again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from serving.store.schema import DeliveryRow


@dataclass(frozen=True, slots=True)
class DeliveryKey:
    """What is sent at most once; `digest` names the kind (weekly), `period` the ISO week."""

    digest: str
    period: str
    recipient: str


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to send now (`number`), or why not: `status` is sent or pending, and `sent_at` when it went out."""

    number: int | None
    status: str | None = None
    sent_at: datetime | None = None


def claim_delivery(session: Session, key: DeliveryKey, *, again: bool = False) -> Claim:
    """Claim a delivery before it is sent. One that failed may be claimed again; sent or pending only with `again`.

    A pending one was cut off between the claim and the answer of the server: nobody knows whether it arrived.
    """
    columns = {"digest": key.digest, "period": key.period, "recipient": key.recipient}
    number = session.scalar(
        insert(DeliveryRow).values(**columns, attempts=1).on_conflict_do_nothing().returning(DeliveryRow.id)
    )
    if number is not None:
        return Claim(number)
    row = session.scalars(select(DeliveryRow).filter_by(**columns).with_for_update()).one()
    if row.status != "failed" and not again:
        return Claim(None, row.status, row.sent_at)
    row.status, row.attempts, row.error = "pending", row.attempts + 1, None
    session.flush()
    return Claim(row.id)


def finish_delivery(session: Session, number: int, *, now: datetime, error: str | None = None) -> None:
    """Write down how a claimed delivery ended."""
    ended = {"status": "failed", "error": error} if error else {"status": "sent", "error": None, "sent_at": now}
    session.execute(update(DeliveryRow).where(DeliveryRow.id == number).values(**ended))
