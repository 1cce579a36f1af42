"""Tables in pages and in XML workbooks of 2003, which many systems hand out under the ending .xls.

Nothing outside the file is read: no network, no external entity.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from lxml import etree, html

from nlp.errors import FileError
from nlp.tables.grid import Grid, GridRow, Merge, plain_cell

CUT_OFF = "网页表格在这里断了(没有 </table>,可能没有下载完),后面的行都没有读到;请重新导出"
MAX_SPAN = 1000  # a wider or longer span is a slip; HTML itself caps colspan at 1000
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_SS = "{urn:schemas-microsoft-com:office:spreadsheet}"


def html_grids(text: str, name: str) -> list[Grid]:
    """Read every table that holds no other table; where the page breaks off in one, its last row has an error.

    Raises FileError where the page has no table.
    """
    parser = html.HTMLParser(no_network=True, remove_comments=True, remove_pis=True)
    try:
        page = html.document_fromstring(_DECLARATION.sub("", text), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as exc:
        raise FileError(f"{name} 其实是网页,读不出来;请重新导出为 .xlsx") from exc
    tables = [t for t in page.iter("table") if next(t.iterdescendants("table"), None) is None]
    if not tables:
        raise FileError(f"{name} 其实是网页,里面没有表格(可能是登录过期);请重新登录系统导出 .xlsx")
    for element in page.iter("br"):
        element.tail = "\n" + (element.tail or "")
    grids = [_html_grid(t, f"表{n}" if len(tables) > 1 else None) for n, t in enumerate(tables, 1)]
    markup = text.lower()
    if markup.rfind("</table") < markup.rfind("<table"):
        grids[-1] = _cut_off(grids[-1], in_row=re.search(r"<t[dh]\b", markup[markup.rfind("</tr") + 1 :]) is not None)
    return grids


def _cut_off(grid: Grid, *, in_row: bool) -> Grid:
    """Mark the row in which the page breaks off, or add an empty one where it breaks off between rows."""
    rows = list(grid.rows)
    last = rows.pop() if in_row and rows else GridRow(len(rows) + 1, [])
    return replace(grid, rows=[*rows, last._replace(error=CUT_OFF)])


def _html_grid(table: Any, sheet: str | None) -> Grid:
    rows: list[GridRow] = []
    merges: list[Merge] = []
    taken: dict[int, int] = {}  # column → last line that a cell from above still covers
    for line, tr in enumerate(table.iter("tr"), 1):
        cells: list[Any] = []
        for cell in tr.iterchildren("td", "th"):
            while taken.get(len(cells), 0) >= line:
                cells.append("")
            wide, high = _span(cell.get("colspan")), _span(cell.get("rowspan"))
            at = len(cells)
            if wide > 1 or high > 1:
                merges.append(Merge(line, at, line + high - 1, at + wide - 1))
                taken.update(dict.fromkeys(range(at, at + wide), line + high - 1))
            cells.extend([_text(cell), *[""] * (wide - 1)])
        rows.append(GridRow(line, cells))
    return Grid(sheet, rows, tuple(merges))


def _span(value: str | None) -> int:
    return max(1, min(_whole(value, 1), MAX_SPAN))


def _whole(value: str | None, default: int) -> int:
    return int(value) if value and value.isascii() and value.isdigit() and len(value) < 8 else default


def _text(cell: Any) -> str:
    lines = re.sub(r"[ \t\r\xa0]+", " ", cell.text_content()).split("\n")
    return "\n".join(line.strip() for line in lines if line.strip())


def workbook_xml_grids(data: bytes, name: str) -> list[Grid]:
    """Read the sheets of an XML Spreadsheet 2003. Raises FileError where it is cut off or damaged."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
    try:
        book = etree.fromstring(data, parser=parser)
    except (etree.XMLSyntaxError, ValueError) as exc:
        raise FileError(f"{name} 是 XML 表格,但不完整;请重新导出,或用 WPS、Excel 另存为 .xlsx") from exc
    return [_xml_grid(s) for s in book.iter(f"{_SS}Worksheet") if not _is_hidden(s)]


def _is_hidden(sheet: Any) -> bool:
    return any(e.text in ("SheetHidden", "SheetVeryHidden") for e in sheet.iter("{*}Visible"))


def _xml_grid(sheet: Any) -> Grid:
    rows: list[GridRow] = []
    merges: list[Merge] = []
    broken: set[tuple[int, int]] = set()
    line = 0
    for row in sheet.iter(f"{_SS}Row"):
        line = _whole(row.get(f"{_SS}Index"), line + 1)
        cells: list[Any] = []
        for cell in row.iterchildren(f"{_SS}Cell"):
            at = _whole(cell.get(f"{_SS}Index"), len(cells) + 1) - 1
            cells.extend([""] * min(at - len(cells), MAX_SPAN))
            wide, high = (min(_whole(cell.get(f"{_SS}Merge{d}"), 0), MAX_SPAN) for d in ("Across", "Down"))
            if wide or high:
                merges.append(Merge(line, len(cells), line + high, len(cells) + wide))
            value = _xml_value(cell.find(f"{_SS}Data"))
            if value is None and (cell.get(f"{_SS}Formula") or cell.find(f"{_SS}Data") is not None):
                broken.add((line, len(cells)))
            cells.extend([value, *[""] * wide])
        rows.append(GridRow(line, cells))
    return Grid(sheet.get(f"{_SS}Name"), rows, tuple(merges), frozenset(broken))


def _xml_value(data: Any) -> Any:
    if data is None:
        return None
    value, kind = "".join(data.itertext()), data.get(f"{_SS}Type")
    if kind == "Error":
        return None
    if kind != "Number":
        return value.removesuffix(".000") if kind == "DateTime" else value
    try:
        return plain_cell(float(value))
    except ValueError:
        return value
