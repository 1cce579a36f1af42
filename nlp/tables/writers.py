"""Writers of .jsonl, .csv, .xlsx and .parquet. Ids stay text; what a spreadsheet would run as a formula is escaped."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import pyarrow as pa
import pyarrow.parquet as pq
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from nlp.errors import FileError

MAX_CELL = 32_767  # characters a cell may hold, by the xlsx format
_FORMULA = re.compile(r"^[=+\-@\t\r]")
_NUMBER = re.compile(r"^[+-]?\d+(\.\d+)?$")


class RowWriter(Protocol):
    """Takes rows one by one; a context manager that finishes the file."""

    def write(self, row: Mapping[str, Any]) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None: ...


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
