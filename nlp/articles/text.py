"""The text a reader sees of HTML, as lines: blocks, lists, tables and the words that stand for pictures."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import nh3
from lxml import etree, html

from nlp.errors import FileError
from nlp.records import clean_text

MAX_DEPTH = 200  # libxml2 drops what lies below 256 levels without a word
MAX_LAYOUT_CELL = 300  # a cell with more characters lays out a page, it is no cell of data

_BLOCK_TAGS = (
    "address article aside blockquote caption center dd details div dl dt fieldset figcaption figure footer form h1 h2"
    " h3 h4 h5 h6 header hr legend li main nav ol p pre section summary table tbody tfoot thead tr td th ul"
)
_INLINE_TAGS = "a abbr b br code em font i img label meta small span strong sub sup time title u"
_SILENT_TAGS = "script style noscript template iframe object embed video audio canvas select option textarea button"
_BLOCKS, _INLINE = frozenset(_BLOCK_TAGS.split()), frozenset(_INLINE_TAGS.split())
_NO_TEXT = frozenset(_SILENT_TAGS.split())
_KEPT_ATTRIBUTES = {"id", "class", "style", "hidden", "name", "property", "content", "alt", "title", "data-alt"}
_KEPT_ATTRIBUTES |= {"datetime", "start"}
_VOID = frozenset(["br", "hr", "img", "meta"])

_TAG = re.compile(r"<(/?)([a-z0-9]+)")
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_INLINE_STYLE = re.compile(r"display\s*:\s*inline", re.IGNORECASE)
_UNMARKED = re.compile(r"list-style(?:-type)?\s*:\s*none", re.IGNORECASE)

_INVISIBLE = re.compile("[\u00ad\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
_PICTOGRAM = "\u2190-\u2bff\ufe0f\U0001f000-\U0001faff"
_LONE_JOINER = re.compile(f"(?<![{_PICTOGRAM}])\u200d|\u200d(?![{_PICTOGRAM}])")
_WIDE = "\u2018-\u201f\u2026\u3001-\u303f\u3400-\u9fff\uff00-\uffef"
_FOLDED = re.compile(rf"(?<=[{_WIDE},;:!?)])[ \t]*[\r\n]\s*(?=[{_WIDE}])")
_OWN_MARK = re.compile(r"[·•●○◆■▪※\-–—]|[(（]?(?:\d{1,2}|[一二三四五六七八九十]{1,3})[.、)）．]|[①-⑳]")

_FILE_NAME = re.compile(
    r"\.(?:jpe?g|png|gif|webp|bmp|svg)$|^(?:img|dsc|image|mmexport|wx_?img)[_\-\s]?\d*$", re.IGNORECASE
)
_NO_WORDS = "图片 图 配图 插图 图像 照片 image img picture photo 封面 cover_image 图片描述 请输入图片描述"
_EMPTY_ALT = frozenset(_NO_WORDS.split())
_SYMBOL_ALT = re.compile(rf"\[[^\[\]]{{1,6}}\]|[{_PICTOGRAM}\u200d]+")
_ACTIVE_TAG = re.compile(r"<(?=\s*/?\s*(?:script|style|iframe|object|embed|svg|link|meta|base))", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader sees: lines without blank ones, and how many pictures have no words."""

    lines: tuple[str, ...]
    wordless_pictures: int = 0


def parse_html(source: str, *, name: str | None = None) -> html.HtmlElement:
    """Clean with nh3 and parse; no script, style, comment, link or hidden element is left.

    name: the file, for the refusal; without one (the cell of a table) what is nested too deeply is read flat instead
    Raises FileError where it is nested more than MAX_DEPTH levels deep.
    """
    cleaned = _clean(source, _BLOCKS | _INLINE)
    if _depth(cleaned) > MAX_DEPTH:
        if name is not None:
            raise FileError(f"{name} 的层次过深:网页最多 {MAX_DEPTH} 层;请在浏览器中打开原文,重新另存为网页")
        cleaned = _clean(source, frozenset({"p", "br"}))
    parser = html.HTMLParser(no_network=True, huge_tree=False, encoding="utf-8")
    root: html.HtmlElement = html.fromstring(f"<div>{cleaned}</div>".encode(), parser=parser)
    for element in list(root.iter()):
        if element is not root and (element.get("hidden") is not None or _HIDDEN.search(element.get("style", ""))):
            _drop_unless_body(element)
    return root


def read_element(element: html.HtmlElement) -> Reading:
    """Return the lines of an element of `parse_html`.

    A block is a line, a list item begins with "· " or its number, a row of a table is a line of cells with "|" between
    them, a picture with words is 〔图:words〕.
    """
    page = _Page()
    for event, node in etree.iterwalk(element, events=("start", "end")):
        if event == "start":
            page.open(node)
        else:
            page.close(node)
            if node is not element:
                page.say(node.tail)
    page.sinks[0].break_line()
    return Reading(tuple(page.sinks[0].lines), page.wordless)


def plain_line(value: str) -> str:
    """Make one line: invisible characters out, white space folded (none between Chinese where HTML wraps)."""
    text = _LONE_JOINER.sub("", _INVISIBLE.sub("", value))
    return disarm(re.sub(r"\s+", " ", _FOLDED.sub("", clean_text(text)))).strip()


def disarm(value: str) -> str:
    """Write the "<" of what looks like an active tag as "＜": a body is never taken for markup again."""
    return _ACTIVE_TAG.sub("＜", value)


def picture_words(*candidates: str | None) -> str:
    """Return 〔图:words〕 of the first text that says something, the symbol itself of an emoji, or ""."""
    for candidate in candidates:
        words = plain_line(candidate or "")
        if not words or words.lower() in _EMPTY_ALT or _FILE_NAME.search(words):
            continue
        return words if _SYMBOL_ALT.fullmatch(words) else f"〔图:{words}〕"
    return ""


def mark_item(mark: str, text: str) -> str:
    """Put the mark of a list item before its text, unless the text brings its own."""
    return text if _OWN_MARK.match(text) else mark + text


def _clean(source: str, tags: frozenset[str]) -> str:
    attributes = {"*": set(_KEPT_ATTRIBUTES)}
    text = clean_text(source.replace("\ufeff", ""))
    return nh3.clean(
        text,
        tags=set(tags),
        clean_content_tags=set(_NO_TEXT),
        attributes=attributes,
        link_rel=None,
        strip_comments=True,
    )


def _depth(cleaned: str) -> int:
    depth = deepest = 0
    for closing, name in _TAG.findall(cleaned):
        if name not in _VOID:
            depth += -1 if closing else 1
            deepest = max(deepest, depth)
    return deepest


def _drop_unless_body(element: html.HtmlElement) -> None:
    # A page that was saved before its scripts ran hides the article itself.
    if element.get("id") != "js_content" and element.getparent() is not None:
        element.drop_tree()


@dataclass(slots=True)
class _Sink:
    """Lines being written; `mark` waits for the first words of a list item."""

    lines: list[str] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)
    mark: str = ""

    def break_line(self) -> None:
        line = plain_line("".join(self.pieces))
        self.pieces.clear()
        if line:
            self.lines.append(mark_item(self.mark, line) if self.mark else line)
            self.mark = ""


@dataclass(slots=True)
class _List:
    kind: str
    next: int = 1

    def mark(self) -> str:
        self.next += 1
        return {"ol": f"{self.next - 1}. ", "ul": "· "}.get(self.kind, "")


class _Page:
    """Where the walk stands: open tables (data or layout), rows, lists; the innermost sink takes the words."""

    def __init__(self) -> None:
        self.sinks = [_Sink()]
        self.tables: list[bool] = []
        self.rows: list[list[str]] = []
        self.lists: list[_List] = []
        self.preformatted = 0
        self.wordless = 0

    @property
    def sink(self) -> _Sink:
        return self.sinks[-1]

    def open(self, node: html.HtmlElement) -> None:
        tag = node.tag
        if tag == "img":
            self._picture(node)
        elif tag == "table":
            self.sink.break_line()
            self.tables.append(_is_data(node))
        elif tag == "tr" and self._in_data:
            self.rows.append([])
        elif tag in {"td", "th"} and self._in_data and self.rows:
            self.sinks.append(_Sink())
        elif tag in {"ul", "ol"}:
            self.sink.break_line()
            self.lists.append(_opened_list(node))
        elif tag == "br" or _is_block(node):
            self.sink.break_line()
        if tag == "li" and self.lists and not _UNMARKED.search(node.get("style", "")):
            self.sink.mark = self.lists[-1].mark()
        self.preformatted += tag == "pre"
        self.say(node.text if tag not in {"meta", "title"} else None)

    def close(self, node: html.HtmlElement) -> None:
        tag = node.tag
        if tag in {"td", "th"} and len(self.sinks) > 1:
            cell = self.sinks.pop()
            cell.break_line()
            self.rows[-1].append(" ".join(cell.lines))
        elif tag == "tr" and self._in_data and self.rows:
            self._end_row()
        elif _is_block(node):
            self.sink.break_line()
        elif _INLINE_STYLE.search(node.get("style", "")):
            self.sink.pieces.append(" ")
        if tag == "table":
            self.tables.pop()
        elif tag in {"ul", "ol"}:
            self.lists.pop()
        elif tag == "li":
            self.sink.mark = ""
        self.preformatted -= tag == "pre"

    def say(self, text: str | None) -> None:
        if not text:
            return
        first, *others = text.split("\n") if self.preformatted else [text]
        self.sink.pieces.append(first)
        for other in others:
            self.sink.break_line()
            self.sink.pieces.append(other)

    @property
    def _in_data(self) -> bool:
        return bool(self.tables) and self.tables[-1]

    def _picture(self, node: html.HtmlElement) -> None:
        words = picture_words(node.get("alt"), node.get("data-alt"), node.get("title"))
        self.wordless += not words
        self.sink.pieces.append(words)

    def _end_row(self) -> None:
        cells = self.rows.pop()
        if any(cells):
            self.sink.break_line()
            self.sink.lines.append("|".join(cells).rstrip("|"))


def _is_block(node: html.HtmlElement) -> bool:
    return node.tag in _BLOCKS and not (
        node.tag in {"div", "section", "p"} and _INLINE_STYLE.search(node.get("style", ""))
    )


def _opened_list(node: html.HtmlElement) -> _List:
    if _UNMARKED.search(node.get("style", "")):
        return _List("none")
    start = node.get("start", "")
    return _List(node.tag, int(start) if start.isascii() and start.isdigit() and len(start) < 5 else 1)


def _is_data(table: html.HtmlElement) -> bool:
    if table.find(".//table") is not None:
        return False
    widths = [sum(1 for cell in row if cell.tag in {"td", "th"}) for row in table.iter("tr")]
    longest = max((len("".join(c.itertext()).strip()) for c in table.iter("td", "th")), default=0)
    return max(widths, default=0) > 1 and longest <= MAX_LAYOUT_CELL
