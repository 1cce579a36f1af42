"""A Word document (.docx) of an article → its facts: paragraphs, numbered lists, tables, words of pictures."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator

from docx import Document
from docx.document import Document as DocxDocument
from docx.opc.exceptions import PackageNotFoundError
from docx.oxml.ns import qn
from docx.text.paragraph import Paragraph
from lxml import etree

from nlp.articles.facts import ArticleFacts, find_account, find_published, trim_head
from nlp.articles.numbering import Numbering
from nlp.articles.text import mark_item, picture_words, plain_line
from nlp.errors import FileError

MAX_UNPACKED_BYTES = 128 * 2**20
MAX_TITLE = 60  # characters; a headline of two lines in large type
ALMOST_NO_TEXT = 30
_BROKEN = (zipfile.BadZipFile, zlib.error, PackageNotFoundError, etree.XMLSyntaxError, EOFError)
_OLE, _ZIP = b"\xd0\xcf\x11\xe0", b"PK"
_SKIPPED = {qn(t) for t in ("w:del", "w:moveFrom", "w:pPr", "w:rPr", "w:tblPr", "w:sectPr", "w:instrText")}
_SKIPPED.add("{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback")
_SHAPE = "{urn:schemas-microsoft-com:vml}shape"


def is_word(data: bytes) -> bool:
    """Say whether the bytes are a zip archive or an old Office file: both may be meant as a document."""
    return data.startswith((_OLE, _ZIP))


def read_docx(data: bytes, name: str) -> ArticleFacts:
    """Read a document; headers, footers, comments and deleted text are left out. Raises FileError."""
    _check_file(data, name)
    try:
        return _read(Document(io.BytesIO(data)))
    except (*_BROKEN, KeyError, ValueError, AttributeError, NotImplementedError, RuntimeError, OSError) as exc:
        # python-docx has no error of its own for parts that contradict each other.
        raise FileError(_broken(name)) from exc


def _read(document: DocxDocument) -> ArticleFacts:
    reader = _Reader(Numbering(document))
    paragraphs = [(p, found) for p in document.paragraphs[:12] if (found := reader.lines_of(p._p))]
    title_lines = _title_of(paragraphs)
    reader = _Reader(Numbering(document))
    lines = tuple(reader.block_lines(document.element.body))
    title = "".join(title_lines)
    if title_lines and lines[: len(title_lines)] == tuple(title_lines):
        rest = lines[len(title_lines) :]
    else:
        at = next((n for n, line in enumerate(lines) if line == title), None)
        rest = lines if at is None else lines[:at] + lines[at + 1 :]
    warnings: tuple[str, ...] = ()
    if reader.wordless and sum(map(len, rest)) < ALMOST_NO_TEXT:
        warnings = (f"正文主要是图片({reader.wordless} 张没有文字说明),没有文字可读",)
    kept = tuple(trim_head(rest, title=title))
    return ArticleFacts(title, kept, find_account(rest), find_published(rest), None, warnings)


def _check_file(data: bytes, name: str) -> None:
    if data.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise FileError(f"{name} 有密码保护;请用 Word 或 WPS 打开,取消密码后另存为 .docx 再导入")
        raise FileError(f"{name} 是旧的 Office 格式(.doc、.wps 等);请用 Word 或 WPS 打开,另存为 .docx 再导入")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            _check_package(package, name)
    except (*_BROKEN, NotImplementedError, RuntimeError, OSError) as exc:
        raise FileError(_broken(name)) from exc


def _broken(name: str) -> str:
    return f"{name} 不是完整的 Word 文档(.docx);可能没有传完,请重新导出或用 Word、WPS 重新另存为 .docx"


def _check_package(package: zipfile.ZipFile, name: str) -> None:
    parts = package.infolist()
    size = sum(part.file_size for part in parts)
    if size > MAX_UNPACKED_BYTES:
        raise FileError(
            f"{name} 解开后过大:最多 {MAX_UNPACKED_BYTES // 2**20} MB,收到 {size // 2**20} MB;请删去大图片后另存"
        )
    names = {part.filename for part in parts}
    if any(part.flag_bits & 1 for part in parts):
        raise FileError(f"{name} 有密码保护;请取消密码后再导入")
    if "word/document.xml" not in names:
        kind = "表格" if any(n.startswith("xl/") for n in names) else "别的压缩文件"
        raise FileError(f"{name} 不是 Word 文档,像是{kind};文章应为 .html、.mhtml 或 .docx")
    for part in parts:
        if part.filename.endswith((".xml", ".rels")):
            with package.open(part) as stream:
                if b"<!DOCTYPE" in stream.read(4096).upper():
                    raise FileError(f"{name} 里有实体定义(DOCTYPE),Word 文档不会有它,为安全起见不读;请重新另存")


def _title_of(paragraphs: list[tuple[Paragraph, list[str]]]) -> list[str]:
    """Return the lines of the title: style Title, a first heading, a short centred, bold or short first paragraph."""
    styled = [(_style_name(p), lines) for p, lines in paragraphs]
    titles = [lines for style, lines in styled if style in {"title", "标题"}]
    if titles:
        return [line for lines in titles for line in lines]
    heading = next((lines for style, lines in styled[:3] if style in {"heading 1", "标题 1"}), None)
    if heading:
        return heading
    short = [(p, lines) for p, lines in paragraphs[:3] if len("".join(lines)) <= MAX_TITLE]
    marked = next((lines for p, lines in short if _stands_out(p) and not lines[-1].endswith(("。", ";", "；"))), None)
    if marked:
        return marked
    first = paragraphs[0][1] if paragraphs else []
    return first if len("".join(first)) <= MAX_TITLE and not "".join(first).endswith(("。", ":", "：")) else []


def _style_name(paragraph: Paragraph) -> str:
    style = paragraph.style
    return (style.name or "").lower() if style is not None else ""


def _stands_out(paragraph: Paragraph) -> bool:
    runs = [run for run in paragraph.runs if run.text.strip()]
    return str(paragraph.alignment or "").startswith("CENTER") or (bool(runs) and all(run.bold for run in runs))


class _Reader:
    """Walks a document in order; counts pictures without words."""

    def __init__(self, numbering: Numbering) -> None:
        self.numbering = numbering
        self.wordless = 0

    def block_lines(self, parent: etree._Element) -> Iterator[str]:
        """Yield the lines of paragraphs and tables, those inside content controls too."""
        for node in parent:
            if node.tag == qn("w:p"):
                yield from self.lines_of(node)
            elif node.tag == qn("w:tbl"):
                yield from self._table_lines(node)
            elif node.tag not in _SKIPPED and isinstance(node.tag, str):
                yield from self.block_lines(node)

    def lines_of(self, paragraph: etree._Element) -> list[str]:
        mark = self.numbering.mark_of(paragraph)
        lines = [line for part in "".join(self._pieces(paragraph)).split("\n") if (line := plain_line(part))]
        return [mark_item(mark, lines[0]), *lines[1:]] if lines and mark else lines

    def _pieces(self, node: etree._Element) -> Iterator[str]:
        for child in node:
            tag = child.tag
            if tag in _SKIPPED or (tag == qn("w:r") and child.find(f"{qn('w:rPr')}/{qn('w:vanish')}") is not None):
                continue
            if tag == qn("w:t"):
                yield child.text or ""
            elif tag in {qn("w:tab"), qn("w:ptab")}:
                yield " "
            elif tag in {qn("w:br"), qn("w:cr")}:
                yield "\n"
            elif tag == qn("wp:docPr"):
                yield self._picture(child.getparent(), child.get("descr"), child.get("title"))
            elif tag == qn("w:p"):
                yield "\n" + "\n".join(self.lines_of(child)) + "\n"
            elif tag == qn("w:tbl"):
                yield "\n" + "\n".join(self._table_lines(child)) + "\n"
            else:
                if tag == _SHAPE and "textbox" not in "".join(str(n.tag) for n in child):
                    yield self._picture(child, child.get("alt"))
                yield from self._pieces(child)

    def _picture(self, holder: etree._Element, *words: str | None) -> str:
        if any(True for _ in holder.iter(qn("w:txbxContent"))):
            return ""
        found = picture_words(*words)
        self.wordless += not found
        return found

    def _table_lines(self, table: etree._Element) -> Iterator[str]:
        for row in table.iter(qn("w:tr")):
            if next(row.iterancestors(qn("w:tbl"))) is not table:
                continue
            cells = [list(self.block_lines(cell)) for cell in row.iter(qn("w:tc")) if _is_own(cell, row)]
            if len(cells) == 1:
                yield from cells[0]
            elif any(cells):
                yield "|".join(" ".join(lines) for lines in cells).rstrip("|")


def _is_own(cell: etree._Element, row: etree._Element) -> bool:
    """Say whether a cell is of this row (not of a table inside it) and not the rest of one merged from above."""
    merged = cell.find(f"{qn('w:tcPr')}/{qn('w:vMerge')}")
    continued = merged is not None and merged.get(qn("w:val"), "continue") == "continue"
    return next(cell.iterancestors(qn("w:tr"))) is row and not continued
