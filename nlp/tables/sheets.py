"""Sheets of .xlsx, .xlsm, .xls and .et, read by calamine after a look at what would fill the memory.

calamine lays a sheet out as one rectangle of cells (32 bytes each), from the first to the last cell that holds
something: formatted empty rows cost nothing, but one stray cell at XFD1048576 would ask for 512 GB. Of error cells
and of formulas without a stored result it only says that they are empty. `_scan` reads both off the sheet's XML
in about a second for 1,048,576 formatted empty rows of 10 cells (350 MB of XML, of which 20 MB are stored).
"""

from __future__ import annotations

import posixpath
import re
import zipfile
import zlib
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from lxml import etree
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError, SheetVisibleEnum

from nlp.errors import FileError
from nlp.tables.grid import Grid, GridRow, Merge, plain_cell
from nlp.tables.kinds import incomplete, locked
from nlp.tables.ole import BookScan, DamagedError, SheetScan, scan_workbook_stream

SPARSE_AREA = 2_000_000  # cells (64 MB in calamine): below it, any layout is read
SPARSE_SHARE = 0.05  # above SPARSE_AREA, at least this share of the rectangle must hold something
_CHUNK = 1 << 20
_ROW_OR_CELL = re.compile(
    rb"<(?:\w+:)?+(?:row\b([^>]*+)>|c(?:\s([^>/]*+))?+>(.*?)</(?:\w+:)?c>)",
    re.DOTALL,
)
_HOLDS = (b"<v", b"<f", b"<is", b":v", b":f", b":is")  # what begins the content of a cell, with or without a prefix
_SPECIAL = (b't="e"', b"<f", b":f")  # errors and formulas
_PLACES = re.compile(rb'\br="([A-Z]{1,3})\d+"[^>/]*+>')  # of cells that are not closed at once
_LINES = re.compile(rb'<(?:\w+:)?row\s(?:[^>]*?\s)?r="(\d+)"')
_CLOSED = re.compile(rb"</(?:\w+:)?c>")
_AT = re.compile(rb'\br="([A-Z]{1,3})?(\d{1,7})"')
_ERROR = re.compile(rb'\bt="e"')
_NO_RESULT = re.compile(rb"<(?:\w+:)?f\b")
_RESULT = re.compile(rb"<(?:\w+:)?v(?:\s[^>]*)?>[^<]")
_DATE1904 = re.compile(rb'\bdate1904="(?:1|true)"')


def sheet_grids(path: Path, *, kind: str, only: str | None = None) -> list[Grid]:
    """Read the visible sheets in order, or the one named `only`, hidden or not. `kind`: xlsx or xls.

    With `only` no other sheet of an .xlsx is unpacked: a workbook with a sheet a day is read sheet by sheet.

    Raises FileError where the workbook is locked, damaged, or would not fit into memory.
    """
    scan = _scan_xlsx(path, only) if kind == "xlsx" else _scan_xls(path)
    for number, sheet in enumerate(scan.sheets, 1):
        _check_sparse(sheet, path.name, number)
    try:
        return _read_sheets(path, scan, only)
    except PasswordError as exc:
        raise locked(path.name) from exc
    except (CalamineError, OSError, IndexError, ValueError) as exc:
        raise incomplete(path.name) from exc
    except BaseException as exc:
        # pyo3 turns a Rust panic (calamine has some, on damaged files) into this; its class cannot be imported.
        if type(exc).__name__ == "PanicException":
            raise incomplete(path.name) from exc
        raise


def _read_sheets(path: Path, scan: BookScan, only: str | None) -> list[Grid]:
    grids = []
    with path.open("rb") as file, CalamineWorkbook.from_filelike(file) as book:
        scans = scan.sheets if len(scan.sheets) == len(book.sheet_names) else [SheetScan()] * len(book.sheet_names)
        for sheet, found in zip(book.sheets_metadata, scans, strict=True):
            if sheet.name == only if only is not None else sheet.visible == SheetVisibleEnum.Visible:
                grids.append(_grid(book.get_sheet_by_name(sheet.name), found, date1904=scan.date1904))
    return grids


def _grid(sheet: CalamineSheet, scan: SheetScan, *, date1904: bool) -> Grid:
    merges = tuple(
        Merge(top + 1, left, bottom + 1, right) for (top, left), (bottom, right) in sheet.merged_cell_ranges or ()
    )
    return Grid(sheet.name, _Rows(sheet), merges, frozenset(scan.broken), date1904)


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of a sheet, from line 1, made into Python values while they are read."""

    sheet: CalamineSheet

    def __iter__(self) -> Iterator[GridRow]:
        if self.sheet.start is None:
            return
        for line, cells in enumerate(self.sheet.iter_rows(), 1):
            yield GridRow(line, [plain_cell(c) for c in cells])


def _scan_xls(path: Path) -> BookScan:
    try:
        scan = scan_workbook_stream(path.read_bytes())
    except DamagedError as exc:
        raise incomplete(path.name) from exc
    if scan.locked:
        raise locked(path.name)
    return scan


def _scan_xlsx(path: Path, only: str | None) -> BookScan:
    try:
        with zipfile.ZipFile(path) as archive:
            book = archive.read("xl/workbook.xml")
            parts = _sheet_parts(archive, book)
            alone = any(name == only for name, _ in parts)
            sheets = [SheetScan() if alone and name != only else _scan(_chunks(archive, p)) for name, p in parts]
            for part in archive.namelist():
                if part.lower().endswith("sharedstrings.xml"):  # zipfile checks its stated size and sum on the way
                    deque(_chunks(archive, part), maxlen=0)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, etree.XMLSyntaxError, KeyError) as exc:
        raise incomplete(path.name) from exc
    return BookScan(sheets, _DATE1904.search(book) is not None)


def _chunks(archive: zipfile.ZipFile, part: str) -> Iterator[bytes]:
    with archive.open(part) as file:
        yield from iter(partial(file.read, _CHUNK), b"")


def _sheet_parts(archive: zipfile.ZipFile, book: bytes) -> list[tuple[str | None, str]]:
    """Give the name and part of each sheet, in the order of the workbook. Raises KeyError where one is missing."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    links = etree.fromstring(archive.read("xl/_rels/workbook.xml.rels"), parser=parser)
    targets = {e.get("Id"): posixpath.normpath(posixpath.join("/xl", e.get("Target", "")))[1:] for e in links}
    sheets = etree.fromstring(book, parser=parser).iter("{*}sheet")
    return [(e.get("name"), targets[next((v for k, v in e.attrib.items() if k.endswith("}id")), None)]) for e in sheets]


def _scan(chunks: Iterator[bytes]) -> SheetScan:
    """Read sheet XML by pieces that end with a row, so that no cell is cut in two."""
    scan = SheetScan()
    line = 0
    rest = b""
    for chunk in chunks:
        rest += chunk
        end = rest.rfind(b"row>") + 4
        if end >= 4:
            line = _scan_piece(scan, rest[:end], line)
            rest = rest[end:]
    _scan_piece(scan, rest, line)
    return scan


def _scan_piece(scan: SheetScan, piece: bytes, line: int) -> int:
    """Add what a piece holds; gives the line of its last row."""
    if not any(mark in piece for mark in _HOLDS):
        last = _AT.search(piece[piece.rfind(b"row ") :]) if b"row " in piece else None
        return int(last[2]) if last and not last[1] else line + piece.count(b"row>")
    places = _PLACES.findall(piece)
    lines = _LINES.findall(piece)
    if lines and len(places) == len(_CLOSED.findall(piece)) and not any(mark in piece for mark in _SPECIAL):
        scan.cells += len(places)
        scan.lines = max(scan.lines, max(map(int, lines)))
        scan.columns = max([scan.columns, *map(_column, set(places))])
        return int(lines[-1])
    return _scan_cells(scan, piece, line)


def _scan_cells(scan: SheetScan, piece: bytes, line: int) -> int:
    """Do the same cell by cell, where addresses are left out or a formula or error is among them."""
    column = 0
    for match in _ROW_OR_CELL.finditer(piece):
        row, attributes, content = match.groups()
        if content is None:
            at = _AT.search(row)
            line, column = (int(at[2]) if at else line + 1), 0
            continue
        at = _AT.search(attributes or b"")
        column = _column(at[1]) if at and at[1] else column + 1
        scan.cells += 1
        scan.lines, scan.columns = max(scan.lines, line), max(scan.columns, column)
        if _ERROR.search(attributes or b"") or (_NO_RESULT.search(content) and not _RESULT.search(content)):
            scan.broken.add((line, column - 1))
    return line


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _check_sparse(scan: SheetScan, name: str, number: int) -> None:
    area = scan.lines * scan.columns
    if area > SPARSE_AREA and scan.cells < area * SPARSE_SHARE:
        raise FileError(
            f"{name} 的第 {number} 张工作表一直延伸到第 {scan.lines:,} 行、第 {scan.columns:,} 列,中间几乎都是空的;"
            "请删去表格下方和右侧零星的内容(全选空行空列后删除),保存后再导入"
        )
