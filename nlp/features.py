"""Character n-grams as sparse features, without building strings.

An n-gram is one int64: its code points side by side, 21 bits each (n ≤ 3), so a batch of texts becomes keys with a few
array operations, and a vocabulary is a sorted array that `searchsorted` looks up. Every digit counts as 0, so no
number of a resident enters a vocabulary.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from nlp.artifact import Part

_BITS = 21
_BREAK = "\x01"
_SPACE = re.compile(r"\s+")
_DIGIT = re.compile(r"\d")


def normalise(text: str) -> str:
    """Fold full-width forms (NFKC) and case, put one space for white space, and 0 for every digit."""
    return _DIGIT.sub("0", _SPACE.sub(" ", unicodedata.normalize("NFKC", text)).lower()).strip()


@dataclass(frozen=True)
class NgramVocabulary:
    """A fixed set of n-grams with their inverse document frequencies.

    keys: (n_features,) int64, ascending
    idf: (n_features,) float32
    """

    keys: np.ndarray
    idf: np.ndarray
    max_n: int = 2

    def __len__(self) -> int:
        return len(self.keys)

    @classmethod
    def fit(
        cls, texts: Sequence[str], *, max_n: int = 2, min_documents: int = 5, max_features: int | None = None
    ) -> NgramVocabulary:
        """Count n-grams over `texts` and keep those of at least `min_documents`, the most frequent first."""
        rows, keys = _batch_keys(texts, max_n)
        pairs = np.unique(np.stack([keys, rows]), axis=1)[0]
        found, frequency = np.unique(pairs, return_counts=True)
        keep = np.flatnonzero(frequency >= min_documents)
        if max_features is not None and len(keep) > max_features:
            keep = np.sort(keep[np.argsort(-frequency[keep], kind="stable")[:max_features]])
        idf = np.log((1 + len(texts)) / (1 + frequency[keep])) + 1
        return cls(found[keep], idf.astype(np.float32), max_n)

    @classmethod
    def from_part(cls, part: Part, *, prefix: str = "") -> NgramVocabulary:
        """Read what `to_part` wrote."""
        return cls(
            part.arrays[f"{prefix}keys"],
            part.arrays[f"{prefix}idf"].astype(np.float32),
            int(part.config[f"{prefix}max_n"]),
        )

    def arrays(self, *, prefix: str = "") -> dict[str, np.ndarray]:
        return {f"{prefix}keys": self.keys, f"{prefix}idf": self.idf}

    def config(self, *, prefix: str = "") -> dict[str, Any]:
        return {f"{prefix}max_n": self.max_n}

    def transform(self, texts: Sequence[str], *, unit_length: bool = True) -> sparse.csr_matrix:
        """Return the TF-IDF rows (1 + log tf, idf, unit length unless told), (n_texts, n_features) float32."""
        rows, keys = _batch_keys(texts, self.max_n)
        at = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        known = self.keys[at] == keys
        cells, counts = np.unique(rows[known] * np.int64(len(self.keys)) + at[known], return_counts=True)
        row, column = np.divmod(cells, np.int64(len(self.keys)))
        values = ((1 + np.log(counts)) * self.idf[column]).astype(np.float32)
        if unit_length:
            norms = np.sqrt(np.bincount(row, values.astype(np.float64) ** 2, minlength=len(texts)))
            values = (values / np.maximum(norms[row], 1e-12)).astype(np.float32)
        starts = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=len(texts)))])
        return sparse.csr_matrix((values, column, starts), shape=(len(texts), len(self.keys)))


def ngram_keys(text: str, max_n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return keys, start positions and lengths of all n-grams of one text, n = 1..max_n (no normalising)."""
    points = _code_points(text)
    keys, starts, lengths = [], [], []
    for n in range(1, max_n + 1):
        found = _shift(points, n)
        keys.append(found)
        starts.append(np.arange(len(found)))
        lengths.append(np.full(len(found), n))
    return np.concatenate(keys), np.concatenate(starts), np.concatenate(lengths)


def key_text(key: int) -> str:
    """Return the n-gram that a key stands for."""
    points = []
    while key:
        points.append(chr(key & ((1 << _BITS) - 1)))
        key >>= _BITS
    return "".join(reversed(points))


def _batch_keys(texts: Iterable[str], max_n: int) -> tuple[np.ndarray, np.ndarray]:
    normal = [normalise(t) for t in texts]
    lengths = np.fromiter((len(t) + 1 for t in normal), np.int64, len(normal))
    points = _code_points(_BREAK.join(normal) + _BREAK)
    owner = np.repeat(np.arange(len(normal), dtype=np.int64), lengths)
    is_break = points == 1
    rows, keys = [], []
    for n in range(1, max_n + 1):
        found = _shift(points, n)
        crosses = is_break[: len(found)].copy()
        for offset in range(1, n):
            crosses |= is_break[offset : offset + len(found)]
        rows.append(owner[: len(found)][~crosses])
        keys.append(found[~crosses])
    return np.concatenate(rows), np.concatenate(keys)


def _code_points(text: str) -> np.ndarray:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.int64)


def _shift(points: np.ndarray, n: int) -> np.ndarray:
    size = max(0, len(points) - n + 1)
    keys = np.zeros(size, np.int64)
    for offset in range(n):
        keys = (keys << _BITS) | points[offset : offset + size]
    return keys
