"""Where a request is about: names of places, the area and the QR place it came with, and how two of them agree."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from nlp.places import place_key
from nlp.records import ResidentRequest

MAX_NAMES = 2  # places beyond the second are mostly the neighbourhood, or no place
_MAX_LETTERS = 14
# Not fitted: the board has neither. A QR place is one spot; an area says less.
SAME_SITE, SAME_AREA = 0.9, 0.6
_SPACE = re.compile(r"[\s·•・]+")
_HAN = re.compile(r"[\u4e00-\u9fff]")
# Bare buildings, floors and doors; anybody's gate, firm or market.
_NO_NAME = re.compile(
    r"^[\d一二三四五六七八九十a-z]{0,4}(?:期|号?[栋幢座]|号楼?|单元|楼[上下道]?|层|室|组|[东西南北]?门口?|区|市|县)|"
    r"^(?:本|我们?|这个|那个|整个)|^(?:小区|社区|物业|公司|学校|政府|街道|居委会|业委会|派出所|村委会|本村|工地|马路|路口|门口|单元|"
    r"楼道|东门|西门|南门|北门|电梯|车库|地下车库|人行道|公交站|幼儿园|小学|中学|医院|公园|广场|菜场|市场|超市|银行)$"
)
# Characters that tell sister places apart: 东四路 and 东六路, 一小 and 二小, 2号线 and 3号线.
_TELLING = frozenset(
    "一二三四五六七八九十两0123456789abcdefghijklmnopqrstuvwxyz东西南北中上下前后内外新老大小左右甲乙丙丁"
)


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """names: keys of the places named, the main one first; areas: codes or names of the area; text: without spaces."""

    names: tuple[str, ...]
    areas: frozenset[str]
    site: str | None
    text: str

    @classmethod
    def read(cls, request: ResidentRequest, text: str, *, places: Sequence[str], areas: Sequence[str]) -> Whereabouts:
        """Collect what a request says of its place; `text` is masked, `areas` are those of the places named."""
        keys = dict.fromkeys(place_key(p) for p in places[:MAX_NAMES])
        found = {request.area, *areas} - {None, ""}
        return cls(
            tuple(k for k in keys if is_name(k)),
            frozenset(place_key(a) for a in found if a),
            request.site,
            _SPACE.sub("", text).lower(),
        )


def is_name(key: str) -> bool:
    """Say whether a key names one place rather than a kind of place, a building or a door."""
    return 2 <= len(key) <= _MAX_LETTERS and len(_HAN.findall(key)) >= 2 and not _NO_NAME.search(key)


def name_agreement(one: Whereabouts, other: Whereabouts) -> tuple[float, str]:
    """Compare the names: 1 the same, 0.9 one holds the other, 0.7 a variant, 0 none; with the name that agrees."""
    best = (0.0, "")
    for a in one.names:
        for b in other.names:
            best = max(best, (_likeness(a, b), min(a, b, key=len)))
    if best[0] < 0.9:
        for names, there in ((one.names, other), (other.names, one)):
            for name in names:
                if len(name) >= 3 and name in there.text:
                    best = max(best, (0.9, name))
    return best


def spot_agreement(one: Whereabouts, other: Whereabouts, *, broad: Collection[str]) -> float:
    """Compare QR places and areas: `SAME_SITE`, `SAME_AREA` or 0; areas in `broad` say nothing."""
    if one.site is not None and one.site == other.site:
        return SAME_SITE
    return SAME_AREA if (one.areas & other.areas) - set(broad) else 0.0


def place_conflict(one: Whereabouts, other: Whereabouts) -> float:
    """Say how surely two requests that share no place are about two: 1, or 0.5 where only areas tell.

    An area inside another one (a code that begins with the other's) is no conflict.
    """
    if one.names and other.names:
        return 1.0
    if one.site is not None and other.site is not None:
        return 1.0
    if not (one.areas or one.names) or not (other.areas or other.names):
        return 0.0
    nested = any(a.startswith(b) or b.startswith(a) for a in one.areas for b in other.areas)
    return 0.0 if nested or not (one.areas and other.areas) else 0.5


def _likeness(one: str, other: str) -> float:
    if one == other:
        return 1.0
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) >= 3 and shorter in longer:
        return 0.9
    return 0.7 if is_variant(one, other) else 0.0


def is_variant(one: str, other: str) -> bool:
    """Say whether two names may be one in two spellings: one character changed, added or left out, two swapped.

    Numbers, letters, directions and the last character (路, 街, 镇 …) must not differ; three characters or more.
    """
    if min(len(one), len(other)) < 3 or abs(len(one) - len(other)) > 1:
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    end = 0
    while end < min(len(one), len(other)) - start and one[-1 - end] == other[-1 - end]:
        end += 1
    left, right = one[start : len(one) - end], other[start : len(other) - end]
    if not end and not (len(left) == len(right) == 2):
        return False
    if _TELLING & set(left + right):
        return False
    if len(left) == len(right) == 2:
        return left == right[::-1]
    return len(left) <= 1 and len(right) <= 1
