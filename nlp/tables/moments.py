"""When a row happened: day numbers of spreadsheets, and a date and a clock that stand in two columns."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any

from nlp.headers import plain_header
from nlp.records import parse_time
from nlp.tables.header import Fields, Header

_SITE_TIMES = ("date", "valid_from", "valid_to", "opened")
TIMES = frozenset(
    ("time", "reply_time", "published", "dispatched_time", "closed_time", "callback_time", "due", *_SITE_TIMES)
)
SERIAL_DAYS = (36_526, 73_415)  # 2000-01-01 up to 2100-12-31, counted from 1899-12-30
DATE, CLOCK = "日期", "时间"

_EPOCH = datetime(1899, 12, 30)
_DAYS_1904 = 1462  # between the two epochs of spreadsheets
_SERIAL = re.compile(r"^\d{5}(\.\d+)?$")
_COMPACT = re.compile(r"^\d{8}(\d{4}(\d{2})?)?$")
_BARE_CLOCK = re.compile(r"^1899-12-3[01]T")  # how an XML workbook writes a clock


def read_moment(cell: Any, *, date1904: bool) -> Any:
    """Turn a spreadsheet's day number into ISO 8601; what is no day between 2000 and 2100 stays as it is."""
    if isinstance(cell, bool) or not (
        isinstance(cell, (int, float)) or (isinstance(cell, str) and _SERIAL.match(cell))
    ):
        return cell
    if _COMPACT.match(str(cell)):
        return str(cell)
    days = float(cell) + (_DAYS_1904 if date1904 else 0)
    if not SERIAL_DAYS[0] <= days < SERIAL_DAYS[1]:
        return cell
    seconds = round(days * 86_400)
    moment = _EPOCH + timedelta(seconds=seconds)
    return moment.isoformat() if seconds % 86_400 else moment.date().isoformat()


def split_times(header: Header, fields: Fields) -> dict[str, int]:
    """Say which column may hold the other half of a time: {field: column}, a 日期 for a 时间 and the reverse.

    It is the one of the same stem (来电日期, 来电时间), else a column without a field that is named 日期 or 时间 alone
    or by a name of the field.
    """
    plain = [plain_header(name) for name in header.names]
    found = {}
    for column, field in header.columns.items():
        name = plain[column] if column < len(plain) else ""
        if field not in TIMES or name[-2:] not in (DATE, CLOCK):
            continue
        other = CLOCK if name.endswith(DATE) else DATE
        known = {plain_header(n) for n in fields.get(field, ()) if n.endswith(other)} | {other}
        free = [i for i, n in enumerate(plain) if n in known and i not in header.columns]
        twin = name[:-2] + other
        place = plain.index(twin) if twin in plain else next(iter(free), None)
        if place is not None:
            found[field] = place
    return found


def join_times(values: Mapping[str, Any], others: Mapping[str, Any]) -> dict[str, Any]:
    """Put a date and a bare clock together; `others` holds the other halves by field.

    Whole times stay. Where one of the two is no time (不详), the date alone is kept.
    """
    joined = dict(values)
    for field, other in others.items():
        own = values.get(field)
        if own is None:
            joined[field] = other
        elif (moment := _joined(own, other) or _joined(other, own)) is not None:
            joined[field] = moment
        elif parse_time(own) is None and parse_time(other) is not None:
            joined[field] = other
    return joined


def _joined(day: Any, clock: Any) -> str | None:
    date, written = parse_time(day), _clock(clock)
    if date is None or written is None or date.time() != time.min or parse_time(written) is not None:
        return None
    moment = parse_time(f"{date.date().isoformat()} {written}")
    return None if moment is None else moment.replace(tzinfo=None).isoformat()


def _clock(cell: Any) -> str | None:
    """Write a part of a day (0.5) or a clock of an XML workbook as 12:00:00; other text stays."""
    if isinstance(cell, str):
        return _BARE_CLOCK.sub("", cell)
    if isinstance(cell, bool) or not isinstance(cell, (int, float)) or not 0 <= cell < 1:
        return None
    return (datetime.min + timedelta(seconds=min(round(cell * 86_400), 86_399))).time().isoformat()
