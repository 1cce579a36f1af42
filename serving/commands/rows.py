"""Rows in, results out: what the analysis commands share. Keeps the order, never drops a row, shows progress."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from nlp.errors import InputError, RowError
from nlp.headers import REQUEST
from nlp.records import IssueBrief, Post, RepliedRequest, ResidentRequest
from nlp.results import to_json
from nlp.tables import open_writer, read_table

BATCH = 256
Record = TypeVar("Record")
Identified = TypeVar("Identified", ResidentRequest, RepliedRequest, Post, IssueBrief)


@dataclass
class Batch(Generic[Record]):
    """All rows of a file: `slots` in file order, each a good record or the error row that stands in its place.

    skipped: reasons why rows of a sheet are no data (sums, footers), with their number
    """

    slots: list[Record | RowError] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)

    def add(self, slot: Record | RowError, line: int) -> None:
        """Append the row that stood on that line."""
        self.slots.append(slot)
        self.lines.append(line)

    @property
    def good(self) -> list[Record]:
        return [s for s in self.slots if not isinstance(s, RowError)]

    @property
    def errors(self) -> list[RowError]:
        return [s for s in self.slots if isinstance(s, RowError)]


class Steps:
    """Progress bars on standard error."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task: TaskID | None = None

    def start(self, what: str, total: int | None = None) -> None:
        """Begin a step; the bar before it is full."""
        self.finish()
        self._task = self._progress.add_task(what, total=total)

    def advance(self, count: int = 1) -> None:
        if self._task is not None:
            self._progress.advance(self._task, count)

    def finish(self) -> None:
        if self._task is not None:
            done = self._progress.tasks[self._task].completed
            self._progress.update(self._task, total=max(done, 1), completed=max(done, 1))


@contextmanager
def show_steps(*, quiet: bool) -> Iterator[Steps]:
    """Show progress bars while the block runs."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), disable=quiet) as progress:
        steps = Steps(progress)
        yield steps
        steps.finish()


def read_slots(
    path: Path,
    build: Callable[[Mapping[str, Any]], Record],
    *,
    fields: Mapping[str, tuple[str, ...]] = REQUEST,
    column_map: Mapping[str, str] | None = None,
    steps: Steps,
) -> Batch[Record]:
    """Read all rows; one that cannot be read or built becomes an error row."""
    steps.start(f"读取 {path.name}")
    batch: Batch[Record] = Batch()
    for row in read_table(path, fields=fields, column_map=column_map):
        steps.advance()
        if row.skipped is not None:
            batch.skipped[row.skipped] += 1
            continue
        try:
            if row.error is not None:
                raise RowError(row.error)
            batch.add(build(row.values), row.line)
        except RowError as exc:
            exc.line = row.line
            batch.add(exc, row.line)
    return batch


def read_records(
    path: Path,
    build: Callable[[Mapping[str, Any]], Identified],
    *,
    fields: Mapping[str, tuple[str, ...]] = REQUEST,
    column_map: Mapping[str, str] | None = None,
    steps: Steps,
) -> Batch[Identified]:
    """Read and check all rows; of two rows with one identity the later becomes an error row."""
    batch = read_slots(path, build, fields=fields, column_map=column_map, steps=steps)
    first_line: dict[tuple[str, ...], int] = {}
    for at, (slot, line) in enumerate(zip(batch.slots, batch.lines, strict=True)):
        if isinstance(slot, RowError):
            continue
        first = first_line.setdefault(_identity(slot), line)
        if first != line:
            message = f"编号重复:与第 {first} 行的渠道和编号相同,已保留前一条"
            batch.slots[at] = RowError(message, line=line, row_id=_identity(slot)[-1])
    return batch


def in_batches(
    records: Sequence[Record], judge: Callable[[Sequence[Record]], Sequence[Any]], steps: Steps
) -> list[Any]:
    """Apply `judge` to slices and collect its results."""
    results: list[Any] = []
    for start in range(0, len(records), BATCH):
        part = records[start : start + BATCH]
        results.extend(judge(part))
        steps.advance(len(part))
    return results


def write_results(path: Path, batch: Batch[Any], results: Sequence[Any], steps: Steps) -> None:
    """Write one row per input row, in its order: the result, or the error row in its place."""
    steps.start(f"写出 {path.name}", len(batch.slots))
    remaining = iter(results)
    with open_writer(path) as writer:
        for slot in batch.slots:
            if isinstance(slot, RowError):
                writer.write(slot.to_json())
            else:
                writer.write(to_json(next(remaining)))
            steps.advance()


def finish(batch: Batch[Any], done: str, *, rest: str = "见输出文件的 error 字段") -> None:
    """Say in one Chinese line what was done; exit with 1 where a row was bad. `rest` says where all errors are."""
    errors = batch.errors
    typer.secho(f"完成:{len(batch.slots)} 行,{done} {len(batch.good)} 行,有误 {len(errors)} 行。", err=True)
    if batch.skipped:
        reasons = "、".join(f"{reason} {count}" for reason, count in batch.skipped.items())
        typer.echo(f"  跳过的不是数据的行:{reasons}", err=True)
    for error in errors[:5]:
        typer.secho(f"  第 {error.line} 行:{error.message}", fg=typer.colors.YELLOW, err=True)
    if len(errors) > 5:
        typer.secho(f"  ……其余 {len(errors) - 5} 处{rest}", fg=typer.colors.YELLOW, err=True)
    if errors:
        raise typer.Exit(1)


def check_text_output(out_file: Path, *others: Path | None) -> None:
    """Refuse a path of a text file (report, mail) that is a file in use or in no folder. Raises InputError."""
    if any(other is not None and out_file.resolve() == other.resolve() for other in others):
        raise InputError(f"输出文件与另一个文件相同:{out_file.name};请换一个文件名")
    if not out_file.parent.is_dir() or out_file.is_dir():
        raise InputError(f"写不了 {out_file}:目录不存在,或它本身是目录")


def check_output(out_file: Path, *others: Path | None) -> None:
    """Refuse a bad output path before long work, and one that is an input. Raises InputError, FileError."""
    if any(other is not None and other.exists() and out_file.resolve() == other.resolve() for other in others):
        raise InputError(f"输出文件与输入文件相同:{out_file.name};请换一个文件名")
    existed = out_file.exists()
    if not existed:
        with open_writer(out_file):
            pass
        out_file.unlink(missing_ok=True)


def _identity(record: ResidentRequest | RepliedRequest | Post | IssueBrief) -> tuple[str, ...]:
    if isinstance(record, RepliedRequest):
        record = record.request
    if isinstance(record, ResidentRequest):
        return record.channel, record.id
    return (record.issue,) if isinstance(record, IssueBrief) else (record.account, record.id)
