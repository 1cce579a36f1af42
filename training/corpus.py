"""Reading data sets and finding near-duplicates, for every task."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from nlp.errors import ConfigError
from nlp.features import NgramVocabulary

NEAR_DUPLICATE_COSINE = 0.8
_BLOCK = 512


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    """Read the objects of a JSON Lines file. Raises ConfigError naming file and line."""
    return list(_rows(path))


def full_text(row: dict[str, Any]) -> str:
    """Title, line feed, text: what the models read and what the spans of a request refer to."""
    return f"{row.get('title') or ''}\n{row.get('text') or ''}"


def near_duplicate_groups(
    texts: Sequence[str], *, cosine: float = NEAR_DUPLICATE_COSINE, joined: Sequence[str | None] | None = None
) -> list[str]:
    """Name the group of near-duplicates of each text: single links of TF-IDF (1-2 characters) cosine >= `cosine`.

    joined: rows with one name here belong together from the start (twins that a data set already names)
    Returns one name a text; texts of different groups may fall on both sides of a split.
    """
    if not texts:
        return []
    links = _cosine_links(texts, cosine)
    if joined is not None:
        links += _named_links(joined)
    count = len(texts)
    left = np.fromiter((a for a, _ in links), np.int64, len(links))
    right = np.fromiter((b for _, b in links), np.int64, len(links))
    graph = sparse.coo_matrix((np.ones(len(links), np.int8), (left, right)), shape=(count, count))
    _, component = connected_components(graph, directed=False)
    return [f"n{c:06d}" for c in component]


def fold_of(groups: Sequence[str], folds: int, *, seed: int = 0) -> np.ndarray:
    """Deal whole groups to folds of about equal size, (n,) int; the same seed gives the same folds."""
    names, index, sizes = np.unique(np.asarray(groups), return_inverse=True, return_counts=True)
    order = np.random.default_rng(seed).permutation(len(names))
    order = order[np.argsort(-sizes[order], kind="stable")]
    load = np.zeros(folds)
    of_group = np.zeros(len(names), np.int64)
    for group in order:
        of_group[group] = int(np.argmin(load))
        load[of_group[group]] += sizes[group]
    return of_group[index]


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                yield json.loads(line)
            except ValueError as exc:
                raise ConfigError(f"{path.name} 第 {number} 行不是 JSON 对象;请修正后再训练") from exc


def _cosine_links(texts: Sequence[str], cosine: float) -> list[tuple[int, int]]:
    vocabulary = NgramVocabulary.fit(texts, max_n=2, min_documents=1)
    if not len(vocabulary):
        return []
    rows = vocabulary.transform(texts)
    columns = rows.T.tocsc()
    links: list[tuple[int, int]] = []
    for start in range(0, rows.shape[0], _BLOCK):
        near = (rows[start : start + _BLOCK] @ columns[:, start:]).tocoo()
        close = (near.data >= cosine) & (near.row < near.col)
        links += zip((near.row[close] + start).tolist(), (near.col[close] + start).tolist(), strict=True)
    return links


def _named_links(names: Sequence[str | None]) -> list[tuple[int, int]]:
    first: dict[str, int] = {}
    return [(first.setdefault(name, at), at) for at, name in enumerate(names) if name is not None]
