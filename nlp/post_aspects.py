"""What a post and an issue share, measured: the aspects by which `post_match` decides.

Every post is cut into passages of up to three sentences. A passage is compared with an issue by rare two-character
n-grams of its title and of its messages (sparse products over all posts and issues), then the few near pairs by the
longest runs they share: names of places and parties are such runs, and what is left without them is the problem.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from nlp.features import NgramVocabulary, normalise
from nlp.rare_grams import among, distinct_grams, grams, idf_of
from nlp.results import Span
from nlp.text import split_sentences

WINDOW = 3  # sentences
MAX_MESSAGES = 40  # of an issue, evenly picked: more change nothing
COMMON = 3.0  # idf below which an n-gram names nothing
_CANDIDATE = 0.15  # coverage of title + twice that of messages below which no true pair was seen (lowest .18)
_ASPECTS = (
    "title_cover", "message_cover", "best_title", "best_message", "post_title", "post_message",
    "name_in_title", "name", "second_name", "third_name", "passage_names", "passage_name", "passage_other",
    "problem_title", "problem_message", "problem_passage",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class IssueText:
    """What an issue is known by: masked title and messages."""

    issue: str
    title: str
    messages: tuple[str, ...]


@dataclass(frozen=True)
class PostText:
    """A masked post cut into sentences; a passage is a stretch of sentence numbers within one paragraph."""

    text: str
    title_end: int
    sentences: tuple[Span, ...]
    passages: tuple[tuple[int, int], ...]

    @classmethod
    def read(cls, text: str) -> PostText:
        """Cut `title + line feed + body`."""
        sentences = split_sentences(text)
        return cls(text, text.find("\n"), sentences, tuple(_passages(text, sentences)))

    @cached_property
    def normal(self) -> str:
        return normalise(self.text)

    @cached_property
    def trigrams(self) -> np.ndarray:
        return grams(self.normal, 3)

    @cached_property
    def bigrams(self) -> np.ndarray:
        return distinct_grams(self.text, 2)

    def passage(self, at: int) -> str:
        first, last = self.passages[at]
        return self.text[self.sentences[first].start : self.sentences[last - 1].end]


@dataclass(frozen=True, slots=True)
class CandidatePair:
    """A post and an issue that may belong together (positions), their nearest passage and their aspects."""

    post: int
    issue: int
    passage: int
    aspects: tuple[float, ...]


def aspect_names() -> tuple[str, ...]:
    return _ASPECTS


def find_candidates(
    posts: Sequence[PostText], issues: Sequence[IssueText], *, vocabulary: NgramVocabulary
) -> list[CandidatePair]:
    """Return the pairs worth a closer look, with their aspects; all others share next to nothing."""
    profiles = [_Profile(issue, vocabulary) for issue in issues]
    passages = [(at, n) for at, post in enumerate(posts) for n in range(len(post.passages))]
    if not profiles or not passages:
        return []
    space = np.unique(np.concatenate([np.concatenate([p.title, p.message]) for p in profiles]))
    keys = [distinct_grams(posts[at].passage(n), 2) for at, n in passages]
    seen = _indicator(keys, space)
    title = (seen @ _columns([(p.title, p.title_weights) for p in profiles], space)).toarray()
    message = (seen @ _columns([(p.message, p.message_weights) for p in profiles], space)).toarray()
    near = title + 2 * message
    owner = np.array([at for at, _ in passages])
    starts = np.flatnonzero(np.r_[True, owner[1:] != owner[:-1]])
    found = []
    for start, end in zip(starts, [*starts[1:], len(owner)], strict=True):
        block = near[start:end]
        for issue in np.flatnonzero(block.max(axis=0) >= _CANDIDATE).tolist():
            best = int(np.argmax(block[:, issue]))
            cover = _Cover(
                float(title[start:end, issue].max()),
                float(message[start:end, issue].max()),
                float(title[start + best, issue]),
                float(message[start + best, issue]),
            )
            post = int(owner[start])
            aspects = _aspects(posts[post], best, profiles[issue], cover, vocabulary)
            found.append(CandidatePair(post, issue, best, aspects))
    return found


@dataclass(frozen=True, slots=True)
class _Cover:
    title: float
    message: float
    best_title: float
    best_message: float


class _Profile:
    """An issue's n-grams: those of its title, and those that several of its messages share."""

    def __init__(self, issue: IssueText, vocabulary: NgramVocabulary) -> None:
        step = max(1, -(-len(issue.messages) // MAX_MESSAGES))
        messages = issue.messages[::step] or (issue.title,)
        titles = [issue.title, *(m.partition("\n")[0] for m in messages)]
        sets = [distinct_grams(m, 2) for m in messages]
        keys, counts = np.unique(np.concatenate(sets), return_counts=True)
        self.title = distinct_grams(issue.title or messages[0], 2)
        self.title_weights = _shares(self.title, vocabulary)
        common = counts >= max(min(2, len(sets)), 0.2 * len(sets))
        self.message = keys[common]
        self.message_weights = _shares(self.message, vocabulary)
        self._texts = (titles, [issue.title, *messages])

    @cached_property
    def title_trigrams(self) -> np.ndarray:
        return np.unique(np.concatenate([distinct_grams(t, 3) for t in self._texts[0]]))

    @cached_property
    def trigrams(self) -> np.ndarray:
        return np.unique(np.concatenate([distinct_grams(t, 3) for t in self._texts[1]]))


def _aspects(
    post: PostText, best: int, profile: _Profile, cover: _Cover, vocabulary: NgramVocabulary
) -> tuple[float, ...]:
    text, passage = post.normal, normalise(post.passage(best))
    in_titles = _names(text, post.trigrams, profile.title_trigrams, vocabulary)
    in_all = _names(text, post.trigrams, profile.trigrams, vocabulary)
    near = _names(passage, grams(passage, 3), profile.trigrams, vocabulary)
    named = distinct_grams(near[0].text, 2) if near[0].text else np.zeros(0, np.int64)
    whole = post.bigrams
    inside = distinct_grams(passage, 2)
    rest = inside[~among(inside, named)]
    weights = [n.weight for n in near]
    values = (
        cover.title,
        cover.message,
        cover.best_title,
        cover.best_message,
        float(profile.title_weights[among(profile.title, whole)].sum()),
        float(profile.message_weights[among(profile.message, whole)].sum()),
        in_titles[0].weight / 10,
        in_all[0].weight / 10,
        in_all[1].weight / 10,
        in_all[2].weight / 10,
        sum(weights) / 10,
        weights[0] / 10,
        sum(weights[1:]) / 10,
        _without(profile.title, profile.title_weights, named, rest),
        _without(profile.message, profile.message_weights, named, rest),
        _without(profile.message, profile.message_weights, named, whole[~among(whole, named)]),
    )
    return tuple(float(v) for v in np.log1p(np.array(values) * 4))


@dataclass(frozen=True, slots=True)
class _Name:
    text: str
    weight: float


def _names(text: str, of_text: np.ndarray, trigrams: np.ndarray, vocabulary: NgramVocabulary) -> list[_Name]:
    """Return the maximal runs of `text` whose trigrams all occur in the issue, heaviest first, padded to three."""
    hits = np.flatnonzero(among(of_text, trigrams))
    runs = np.split(hits, np.flatnonzero(np.diff(hits) > 1) + 1) if len(hits) else []
    names = {text[r[0] : r[-1] + 3] for r in runs}
    found = [_Name(n, _rarity(n, vocabulary)) for n in sorted(names) if re.search("[\u4e00-\u9fa5]{2}", n)]
    found.sort(key=lambda n: -n.weight)
    return [*found, *[_Name("", 0.0)] * 3][: max(3, len(found))]


def _rarity(name: str, vocabulary: NgramVocabulary) -> float:
    return float(np.maximum(0.0, idf_of(grams(name, 2), vocabulary) - COMMON).sum())


def _without(keys: np.ndarray, weights: np.ndarray, named: np.ndarray, rest: np.ndarray) -> float:
    """Coverage of what is not the name: the problem."""
    problem = ~among(keys, named)
    total = float(weights[problem].sum())
    return float(weights[problem & among(keys, rest)].sum()) / total if total else 0.0


def _passages(text: str, sentences: Sequence[Span]) -> list[tuple[int, int]]:
    paragraph_of = [text.count("\n", 0, s.start) for s in sentences]
    found: list[tuple[int, int]] = []
    for paragraph in sorted(set(paragraph_of)):
        inside = [n for n, p in enumerate(paragraph_of) if p == paragraph]
        first, last = inside[0], inside[-1] + 1
        found += [(n, min(n + WINDOW, last)) for n in range(first, max(first + 1, last - WINDOW + 1))]
    return found


def _shares(keys: np.ndarray, vocabulary: NgramVocabulary) -> np.ndarray:
    weights = idf_of(keys, vocabulary) ** 2
    return weights / max(1e-9, float(weights.sum()))


def _indicator(keys: Sequence[np.ndarray], space: np.ndarray) -> sparse.csr_matrix:
    rows = np.repeat(np.arange(len(keys)), [len(k) for k in keys])
    flat = np.concatenate(keys)
    columns = np.minimum(np.searchsorted(space, flat), len(space) - 1)
    known = space[columns] == flat
    shape = (len(keys), len(space))
    return sparse.csr_matrix((np.ones(int(known.sum())), (rows[known], columns[known])), shape=shape)


def _columns(profiles: Sequence[tuple[np.ndarray, np.ndarray]], space: np.ndarray) -> sparse.csc_matrix:
    rows = np.concatenate([np.searchsorted(space, keys) for keys, _ in profiles])
    columns = np.repeat(np.arange(len(profiles)), [len(keys) for keys, _ in profiles])
    values = np.concatenate([weights for _, weights in profiles])
    return sparse.csc_matrix((values, (rows, columns)), shape=(len(space), len(profiles)))
