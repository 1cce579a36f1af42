"""Sentences with exact spans, and which scripts a text is written in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from nlp.results import Span

_CHINESE = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_LATIN = "A-Za-zＡ-Ｚａ-ｚ\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f"
_CHINESE_LETTER = re.compile(f"[{_CHINESE}]")
_LATIN_LETTER = re.compile(f"[{_LATIN}]")
_OTHER_LETTER = re.compile(rf"[^\W\d_{_CHINESE}{_LATIN}]")
_READABLE = re.compile(f"[{_CHINESE}{_LATIN}]")

_FULL_WIDTH = str.maketrans(",;:!?", "，；：！？")
_HALF_WIDTH = re.compile(r"(?<=[\u4e00-\u9fff〕”）》])[,;:!?]+")

# A numbered ask starts a sentence: 1、 2. (3) ① 一、 一是 第二, 其三. "3、4栋" and "1.5元" do not.
_MARKER = (
    r"[（(]\s?(?:\d{1,2}|[一二三四五六七八九十]{1,2})\s?[)）]"
    r"|\d{1,2}[)）](?!\d)|\d{1,2}[.．](?=[^\W\d])|\d{1,2}、(?![\d一二三四五六七八九十])"
    r"|[①-⑳]|[一二三四五六七八九十]、(?![\d一二三四五六七八九十])|[一二三四五六七八九]是(?!否)"
    r"|第[一二三四五六七八九十]{1,2}[,，、:：]|其[一二三四五][,，、是]"
)
# Every branch starts with a plain character class, so the search skips quickly; `mark` breaks before itself.
_BREAK = re.compile(
    r"[。！？!?；;…]+[”’\"』」）)】]*|\n+"
    rf"|[,，:：\s](?={_MARKER})"
    r"|(?P<mark>[1-9](?<=[\u4e00-\u9fff].)、(?![\d一二三四五六七八九十])(?=[\u4e00-\u9fff])|[①-⑳])"
)


@dataclass(frozen=True, slots=True)
class LetterCount:
    """Letters of a text by script; digits, punctuation and emoji are no letters."""

    chinese: int
    latin: int
    other: int


def split_sentences(text: str) -> tuple[Span, ...]:
    """Split at Chinese and Western full stops, line breaks and numbered asks.

    Each span keeps its closing punctuation, is stripped of white space and is exactly the slice it names.

    Example:
        [s.text for s in split_sentences("停水三天了。请问：1、何时来水 2、有无补偿？")]
        # ['停水三天了。', '请问：', '1、何时来水', '2、有无补偿？']
    """
    return tuple(_spans(text))


def widen_punctuation(text: str) -> str:
    """Turn half-width punctuation after a Chinese character into the full-width one; the length stays the same.

    Example:
        widen_punctuation("您好,已收悉!12:30")  # '您好，已收悉！12:30'
    """
    return _HALF_WIDTH.sub(lambda match: match.group().translate(_FULL_WIDTH), text)


def count_letters(text: str) -> LetterCount:
    """Count Chinese characters, Latin letters (full-width ones too) and letters of all other scripts."""
    other = sum(letter.isalpha() for letter in _OTHER_LETTER.findall(text))
    return LetterCount(len(_CHINESE_LETTER.findall(text)), len(_LATIN_LETTER.findall(text)), other)


def has_chinese_or_latin(text: str) -> bool:
    """Say whether there is a letter that the models can read."""
    return _READABLE.search(text) is not None


def _spans(text: str) -> Iterator[Span]:
    start = 0
    for match in _BREAK.finditer(text):
        end = match.start() if match["mark"] else match.end()
        yield from _stripped(text, start, end)
        start = end
    yield from _stripped(text, start, len(text))


def _stripped(text: str, start: int, end: int) -> Iterator[Span]:
    piece = text[start:end]
    body = piece.strip()
    if body:
        first = start + len(piece) - len(piece.lstrip())
        yield Span(body, first, first + len(body))
