"""Text with spans marked, as safe HTML."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup, escape


@dataclass(frozen=True, slots=True)
class Mark:
    """A half-open span of a text with a CSS class and what a reader is told of it."""

    start: int
    end: int
    css: str
    label: str


def highlight(text: str, marks: Iterable[Mark], *, offset: int = 0) -> Markup:
    """Return `text` escaped, with every mark around its slice; overlapping marks share the stretch they overlap in.

    offset: where `text` begins in the text that the marks refer to. Marks outside it are cut off.
    """
    inside = [m for m in (_shift(m, offset, len(text)) for m in marks) if m.start < m.end]
    edges = sorted({0, len(text)} | {m.start for m in inside} | {m.end for m in inside})
    parts = [_stretch(text[a:b], [m for m in inside if m.start <= a and b <= m.end]) for a, b in pairwise(edges)]
    return Markup("").join(parts)


def _shift(mark: Mark, offset: int, length: int) -> Mark:
    start, end = (min(max(0, edge - offset), length) for edge in (mark.start, mark.end))
    return Mark(start, end, mark.css, mark.label)


def _stretch(text: str, marks: list[Mark]) -> Markup:
    if not marks:
        return escape(text)
    css = " ".join(dict.fromkeys(m.css for m in marks))
    label = "、".join(dict.fromkeys(m.label for m in marks))
    return Markup('<mark class="{}" title="{}">{}</mark>').format(css, label, text)
