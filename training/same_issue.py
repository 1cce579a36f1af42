"""The part `same_issue` (pair model) and the part `background` (n-grams of many requests with their idf)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from nlp.artifact import Part
from nlp.features import NgramVocabulary
from nlp.heads import sigmoid
from nlp.issue_clusters import ClusterConfig, Pairs, find_candidates
from nlp.privacy import mask
from nlp.records import ResidentRequest
from nlp.request_vectors import MAX_N, Background, RequestVectors
from nlp.same_issue import BACKGROUND_PART, PART, SameIssueModel, pair_features
from training.corpus import full_text, read_jsonl
from training.task import DataFolders, Example, TaskConfig

PAIRS = "issue_pairs_dev"
BOARD, REPLIES = "board_messages", "board_replies"
LABELLED = ("requests_gold_dev", "requests_silver")
SAME = 2  # both annotators say: the same concrete issue


@dataclass(frozen=True)
class SameIssueOptions:
    """Options of `[tasks.same_issue]`, chosen by grouped cross-validation (docs/benchmarks.md).

    strength: inverse of the ridge of the logistic regression on standardised features
    easy_pairs, easy_weight: drawn pairs taken as negatives, of two kinds: at random, and far neighbours; the labelled
    pairs are near neighbours only
    link, join: thresholds of grouping, see `SameIssueModel`
    """

    strength: float = 0.3
    easy_pairs: int = 400
    easy_weight: float = 0.25
    far_cosine: float = 0.15
    link: float = 0.5
    join: float = 0.3
    min_documents: int = 5
    max_features: int = 60_000


@dataclass(frozen=True)
class Board:
    """All messages of the board and of the labelled pairs, read once, and the candidate pairs among them."""

    background: Background
    batch: RequestVectors
    position: Mapping[str, int]
    candidates: Pairs


class SameIssueTask:
    """Trains and applies the pair model (see `training.task.Task`)."""

    name = "same_issue"

    def files(self, folders: DataFolders) -> list[Path]:
        """Pairs, both boards, and the requests whose topic is labelled."""
        return [folders.shared / f"{name}.jsonl" for name in (PAIRS, BOARD, REPLIES, *LABELLED)]

    def load(self, folders: DataFolders) -> list[Example]:
        """Read labelled pairs with their features; pairs that share a message, also by a chain, are one group."""
        rows = read_jsonl(folders.shared / f"{PAIRS}.jsonl")
        board = read_board(folders, SameIssueOptions())
        groups = chain_groups([(str(r["a"]["id"]), str(r["b"]["id"])) for r in rows])
        left = np.array([board.position[str(r["a"]["id"])] for r in rows])
        right = np.array([board.position[str(r["b"]["id"])] for r in rows])
        features = pair_features(board.batch, left, right)
        examples = []
        for row, group, values in zip(rows, groups, features, strict=True):
            same = int(min(row["same_votes"]) == SAME)
            pair = {
                "id": row["pid"],
                "a": row["a"]["id"],
                "b": row["b"]["id"],
                "same": same,
                "features": values.tolist(),
            }
            examples.append(Example(str(row["pid"]), pair, group, PAIRS))
        return examples

    def train(self, examples: Sequence[Example], folders: DataFolders, config: TaskConfig) -> dict[str, Part]:
        """Fit the pair model on labelled and easy pairs."""
        options = SameIssueOptions(**config.options)
        board = read_board(folders, options)
        easy = draw_easy_pairs(board, options, seed=config.seed)
        features = np.vstack([[e.row["features"] for e in examples], easy])
        truth = np.concatenate([[e.row["same"] for e in examples], np.zeros(len(easy))])
        weights = np.concatenate([[e.weight for e in examples], np.full(len(easy), options.easy_weight)])
        slopes, offset = fit_logistic(features, truth, weights=weights, strength=options.strength)
        model = SameIssueModel(board.background, slopes, offset, options.link, options.join)
        return {PART: model.part(), BACKGROUND_PART: board.background.part()}

    def predict(self, parts: Mapping[str, Part], examples: Sequence[Example]) -> list[dict[str, Any]]:
        """Score pairs: `{"id", "score", "same"}`."""
        model = SameIssueModel.from_parts(parts)
        scores = sigmoid(np.array([e.row["features"] for e in examples]) @ model.weights + model.offset)
        return [{"id": e.id, "score": float(s), "same": int(s >= 0.5)} for e, s in zip(examples, scores, strict=True)]


def fit_logistic(
    features: np.ndarray, truth: np.ndarray, *, weights: np.ndarray, strength: float
) -> tuple[np.ndarray, float]:
    """Fit on standardised features; returns the slopes on raw features, (n_features,), and the offset."""
    centre = np.average(features, axis=0, weights=weights)
    scale = np.sqrt(np.average((features - centre) ** 2, axis=0, weights=weights))
    scale = np.where(scale > 0, scale, 1.0)
    model = LogisticRegression(C=strength, max_iter=5_000, tol=1e-8)
    model.fit((features - centre) / scale, truth, sample_weight=weights)
    slopes = model.coef_[0] / scale
    return slopes, float(model.intercept_[0] - slopes @ centre)


def draw_easy_pairs(board: Board, options: SameIssueOptions, *, seed: int) -> np.ndarray:
    """Return the features of pairs that are almost surely about different issues, (2 × easy_pairs, n_features)."""
    draw = np.random.default_rng(seed)
    count = len(board.batch)
    left, right = draw.integers(0, count, (2, 2 * options.easy_pairs))
    apart = np.flatnonzero(left != right)[: options.easy_pairs]
    far = np.flatnonzero(board.candidates.cosine < options.far_cosine)
    far = np.sort(draw.permutation(far)[: options.easy_pairs])
    return pair_features(
        board.batch,
        np.concatenate([left[apart], board.candidates.left[far]]),
        np.concatenate([right[apart], board.candidates.right[far]]),
    )


def chain_groups(pairs: Sequence[tuple[str, str]]) -> list[str]:
    """Name the group of each pair: pairs with a common member belong together, and so do their neighbours."""
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while parent.setdefault(name, name) != name:
            name = parent[name]
        return name

    for one, other in pairs:
        first, second = sorted((root(one), root(other)))
        parent[second] = first
    return [root(one) for one, _ in pairs]


def read_board(folders: DataFolders, options: SameIssueOptions) -> Board:
    """Read, mask and count the board once for all folds."""
    return _read_board(folders, options.min_documents, options.max_features)


@lru_cache(maxsize=1)
def _read_board(folders: DataFolders, min_documents: int, max_features: int) -> Board:
    rows: dict[str, dict[str, Any]] = {str(r["id"]): r for r in read_jsonl(folders.shared / f"{BOARD}.jsonl")}
    for pair in read_jsonl(folders.shared / f"{PAIRS}.jsonl"):
        for side in ("a", "b"):
            rows.setdefault(str(pair[side]["id"]), pair[side])
    topics = {str(r["id"]): r["topic"] for name in LABELLED for r in read_jsonl(folders.shared / f"{name}.jsonl")}
    requests = sorted((ResidentRequest.from_row(r) for r in rows.values()), key=lambda r: r.id)
    texts = [r.full_text for r in requests]
    texts += [full_text(r) for r in read_jsonl(folders.shared / f"{REPLIES}.jsonl")]
    vocabulary = NgramVocabulary.fit(
        [mask(t).masked for t in texts], max_n=MAX_N, min_documents=min_documents, max_features=max_features
    )
    background = Background(vocabulary, len(texts))
    batch = RequestVectors.read(requests, [topics.get(r.id, "") for r in requests], background=background)
    frequency = np.bincount(batch.text.indices, minlength=len(batch.keys))
    candidates = find_candidates(batch.unit_text, frequency=frequency, config=ClusterConfig())
    return Board(background, batch, {r.id: at for at, r in enumerate(requests)}, candidates)
