"""Runs a plan: each source in batches, each batch with its place in the ledger, so that a killed import goes on."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from nlp.errors import FileError
from serving.importing.batches import store_batch
from serving.importing.entries import Line
from serving.importing.kinds import REQUEST_KINDS
from serving.importing.plan import Choices, Refusal, Source, mask_message
from serving.importing.reading import read_source
from serving.importing.report import Outcome, SourceReport
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
    clear_refusals,
    find_import,
    finish_import,
    refuse_import,
)

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
    """
    report = SourceReport.of_source(source)
    key = ImportKey(hash_file(source.path), source.sheet, source.kind, source.channel or source.account)
    with run.state.session() as session, session.begin():
        record = find_import(session, key)
        if record is not None and _is_over(record) and not run.again:
            return _passed(report, record)
        clear_refusals(session, key.sha256)
        goes_on = record is not None and record.state == RUNNING and not run.again
        record = begin_import(session, key, name=source.name, now=run.state.now(), fresh=not goes_on)
    report.outcome = Outcome.continued if record.progress.rows else Outcome.imported
    try:
        _store(source, run, record, report)
    except FileError as exc:
        report.outcome, report.message = Outcome.refused, mask_message(exc, source.path, source.name)
        with run.state.session() as session, session.begin():
            refuse_import(session, key, name=source.name, error=report.message, now=run.state.now())
    return report


def note_refusal(refusal: Refusal, state: State) -> SourceReport:
    """Put a refused file into the ledger; what was not meant to be imported is not noted there."""
    if not refusal.harmless:
        try:
            key = ImportKey(hash_file(refusal.path), refusal.sheet, "", "")
        except OSError:
            return SourceReport.of_refusal(refusal)
        with state.session() as session, session.begin():
            refuse_import(session, key, name=refusal.name, error=refusal.message, now=state.now())
    return SourceReport.of_refusal(refusal)


def hash_file(path: Path) -> str:
    """Return SHA-256 of a file's content as 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def in_batches(lines: Iterator[Line], size: int = BATCH) -> Iterator[list[Line]]:
    """Yield the lines in lists of `size`."""
    while batch := list(islice(lines, size)):
        yield batch


def _store(source: Source, run: Run, record: ImportRecord, report: SourceReport) -> None:
    lines = read_source(source, run.choices)
    # What is committed is read again, for its identities and errors, and not stored.
    done = record.progress.rows
    while done > 0 and (batch := list(islice(lines, min(done, BATCH)))):
        report.note(batch)
        run.progress(len(batch))
        done -= len(batch)
    orphans = 0
    for batch in in_batches(lines):
        record, orphaned = _store_one(batch, run, record, report)
        orphans += orphaned
        run.progress(len(batch))
    with run.state.session() as session, session.begin():
        warning = ORPHANS.format(orphans) if orphans else None
        record = finish_import(session, record, now=run.state.now(), warning=warning)
        if source.kind in REQUEST_KINDS and record.progress.created:
            ensure_job(session, REGROUP)
    _take_counts(report, record)
    report.errors.sort(key=lambda e: e.line or 0)


def _store_one(batch: list[Line], run: Run, record: ImportRecord, report: SourceReport) -> tuple[ImportRecord, int]:
    noted = SourceReport(report.name)
    noted.note(batch)
    with run.state.session() as session, session.begin():
        result = store_batch(session, batch, state=run.state)
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


def _passed(report: SourceReport, record: ImportRecord) -> SourceReport:
    report.outcome, report.imported_at = Outcome.passed, record.finished_at
    report.rows = record.progress.rows
    report.known = record.progress.created + record.progress.known
    if record.name != report.name:
        report.message = f"内容与 {record.name} 相同"
    return report


def _take_counts(report: SourceReport, record: ImportRecord) -> None:
    done = record.progress
    report.rows, report.created, report.known, report.error_count = done.rows, done.created, done.known, done.errors
