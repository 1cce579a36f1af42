"""A look into an old workbook (.xls, .et) before calamine opens it.

A damaged byte in a cell's address makes calamine 0.37 ask for 100 GB and end the process, so the addresses are checked
here. Formats: [MS-CFB] 2.2 to 2.6 (compound file), [MS-XLS] 2.4 (records).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

MAX_COLUMNS = 256
_FREE = 0xFFFF_FFFA  # sector numbers from here on are marks: end of chain, free
_HEADER_BYTES = 512
_ENTRY_BYTES = 128
_MINI_BYTES = 64
_BOF, _EOF, _FILEPASS, _DATE1904, _BOUNDSHEET = 0x809, 0x0A, 0x2F, 0x22, 0x85
_FORMULA, _BOOLERR, _MULRK = 0x06, 0x205, 0xBD
_CELLS = frozenset((0x203, 0xFD, 0x204, 0x27E, 0xD6, _FORMULA, _BOOLERR, _MULRK))


class DamagedError(ValueError):
    """The file does not keep to its format."""


@dataclass(slots=True)
class SheetScan:
    """Cells that hold something, the corner they reach (counts), and the (line, column) of those without a result."""

    cells: int = 0
    lines: int = 0
    columns: int = 0
    broken: set[tuple[int, int]] = field(default_factory=set)


@dataclass(slots=True)
class BookScan:
    """One scan a sheet, in the order of the workbook."""

    sheets: list[SheetScan]
    date1904: bool = False
    locked: bool = False


class _Record(NamedTuple):
    kind: int
    data: bytes
    next: int


def scan_workbook_stream(data: bytes) -> BookScan:
    """Walk the records of a compound file's workbook. Raises DamagedError."""
    try:
        return _scan_book(_workbook_stream(data))
    except (struct.error, IndexError) as exc:
        raise DamagedError("cut off") from exc


def _scan_book(stream: bytes) -> BookScan:
    book = BookScan([])
    starts = []
    for record in _records(stream, 0):
        if record.kind == _FILEPASS:
            book.locked = True
            return book
        if record.kind == _DATE1904:
            book.date1904 = record.data[:2] == b"\1\0"
        elif record.kind == _BOUNDSHEET:
            starts.append(struct.unpack_from("<I", record.data)[0])
    book.sheets.extend(_scan_sheet(stream, start) for start in starts)
    return book


def _records(stream: bytes, at: int) -> Iterator[_Record]:
    """Give the records from a BOF to its EOF, without those of charts inside."""
    depth = 0
    while True:
        kind, size = struct.unpack_from("<HH", stream, at)
        end = at + 4 + size
        if end > len(stream) or (depth == 0 and kind & 0xFF != _BOF & 0xFF):
            raise DamagedError("record")
        depth += (kind == _BOF) - (kind == _EOF)
        if depth <= 1:
            yield _Record(kind, stream[at + 4 : end], end)
        if depth <= 0:
            return
        at = end


def _scan_sheet(stream: bytes, start: int) -> SheetScan:
    scan = SheetScan()
    for record in _records(stream, start):
        if record.kind not in _CELLS:
            continue
        line, column = struct.unpack_from("<HH", record.data)
        last = struct.unpack_from("<H", record.data, len(record.data) - 2)[0] if record.kind == _MULRK else column
        if not column <= last < MAX_COLUMNS:
            raise DamagedError("cell address")
        scan.cells += last - column + 1
        scan.lines, scan.columns = max(scan.lines, line + 1), max(scan.columns, last + 1)
        if _is_error(record):
            scan.broken.add((line + 1, column))
    return scan


def _is_error(record: _Record) -> bool:
    if record.kind == _BOOLERR:
        return record.data[7] == 1
    return record.kind == _FORMULA and record.data[12:14] == b"\xff\xff" and record.data[6] == 2


def _workbook_stream(data: bytes) -> bytes:
    sector_bytes = 1 << min(struct.unpack_from("<H", data, 30)[0], 16)
    fat = _fat(data, sector_bytes)
    directory = _chain(data, fat, struct.unpack_from("<I", data, 48)[0], sector_bytes=sector_bytes)
    entries = [directory[i : i + _ENTRY_BYTES] for i in range(0, len(directory) - _ENTRY_BYTES + 1, _ENTRY_BYTES)]
    for wanted in ("Workbook", "Book"):
        for entry in entries:
            if entry[: max(struct.unpack_from("<H", entry, 64)[0] - 2, 0)].decode("utf-16-le", "replace") == wanted:
                return _stream(data, entry, entries[0], fat=fat, sector_bytes=sector_bytes)
    raise DamagedError("no workbook")


def _fat(data: bytes, sector_bytes: int) -> list[int]:
    """Collect the sector table: 109 of its sectors are listed in the header, more in a chain of lists."""
    numbers = list(struct.unpack_from("<109I", data, 76))
    more = struct.unpack_from("<I", data, 68)[0]
    per_sector = sector_bytes // 4
    for _ in range(len(data) // sector_bytes):
        if more >= _FREE:
            break
        listed = struct.unpack(f"<{per_sector}I", _sector(data, more, sector_bytes))
        numbers.extend(listed[:-1])
        more = listed[-1]
    fat: list[int] = []
    for number in numbers:
        if number < _FREE:
            fat.extend(struct.unpack(f"<{per_sector}I", _sector(data, number, sector_bytes)))
    return fat


def _sector(data: bytes, number: int, sector_bytes: int) -> bytes:
    start = max(_HEADER_BYTES, sector_bytes) + number * sector_bytes
    return data[start : start + sector_bytes]


def _chain(data: bytes, fat: list[int], number: int, *, sector_bytes: int) -> bytes:
    parts: list[bytes] = []
    while number < _FREE:
        part = _sector(data, number, sector_bytes)
        if not part or len(parts) > len(fat):
            raise DamagedError("chain")
        parts.append(part)
        number = fat[number]
    return b"".join(parts)


def _stream(data: bytes, entry: bytes, root: bytes, *, fat: list[int], sector_bytes: int) -> bytes:
    start, size = struct.unpack_from("<II", entry, 116)
    if size >= struct.unpack_from("<I", data, 56)[0]:
        found = _chain(data, fat, start, sector_bytes=sector_bytes)
    else:
        store = _chain(data, fat, struct.unpack_from("<I", root, 116)[0], sector_bytes=sector_bytes)
        table = _chain(data, fat, struct.unpack_from("<I", data, 60)[0], sector_bytes=sector_bytes)
        small = list(struct.unpack(f"<{len(table) // 4}I", table))
        head = bytes(max(_HEADER_BYTES, _MINI_BYTES))
        found = _chain(head + store, small, start, sector_bytes=_MINI_BYTES)
    if len(found) < size:
        raise DamagedError("stream")
    return found[:size]
