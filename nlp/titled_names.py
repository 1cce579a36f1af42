"""Surnames that stand with a title (王师傅, 小李师傅) or as a form of address (老余, 小林)."""

from __future__ import annotations

import re

import rjieba

from nlp.name_cues import CERTAIN, TITLES, kind_after, kind_before
from nlp.name_lexicon import SURNAMES_CLEAR, SURNAMES_COMMON_WORDS, SURNAMES_DOUBLE, SURNAMES_DOUBTFUL

_DOUBTFUL = frozenset(SURNAMES_DOUBTFUL)
_CLEAR = frozenset((*SURNAMES_CLEAR, *SURNAMES_DOUBLE))
# Surnames that before a title are nearly always a preposition, an adjective or a verb.
_NOT_BEFORE_TITLE = frozenset("向于从和原代应全任双达信水公管")
# Titles that hardly follow anything but a name, so an ambiguous surname is enough.
_ADDRESS = "先生 女士 小姐 师傅 大姐 大哥 阿姨 奶奶 爷爷 大爷 大妈 大叔 大娘 大伯 嫂子 婶子"
_FORMS_OF_ADDRESS = frozenset(_ADDRESS.split())
_BRANDS = frozenset(("康师傅",))
_TITLE = re.compile(TITLES)
_NICKNAME = re.compile(f"[老小][{SURNAMES_CLEAR}{SURNAMES_COMMON_WORDS}]")


def titled_span(text: str, start: int, middle: int) -> tuple[int, int] | None:
    """Return the span of the surname at start..middle with the title after it; None where there is no such thing."""
    title = _TITLE.match(text, middle)
    if title is None:
        return None
    if text[start : title.end()] in _BRANDS:
        return None
    clear = text[start:middle] in _CLEAR
    doubtful = text[start:middle] in _DOUBTFUL
    if start > 0 and text[start - 1] in "小老阿":
        start, clear, doubtful = start - 1, True, False
    kind = kind_before(text, start)
    if title.end() - middle == 1 and (doubtful or kind_after(text, title.end()) not in ("action", "stop")):
        return None
    if text[start] in _NOT_BEFORE_TITLE and kind not in ("introduced", "naming"):
        return None
    if kind == "before" and not clear and (doubtful or title[0] not in _FORMS_OF_ADDRESS):
        return None
    return (start, title.end()) if _begins_word(text, start, title.end()) else None


def find_nicknames(text: str) -> list[tuple[int, int]]:
    """Return spans of 老余, 小林 and the like."""
    return [m.span() for m in _NICKNAME.finditer(text) if _is_nickname(text, *m.span())]


def _begins_word(text: str, start: int, end: int) -> bool:
    at = max(0, start - 6)
    for token in rjieba.cut(text[at : end + 3], False):
        if at == start:
            single = len(token) == 1 or token in SURNAMES_DOUBLE or token[0] in "小老阿"
            return single or rjieba.tag(token)[0][1].startswith("nr")
        at += len(token)
    return False


def _is_nickname(text: str, start: int, end: int) -> bool:
    """Say whether 老余, 小林 stands as a word of its own between words that fit."""
    before, after = kind_before(text, start), kind_after(text, end)
    if before == "before" or after == "place" or (after in ("after", "title") and before not in CERTAIN):
        return False
    begin = max(0, start - 6)
    starts, at = set(), begin
    for token in rjieba.cut(text[begin : end + 5], False):
        starts.add(at)
        if at == start and len(token) == 2 and not rjieba.tag(token)[0][1].startswith("nr"):
            return False
        at += len(token)
    return start in starts and end in starts | {at}
