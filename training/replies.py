"""The task `replies`: messages with official replies and their judged quality → the part `replies`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from nlp.artifact import Part
from nlp.features import NgramVocabulary
from nlp.privacy import mask
from nlp.records import RepliedRequest
from nlp.replies import PART, SUSPICIONS, TARGETS, ReplyScorer
from nlp.reply_features import ReadPair, feature_names, pair_features
from nlp.response_signals import GROUNDS, MEASURES
from nlp.results import to_json
from nlp.site import Site
from training.corpus import full_text, near_duplicate_groups, read_jsonl
from training.response_heads import Design, LinearHead, fit_grade, fit_suspicion
from training.task import DataFolders, Example, TaskConfig

GOLD, SILVER, BOARD = "replies_gold_dev", "replies_silver", "board_replies"
# Columns that may only raise the signed targets (taking a measure away must not raise a score), and only lower them
# (passing on, waiting and blaming must not raise one).
_RAISING = (*MEASURES, *GROUNDS, "deadline", "unit", "date")
_RAISING_SHAPES = (
    *("cover", "cover_title", "asks_yes", "asks_any", "asks_score"),
    *("measure_unit", "measure_time", "finding_fact"),
)
_LOWERING = ("wait", "clarify", "blame", "publicity", "formula", "acknowledge", "refer")
_LOWERING_SHAPES = (
    *("refers", "passes_on", "defers", "ends_deferring", "vague_share"),
    *("only_acknowledges", "complaint_no_measure"),
)
_SIGNED_TARGETS = ("overall", "action", "explained", "completeness", "relevance")
# Chosen on grouped 5-fold Spearman of `overall` over gold and silver: flat (± .005) from 20 to 200 and from 7 to 14.
_ALPHA = 100.0
_TEXT_SCALE = 12.0


class RepliesTask:
    """Trains and applies `ReplyScorer`."""

    name = "replies"

    def files(self, folders: DataFolders) -> list[Path]:
        """Labelled replies and the unlabelled board whose n-gram frequencies are used."""
        return [folders.shared / f"{name}.jsonl" for name in (GOLD, SILVER, BOARD)]

    def load(self, folders: DataFolders) -> list[Example]:
        """Read gold and silver replies, masked; near-duplicates of message and reply share a group."""
        rows = [
            (source, _masked(row))
            for source in (GOLD, SILVER)
            for row in read_jsonl(folders.shared / f"{source}.jsonl")
        ]
        groups = near_duplicate_groups([full_text(row) + row["reply"] for _, row in rows])
        return [Example(row["id"], row, g, source) for (source, row), g in zip(rows, groups, strict=True)]

    def train(self, examples: Sequence[Example], folders: DataFolders, config: TaskConfig) -> dict[str, Part]:
        """Fit the vocabulary on the whole board and all heads on the labelled rows."""
        vocabulary = board_vocabulary(folders.shared / f"{BOARD}.jsonl")
        return {PART: train_part(examples, vocabulary, seed=config.seed)}

    def predict(self, parts: Mapping[str, Part], examples: Sequence[Example]) -> list[dict[str, Any]]:
        """Review each row; the objects of `minsheng replies`."""
        scorer = ReplyScorer.from_parts(parts)
        pairs = [RepliedRequest.from_row(e.row) for e in examples]
        return [to_json(review) for review in scorer.review(pairs, site=Site.load())]


def board_vocabulary(path: Path) -> NgramVocabulary:
    """Return the n-grams of the board's masked messages and replies, those of five or more texts."""
    return _fit_vocabulary(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _fit_vocabulary(path: Path, changed_ns: int) -> NgramVocabulary:
    """Read once a process: every fold of a cross-validation and the task `posts` use the same board."""
    rows = read_jsonl(path)
    texts = [mask(t).masked for row in rows for t in (full_text(row), str(row["reply"]))]
    return NgramVocabulary.fit(texts, max_n=2, min_documents=5)


def train_part(examples: Sequence[Example], vocabulary: NgramVocabulary, *, seed: int = 0) -> Part:
    """Fit all heads on examples whose rows carry message, reply and the judged dimensions."""
    used = [e for e in examples if e.weight > 0]
    pairs = [ReadPair.read(full_text(dict(e.row)), e.row["reply"], vocabulary=vocabulary) for e in used]
    features = pair_features(pairs)
    mean, scale = features.mean(axis=0), np.maximum(features.std(axis=0), 0.05)
    text = vocabulary.transform([p.model_text for p in pairs]) * _TEXT_SCALE
    design = Design((features - mean) / scale, text, [e.group for e in used])
    truth = {target: np.array([float(e.row[target]) for e in used]) for target in TARGETS}
    heads = {target: _fit(design, target, truth[target], seed=seed) for target in TARGETS}
    fitted = design.dense @ heads["resolved"].dense + text @ heads["resolved"].text + heads["resolved"].bias
    arrays = {
        "mean": mean,
        "scale": scale,
        "dense": np.stack([heads[t].dense for t in TARGETS]),
        "text": np.stack([heads[t].text * _TEXT_SCALE for t in TARGETS]).astype(np.float16),
        "bias": np.array([heads[t].bias for t in TARGETS]),
    }
    config = {
        "features": list(feature_names()),
        "targets": list(TARGETS),
        "resolved_at": _quantile_limits(fitted, truth["resolved"]),
    }
    return Part({**vocabulary.arrays(), **arrays}, {**vocabulary.config(), **config})


def _fit(design: Design, target: str, truth: np.ndarray, *, seed: int) -> LinearHead:
    if target in SUSPICIONS:
        return fit_suspicion(design, truth >= 0.5, alpha=_ALPHA, seed=seed)
    return fit_grade(design, truth, alpha=_ALPHA, signs=_signs() if target in _SIGNED_TARGETS else None)


def _signs() -> np.ndarray:
    """Return +1 for columns that may only raise, −1 for those that may only lower, else 0, (n_features,)."""
    raising = {f"{kind}_{name}" for kind in ("n", "has") for name in _RAISING} | set(_RAISING_SHAPES)
    lowering = {f"{kind}_{name}" for kind in ("n", "has") for name in _LOWERING} | set(_LOWERING_SHAPES)
    return np.array([(name in raising) - (name in lowering) for name in feature_names()])


def _quantile_limits(fitted: np.ndarray, truth: np.ndarray) -> list[float]:
    """Cut the scores so that 0, 1 and 2 come up as often as people gave them."""
    given = np.rint(truth)
    return [float(np.quantile(fitted, np.mean(given < level))) for level in (1, 2)]


def _masked(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, **{name: mask(str(row.get(name) or "")).masked for name in ("title", "text", "reply")}}
