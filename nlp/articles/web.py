"""A saved web page of an article → its facts: public-account pages (公众号), government sites, any other page."""

from __future__ import annotations

import html as entities
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from lxml import html

from nlp.articles.facts import ArticleFacts, find_account, find_published, link_id, trim_head
from nlp.articles.text import Reading, parse_html, plain_line, read_element
from nlp.errors import FileError
from nlp.records import CHINA, parse_time

T = TypeVar("T")

ALMOST_NO_TEXT = 30  # characters; a long-picture article (一图读懂) says at most "点击图片查看" beside its pictures
NOTICE_CHARS = 300  # a note that the article is gone, with its buttons, is shorter
_MAIN_SHARE = 0.7  # of the words outside links: the block that holds them is the article

_EPOCH = datetime(1970, 1, 1, tzinfo=CHINA) + timedelta(hours=8)
_GONE = re.compile(
    r"该内容已被发布者删除|此内容因违规无法查看|该公众号已迁移|此账号已被屏蔽|内容无法查看|当前环境异常.{0,20}验证|链接已过期|参数错误"
)
_SAVED_FROM = re.compile(r"<!--\s*saved from url=\(\d+\)(\S+)\s*-->")
_CODE = re.compile(r"\\x([0-9a-fA-F]{2})|\\u([0-9a-fA-F]{4})")
_SITE_NAME = re.compile(r"\s*(?:_|\s[-–—|]\s|\||--+)\s*[^_|]{2,40}$")
_BODIES = (
    *("#js_content", "#js_image_desc", ".rich_media_content"),
    *(".TRS_Editor", ".trs_editor_view", ".TRS_UEDITOR", "#zoom", "#Zoom", "#UCAP-CONTENT", ".pages_content"),
    *(".article-content", ".article_content", "#article-content", "#articleContent", ".articleContent", ".art_con"),
    *(".news_content", ".news-content", ".content-text", ".view_content", ".detail-content", ".TRS_PreAppend"),
    *("article", ".article", "#content", ".content"),
)
_ACCOUNT_PAGE, _VAGUE = 3, 4  # so many of _BODIES, first and last, are of public-account pages, and in any page
_NAMED_CHARS = 300  # a headline, a nickname or a time has fewer; who names whole blocks so means something else
_NAMED_NODES = 20  # and stands in one of the first of that name
_VAGUE_SHARE = 0.5  # of the words outside links that a block of a vague name must hold
_CHROME = "nav,header,footer,aside,form,.footer,.header,.nav,.breadcrumb,.share,.position,.copyright,#footer,#header"


def read_page(source: str, name: str, *, link: str | None = None) -> ArticleFacts:
    """Read an article's page. Raises FileError where the page holds no article, with what to do."""
    root = parse_html(source, name=name)
    index = _Index.of(root)
    meta = _meta(root)
    address = _first(
        link_id(link),
        *(link_id(m) for m in _SAVED_FROM.findall(source[:4096])),
        link_id(meta.get("og:url")),
        *(link_id(v) for v in _script_values(source, "msg_link")),
    )
    title = _title(index, meta, source=source)
    page, times = read_element(root).lines, tuple(_times(meta, root))
    selector, body = _find_body(index)
    if body is not None:
        _drop(body, list(body.iter("header", "nav", "aside")))
    is_account_page = selector in _BODIES[:_ACCOUNT_PAGE] or address is not None
    reading = Reading(()) if body is None or _is_notice(page) else read_element(body)
    if not reading.lines and not reading.wordless_pictures:
        reading = _without_body(meta, page, name=name)
    facts = _account_facts(index, source) if is_account_page else _site_facts(meta, page, title=title)
    lines = reading.lines if is_account_page else tuple(trim_head(reading.lines, title=title))
    published = facts[1] or _first(*map(parse_time, times))
    return ArticleFacts(title, lines, facts[0], published, address, _picture_warning(reading))


def _without_body(meta: dict[str, str], page: tuple[str, ...], *, name: str) -> Reading:
    gone = next((m[0] for line in page[:40] if (m := _GONE.search(line))), None)
    if gone:
        raise FileError(f"{name} 里没有文章:保存的是提示页({gone});请在微信或浏览器中打开原文,看到正文后再另存")
    words = meta.get("og:description", "").replace("\\x0a", "\n").replace("\\n", "\n")
    lines = tuple(filter(None, map(plain_line, words.split("\n"))))
    if not lines:
        raise FileError(f"{name} 里没有正文:应是一篇文章的网页;请打开文章,等正文显示完再另存为“网页,全部”或单个文件")
    return Reading(lines)


def _account_facts(index: _Index, source: str) -> tuple[str | None, datetime | None]:
    nick = _script_values(source, "nickname", "nick_name")
    account = _first(*_texts(index, "#js_name", ".profile_nickname", ".wx_follow_nickname"), *map(plain_line, nick))
    epochs = (_epoch(v) for v in _script_values(source, "ct", "oriCreateTime", "ori_create_time"))
    written = (
        *_script_values(source, "createTime", "create_time"),
        *_texts(index, "#publish_time", "#post-date"),
        *_script_values(source, "publish_time"),
    )
    return account, _first(*epochs, *map(parse_time, written))


def _site_facts(meta: dict[str, str], page: tuple[str, ...], *, title: str) -> tuple[str | None, datetime | None]:
    account = _first(meta.get("contentsource"), _source_in(page, title), meta.get("sitename"), meta.get("og:site_name"))
    times = (meta.get(key) for key in ("pubdate", "publishdate", "article:published_time", "publishtime"))
    at = next((n for n, line in enumerate(page) if line == title), 0)
    return account, _first(*map(parse_time, times)) or find_published(page[at : at + 12], title=title)


def _source_in(page: tuple[str, ...], title: str) -> str | None:
    at = next((n for n, line in enumerate(page) if line == title), 0)
    return find_account(page[at:])


def _times(meta: dict[str, str], root: html.HtmlElement) -> Iterable[str | None]:
    yield meta.get("og:article:published_time")
    yield meta.get("article:published_time")
    yield from (node.get("datetime") for node in root.iter("time"))


def _title(index: _Index, meta: dict[str, str], *, source: str) -> str:
    whole = next((plain_line(node.text or "") for node in index.select("title")), "")
    found = _first(
        *_texts(index, "#activity-name", ".rich_media_title"),
        plain_line(meta.get("articletitle", "")),
        plain_line(meta.get("og:title", "")),
        *map(plain_line, _script_values(source, "msg_title")),
    )
    if found:
        return found
    headings = [h for h in _texts(index, "h1") if len(h) > 4]
    if len(headings) == 1:
        return headings[0]
    return (_SITE_NAME.sub("", whole) if len(whole) <= _NAMED_CHARS else whole) or whole


@dataclass(frozen=True, slots=True)
class _Words:
    """Characters of an element that are no white space: all, and those inside links (of nested links each)."""

    all: int = 0
    linked: int = 0

    @property
    def unlinked(self) -> int:
        return self.all - self.linked


@dataclass(frozen=True, slots=True)
class _Index:
    """The elements of a page by #id, .class and tag, and the words of each, from one walk each."""

    root: html.HtmlElement
    named: dict[str, list[html.HtmlElement]]
    words: dict[html.HtmlElement, _Words]

    @classmethod
    def of(cls, root: html.HtmlElement) -> _Index:
        named: dict[str, list[html.HtmlElement]] = defaultdict(list)
        for node in root.iter():
            for key in {node.tag, f"#{node.get('id')}", *(f".{name}" for name in node.get("class", "").split())}:
                named[key].append(node)
        return cls(root, dict(named), _count_words(root))

    def select(self, selector: str) -> list[html.HtmlElement]:
        return self.named.get(selector, [])


def _count_words(root: html.HtmlElement) -> dict[html.HtmlElement, _Words]:
    counts: dict[html.HtmlElement, _Words] = {}
    for node in reversed(list(root.iter())):
        found = [counts[child] for child in node]
        whole = _length(node.text) + sum(_length(child.tail) for child in node) + sum(w.all for w in found)
        linked = sum(w.linked for w in found) + (whole if node.tag == "a" else 0)
        counts[node] = _Words(whole, linked)
    return counts


def _length(text: str | None) -> int:
    return sum(map(len, text.split())) if text else 0


def _find_body(index: _Index) -> tuple[str | None, html.HtmlElement | None]:
    words, total = index.words, index.words[index.root].unlinked
    for selector in _BODIES:
        least = _VAGUE_SHARE * total if selector in _BODIES[-_VAGUE:] else 0
        found = [n for n in index.select(selector) if words[n].unlinked >= least]
        found = [n for n in found if words[n].all >= 10 or n.find(".//img") is not None]
        if found:
            return selector, max(found, key=lambda node: words[node].all)
    return None, _densest(index)


def _densest(index: _Index) -> html.HtmlElement | None:
    """Return the deepest element that holds most of the words outside links, page furniture dropped."""
    _drop(index.root, [node for selector in _CHROME.split(",") for node in index.select(selector)])
    words = _count_words(index.root)
    total = words[index.root].unlinked
    if total < 10:
        return None
    node = index.root
    while (child := max(node, key=lambda n: words[n].unlinked, default=None)) is not None:
        if words[child].unlinked < _MAIN_SHARE * total:
            break
        node = child
    return node


def _is_notice(page: tuple[str, ...]) -> bool:
    """Say whether the page is one of the platform's notes in an article's stead: short, and it says so."""
    return sum(map(len, page)) <= NOTICE_CHARS and any(map(_GONE.search, page))


def _picture_warning(reading: Reading) -> tuple[str, ...]:
    count = reading.wordless_pictures
    if count and sum(map(len, reading.lines)) < ALMOST_NO_TEXT:
        return (f"正文主要是图片({count} 张没有文字说明),没有文字可读",)
    return ()


def _meta(root: html.HtmlElement) -> dict[str, str]:
    found: dict[str, str] = {}
    for node in root.iter("meta"):
        key = (node.get("property") or node.get("name") or "").strip().lower()
        if key and node.get("content", "").strip():
            found.setdefault(key, node.get("content").strip())
    return found


def _drop(root: html.HtmlElement, nodes: Iterable[html.HtmlElement]) -> None:
    for node in nodes:
        if node is not root and node.getparent() is not None:
            node.drop_tree()


def _texts(index: _Index, *selectors: str) -> list[str]:
    nodes = (n for s in selectors for n in index.select(s)[:_NAMED_NODES] if index.words[n].all <= _NAMED_CHARS)
    return [text for node in nodes if (text := " ".join(read_element(node).lines))]


def _script_values(source: str, *names: str) -> list[str]:
    """Return what `var name = "…"` and `name: JsDecode('…')` say, without escapes; none where it is empty."""
    found = []
    for name in names:
        pattern = (
            rf"\b{name}\s*[=:]\s*(?:\w+\(\s*)?(?:(?:\"\"|'')\s*\|\|\s*)?"
            rf"(?:\"([^\"\n]{{1,1000}})\"|'([^'\n]{{1,1000}})')"
        )
        found += [entities.unescape(_CODE.sub(_character, a or b)) for a, b in re.findall(pattern, source)]
    return [value for value in found if value.strip()]


def _character(match: re.Match[str]) -> str:
    return chr(int(match[1] or match[2], 16))


def _epoch(value: str) -> datetime | None:
    seconds = int(value) if value.isascii() and value.isdigit() and len(value) == 10 else 0
    return parse_time(_EPOCH + timedelta(seconds=seconds)) if seconds else None


def _first(*values: T | None) -> T | None:
    return next((value for value in values if value), None)
