"""Overlap of two texts by how rare the n-grams are that they share."""

from __future__ import annotations

import numpy as np

from nlp.features import NgramVocabulary, ngram_keys, normalise


def distinct_grams(text: str, n: int) -> np.ndarray:
    """Return the distinct n-grams of exactly n characters of a text as keys, ascending."""
    return np.unique(grams(normalise(text), n))


def grams(text: str, n: int) -> np.ndarray:
    """Return the n-grams of exactly n characters of a normalised text as keys, in order, (len(text) - n + 1,)."""
    shorter = sum(max(0, len(text) - k + 1) for k in range(1, n))
    return ngram_keys(text, n)[0][shorter:]


def idf_of(keys: np.ndarray, vocabulary: NgramVocabulary) -> np.ndarray:
    """Return the idf of each key, (n_keys,) float64; one that the vocabulary lacks counts as the rarest it knows."""
    if not len(vocabulary):
        return np.ones(len(keys))
    at = np.minimum(np.searchsorted(vocabulary.keys, keys), len(vocabulary) - 1)
    return np.where(vocabulary.keys[at] == keys, vocabulary.idf[at], vocabulary.idf.max()).astype(np.float64)


def among(keys: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Say of each key whether it occurs in `known` (ascending), (n_keys,) bool; faster than `np.isin` when short."""
    if not len(known):
        return np.zeros(len(keys), bool)
    return np.asarray(known[np.minimum(np.searchsorted(known, keys), len(known) - 1)] == keys)


def weighted_bigrams(text: str, vocabulary: NgramVocabulary) -> tuple[np.ndarray, np.ndarray]:
    """Return the distinct two-character n-grams of a text and their squared idf."""
    keys = distinct_grams(text, 2)
    return keys, idf_of(keys, vocabulary) ** 2


def overlap(weighted: tuple[np.ndarray, np.ndarray], keys: np.ndarray) -> float:
    """Share of the weight of (keys, weights) whose keys also occur in `keys` (ascending), 0..1."""
    own, weights = weighted
    total = float(weights.sum())
    return float(weights[among(own, keys)].sum()) / total if total else 0.0
