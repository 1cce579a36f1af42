"""Matters of a chat: which message belongs to which, by quote, call, subject, shared words, place and nearness.

A message joins the open matter that it fits best; what fits none and is a matter by itself opens one. Decisions look
back only, so that a longer export of the same log decides the same. Weights and thresholds were set by hand on the
logs of tests/nlp/data/chats other than `heldout`; what that one gives stands in tests/nlp/test_chats.py.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from nlp.chats.people import Spoken
from nlp.chats.words import buildings_of, content_length, says_also, subjects_of

# A matter that nobody mentioned for a day and a half is told anew: the night and the next day belong to it.
OPEN_MINUTES = 36 * 60.0
# A quote reaches back further: who quotes means it.
QUOTE_MINUTES = 14 * 24 * 60.0
# Messages of one person this close are one utterance; phones send a thought in two or three pieces.
MERGE_MINUTES = 3.0
# Within this time a message without any other tie answers what was said just before.
NEAR_MINUTES = 12.0
# A reply this short (content characters) right below a matter speaks of it, whatever else it names.
SHORT = 18
FOLLOW_MINUTES = 5.0
AGREE_MINUTES = 45.0
# Staff read a group now and then; their answer may stand an hour below what it answers.
STAFF_MINUTES = 60.0
JOIN = 1.2
# One shared subject, or three shared pairs of characters.
TIED = 1.5
# Who quotes gives at least the beginning of a message; apps cut the rest.
QUOTED_CHARS = 30
_QUOTE, _CALL, _OFFICE, _PAIR, _BUILDING, _OTHER_SUBJECT, _ANEW = 5.0, 2.5, 1.0, 0.5, 0.5, 2.6, 0.8
_MINE_NEAR, _MINE = 1.5, 0.7
_LAST, _BEFORE_LAST = 1.3, 0.7


@dataclass(frozen=True, slots=True)
class Utterance:
    """One message in its place.

    minute: since the log began; plain: own words without calls and placeholders
    pairs: the pairs of characters in `plain` that can tie it to a matter
    """

    index: int
    line: int
    time: datetime | None
    minute: float
    sender: str
    spoken: Spoken
    plain: str
    id: str
    pairs: frozenset[str]
    subjects: frozenset[str] = field(init=False)
    buildings: frozenset[str] = field(init=False)
    length: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "subjects", subjects_of(self.plain))
        object.__setattr__(self, "buildings", buildings_of(self.plain))
        object.__setattr__(self, "length", content_length(self.plain))


@dataclass(slots=True)
class Case:
    """What one resident said in one matter."""

    first: Utterance
    said: list[Utterance] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Matter:
    """One thing that residents talk about: their cases, who agreed, what staff answered.

    texts: what was said in it since `Threads` last looked
    """

    number: int
    cases: dict[str, Case] = field(default_factory=dict)
    agreed: set[str] = field(default_factory=set)
    answers: list[Utterance] = field(default_factory=list)
    subjects: set[str] = field(default_factory=set)
    pairs: set[str] = field(default_factory=set)
    buildings: set[str] = field(default_factory=set)
    minute: float = 0.0
    last_of: dict[str, float] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)

    def add(self, said: Utterance, *, lines: tuple[int, ...] = ()) -> None:
        """Add what a resident said; `lines` replaces the line of the message."""
        case = self.cases.setdefault(said.sender, Case(said))
        case.said.append(said)
        case.lines += lines or (said.line,)
        self.hear(said)

    def hear(self, said: Utterance) -> None:
        """Learn the words of a message. The subjects stay those of the first resident: later ones wander."""
        if len(self.cases) <= 1 and not self.answers:
            self.subjects |= said.subjects
        self.pairs |= said.pairs
        self.buildings |= said.buildings
        self.touch(said)
        self.texts.append(said.spoken.own)

    def answer(self, said: Utterance) -> None:
        """Add what staff answered; residents come back to its words."""
        self.answers.append(said)
        self.hear(said)

    def touch(self, said: Utterance) -> None:
        self.minute = said.minute
        self.last_of[said.sender] = said.minute


@dataclass(slots=True)
class Threads:
    """All matters of a log, and what the last messages were about (None: small talk).

    open: the matters of the last `OPEN_MINUTES` by number, the one that was touched last at the end
    heard: (beginning, number of the matter) of every text, sorted, for quotes
    latest: the matter that each person touched last
    """

    matters: list[Matter] = field(default_factory=list)
    trail: list[tuple[float, Matter | None, bool]] = field(default_factory=list)
    open_ones: OrderedDict[int, Matter] = field(default_factory=OrderedDict)
    heard: list[tuple[str, int]] = field(default_factory=list)
    latest: dict[str, Matter] = field(default_factory=dict)

    def open(self) -> Matter:
        matter = Matter(len(self.matters))
        self.matters.append(matter)
        return matter

    def note(self, said: Utterance, matter: Matter | None, *, trade: bool = False) -> None:
        """Remember what a message was about, after the matter has heard it."""
        self.trail.append((said.minute, matter, trade))
        if matter is not None:
            self.touch(said, matter)

    def touch(self, said: Utterance, matter: Matter) -> None:
        """Keep a matter open after a message in it."""
        matter.touch(said)
        self.open_ones[matter.number] = matter
        self.open_ones.move_to_end(matter.number)
        self.latest[said.sender] = matter
        for text in matter.texts:
            insort(self.heard, (text[:QUOTED_CHARS], matter.number))
        matter.texts.clear()

    def best(self, said: Utterance, *, opens: bool, near: float = NEAR_MINUTES) -> tuple[Matter | None, float]:
        """Return the matter that a message fits best and how well (`JOIN` or more: it belongs there)."""
        self._close(said.minute)
        quoted = self._quoted(said)
        scored = [(_QUOTE, m.minute, m.number) for m in quoted.values()]
        for m in self._tied(said):
            if m.number not in quoted:
                scored.append((self._affinity(m, said, opens=opens, near=near), m.minute, m.number))
        if not scored:
            return None, 0.0
        score, _, number = max(scored)
        return self.matters[number], score

    def _close(self, minute: float) -> None:
        while self.open_ones:
            number, oldest = next(iter(self.open_ones.items()))
            if minute - oldest.minute <= OPEN_MINUTES:
                return
            del self.open_ones[number]

    def _quoted(self, said: Utterance) -> dict[int, Matter]:
        """Return the matters in which a quoted text (possibly cut) was said."""
        start = said.spoken.quoted_text.rstrip("….")[:QUOTED_CHARS]
        if len(start) < 2:
            return {}
        found = {n: self.matters[n] for n in self._saying(start)}
        return {n: m for n, m in found.items() if said.minute - m.minute <= QUOTE_MINUTES}

    def _saying(self, start: str) -> Iterator[int]:
        at = bisect_left(self.heard, (start, -1))
        while at < len(self.heard) and self.heard[at][0].startswith(start):
            yield self.heard[at][1]
            at += 1

    def _tied(self, said: Utterance) -> list[Matter]:
        """Return the open matters that anything ties a message to; the others score below `JOIN`."""
        just_now = {last.number for _, last, _ in self.trail[:-4:-1] if last is not None}
        people = {said.sender, *said.spoken.called}
        return [
            m
            for m in self.open_ones.values()
            if m.number in just_now
            or not people.isdisjoint(m.last_of)
            or not said.pairs.isdisjoint(m.pairs)
            or not said.subjects.isdisjoint(m.subjects)
        ]

    def _affinity(self, matter: Matter, said: Utterance, *, opens: bool, near: float) -> float:
        gap = said.minute - matter.minute
        follows = bool(self.trail) and self.trail[-1][1] is matter and gap <= FOLLOW_MINUTES
        short = said.length < SHORT or not said.subjects
        opens = opens and not (follows and short)
        return (
            self._called(matter, said)
            + shared_words(matter, said, opens=opens)
            + self._nearness(matter, said, near=near)
        )

    def agreed_with(self, said: Utterance) -> Matter | None:
        """Return the matter that a bare agreement speaks of: the quoted one, the called person's, the last one."""
        matter, score = self.best(said, opens=False)
        if matter is not None and score >= _CALL:
            return matter
        for minute, last, trade in self.trail[:-4:-1]:
            if trade or said.minute - minute > AGREE_MINUTES:
                return None
            if last is not None:
                return last
        return None

    def _called(self, matter: Matter, said: Utterance) -> float:
        for name in said.spoken.called:
            if name in matter.cases or name in matter.agreed:
                ours = said.sender in matter.cases or matter is self.latest.get(name)
                return _CALL if ours else _CALL / 3
            if any(answer.sender == name for answer in matter.answers):
                return _OFFICE
        return 0.0

    def _nearness(self, matter: Matter, said: Utterance, *, near: float) -> float:
        near = max(near, AGREE_MINUTES) if says_also(said.plain) else near
        mine = matter.last_of.get(said.sender)
        score = 0.0 if mine is None else _MINE_NEAR if said.minute - mine <= 2 * NEAR_MINUTES else _MINE
        for weight, (minute, last, _) in zip((_LAST, _BEFORE_LAST, _BEFORE_LAST), self.trail[:-4:-1], strict=False):
            if last is matter and said.minute - minute <= near:
                return score + weight
        return score


def shared_words(matter: Matter, said: Utterance, *, opens: bool) -> float:
    """Return how far the words of a message are those of a matter: subjects, content, buildings."""
    subjects, buildings = said.subjects, said.buildings
    shared = len(subjects & matter.subjects)
    pairs = len(said.pairs & matter.pairs)
    score = min(2.0, TIED * shared) + min(1.5, _PAIR * pairs)
    if opens and not shared and pairs < 2:
        if subjects and matter.subjects:
            score -= _OTHER_SUBJECT
        elif said.length >= SHORT:
            score -= _ANEW
    if buildings and matter.buildings:
        same = bool(buildings & matter.buildings)
        score += _BUILDING if same else 0.0 if says_also(said.plain) else -_BUILDING
    return score
