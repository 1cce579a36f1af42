"""The same request seen before (重复提交): sent twice by one resident, or once more on another channel."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from nlp.issue_clusters import Pairs
from nlp.records import ResidentRequest
from nlp.request_vectors import RequestVectors

SAME_TEXT = 0.9  # cosine from which two texts are one with small changes
WINDOW_DAYS = 30.0
# One resident who writes of one matter again within a day, often on another channel, in other words. Later than that it
# is a follow-up: something has happened, or has not.
AGAIN_HOURS, AGAIN_SCORE, AGAIN_LOOK_BACK = 24.0, 0.5, 20

Score = Callable[[np.ndarray, np.ndarray], np.ndarray]


def find_duplicates(
    requests: Sequence[ResidentRequest], batch: RequestVectors, pairs: Pairs, *, score: Score
) -> tuple[int | None, ...]:
    """Return for each row the earliest row that is the same request, None for the first and for all others.

    requests: in the order of time; pairs: those of similar text; score: the same-issue probability of pairs of rows
    Rows are the same request where their texts are nearly equal and name the same numbers, and `is_same_request`; or
    where one resident wrote of one matter twice within a day (`is_sent_again`).
    """
    found: list[int | None] = [None] * len(requests)
    for rows in _same_texts(batch, pairs):
        seen: dict[tuple[str, str | None], int] = {}
        for row in rows:
            first = _first_sent(requests, row, seen)
            if first is None:
                seen[_sender(requests[row])] = row
            found[row] = first
    for row, first in _sent_again(requests, score):
        if found[row] is None:
            found[row] = first if found[first] is None else found[first]
    return tuple(found)


def is_sent_again(one: ResidentRequest, other: ResidentRequest, *, score: float) -> bool:
    """Say whether one resident wrote of one matter twice within a day; `score`: that both are about the same issue."""
    if one.user is None or one.user != other.user or one.time is None or other.time is None:
        return False
    return score >= AGAIN_SCORE and abs((one.time - other.time).total_seconds()) <= AGAIN_HOURS * 3_600


def is_same_request(one: ResidentRequest, other: ResidentRequest) -> bool:
    """Say whether two requests of nearly equal text are one request sent twice.

    They are where one resident sent both; or where they came within 30 days, unless two residents of one channel did.
    """
    if one.user is not None and one.user == other.user:
        return True
    if one.channel == other.channel and one.user is not None and other.user is not None:
        return False
    if one.time is None or other.time is None:
        return True
    return abs((one.time - other.time).total_seconds()) <= WINDOW_DAYS * 86_400


def is_same_text(batch: RequestVectors, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Say of pairs of rows whether their texts are nearly equal and name the same numbers, (n_pairs,) bool."""
    if not len(left):
        return np.zeros(0, bool)
    own = batch.unit_text
    cosine = np.asarray(own[left].multiply(own[right]).sum(axis=1)).ravel()
    numbers = batch.designators
    equal = [numbers[a] == numbers[b] for a, b in zip(left.tolist(), right.tolist(), strict=True)]
    found: np.ndarray = (cosine >= SAME_TEXT) & np.array(equal)
    return found


def _sent_again(requests: Sequence[ResidentRequest], score: Score) -> list[tuple[int, int]]:
    """Return (row, earliest row that it repeats), later rows last; each row is compared with its sender's last few."""
    rows_of: dict[str, list[int]] = {}
    close = []
    for row, request in enumerate(requests):
        if request.user is None:
            continue
        before = rows_of.setdefault(request.user, [])
        close += [(at, row) for at in before[-AGAIN_LOOK_BACK:] if is_sent_again(requests[at], request, score=1.0)]
        before.append(row)
    left, right = np.array(close, int).reshape(-1, 2).T
    first: dict[int, int] = {}
    for (at, row), found in zip(close, score(left, right).tolist(), strict=True):
        if found >= AGAIN_SCORE and row not in first:
            first[row] = first.get(at, at)
    return list(first.items())


def _sender(request: ResidentRequest) -> tuple[str, str | None]:
    return request.channel, request.user


def _first_sent(requests: Sequence[ResidentRequest], row: int, seen: dict[tuple[str, str | None], int]) -> int | None:
    """Look among those who sent a text; `seen` holds the first row of each."""
    own = seen.get(_sender(requests[row]))
    if own is not None and is_same_request(requests[own], requests[row]):
        return own
    return min((at for at in seen.values() if is_same_request(requests[at], requests[row])), default=None)


def _same_texts(batch: RequestVectors, pairs: Pairs) -> list[list[int]]:
    """Return groups of rows of nearly equal text, two or more each, rows ascending."""
    close = np.flatnonzero(pairs.cosine >= SAME_TEXT / 2)
    left, right = pairs.left[close], pairs.right[close]
    same = is_same_text(batch, left, right)
    count = len(batch)
    copies = np.arange(count)
    edges = np.concatenate([left[same], batch.first_copy]), np.concatenate([right[same], copies])
    graph = sparse.coo_matrix((np.ones(len(edges[0]), np.int8), edges), shape=(count, count))
    _, component = connected_components(graph, directed=False)
    order = np.argsort(component, kind="stable")
    cuts = np.flatnonzero(np.diff(component[order])) + 1
    return [part.tolist() for part in np.split(order, cuts) if len(part) > 1]
