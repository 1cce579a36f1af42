"""Where the requests of a file that have no time belong: to the latest day of the file, not to that of the import."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from nlp.errors import FileError
from nlp.records import CHINA
from serving.importing.entries import Line, RequestEntry


@dataclass(frozen=True, slots=True)
class Fallback:
    """The time that requests without one count by; `note` says so in the report (Chinese)."""

    at: datetime
    note: str


def has_undated(lines: Iterable[Line]) -> bool:
    """Say whether there is a request without a time among the lines."""
    return any(isinstance(line.slot, RequestEntry) and line.slot.request.time is None for line in lines)


def find_fallback(lines: Iterable[Line], path: Path, *, now: datetime, stored: datetime | None = None) -> Fallback:
    """Return the latest time among all requests of a file, else when the file was changed, else now.

    A time after `now` is a slip of the pen, unless all are. The latest time that is stored (`stored`) goes before a
    later change of the file, for a page should not open on a week with nothing else in it.
    """
    times: list[datetime] = []
    with suppress(FileError):
        for line in lines:
            if isinstance(line.slot, RequestEntry) and line.slot.request.time is not None:
                times.append(line.slot.request.time)
    if times:
        return Fallback(max((t for t in times if t <= now), default=max(times)), "没有时间,按文件里最晚的日期计")
    try:
        changed = datetime.fromtimestamp(path.stat().st_mtime, CHINA)
    except (OSError, OverflowError, ValueError):
        return Fallback(now, "没有时间,按导入的日期计")
    if stored is not None and stored < min(changed, now):
        return Fallback(stored, "没有时间,按已有诉求的最晚日期计")
    return Fallback(min(changed, now), "没有时间,按文件的修改日期计")
