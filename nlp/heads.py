"""Linear heads over n-grams, rule signals and topic words: one sparse product judges all of them.

A text is described by four blocks: TF-IDF of its characters, TF-IDF of its title, rule signals, topic words. Weights of
n-grams are stored as int8 with one scale a row; a head is a range of columns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from nlp.artifact import Part
from nlp.errors import ArtifactError
from nlp.features import NgramVocabulary
from nlp.signals import Signal, feature_names, signal_features
from nlp.topic_terms import TopicTerms, term_features


@dataclass(frozen=True)
class RequestFeatures:
    """How a masked text (title, line feed, body) becomes numbers.

    title_weight, signal_weight, term_weight: factors of the blocks, so that no block drowns the others
    """

    text: NgramVocabulary
    title: NgramVocabulary
    title_weight: float
    signal_weight: float
    term_weight: float

    @classmethod
    def from_part(cls, part: Part) -> RequestFeatures:
        """Read `config` and `arrays`. Raises ArtifactError where the lexicons are not those of this program."""
        if tuple(part.config["rules"]) != rule_names():
            raise ArtifactError(
                "模型包的规则信号或主题词与本程序的词表不一致;请用同版本的程序,或用 minsheng train 重新训练"
            )
        return cls(
            NgramVocabulary.from_part(part, prefix="text_"),
            NgramVocabulary.from_part(part, prefix="title_"),
            float(part.config["title_weight"]),
            float(part.config["signal_weight"]),
            float(part.config["term_weight"]),
        )

    def arrays(self) -> dict[str, np.ndarray]:
        return self.text.arrays(prefix="text_") | self.title.arrays(prefix="title_")

    def config(self) -> dict[str, Any]:
        """Return the configuration of the part that `from_part` reads."""
        return {
            **self.text.config(prefix="text_"),
            **self.title.config(prefix="title_"),
            "title_weight": self.title_weight,
            "signal_weight": self.signal_weight,
            "term_weight": self.term_weight,
            "rules": list(rule_names()),
        }

    def sparse_block(self, texts: Sequence[str]) -> sparse.csr_matrix:
        """Return text and title n-grams side by side, (n_texts, n_text + n_title) float32."""
        titles = self.title.transform([title_of(t) for t in texts])
        titles.data *= np.float32(self.title_weight)
        return sparse.hstack([self.text.transform(texts), titles], format="csr", dtype=np.float32)

    def rule_block(self, texts: Sequence[str], signals: Sequence[Sequence[Signal]]) -> np.ndarray:
        """Return the weighted rule signals and topic words, (n_texts, n_rules) float32."""
        titles = [title_of(t) for t in texts]
        found = signal_features(texts, signals, titles=titles) * np.float32(self.signal_weight)
        return np.hstack([found, term_features(texts) * np.float32(self.term_weight)])


@dataclass(frozen=True)
class Head:
    """One question with its answers and where its columns lie."""

    name: str
    labels: tuple[str, ...]
    start: int

    @property
    def columns(self) -> slice:
        return slice(self.start, self.start + len(self.labels))


class LinearHeads:
    """Features and weights of several heads.

    weights: (n_sparse, n_columns) float32; rule_weights: (n_rules, n_columns); bias: (n_columns,)
    """

    def __init__(
        self,
        features: RequestFeatures,
        heads: Sequence[Head],
        *,
        weights: np.ndarray,
        rule_weights: np.ndarray,
        bias: np.ndarray,
    ) -> None:
        self.features = features
        self.heads: Mapping[str, Head] = {h.name: h for h in heads}
        self.weights = weights
        self.rule_weights = rule_weights
        self.bias = bias

    @classmethod
    def from_part(cls, part: Part) -> LinearHeads:
        """Read what `to_part` wrote."""
        heads, start = [], 0
        for entry in part.config["heads"]:
            head = Head(entry["name"], tuple(entry["labels"]), start)
            heads.append(head)
            start += len(head.labels)
        weights = part.arrays["weights"].astype(np.float32)
        weights *= part.arrays["weight_scales"].astype(np.float32)[:, None]
        return cls(
            RequestFeatures.from_part(part),
            heads,
            weights=weights,
            rule_weights=part.arrays["rule_weights"].astype(np.float32),
            bias=part.arrays["bias"].astype(np.float32),
        )

    def to_part(self, config: Mapping[str, Any]) -> Part:
        """Pack the weights as int8; `config` (calibration, thresholds) is added to the part's configuration."""
        scales = np.maximum(np.abs(self.weights).max(1), 1e-12) / 127
        arrays = {
            **self.features.arrays(),
            "weights": np.rint(self.weights / scales[:, None]).astype(np.int8),
            "weight_scales": scales.astype(np.float32),
            "rule_weights": self.rule_weights.astype(np.float32),
            "bias": self.bias.astype(np.float32),
        }
        heads = [{"name": h.name, "labels": list(h.labels)} for h in self.heads.values()]
        return Part(arrays, {**self.features.config(), **config, "heads": heads})

    def scores(self, texts: Sequence[str], signals: Sequence[Sequence[Signal]]) -> np.ndarray:
        """Return the raw score of each column, (n_texts, n_columns) float32."""
        found = self.features.sparse_block(texts) @ self.weights
        found += self.features.rule_block(texts, signals) @ self.rule_weights
        return np.asarray(found + self.bias, np.float32)


def rule_names() -> tuple[str, ...]:
    """Return the names of the columns of the rule block: signals, then topics."""
    return (*feature_names(), *TopicTerms.bundled().topics)


def title_of(text: str) -> str:
    """Return the title of a full text (title, line feed, body)."""
    return text.partition("\n")[0]


def softmax(scores: np.ndarray) -> np.ndarray:
    """Turn rows of scores into probabilities."""
    shifted = np.exp(scores - scores.max(1, keepdims=True))
    return np.asarray(shifted / shifted.sum(1, keepdims=True))


def sigmoid(scores: np.ndarray) -> np.ndarray:
    """Turn scores into probabilities, without overflow."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * scores)))
