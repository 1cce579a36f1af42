"""Articles as public accounts and sites export them → rows of posts (推文): web page, web archive, Word, text."""

from __future__ import annotations

import html
import re
from pathlib import PurePath
from typing import Any

from nlp.articles.facts import (
    ArticleFacts,
    article_id,
    find_account,
    find_published,
    link_id,
    trim_furniture,
    trim_head,
)
from nlp.articles.pages import decode_page, is_archive, open_archive
from nlp.articles.text import parse_html, plain_line, read_element
from nlp.articles.web import read_page
from nlp.articles.word import is_word, read_docx
from nlp.errors import FileError

ENDINGS = (".html", ".htm", ".mht", ".mhtml", ".docx", ".txt", ".md")
__all__ = ["ENDINGS", "article_id", "clean_body", "link_id", "read_article"]

_NAMES = (
    "a abbr article aside b blockquote body br button center code dd del div dl dt em figcaption figure font footer"
    " form h1 h2 h3 h4 h5 h6 head header hr html i iframe img input ins label li link main meta nav object ol p pre s"
    " script section small span strong style sub sup svg table tbody td textarea tfoot th thead title tr u ul video"
)
_ATTRIBUTE = r"\s+[A-Za-z_:@][\w:.\-]*\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"'<>=]+)"
_MARKUP = re.compile(
    rf"<(?:{_NAMES.replace(' ', '|')})(?:{_ATTRIBUTE})*\s*/?>|</(?:{_NAMES.replace(' ', '|')})\s*>|<!--|<!doctype\s",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&(?:nbsp|lt|gt|amp|quot|apos|ldquo|rdquo|hellip|mdash|middot|#\d{1,7}|#x[0-9a-f]{1,6});", re.I)
_OTHERS = {b"%PDF": "PDF", b"\x89PNG": "图片", b"\xff\xd8\xff": "图片", b"GIF8": "图片", b"Rar!": "压缩文件"}


def read_article(data: bytes, name: str) -> dict[str, Any]:
    """Read one exported article.

    name: the file's name, for messages, its ending, and as the title of last resort
    Returns the contract's fields of a post (id, title, published, account, body) and `warnings`, Chinese sentences.
    `published` is ISO 8601 in Asia/Shanghai or None, `account` may be None; `body` has a line for each block.
    Raises FileError where the bytes are no article, locked, cut off or unsafe.

    Example:
        read_article(Path("停水通知.html").read_bytes(), "停水通知.html")["title"]
    """
    facts = _facts(data, name)
    warnings = list(facts.warnings)
    title = facts.title
    if not title:
        title = plain_line(PurePath(name).stem)
        warnings.append("没有找到标题,用文件名代替")
    if facts.published is None:
        warnings.append("没有找到发布时间;请在清单中补上,否则不参加按周的统计")
    if facts.account is None:
        warnings.append("没有找到公众号名称或来源")
    published = None if facts.published is None else facts.published.isoformat()
    return {
        "id": facts.id or article_id(facts.account, title, published),
        "title": title,
        "published": published,
        "account": facts.account,
        "body": "\n".join(trim_furniture(facts.lines)),
        "warnings": warnings,
    }


def clean_body(value: str) -> str:
    """Return the text of a body that may be HTML or plain, one line a block; never raises.

    Plain text keeps its "<" and ">" (温度<18℃); markup that was escaped once more on export is read as markup.
    """
    text = value.replace("\ufeff", "")
    if not _MARKUP.search(text):
        text = _ENTITY.sub(lambda m: html.unescape(m[0]), text)
    if _MARKUP.search(text):
        return "\n".join(trim_furniture(read_element(parse_html(text)).lines))
    lines = _plain_lines(text)
    return "\n".join(trim_furniture(lines) or lines)


def _facts(data: bytes, name: str) -> ArticleFacts:
    ending = PurePath(name).suffix.lower()
    if not data.strip():
        raise FileError(f"{name} 是空文件;请重新导出")
    if is_word(data):
        return read_docx(data, name)
    other = next((kind for mark, kind in _OTHERS.items() if data.startswith(mark)), None)
    if other or (b"\0" in data[:1024] and not data.startswith((b"\xff\xfe", b"\xfe\xff"))):
        raise FileError(f"{name} 不是文章,像是{other or '别的程序的文件'};文章应为 .html、.mhtml、.docx 或 .txt")
    if ending == ".docx":
        raise FileError(f"{name} 不是 Word 文档(.docx),扩展名与内容不符;请用 Word 或 WPS 重新另存为 .docx")
    if is_archive(data):
        source, link = open_archive(data, name)
        return read_page(source, name, link=link)
    if ending in {".mht", ".mhtml"} and b"<html" not in data[:4096].lower():
        raise FileError(f"{name} 不是完整的单个网页文件(.mhtml);请在浏览器中重新保存")
    source = decode_page(data, name)
    if ending in {".txt", ".md"} and not re.search(r"<(?:html|body|div|p)\b", source[:4096], re.IGNORECASE):
        return _plain_facts(source)
    return read_page(source, name)


def _plain_facts(source: str) -> ArticleFacts:
    lines = _plain_lines(source)
    title = re.sub(r"^#{1,6}\s*", "", lines[0]) if lines else ""
    rest = lines[1:]
    kept = tuple(trim_head(rest, title=title))
    return ArticleFacts(title, kept, find_account(rest), find_published(rest))


def _plain_lines(text: str) -> list[str]:
    return [line for part in text.splitlines() if (line := plain_line(part))]
