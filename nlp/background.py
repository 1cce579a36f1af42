"""How often n-grams occur in requests at large: what a small batch cannot know of itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nlp.artifact import Part
from nlp.features import NgramVocabulary


@dataclass(frozen=True)
class Background:
    """N-grams of many requests with their idf; `documents` is how many requests were counted."""

    vocabulary: NgramVocabulary
    documents: int

    @classmethod
    def from_part(cls, part: Part) -> Background:
        """Read what `part` wrote."""
        return cls(NgramVocabulary.from_part(part), int(part.config["documents"]))

    def part(self) -> Part:
        """Return the part `background` of an artefact."""
        return Part(self.vocabulary.arrays(), {**self.vocabulary.config(), "documents": self.documents})

    def frequencies(self, keys: np.ndarray) -> np.ndarray:
        """Return in how many of the documents each key occurs, (n_keys,) float; 0 for a key that is not kept."""
        known = self.vocabulary.keys
        if not len(known):
            return np.zeros(len(keys))
        at = np.minimum(np.searchsorted(known, keys), len(known) - 1)
        counts = (1 + self.documents) / np.exp(self.vocabulary.idf[at].astype(np.float64) - 1) - 1
        return np.where(known[at] == keys, counts, 0.0)
