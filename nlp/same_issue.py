"""The pair model: how likely two requests are about the same concrete issue (same place or party, same problem)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nlp.artifact import Artifact, Part
from nlp.errors import ArtifactError
from nlp.heads import sigmoid
from nlp.records import ResidentRequest
from nlp.request_vectors import Background, RequestVectors, shared_mass

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
    "other_district",
    "days_apart",
    "longer",
    "shorter_size",
    "same_user",
    "same_topic",
)
MAX_NAME = 25.0
UNKNOWN_TOPIC, UNKNOWN_DAYS = 0.6, 60.0


@dataclass(frozen=True)
class SameIssueModel:
    """Weights over `FEATURES`, the background they were fitted with, and the thresholds of grouping.

    weights: (n_features,) float64 on raw features
    link: pairs below it are no edge; join: mean of two clusters from which they are one issue
    """

    background: Background
    weights: np.ndarray
    offset: float
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
            part.arrays["weights"].astype(np.float64),
            float(part.config["offset"]),
            float(part.config["link"]),
            float(part.config["join"]),
        )

    def part(self) -> Part:
        """Return the part `same_issue` of an artefact."""
        config = {"features": list(FEATURES), "offset": self.offset, "link": self.link, "join": self.join}
        return Part({"weights": self.weights}, config)

    def read(self, requests: Sequence[ResidentRequest], topics: Sequence[str]) -> RequestVectors:
        """Mask and read requests for `score`; `topics` holds one name a request, empty where it is not known."""
        return RequestVectors.read(requests, topics, background=self.background)

    def score(self, batch: RequestVectors, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Return the probability that requests `left[p]` and `right[p]` are about the same issue, (n_pairs,)."""
        if not len(left):
            return np.zeros(0)
        found: np.ndarray = sigmoid(pair_features(batch, left, right) @ self.weights + self.offset)
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
    columns = [
        shared / _length(mass, rows),
        _cosine(batch, "fresh", rows),
        _cosine(batch, "title", rows),
        title_in_text.max(axis=0),
        title_in_text.min(axis=0),
        shared / np.maximum(np.minimum(mass[left], mass[right]), _NOTHING),
        np.log1p(shared_rare),
        np.log1p(_common_names(batch, rows)),
        *_conflicts(batch, rows),
        np.log1p(np.where(np.isnan(days), UNKNOWN_DAYS, days)),
        np.abs(sizes[0] - sizes[1]),
        sizes.min(axis=0),
        *_agreements(batch, rows),
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


def _conflicts(batch: RequestVectors, rows: _Rows) -> tuple[list[float], list[float]]:
    """Say where both name a number of one kind (line 2, line 6), or a district, and none agrees."""
    numbers, districts = [], []
    for a, b in zip(rows[0].tolist(), rows[1].tolist(), strict=True):
        one, other = batch.designators[a], batch.designators[b]
        numbers.append(float(any(one[unit].isdisjoint(other[unit]) for unit in one.keys() & other.keys())))
        here, there = batch.districts[a], batch.districts[b]
        districts.append(float(bool(here) and bool(there) and here.isdisjoint(there)))
    return numbers, districts


def _agreements(batch: RequestVectors, rows: _Rows) -> tuple[list[float], list[float]]:
    users, topics = [], []
    for a, b in zip(rows[0].tolist(), rows[1].tolist(), strict=True):
        users.append(float(batch.users[a] is not None and batch.users[a] == batch.users[b]))
        topics.append(_topic_agreement(batch.topics[a], batch.topics[b]))
    return users, topics


def _topic_agreement(one: str, other: str) -> float:
    if not one or not other:
        return UNKNOWN_TOPIC
    if one == other:
        return 1.0
    return 0.5 if one.split("/")[0] == other.split("/")[0] else 0.0
