"""The one door to tables: .jsonl, .csv, .tsv, .xls, .xlsx, .xlsm, .et and .parquet; `nlp.table_*` are its parts.

What a file is, is told by its first bytes: an .xls may be an .xlsx, a web page or an XML workbook, a .csv may be
either. Reading never drops a row: one that cannot be read comes back with an error, one that is no data (totals,
repeated headers, footers) with a reason. Every visible sheet with a known header is read; hidden sheets are left out,
since what an office hid it did not mean to send (name one by `sheet` to read it).
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from nlp.errors import FileError
from nlp.headers import EVERY, REQUEST, match_headers, shown_names
from nlp.tables.cells import CONTENT, read_body
from nlp.tables.delimited import csv_grid, decode
from nlp.tables.grid import Grid, GridRow, TableRow, TableView, is_blank
from nlp.tables.header import HEADER_SEARCH_ROWS, Fields, Header, find_header, widest_header
from nlp.tables.kinds import incomplete, tell_kind
from nlp.tables.markup import html_grids, workbook_xml_grids
from nlp.tables.sheets import sheet_grids
from nlp.tables.writers import RowWriter, flat, open_writer

__all__ = [
    "ENDINGS",
    "RowWriter",
    "TableRow",
    "TableView",
    "decode",
    "flat",
    "open_writer",
    "read_rows",
    "read_table",
    "view_tables",
    "write_rows",
]

ENDINGS = (".jsonl", ".csv", ".tsv", ".xls", ".xlsx", ".xlsm", ".et", ".parquet")
_DELIMITED = (".csv", ".tsv", ".txt", ".xls", ".xlsx", ".xlsm", ".et")
_WORKBOOKS = (".xls", ".xlsx", ".xlsm", ".et")
_VIEWED_LINES = 100


def read_table(
    path: Path,
    *,
    fields: Fields = REQUEST,
    column_map: Mapping[str, str] | None = None,
    sheet: str | None = None,
) -> Iterator[TableRow]:
    """Read rows, with columns named by `fields` and `column_map` (column → field).

    Without `sheet`, every visible sheet whose header holds two known names, an id or text among them, is read (one
    name is enough for a sheet that is alone). Raises FileError where the file is absent, of another kind, damaged,
    locked, in no known encoding, or without a known header.
    """
    kind = _kind(path)
    if kind == "jsonl":
        return _read_jsonl(path, column_map or {}, fields)
    if kind == "parquet":
        return _read_parquet(path, column_map or {}, fields)
    grids = _grids(path, kind, sheet)
    heads = [_head(grid) for grid in grids]
    found = [
        find_header(head, fields, column_map=column_map, merges=grid.merges)
        for grid, head in zip(grids, heads, strict=True)
    ]
    alone = sum(bool(head) for head in heads) == 1
    chosen = [(g, h) for g, h in zip(grids, found, strict=True) if h is not None and (alone or _holds_data(h, fields))]
    if not chosen:
        raise _no_header(path.name, next((h for h in heads if h), []), fields)
    return itertools.chain.from_iterable(
        read_body(g, iter(g.rows), h, fields=fields, file=path.name) for g, h in chosen
    )


def view_tables(path: Path) -> tuple[TableView, ...]:
    """Show the header of every visible sheet, whatever it holds; a sheet without anything is left out.

    Text and column files give one view without a sheet. Raises FileError as `read_table` does.
    """
    kind = _kind(path)
    if kind == "jsonl":
        rows = itertools.islice(_read_jsonl(path, {}, {}), _VIEWED_LINES)
        return (TableView(None, tuple(dict.fromkeys(name for row in rows for name in row.values)), 1),)
    if kind == "parquet":
        return (TableView(None, tuple(_open_parquet(path).schema_arrow.names), 1),)
    views = []
    for grid in _grids(path, kind, None):
        head = _head(grid)
        if head:
            header = _best_header(grid, head)
            names = header.names if header else tuple("" if is_blank(c) else str(c) for c in head[0].cells)
            views.append(TableView(grid.sheet, names, header.bottom if header else head[0].line))
    return tuple(views)


def read_rows(path: Path, *, fields: Fields = REQUEST) -> list[dict[str, Any]]:
    """Read a small table of ours, all rows. Raises FileError on the first bad row."""
    rows = []
    for row in read_table(path, fields=fields):
        if row.error:
            raise FileError(f"{path.name} 第 {row.line} 行:{row.error}")
        if not row.skipped:
            rows.append(dict(row.values))
    return rows


def write_rows(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write all rows at once."""
    with open_writer(path) as writer:
        for row in rows:
            writer.write(row)


def _kind(path: Path) -> str:
    ending = path.suffix.lower()
    kind = tell_kind(path)
    if kind != "text":
        return kind
    if ending == ".jsonl":
        return "jsonl"
    if ending == ".parquet":
        raise FileError(f"{path.name} 不是完整的 parquet 文件;请重新导出")
    if ending not in _DELIMITED:
        raise FileError(f"不认识的文件类型 {path.name}:应为 {'、'.join(ENDINGS)}")
    return "csv"


def _grids(path: Path, kind: str, sheet: str | None) -> list[Grid]:
    """Open the sheets, or the one that is named."""
    if kind in ("xlsx", "xls"):
        grids = sheet_grids(path, kind=kind, only=sheet) or sheet_grids(path, kind=kind)
    elif kind == "workbook-xml":
        grids = workbook_xml_grids(path.read_bytes(), path.name)
    elif kind == "html":
        grids = html_grids(decode(path.read_bytes(), path.name), path.name)
    else:
        grids = [_text_grid(path)]
    if sheet is None:
        return grids
    named = [g for g in grids if g.sheet == sheet]
    if not named:
        names = "、".join(g.sheet for g in grids if g.sheet) or "没有名字的一张表"
        raise FileError(f"{path.name} 里没有工作表「{sheet}」;有的是 {names}")
    return named


def _text_grid(path: Path) -> Grid:
    data = path.read_bytes()
    try:
        grid = csv_grid(decode(data, path.name), path.name)
    except FileError as exc:
        if path.suffix.lower() in _WORKBOOKS:
            raise incomplete(path.name) from exc
        raise
    return replace(grid, rows=list(grid.rows))


def _head(grid: Grid) -> list[GridRow]:
    filled = (row for row in grid.rows if not all(is_blank(c) for c in row.cells))
    return list(itertools.islice(filled, HEADER_SEARCH_ROWS))


def _holds_data(header: Header, fields: Fields) -> bool:
    """Tell a sheet of data from a summary by area and unit, which knows two columns but neither an id nor a text."""
    wanted = [name for name in ("id", "request", *CONTENT) if name in fields]
    named = set(header.columns.values())
    return len(header.columns) >= 2 and (not wanted or any(name in named for name in wanted))


def _best_header(grid: Grid, head: list[GridRow]) -> Header | None:
    found = [find_header(head, fields, merges=grid.merges) for fields in EVERY]
    best = max((h for h in found if h is not None), key=lambda h: len(h.columns), default=None)
    if best is not None and len(best.columns) >= 2:
        return best
    return widest_header(head, merges=grid.merges) or best


def _no_header(name: str, head: list[GridRow], fields: Fields) -> FileError:
    first = head[0].cells if head else ()
    wanted = "、".join(f"{known[0]}({field})" for field, known in list(fields.items())[:4] if known)
    return FileError(
        f"{name} 找不到认识的表头:应有 {wanted} 等列,收到的列:{shown_names(first)};可用 --map 列名=字段 指定"
    )


def _read_jsonl(path: Path, column_map: Mapping[str, str], fields: Fields) -> Iterator[TableRow]:
    for number, line in enumerate(decode(path.read_bytes(), path.name).split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            yield TableRow(number, {}, '这一行不是完整的 JSON;每行应是一个对象,如 {"id": "1", "text": "…"}')
            continue
        if not isinstance(row, dict):
            yield TableRow(number, {}, '这一行不是 JSON 对象;每行应是一个对象,如 {"id": "1", "text": "…"}')
            continue
        yield TableRow(number, _rename(row, column_map, fields))


def _open_parquet(path: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path)
    except (pa.ArrowInvalid, OSError) as exc:
        raise FileError(f"{path.name} 不是完整的 parquet 文件;请重新导出") from exc


def _read_parquet(path: Path, column_map: Mapping[str, str], fields: Fields) -> Iterator[TableRow]:
    line = 0
    for batch in _open_parquet(path).iter_batches(batch_size=4096):
        for row in batch.to_pylist():
            line += 1
            yield TableRow(line, _rename(row, column_map, fields))


def _rename(row: Mapping[str, Any], column_map: Mapping[str, str], fields: Fields) -> dict[str, Any]:
    names = list(row)
    if not column_map and all(name.isascii() for name in names):
        return dict(row)
    found = match_headers(names, fields, column_map=column_map)
    taken = set(found.values())
    return {found.get(i, name): row[name] for i, name in enumerate(names) if i in found or name not in taken}
