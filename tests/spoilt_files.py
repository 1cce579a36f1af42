"""Exports as offices really send them when something went wrong: made here, small, none of them anybody's data."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import xlwt
from docx import Document
from msoffcrypto.format.ooxml import OOXMLFile
from openpyxl import Workbook

HEADER = ("工单编号", "受理时间", "诉求内容")
SHEET_NS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_FIRST_ROW = "".join(f'<c r="{c}1" t="inlineStr"><is><t>{n}</t></is></c>' for c, n in zip("ABC", HEADER, strict=True))


def write_spoilt(folder: Path) -> dict[str, str]:
    """Write the files; gives {file name: part of the message that refuses it, "" where rows are read}."""
    expected = {}
    for name, (make, message) in FILES.items():
        (folder / name).write_bytes(make(name))
        expected[name] = message
    return expected


def rows_of(name: str) -> list[tuple[str, str, str]]:
    """Three rows whose ids say from which file they are."""
    stem = name.replace(".", "-")
    texts = ("楼道里的灯坏了三天没人修", "小区门口的井盖松动", "公交站台的顶棚漏雨")
    return [(f"{stem}-{n}", f"2026/11/{n} 8:30", text) for n, text in enumerate(texts, 1)]


def xlsx_bytes(rows: Sequence[Sequence[object]]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(list(row))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def xls_bytes(rows: Sequence[Sequence[object]], *, password: bool = False) -> bytes:
    book = xlwt.Workbook()
    sheet = book.add_sheet("工单")
    for at, row in enumerate(rows):
        for column, value in enumerate(row):
            sheet.write(at, column, value)
    if not password:
        file = io.BytesIO()
        book.save(file)
        return file.getvalue()
    stream = book.get_biff_data()
    begun = 4 + struct.unpack_from("<H", stream, 2)[0]
    file = io.BytesIO()
    xlwt.CompoundDoc.XlsDoc().save(file, stream[:begun] + struct.pack("<HHH", 0x2F, 2, 0) + stream[begun:])
    return file.getvalue()


def raw_xlsx(rows: Iterator[str], *, padding: int = 0) -> bytes:
    """A workbook of one sheet whose XML is given row by row; `padding` MB of spaces behind it."""
    file = io.BytesIO()
    rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        kinds = "".join(
            f'<Override PartName="/xl/{part}" ContentType="application/vnd.openxmlformats-officedocument.'
            f'spreadsheetml.{kind}+xml"/>'
            for part, kind in (("workbook.xml", "sheet.main"), ("worksheets/sheet1.xml", "worksheet"))
        )
        archive.writestr("[Content_Types].xml", f'<Types xmlns="{package}/content-types">{kinds}</Types>')
        for path, kind, target in (
            ("_rels/.rels", "officeDocument", "xl/workbook.xml"),
            ("xl/_rels/workbook.xml.rels", "worksheet", "worksheets/sheet1.xml"),
        ):
            link = f'<Relationship Id="r1" Type="{rel}/{kind}" Target="{target}"/>'
            archive.writestr(path, f'<Relationships xmlns="{package}/relationships">{link}</Relationships>')
        sheets = '<sheets><sheet name="工单" sheetId="1" r:id="r1"/></sheets>'
        archive.writestr("xl/workbook.xml", f'<workbook xmlns="{SHEET_NS}" xmlns:r="{rel}">{sheets}</workbook>')
        with archive.open("xl/worksheets/sheet1.xml", "w") as part:
            part.write(f'<worksheet xmlns="{SHEET_NS}"><sheetData><row r="1">{_FIRST_ROW}</row>'.encode())
            for row in rows:
                part.write(row.encode())
            part.write(b"</sheetData>")
            for _ in range(padding):
                part.write(b" " * 2**20)
            part.write(b"</worksheet>")
    return file.getvalue()


def html_bytes(name: str, *, encoding: str = "gb18030") -> bytes:
    cells = "".join("<tr>" + "".join(f"<td>{c}</td>" for c in row) + "</tr>" for row in (HEADER, *rows_of(name)))
    return f"<html><head><title>导出</title></head><body><table border=1>{cells}</table></body></html>".encode(encoding)


def workbook_xml(name: str) -> bytes:
    rows = "".join(
        "<Row>" + "".join(f'<Cell><Data ss:Type="String">{c}</Data></Cell>' for c in row) + "</Row>"
        for row in (HEADER, *rows_of(name))
    )
    ns = "urn:schemas-microsoft-com:office:spreadsheet"
    return (
        f'<?xml version="1.0"?><Workbook xmlns="{ns}" xmlns:ss="{ns}"><Worksheet ss:Name="工单">'
        f"<Table>{rows}</Table></Worksheet></Workbook>"
    ).encode()


def _table(name: str) -> list[tuple[str, ...]]:
    return [HEADER, *rows_of(name)]


def _csv(name: str) -> str:
    return "".join(",".join(row) + "\n" for row in _table(name))


def _locked_xlsx(name: str) -> bytes:
    file = io.BytesIO()
    OOXMLFile(io.BytesIO(xlsx_bytes(_table(name)))).encrypt("123456", file)
    return file.getvalue()


def _raw_rows(name: str) -> str:
    return "".join(
        f'<row r="{line}">'
        + "".join(f'<c r="{c}{line}" t="inlineStr"><is><t>{v}</t></is></c>' for c, v in zip("ABC", row, strict=True))
        + "</row>"
        for line, row in enumerate(rows_of(name), 2)
    )


def _million_rows(name: str) -> bytes:
    def rows() -> Iterator[str]:
        yield _raw_rows(name)
        for start in range(5, 1_048_577, 1000):
            lines = range(start, min(start + 1000, 1_048_577))
            yield "".join(f'<row r="{n}" s="1"><c r="A{n}" s="1"/><c r="B{n}" s="1"/></row>' for n in lines)

    return raw_xlsx(rows())


def _far_cell(name: str) -> bytes:
    return raw_xlsx(iter([_raw_rows(name), '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>']))


def _formulas(name: str) -> bytes:
    first, second, third = rows_of(name)
    rows = [HEADER, first, (second[0], second[1], "=A2&B2"), (third[0], third[1], "#REF!")]
    book = Workbook()
    for row in rows:
        book.active.append(list(row))
    book.active["C4"].data_type = "e"
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _docx(_: str) -> bytes:
    document = Document()
    document.add_paragraph("工单情况说明")
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def _zip(name: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("十一月.csv", _csv(name))
    return file.getvalue()


def _bad_bytes(name: str) -> bytes:
    return _csv(name).encode() + b"\xff\xff\xff\n"


def _constant(data: bytes) -> Callable[[str], bytes]:
    return lambda _: data


FILES: dict[str, tuple[Callable[[str], bytes], str]] = {
    "没下载完.xlsx": (lambda n: xlsx_bytes(_table(n))[:3000], "不是完整的 Excel 文件"),
    "没下载完.xls": (lambda n: xls_bytes(_table(n))[:3000], "不是完整的 Excel 文件"),
    "加密.xlsx": (_locked_xlsx, "有密码保护"),
    "加密.xls": (lambda n: xls_bytes(_table(n), password=True), "有密码保护"),
    "压缩炸弹.xlsx": (lambda n: raw_xlsx(iter([_raw_rows(n)]), padding=80), "为安全起见没有打开"),
    "百万空行.xlsx": (_million_rows, ""),
    "远处一格.xlsx": (_far_cell, "零星的内容"),
    "公式.xlsx": (_formulas, ""),
    "网页.xls": (html_bytes, ""),
    "网页.csv": (lambda n: html_bytes(n, encoding="utf-8"), ""),
    "登录页.xls": (_constant("<!DOCTYPE html><html><body>请登录</body></html>".encode()), "登录过期"),
    "旧式XML.xls": (workbook_xml, ""),
    "旧式XML没下载完.xls": (lambda n: workbook_xml(n)[:-60], "不完整"),
    "改名.csv": (lambda n: xlsx_bytes(_table(n)), ""),
    "改名.xls": (lambda n: xlsx_bytes(_table(n)), ""),
    "改名.xlsx": (lambda n: xls_bytes(_table(n)), ""),
    "文本.xls": (lambda n: _csv(n).replace(",", "\t").encode("gb18030"), ""),
    "截图.xlsx": (_constant(b"\x89PNG\r\n\x1a\n" + bytes(200)), "是图片"),
    "说明.xlsx": (_docx, "Word"),
    "压缩包.xlsx": (_zip, "请解压后导入"),
    "压缩包.xls": (_constant(b"Rar!\x1a\x07\x01\x00" + bytes(100)), "请解压后导入"),
    "扫描件.xlsx": (_constant(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), "PDF"),
    "空.csv": (_constant(b""), "空文件"),
    "乱码.csv": (_bad_bytes, "文字编码读不出来"),
    "引号.csv": (lambda n: (_csv(n) + 'x-1,2026/11/4,"没有右引号\nx-2,,灯坏了\n').encode(), "引号没有闭合"),
    "科学计数.csv": (lambda n: (_csv(n) + "2.01E+17,2026/11/4,路面塌陷\n").encode("gb18030"), ""),
    "国标.csv": (lambda n: f"某街道工单,,\n{_csv(n)}合计,,3\n".encode("gb18030"), ""),
    "万国码.csv": (lambda n: _csv(n).encode("utf-16"), ""),
    "没有表头.xlsx": (lambda n: xlsx_bytes(rows_of(n)), "找不到认识的表头"),
}
