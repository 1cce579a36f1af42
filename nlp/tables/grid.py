"""What the readers of the several formats hand on, and what a table gives back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row: `values` by field name, an `error` (Chinese) where it could not be read, or a reason to leave it out.

    `line` is the row in the sheet or file, from 1. `skipped` (Chinese) marks a row that is no data: a total, a header
    repeated at a page break, who made the table, an empty numbered row. It is to be reported and never imported.
    """

    line: int
    values: Mapping[str, Any]
    error: str | None = None
    sheet: str | None = None
    skipped: str | None = None


@dataclass(frozen=True, slots=True)
class TableView:
    """The best header row of one sheet, whatever it holds; a column without a name is ""."""

    sheet: str | None
    headers: tuple[str, ...]
    header_line: int


class Merge(NamedTuple):
    """Cells joined into one: lines from 1, columns from 0, both ends inclusive."""

    top: int
    left: int
    bottom: int
    right: int


class GridRow(NamedTuple):
    """The cells of one line (from 1), and what is wrong (Chinese) where the file is broken there."""

    line: int
    cells: list[Any]
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Grid:
    """One sheet before its columns have names.

    A merged value stands in its first cell only. `broken` holds the (line, column) of formula cells without a stored
    result and of error cells (#REF!, #N/A). `strict_width` refuses rows wider than the header (CSV: a comma in the
    text that was not quoted moves every cell after it).
    """

    sheet: str | None
    rows: Iterable[GridRow]
    merges: tuple[Merge, ...] = ()
    broken: frozenset[tuple[int, int]] = field(default_factory=frozenset)
    date1904: bool = False
    strict_width: bool = False


def is_blank(cell: Any) -> bool:
    """Say whether a cell holds nothing but space."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def plain_cell(value: Any) -> Any:
    """Turn the value of a workbook's cell into text or number: 3.0 → 3, a date → ISO."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**63:
        return int(value)
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    return str(value) if isinstance(value, timedelta) else value
