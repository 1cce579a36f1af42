"""Text tables: any of the encodings and delimiters that offices use."""

from __future__ import annotations

import csv
import io
import itertools
from collections import Counter
from collections.abc import Iterable, Iterator

from nlp.errors import FileError
from nlp.tables.grid import Grid, GridRow, is_blank

ENCODINGS = ("utf-8-sig", "gb18030")
DELIMITERS = ",\t;|"
_SAMPLE_ROWS = 30
_SAMPLE_BYTES = 2000
# GB18030 text never has this share of its bytes above 127 in valid UTF-8: 34,682 cuts of 6 characters of requests
# reached 0.92, 2,297 cuts of 2,000 characters 0.43; UTF-8 that lost a byte is above it from 14 characters on.
_UTF8_SHARE = 0.95
_AROUND = 4000  # bytes on either side of the bad one
_END = "\x01"  # no text table holds it
_MIN_ID_DIGITS = 5
csv.field_size_limit(10_000_000)


def decode(data: bytes, name: str) -> str:
    """Decode UTF-8 (with or without BOM), UTF-16 (without BOM where the zero bytes show it), or GB18030.

    Raises FileError with the offset and the encodings tried; so it does for UTF-8 with a bad byte, which often passes
    as GB18030 and would be read as other characters.
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
            if encoding == ENCODINGS[0] and _is_nearly_utf8(data[max(0, exc.start - _AROUND) : exc.start + _AROUND]):
                raise FileError(
                    f"{name} 的文字编码读不出来:是 UTF-8,但第 {exc.start} 字节处坏了(可能没有下载完或被截断);请重新导出"
                ) from exc
    raise FileError(f"{name} 的文字编码读不出来,已尝试 {'、'.join(offsets)} 处失败;请另存为 UTF-8 后再试")


def csv_grid(text: str, name: str) -> Grid:
    """Cut a text table into rows; a line number is that of the row's first line.

    Raises FileError where a quote is never closed; a row that took in others by an odd quote has an error.
    """
    text = text.removeprefix("\ufeff").replace("\x00", "")
    delimiter, width = _delimiter(text)
    _check_quotes(text, delimiter, name)
    return Grid(None, _rows(text, delimiter, name, width=width), strict_width=True)


def _is_nearly_utf8(data: bytes) -> bool:
    high = sum(b > 127 for b in data)
    valid = sum(b > 127 for b in data.decode("utf-8", "ignore").encode())
    return valid >= high * _UTF8_SHARE


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


def _delimiter(text: str) -> tuple[str, int]:
    """Choose the one that cuts most of the first rows into the same number of columns, then into more columns.

    Gives that number too.
    """

    def fit(delimiter: str) -> tuple[int, int]:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        try:
            widths = Counter(len(cells) for cells in itertools.islice(reader, _SAMPLE_ROWS))
        except csv.Error:
            return 0, 0
        width, count = max(((w, n) for w, n in widths.items() if w > 1), key=lambda p: (p[1], p[0]), default=(0, 0))
        return count, width

    best = max(DELIMITERS, key=fit)
    return best, fit(best)[1]


def _rows(text: str, delimiter: str, name: str, *, width: int) -> Iterator[GridRow]:
    raw: list[str] = []  # the lines of the row that is being read
    reader = csv.reader(_kept(io.StringIO(text, newline=""), raw), delimiter=delimiter)
    line = 1
    try:
        for cells in reader:
            error = None
            if reader.line_num > line and _took_in(cells, raw, delimiter, width=width):
                error = f"有引号没有成对,第 {line + 1} 到 {reader.line_num} 行被并进了这一行;请改好引号再导入"
            yield GridRow(line, [_plain(cell) if cell[:2] == '="' else cell for cell in cells], error)
            line = reader.line_num + 1
            raw.clear()
    except csv.Error as exc:
        raise FileError(f"{name} 第 {reader.line_num} 行不是完整的 CSV({exc});请检查引号") from exc


def _plain(cell: str) -> str:
    """Undo ="0017", by which systems keep a sheet from turning an id into a number."""
    return cell[2:-1] if len(cell) > 2 and cell.endswith('"') else cell


def _check_quotes(text: str, delimiter: str, name: str) -> None:
    """Refuse a file whose last quote is never closed: the rows after it would all become one cell.

    The reader is not strict, for a strict one stops at the first odd quote of any kind; a line put at the end shows
    whether a quote is open there.
    """
    reader = csv.reader(itertools.chain(io.StringIO(text, newline=""), ["\n", _END]), delimiter=delimiter)
    line, start, last = 1, 1, [_END]
    try:
        for cells in reader:
            line, start, last = reader.line_num + 1, line, cells
    except csv.Error:
        return  # what `_rows` reports
    if last != [_END]:
        raise FileError(f"{name} 第 {start} 行起有一个引号没有闭合,后面的行会被吞掉;请补上引号再导入")


def _kept(lines: Iterable[str], raw: list[str]) -> Iterator[str]:
    for line in lines:
        raw.append(line)
        yield line


def _took_in(cells: list[str], raw: list[str], delimiter: str, *, width: int) -> bool:
    """Say whether a cell of several lines holds other rows.

    A line of it is another row where it begins with an id like that of its own row, or has as many cells as a row and
    the quotes of this row are wrong; commas alone do not tell: people write them.
    """
    for cell in cells:
        lines = [line.split(delimiter) for line in cell.splitlines()[1:]]
        wide = [parts for parts in lines if len(parts) >= max(2, width - 1)]
        if any(_is_like_id(parts[0], cells[0], whole=len(parts) == width) for parts in lines if len(parts) > 1):
            return True
        if wide and _is_malformed(raw, delimiter):
            return True
    return False


def _is_like_id(cell: str, own: str, *, whole: bool) -> bool:
    """Compare two ids by their shape (A-17 and B-23); a bare short number counts in a whole row only."""
    if is_blank(own) or _shape(cell) != _shape(own) or not any(c.isdigit() for c in own):
        return False
    return whole or not own.strip().isdigit() or len(own.strip()) >= _MIN_ID_DIGITS


def _shape(cell: str) -> str:
    return "".join("9" if c.isdigit() else "a" if c.isascii() and c.isalpha() else c for c in cell.strip().strip('"'))


def _is_malformed(raw: list[str], delimiter: str) -> bool:
    try:
        list(csv.reader(raw, delimiter=delimiter, strict=True))
    except csv.Error:
        return True
    return False
