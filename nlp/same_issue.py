"""The pair model: how likely two requests are about the same concrete issue (same place or party, same problem)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nlp.artifact import Artifact, Part
from nlp.background import Background
from nlp.errors import ArtifactError
from nlp.heads import sigmoid
from nlp.records import ResidentRequest
from nlp.request_places import name_agreement, place_conflict, spot_agreement
from nlp.request_vectors import RequestContext, RequestVectors, shared_mass
from nlp.trees import BoostedTrees

PART = "same_issue"
BACKGROUND_PART = "background"
FEATURES = (
    "text_cosine",
    "fresh_cosine",
    "title_cosine",
    "title_in_text_best",
    "title_in_text_worst",
    "text_in_text_best",
    "rare_shared",
    "common_name",
    "other_number",
    "days_apart",
    "longer",
    "shorter_size",
    "same_user",
    "same_topic",
    "same_place",
    "other_place",
    "same_place_and_topic",
    "problem_cosine",
    "problem_words",
    "same_place_and_problem",
)
MAX_NAME = 25.0
EVERYBODYS_IDF = 2.0
UNKNOWN_TOPIC, UNKNOWN_DAYS = 0.6, 60.0


@dataclass(frozen=True)
class SameIssueModel:
    """Trees over `FEATURES`, the background they were fitted with, and the thresholds of grouping.

    link: pairs below it are no edge; join: mean root score from which two clusters are one issue
    """

    background: Background
    trees: BoostedTrees
    link: float
    join: float

    @classmethod
    def from_artifact(cls, artifact: Artifact) -> SameIssueModel:
        """Load the parts of an opened artefact. Raises ArtifactError."""
        return cls.from_parts({name: artifact.part(name) for name in (PART, BACKGROUND_PART)})

    @classmethod
    def from_parts(cls, parts: Mapping[str, Part]) -> SameIssueModel:
        """Build from trained parts. Raises ArtifactError where the features are not those of this program."""
        part = parts[PART]
        if tuple(part.config["features"]) != FEATURES:
            raise ArtifactError(
                "模型包里同一问题判断的特征与本程序不一致;请用同版本的程序,或用 minsheng train 重新训练"
            )
        return cls(
            Background.from_part(parts[BACKGROUND_PART]),
            BoostedTrees(
                part.arrays["features"],
                part.arrays["thresholds"],
                part.arrays["values"],
                float(part.config["offset"]),
            ),
            float(part.config["link"]),
            float(part.config["join"]),
        )

    def part(self) -> Part:
        """Return the part `same_issue` of an artefact."""
        arrays = {name: getattr(self.trees, name) for name in ("features", "thresholds", "values")}
        config = {"features": list(FEATURES), "offset": self.trees.offset, "link": self.link, "join": self.join}
        return Part(arrays, config)

    def read(self, requests: Sequence[ResidentRequest], contexts: Sequence[RequestContext]) -> RequestVectors:
        """Mask and read requests for `score`."""
        return RequestVectors.read(requests, contexts, background=self.background)

    def score(self, batch: RequestVectors, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Return the probability that requests `left[p]` and `right[p]` are about the same issue, (n_pairs,)."""
        return self.probabilities(pair_features(batch, left, right)) if len(left) else np.zeros(0)

    def probabilities(self, features: np.ndarray) -> np.ndarray:
        """Return the same of pairs whose features are known, (n_pairs,)."""
        found: np.ndarray = sigmoid(self.trees.logits(features))
        return found


def pair_features(batch: RequestVectors, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Describe pairs of rows of a batch, (n_pairs, n_features) float64 in the order of `FEATURES`. Symmetric."""
    rows = (left, right)
    shared, shared_rare = shared_mass(
        batch.text, batch.text, rows=rows, weights=np.stack([batch.squares, batch.rarity], axis=1)
    )
    mass = batch.masses["text"]
    title_in_text = _title_in_text(batch, rows)
    days = np.abs(batch.days[left] - batch.days[right])
    sizes = np.log(np.stack([batch.sizes[left], batch.sizes[right]]))
    problem_cosine, problem_words = _problem(batch, rows)
    users, topics = _agreements(batch, rows)
    same_place, other_place = place_agreement(batch, rows)
    columns = [
        shared / _length(mass, rows),
        _cosine(batch, "fresh", rows),
        _cosine(batch, "title", rows),
        title_in_text.max(axis=0),
        title_in_text.min(axis=0),
        shared / np.maximum(np.minimum(mass[left], mass[right]), _NOTHING),
        np.log1p(shared_rare),
        np.log1p(_common_names(batch, rows)),
        _other_numbers(batch, rows),
        np.log1p(np.where(np.isnan(days), UNKNOWN_DAYS, days)),
        np.abs(sizes[0] - sizes[1]),
        sizes.min(axis=0),
        users,
        topics,
        same_place,
        other_place,
        same_place * topics,
        problem_cosine,
        problem_words,
        same_place * np.sqrt(problem_words),
    ]
    return np.stack([np.asarray(c, np.float64) for c in columns], axis=1)


_Rows = tuple[np.ndarray, np.ndarray]
_NOTHING = 1e-6


def _length(mass: np.ndarray, rows: _Rows) -> np.ndarray:
    product: np.ndarray = np.sqrt(np.maximum(mass[rows[0]] * mass[rows[1]], _NOTHING))
    return product


def _cosine(batch: RequestVectors, name: str, rows: _Rows) -> np.ndarray:
    vectors = getattr(batch, name)
    shared, _ = shared_mass(vectors, vectors, rows=rows, weights=np.stack([batch.squares, batch.rarity], axis=1))
    found: np.ndarray = shared / _length(batch.masses[name], rows)
    return found


def _problem(batch: RequestVectors, rows: _Rows) -> tuple[np.ndarray, np.ndarray]:
    """Compare what is left of the texts without the names of places: cosine, and the share of the shorter by idf."""
    weights = np.stack([batch.squares, np.maximum(0, batch.idf - EVERYBODYS_IDF) * batch.is_bigram], axis=1)
    shared, words = shared_mass(batch.problem, batch.problem, rows=rows, weights=weights)
    total = batch.plain_problem @ weights[:, 1]
    smaller = np.maximum(np.minimum(total[rows[0]], total[rows[1]]), _NOTHING)
    return shared / _length(batch.masses["problem"], rows), words / smaller


def _title_in_text(batch: RequestVectors, rows: _Rows) -> np.ndarray:
    """Return which share of each title the other text holds, (2, n_pairs); without a title, of the whole text."""
    has_title = np.diff(batch.title.indptr) > 0
    mass = np.where(has_title, batch.masses["plain_title"], batch.masses["plain_text"])
    weights = np.stack([batch.squares, batch.rarity], axis=1)
    found = []
    for one, other in (rows, rows[::-1]):
        shared, _ = shared_mass(batch.plain_title, batch.plain_text, rows=(one, other), weights=weights)
        bare = np.flatnonzero(~has_title[one])
        if len(bare):
            texts = (batch.plain_text, batch.plain_text)
            shared[bare], _ = shared_mass(*texts, rows=(one[bare], other[bare]), weights=weights)
        found.append(shared / np.maximum(mass[one], _NOTHING))
    return np.stack(found)


def _common_names(batch: RequestVectors, rows: _Rows) -> np.ndarray:
    """Weigh the rarest passage that both texts hold: the name of an estate, a firm, a road; (n_pairs,)."""
    return np.fromiter(
        (_rarest_run(batch.sequences[a], batch.known[b], batch.rarity) for a, b in _shorter_first(batch, rows)),
        np.float64,
        len(rows[0]),
    )


def _shorter_first(batch: RequestVectors, rows: _Rows) -> list[tuple[int, int]]:
    sizes = np.array([len(s) for s in batch.sequences])
    swap = sizes[rows[0]] > sizes[rows[1]]
    first, second = np.where(swap, rows[1], rows[0]), np.where(swap, rows[0], rows[1])
    return list(zip(first.tolist(), second.tolist(), strict=True))


def _rarest_run(sequence: np.ndarray, known: np.ndarray, rare: np.ndarray) -> float:
    if not len(sequence) or not len(known):
        return 0.0
    hit = known[np.minimum(np.searchsorted(known, sequence), len(known) - 1)] == sequence
    if not hit.any():
        return 0.0
    totals = np.concatenate([[0.0], np.cumsum(np.where(hit, rare[sequence], 0.0))])
    breaks = np.flatnonzero(~hit)
    starts, ends = np.append(0, breaks + 1), np.append(breaks, len(sequence))
    return float(min(MAX_NAME, (totals[ends] - totals[starts]).max()))


def _other_numbers(batch: RequestVectors, rows: _Rows) -> np.ndarray:
    """Say where both name a number of one kind (line 2, line 6) and none agrees, (n_pairs,)."""
    found = np.zeros(len(rows[0]))
    for at, (a, b) in enumerate(zip(rows[0].tolist(), rows[1].tolist(), strict=True)):
        one, other = batch.designators[a], batch.designators[b]
        found[at] = any(one[unit].isdisjoint(other[unit]) for unit in one.keys() & other.keys())
    return found


def _agreements(batch: RequestVectors, rows: _Rows) -> tuple[np.ndarray, np.ndarray]:
    users, topics = np.zeros(len(rows[0])), np.zeros(len(rows[0]))
    for at, (a, b) in enumerate(zip(rows[0].tolist(), rows[1].tolist(), strict=True)):
        users[at] = batch.users[a] is not None and batch.users[a] == batch.users[b]
        topics[at] = _topic_agreement(batch.topics[a], batch.topics[b])
    return users, topics


def place_agreement(batch: RequestVectors, rows: _Rows) -> tuple[np.ndarray, np.ndarray]:
    """Say how sure it is that two requests are about one place, and that they are about two, (n_pairs,) each, 0..1."""
    same, other = np.zeros(len(rows[0])), np.zeros(len(rows[0]))
    for at, (a, b) in enumerate(zip(rows[0].tolist(), rows[1].tolist(), strict=True)):
        one, two = batch.whereabouts[a], batch.whereabouts[b]
        likeness, name = name_agreement(one, two)
        by_name = likeness * batch.name_rarity(name) if name else 0.0
        same[at] = max(by_name, spot_agreement(one, two, broad=batch.broad_areas))
        other[at] = 0.0 if same[at] else place_conflict(one, two)
    return same, other


def _topic_agreement(one: str, other: str) -> float:
    if not one or not other:
        return UNKNOWN_TOPIC
    if one == other:
        return 1.0
    return 0.5 if one.split("/")[0] == other.split("/")[0] else 0.0
