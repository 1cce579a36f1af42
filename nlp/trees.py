"""Boosted decision trees of one depth, as plain arrays: what a trained pair model is stored as.

A tree of depth d has 2^d - 1 questions in breadth-first order (is feature f <= t?) and 2^d leaves, left to right. A
branch that ends early repeats its value in every leaf below it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_BLOCK = 4_096


@dataclass(frozen=True)
class BoostedTrees:
    """features, thresholds: (n_trees, 2^d - 1) int16 and float32; values: (n_trees, 2^d) float32; offset: a logit."""

    features: np.ndarray
    thresholds: np.ndarray
    values: np.ndarray
    offset: float

    def logits(self, rows: np.ndarray) -> np.ndarray:
        """Return the sum of the trees for rows of features, (n,) float64."""
        found = np.empty(len(rows))
        for start in range(0, len(rows), _BLOCK):
            block = rows[start : start + _BLOCK].astype(np.float32)
            found[start : start + _BLOCK] = self._leaves(block).sum(axis=1, dtype=np.float64) + self.offset
        return found

    def _leaves(self, block: np.ndarray) -> np.ndarray:
        right = block[:, self.features.ravel()].reshape(len(block), *self.features.shape) > self.thresholds
        trees = np.arange(len(self.features))
        node = np.zeros((len(block), len(trees)), np.int64)
        for _ in range(int(np.log2(self.values.shape[1]))):
            node = 2 * node + 1 + np.take_along_axis(right, node[:, :, None], axis=2)[:, :, 0]
        leaves: np.ndarray = self.values[trees, node - self.features.shape[1]]
        return leaves
