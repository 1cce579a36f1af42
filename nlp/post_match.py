"""Which issues a post speaks to: the same place or party and the same problem, not the same theme."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nlp.artifact import Part
from nlp.features import NgramVocabulary
from nlp.post_aspects import COMMON, MAX_MESSAGES, IssueText, PostText, find_candidates
from nlp.rare_grams import among, distinct_grams, idf_of

_OWN_SHARE = 0.3  # least share of rare words that a second issue of a post must have for itself
_BUILDING = re.compile(r"([0-9]{1,3}|[一二三四五六七八九十])(栋|幢|号楼|期|座)(?!目|间|限|待|望|盼)")
_ARABIC = {c: str(n) for n, c in enumerate("一二三四五六七八九十", 1)}


@dataclass(frozen=True, slots=True)
class Match:
    """A post speaks to an issue (its position) with this probability; `passage` is the nearest passage."""

    issue: int
    probability: float
    passage: int


@dataclass(frozen=True)
class PostMatcher:
    """Logistic regression over the aspects of a pair.

    mean, scale, weights: (n_aspects,); threshold: probability from which a pair is a match
    """

    vocabulary: NgramVocabulary
    mean: np.ndarray
    scale: np.ndarray
    weights: np.ndarray
    bias: float
    threshold: float

    @classmethod
    def from_part(cls, part: Part) -> PostMatcher:
        """Read what training wrote."""
        mean, scale, weights = (np.asarray(part.arrays[f"match_{n}"], np.float64) for n in ("mean", "scale", "weights"))
        return cls(
            NgramVocabulary.from_part(part),
            mean,
            scale,
            weights,
            bias=float(part.config["match_bias"]),
            threshold=float(part.config["match_threshold"]),
        )

    def match(self, posts: Sequence[PostText], issues: Sequence[IssueText]) -> list[list[Match]]:
        """Return the matches of each post, best first."""
        pairs = find_candidates(posts, issues, vocabulary=self.vocabulary)
        found: list[list[Match]] = [[] for _ in posts]
        if not pairs:
            return found
        values = (np.array([p.aspects for p in pairs]) - self.mean) / self.scale
        probabilities = 1 / (1 + np.exp(-(values @ self.weights + self.bias)))
        for pair, probability in zip(pairs, probabilities.tolist(), strict=True):
            same_building = not _other_building(issues[pair.issue].title, posts[pair.post].text)
            if probability >= self.threshold and same_building:
                found[pair.post].append(Match(pair.issue, probability, pair.passage))
        for post, matches in zip(posts, found, strict=True):
            matches.sort(key=lambda m: -m.probability)
            matches[:] = self._distinct(post, matches, issues)
        return found

    def _distinct(self, post: PostText, matches: list[Match], issues: Sequence[IssueText]) -> list[Match]:
        """Drop an issue whose rare words in the post all belong to a better match: a neighbour at the same place."""
        kept: list[Match] = []
        taken = np.zeros(0, np.int64)
        for match in matches:
            issue = issues[match.issue]
            keys = distinct_grams("\n".join((issue.title, *issue.messages[:MAX_MESSAGES])), 2)
            shared = np.intersect1d(keys, post.bigrams)
            rarity = np.maximum(0.0, idf_of(shared, self.vocabulary) - COMMON)
            own = float(rarity[~among(shared, taken)].sum()) / max(1e-9, float(rarity.sum()))
            if not kept or own >= _OWN_SHARE:
                kept.append(match)
                taken = np.union1d(taken, keys)
        return kept


def _other_building(title: str, post: str) -> bool:
    """Say whether the post names buildings or phases, but none of those in the issue's title (n-grams fold digits)."""
    asked, named = _buildings(title), _buildings(post)
    units = {unit for _, unit in asked} & {unit for _, unit in named}
    return bool(units) and not asked & named


def _buildings(text: str) -> set[tuple[str, str]]:
    return {(_ARABIC.get(m[1], m[1]), m[2].replace("幢", "栋")) for m in _BUILDING.finditer(text)}
