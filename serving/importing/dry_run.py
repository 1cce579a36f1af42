"""A check without a database: everything is read, nothing is stored; what was found goes into a workbook."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from nlp.errors import FileError
from nlp.privacy import mask
from serving.importing.column_hints import hint_columns
from serving.importing.entries import Entry, EventEntry, Line, PostEntry, ReplyEntry, RequestEntry
from serving.importing.plan import Choices, Source, mask_message
from serving.importing.report import Outcome, SourceReport
from serving.importing.run import in_batches, read_lines
from serving.wording import EVENT_NAMES, format_full_time

PREVIEW_ROWS = 20
PREVIEW_CHARS = 200
NOT_HERE = "诉求不在这些文件里(可能已在库里)"


@dataclass
class Check:
    """What a check has seen so far; requests are read before what belongs to them."""

    choices: Choices
    progress: Callable[[int], Any] = lambda rows: None
    request_ids: set[str] = field(default_factory=set)
    previews: list[dict[str, str]] = field(default_factory=list)


def check_source(source: Source, check: Check) -> SourceReport:
    """Read one file or sheet as an import would; remembers masked previews of its first rows."""
    report = SourceReport.of_source(source)
    report.outcome = Outcome.checked
    if source.view is not None:
        report.hints = hint_columns(source.view.headers, source.kind, source.columns)
    shown = 0
    try:
        for batch in in_batches(read_lines(source, check.choices)):
            report.note(batch)
            report.rows += len(batch)
            good = [line for line in batch if isinstance(line.slot, Entry)]
            report.created += len(good)
            for line in good:
                _note_entry(line.slot, report, check)
            check.previews += [preview(line, report) for line in good[: PREVIEW_ROWS - shown]]
            shown = min(PREVIEW_ROWS, shown + len(good))
            check.progress(len(batch))
    except FileError as exc:
        report.outcome, report.message = Outcome.refused, mask_message(exc, source.path, source.name, source=source)
    report.error_count = len(report.errors)
    return report


def preview(line: Line, report: SourceReport) -> dict[str, str]:
    """Return one row as it would be stored, masked and cut, under Chinese column names."""
    row = {"文件": report.name, "工作表": report.sheet, "行号": str(line.number)}
    return row | {name: mask(value).masked[:PREVIEW_CHARS] for name, value in _content(line.slot).items()}


def _note_entry(slot: object, report: SourceReport, check: Check) -> None:
    if isinstance(slot, RequestEntry):
        check.request_ids.add(slot.request.id)
        report.notes.update(slot.notes)
        _note(report, "带答复", slot.reply is not None)
        _note(report, "带流转", len(slot.events))
    elif isinstance(slot, (ReplyEntry, EventEntry)):
        _note(report, NOT_HERE, slot.target.id not in check.request_ids)


def _note(report: SourceReport, what: str, count: int) -> None:
    if count:
        report.notes[what] += count


def _content(slot: object) -> dict[str, str]:
    if isinstance(slot, RequestEntry):
        asked = slot.request
        found = {"编号": asked.id, "渠道": asked.channel, "时间": format_full_time(asked.time)}
        found |= {"标题": asked.title, "内容": asked.text}
        if slot.reply is not None:
            found |= {"单位": slot.reply.unit or "", "答复": slot.reply.pair.reply}
        return found | {"流转": "、".join(f"{EVENT_NAMES[e.type]} {format_full_time(e.time)}" for e in slot.events)}
    if isinstance(slot, ReplyEntry):
        return {"编号": slot.target.id, "单位": slot.reply.unit or "", "答复": slot.reply.pair.reply}
    if isinstance(slot, EventEntry):
        step = f"{EVENT_NAMES[slot.event.type]} {format_full_time(slot.event.time)}"
        return {"编号": slot.target.id, "单位": slot.event.unit, "流转": step}
    assert isinstance(slot, PostEntry)
    post = slot.post
    time = format_full_time(post.published)
    return {"编号": post.id, "渠道": post.account, "时间": time, "标题": post.title, "内容": post.body}
