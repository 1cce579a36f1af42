"""The error sheet of an import and the workbook of a check. Ids are text, no formula runs, no raw row is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font

from nlp.errors import FileError, RowError
from nlp.headers import shown_names
from nlp.privacy import mask
from nlp.tables import write_rows
from nlp.tables.writers import MAX_CELL
from serving.importing.kinds import KIND_NAMES, UNREAD, Kind
from serving.importing.plan import Source
from serving.importing.report import SourceReport
from serving.wording import name_of

Row = Mapping[str, str]
WIDTHS = {
    "文件": 28,
    "原因": 60,
    "怎么办": 50,
    "说明": 60,
    "内容": 60,
    "答复": 60,
    "列": 40,
    "不用的列": 40,
    "标题": 30,
}
# Our messages say first what is wrong, then what to do.
_STEPS = (";请", "；请", "。请", ";可", ";应")


def write_errors(path: Path, files: Sequence[SourceReport], sources: Sequence[Source], previews: Sequence[Row]) -> None:
    """Write .xlsx: sums, bad rows, skipped rows, and previews where there are any; any other table: the bad rows.

    Raises FileError where the file cannot be written.
    """
    if path.suffix.lower() != ".xlsx":
        rows = [{"file": f.name, "sheet": f.sheet, **_safe(e)} for f in files for e in f.errors]
        rows += [
            {"file": f.name, "sheet": f.sheet, "id": None, "line": None, "error": f.message}
            for f in files
            if f.is_bad and f.message
        ]
        write_rows(path, rows)
        return
    views = {(s.name, s.shown_sheet): s for s in sources}
    book = Workbook(write_only=True)
    _add(book, "汇总", [_summary(f, views.get((f.name, f.sheet))) for f in files])
    _add(book, "有误的行", [_error(f, e) for f in files for e in f.errors])
    _add(book, "跳过的行", [_skipped(f, line, why) for f in files for line, why in f.skipped_lines])
    if previews:
        _add(book, "预览", previews)
    try:
        book.save(path)
    except OSError as exc:
        raise FileError(f"写不了 {path.name};请关闭正在打开它的程序,或换一个文件名") from exc


def counted(reasons: Mapping[str, int]) -> str:
    """Return reasons with their counts: 合计行 2、表头重复 1."""
    return "、".join(f"{reason} {count}" for reason, count in reasons.items())


def _summary(file: SourceReport, source: Source | None) -> Row:
    view = None if source is None else source.view
    used, unused = ("", "") if source is None else _columns(source)
    hints = file.hints
    return {
        "文件": file.name,
        "工作表": file.sheet,
        "结果": file.result,
        "认作": KIND_NAMES[Kind(file.kind)] if file.kind else "",
        "渠道或账号": name_of(file.channel, "channel"),
        "表头行": "" if view is None else str(view.header_line),
        "列": used,
        "不用的列": unused,
        "行数": str(file.rows),
        "可用": str(file.created + file.known),
        "跳过": str(file.skipped.total()),
        "有误": str(file.error_count),
        "说明": ";".join(text for text in (file.message, counted(file.notes), counted(file.skipped), *hints) if text),
    }


def _columns(source: Source) -> tuple[str, str]:
    """Name the columns that are read, each with its field, and those that are not, as far as they may be shown."""
    headers = () if source.view is None else source.view.headers
    columns = {i: field for i, field in source.columns.items() if field not in UNREAD}
    used = "、".join(f"{mask(str(headers[i])).masked}→{field}" for i, field in columns.items())
    others = ["" if i in columns else h for i, h in enumerate(headers)]
    return used, shown_names(others) if any(str(h).strip() for h in others) else ""


def _error(file: SourceReport, error: RowError) -> Row:
    reason, advice = _split(error.message)
    return {**_at(file, error.line), "编号": mask(error.row_id or "").masked, "原因": reason, "怎么办": advice}


def _skipped(file: SourceReport, line: int, why: str) -> Row:
    return {**_at(file, line), "原因": why}


def _at(file: SourceReport, line: int | None) -> Row:
    return {"文件": file.name, "工作表": file.sheet, "行号": "" if line is None else str(line)}


def _split(message: str) -> tuple[str, str]:
    at = min((i for step in _STEPS if (i := message.find(step)) >= 0), default=-1)
    if at < 0:
        return message, "请改正这一行后重新导入"
    return message[:at], message[at + 1 :]


def _safe(error: RowError) -> dict[str, str | int | None]:
    return {**error.to_json(), "id": None if error.row_id is None else mask(error.row_id).masked}


def _add(book: Workbook, title: str, rows: Sequence[Row]) -> None:
    sheet = book.create_sheet(title)
    columns = list(dict.fromkeys(name for row in rows for name in row))
    for at, name in enumerate(columns):
        sheet.column_dimensions[chr(ord("A") + at)].width = WIDTHS.get(name, 14)
    sheet.freeze_panes = "A2"
    if not rows:
        sheet.append(["没有"])
        return
    sheet.append([_cell(sheet, name, bold=True) for name in columns])
    for row in rows:
        sheet.append([_cell(sheet, row.get(name, "")) for name in columns])


def _cell(sheet: object, value: str, *, bold: bool = False) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", value)[:MAX_CELL])
    cell.data_type = "s"
    cell.number_format = "@"
    cell.alignment = Alignment(vertical="top", wrap_text=True)
    cell.font = Font(bold=bold)
    return cell
