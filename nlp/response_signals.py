"""What an official answer says (答复要素): measures, unit in charge, times, findings, grounds, referrals, formulas.

Each detector is a list of regular expressions in `data/response_signals.json`; each hit has a span. `read_response`
cuts an answer into sentences and says of each whether it carries substance, only acknowledges, only refers, or is a
formula. Replies and posts are read by the same detectors.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from nlp.results import Span
from nlp.text import split_sentences, widen_punctuation

LEXICON = Path(__file__).parent / "data" / "response_signals.json"

SUBSTANCE, ACKNOWLEDGEMENT, REFERRAL, FORMULA = "substance", "acknowledgement", "referral", "formula"
MEASURES = ("measure_done", "measure_ongoing", "measure_planned")
GROUNDS = ("finding", "legal", "quantity")
# What makes a clause say something of its own, whatever courtesy stands in it.
_CARRYING = frozenset((*MEASURES, "quantity", "refuse", "admit", "play_down", "clarify", "apology"))
_FACTS = (*MEASURES, "quantity", "refuse", "deadline", "date")  # make even a short sentence one of substance
_CLAUSE = re.compile(r"[^，,：:]+[，,：:]*|[，,：:]+")
_SALUTATION = re.compile(r"^[\s“”\"‘’]*(?:网友|尊敬的|亲爱的|UU?\w*|来信人|市民|各位)[^，。；！\n]{0,24}$")
_SIGN_OFF = re.compile(r"^[\s\w（）()]{0,24}?20\d\d\s*[年./-]\s*\d{1,2}\s*[月./-]\s*\d{1,2}\s*日?[\s\d]*$")
_TOPIC_ONLY = re.compile(
    r"^\s*(?:\d+[.、])?(?:关于|针对|根据|就|对于|对|您|你|网友)[^，。]{0,60}"
    r"(?:问题|情况|留言|来信|建议|帖文|诉求|事项|信访件|一事|投诉|咨询)[，,：:\s]*$"
)
_PLACEHOLDER = re.compile("〔[^〕]{2,6}〕")
_CHINESE = re.compile(r"[\u4e00-\u9fa5]")
_MIN_SUBSTANCE = 8  # Chinese characters left after courtesy, receipt and passing on


@dataclass(frozen=True, slots=True)
class ResponseSignal:
    """One hit: the detector's name and its half-open span."""

    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ReadClause:
    """A stretch between commas, with its role and its signals (offsets of the whole text)."""

    span: Span
    role: str
    signals: tuple[ResponseSignal, ...]

    def has(self, *names: str) -> bool:
        return any(s.name in names for s in self.signals)


@dataclass(frozen=True, slots=True)
class ReadSentence:
    """One sentence of an answer; it carries substance as soon as one of its clauses does."""

    span: Span
    role: str
    clauses: tuple[ReadClause, ...]

    @property
    def signals(self) -> tuple[ResponseSignal, ...]:
        return tuple(s for c in self.clauses for s in c.signals)

    @property
    def kept(self) -> tuple[ReadClause, ...]:
        """The clauses that carry the substance."""
        return tuple(c for c in self.clauses if c.role == SUBSTANCE)

    def has(self, *names: str) -> bool:
        return any(c.has(*names) for c in self.clauses)


@dataclass(frozen=True)
class ReadResponse:
    """An answer read sentence by sentence."""

    text: str
    sentences: tuple[ReadSentence, ...]

    @cached_property
    def distinct(self) -> tuple[ReadSentence, ...]:
        """The sentences without those that repeat an earlier one."""
        first: dict[str, ReadSentence] = {}
        for sentence in self.sentences:
            first.setdefault("".join(_CHINESE.findall(sentence.span.text)), sentence)
        return tuple(first.values())

    @cached_property
    def substance(self) -> tuple[ReadSentence, ...]:
        """The distinct sentences that carry substance."""
        return tuple(s for s in self.distinct if s.role == SUBSTANCE)

    @property
    def only_acknowledges(self) -> bool:
        """Whether nothing is said beyond courtesy, receipt and passing on."""
        return not self.substance

    def share(self, role: str) -> float:
        """Share of sentences of one role, 0..1."""
        return sum(s.role == role for s in self.sentences) / max(1, len(self.sentences))


@cache
def signal_patterns() -> Mapping[str, re.Pattern[str]]:
    """Return one compiled expression a detector, in the order of the lexicon file."""
    raw: Mapping[str, Sequence[str]] = json.loads(LEXICON.read_text("utf-8"))["signals"]
    return {name: re.compile("|".join(f"(?:{p})" for p in patterns)) for name, patterns in raw.items()}


def signal_names() -> tuple[str, ...]:
    """Return the names of all detectors."""
    return tuple(signal_patterns())


def find_response_signals(text: str) -> list[ResponseSignal]:
    """Return every hit of every detector by start. Hits of one detector never overlap each other.

    Half-width punctuation after a Chinese character is read as the full-width one, or a detector would run across it.
    """
    plain = widen_punctuation(text)
    found = [
        ResponseSignal(name, match.start(), match.end())
        for name, pattern in signal_patterns().items()
        for match in pattern.finditer(plain)
        if match.end() > match.start()
    ]
    found.sort(key=lambda s: (s.start, s.end, s.name))
    return found


def read_response(text: str) -> ReadResponse:
    """Cut an answer (masked text) into sentences and say what each does."""
    return ReadResponse(text, tuple(_read_sentence(span) for span in split_sentences(text)))


def _read_sentence(span: Span) -> ReadSentence:
    signals = [
        ResponseSignal(s.name, s.start + span.start, s.end + span.start) for s in find_response_signals(span.text)
    ]
    bare = span.text.strip()
    idle = bool(_SALUTATION.match(bare) or _SIGN_OFF.match(bare))
    clauses = []
    for match in _CLAUSE.finditer(span.text):
        start, end = match.start() + span.start, match.end() + span.start
        inside = tuple(s for s in signals if start <= s.start < end)
        role = FORMULA if idle else _clause_role(match.group(), {s.name for s in inside})
        clauses.append(ReadClause(Span(match.group(), start, end), role, inside))
    return ReadSentence(span, _sentence_role(clauses), tuple(clauses))


def _clause_role(clause: str, names: set[str]) -> str:
    if _SALUTATION.match(clause.strip()) or _SIGN_OFF.match(clause.strip()):
        return FORMULA
    if "refer" in names and "measure_done" not in names:
        return REFERRAL
    carrying = names & _CARRYING
    if "acknowledge" in names and not carrying:
        return ACKNOWLEDGEMENT
    if ("formula" in names or "wait" in names or _TOPIC_ONLY.match(clause)) and not carrying:
        return FORMULA
    return SUBSTANCE


def _sentence_role(clauses: Sequence[ReadClause]) -> str:
    kept = [c for c in clauses if c.role == SUBSTANCE]
    said = _PLACEHOLDER.sub("", "".join(c.span.text for c in kept))
    if len(_CHINESE.findall(said)) >= _MIN_SUBSTANCE or any(c.has(*_FACTS) for c in kept):
        return SUBSTANCE
    roles = {c.role for c in clauses}
    return next((r for r in (REFERRAL, ACKNOWLEDGEMENT) if r in roles), FORMULA)
