"""The ledger of imports: how far each file and sheet is, moved on in the transaction of its rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from nlp.errors import StoreError
from serving.store.bulk import chunks
from serving.store.schema import ImportRow, RequestRow

RUNNING, DONE, REFUSED = "running", "done", "refused"


@dataclass(frozen=True, slots=True)
class ImportKey:
    """What makes an import the same: content, sheet, kind, what its rows get by default (channel or account).

    choices: short digest of what else the user said about reading it
    """

    sha256: str
    sheet: str
    kind: str
    channel: str
    choices: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """What became of rows, so far or of one batch."""

    rows: int = 0
    created: int = 0
    known: int = 0
    skipped: int = 0
    errors: int = 0

    def __add__(self, other: Progress) -> Progress:
        return Progress(
            self.rows + other.rows,
            self.created + other.created,
            self.known + other.known,
            self.skipped + other.skipped,
            self.errors + other.errors,
        )


@dataclass(frozen=True, slots=True)
class ImportRecord:
    """One line of the ledger."""

    number: int
    name: str
    sheet: str
    kind: str
    channel: str
    state: str
    progress: Progress
    error: str | None
    started_at: datetime
    updated_at: datetime
    finished_at: datetime | None


def find_import(session: Session, key: ImportKey) -> ImportRecord | None:
    """Return the ledger's line of a content, or None."""
    row = session.scalar(select(ImportRow).where(*_is(key)))
    return None if row is None else _to_record(row)


def begin_import(session: Session, key: ImportKey, *, name: str, now: datetime, fresh: bool) -> ImportRecord:
    """Open the line of an import, or go on with it; `fresh` begins at its first row."""
    values: dict[str, Any] = {"name": name, "state": RUNNING, "error": None, "updated_at": now, "finished_at": None}
    reset = dict.fromkeys(("rows_done", "created", "known", "skipped", "errors"), 0)
    again = {**values, **reset, "started_at": now} if fresh else values
    statement = insert(ImportRow).values(**_key_of(key), **values, started_at=now)
    statement = statement.on_conflict_do_update(index_elements=list(_key_of(key)), set_=again)
    return _to_record(
        session.scalars(statement.returning(ImportRow), execution_options={"populate_existing": True}).one()
    )


def advance_import(session: Session, record: ImportRecord, done: Progress, *, now: datetime) -> ImportRecord:
    """Add a batch to an import. Raises StoreError where somebody else moved it: the batch must then be undone."""
    total = record.progress + done
    moved = _set(session, record, total, now, state=RUNNING)
    if moved is None:
        raise StoreError("同一个文件正由另一个导入处理,这一批没有入库;请等它完成后再运行")
    return moved


def finish_import(session: Session, record: ImportRecord, *, now: datetime, warning: str | None = None) -> ImportRecord:
    """Mark an import as done. `warning`: why it should be read again next time. Raises StoreError as above."""
    moved = _set(session, record, record.progress, now, state=DONE, error=warning, finished_at=now)
    if moved is None:
        raise StoreError("同一个文件正由另一个导入处理;请等它完成后再运行")
    return moved


def refuse_import(session: Session, key: ImportKey, *, name: str, error: str, now: datetime) -> None:
    """Note that a file could not be read (further); it is tried again next time, from its first row."""
    values = {"name": name, "state": REFUSED, "error": error, "updated_at": now, "finished_at": None}
    statement = insert(ImportRow).values(**_key_of(key), **values, started_at=now)
    session.execute(statement.on_conflict_do_update(index_elements=list(_key_of(key)), set_=values))


def clear_unfinished(session: Session, key: ImportKey) -> None:
    """Forget what this import makes void: refusals of the content, and its broken-off reading with other choices."""
    session.execute(delete(ImportRow).where(ImportRow.sha256 == key.sha256, ImportRow.state == REFUSED))
    same = [c for name, c in zip(_key_of(key), _is(key), strict=True) if name != "choices"]
    session.execute(delete(ImportRow).where(*same, ImportRow.choices != key.choices, ImportRow.state == RUNNING))


def other_channels(session: Session, key: ImportKey) -> list[str]:
    """Return the other channels on which rows of the same content, sheet and kind were stored."""
    query = select(ImportRow.channel).where(
        ImportRow.sha256 == key.sha256,
        ImportRow.sheet == key.sheet,
        ImportRow.kind == key.kind,
        ImportRow.channel != key.channel,
        ImportRow.created + ImportRow.known > 0,
    )
    return sorted(set(session.scalars(query)))


def list_imports(session: Session, *, limit: int) -> list[ImportRecord]:
    """Return the ledger, latest first."""
    query = select(ImportRow).order_by(ImportRow.updated_at.desc(), ImportRow.id.desc()).limit(limit)
    return [_to_record(row) for row in session.scalars(query)]


def count_imports(session: Session) -> int:
    """Return how many lines the ledger has."""
    return session.scalar(select(func.count()).select_from(ImportRow)) or 0


def find_by_external_id(session: Session, ids: Sequence[str]) -> dict[str, dict[str, int]]:
    """Return the requests of each external id, on whichever channel: {id: {channel: row number}}."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    columns = select(RequestRow.external_id, RequestRow.channel, RequestRow.id)
    for part in chunks(sorted(set(ids))):
        for row in session.execute(columns.where(RequestRow.external_id.in_(part))):
            found[row.external_id][row.channel] = row.id
    return found


def load_texts(session: Session, numbers: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Return (title, text) of stored requests by their row numbers."""
    columns = select(RequestRow.id, RequestRow.title, RequestRow.text)
    rows = (row for part in chunks(numbers) for row in session.execute(columns.where(RequestRow.id.in_(part))))
    return {row.id: (row.title, row.text) for row in rows}


def _set(session: Session, record: ImportRecord, total: Progress, now: datetime, **values: Any) -> ImportRecord | None:
    statement = (
        update(ImportRow)
        .where(
            ImportRow.id == record.number,
            ImportRow.rows_done == record.progress.rows,
            ImportRow.started_at == record.started_at,
            ImportRow.state == RUNNING,
        )
        .values(
            rows_done=total.rows,
            created=total.created,
            known=total.known,
            skipped=total.skipped,
            errors=total.errors,
            updated_at=now,
            **values,
        )
        .returning(ImportRow)
        .execution_options(populate_existing=True, synchronize_session=False)
    )
    row = session.scalar(statement)
    return None if row is None else _to_record(row)


def _key_of(key: ImportKey) -> Mapping[str, str]:
    return asdict(key)


def _is(key: ImportKey) -> list[ColumnElement[bool]]:
    return [getattr(ImportRow, name) == value for name, value in _key_of(key).items()]


def _to_record(row: ImportRow) -> ImportRecord:
    return ImportRecord(
        row.id,
        row.name,
        row.sheet,
        row.kind,
        row.channel,
        row.state,
        Progress(row.rows_done, row.created, row.known, row.skipped, row.errors),
        row.error,
        row.started_at,
        row.updated_at,
        row.finished_at,
    )
