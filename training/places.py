"""Train the place finder: labelled requests → `nlp/data/places.json`.

    python -m training.places SHARED OWN OUT

SHARED is the third-party data (`requests_silver.jsonl`), OWN the project's `datasets/`. The gold rows stay out: they
are for reporting. Boundaries are three logistic regressions on the characters around a position, in the sentence that
holds the labelled place. The ranking (softmax over the candidates of a text) and the acceptance (a logistic regression
over all candidates, also of texts that name no place) learn from boundary scores of the other folds.
"""

from __future__ import annotations

import argparse
import json
import logging
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from nlp.features import key_text, ngram_keys
from nlp.places import FEATURES, MAX_N, PAD, READ_CHARS, ROLES, PlaceModel, choose_places, normal_form
from nlp.privacy import mask
from training.corpus import fold_of, full_text, near_duplicate_groups, read_jsonl

logger = logging.getLogger(__name__)
FOLDS = 5
MIN_DOCUMENTS = 5
OWN_WEIGHT = 2.0
RIGHT_OVERLAP = 0.6
_SENTENCE = re.compile(r"[^。！？!?；;\n〔〕]+")


@dataclass(frozen=True)
class LabelledPlace:
    """One masked text and the place that its annotators named, as a span of it; an empty span where it names none."""

    text: str
    start: int
    end: int
    weight: float

    @property
    def place(self) -> str:
        return self.text[self.start : self.end]


def load_places(shared: Path, own: Path) -> list[LabelledPlace]:
    """Read the labelled requests of both folders."""
    rows = [(row, 1.0) for row in read_jsonl(shared / "requests_silver.jsonl")]
    for path in sorted((own / "requests").glob("*.jsonl")):
        rows += [(row, OWN_WEIGHT) for row in read_jsonl(path)]
    found = (_labelled(row, weight) for row, weight in rows)
    return [place for place in found if place is not None]


def train_places(examples: Sequence[LabelledPlace], *, seed: int = 0) -> dict[str, Any]:
    """Train boundaries and ranking; the result also holds `metrics`, cross-validated by near-duplicate groups."""
    folds = fold_of(near_duplicate_groups([e.text for e in examples]), FOLDS, seed=seed)
    designs = [_design(e) for e in examples]
    models = [train_boundaries([d for d, f in zip(designs, folds, strict=True) if f != fold]) for fold in range(FOLDS)]
    ranked = [_rank_rows(models[fold], example) for example, fold in zip(examples, folds, strict=True)]
    others = [[r for r, f in zip(ranked, folds, strict=True) if f != fold] for fold in range(FOLDS)]
    ready = [PlaceModel.from_json(raw | _train_linear(rows)) for raw, rows in zip(models, others, strict=True)]
    metrics = _measure(examples, folds, ready)
    return {"metrics": metrics} | train_boundaries(designs) | _train_linear(ranked)


@dataclass(frozen=True)
class Design:
    """Positions of one sentence: n-gram keys (n_positions, n_columns), labels (3, n_positions)."""

    columns: np.ndarray
    labels: np.ndarray
    weight: float


def train_boundaries(designs: Sequence[Design]) -> dict[str, Any]:
    """Fit start, end and inside; returns `bias` and `ngrams` as `PlaceModel.from_json` reads them."""
    rows, names = _matrix(designs)
    weights = np.concatenate([np.full(d.columns.shape[0], d.weight) for d in designs])
    bias: list[float] = []
    found: dict[str, list[list[float]]] = {}
    for role in range(len(ROLES)):
        labels = np.concatenate([d.labels[role] for d in designs])
        model = LogisticRegression(C=0.3, solver="liblinear").fit(rows, labels, sample_weight=weights)
        bias.append(round(float(model.intercept_[0]), 3))
        for (offset, gram), value in zip(names, model.coef_[0], strict=True):
            table = found.setdefault(gram, [[0] * (len(gram) + 1) for _ in ROLES])
            table[role][offset] = round(float(value) * 10)
    ngrams = {g: [v for row in table for v in row] for g, table in sorted(found.items()) if np.any(table)}
    return {"bias": bias, "ngrams": ngrams}


def _labelled(row: dict[str, Any], weight: float) -> LabelledPlace | None:
    text = full_text(row)
    masked = mask(text)
    place = (row.get("places") or [""])[0]
    if not place:
        return LabelledPlace(masked.masked, 0, 0, weight)
    start = text.find(place)
    if start < 0:
        return None
    end = start + len(place)
    for entity in masked.entities:
        if entity.start < end and entity.end > start:
            end = entity.start
    kept = text[start:end].strip()
    at = masked.masked.find(kept)
    if len(kept) < 2 or at < 0 or at + len(kept) > READ_CHARS:
        return None
    return LabelledPlace(masked.masked, at, at + len(kept), weight)


def _design(example: LabelledPlace) -> Design:
    shape = normal_form(example.text)
    first, size = 0, min(len(shape), READ_CHARS)
    if example.place:
        sentence = next(m for m in _SENTENCE.finditer(shape) if m.end() > example.start)
        first, size = sentence.start(), len(sentence[0])
    keys, _, lengths = ngram_keys(PAD + shape + PAD, MAX_N)
    columns = []
    for n in range(1, MAX_N + 1):
        grams = keys[lengths == n]
        for offset in range(n + 1):
            at = MAX_N - n + offset + first
            columns.append(grams[at : at + size + 1])
    labels = np.zeros((len(ROLES), size + 1), np.int8)
    if example.place:
        labels[0, example.start - first] = 1
        labels[1, min(example.end - first, size)] = 1
    labels[2, max(0, example.start - first) : max(0, example.end - first)] = 1
    return Design(np.stack(columns, axis=1), labels, example.weight)


def _matrix(designs: Sequence[Design]) -> tuple[sparse.csr_matrix, list[tuple[int, str]]]:
    """One column for each n-gram at each offset that stands in at least five sentences."""
    slots = [(n, offset) for n in range(1, MAX_N + 1) for offset in range(n + 1)]
    documents: list[Counter[int]] = [Counter() for _ in slots]
    for design in designs:
        for slot, counter in enumerate(documents):
            counter.update(set(design.columns[:, slot].tolist()))
    names: list[tuple[int, str]] = []
    blocks = []
    stacked = np.concatenate([d.columns for d in designs])
    for slot, (_, offset) in enumerate(slots):
        known = np.array(sorted(k for k, c in documents[slot].items() if c >= MIN_DOCUMENTS), np.int64)
        at = np.minimum(np.searchsorted(known, stacked[:, slot]), len(known) - 1)
        hit = np.flatnonzero(known[at] == stacked[:, slot])
        ones = np.ones(len(hit), np.float32)
        blocks.append(sparse.csr_matrix((ones, (hit, at[hit])), shape=(len(stacked), len(known))))
        names += [(offset, key_text(int(k))) for k in known]
    return sparse.hstack(blocks, format="csr"), names


@dataclass(frozen=True)
class RankRows:
    features: np.ndarray
    right: np.ndarray
    weight: float


def _rank_rows(raw: dict[str, Any], example: LabelledPlace) -> RankRows:
    nothing = dict.fromkeys(FEATURES, 0.0)
    found = PlaceModel.from_json(raw | {"ranking": nothing, "acceptance": nothing}).candidates(example.text)
    spans = zip(found.start.tolist(), found.end.tolist(), strict=True)
    right = np.array([bigram_overlap(example.place, example.text[a:b]) for a, b in spans])
    return RankRows(found.features, right, example.weight)


def _train_linear(rows: Sequence[RankRows]) -> dict[str, dict[str, float]]:
    filled = [r for r in rows if len(r.right)]
    ranking = _train_ranking([r for r in filled if r.right.max() > 0])
    parts = {"ranking": ranking, "acceptance": _train_acceptance(filled)}
    return {
        name: {k: round(float(v), 3) for k, v in zip(FEATURES, values, strict=True)} for name, values in parts.items()
    }


def _train_ranking(rows: Sequence[RankRows]) -> np.ndarray:
    """Maximise the log of the expected overlap (to the power of four) under a softmax over each text's candidates."""
    features = np.concatenate([r.features for r in rows]).astype(np.float64)
    scale = features.std(axis=0) + 1e-6
    features = (features - features.mean(axis=0)) / scale
    gain = np.concatenate([r.right for r in rows]) ** 4
    text = np.repeat(np.arange(len(rows)), [len(r.right) for r in rows])
    firsts = np.searchsorted(text, np.arange(len(rows)))
    weight = np.array([r.weight for r in rows])

    def loss(theta: np.ndarray) -> tuple[float, np.ndarray]:
        logits = features @ theta
        raised = np.exp(logits - np.maximum.reduceat(logits, firsts)[text])
        share = raised / np.add.reduceat(raised, firsts)[text]
        expected = np.maximum(np.add.reduceat(share * gain, firsts), 1e-12)
        gradient = features.T @ (weight[text] * (share - share * gain / expected[text]))
        value = -(weight * np.log(expected)).sum() / len(rows) + 1e-3 * theta @ theta
        return float(value), gradient / len(rows) + 2e-3 * theta

    found = minimize(loss, np.zeros(features.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 300})
    return np.asarray(found.x / scale)


def _train_acceptance(rows: Sequence[RankRows]) -> np.ndarray:
    """Fit log-odds of a place; a candidate counts as right by its overlap and as wrong by the rest."""
    features = np.concatenate([r.features for r in rows])
    right = np.concatenate([r.right for r in rows])
    weight = np.concatenate([np.full(len(r.right), r.weight) for r in rows])
    model = LogisticRegression(C=1.0, max_iter=500, fit_intercept=False)
    labels = np.concatenate([np.ones(len(right)), np.zeros(len(right))])
    twice = np.concatenate([right * weight, (1 - right) * weight])
    model.fit(np.concatenate([features, features]), labels, sample_weight=twice)
    return np.asarray(model.coef_[0])


def _measure(examples: Sequence[LabelledPlace], folds: np.ndarray, models: Sequence[PlaceModel]) -> dict[str, float]:
    results = []
    for example, fold in zip(examples, folds, strict=True):
        spans = choose_places(models[fold], example.text)
        overlaps = [bigram_overlap(example.place, example.text[a:b]) for a, b in spans[:3]]
        found = max(overlaps, default=0.0) >= RIGHT_OVERLAP
        results.append(
            (example.weight != 1.0, bool(example.place), overlaps[0] if overlaps else 0.0, found, bool(spans))
        )
    table = np.array(results, float)
    own, named = table[:, 0] == 1, table[:, 1] == 1
    parts = {"": ~own, "own_": own}
    columns = {"place_overlap": (named, 2), "place_found": (named, 3), "false_places": (~named, 4)}
    return {
        prefix + name: round(float(table[part & rows, column].mean()), 4)
        for prefix, part in parts.items()
        for name, (rows, column) in columns.items()
        if (part & rows).any()
    }


def bigram_overlap(gold: str, found: str) -> float:
    """F1 of character bigrams, as the evaluation counts it."""
    a, b = _bigrams(gold), _bigrams(found)
    shared = len(a & b)
    return 2 * shared / (len(a) + len(b)) if shared else 0.0


def _bigrams(text: str) -> set[str]:
    return {text[i : i + 2] for i in range(max(1, len(text) - 1))}


def main() -> None:
    """Train and write the weights; the metrics go to the log."""
    parser = argparse.ArgumentParser(description="训练地点识别的权重")
    parser.add_argument("shared", type=Path)
    parser.add_argument("own", type=Path)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO)
    examples = load_places(arguments.shared, arguments.own)
    raw = train_places(examples)
    logger.info("places trained", extra={"examples": len(examples)} | raw["metrics"])
    arguments.out.write_text(json.dumps(raw, ensure_ascii=False, separators=(",", ":")) + "\n", "utf-8")


if __name__ == "__main__":
    main()
