"""Runs a plan: each source in batches, each batch with its place in the ledger, so that a killed import goes on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from nlp.errors import FileError, StoreError
from nlp.headers import plain_header
from serving.importing.batches import store_batch
from serving.importing.entries import Line
from serving.importing.files import check_file, explain_failure
from serving.importing.kinds import REQUEST_KINDS, Kind
from serving.importing.plan import Choices, Refusal, Source, mask_message
from serving.importing.reading import read_source
from serving.importing.report import Outcome, SourceReport
from serving.importing.undated import Fallback, find_fallback, has_undated
from serving.queue import REGROUP, ensure_job
from serving.state import State
from serving.store.imports import (
    DONE,
    RUNNING,
    ImportKey,
    ImportRecord,
    Progress,
    advance_import,
    begin_import,
    clear_unfinished,
    find_import,
    finish_import,
    other_channels,
    refuse_import,
)
from serving.store.requests import find_latest_time
from serving.wording import name_of

READING = 1  # of the rows of a file; a higher one makes each file be read again, as rows would become other entries
BATCH = 500
ORPHANS = "有 {} 行的诉求当时不在库里"


@dataclass(frozen=True, slots=True)
class Run:
    """What every source of one import shares. `again`: read what was imported before; `progress`: called with rows."""

    state: State
    choices: Choices
    again: bool = False
    progress: Callable[[int], Any] = lambda rows: None


def import_source(source: Source, run: Run) -> SourceReport:
    """Import one file or sheet, or pass over what is imported; a batch and its place in the ledger commit together.

    A file that breaks off keeps what came before; it is refused in the report and read from its beginning next time.
    So is one that the store does not take, as another import is at it: the others go on.
    """
    report = SourceReport.of_source(source)
    try:
        _import(source, run, report)
    except OSError as exc:
        report.outcome, report.message = Outcome.refused, explain_failure(exc)
    except StoreError as exc:
        report.outcome, report.message = Outcome.refused, str(exc)
    return report


def read_lines(source: Source, choices: Choices) -> Iterator[Line]:
    """Yield the rows of a source. Raises FileError, also where the system stops reading the file."""
    try:
        yield from read_source(source, choices)
    except OSError as exc:
        raise FileError(explain_failure(exc)) from exc


def _import(source: Source, run: Run, report: SourceReport) -> None:
    key = _key_of(source, run.choices)
    with run.state.session() as session, session.begin():
        record = find_import(session, key)
        if record is not None and _is_over(record) and not run.again:
            _pass_over(report, record)
            return
        _warn_of_other_channels(session, source, key, report)
        clear_unfinished(session, key)
        goes_on = record is not None and record.state == RUNNING and not run.again
        record = begin_import(session, key, name=source.name, now=run.state.now(), fresh=not goes_on)
    report.outcome = Outcome.continued if record.progress.rows else Outcome.imported
    try:
        _store(source, run, record, report)
    except FileError as exc:
        message = mask_message(exc, source.path, source.name, source=source)
        report.outcome, report.message = Outcome.refused, message
        with run.state.session() as session, session.begin():
            refuse_import(session, key, name=source.name, error=message, now=run.state.now())


def note_refusal(refusal: Refusal, state: State) -> SourceReport:
    """Put a refused file into the ledger; what was not meant to be imported, or cannot be read, is not noted there."""
    report = SourceReport.of_refusal(refusal)
    if refusal.harmless:
        return report
    try:
        check_file(refusal.path)
        key = ImportKey(hash_file(refusal.path), refusal.sheet, "", "")
    except (FileError, OSError):
        return report
    with state.session() as session, session.begin():
        refuse_import(session, key, name=refusal.name, error=refusal.message, now=state.now())
    return report


def digest_choices(source: Source, choices: Choices) -> str:
    """Return 16 hex digits of what changes how this source is read: other choices make it another import.

    What the user said about columns that it does not have is left out.
    """
    headers = {plain_header(h) for h in source.view.headers} if source.view is not None else set()
    said = {plain_header(column): field for column, field in choices.column_map.items()}
    columns = sorted((column, field) for column, field in said.items() if column in headers)
    makes_ids = choices.id_from_content and source.kind is Kind.requests and "id" not in source.columns.values()
    account = source.account if source.channel else ""
    whole = json.dumps([READING, columns, makes_ids, account], ensure_ascii=False)
    return hashlib.sha256(whole.encode()).hexdigest()[:16]


def hash_file(path: Path) -> str:
    """Return SHA-256 of a file's content as 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def in_batches(lines: Iterator[Line], size: int = BATCH) -> Iterator[list[Line]]:
    """Yield the lines in lists of `size`."""
    while batch := list(islice(lines, size)):
        yield batch


def _store(source: Source, run: Run, record: ImportRecord, report: SourceReport) -> None:
    lines = read_lines(source, run.choices)
    # What is committed is read again, for its identities and errors, and not stored.
    done = record.progress.rows
    while done > 0 and (batch := list(islice(lines, min(done, BATCH)))):
        report.note(batch)
        run.progress(len(batch))
        done -= len(batch)
    orphans, undated = 0, None
    for batch in in_batches(lines):
        if undated is None and has_undated(batch):
            undated = _find_fallback(source, run)
        record, orphaned = _store_one(batch, run, record, report=report, undated=undated)
        orphans += orphaned
        run.progress(len(batch))
    with run.state.session() as session, session.begin():
        warning = ORPHANS.format(orphans) if orphans else None
        record = finish_import(session, record, now=run.state.now(), warning=warning)
        if source.kind in REQUEST_KINDS and record.progress.created:
            ensure_job(session, REGROUP)
    _take_counts(report, record)
    report.errors.sort(key=lambda e: e.line or 0)


def _find_fallback(source: Source, run: Run) -> Fallback:
    now = run.state.now()
    with run.state.session() as session:
        stored = find_latest_time(session, until=now)
    return find_fallback(read_lines(source, run.choices), source.path, now=now, stored=stored)


def _store_one(
    batch: list[Line], run: Run, record: ImportRecord, *, report: SourceReport, undated: Fallback | None
) -> tuple[ImportRecord, int]:
    noted = SourceReport(report.name)
    noted.note(batch)
    with run.state.session() as session, session.begin():
        result = store_batch(session, batch, state=run.state, undated=undated)
        errors, skipped = noted.errors + result.errors, noted.skipped.total()
        done = Progress(len(batch), result.created, result.known, skipped, len(errors))
        record = advance_import(session, record, done, now=run.state.now())
    report.note(batch)
    report.errors += result.errors
    report.changed += result.changed
    report.notes.update(result.notes)
    _take_counts(report, record)
    return record, result.orphans


def _is_over(record: ImportRecord) -> bool:
    """Say whether reading again would bring nothing: rows in error are tried again, their request may have come."""
    return record.state == DONE and record.progress.errors == 0


def _key_of(source: Source, choices: Choices) -> ImportKey:
    default = source.channel or source.account
    chosen = digest_choices(source, choices)
    return ImportKey(hash_file(source.path), source.shown_sheet, source.kind, default, chosen)


def _warn_of_other_channels(session: Session, source: Source, key: ImportKey, report: SourceReport) -> None:
    """Say where the same requests came before on another channel: nobody said this one, and they are stored twice.

    Those with ids of their own are known again by these.
    """
    if source.kind not in REQUEST_KINDS or source.is_channel_said or {"channel", "id"} & set(source.columns.values()):
        return
    if others := other_channels(session, key):
        names = "、".join(name_of(code, "channel") for code in others)
        report.message = (
            f"同样的内容导入过,那时的渠道是 {names},这次由文件名和文件夹名看是 {name_of(source.channel, 'channel')}:"
            f"这些诉求会有两份。要按原来的渠道导入请加 --channel {others[0]}"
        )


def _pass_over(report: SourceReport, record: ImportRecord) -> None:
    report.outcome, report.imported_at = Outcome.passed, record.finished_at
    report.rows = record.progress.rows
    report.known = record.progress.created + record.progress.known
    if record.name != report.name:
        report.message = f"内容与 {record.name} 相同"


def _take_counts(report: SourceReport, record: ImportRecord) -> None:
    done = record.progress
    report.rows, report.created, report.known, report.error_count = done.rows, done.created, done.known, done.errors
