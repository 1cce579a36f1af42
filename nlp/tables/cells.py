"""What one row of a table says: values by field, or why it is refused or no data."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from nlp.headers import plain_header
from nlp.tables.grid import Grid, GridRow, Merge, TableRow, is_blank
from nlp.tables.header import Fields, Header
from nlp.tables.moments import TIMES, join_times, read_moment, split_times
from nlp.tables.years import Years, columns_of_days

FOLDED = TIMES | {"id", "request", "phone", "likes", "dislikes", "returned"}
CONTENT = ("text", "title", "body")
MAX_EXACT = 10**15  # a spreadsheet keeps 15 digits of a number

_EXPONENT = re.compile(r"^\d(\.\d+)?[eE]\+?\d{2}$")
_TOTAL = re.compile(r"^(本页|本月|本周|本日|全部)?(合计|总计|小计|共计|累计|汇总|总数)([::].*)?$")
_SUM = re.compile(r"^(本页|本月|本周|本日|全部)?(合计|总计|小计|共计|累计)$")
_DITTO = re.compile(r"^[(（]?(同上|同前|同上述|同上条|同上一条)[)）。.]?$")
_FOOTER = re.compile(
    r"^(制表人?|制表单位|填报人?|填报单位|填表人?|填表单位|审核人?|审批人?|复核人?|负责人|单位负责人|经办人|"
    r"制表时间|制表日期|填报时间|填报日期|打印时间|打印人|导出时间|导出人|统计时间|统计人)[::]"
)
_NOTE = re.compile(r"^(备注|注|说明|填表说明|填报说明|数据来源)[::]")
_PAGE = re.compile(r"^[-—(\s]*第\s*\d+\s*页.*$|^\d+\s*/\s*\d+\s*页?$")
_END = re.compile(r"^[-—(\s]*以下(空白|无正文|为空)[-—)\s]*$")
_COUNT = re.compile(r"^共?\s*\d{1,7}\s*[件条个份]?$")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_OWN_WORDS = 8  # Chinese characters after the colon from which 说明:… may be what somebody says
_REASONS = (
    (_TOTAL, "合计行,不是诉求"),
    (_FOOTER, "表尾的制表、审核信息"),
    (_NOTE, "表内的说明文字"),
    (_PAGE, "页码"),
    (_END, "「以下空白」的标记"),
)
RUINED_ID = "编号被表格软件改成了科学计数或截断了末位,无法还原;请把编号列设为文本后重新导出"


def read_body(
    grid: Grid, rows: Iterator[GridRow], header: Header, *, fields: Fields, file: str = ""
) -> Iterator[TableRow]:
    """Name the cells of the rows after the header; rows that hold nothing are left out. `file`: its name."""
    below: dict[int, Merge] = {}
    kept: dict[int, Any] = {}
    starts: dict[int, list[Merge]] = {}
    body = _Body(grid, header, fields, split_times(header, fields), Years(grid, header, file=file))
    for merge in grid.merges:
        if merge.bottom > merge.top and merge.top > header.bottom:
            starts.setdefault(merge.top, []).append(merge)
    for row in rows:
        if row.line <= header.bottom:
            continue
        blank = all(is_blank(c) for c in row.cells)
        for merge in starts.get(row.line, ()):
            below[merge.left] = merge
            kept[merge.left] = row.cells[merge.left] if merge.left < len(row.cells) else None
        if row.error and blank:
            yield TableRow(row.line, {}, row.error, grid.sheet)
        if blank:
            continue
        first = next(i for i, cell in enumerate(row.cells) if not is_blank(cell))
        yield body.read(_filled_down(row, below, kept), first)


def _filled_down(row: GridRow, below: Mapping[int, Merge], kept: Mapping[int, Any]) -> GridRow:
    """Repeat a value that is merged downwards, within its merge only."""
    live = {left: kept[left] for left, merge in below.items() if merge.top < row.line <= merge.bottom}
    if not live:
        return row
    cells = row.cells + [""] * (max(live) + 1 - len(row.cells))
    return row._replace(cells=[live[i] if i in live and is_blank(c) else c for i, c in enumerate(cells)])


class _Body:
    """What the rows of one sheet share."""

    def __init__(self, grid: Grid, header: Header, fields: Fields, halves: Mapping[str, int], years: Years) -> None:
        self._grid, self._header, self._fields, self._halves, self._years = grid, header, fields, halves, years
        self._days = columns_of_days(header, halves)

    def read(self, row: GridRow, first: int) -> TableRow:
        """Read a row. `first`: its first cell that holds something of its own, not merged down from above."""
        grid, header = self._grid, self._header
        values = self._named(row, header.columns.items())
        skipped = _reason_to_skip(row, values, header, fields=self._fields, first=first)
        if skipped and not row.error:
            return TableRow(row.line, values, sheet=grid.sheet, skipped=skipped)
        if self._halves:
            values = join_times(values, self._named(row, ((i, field) for field, i in self._halves.items())))
        error = row.error or _ruined(values) or _without_result(grid, row, values, header)
        error = error or _too_wide(grid, row, header) or _ditto(values)
        return TableRow(row.line, values, error, grid.sheet)

    def _named(self, row: GridRow, places: Iterable[tuple[int, str]]) -> dict[str, Any]:
        return {
            field: self._value(i, field, row.cells[i])
            for i, field in places
            if i < len(row.cells) and not is_blank(row.cells[i])
        }

    def _value(self, column: int, field: str, cell: Any) -> Any:
        value = _value(field, cell, date1904=self._grid.date1904)
        return self._years.complete(value) if column in self._days else value


def _value(field: str, cell: Any, *, date1904: bool) -> Any:
    if field not in FOLDED:
        return cell
    if isinstance(cell, str):
        cell = unicodedata.normalize("NFKC", cell).strip().lstrip("'")
    return read_moment(cell, date1904=date1904) if field in TIMES else cell


def _ruined(values: Mapping[str, Any]) -> str | None:
    row_id = values.get("id")
    if isinstance(row_id, (int, float)) and abs(row_id) >= MAX_EXACT:
        return RUINED_ID
    return RUINED_ID if isinstance(row_id, str) and _EXPONENT.match(row_id) else None


def _ditto(values: Mapping[str, Any]) -> str | None:
    """Refuse a row that only says "as above": whoever reads it alone does not know what it is about."""
    said = [str(values[name]).strip() for name in CONTENT if name in values]
    if not said or not all(map(_DITTO.match, said)):
        return None
    return f"「{said[0]}」不能当内容;请写明是什么事,再重新导入"


def _without_result(grid: Grid, row: GridRow, values: Mapping[str, Any], header: Header) -> str | None:
    """Refuse a row whose id or text is an error or a formula never worked out; other such cells count as empty."""
    if not grid.broken:
        return None
    for i, field in header.columns.items():
        needed = field == "id" or (field in CONTENT and not any(values.get(name) for name in CONTENT))
        if needed and (row.line, i) in grid.broken:
            return (
                f"「{header.names[i]}」一格是公式错误(如 #REF!、#N/A)或没有算出结果的公式;"
                "请用 WPS 或 Excel 打开、改好并保存后再导入"
            )
    return None


def _too_wide(grid: Grid, row: GridRow, header: Header) -> str | None:
    extra = row.cells[len(header.names) :]
    if not grid.strict_width or len(header.names) < 2 or all(is_blank(c) for c in extra):
        return None
    return f"这一行比表头多出 {len(extra)} 格,可能是内容里有没加引号的逗号;请给内容加上引号,或另存为 .xlsx 再导入"


def _reason_to_skip(
    row: GridRow, values: Mapping[str, Any], header: Header, *, fields: Collection[str], first: int
) -> str | None:
    """Say why a row is no data; never for one that has a text or title of its own, but for sums."""
    if _repeats_header(row, header):
        return "重复的表头"
    if not any(name in fields for name in CONTENT):
        return None
    if row.line == header.bottom + 1 and _counts_columns(row):
        return "列号行"
    reason = _said_by(row.cells[first])
    if reason:
        own = {field: row.cells[i] for i, field in header.columns.items() if i != first and field in values}
        content = [own[name] for name in CONTENT if name in own]
        row_id = own.get("id")
        numbered = row_id is not None and not _said_by(row_id)
        if reason.startswith("合计") and _COUNT.match(str(row_id).strip()):
            numbered = False
        spoken = header.columns.get(first) in CONTENT and (own or len(header.columns) == 1)
        if spoken and len(_HAN.findall(re.split("[::]", str(row.cells[first]), maxsplit=1)[-1])) >= _OWN_WORDS:
            return None
        if not numbered and _is_sum(row.cells[first]) and header.columns.get(first) not in CONTENT:
            return reason
        if not numbered and all(_COUNT.match(str(cell).strip()) or _said_by(cell) for cell in content):
            return reason
    return None if values else "没有填写内容的行"


def _is_sum(cell: Any) -> bool:
    return _SUM.match(re.sub(r"\s+", "", str(cell))) is not None


def _said_by(cell: Any) -> str | None:
    """Give the reason where a cell is the label of a total or a footer."""
    compact = re.sub(r"\s+", "", unicodedata.normalize("NFKC", str(cell)))
    return next((reason for pattern, reason in _REASONS if pattern.match(compact)), None)


def _repeats_header(row: GridRow, header: Header) -> bool:
    """Say whether a row is the header again; the first cell decides most rows without a look at the others."""
    first = next(i for i, cell in enumerate(row.cells) if not is_blank(cell))
    folded = plain_header(row.cells[first])
    for level in header.repeated:
        if len(level) > first and level[first] == folded and sum(map(bool, level)) > 1:
            width = max(len(level), len(row.cells))
            cells = ["" if is_blank(c) else plain_header(c) for c in row.cells] + [""] * (width - len(row.cells))
            if cells == [*level, *[""] * (width - len(level))]:
                return True
    return False


def _counts_columns(row: GridRow) -> bool:
    cells = [str(c).strip() for c in row.cells if not is_blank(c)]
    return len(cells) > 3 and cells == [str(n) for n in range(1, len(cells) + 1)]
