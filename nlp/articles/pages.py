"""Bytes of a saved web page → its source text: encodings that lie, and web archives (.mht, .mhtml)."""

from __future__ import annotations

import codecs
import re
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message

from nlp.errors import FileError

MAX_PAGE_BYTES = 64 * 2**20  # room for a page saved with its pictures inside
_MAX_BAD_SHARE = 0.002  # of the characters; a page of another encoding loses far more

_DECLARED = re.compile(rb"charset\s*=\s*(?:[\"']\s*)?([\w\-]{3,20})", re.IGNORECASE)
_CODECS = {"utf-8": "utf-8", "utf8": "utf-8", "gb2312": "gb18030", "gbk": "gb18030", "gb18030": "gb18030"}
_CODECS |= {"gb_2312-80": "gb18030", "big5": "big5hkscs", "utf-16": "utf-16", "utf-16le": "utf-16-le"}
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_ARCHIVE = re.compile(
    rb"^(?:[\w\-]+:[^\r\n]*\r?\n(?:[ \t][^\r\n]*\r?\n)*)*?(?:MIME-Version|Content-Type):", re.IGNORECASE
)
_BOMB = re.compile(r"<!ENTITY\s|<!DOCTYPE[^>\[]{0,300}\[", re.IGNORECASE)


def decode_page(data: bytes, name: str, *, declared: str | None = None) -> str:
    """Decode a page: byte order mark, UTF-8, what the page declares, GB18030.

    UTF-8 comes before the declaration: a page of GB18030 is never valid UTF-8 by chance, while a page that was saved
    as UTF-8 keeps its old declaration of gb2312. Raises FileError with the encodings tried.
    """
    if len(data) > MAX_PAGE_BYTES:
        raise FileError(
            f"{name} 过大:网页最多 {MAX_PAGE_BYTES // 2**20} MB,收到 {len(data) // 2**20} MB;请只保存网页文字"
        )
    for mark, codec in _BOMS:
        if data.startswith(mark):
            return _checked(data.decode(codec, "replace"), name)
    found = _DECLARED.search(data[:8192])
    named = (declared or (found[1].decode("ascii") if found else "")).lower()
    tried = list(dict.fromkeys(["utf-8", _CODECS.get(named, "gb18030"), "gb18030"]))
    for codec in tried:
        try:
            return _checked(data.decode(codec), name)
        except UnicodeDecodeError:
            continue
    texts = [data.decode(codec, "replace") for codec in tried]
    best = min(texts, key=lambda t: t.count("\ufffd"))
    if best.count("\ufffd") > 1 + _MAX_BAD_SHARE * len(best):
        raise FileError(f"{name} 的文字编码读不出来,已尝试 {'、'.join(tried)};请在浏览器中打开,另存为 UTF-8 网页后再试")
    return _checked(best, name)


def is_archive(data: bytes) -> bool:
    """Say whether it is a web archive: mail headers before any markup."""
    return _ARCHIVE.match(data[:4096].lstrip()) is not None


def open_archive(data: bytes, name: str) -> tuple[str, str | None]:
    """Return the page of a web archive and the address it was saved from. Raises FileError where it holds no page."""
    if len(data) > MAX_PAGE_BYTES:
        raise FileError(f"{name} 过大:最多 {MAX_PAGE_BYTES // 2**20} MB,收到 {len(data) // 2**20} MB;请只保存网页文字")
    message = message_from_bytes(data.lstrip())
    link = _header(message, "Snapshot-Content-Location")
    pages = [part for part in message.walk() if part.get_content_type() in {"text/html", "application/xhtml+xml"}]
    if not pages:
        raise FileError(f"{name} 里没有网页:应是浏览器保存的单个网页文件(.mhtml),文件可能不完整;请重新保存")
    page = next((p for p in pages if link and _header(p, "Content-Location") == link), pages[0])
    payload = page.get_payload(decode=True)
    content = payload if isinstance(payload, bytes) else b""
    return decode_page(content, name, declared=page.get_content_charset()), link or _header(page, "Content-Location")


def _header(message: Message, field: str) -> str | None:
    value = message.get(field)
    if value is None:
        return None
    try:
        return str(make_header(decode_header(str(value)))).strip()
    except (HeaderParseError, LookupError, UnicodeError, ValueError):
        return None


def _checked(text: str, name: str) -> str:
    if _BOMB.search(text[:65536].partition("<html")[0]):
        raise FileError(f"{name} 的开头定义了实体(ENTITY),网页不需要它,为安全起见不读;请在浏览器中打开后重新另存")
    return text
