"""Where the header of a sheet is, and which column it gives to which field.

A header may stand below title rows, and over two or three rows joined by merged cells: a group (诉求人信息) over its
columns (姓名, 电话). A merged title is no header. Rows are looked at up to HEADER_SEARCH_ROWS.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nlp.headers import match_headers, plain_header
from nlp.tables.grid import GridRow, Merge, is_blank

HEADER_SEARCH_ROWS = 20  # that hold something
MAX_HEADER_ROWS = 3
MAX_NAME = 40  # characters of a column name; a longer cell is a title, a note or data
SHORT_NAME = 12  # characters of a name below a group
_DIGITS = re.compile(r"\d{4,}")

Fields = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Header:
    """A header from line `top` to line `bottom`; `columns` gives {column: field}, `repeated` its rows, folded."""

    top: int
    bottom: int
    names: tuple[str, ...]
    columns: Mapping[int, str]
    repeated: tuple[tuple[str, ...], ...]


def find_header(
    head: Sequence[GridRow],
    fields: Fields,
    *,
    column_map: Mapping[str, str] | None = None,
    merges: Sequence[Merge] = (),
) -> Header | None:
    """Find the row with the most known names, the first of equals. None where no row has one."""

    def match(names: Sequence[str]) -> dict[int, str]:
        return match_headers(names, fields, column_map=column_map)

    best: Header | None = None
    for at in range(len(head)):
        found = _header_at(head, at, merges, match=match)
        if found is not None and (best is None or len(found.columns) > len(best.columns)):
            best = found
    return best


def widest_header(head: Sequence[GridRow], *, merges: Sequence[Merge] = ()) -> Header | None:
    """Find the first row that looks like names, where none is known: nearly as wide as the widest, short, no number."""
    widest = max((_filled(row.cells) for row in head), default=0)
    for at, row in enumerate(head):
        cells = [c for c in row.cells if not is_blank(c)]
        named = all(isinstance(c, str) and len(c) <= MAX_NAME and not _DIGITS.search(c) for c in cells)
        if cells and named and len(cells) >= 0.6 * widest:
            return _header_at(head, at, merges, match=lambda names: {i: n for i, n in enumerate(names) if n})
    return None


def _filled(cells: Sequence[Any]) -> int:
    return sum(not is_blank(c) for c in cells)


def _header_at(
    head: Sequence[GridRow], at: int, merges: Sequence[Merge], *, match: Callable[[Sequence[str]], dict[int, str]]
) -> Header | None:
    """Build the header that begins with this row; a title (one cell merged over columns) is none.

    Below a group merged over columns its names may stand; where taking that row in loses a field, it is data.
    """
    top = head[at]
    here = [m for m in merges if m.top == top.line and m.left < len(top.cells) and not is_blank(top.cells[m.left])]
    wide = [m for m in here if m.right > m.left]
    if wide and _filled(top.cells) == 1:
        return None
    last = top.line + MAX_HEADER_ROWS - 1
    bottom = min(max([top.line, *(m.bottom for m in here)]), last)
    short = _build(head, at, wide, bottom=bottom, match=match)
    below = next((row for row in head[at + 1 : at + MAX_HEADER_ROWS] if row.line == bottom + 1 <= last), None)
    if below is None or not _is_below(wide, top, below):
        return short
    tall = _build(head, at, wide, bottom=bottom + 1, match=match)
    return short if tall is None or (short is not None and len(short.columns) > len(tall.columns)) else tall


def _is_below(wide: Sequence[Merge], top: GridRow, row: GridRow) -> bool:
    """Say whether a row holds nothing but short names below merged cells, or what stands above once more."""
    cells = {i: c for i, c in enumerate(row.cells) if not is_blank(c)}
    covered = {i for m in wide for i in range(m.left, m.right + 1)}
    named = all(isinstance(c, str) and len(c.strip()) <= SHORT_NAME and not _DIGITS.search(c) for c in cells.values())
    over = dict(enumerate(top.cells))
    again = all(plain_header(c) == plain_header(over.get(i)) for i, c in cells.items() if i not in covered)
    return named and again and any(i in covered for i in cells)


def _build(
    head: Sequence[GridRow],
    at: int,
    wide: Sequence[Merge],
    *,
    bottom: int,
    match: Callable[[Sequence[str]], dict[int, str]],
) -> Header | None:
    """Build the header from this row down to line `bottom`. None where it holds no known name."""
    top = head[at]
    levels = [_names(row.cells) for row in head[at : at + MAX_HEADER_ROWS] if row.line <= bottom]
    if len(levels) == 1 and at + 1 < len(head) and _is_lower_row(levels[0], head[at + 1], match):
        levels.append(_names(head[at + 1].cells))
        bottom = head[at + 1].line
    names = _joined(levels, wide, match)
    columns = match(names)
    repeated = tuple(tuple(plain_header(name) for name in level) for level in levels)
    return Header(top.line, bottom, tuple(names), columns, repeated) if columns else None


def _is_lower_row(upper: list[str], row: GridRow, match: Callable[[Sequence[str]], dict[int, str]]) -> bool:
    """Say whether an unmerged row (CSV) goes on with the header: known names only, mostly below gaps of the upper."""
    lower = _names(row.cells)
    filled = [i for i, name in enumerate(lower) if name]
    gaps = sum(i >= len(upper) or not upper[i] for i in filled)
    return bool(filled) and gaps * 2 >= len(filled) and gaps > 0 and len(match(lower)) == len(filled)


def _names(cells: Sequence[Any]) -> list[str]:
    return [str(c).strip() if isinstance(c, str) and len(c.strip()) <= MAX_NAME else "" for c in cells]


def _joined(
    levels: list[list[str]], wide: Sequence[Merge], match: Callable[[Sequence[str]], dict[int, str]]
) -> list[str]:
    """Name each column by its lowest cell; by group and cell together (受理 + 时间) where that alone is known."""
    width = max(len(level) for level in levels)
    padded = [level + [""] * (width - len(level)) for level in levels]
    for merge in wide:
        group = padded[0][merge.left]
        padded[0][merge.left : merge.right + 1] = [group] * (min(merge.right, width - 1) - merge.left + 1)
    lowest = [next((level[i] for level in reversed(padded) if level[i]), "") for i in range(width)]
    folded = [plain_header(name) for name in lowest]
    for i, name in enumerate(lowest):
        upper = padded[0][i]
        if upper and upper != name and (folded.count(folded[i]) > 1 or not match([name])) and match([upper + name]):
            lowest[i] = upper + name
    return lowest
