"""The one reader and writer of .jsonl, .csv, .xls, .xlsx and .parquet.

Reading never drops a row: a row that cannot be read comes back with its line and an error. Line numbers are those
of the file (a sheet's row number), from 1. Writing keeps ids as text and escapes what a spreadsheet would run as a
formula.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import pyarrow as pa
import pyarrow.parquet as pq
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from python_calamine import CalamineError, CalamineWorkbook, PasswordError

from nlp.errors import FileError
from nlp.headers import REQUEST, match_headers

ENDINGS = (".jsonl", ".csv", ".xls", ".xlsx", ".parquet")
ENCODINGS = ("utf-8-sig", "gb18030")
HEADER_SEARCH_ROWS = 10
MAX_CELL = 32_767  # characters a cell may hold, by the xlsx format
_FORMULA = re.compile(r"^[=+\-@\t\r]")
_NUMBER = re.compile(r"^[+-]?\d+(\.\d+)?$")
_EXPONENT = re.compile(r"^\d(\.\d+)?[eE]\+?\d{2}$")


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row: `values` by field name, or an `error` (Chinese) where it could not be read."""

    line: int
    values: Mapping[str, Any]
    error: str | None = None


class RowWriter(Protocol):
    """Takes rows one by one; a context manager that finishes the file."""

    def write(self, row: Mapping[str, Any]) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def read_table(
    path: Path,
    *,
    fields: Mapping[str, tuple[str, ...]] = REQUEST,
    column_map: Mapping[str, str] | None = None,
) -> Iterator[TableRow]:
    """Read rows by file ending, with columns named by `fields` and `column_map` (column → field).

    Raises FileError where the file is absent, of another kind, locked, or in no known encoding.
    """
    if not path.is_file():
        raise FileError(f"找不到文件 {path.name};请检查路径")
    ending = path.suffix.lower()
    if ending == ".jsonl":
        return _read_jsonl(path, column_map or {}, fields)
    if ending == ".parquet":
        return _read_parquet(path, column_map or {}, fields)
    if ending == ".csv":
        return _named(_csv_rows(path), path, fields=fields, column_map=column_map)
    if ending in (".xls", ".xlsx"):
        return _named(_sheet_rows(path), path, fields=fields, column_map=column_map)
    raise FileError(f"不认识的文件类型 {path.name}:应为 {'、'.join(ENDINGS)}")


def decode(data: bytes, name: str) -> str:
    """Decode UTF-8 (with or without BOM), UTF-16 with BOM, or GB18030.

    Raises FileError with the offset and the encodings tried.
    """
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return _decode_as(data, "utf-16", name)
    offsets = []
    for encoding in ENCODINGS:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError as exc:
            offsets.append(f"{encoding} 在第 {exc.start} 字节")
    raise FileError(f"{name} 的文字编码读不出来,已尝试 {'、'.join(offsets)} 处失败;请另存为 UTF-8 后再试")


def open_writer(path: Path) -> RowWriter:
    """Open a writer by file ending. Raises FileError for an unknown one or a folder that is absent."""
    makers: dict[str, type[_Writer]] = {
        ".jsonl": _JsonlWriter,
        ".csv": _CsvWriter,
        ".xlsx": _XlsxWriter,
        ".parquet": _ParquetWriter,
    }
    ending = path.suffix.lower()
    if ending == ".xls":
        raise FileError(f"不写旧的 .xls 格式:请把输出文件 {path.name} 改为 .xlsx")
    if ending not in makers:
        raise FileError(f"不认识的输出类型 {path.name}:应为 {'、'.join(makers)}")
    if not path.parent.is_dir():
        raise FileError(f"输出目录不存在:{path.parent};请先建立它")
    return makers[ending](path)


def _decode_as(data: bytes, encoding: str, name: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as exc:
        raise FileError(f"{name} 的文字编码读不出来,已尝试 {encoding}(在第 {exc.start} 字节处失败)") from exc


def _read_jsonl(path: Path, column_map: Mapping[str, str], fields: Mapping[str, tuple[str, ...]]) -> Iterator[TableRow]:
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


def _read_parquet(
    path: Path, column_map: Mapping[str, str], fields: Mapping[str, tuple[str, ...]]
) -> Iterator[TableRow]:
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowInvalid, OSError) as exc:
        raise FileError(f"{path.name} 不是完整的 parquet 文件;请重新导出") from exc
    line = 0
    for batch in file.iter_batches(batch_size=4096):
        for row in batch.to_pylist():
            line += 1
            yield TableRow(line, _rename(row, column_map, fields))


def _rename(
    row: Mapping[str, Any], column_map: Mapping[str, str], fields: Mapping[str, tuple[str, ...]]
) -> dict[str, Any]:
    names = list(row)
    if not column_map and all(name.isascii() for name in names):
        return dict(row)
    found = match_headers(names, fields, column_map=column_map)
    taken = set(found.values())
    return {found.get(i, name): row[name] for i, name in enumerate(names) if i in found or name not in taken}


def _csv_rows(path: Path) -> Iterator[tuple[int, list[Any]]]:
    text = decode(path.read_bytes(), path.name).removeprefix("\ufeff").replace("\x00", "")
    try:
        dialect: Any = csv.Sniffer().sniff(text[:8192].split("\n")[0] + "\n", delimiters=",\t;|")
        delimiter = dialect.delimiter
    except csv.Error:
        delimiter = ","
    csv.field_size_limit(10_000_000)
    _check_quotes(text, delimiter, path.name)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    line = 1
    try:
        for cells in reader:
            yield line, list(cells)
            line = reader.line_num + 1
    except csv.Error as exc:
        raise FileError(f"{path.name} 第 {reader.line_num} 行不是完整的 CSV({exc});请检查引号") from exc


def _check_quotes(text: str, delimiter: str, name: str) -> None:
    """Refuse a file whose last quote is never closed: the rows after it would all become one cell."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for _ in reader:
            line = reader.line_num + 1
    except csv.Error as exc:
        if "unexpected end of data" in str(exc):
            raise FileError(f"{name} 第 {line} 行起有一个引号没有闭合,后面的行会被吞掉;请补上引号再导入") from exc


def _sheet_rows(path: Path) -> Iterator[tuple[int, list[Any]]]:
    try:
        workbook = CalamineWorkbook.from_path(path)
        sheet = workbook.get_sheet_by_index(0)
        start = sheet.start[0] if sheet.start else 0
        rows = sheet.to_python(skip_empty_area=True)
    except PasswordError as exc:
        raise FileError(f"{path.name} 有密码保护;请先取消密码再导入") from exc
    except (CalamineError, OSError, IndexError) as exc:
        raise FileError(f"{path.name} 不是完整的 Excel 文件;请用表格软件重新另存为 .xlsx") from exc
    for number, cells in enumerate(rows, start + 1):
        yield number, [_cell(c) for c in cells]


def _cell(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    return value


def _named(
    rows: Iterator[tuple[int, list[Any]]],
    path: Path,
    *,
    fields: Mapping[str, tuple[str, ...]],
    column_map: Mapping[str, str] | None,
) -> Iterator[TableRow]:
    """Find the header among the first rows (the one with most known names), then name the cells."""
    head: list[tuple[int, list[Any]]] = []
    for row in rows:
        head.append(row)
        if len(head) == HEADER_SEARCH_ROWS:
            break
    matches = [match_headers(cells, fields, column_map=column_map) for _, cells in head]
    best = max(range(len(matches)), key=lambda i: (len(matches[i]), -i), default=None)
    if best is None or not matches[best]:
        shown = "、".join(str(c) for c in head[0][1] if c)[:80] if head else "空"
        wanted = "、".join(f"{known[0]}({field})" for field, known in list(fields.items())[:4])
        raise FileError(f"{path.name} 找不到认识的表头:应有 {wanted} 等列,收到的是 {shown};可用 --map 列名=字段 指定")
    return _body(head[best + 1 :], rows, matches[best], head[best][1])


def _body(
    head: list[tuple[int, list[Any]]], rows: Iterator[tuple[int, list[Any]]], columns: dict[int, str], names: list[Any]
) -> Iterator[TableRow]:
    def name(line: int, cells: list[Any]) -> TableRow:
        values = {field: cells[i] for i, field in columns.items() if i < len(cells) and cells[i] not in ("", None)}
        row_id = values.get("id")
        spoilt = (isinstance(row_id, (int, float)) and abs(row_id) >= 10**15) or (
            isinstance(row_id, str) and _EXPONENT.match(row_id)
        )
        if spoilt:
            return TableRow(
                line, values, "编号被表格软件改成了科学计数或截断了末位,无法还原;请把编号列设为文本后重新导出"
            )
        return TableRow(line, values)

    for source in (iter(head), rows):
        for line, cells in source:
            if any(c not in ("", None) for c in cells):
                yield name(line, cells)


class _Writer:
    """Common part: a context manager that closes on the way out, and leaves no half table behind an error."""

    _keeps_partial = False

    def __init__(self, path: Path) -> None:
        self._path = path
        self._open()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None or self._keeps_partial:
            self._close()

    def _open(self) -> None:
        raise NotImplementedError

    def _close(self) -> None:
        raise NotImplementedError

    def write(self, row: Mapping[str, Any]) -> None:
        raise NotImplementedError


class _JsonlWriter(_Writer):
    _keeps_partial = True

    def _open(self) -> None:
        self._file = self._path.open("w", encoding="utf-8", newline="\n")

    def write(self, row: Mapping[str, Any]) -> None:
        self._file.write(json.dumps(row, ensure_ascii=False) + "\n")

    def _close(self) -> None:
        self._file.close()


class _ColumnWriter(_Writer):
    """Collects rows, so that the columns are the union of their fields in order of appearance."""

    def _open(self) -> None:
        self._rows: list[Mapping[str, Any]] = []

    def write(self, row: Mapping[str, Any]) -> None:
        self._rows.append(row)

    def _columns(self) -> list[str]:
        return list(dict.fromkeys(name for row in self._rows for name in row))


class _CsvWriter(_ColumnWriter):
    def _close(self) -> None:
        columns = self._columns()
        with self._path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(columns)
            writer.writerows([_safe(flat(row.get(c))) for c in columns] for row in self._rows)


class _XlsxWriter(_ColumnWriter):
    def _close(self) -> None:
        columns = self._columns()
        rows = [[self._fitting(flat(row.get(c)), row.get(c), c) for c in columns] for row in self._rows]
        book = Workbook(write_only=True)
        sheet = book.create_sheet("结果")
        sheet.append(columns)
        for row in rows:
            sheet.append([self._cell(sheet, value) for value in row])
        book.save(self._path)

    @staticmethod
    def _fitting(cell: Any, value: Any, column: str) -> Any:
        if isinstance(value, (dict, list)) and len(cell) > MAX_CELL:
            raise FileError(f"{column} 一格放不下({len(cell):,} 个字符,表格最多 {MAX_CELL:,});请改写成 .jsonl 或 .csv")
        return cell

    @staticmethod
    def _cell(sheet: Any, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", value)[:MAX_CELL])
        cell.data_type = "s"
        cell.number_format = "@"
        return cell


class _ParquetWriter(_ColumnWriter):
    def _close(self) -> None:
        columns = {c: [flat(row.get(c)) for row in self._rows] for c in self._columns()}
        try:
            table = pa.table(columns)
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            table = pa.table({c: [None if v is None else str(v) for v in values] for c, values in columns.items()})
        pq.write_table(table, self._path)


def flat(value: Any) -> Any:
    """Turn a nested value into its JSON text, for a cell."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else value


def _safe(value: Any) -> Any:
    return "'" + value if isinstance(value, str) and _FORMULA.match(value) and not _NUMBER.match(value) else value


def read_rows(path: Path, *, fields: Mapping[str, tuple[str, ...]] = REQUEST) -> list[dict[str, Any]]:
    """Read a small table of ours, all rows. Raises FileError on the first bad row."""
    rows = []
    for row in read_table(path, fields=fields):
        if row.error:
            raise FileError(f"{path.name} 第 {row.line} 行:{row.error}")
        rows.append(dict(row.values))
    return rows


def write_rows(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write all rows at once."""
    with open_writer(path) as writer:
        for row in rows:
            writer.write(row)
