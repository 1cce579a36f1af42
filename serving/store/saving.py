"""What stores share: a record is kept once, and of its judgements one is current."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import InstrumentedAttribute, Session

from serving.store.bulk import among, chunks
from serving.store.ids import to_public
from serving.store.schema import PostReviewRow, PostRow, ReplyReviewRow, RequestRow, TriageRow

Key = tuple[str, str]
FindNumbers = Callable[[Session, Sequence[Key]], dict[Key, int]]


@dataclass(frozen=True, slots=True)
class Saved:
    """Where a record stands: its row number, whether it was new, and whether one that was known was filled in."""

    number: int
    created: bool
    changed: bool = False

    def public(self, kind: str) -> str:
        """Return the public id, of the kind the caller saved."""
        return to_public(kind, self.number)


def save_new(
    session: Session,
    table: type[RequestRow] | type[PostRow],
    rows: Sequence[tuple[Key, Mapping[str, Any]]],
    *,
    find: FindNumbers,
) -> list[Saved]:
    """Store rows by their natural key; one already stored is left as it is. Answers in the order of `rows`."""
    numbers = find(session, [key for key, _ in rows])
    # Only what seems new is inserted: a row in conflict would still use up a public id.
    new = {key: row for key, row in rows if key not in numbers}
    created: set[int] = set()
    for part in chunks(list(new.values())):
        created |= set(session.scalars(insert(table).values(part).on_conflict_do_nothing().returning(table.id)))
    if new:
        numbers |= find(session, list(new))
    saved = []
    for key, _ in rows:
        saved.append(Saved(numbers[key], numbers[key] in created))
        created.discard(numbers[key])
    return saved


def make_current(
    session: Session,
    table: type[TriageRow] | type[ReplyReviewRow] | type[PostReviewRow],
    subject: InstrumentedAttribute[int],
    *,
    rows: Sequence[dict[str, Any]],
) -> None:
    """Store judgements, one a `subject` and model, and make them the current ones."""
    older = among(subject, [row[subject.key] for row in rows])
    session.execute(update(table).where(older, table.current).values(current=False))
    for part in chunks(rows):
        statement = insert(table).values(part)
        updated = {c: statement.excluded[c] for c in part[0] if c not in (subject.key, "model")}
        session.execute(statement.on_conflict_do_update(index_elements=[subject, table.model], set_=updated))
