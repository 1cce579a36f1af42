"""The report of an import and the ledger, as tables on the terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from rich.text import Text

from nlp.records import DEFAULT_CHANNEL
from serving.importing.kinds import KIND_NAMES, Kind
from serving.importing.report import ImportReport, Outcome, SourceReport
from serving.importing.sheets import counted
from serving.store.imports import ImportRecord
from serving.wording import format_time, name_of

SHOWN_ERRORS = 5
STATE_NAMES = {"running": "未完成", "done": "已导入", "refused": "未导入"}
_COUNTS = ("行数", "新存", "已有", "跳过", "有误")
_COLOURS = {Outcome.refused: "red", Outcome.left_out: "dim", Outcome.passed: "dim", Outcome.empty: "yellow"}


def show_report(report: ImportReport, *, errors_file: Path | None, dry_run: bool) -> None:
    """Print a table of the files, what was wrong, and the sums, on standard error."""
    console = Console(stderr=True)
    console.print(_table(report.files, ("行数", "可用", "跳过", "有误") if dry_run else _COUNTS))
    _show_remarks(report.files)
    if any(file.outcome is Outcome.passed for file in report.files):
        _say("  已导入过的文件没有再读;要再读一遍请加 --again。", False)
    _show_errors(report, errors_file)
    good = report.created + report.known
    if dry_run:
        said = f"检查完,没有入库:{report.rows} 行,可用 {good} 行,有误 {report.error_count} 行"
    else:
        typer.secho(f"新存 {report.created} 行,已有 {report.known} 行。", err=True)
        said = f"完成:{report.rows} 行,可用 {good} 行,有误 {report.error_count} 行"
    refused = f",未导入的文件或工作表 {len(report.refused)} 个" if report.refused else ""
    typer.secho(f"{said}{refused}。", err=True)
    for failure in report.failures:
        _say(failure, True)
    if errors_file is not None:
        typer.echo(f"已写出 {errors_file}", err=True)


def show_ledger(records: Sequence[ImportRecord], *, total: int) -> None:
    """Print the ledger on standard output, of `total` imports the latest."""
    if not records:
        typer.echo("还没有导入过文件。")
        return
    table = _columns("时间", "文件", "内容", "状态", counts=_COUNTS)
    for r in _joined_records(records):
        done = r.progress
        counts = (done.rows, done.created, done.known, done.skipped, done.errors)
        said = (format_time(r.updated_at), _place(r), _content(r.kind, r.channel), _state(r))
        table.add_row(*map(Text, (*said, *map(str, counts))))
    Console().print(table)
    for r in records:
        if r.error:
            typer.echo(f"  {_place(r)}:{r.error}")
    if total > len(records):
        typer.echo(f"更早的还有 {total - len(records)} 次,要看请加 --limit {min(total, 10_000)}。")


def _state(record: ImportRecord) -> str:
    usable = record.progress.created + record.progress.known
    return STATE_NAMES[record.state] if usable or record.state != "done" else Outcome.empty


def _place(record: ImportRecord) -> str:
    return f"{record.name}「{record.sheet}」" if record.sheet else record.name


def _joined_records(records: Sequence[ImportRecord]) -> list[ImportRecord]:
    """Show the good articles of one folder and day, a file each, as one line at the latest of them."""
    shown: dict[object, ImportRecord] = {}
    names: Counter[object] = Counter()
    for r in records:
        folder = r.name.rpartition("/")[0]
        alike = r.kind == Kind.articles and r.state == "done" and not r.progress.errors and not r.error
        key = (folder, r.channel, r.updated_at.date()) if alike else r.number
        names[key] += 1
        known = shown.get(key)
        if known is not None:
            r = replace(known, name=_articles(folder, names[key]), progress=known.progress + r.progress)
        shown[key] = r
    return list(shown.values())


def _columns(*names: str, counts: Sequence[str]) -> Table:
    """Begin a table that folds its texts and never cuts a number, however narrow the terminal."""
    table = Table(box=SIMPLE, padding=(0, 1, 0, 0))
    for name in names:
        table.add_column(name, overflow="fold")
    for name in counts:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _content(kind: str, channel: str) -> str:
    """Name what a file holds, with its channel or account: 诉求·热线. Replies and events find theirs by themselves."""
    finds = kind in (Kind.replies, Kind.events) and channel == DEFAULT_CHANNEL
    names = (KIND_NAMES[Kind(kind)] if kind else "", "" if finds else name_of(channel, "channel"))
    return "·".join(dict.fromkeys(name for name in names if name))


def _table(files: Sequence[SourceReport], counts: Sequence[str]) -> Table:
    table = _columns("文件", "内容", "结果", counts=counts)
    for file in _joined(files):
        numbers = {
            "行数": file.rows,
            "可用": file.created + file.known,
            "新存": file.created,
            "已有": file.known,
            "跳过": file.skipped.total(),
            "有误": file.error_count,
        }
        when = "" if file.imported_at is None else f"({format_time(file.imported_at)})"
        row = (file.place, _content(file.kind, file.channel), f"{file.result}{when}")
        table.add_row(*map(Text, row), *(str(numbers[name]) for name in counts), style=_colour(file))
    return table


def _joined(files: Sequence[SourceReport]) -> list[SourceReport]:
    """Show the good articles of one folder, a file each, as one line."""
    shown: dict[object, SourceReport] = {}
    names: Counter[object] = Counter()
    for at, file in enumerate(files):
        folder = file.name.rpartition("/")[0]
        alike = file.kind == Kind.articles and not file.is_bad and not file.imported_at
        key = (folder, file.channel, file.result) if alike else at
        names[key] += 1
        known = shown.get(key)
        shown[key] = file if known is None else _sum(known, file, _articles(folder, names[key]))
    return list(shown.values())


def _articles(folder: str, count: int) -> str:
    return f"{folder or '.'}({count} 篇文章)"


def _sum(one: SourceReport, other: SourceReport, name: str) -> SourceReport:
    return replace(
        one,
        name=name,
        rows=one.rows + other.rows,
        created=one.created + other.created,
        known=one.known + other.known,
        skipped=one.skipped + other.skipped,
        error_count=one.error_count + other.error_count,
    )


def _colour(file: SourceReport) -> str:
    return _COLOURS.get(file.result, "yellow" if file.error_count else "")


def _show_remarks(files: Sequence[SourceReport]) -> None:
    """Say what is to be said of each file; what several chat logs skipped, of all of them together."""
    logs = [f for f in files if f.kind == Kind.chat and f.skipped]
    together = len(logs) > 1
    for file in files:
        if file.message:
            new = file.outcome in (Outcome.imported, Outcome.continued)
            _say(f"  {file.place}:{file.message}", file.is_bad or new)
        if remarks := _remarks(file, with_skipped=not (together and file.kind == Kind.chat)):
            _say(f"  {file.place}:{remarks}", False)
    if together:
        skipped = sum((f.skipped for f in logs), Counter[str]())
        _say(f"  群聊记录 {len(logs)} 个:跳过 {counted(dict(skipped.most_common()))}", False)


def _remarks(file: SourceReport, *, with_skipped: bool) -> str:
    said = [counted(file.notes)] if file.notes else []
    if file.changed:
        said.append(f"内容有变,未更新 {file.changed}")
    if file.skipped and with_skipped:
        said.append(f"跳过 {counted(file.skipped)}")
    said += file.hints
    return ";".join(said)


def _show_errors(report: ImportReport, errors_file: Path | None) -> None:
    errors = [(file, error) for file in report.files for error in file.errors]
    several = len(report.files) > 1
    for file, error in errors[:SHOWN_ERRORS]:
        _say(f"  {file.place + ' ' if several else ''}第 {error.line} 行:{error.message}", True)
    if len(errors) > SHOWN_ERRORS:
        rest = "可用 --errors 文件 写出" if errors_file is None else f"见 {errors_file.name}"
        _say(f"  ……其余 {len(errors) - SHOWN_ERRORS} 处{rest}", True)


def _say(text: str, is_bad: bool) -> None:
    typer.secho(text, fg=typer.colors.YELLOW if is_bad else None, err=True)
