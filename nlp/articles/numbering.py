"""The numbers that Word writes before paragraphs of a list: they stand in no text, only in numbering.xml."""

from __future__ import annotations

import re

from docx.document import Document
from docx.oxml.ns import qn
from lxml import etree

_CHINESE = "零一二三四五六七八九"
_NUMERALS = frozenset({"chineseCounting", "chineseCountingThousand", "japaneseCounting", "taiwaneseCountingThousand"})
_CIRCLED = frozenset({"decimalEnclosedCircle", "decimalEnclosedCircleChinese"})


class Numbering:
    """Counts through a document, so ask for each paragraph once, in order."""

    def __init__(self, document: Document) -> None:
        self._levels: dict[tuple[str, int], tuple[str, str, int]] = {}
        self._lists: dict[str, str] = {}
        self._styles: dict[str, tuple[str, int]] = {}
        self._counts: dict[tuple[str, int], int] = {}
        part = next((r.target_part for r in document.part.rels.values() if r.reltype.endswith("/numbering")), None)
        if part is not None:
            self._read(part.element)
        for style in document.styles.element.iter(qn("w:style")):
            if (found := _reference(style.find(qn("w:pPr")))) is not None:
                self._styles[style.get(qn("w:styleId"), "")] = found

    def mark_of(self, paragraph: etree._Element) -> str:
        """Return "1. ", "一、", "· " or "" and count on."""
        properties = paragraph.find(qn("w:pPr"))
        style = None if properties is None else properties.find(qn("w:pStyle"))
        of_style = self._styles.get(style.get(qn("w:val"), "")) if style is not None else None
        reference = _reference(properties) or of_style
        if reference is None or (definition := self._lists.get(reference[0])) is None:
            return ""
        level = reference[1]
        kind, pattern, start = self._levels.get((definition, level), ("none", "", 1))
        if kind == "none":
            return ""
        if kind == "bullet":
            return "· "
        self._counts[definition, level] = self._counts.get((definition, level), start - 1) + 1
        for deeper in [k for k in self._counts if k[0] == definition and k[1] > level]:
            del self._counts[deeper]
        mark = re.sub(r"%(\d)", lambda m: self._number(definition, int(m[1]) - 1), pattern)
        return mark + ("" if mark.endswith(("、", "．", "）")) else " ")

    def _number(self, definition: str, level: int) -> str:
        kind, _, start = self._levels.get((definition, level), ("decimal", "", 1))
        return _numeral(self._counts.get((definition, level), start), kind)

    def _read(self, element: etree._Element) -> None:
        for abstract in element.iter(qn("w:abstractNum")):
            name = abstract.get(qn("w:abstractNumId"), "")
            for level in abstract.iter(qn("w:lvl")):
                key = (name, _int(level.get(qn("w:ilvl")), 0))
                start = _int(_value(level, "w:start"), 1)
                self._levels[key] = (_value(level, "w:numFmt") or "decimal", _value(level, "w:lvlText") or "", start)
        for number in element.iter(qn("w:num")):
            self._lists[number.get(qn("w:numId"), "")] = _value(number, "w:abstractNumId") or ""


def _reference(properties: etree._Element | None) -> tuple[str, int] | None:
    found = None if properties is None else properties.find(qn("w:numPr"))
    if found is None or (number := _value(found, "w:numId")) is None:
        return None
    return number, _int(_value(found, "w:ilvl"), 0)


def _value(node: etree._Element, tag: str) -> str | None:
    child = node.find(qn(tag))
    value: str | None = None if child is None else child.get(qn("w:val"))
    return value


def _int(value: str | None, default: int) -> int:
    return int(value) if value is not None and value.isascii() and value.isdigit() and len(value) < 6 else default


def _numeral(value: int, kind: str) -> str:
    if kind in _NUMERALS and 0 < value < 100:
        tens, ones = divmod(value, 10)
        head = "" if tens == 0 else ("十" if tens == 1 else f"{_CHINESE[tens]}十")
        return head + (_CHINESE[ones] if ones or not tens else "")
    if kind in _CIRCLED and 0 < value <= 20:
        return chr(ord("①") + value - 1)
    if kind in {"lowerLetter", "upperLetter"} and 0 < value <= 26:
        return chr(ord("a" if kind == "lowerLetter" else "A") + value - 1)
    return str(value)
