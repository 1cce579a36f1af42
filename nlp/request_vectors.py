"""Requests as the pair model reads them: n-gram rows, names in order, designators, time, topic.

All texts are masked here, so masked and plain requests give the same numbers. Inverse document frequencies are pooled
over a background (thousands of requests) and the batch itself: in a batch of two the background decides, in a batch of
a whole city the name of that city counts as what it is, a frequent word.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from nlp.artifact import Part
from nlp.features import NgramVocabulary, ngram_keys, normalise
from nlp.privacy import mask
from nlp.records import ResidentRequest

MAX_N = 2
MAX_SEQUENCE = 600  # bigrams of a text that are searched for common names
RARE_IDF = 5.5  # a bigram above it is part of some name: one in 90 requests or rarer
_LINE = re.compile(r"\s*\n\s*")
_NO_LETTER = re.compile(r"[\W_]+")
_PLACEHOLDER = re.compile(r"〔[^〕]{1,8}〕")
_BIGRAM = 1 << 21  # keys from here on hold two characters
_NUMBER = r"[A-Za-z]?\d{1,4}|[A-Za-z]|[一二三四五六七八九十]{1,3}"
_DESIGNATOR = re.compile(rf"({_NUMBER})(?=(号线|路公交|路车|期|号?栋|组|标段|小学|中学|号院|国道|省道))")
_DISTRICT = re.compile(r"[A-Z]\d{1,2}(?=[市区县])|[\u4e00-\u9fff]{2}(?=[区县])(?![区县][域别城])")
_NO_DISTRICT = re.compile(r"[小社校园景厂库片辖市城老新东西南北中郊山矿]|地$")
_COPY_LETTERS = 12
# A resident with at least this many different messages has habits; an n-gram in this share of them is one.
_HABIT_MESSAGES, _HABIT_SHARE, _HABIT_COSINE = 5, 0.3, 0.5


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


@dataclass(frozen=True)
class RequestVectors:
    """A batch of n requests over the n-grams that occur in it.

    keys: (n_features,) int64, ascending
    text, title, fresh: (n, n_features) csr, 1 + log of the count; `fresh` is `text` without the habits of its author
    idf: (n_features,) float32; is_bigram: (n_features,) bool
    sequences: the bigrams of each text in their order, as columns
    days: (n,) days since 1970, nan without a time; sizes: (n,) characters
    titles, bodies: masked
    """

    keys: np.ndarray
    text: sparse.csr_matrix
    title: sparse.csr_matrix
    fresh: sparse.csr_matrix
    idf: np.ndarray
    is_bigram: np.ndarray
    sequences: tuple[np.ndarray, ...]
    days: np.ndarray
    sizes: np.ndarray
    users: tuple[str | None, ...]
    topics: tuple[str, ...]
    designators: tuple[Mapping[str, frozenset[str]], ...]
    districts: tuple[frozenset[str], ...]
    titles: tuple[str, ...]
    bodies: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.sizes)

    @classmethod
    def read(
        cls, requests: Sequence[ResidentRequest], topics: Sequence[str], *, background: Background
    ) -> RequestVectors:
        """Mask and read requests; `topics` holds one name a request, empty where it is not known."""
        masked = [mask(f"{_LINE.sub(' ', r.title)}\n{r.text}").masked.split("\n", 1) for r in requests]
        titles, bodies = tuple(m[0] for m in masked), tuple(m[1] for m in masked)
        texts = [_strip(f"{title}\n{body}") for title, body in zip(titles, bodies, strict=True)]
        of_text = [ngram_keys(normalise(t), MAX_N)[0] for t in texts]
        of_title = [ngram_keys(normalise(_strip(t)), MAX_N)[0] for t in titles]
        keys = np.unique(np.concatenate([np.empty(0, np.int64), *of_text]))
        text, title = _rows(of_text, keys), _rows(of_title, keys)
        batch = np.bincount(text.indices, minlength=len(keys))
        documents = background.documents + len(requests)
        idf = np.log((1 + documents) / (1 + background.frequencies(keys) + batch)) + 1
        users = tuple(r.user for r in requests)
        return cls(
            keys=keys,
            text=text,
            title=title,
            fresh=_without_habits(text, idf, users=users),
            idf=idf.astype(np.float32),
            is_bigram=keys >= _BIGRAM,
            sequences=tuple(np.searchsorted(keys, k[k >= _BIGRAM][:MAX_SEQUENCE]) for k in of_text),
            days=np.array([r.time.timestamp() / 86_400 if r.time else np.nan for r in requests]),
            sizes=np.array([max(1, len(t)) for t in texts], np.float64),
            users=users,
            topics=tuple(topics),
            designators=tuple(_designators(t) for t in texts),
            districts=tuple(_districts(t) for t in texts),
            titles=titles,
            bodies=bodies,
        )

    def columns(self, keys: np.ndarray) -> np.ndarray:
        """Return the columns of those keys that occur in the batch."""
        if not len(self.keys):
            return np.empty(0, np.int64)
        at = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        found: np.ndarray = at[self.keys[at] == keys]
        return found

    def word_idf(self, word: str) -> float:
        """Return the mean idf of a word's bigrams, 0 where none occurs in the batch."""
        keys, _, lengths = ngram_keys(normalise(word), MAX_N)
        columns = self.columns(keys[lengths == MAX_N])
        return float(np.mean(self.idf[columns])) if len(columns) else 0.0

    @cached_property
    def first_copy(self) -> np.ndarray:
        """Return for each row the first row with the same letters in the same order, (n,): mostly itself.

        A very short text (停水了) has no copies: it may come from anywhere.
        """
        seen: dict[str, int] = {}
        letters = (_NO_LETTER.sub("", f"{t}{b}") for t, b in zip(self.titles, self.bodies, strict=True))
        return np.array(
            [seen.setdefault(text, row) if len(text) >= _COPY_LETTERS else row for row, text in enumerate(letters)],
            np.int64,
        )

    @cached_property
    def unit_text(self) -> sparse.csr_matrix:
        """Return the idf-weighted rows of `text` at unit length: a product of two rows is their cosine."""
        return _unit(self.text, self.idf)

    @cached_property
    def squares(self) -> np.ndarray:
        """Return idf² of each n-gram, (n_features,) float32."""
        return self.idf**2

    @cached_property
    def rarity(self) -> np.ndarray:
        """Return by how much the idf of each bigram exceeds `RARE_IDF`, (n_features,) float32."""
        return np.where(self.is_bigram, np.maximum(np.float32(0), self.idf - np.float32(RARE_IDF)), np.float32(0))

    @cached_property
    def masses(self) -> Mapping[str, np.ndarray]:
        """Return the squared lengths of the rows of `text`, `title` and `fresh`, with and without counts."""
        found = {}
        for name, rows in (("text", self.text), ("title", self.title), ("fresh", self.fresh)):
            found[name] = _with_values(rows, rows.data**2) @ self.squares
            found[f"plain_{name}"] = _with_values(rows, np.sign(rows.data)) @ self.squares
        return found

    @cached_property
    def plain_text(self) -> sparse.csr_matrix:
        return _with_values(self.text, np.sign(self.text.data))

    @cached_property
    def plain_title(self) -> sparse.csr_matrix:
        return _with_values(self.title, np.sign(self.title.data))

    @cached_property
    def known(self) -> tuple[np.ndarray, ...]:
        """Return the distinct bigrams of each sequence, ascending."""
        return tuple(np.unique(s) for s in self.sequences)


def shared_mass(
    left: sparse.csr_matrix, right: sparse.csr_matrix, *, rows: tuple[np.ndarray, np.ndarray], weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Sum over the n-grams that row `rows[0][p]` of `left` shares with row `rows[1][p]` of `right`.

    weights: (n_features, 2) float32
    Returns the sum of value × value × first weight, and the sum of the second weights, each (n_pairs,) float32.
    """
    product, plain = np.empty(len(rows[0]), np.float32), np.empty(len(rows[0]), np.float32)
    for start in range(0, len(rows[0]), 8_192):
        part = slice(start, start + 8_192)
        shared = left[rows[0][part]].multiply(right[rows[1][part]]).tocsr()
        product[part] = shared @ weights[:, 0]
        shared.data[:] = 1
        plain[part] = shared @ weights[:, 1]
    return product, plain


def _strip(text: str) -> str:
    return _PLACEHOLDER.sub(" ", text).strip()


def _rows(texts: Sequence[np.ndarray], keys: np.ndarray) -> sparse.csr_matrix:
    owner = np.repeat(np.arange(len(texts)), [len(t) for t in texts])
    flat = np.concatenate([np.empty(0, np.int64), *texts])
    at = np.minimum(np.searchsorted(keys, flat), max(0, len(keys) - 1))
    known = keys[at] == flat if len(keys) else np.zeros(0, bool)
    cells, counts = np.unique(owner[known] * np.int64(max(1, len(keys))) + at[known], return_counts=True)
    row, column = np.divmod(cells, np.int64(max(1, len(keys))))
    starts = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=len(texts)))])
    return sparse.csr_matrix(((1 + np.log(counts)).astype(np.float32), column, starts), shape=(len(texts), len(keys)))


def _with_values(rows: sparse.csr_matrix, values: np.ndarray) -> sparse.csr_matrix:
    return sparse.csr_matrix((values, rows.indices, rows.indptr), shape=rows.shape)


def _unit(rows: sparse.csr_matrix, idf: np.ndarray) -> sparse.csr_matrix:
    values = rows.data * idf.astype(np.float32)[rows.indices]
    squares = np.add.reduceat(np.append(values**2, np.float32(0)), rows.indptr[:-1]) if len(values) else np.zeros(0)
    lengths = np.sqrt(np.where(np.diff(rows.indptr) > 0, squares, 1.0)) if len(values) else np.ones(rows.shape[0])
    values = values / np.repeat(lengths, np.diff(rows.indptr)).astype(np.float32)
    return _with_values(rows, values)


def _without_habits(rows: sparse.csr_matrix, idf: np.ndarray, *, users: Sequence[str | None]) -> sparse.csr_matrix:
    """Drop what one resident writes in every letter, whatever it is about (mottos, greetings, signatures)."""
    by_user: dict[str, list[int]] = defaultdict(list)
    for row, user in enumerate(users):
        if user is not None:
            by_user[user].append(row)
    values = rows.data.copy()
    for of_user in by_user.values():
        different = _different(rows[of_user], idf) if len(of_user) >= _HABIT_MESSAGES else []
        if len(different) < _HABIT_MESSAGES:
            continue
        counts = np.bincount(rows[[of_user[d] for d in different]].indices, minlength=rows.shape[1])
        habit = counts >= max(3.0, _HABIT_SHARE * len(different))
        for row in of_user:
            cells = slice(rows.indptr[row], rows.indptr[row + 1])
            values[cells] *= ~habit[rows.indices[cells]]
    return _with_values(rows, values)


def _different(rows: sparse.csr_matrix, idf: np.ndarray) -> list[int]:
    """Return rows of which no two are about the same words: sending one letter ten times is no habit."""
    unit = _unit(rows, idf)
    near = (unit @ unit.T).toarray() >= _HABIT_COSINE
    kept: list[int] = []
    for row in range(rows.shape[0]):
        if not near[row, kept].any():
            kept.append(row)
    return kept


def _designators(text: str) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for number, unit in _DESIGNATOR.findall(text):
        found[unit].add(number.upper())
    return {unit: frozenset(numbers) for unit, numbers in found.items()}


def _districts(text: str) -> frozenset[str]:
    return frozenset(d for d in _DISTRICT.findall(text) if not _NO_DISTRICT.search(d))
