"""What the models said of requests: one triage a model version, the newest one current."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from nlp.results import NEEDS, Triage, to_json
from nlp.triage import PLATFORM_DUE
from serving.store.bulk import among
from serving.store.ids import REQUEST, from_public
from serving.store.saving import make_current
from serving.store.schema import RequestRow, TriageRow
from serving.store.values import to_triage


def save_triages(session: Session, triages: Sequence[Triage]) -> None:
    """Store triages of stored requests (`id` is the public id) and make them the current ones."""
    if triages:
        make_current(session, TriageRow, TriageRow.request_id, rows=[_triage_row(t) for t in triages])


def fill_dues(session: Session, dues: Mapping[int, datetime]) -> None:
    """Give stored requests (row numbers) without a deadline of their platform this one, and their current triages."""
    if not dues:
        return
    lacking = session.scalars(select(RequestRow).where(among(RequestRow.id, dues), RequestRow.due.is_(None))).all()
    for row in lacking:
        row.due = dues[row.id]
    session.flush()
    current = select(TriageRow.request_id, TriageRow.result).where(
        among(TriageRow.request_id, [row.id for row in lacking]), TriageRow.current
    )
    found = [(dues[number], to_triage(result)) for number, result in session.execute(current)]
    save_triages(session, [replace(triage, due=due, due_rule=PLATFORM_DUE) for due, triage in found])


def _triage_row(triage: Triage) -> dict[str, Any]:
    number = from_public(REQUEST, triage.id)
    assert number is not None
    return {
        "request_id": number,
        "model": triage.model,
        "current": True,
        "result": to_json(triage),
        "topic": triage.topic,
        "kind": triage.kind,
        "urgency": triage.urgency,
        **{need: triage.needs.get(need, 0.0) for need in NEEDS},
        "due": triage.due,
        "review": triage.review,
    }
