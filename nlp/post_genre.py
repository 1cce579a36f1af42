"""What kind of post it is (推文体裁), by words of its title and body."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

LEXICON = Path(__file__).parent / "data" / "post_genres.json"
OTHER, RESPONSE = "other", "response"
_TITLE_WEIGHT = 3.0
_LEAST = 2.0  # one title hit, or two in the body
_BODY_CAP = 4  # hits of one genre in the body that count
_RESPONSE_FOCUS = 1.0  # of 0..2: a post of which at least a clear section answers


def judge_genre(title: str, body: str, *, focus: float | None = None) -> str:
    """Return one of the eight genres.

    focus: the best focus (0..2) among the issues the post speaks to, None where it speaks to none; a post answers only
    where there is an issue, so without one the words of an answer count half.
    """
    if focus is not None and focus >= _RESPONSE_FOCUS:
        return RESPONSE
    scores = {}
    for genre, pattern in _patterns().items():
        in_title = len(set(pattern.findall(title)))
        in_body = min(_BODY_CAP, len(set(pattern.findall(body))))
        scores[genre] = (_TITLE_WEIGHT * in_title + in_body) * (0.5 if genre == RESPONSE else 1.0)
    best = max(scores, key=lambda g: scores[g])
    return best if scores[best] >= _LEAST else OTHER


@cache
def _patterns() -> Mapping[str, re.Pattern[str]]:
    raw: Mapping[str, list[str]] = json.loads(LEXICON.read_text("utf-8"))["genres"]
    return {genre: re.compile("|".join(patterns)) for genre, patterns in raw.items()}
