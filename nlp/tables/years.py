"""Dates that are written without their year (11月16日, 11.16, 11/21), and the year that their table speaks of.

The year is the one that the titles of the table, the sheet or the file name give, else the one of all full dates in
the table. Where they speak of none or of several, or only say when a list was printed, a date stays as it is.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from nlp.headers import plain_header
from nlp.records import parse_time
from nlp.tables.grid import Grid, is_blank
from nlp.tables.header import Header
from nlp.tables.moments import CLOCK, TIMES, read_moment

_YEAR = re.compile(r"(?<!\d)(20\d\d)(?:\s*年|[-./]\d{1,2}(?!\d)|(?:0[1-9]|1[0-2])(?:[0-3]\d)?(?!\d))")
# When a list was made says nothing of its rows: that of December is printed in January.
_MADE = re.compile(r"(?:导出|打印|制表|填报|生成)(?:时间|日期)\s*[::]?\s*[\d年月日号/.\-]+")
_YEARLESS = re.compile(r"^(\d{1,2})(?:月(\d{1,2})[日号]?|[./](\d{1,2}))(?!\d|[./\-])(.*)$", re.DOTALL)
_TWO_DECIMALS = re.compile(r"^\d{1,2}\.\d\d$")


class Years:
    """The year of one sheet, looked for once, when the first date lacks it."""

    def __init__(self, grid: Grid, header: Header, *, file: str = "") -> None:
        self._grid, self._header, self._file = grid, header, file
        self._known: int | None = None
        self._is_known = False

    def complete(self, cell: Any) -> Any:
        """Put the year before a date that lacks it; all else stays, also a number such as 11.1 (1 or 10 November)."""
        written = str(cell) if isinstance(cell, float) and _TWO_DECIMALS.match(str(cell)) else cell
        match = _YEARLESS.match(unicodedata.normalize("NFKC", written).strip()) if isinstance(written, str) else None
        if match is None:
            return cell
        month, day, other, rest = match.groups()
        if not self._is_known:
            self._known, self._is_known = self._find(), True
        whole = f"{self._known}-{int(month):02d}-{int(day or other):02d}{rest}"
        return cell if self._known is None or parse_time(whole) is None else whole

    def _find(self) -> int | None:
        said = self._title() or _years((self._grid.sheet or "",)) or _years((Path(self._file).stem,))
        found = said or self._of_dates()
        return next(iter(found)) if len(found) == 1 else None

    def _title(self) -> set[int]:
        above = itertools.takewhile(lambda row: row.line <= self._header.bottom, self._grid.rows)
        return _years(cell for row in above for cell in row.cells if isinstance(cell, str))

    def _of_dates(self) -> set[int]:
        columns = [i for i, field in self._header.columns.items() if field in TIMES]
        below = (row.cells for row in self._grid.rows if row.line > self._header.bottom)
        cells = (cells[i] for cells in below for i in columns if i < len(cells) and not is_blank(cells[i]))
        times = (parse_time(read_moment(c, date1904=self._grid.date1904)) for c in cells)
        return {time.year for time in times if time is not None}


def columns_of_days(header: Header, halves: Mapping[str, int]) -> frozenset[int]:
    """Return the columns that hold days. `halves`: {field: column of the other half of a time}.

    The clock of a time over two columns is none: 8.30 is half past eight there.
    """
    whole = {i for i, field in header.columns.items() if field in TIMES and field not in halves}
    split = {i for i, field in header.columns.items() if field in halves} | set(halves.values())
    return frozenset(whole | {i for i in split if not plain_header(header.names[i]).endswith(CLOCK)})


def _years(names: Iterable[str]) -> set[int]:
    plain = (_MADE.sub("", unicodedata.normalize("NFKC", name)) for name in names)
    return {int(year) for name in plain for year in _YEAR.findall(name)}
