"""Places of a text from two sources: what the model reads, and the names that the site's tables know."""

from __future__ import annotations

from collections.abc import Sequence

Extent = tuple[int, int]


def join_places(text: str, spans: Sequence[Extent], *, names: Sequence[Extent], most: int) -> list[Extent]:
    """Return at most `most` spans: the model's that hold a known name, then other names, then the model's others.

    spans: the model's, best first; names: in the order of the text. A span that cuts a name is widened to hold it, and
    a place is given once.
    """
    if not names:
        return list(spans)
    held, left, others = _hold(spans, names)
    known = list({text[start:end]: (start, end) for start, end in reversed(held)}.values())[::-1]
    seen = "\n".join(text[start:end] for start, end in known)
    new = {text[start:end]: (start, end) for start, end in reversed(left) if text[start:end] not in seen}
    chosen: list[Extent] = []
    for start, end in [*known, *sorted(new.values()), *others]:
        if len(chosen) < most and all(end <= first or last <= start for first, last in chosen):
            chosen.append((start, end))
    return chosen


def _hold(spans: Sequence[Extent], names: Sequence[Extent]) -> tuple[list[Extent], list[Extent], list[Extent]]:
    """Split into spans that hold a name (widened), names that no span holds, and spans without a name."""
    held, left, others = [], list(names), []
    for start, end in spans:
        inside = [n for n in left if n[0] < end and start < n[1]]
        if inside:
            left = [n for n in left if n not in inside]
            held.append((min(start, *(n[0] for n in inside)), max(end, *(n[1] for n in inside))))
        else:
            others.append((start, end))
    return held, left, others
