"""The part `same_issue` (pair model) and the part `background` (n-grams of many requests with their idf)."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.ensemble import GradientBoostingClassifier

from nlp.artifact import Part
from nlp.background import Background
from nlp.features import NgramVocabulary
from nlp.issue_clusters import ClusterConfig, Pairs, find_candidates, pair_groups
from nlp.places import find_places
from nlp.privacy import mask
from nlp.records import ResidentRequest
from nlp.request_vectors import MAX_N, RequestContext, RequestVectors
from nlp.same_issue import BACKGROUND_PART, PART, SameIssueModel, pair_features
from nlp.trees import BoostedTrees
from training.corpus import full_text, read_jsonl
from training.task import DataFolders, Example, TaskConfig

PAIRS = "issue_pairs_dev"
BOARD, REPLIES = "board_messages", "board_replies"
LABELLED = ("requests_gold_dev", "requests_silver")
OWN, OWN_PAIRS = "board_pairs", "pairs/board_pairs.csv"
FIELD_PAIRS, FIELD = "field_pairs", "pairs/field_requests.jsonl"
SAME = 2  # both annotators say: the same concrete issue


@dataclass(frozen=True)
class SameIssueOptions:
    """Options of `[tasks.same_issue]`, chosen by grouped cross-validation (docs/benchmarks.md).

    trees, depth, learning_rate, subsample, max_features_share, min_leaf: of the boosted trees
    own_weight, field_weight: of our own labels of board pairs, and of pairs of `datasets/pairs/field_requests.jsonl`
    easy_pairs, easy_weight: drawn pairs taken as negatives, of three kinds: at random, neighbours of a cosine below
    `far_cosine`, and our own messages about different places; the labelled pairs are near neighbours only
    link, join: thresholds of grouping, see `SameIssueModel`
    """

    trees: int = 600
    depth: int = 2
    learning_rate: float = 0.025
    subsample: float = 0.6
    max_features_share: float = 0.4
    min_leaf: int = 10
    easy_pairs: int = 400
    easy_weight: float = 0.25
    far_cosine: float = 0.15
    own_weight: float = 1.0
    field_weight: float = 1.0
    link: float = 0.6
    join: float = 0.5
    min_documents: int = 5
    max_features: int = 60_000


@dataclass(frozen=True)
class LabelledPair:
    """Two messages of the board and whether they are about the same issue."""

    a: str
    b: str
    same: bool
    source: str
    id: str


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
        """Pairs, both boards, the requests whose topic is labelled, and our own pairs."""
        shared = [folders.shared / f"{name}.jsonl" for name in (PAIRS, BOARD, REPLIES, *LABELLED)]
        return [*shared, folders.own / OWN_PAIRS, folders.own / FIELD]

    def load(self, folders: DataFolders) -> list[Example]:
        """Read labelled pairs with their features; pairs that share a message, also by a chain, are one group."""
        board = read_board(folders, SameIssueOptions())
        pairs = [
            LabelledPair(str(r["a"]["id"]), str(r["b"]["id"]), min(r["same_votes"]) == SAME, PAIRS, str(r["pid"]))
            for r in read_jsonl(folders.shared / f"{PAIRS}.jsonl")
        ]
        pairs += _own_pairs(folders, board)
        return [*_examples(pairs, board), *_field_examples(folders, board)]

    def train(self, examples: Sequence[Example], folders: DataFolders, config: TaskConfig) -> dict[str, Part]:
        """Fit the pair model on labelled and easy pairs."""
        options = SameIssueOptions(**config.options)
        board = read_board(folders, options)
        easy = np.vstack(
            [
                draw_easy_pairs(board, options, seed=config.seed),
                draw_field_pairs(folders, board, options, seed=config.seed),
            ]
        )
        features = np.vstack([[e.row["features"] for e in examples], easy])
        truth = np.concatenate([[e.row["same"] for e in examples], np.zeros(len(easy))])
        own = {PAIRS: 1.0, OWN: options.own_weight, FIELD_PAIRS: options.field_weight}
        weights = np.concatenate([[own[e.source] for e in examples], np.full(len(easy), options.easy_weight)])
        trees = fit_trees(features, truth, weights=weights, options=options, seed=config.seed)
        model = SameIssueModel(board.background, trees, options.link, options.join)
        return {PART: model.part(), BACKGROUND_PART: board.background.part()}

    def predict(self, parts: Mapping[str, Part], examples: Sequence[Example]) -> list[dict[str, Any]]:
        """Score pairs: `{"id", "score", "same"}`."""
        model = SameIssueModel.from_parts(parts)
        scores = model.probabilities(np.array([e.row["features"] for e in examples]))
        return [{"id": e.id, "score": float(s), "same": int(s >= 0.5)} for e, s in zip(examples, scores, strict=True)]


def _own_pairs(folders: DataFolders, board: Board) -> list[LabelledPair]:
    with (folders.own / OWN_PAIRS).open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["a"] in board.position and row["b"] in board.position]
    return [LabelledPair(r["a"], r["b"], r["same"] == "1", OWN, f"{r['a']}+{r['b']}") for r in rows]


def _examples(pairs: Sequence[LabelledPair], board: Board) -> list[Example]:
    groups = chain_groups([(p.a, p.b) for p in pairs])
    left, right = np.array([board.position[p.a] for p in pairs]), np.array([board.position[p.b] for p in pairs])
    features = pair_features(board.batch, left, right)
    return [
        Example(p.id, {"id": p.id, "a": p.a, "b": p.b, "same": int(p.same), "features": f.tolist()}, g, p.source)
        for p, f, g in zip(pairs, features, groups, strict=True)
    ]


def _field_examples(folders: DataFolders, board: Board) -> list[Example]:
    """Pair our own short messages of one place: same issue or not; a place is one group."""
    rows, batch = _read_field(folders, board.background)
    places = [r["issue"].split("-")[0] for r in rows]
    left, right = np.triu_indices(len(rows), 1)
    near = np.flatnonzero([places[a] == places[b] for a, b in zip(left, right, strict=True)])
    examples = []
    for a, b, values in zip(left[near], right[near], pair_features(batch, left[near], right[near]), strict=True):
        pair = f"{rows[a]['id']}+{rows[b]['id']}"
        same = int(rows[a]["issue"] == rows[b]["issue"])
        row = {"id": pair, "a": rows[a]["id"], "b": rows[b]["id"], "same": same, "features": values.tolist()}
        examples.append(Example(pair, row, places[a], FIELD_PAIRS))
    return examples


def _read_field(folders: DataFolders, background: Background) -> tuple[list[dict[str, Any]], RequestVectors]:
    rows = read_jsonl(folders.own / FIELD)
    requests = [ResidentRequest.from_row(r) for r in rows]
    return rows, RequestVectors.read(
        requests, [_context(r, row["topic"]) for r, row in zip(requests, rows, strict=True)], background=background
    )


def _context(request: ResidentRequest, topic: str) -> RequestContext:
    return RequestContext(topic, tuple(p.text for p in find_places(mask(request.full_text).masked)))


def fit_trees(
    features: np.ndarray, truth: np.ndarray, *, weights: np.ndarray, options: SameIssueOptions, seed: int
) -> BoostedTrees:
    """Boost small trees on labelled pairs (Friedman 2002, stochastic gradient boosting)."""
    model = GradientBoostingClassifier(
        n_estimators=options.trees,
        max_depth=options.depth,
        learning_rate=options.learning_rate,
        subsample=options.subsample,
        max_features=options.max_features_share,
        min_samples_leaf=options.min_leaf,
        random_state=seed % 2**32,
    )
    model.fit(features, truth, sample_weight=weights)
    share = float(np.average(truth, weights=weights))
    parts = [_complete(tree.tree_, options.depth) for tree in model.estimators_[:, 0]]
    features_, thresholds, values = (np.stack(arrays) for arrays in zip(*parts, strict=True))
    return BoostedTrees(
        features_.astype(np.int16),
        thresholds.astype(np.float32),
        (values * options.learning_rate).astype(np.float32),
        float(np.log(share / (1 - share))),
    )


def _complete(tree: Any, depth: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Fill a tree of scikit-learn up to its full depth; see `BoostedTrees`."""
    nodes = [0]
    features, thresholds = [], []
    for _ in range(depth):
        below = []
        for node in nodes:
            leaf = tree.children_left[node] < 0
            features.append(0 if leaf else tree.feature[node])
            thresholds.append(0.0 if leaf else tree.threshold[node])
            below += [node, node] if leaf else [tree.children_left[node], tree.children_right[node]]
        nodes = below
    return np.array(features), np.array(thresholds), tree.value[nodes, 0, 0]


def draw_easy_pairs(board: Board, options: SameIssueOptions, *, seed: int) -> np.ndarray:
    """Return the features of pairs that are almost surely about different issues, (2 × easy_pairs, n_features)."""
    draw = np.random.default_rng(seed)
    count = len(board.batch)
    left, right = draw.integers(0, count, (2, 2 * options.easy_pairs))
    apart = np.flatnonzero(left != right)[: options.easy_pairs]
    cosine = board.candidates.cosine
    far = np.flatnonzero((cosine > 0) & (cosine < options.far_cosine))
    far = np.sort(draw.permutation(far)[: options.easy_pairs])
    return pair_features(
        board.batch,
        np.concatenate([left[apart], board.candidates.left[far]]),
        np.concatenate([right[apart], board.candidates.right[far]]),
    )


def draw_field_pairs(folders: DataFolders, board: Board, options: SameIssueOptions, *, seed: int) -> np.ndarray:
    """Return the features of pairs of our own messages about different places: all of one topic, and some others."""
    rows, batch = _read_field(folders, board.background)
    left, right = np.triu_indices(len(rows), 1)
    apart = np.array(
        [rows[a]["issue"].split("-")[0] != rows[b]["issue"].split("-")[0] for a, b in zip(left, right, strict=True)]
    )
    alike = apart & np.array([rows[a]["topic"] == rows[b]["topic"] for a, b in zip(left, right, strict=True)])
    drawn = np.random.default_rng(seed).permutation(np.flatnonzero(apart & ~alike))[: options.easy_pairs]
    chosen = np.sort(np.concatenate([np.flatnonzero(alike), drawn]))
    return pair_features(batch, left[chosen], right[chosen])


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
    contexts = [_context(r, topics.get(r.id, "")) for r in requests]
    batch = RequestVectors.read(requests, contexts, background=background)
    frequency = np.bincount(batch.text.indices, minlength=len(batch.keys))
    near = find_candidates(batch.unit_text, frequency=frequency, config=ClusterConfig())
    candidates = pair_groups(batch.same_places(np.arange(len(rows))), near, count=len(rows), config=ClusterConfig())
    return Board(background, batch, {r.id: at for at, r in enumerate(requests)}, candidates)
