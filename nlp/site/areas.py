"""Names of areas and of the gazetteer in a text: one pass of an automaton, the longest name wins.

A name that stands inside a longer known name does not count (盐仓 in 盐仓老村). A name of two places (解放路 of two
districts) gives an area only where something else decides: the request's own area, or another area named beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import ahocorasick

from nlp.site.rows import LEVELS, Area, GazetteerEntry

_PRECISE = ("community", "estate")  # levels of which a bare name is a place, not a region


@dataclass(frozen=True, slots=True)
class AreaName:
    """A known name found in a text, and the areas it may mean (none for a gazetteer row without an area).

    `is_place`: precise enough to be shown as a place (a community, an estate, a name of the gazetteer).
    """

    start: int
    end: int
    codes: tuple[str, ...]
    is_place: bool


class AreaIndex:
    """All names and aliases of a site, for search; and the tree of its areas."""

    def __init__(self, areas: Sequence[Area], gazetteer: Sequence[GazetteerEntry]) -> None:
        self._areas = {a.code: a for a in areas}
        self._names = _names(areas, gazetteer)

    @cached_property
    def _automaton(self) -> ahocorasick.Automaton:
        automaton = ahocorasick.Automaton()
        for name in self._names:
            automaton.add_word(name, name)
        automaton.make_automaton()
        return automaton

    @cached_property
    def _chains(self) -> dict[str, tuple[str, ...]]:
        return {code: self._chain(code) for code in self._areas}

    def __contains__(self, code: object) -> bool:
        return code in self._areas

    def ancestors(self, code: str | None) -> tuple[str, ...]:
        """Return the area's code and those above it, nearest first; empty for an unknown one."""
        return self._chains.get(code, ()) if code else ()

    def depth(self, code: str) -> int:
        """Return 0 for a city to 4 for an estate."""
        return LEVELS.index(self._areas[code].level)

    def related(self, code: str, other: str) -> bool:
        """Say whether one of two areas lies in the other (or is it)."""
        return code in self.ancestors(other) or other in self.ancestors(code)

    def find(self, text: str) -> list[AreaName]:
        """Return the known names of a text in their order, without those inside a longer one."""
        if not self._names or not text:
            return []
        spans = [(end + 1 - len(name), end + 1, name) for end, name in self._automaton.iter(text)]
        spans = [s for s in spans if _stands_alone(text, s[0], s[1])]
        spans.sort(key=lambda s: (s[0], -s[1]))
        found, reached = [], 0
        for start, end, name in spans:
            if end > reached:
                found.append(AreaName(start, end, *self._names[name]))
                reached = end
        return found

    def resolve(self, names: Sequence[AreaName], *, within: str | None = None) -> str | None:
        """Choose the most specific area among the names of one place; None where they leave it open.

        within: the request's own area; it decides between the areas of one name, and comes first among several names
        """
        sure = [n.codes[0] for n in names if len(n.codes) == 1]
        anchors = [*sure, *([within] if within else [])]
        found = []
        for name in names:
            code = name.codes[0] if len(name.codes) == 1 else self._narrow(name.codes, anchors)
            if code is not None:
                inside = bool(within) and within in self.ancestors(code)
                found.append((inside, self.depth(code), name.end - name.start, -name.start, code))
        return max(found)[-1] if found else None

    def _narrow(self, codes: Sequence[str], anchors: Sequence[str]) -> str | None:
        """Return the one area that goes with an anchor (its own part of the city, or around it); else None.

        Areas that lie in one another are no contradiction: the largest of them is certain.
        """
        largest = min(codes, key=self.depth, default=None)
        if largest is None or all(largest in self.ancestors(c) for c in codes):
            return largest
        for anchor in anchors:
            for fitting in (
                [c for c in codes if anchor in self.ancestors(c)],
                [c for c in codes if c in self.ancestors(anchor)],
            ):
                if len(fitting) == 1:
                    return fitting[0]
        return None

    def _chain(self, code: str) -> tuple[str, ...]:
        chain: list[str] = []
        at: str | None = code
        while at is not None and at in self._areas and at not in chain:
            chain.append(at)
            at = self._areas[at].parent
        return tuple(chain)


def _names(areas: Sequence[Area], gazetteer: Sequence[GazetteerEntry]) -> Mapping[str, tuple[tuple[str, ...], bool]]:
    codes: dict[str, dict[str, None]] = {}
    places: set[str] = set()
    known = {a.code for a in areas}
    for name, code, is_place in _pairs(areas, gazetteer):
        of_name = codes.setdefault(name, {})
        if code is not None and code in known:
            of_name[code] = None
        if is_place:
            places.add(name)
    return {name: (tuple(found), name in places) for name, found in codes.items()}


def _pairs(areas: Sequence[Area], gazetteer: Sequence[GazetteerEntry]) -> Iterable[tuple[str, str | None, bool]]:
    for area in areas:
        for name in (area.name, *area.aliases):
            yield name, area.code, area.level in _PRECISE
    for entry in gazetteer:
        for name in (entry.name, *entry.aliases):
            yield name, entry.area, True


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Say whether a name that begins or ends with a digit or Latin letter is not cut out of a longer number."""
    left = start > 0 and _is_latin(text[start]) and _is_latin(text[start - 1])
    right = end < len(text) and _is_latin(text[end - 1]) and _is_latin(text[end])
    return not left and not right


def _is_latin(character: str) -> bool:
    return character.isascii() and character.isalnum()
