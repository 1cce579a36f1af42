"""Personal names in Chinese text: 周德明, 欧阳小雨, 王师傅, 迪丽努尔·艾合买提.

A candidate is a surname with one or two characters after it. Its score adds up what its characters, the words before
and after it and a dictionary segmentation say.
"""

from __future__ import annotations

import re

import rjieba

from nlp.minority_names import find_minority_names
from nlp.name_cues import CERTAIN, TITLES, kind_after, kind_before
from nlp.name_lexicon import (
    COMMON_WORDS,
    GIVEN_LEVELS,
    NEVER_NAMES,
    SURNAMES_CLEAR,
    SURNAMES_COMMON_WORDS,
    SURNAMES_DOUBLE,
    SURNAMES_DOUBTFUL,
)
from nlp.results import MaskEntity
from nlp.titled_names import find_nicknames, titled_span

_HAN = "\u3400-\u4dbf\u4e00-\u9fff"
_TIER = (
    dict.fromkeys(SURNAMES_DOUBTFUL, "doubtful")
    | dict.fromkeys(SURNAMES_COMMON_WORDS, "ambiguous")
    | dict.fromkeys(SURNAMES_CLEAR, "clear")
    | dict.fromkeys(SURNAMES_DOUBLE, "double")
)
_GIVEN = {character: float(level) for level, characters in GIVEN_LEVELS.items() for character in characters}
_RARE = 0.5
_UNLIKELY = frozenset(GIVEN_LEVELS[-6] + GIVEN_LEVELS[-3] + GIVEN_LEVELS[-2])
_SURNAME = re.compile(
    rf"[{''.join(n for n in _TIER if len(n) == 1)}](?:(?=[{_HAN}])(?![{''.join(_UNLIKELY)}])|(?={TITLES}))"
)
_DOUBLE_SURNAME = re.compile(
    f"[{''.join({n[0] for n in SURNAMES_DOUBLE})}][{''.join({n[1] for n in SURNAMES_DOUBLE})}](?=[{_HAN}])"
)
# What is never a given name after a surname: kin, and 小区, 小学 and the like.
_NOT_GIVEN = (
    "母亲 父亲 妈妈 爸爸 奶奶 爷爷 老婆 老公 妻子 丈夫 儿子 女儿 孩子 "
    "小区 小学 小孩 小时 小车 小组 小型 小镇 小康 小心 小吃 小朋 小贩 小路 小店 小高 小户 小河 小院 小广"
)
_NEVER_GIVEN = frozenset(_NOT_GIVEN.split())
# Words of name-like characters that after a person still say how they are, not who.
_MOODS = frozenset(("高兴", "安静", "平安", "安心", "安康", "文明", "舒服", "幸福", "幸运", "严明", "明明", "强硬"))
_HAN_CHARACTER = re.compile(f"[{_HAN}]")
_LISTING = frozenset("、和与及 /")
_PLACE_ENDS = frozenset("路街村镇乡区县湾冲塘坪桥坝岭屯寨堡垸巷弄组城府苑园郡湾庭墅岛")
_PLACE_ENDS_AFTER_HOME = frozenset("山河江洲岗沟井庙铺店大院")

# Log-odds: a logistic regression (ridge towards hand-set values) on 351 candidates near the boundary from 3,000 letters
# of the board, labelled one by one: 82 % of these hard ones right in 5-fold cross-validation (hand-set values: 61 %).
# Set by hand: introduced, listed, doubled, place_shape, begins_with_word, common, word; role is 2.3 + 0.5.
WEIGHTS = {
    "bias": -3.8, "clear": 3.2, "ambiguous": 0.2, "doubtful": -1.0, "double": 2.1, "short": -0.3, "given": 0.8,
    "introduced": 4.5, "naming": 4.0, "role": 2.8, "verb": 0.5, "start": 1.0, "before": -0.5,
    "title": 3.2, "personal": 3.0, "action": 0.75, "stop": 1.0, "place": -4.0, "after": -1.2,
    "left_broken": -3.1, "right_broken": -3.0, "common": -4.0, "word": -3.0, "given_word": -0.4, "listed": 2.5,
    "place_shape": -3.0, "doubled": 2.5, "begins_with_word": -2.0,
}  # fmt: skip
_BASE = {surname: WEIGHTS["bias"] + WEIGHTS[tier] for surname, tier in _TIER.items()}
_BEST_AFTER = max(WEIGHTS["title"], WEIGHTS["personal"])
_HOPELESS = -_BEST_AFTER - WEIGHTS["introduced"]


def find_names(text: str) -> list[MaskEntity]:
    """Return names; spans may overlap, the first has priority.

    A surname with a title is one span (王师傅); after a full name the title stays outside.
    """
    spans = find_minority_names(text) + _names_with_surname(text) + find_nicknames(text)
    return [MaskEntity("name", start, end) for start, end in spans]


def _names_with_surname(text: str) -> list[tuple[int, int]]:
    full: list[tuple[int, int]] = []
    titled: list[tuple[int, int]] = []
    double = [m.span() for m in _DOUBLE_SURNAME.finditer(text) if m[0] in _TIER]
    taken = {start for start, _ in double}
    surnames = double + [m.span() for m in _SURNAME.finditer(text) if m.start() not in taken]
    last = -1
    for start, middle in surnames:
        with_title = titled_span(text, start, middle)
        if with_title:
            titled.append(with_title)
        if (
            with_title
            or text[middle : middle + 2] in _NEVER_GIVEN
            or text[middle] in _UNLIKELY
            or text[start : middle + 1] in NEVER_NAMES
        ):
            continue
        end = _end_of_name(text, start, middle, listed=start - 1 == last and text[last] in _LISTING)
        if end:
            full.append((start, end))
            last = end
    names = sorted({text[a:b] for a, b in full if b - a > 2}, key=len, reverse=True)
    again = [m.span() for name in names for m in re.finditer(name, text)]
    return again + full + titled


def _end_of_name(text: str, start: int, middle: int, *, listed: bool) -> int | None:
    """Return where the name that starts with a surname ends, or None where it is no name."""
    first = _GIVEN.get(text[middle], _RARE)
    lengths = [(middle + 1, WEIGHTS["given"] * first + WEIGHTS["short"] * (middle - start == 1))]
    if middle + 1 < len(text) and _HAN_CHARACTER.match(text, middle + 1):
        both = first + _GIVEN.get(text[middle + 1], _RARE)
        lengths.insert(
            0, (middle + 2, WEIGHTS["given"] * both + WEIGHTS["doubled"] * (text[middle] == text[middle + 1]))
        )
    base = _BASE[text[start:middle]] + listed * WEIGHTS["listed"]
    if base + max(lengths[0][1], lengths[-1][1]) < _HOPELESS:
        return None
    before = kind_before(text, start)
    base += WEIGHTS[before]
    best, best_score = None, 0.0
    for end, score in lengths:
        score += base
        if score < -_BEST_AFTER:
            continue
        after = kind_after(text, end)
        score += WEIGHTS[after] + WEIGHTS["place_shape"] * _is_place_shaped(text[middle:end], after)
        if score >= 0 and not (before == "introduced" and after == "stop"):
            score += _segmentation_score(text, start, middle, end, certain=before in CERTAIN)
        if score >= best_score:
            best, best_score = end, score
    return best


def _is_place_shaped(given: str, after: str) -> bool:
    if given[-1] == "家":  # 佘家组, 戴钧家的外墙; 黄志家，
        return after not in ("stop", "personal")
    return given[-1] in _PLACE_ENDS or (given[0] == "家" and given[-1] in _PLACE_ENDS_AFTER_HOME)


def _segmentation_score(text: str, start: int, middle: int, end: int, *, certain: bool) -> float:
    """Score how the candidate sits among dictionary words."""
    begin = max(0, start - 6)
    tokens, at = {}, begin
    for token in rjieba.cut(text[begin : end + 5], False):
        tokens[at] = token
        at += len(token)
    name, first = text[start:end], tokens.get(start, "")
    score = WEIGHTS["left_broken"] * (not first) + WEIGHTS["right_broken"] * (end not in tokens and end != at)
    score += WEIGHTS["given_word"] * (tokens.get(middle) == text[middle:end] and end - middle > 1)
    if name not in COMMON_WORDS and (len(first) < 2 or not name.startswith(first)):
        return score
    tag = rjieba.tag(first or name)[0][1]
    if name in COMMON_WORDS or (first == name and not tag.startswith("nr")):
        # After a cue, a word of characters that names are made of may be one (高峰, 方舟), unless it is a place (苏州).
        usual = certain and tag != "ns" and name not in _MOODS and _usual_in_names(text[middle:end])
        weight = WEIGHTS["common" if name in COMMON_WORDS else "word"]
        return score + weight * (0.25 if usual else 1.0)
    return score + WEIGHTS["begins_with_word"] * (not tag.startswith("nr") or first in COMMON_WORDS)


def _usual_in_names(given: str) -> bool:
    return sum(_GIVEN.get(c, _RARE) for c in given) / len(given) >= 1.0
