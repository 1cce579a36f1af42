"""What the models said of requests: one triage a model version, the newest one current."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from nlp.results import NEEDS, Triage, to_json
from serving.store.bulk import among
from serving.store.ids import REQUEST, from_public
from serving.store.schema import TriageRow


def save_triages(session: Session, triages: Sequence[Triage]) -> None:
    """Store triages of stored requests (`id` is the public id) and make them the current ones."""
    if not triages:
        return
    rows = [_triage_row(t) for t in triages]
    numbers = [row["request_id"] for row in rows]
    older = update(TriageRow).where(among(TriageRow.request_id, numbers), TriageRow.current).values(current=False)
    session.execute(older)
    statement = insert(TriageRow).values(rows)
    updated = {c: statement.excluded[c] for c in rows[0] if c not in ("request_id", "model")}
    session.execute(
        statement.on_conflict_do_update(index_elements=[TriageRow.request_id, TriageRow.model], set_=updated)
    )


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
