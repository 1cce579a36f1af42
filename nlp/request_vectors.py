"""Requests as the pair model reads them: n-gram rows, names in order, designators, time, topic.

All texts are masked here, so masked and plain requests give the same numbers. Inverse document frequencies are pooled
over a background (thousands of requests) and the batch itself: in a batch of two the background decides, in a batch of
a whole city the name of that city counts as what it is, a frequent word.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from nlp.background import Background
from nlp.features import ngram_keys, normalise
from nlp.habits import unit_rows, with_values, without_habits
from nlp.privacy import mask
from nlp.records import ResidentRequest
from nlp.request_places import Whereabouts
from nlp.results import Triage

MAX_N = 2
MAX_SEQUENCE = 600  # bigrams of a text that are searched for common names
RARE_IDF = 5.5  # a bigram above it is part of some name: one in 90 requests or rarer
_LINE = re.compile(r"\s*\n\s*")
_NO_LETTER = re.compile(r"[\W_]+")
_PLACEHOLDER = re.compile(r"〔[^〕]{1,8}〕")
_BIGRAM = 1 << 21  # keys from here on hold two characters
_NUMBER = r"[A-Za-z]?\d{1,4}|[A-Za-z]|[一二三四五六七八九十]{1,3}"
_DESIGNATOR = re.compile(rf"({_NUMBER})(?=(号线|路公交|路车|期|号?栋|组|标段|小学|中学|号院|国道|省道))")
_COPY_LETTERS = 12
_FEW, _BROAD_SHARE = 20, 0.1
# By the rarest bigram of a name: that of the city itself stands in every seventh request, that of an estate in few.
_COMMON_NAME_IDF, _RARE_NAME_IDF = 3.0, 5.0


@dataclass(frozen=True, slots=True)
class RequestContext:
    """What a triage says of a request: topic (empty where it is not known), places, best first, and their areas."""

    topic: str = ""
    places: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()

    @classmethod
    def of(cls, triage: Triage) -> RequestContext:
        areas = dict.fromkeys(p.area for p in triage.places if p.area)
        return cls(triage.topic, tuple(p.text for p in triage.places), tuple(areas))


@dataclass(frozen=True)
class RequestVectors:
    """A batch of n requests over the n-grams that occur in it.

    keys: (n_features,) int64, ascending
    text, title, problem, fresh: (n, n_features) csr, 1 + log of the count; `problem` is `text` without the names of its
    places, `fresh` without the habits of its author
    idf: (n_features,) float32; is_bigram: (n_features,) bool
    sequences: the bigrams of each text in their order, as columns
    days: (n,) days since 1970, nan without a time; sizes: (n,) characters
    titles, bodies: masked
    """

    keys: np.ndarray
    text: sparse.csr_matrix
    title: sparse.csr_matrix
    fresh: sparse.csr_matrix
    problem: sparse.csr_matrix
    idf: np.ndarray
    is_bigram: np.ndarray
    sequences: tuple[np.ndarray, ...]
    days: np.ndarray
    sizes: np.ndarray
    users: tuple[str | None, ...]
    topics: tuple[str, ...]
    whereabouts: tuple[Whereabouts, ...]
    designators: tuple[Mapping[str, frozenset[str]], ...]
    titles: tuple[str, ...]
    bodies: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.sizes)

    @classmethod
    def read(
        cls, requests: Sequence[ResidentRequest], contexts: Sequence[RequestContext], *, background: Background
    ) -> RequestVectors:
        """Mask and read requests; `contexts` holds what is known of each."""
        masked = [mask(f"{_LINE.sub(' ', r.title)}\n{r.text}").masked.split("\n", 1) for r in requests]
        titles, bodies = tuple(m[0] for m in masked), tuple(m[1] for m in masked)
        texts = [_strip(f"{title}\n{body}") for title, body in zip(titles, bodies, strict=True)]
        of_text = [ngram_keys(normalise(t), MAX_N)[0] for t in texts]
        of_title = [ngram_keys(normalise(_strip(t)), MAX_N)[0] for t in titles]
        keys = np.unique(np.concatenate([np.empty(0, np.int64), *of_text]))
        whereabouts = tuple(
            Whereabouts.read(r, t, places=c.places, areas=c.areas)
            for r, t, c in zip(requests, texts, contexts, strict=True)
        )
        of_problem = [
            ngram_keys(normalise(_without(t, (*c.places, *w.names))), MAX_N)[0]
            for t, c, w in zip(texts, contexts, whereabouts, strict=True)
        ]
        text, title, problem = _rows(of_text, keys), _rows(of_title, keys), _rows(of_problem, keys)
        batch = np.bincount(text.indices, minlength=len(keys))
        documents = background.documents + len(requests)
        idf = np.log((1 + documents) / (1 + background.frequencies(keys) + batch)) + 1
        users = tuple(r.user for r in requests)
        return cls(
            keys=keys,
            text=text,
            title=title,
            problem=problem,
            fresh=without_habits(text, idf, users=users),
            idf=idf.astype(np.float32),
            is_bigram=keys >= _BIGRAM,
            sequences=tuple(np.searchsorted(keys, k[k >= _BIGRAM][:MAX_SEQUENCE]) for k in of_text),
            days=np.array([r.time.timestamp() / 86_400 if r.time else np.nan for r in requests]),
            sizes=np.array([max(1, len(t)) for t in texts], np.float64),
            users=users,
            topics=tuple(c.topic for c in contexts),
            whereabouts=whereabouts,
            designators=tuple(_designators(t) for t in texts),
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

    def name_rarity(self, name: str) -> float:
        """Return how rare a name is: 0 for the name of the city, 1 for that of one estate."""
        keys, _, lengths = ngram_keys(normalise(name), MAX_N)
        columns = self.columns(keys[lengths == MAX_N])
        rarest = float(np.max(self.idf[columns])) if len(columns) else _RARE_NAME_IDF
        return min(1.0, max(0.0, (rarest - _COMMON_NAME_IDF) / (_RARE_NAME_IDF - _COMMON_NAME_IDF)))

    def same_places(self, rows: np.ndarray) -> list[list[int]]:
        """Return groups of positions in `rows` that name one place, lie in one area or came from one QR place."""
        groups: dict[tuple[str, str], list[int]] = defaultdict(list)
        for at, row in enumerate(rows.tolist()):
            where = self.whereabouts[row]
            spots = {("name", n) for n in where.names} | {("area", a) for a in where.areas - self.broad_areas}
            for spot in spots | {("site", where.site or "")}:
                groups[spot].append(at)
        return [group for (_, name), group in groups.items() if name and len(group) > 1]

    @cached_property
    def broad_areas(self) -> frozenset[str]:
        """Return the areas that hold so much of the batch that being in one says nothing."""
        counts = Counter(a for w in self.whereabouts for a in w.areas)
        return frozenset(a for a, count in counts.items() if count > max(_FEW, _BROAD_SHARE * len(self)))

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
        return unit_rows(self.text, self.idf)

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
        """Return the squared lengths of the rows of each matrix, with and without (`plain_…`) counts."""
        found = {}
        for name in ("text", "title", "problem", "fresh"):
            rows = getattr(self, name)
            found[name] = with_values(rows, rows.data**2) @ self.squares
            found[f"plain_{name}"] = with_values(rows, np.sign(rows.data)) @ self.squares
        return found

    @cached_property
    def plain_text(self) -> sparse.csr_matrix:
        return with_values(self.text, np.sign(self.text.data))

    @cached_property
    def plain_problem(self) -> sparse.csr_matrix:
        return with_values(self.problem, np.sign(self.problem.data))

    @cached_property
    def plain_title(self) -> sparse.csr_matrix:
        return with_values(self.title, np.sign(self.title.data))

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


def _without(text: str, names: Iterable[str]) -> str:
    """Put a space for each name, so that what remains is the problem."""
    for name in sorted(set(names), key=len, reverse=True):
        text = text.replace(name, " ")
    return text


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


def _designators(text: str) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for number, unit in _DESIGNATOR.findall(text):
        found[unit].add(number.upper())
    return {unit: frozenset(numbers) for unit, numbers in found.items()}
