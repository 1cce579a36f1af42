"""The passage of a post that answers an issue, and what a scorer sees of it."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nlp.post_aspects import PostText
from nlp.post_match import Match
from nlp.response_signals import MEASURES, REFERRAL, ReadResponse, read_response, signal_names
from nlp.results import Span

_CHINESE = re.compile(r"[\u4e00-\u9fa5]")
_LEAD_SENTENCES = 3
_EVIDENCE = 4
_SHAPE = (
    "share", "in_title", "in_lead", "position", "amount", "questions", "alone", "probability",
    "measure_time", "measure_unit", "fact_density", "praise_density", "vague_only", "referral", "owns_up",
    "plays_down_only",
)  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """The stretch of a post that answers one issue: sentence numbers, the passage read, how it stands in the post."""

    post: PostText
    match: Match
    sentences: tuple[int, ...]
    response: ReadResponse
    alone: bool

    @property
    def share(self) -> float:
        """Share of the post's characters, 0..1."""
        inside = sum(len(self.post.sentences[n].text) for n in self.sentences)
        return inside / max(1, sum(len(s.text) for s in self.post.sentences))


def find_answers(post: PostText, matches: Sequence[Match]) -> list[Answer]:
    """Cut the answering stretch for each match of a post.

    A post whose title or lead speaks of its only issue answers as a whole; otherwise the paragraph of the nearest
    passage answers, with the heading before it.
    """
    found = []
    for match in matches:
        alone = len(matches) == 1
        numbers = _stretch(post, match, alone=alone)
        text = "".join(f"{post.sentences[n].text}\n" for n in numbers)
        found.append(Answer(post, match, numbers, read_response(text), alone))
    return found


def feature_names() -> tuple[str, ...]:
    """Return the names of the columns of `answer_features`."""
    return (*(f"n_{n}" for n in signal_names()), *_SHAPE)


def answer_features(answers: Sequence[Answer]) -> np.ndarray:
    """Return (n_answers, n_features) float64, each value in 0..1."""
    rows = [[*_signal_values(a), *_shape_values(a)] for a in answers]
    return np.array(rows, np.float64).reshape(len(answers), len(feature_names()))


def answer_evidence(answer: Answer) -> tuple[Span, ...]:
    """Return the stretches of the post (masked text) that say most: measures, findings, dates, limits."""
    telling = (*MEASURES, "finding", "deadline", "admit", "refuse", "quantity", "play_down")
    scored = []
    for number in answer.sentences:
        span = answer.post.sentences[number]
        names = {s.name for sentence in read_response(span.text).sentences for s in sentence.signals}
        scored.append((len(names & set(telling)), -number, span))
    best = sorted(scored, key=lambda s: (-s[0], -s[1]))[:_EVIDENCE]
    chosen = [s for s in best if s[0] > 0] or best[:1]
    return tuple(s[2] for s in sorted(chosen, key=lambda s: s[2].start))


def _stretch(post: PostText, match: Match, *, alone: bool) -> tuple[int, ...]:
    first, last = post.passages[match.passage]
    paragraphs = [post.text.count("\n", 0, s.start) for s in post.sentences]
    here = paragraphs[first]
    leads = post.sentences[first].start <= post.title_end or first <= _LEAD_SENTENCES
    if alone and leads:
        return tuple(range(len(post.sentences)))
    inside = [n for n, p in enumerate(paragraphs) if p == here]
    if len(inside) > 2 * (last - first) + 2:
        inside = [n for n in inside if first - 1 <= n < last + 1]
    heading = inside[0] - 1
    if heading >= 0 and len(post.sentences[heading].text) <= 20 and paragraphs[heading] == here - 1 and heading > 0:
        inside.insert(0, heading)
    return tuple(inside)


def _signal_values(answer: Answer) -> list[float]:
    counts = dict.fromkeys(signal_names(), 0)
    for sentence in answer.response.sentences:
        for signal in sentence.signals:
            counts[signal.name] += 1
    return [c / (c + 2) for c in counts.values()]


def _shape_values(answer: Answer) -> list[float]:
    sentences = answer.response.sentences
    text = answer.response.text
    amount = len(_CHINESE.findall(text))
    hits = {name: sum(s.has(name) for s in sentences) for name in signal_names()}
    measures = sum(s.has(*MEASURES) for s in sentences)
    body = [n for n in range(len(answer.post.sentences)) if answer.post.sentences[n].start > answer.post.title_end]
    first = answer.post.passages[answer.match.passage][0]
    values = {
        "share": answer.share,
        "in_title": float(answer.post.sentences[answer.sentences[0]].start < answer.post.title_end),
        "in_lead": float(first <= _LEAD_SENTENCES),
        "position": first / max(1, len(body)),
        "amount": min(1.0, math.log1p(amount) / math.log(500)),
        "questions": _bounded(text.count("?") + text.count("？")),
        "alone": float(answer.alone),
        "probability": answer.match.probability,
        "measure_time": _bounded(sum(s.has(*MEASURES) and s.has("deadline", "date") for s in sentences)),
        "measure_unit": _bounded(sum(s.has(*MEASURES) and s.has("unit") for s in sentences)),
        "fact_density": min(1.0, sum(s.has("quantity", "date", "finding") for s in sentences) / max(1, len(sentences))),
        "praise_density": min(1.0, hits["publicity"] / max(1, len(sentences)) * 2),
        "vague_only": float(hits["vague_measure"] > 0 and not measures),
        "referral": _bounded(sum(c.role == REFERRAL for s in sentences for c in s.clauses)),
        "owns_up": _bounded(hits["admit"] + hits["refuse"] + hits["apology"]),
        "plays_down_only": float(hits["play_down"] + hits["blame"] > hits["admit"] + hits["refuse"]),
    }
    return [min(1.0, values[name]) for name in _SHAPE]


def _bounded(count: float) -> float:
    return count / (1 + count)
