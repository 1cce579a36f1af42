"""What one resident writes in every letter, whatever it is about: mottos, greetings, signatures.

Two letters of one writer look alike by it, so it is left out where letters are compared.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from scipy import sparse

# A resident with at least this many different messages has habits; an n-gram in this share of them is one.
HABIT_MESSAGES, HABIT_SHARE, HABIT_COSINE = 5, 0.3, 0.5


def without_habits(rows: sparse.csr_matrix, idf: np.ndarray, *, users: Sequence[str | None]) -> sparse.csr_matrix:
    """Set to 0 what is a habit of the author of a row.

    rows: (n, n_features) csr; users: one a row, None where unknown
    """
    by_user: dict[str, list[int]] = defaultdict(list)
    for row, user in enumerate(users):
        if user is not None:
            by_user[user].append(row)
    values = rows.data.copy()
    for of_user in by_user.values():
        different = _different(rows[of_user], idf) if len(of_user) >= HABIT_MESSAGES else []
        if len(different) < HABIT_MESSAGES:
            continue
        counts = np.bincount(rows[[of_user[d] for d in different]].indices, minlength=rows.shape[1])
        habit = counts >= max(3.0, HABIT_SHARE * len(different))
        for row in of_user:
            cells = slice(rows.indptr[row], rows.indptr[row + 1])
            values[cells] *= ~habit[rows.indices[cells]]
    return with_values(rows, values)


def _different(rows: sparse.csr_matrix, idf: np.ndarray) -> list[int]:
    """Return rows of which no two are about the same words: sending one letter ten times is no habit."""
    unit = unit_rows(rows, idf)
    near = (unit @ unit.T).toarray() >= HABIT_COSINE
    kept: list[int] = []
    for row in range(rows.shape[0]):
        if not near[row, kept].any():
            kept.append(row)
    return kept


def with_values(rows: sparse.csr_matrix, values: np.ndarray) -> sparse.csr_matrix:
    """Return rows of the same pattern with other values."""
    return sparse.csr_matrix((values, rows.indices, rows.indptr), shape=rows.shape)


def unit_rows(rows: sparse.csr_matrix, idf: np.ndarray) -> sparse.csr_matrix:
    """Weigh rows by idf and bring them to unit length; an empty row stays empty."""
    values = rows.data * idf.astype(np.float32)[rows.indices]
    squares = np.add.reduceat(np.append(values**2, np.float32(0)), rows.indptr[:-1]) if len(values) else np.zeros(0)
    lengths = np.sqrt(np.where(np.diff(rows.indptr) > 0, squares, 1.0)) if len(values) else np.ones(rows.shape[0])
    values = values / np.repeat(lengths, np.diff(rows.indptr)).astype(np.float32)
    return with_values(rows, values)
