"""Quality of the contract's objects against gold rows: the same measures for cross-validation and for any model.

Each function takes gold rows and predicted rows (matched by id; a missing one counts as wrong) and returns named
numbers between 0 and 1 (correlations −1..1).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from scipy.stats import spearmanr
from sklearn.metrics import average_precision_score, cohen_kappa_score, f1_score, roc_auc_score

from nlp.results import NEEDS

Rows = Sequence[Mapping[str, Any]]
DIMENSIONS = ("relevance", "completeness", "explained", "action", "empathy")


def measure(task: str, gold: Rows, predicted: Rows) -> dict[str, float]:
    """Measure one task by its name."""
    measures: dict[str, Callable[[list[tuple[Mapping[str, Any], Mapping[str, Any]]]], dict[str, float]]] = {
        "triage": _triage,
        "same_issue": _pairs,
        "replies": _replies,
        "posts": _posts,
    }
    by_id = {row["id"]: row for row in predicted if "error" not in row}
    return {name: round(float(v), 4) for name, v in measures[task]([(g, by_id.get(g["id"], {})) for g in gold]).items()}


def _triage(rows: list[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> dict[str, float]:
    def level_1(topic: str | None) -> str:
        return (topic or "").split("/")[0]

    urgency = np.array([g["urgency"] for g, _ in rows])
    guess = np.array([int(p.get("urgency", 0)) for _, p in rows])
    expected = np.array([np.dot(p.get("urgency_scores", [1, 0, 0, 0]), range(4)) for _, p in rows])
    top = np.argsort(-expected, kind="stable")[: max(1, round(0.15 * len(rows)))]
    urgent = urgency >= 2
    f1s, aps = [], []
    for need in NEEDS:
        truth = [int(g[need]) for g, _ in rows]
        f1s.append(f1_score(truth, [int(need in p.get("labels", ())) for _, p in rows], zero_division=0))
        aps.append(average_precision_score(truth, [p.get("needs", {}).get(need, 0.0) for _, p in rows]))
    return {
        "rows": len(rows),
        "kind_accuracy": np.mean([p.get("kind") == g["kind"] for g, p in rows]),
        "topic_l1_accuracy": np.mean([level_1(p.get("topic")) == level_1(g["topic"]) for g, p in rows]),
        "topic_l2_accuracy": np.mean([p.get("topic") == g["topic"] for g, p in rows]),
        "topic_l2_top3": np.mean([g["topic"] in [t["topic"] for t in p.get("topics", ())[:3]] for g, p in rows]),
        "needs_macro_f1": np.mean(f1s),
        "needs_macro_ap": np.mean(aps),
        "ji_f1": f1s[0],
        "urgency_qwk": cohen_kappa_score(urgency, guess, weights="quadratic"),
        "urgent_recall": np.mean(guess[urgent] >= 2) if urgent.any() else 0.0,
        "urgent_precision": np.mean(urgent[guess >= 2]) if (guess >= 2).any() else 0.0,
        "urgent_recall_at_15pct": np.mean(np.isin(np.flatnonzero(urgent), top)) if urgent.any() else 0.0,
        "group_f1": f1_score([g["group"] for g, _ in rows], [int(p.get("group", 0) >= 0.5) for _, p in rows]),
        "review_share": np.mean([bool(p.get("review")) for _, p in rows]),
    }


def _pairs(rows: list[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> dict[str, float]:
    truth = [int(g["same"]) for g, _ in rows]
    scores = [p.get("score", 0.0) for _, p in rows]
    return {
        "rows": len(rows),
        "pair_f1": f1_score(truth, [int(p.get("same", 0)) for _, p in rows], zero_division=0),
        "pair_ap": average_precision_score(truth, scores),
    }


def _replies(rows: list[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> dict[str, float]:
    def rank(truth: Sequence[float], guess: Sequence[float]) -> float:
        return spearmanr(truth, guess)[0] if len(set(guess)) > 1 else 0.0

    overall = [float(p.get("overall") or 1.0) for _, p in rows]
    found = {
        "rows": len(rows),
        "overall_spearman": rank([g["overall"] for g, _ in rows], overall),
        "length_only_spearman": rank([g["overall"] for g, _ in rows], [len(g["reply"]) for g, _ in rows]),
    }
    for name in DIMENSIONS:
        guess = [float((p.get("dimensions") or {}).get(name, 0.0)) for _, p in rows]
        found[f"{name}_spearman"] = rank([g[name] for g, _ in rows], guess)
    for name in ("evasion", "downplay"):
        guess = [float((p.get("dimensions") or {}).get(name, 0.0)) for _, p in rows]
        found[f"{name}_auc"] = roc_auc_score([g[name] >= 0.5 for g, _ in rows], guess)
    return found


def _posts(rows: list[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> dict[str, float]:
    truth = {(g["id"], a["issue"]): a for g, _ in rows for a in g["addresses"]}
    found = {(g["id"], a["issue"]): a for g, p in rows for a in p.get("addresses", ())}
    hits = len(set(truth) & set(found))
    precision, recall = hits / max(1, len(found)), hits / max(1, len(truth))
    keys = sorted(truth)
    overall = [found[k]["overall"] if k in found else 1.0 for k in keys]
    evasion = [found[k]["evasion"] if k in found else 0.0 for k in keys]
    return {
        "rows": len(rows),
        "match_precision": precision,
        "match_recall": recall,
        "match_f1": 2 * precision * recall / max(1e-9, precision + recall),
        "overall_spearman": spearmanr([truth[k]["overall"] for k in keys], overall)[0],
        "evasion_auc": roc_auc_score([truth[k]["evasion"] >= 0.5 for k in keys], evasion),
    }
