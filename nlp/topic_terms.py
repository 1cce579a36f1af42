"""Words that belong to a topic (主题词), a hand-written lexicon: what no training set of a few thousand rows has seen.

The counts are features of the topic head, which learns how far to trust each of them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import ahocorasick
import numpy as np
from scipy import sparse

LEXICON = Path(__file__).parent / "data" / "topic_terms.json"


@dataclass(frozen=True)
class TopicTerms:
    """The topics in the order of the feature columns.

    automaton: finds words and gives their row in `shares`; shares: (n_words, n_topics), 1/k for each of k topics
    """

    topics: tuple[str, ...]
    automaton: Any
    shares: sparse.csr_matrix

    @classmethod
    @cache
    def bundled(cls) -> TopicTerms:
        """Read the lexicon that ships with the package."""
        terms: dict[str, list[str]] = json.loads(LEXICON.read_text("utf-8"))["terms"]
        columns: dict[str, list[int]] = {}
        for at, words in enumerate(terms.values()):
            for word in dict.fromkeys(words):
                columns.setdefault(word, []).append(at)
        automaton = ahocorasick.Automaton()
        shares = np.zeros((len(columns), len(terms)), np.float32)
        for row, (word, of_word) in enumerate(columns.items()):
            automaton.add_word(word, row)
            shares[row, of_word] = 1 / len(of_word)
        automaton.make_automaton()
        return cls(tuple(terms), automaton, sparse.csr_matrix(shares))


def term_features(texts: Sequence[str], *, terms: TopicTerms | None = None) -> np.ndarray:
    """Count each topic's words in each text, (n_texts, n_topics) float32, rows of length at most 1.

    A word of k topics counts 1/k for each.
    """
    terms = terms or TopicTerms.bundled()
    words: list[int] = []
    starts = [0]
    for text in texts:
        words += [word for _, word in terms.automaton.iter(text)]
        starts.append(len(words))
    ones = np.ones(len(words), np.float32)
    found = sparse.csr_matrix((ones, words, starts), shape=(len(texts), terms.shares.shape[0]))
    counts = (found @ terms.shares).toarray()
    lengths = np.linalg.norm(counts, axis=1, keepdims=True)
    return np.asarray(counts / np.maximum(lengths, 1), np.float32)
