"""What the models said of requests: one triage a model version, the newest one current."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from nlp.results import NEEDS, Triage, to_json
from serving.store.ids import REQUEST, from_public
from serving.store.saving import make_current
from serving.store.schema import TriageRow


def save_triages(session: Session, triages: Sequence[Triage]) -> None:
    """Store triages of stored requests (`id` is the public id) and make them the current ones."""
    if triages:
        make_current(session, TriageRow, TriageRow.request_id, rows=[_triage_row(t) for t in triages])


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
