"""Why a need holds (依据): the clause that a reader would underline, verbatim.

Every clause, and every two that touch, is ranked by what readers underlined before (n-grams, rule signals, place in
the text; a linear ranker) plus what the need's own head makes of its n-grams.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nlp.artifact import Part
from nlp.heads import LinearHeads, sigmoid
from nlp.results import NEEDS
from nlp.signals import Signal, SignalLexicon

MAX_CHARS = 40
MIN_CHARS = 3
HEAD_SHARE = 0.3  # of 0, .3, 1, 3 the best overlap with gold evidence, grouped CV on gold, silver and own rows
_CLAUSE = re.compile(r"[^。！？!?;；，,：:\n\s〔〕…~～]+")
_PLACEHOLDER = re.compile("〔[^〔〕]{1,8}〕")
_SHAPES = 8


@dataclass(frozen=True, slots=True)
class NeedSpan:
    """The clause chosen for a need, half-open in the masked text; `weight` 0..1 says how clearly it speaks."""

    label: str
    start: int
    end: int
    weight: float


@dataclass(frozen=True)
class Clauses:
    """Candidates of several texts, one row each: single clauses of a text first, then touching pairs.

    owner: (n,) index of the text; spans: (n, 2); rules: (n, n_rules) float32; parts: (n, 2) rows of `texts` that make
    the candidate up, the same row twice where it is one clause; texts: the single clauses
    """

    owner: np.ndarray
    spans: np.ndarray
    rules: np.ndarray
    parts: np.ndarray
    texts: tuple[str, ...]


@dataclass(frozen=True)
class EvidenceRanker:
    """Linear weights of what readers underline.

    ngrams: (n_text_ngrams,) float32; rules: (n_rules,) float32
    """

    ngrams: np.ndarray
    rules: np.ndarray

    @classmethod
    def from_part(cls, part: Part) -> EvidenceRanker:
        """Read what `arrays` gave."""
        return cls(part.arrays["evidence_ngrams"].astype(np.float32), part.arrays["evidence_rules"].astype(np.float32))

    def arrays(self) -> dict[str, np.ndarray]:
        return {"evidence_ngrams": self.ngrams.astype(np.float16), "evidence_rules": self.rules.astype(np.float32)}


def choose_evidence(
    texts: Sequence[str],
    signals: Sequence[Sequence[Signal]],
    *,
    labels: Sequence[Sequence[str]],
    heads: LinearHeads,
    ranker: EvidenceRanker,
) -> list[list[NeedSpan]]:
    """Choose the best clause of each need in force, best first; a lone clause gets the runner-up beside it.

    texts: masked; signals: of the same texts; labels: needs in force of each text
    """
    asked = [row for row, of_text in enumerate(labels) if of_text]
    chosen: list[list[NeedSpan]] = [[] for _ in texts]
    clauses = find_clauses([texts[i] for i in asked], [signals[i] for i in asked])
    if not len(clauses.owner):
        return chosen
    scores = _scores(clauses, heads, ranker)
    edges = np.searchsorted(clauses.owner, np.arange(len(asked) + 1))
    for row, start, end in zip(asked, edges[:-1], edges[1:], strict=True):
        if start < end:
            chosen[row] = _best_spans(labels[row], clauses.spans[start:end], scores[start:end])
    return chosen


def find_clauses(texts: Sequence[str], signals: Sequence[Sequence[Signal]]) -> Clauses:
    """Cut masked texts into clauses of at most `MAX_CHARS`, without placeholders, and describe them."""
    owner: list[int] = []
    spans: list[tuple[int, int]] = []
    parts: list[tuple[int, int]] = []
    pieces: list[str] = []
    rules = []
    for row, (text, of_text) in enumerate(zip(texts, signals, strict=True)):
        single = _single_clauses(text)
        pairs = [n for n in range(len(single) - 1) if _touch(single[n], single[n + 1])]
        found = single + [(single[n][0], single[n + 1][1]) for n in pairs]
        first = len(pieces)
        parts += [(first + n, first + n) for n in range(len(single))]
        parts += [(first + n, first + n + 1) for n in pairs]
        pieces += [text[start:end] for start, end in single]
        owner += [row] * len(found)
        spans += found
        rules.append(_rules(text, of_text, single=single, pairs=pairs))
    width = len(SignalLexicon.bundled().names) + _SHAPES
    return Clauses(
        np.array(owner, np.int64),
        np.array(spans, np.int64).reshape(-1, 2),
        np.concatenate(rules) if rules else np.zeros((0, width), np.float32),
        np.array(parts, np.int64).reshape(-1, 2),
        tuple(pieces),
    )


def need_column(heads: LinearHeads, need: str) -> int:
    """Return the column of a need; ji is the second step of urgency."""
    if need == "ji":
        return heads.heads["urgency"].start + 1
    head = heads.heads["needs"]
    return head.start + head.labels.index(need)


def _single_clauses(text: str) -> list[tuple[int, int]]:
    blank = _PLACEHOLDER.sub(lambda m: "\n" * len(m[0]), text)
    found = []
    for match in _CLAUSE.finditer(blank):
        for start in range(match.start(), match.end(), MAX_CHARS):
            end = min(start + MAX_CHARS, match.end())
            if end - start >= MIN_CHARS:
                found.append((start, end))
    return found


def _touch(left: tuple[int, int], right: tuple[int, int]) -> bool:
    return right[0] - left[1] <= 1 and right[1] - left[0] <= MAX_CHARS


def _rules(
    text: str, signals: Sequence[Signal], *, single: Sequence[tuple[int, int]], pairs: Sequence[int]
) -> np.ndarray:
    names = {name: at for at, name in enumerate(SignalLexicon.bundled().names)}
    fired = np.zeros((len(single), len(names)), np.float32)
    starts = [start for start, _ in single]
    for signal in signals:
        at = bisect_right(starts, signal.start) - 1
        if at >= 0 and signal.end <= single[at][1] and signal.name in names:
            fired[at, names[signal.name]] = 1
    both = np.concatenate([fired, np.maximum(fired[pairs], fired[[n + 1 for n in pairs]])]) if pairs else fired
    spans = [*single, *((single[n][0], single[n + 1][1]) for n in pairs)]
    return np.hstack([both, _shapes(text, np.array(spans, np.float32).reshape(-1, 2))])


def _shapes(text: str, spans: np.ndarray) -> np.ndarray:
    """Describe length and place of candidates, (n, 8), each value in 0..1."""
    start, end = spans[:, 0], spans[:, 1]
    sizes = end - start
    return np.stack(
        [
            start < text.find("\n"),
            start / max(1, len(text)),
            1 / (1 + start / 50),
            end >= len(text) - 30,
            sizes / MAX_CHARS,
            sizes < 6,
            sizes > 24,
            np.full(len(spans), min(1.0, len(spans) / MAX_CHARS)),
        ],
        axis=1,
    ).astype(np.float32)


def clause_rows(clauses: Clauses, heads: LinearHeads) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows of the text vocabulary of the single clauses and their squared lengths."""
    rows = heads.features.text.transform(clauses.texts, unit_length=False)
    return rows, np.asarray(rows.multiply(rows).sum(1)).ravel()


def _scores(clauses: Clauses, heads: LinearHeads, ranker: EvidenceRanker) -> np.ndarray:
    """Score each candidate for each need, (n_candidates, 4)."""
    rows, squares = clause_rows(clauses, heads)
    columns = [need_column(heads, need) for need in NEEDS]
    own = HEAD_SHARE * heads.weights[: rows.shape[1]][:, columns]
    sums = rows @ (own + ranker.ngrams[:, None])
    left, right = clauses.parts.T
    pair = (left != right)[:, None]
    total = sums[left] + pair * sums[right]
    lengths = np.sqrt(np.maximum(squares[left] + (left != right) * squares[right], 1e-12))
    return np.asarray(total / lengths[:, None] + (clauses.rules @ ranker.rules)[:, None])


def _best_spans(labels: Sequence[str], spans: np.ndarray, scores: np.ndarray) -> list[NeedSpan]:
    columns = [NEEDS.index(label) for label in labels]
    best = [int(np.argmax(scores[:, column])) for column in columns]
    found = [(label, at, float(scores[at, c])) for label, at, c in zip(labels, best, columns, strict=True)]
    if len({at for _, at, _ in found}) == 1:
        label, at, _ = max(found, key=lambda f: f[2])
        apart = (spans[:, 0] >= spans[at, 1]) | (spans[:, 1] <= spans[at, 0])
        if apart.any():
            column = scores[:, NEEDS.index(label)]
            second = int(np.argmax(np.where(apart, column, -np.inf)))
            found.append((label, second, float(column[second])))
    found.sort(key=lambda f: -f[2])
    chances = sigmoid(np.array([score for _, _, score in found]))
    return [
        NeedSpan(label, int(spans[at, 0]), int(spans[at, 1]), float(chance))
        for (label, at, _), chance in zip(found, chances, strict=True)
    ]
