"""Text tables: any of the encodings and delimiters that offices use."""

from __future__ import annotations

import csv
import io
import itertools
from collections import Counter
from collections.abc import Iterator

from nlp.errors import FileError
from nlp.tables.grid import Grid, GridRow

ENCODINGS = ("utf-8-sig", "gb18030")
DELIMITERS = ",\t;|"
_SAMPLE_ROWS = 30
_SAMPLE_BYTES = 2000
csv.field_size_limit(10_000_000)


def decode(data: bytes, name: str) -> str:
    """Decode UTF-8 (with or without BOM), UTF-16 (without BOM where the zero bytes show it), or GB18030.

    Raises FileError with the offset and the encodings tried.
    """
    wide = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else _bare_utf16(data[:_SAMPLE_BYTES])
    if wide:
        return _decode_as(data, wide, name)
    offsets = []
    for encoding in ENCODINGS:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError as exc:
            offsets.append(f"{encoding} 在第 {exc.start} 字节")
    raise FileError(f"{name} 的文字编码读不出来,已尝试 {'、'.join(offsets)} 处失败;请另存为 UTF-8 后再试")


def csv_grid(text: str, name: str) -> Grid:
    """Cut a text table into rows; a line number is that of the row's first line. Raises FileError on bad quotes."""
    text = text.removeprefix("\ufeff").replace("\x00", "")
    delimiter = _delimiter(text)
    _check_quotes(text, delimiter, name)
    return Grid(None, _rows(text, delimiter, name), strict_width=True)


def _bare_utf16(sample: bytes) -> str | None:
    """Digits, commas and line feeds leave a zero in every second byte; in UTF-8 and GB18030 there are none."""
    half = len(sample) // 2
    high, low = sample[1::2].count(0), sample[0::2].count(0)
    if half < 8 or max(high, low) < half * 0.05 or min(high, low) > half * 0.01:
        return None
    return "utf-16-le" if high > low else "utf-16-be"


def _decode_as(data: bytes, encoding: str, name: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as exc:
        raise FileError(f"{name} 的文字编码读不出来,已尝试 {encoding}(在第 {exc.start} 字节处失败)") from exc


def _delimiter(text: str) -> str:
    """Choose the one that cuts most of the first rows into the same number of columns, then into more columns."""

    def fit(delimiter: str) -> tuple[int, int]:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        try:
            widths = Counter(len(cells) for cells in itertools.islice(reader, _SAMPLE_ROWS))
        except csv.Error:
            return 0, 0
        width, count = max(((w, n) for w, n in widths.items() if w > 1), key=lambda p: (p[1], p[0]), default=(0, 0))
        return count, width

    return max(DELIMITERS, key=fit)


def _rows(text: str, delimiter: str, name: str) -> Iterator[GridRow]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    line = 1
    try:
        for cells in reader:
            yield GridRow(line, [_plain(cell) if cell[:2] == '="' else cell for cell in cells])
            line = reader.line_num + 1
    except csv.Error as exc:
        raise FileError(f"{name} 第 {reader.line_num} 行不是完整的 CSV({exc});请检查引号") from exc


def _plain(cell: str) -> str:
    """Undo ="0017", by which systems keep a sheet from turning an id into a number."""
    return cell[2:-1] if len(cell) > 2 and cell.endswith('"') else cell


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
