"""What a reply scorer sees (答复特征): counts of signals, coverage of the message, bounded amount of substance.

Only the substance of a reply is read (see `response_signals`): courtesy, receipt, repetition and sentences that neither
carry a signal nor speak of the matter have no column, so adding them cannot raise a score.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from nlp.asks import AskAlignment, align_asks, split_asks
from nlp.features import NgramVocabulary, normalise
from nlp.rare_grams import among, grams, idf_of, overlap, weighted_bigrams
from nlp.response_signals import (
    GROUNDS,
    MEASURES,
    REFERRAL,
    ReadResponse,
    ReadSentence,
    read_response,
    signal_names,
)

# These make a sentence inform by themselves; a date, a unit or a number to call only where it speaks of the matter.
_INFORMING = (*MEASURES, *GROUNDS, "how_to", "refuse", "admit", "visit", "apology", "verdict")
_ON_THE_MATTER = 0.06  # share of the message's weighted bigrams that a sentence without signals must hold
_LONG = 600  # Chinese characters of informing text at which the amount counts in full
_CONSULTATION = re.compile(r"咨询|请问|如何|怎么|怎样|能否|是否|多少|什么时候|何时|吗[?？]")
_COMPLAINT = re.compile(r"投诉|举报|反映|质疑|控诉|违规|违法|乱收费|扰民|拖欠|不作为")
_WISH = re.compile(r"建议|请求|希望|呼吁|恳请|盼|期待|强烈要求")
_CHINESE = re.compile(r"[\u4e00-\u9fa5]")
_SHAPE = (
    "cover", "cover_title", "focus", "asks_yes", "asks_any", "asks_score", "amount", "sentences",
    "measure_unit", "measure_time", "finding_fact", "numbered", "only_acknowledges", "refers", "defers",
    "consultation", "complaint", "wish", "message_length", "asks",
    "specific", "named", "ends_deferring", "passes_on", "consultation_verdict", "vague_share", "direct_date",
    "consultation_how", "complaint_measure", "complaint_no_measure", "complaint_deny", "amount_per_ask",
)  # fmt: skip


@dataclass(frozen=True)
class ReadPair:
    """A message and its reply (masked), read and aligned. `title_end` splits the message's title from its text."""

    message: str
    reply: ReadResponse
    asks: tuple[AskAlignment, ...]
    vocabulary: NgramVocabulary

    @classmethod
    def read(cls, message: str, reply: str, *, vocabulary: NgramVocabulary) -> ReadPair:
        """Read both texts; `message` is title + line feed + text."""
        response = read_response(reply)
        asks = align_asks(split_asks(message), response, vocabulary=vocabulary)
        return cls(message, response, asks, vocabulary)

    @property
    def title(self) -> str:
        return self.message.partition("\n")[0]

    @cached_property
    def informing(self) -> tuple[ReadSentence, ...]:
        """Sentences of substance that carry a signal or speak of the matter."""
        message, _ = weighted_bigrams(self.message, self.vocabulary)
        return tuple(
            s
            for s in self.reply.substance
            if any(c.has(*_INFORMING) for c in s.kept) or self._speaks_of(s, message) >= _ON_THE_MATTER
        )

    @cached_property
    def model_text(self) -> str:
        """What the n-grams are taken from."""
        return "".join(c.span.text for s in self.informing for c in s.kept)

    def _speaks_of(self, sentence: ReadSentence, message: np.ndarray) -> float:
        return overlap(weighted_bigrams(sentence.span.text, self.vocabulary), message)


def feature_names() -> tuple[str, ...]:
    """Return the names of the columns of `pair_features`."""
    signals = signal_names()
    return (*(f"n_{n}" for n in signals), *(f"has_{n}" for n in signals), *_SHAPE)


def pair_features(pairs: Sequence[ReadPair]) -> np.ndarray:
    """Return (n_pairs, n_features) float64, each value in 0..1; a count c becomes c / (1 + c)."""
    rows = [[*_signal_values(pair), *_shape_values(pair)] for pair in pairs]
    return np.array(rows, np.float64).reshape(len(pairs), len(feature_names()))


def _signal_values(pair: ReadPair) -> list[float]:
    counts = dict.fromkeys(signal_names(), 0)
    for sentence in pair.informing:
        for clause in sentence.kept:
            for signal in clause.signals:
                counts[signal.name] += 1
    return [_bounded(c) for c in counts.values()] + [float(c > 0) for c in counts.values()]


def _shape_values(pair: ReadPair) -> list[float]:
    message, title = (weighted_bigrams(t, pair.vocabulary) for t in (pair.message, pair.title))
    reply = weighted_bigrams(pair.model_text, pair.vocabulary)
    informing, asks = pair.informing, pair.asks
    amount = min(1.0, math.log1p(len(_CHINESE.findall(pair.model_text))) / math.log1p(_LONG))
    consultation, complaint, wish = (float(bool(p.search(pair.title))) for p in (_CONSULTATION, _COMPLAINT, _WISH))
    measure = float(any(s.has(*MEASURES) for s in informing))
    passed_on, ended = _deferral(pair)
    self_idf = float(np.sqrt(reply[1]).mean()) / 10 if len(reply[1]) else 0.0
    values = {
        "cover": overlap(message, reply[0]),
        "cover_title": overlap(title, reply[0]),
        "focus": overlap(reply, message[0]),
        "asks_yes": _share(a.answered == "yes" for a in asks),
        "asks_any": _share(a.answered != "no" for a in asks),
        "asks_score": sum(a.score for a in asks) / max(1, len(asks)),
        "amount": amount,
        "sentences": _bounded(len(informing) / 3),
        "measure_unit": _count(s.has(*MEASURES) and s.has("unit") for s in informing),
        "measure_time": _count(s.has(*MEASURES) and s.has("deadline", "date") for s in informing),
        "finding_fact": _count(s.has("finding") and s.has("quantity", "date", "legal") for s in informing),
        "numbered": _count(
            bool(re.match(r"\s*(?:[0-9一二三四五六]{1,2}[、.．是]|[（(①-⑨])", s.span.text)) for s in informing
        ),
        "only_acknowledges": float(not informing),
        "refers": float(passed_on > 0),
        "defers": float(any(s.has("wait", "clarify") for s in pair.reply.sentences)),
        "consultation": consultation,
        "complaint": complaint,
        "wish": wish,
        "message_length": min(1.0, math.log1p(len(pair.message)) / math.log1p(2000)),
        "asks": _bounded(len(asks) / 2),
        "specific": self_idf,
        "named": _bounded(_longest_name(pair) / 10),
        "ends_deferring": ended,
        "passes_on": passed_on,
        "consultation_verdict": consultation * float(any(s.has("verdict") for s in informing)),
        "vague_share": sum(s.has("vague_measure") and not s.has(*MEASURES, "finding", "quantity") for s in informing)
        / max(1, len(informing)),
        "direct_date": _count(s.has("deadline") and not s.has("measure_done") for s in informing),
        "consultation_how": consultation * float(any(s.has("how_to", "legal") for s in informing)),
        "complaint_measure": (1 - consultation) * measure,
        "complaint_no_measure": (1 - consultation) * (1 - measure),
        "complaint_deny": (1 - consultation) * float(any(s.has("blame", "play_down") for s in informing)),
        "amount_per_ask": amount / (1 + len(asks) / 4),
    }
    return [values[name] for name in _SHAPE]


def _deferral(pair: ReadPair) -> tuple[float, float]:
    """Return the share of passing on among what informs or passes on, and 1.0 where the reply ends with it.

    Courtesy, receipt, repetition and padding are no part of it, so they cannot thin it out.
    """
    informing = {c.span for s in pair.informing for c in s.kept}
    told = [c for s in pair.reply.distinct for c in s.clauses if c.role == REFERRAL or c.span in informing]
    passed = [c.role == REFERRAL for c in told]
    ends = bool(told) and (passed[-1] or told[-1].has("wait", "clarify"))
    return sum(passed) / max(1, len(passed)), float(ends)


def _longest_name(pair: ReadPair) -> float:
    """Rarity (summed idf above the common) of the longest run of characters that reply and message share."""
    keys = grams(normalise(pair.message), 3)
    text = normalise(pair.model_text)
    hits = np.flatnonzero(among(grams(text, 3), np.unique(keys)))
    runs = np.split(hits, np.flatnonzero(np.diff(hits) > 1) + 1) if len(hits) else []
    names = (text[r[0] : r[-1] + 3] for r in runs)
    return max((float(np.maximum(0, idf_of(grams(n, 2), pair.vocabulary) - 3).sum()) for n in names), default=0.0)


def _bounded(count: float) -> float:
    return count / (1 + count)


def _count(flags: object) -> float:
    return _bounded(sum(bool(f) for f in flags))  # type: ignore[attr-defined]


def _share(flags: object) -> float:
    values = [bool(f) for f in flags]  # type: ignore[attr-defined]
    return sum(values) / max(1, len(values))
