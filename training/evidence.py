"""Fitting the evidence ranker: which clause of a message annotators underlined."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import sparse
from sklearn.svm import LinearSVC

from nlp.evidence import EvidenceRanker, find_clauses
from nlp.features import NgramVocabulary
from nlp.signals import find_signals

GOOD_OVERLAP = 0.5
_MAX_ITERATIONS = 200


def fit_evidence(
    texts: Sequence[str], evidence: Sequence[Sequence[str]], *, vocabulary: NgramVocabulary, cost: float, seed: int
) -> EvidenceRanker:
    """Learn to tell clauses that overlap the underlined words from the others.

    texts: masked full texts; evidence: what was underlined in each, verbatim; texts without are left out
    """
    kept = [row for row, spans in enumerate(evidence) if spans]
    chosen = [texts[row] for row in kept]
    clauses = find_clauses(chosen, [find_signals(text) for text in chosen])
    candidates = [chosen[owner][start:end] for owner, (start, end) in zip(clauses.owner, clauses.spans, strict=True)]
    truth = np.array(
        [
            overlap(evidence[kept[owner]], text) > GOOD_OVERLAP
            for owner, text in zip(clauses.owner, candidates, strict=True)
        ]
    )
    if len(np.unique(truth)) < 2:
        return EvidenceRanker(np.zeros(len(vocabulary), np.float32), np.zeros(clauses.rules.shape[1], np.float32))
    rows = sparse.hstack([vocabulary.transform(candidates), sparse.csr_matrix(clauses.rules)], format="csr")
    machine = LinearSVC(C=cost, max_iter=_MAX_ITERATIONS, tol=1e-3, random_state=seed % 2**32).fit(rows, truth)
    weights = machine.coef_[0].astype(np.float32)
    return EvidenceRanker(weights[: len(vocabulary)], weights[len(vocabulary) :])


def overlap(spans: Sequence[str], text: str) -> float:
    """Return the best F1 of character bigrams between `text` and any of `spans`, 0..1."""
    mine = _bigrams(text)
    shared = [(len(mine & other), len(other)) for other in map(_bigrams, spans)]
    return max((2 * both / (len(mine) + size) for both, size in shared if both), default=0.0)


def _bigrams(text: str) -> set[str]:
    return {text[i : i + 2] for i in range(max(1, len(text) - 1))}
