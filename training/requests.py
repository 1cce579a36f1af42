"""The part `triage` (all heads over residents' requests) and the part `teddy` (seven level-1 classes)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from nlp.artifact import Part
from nlp.errors import ConfigError
from nlp.features import NgramVocabulary
from nlp.heads import Head, LinearHeads, RequestFeatures, softmax, title_of
from nlp.privacy import mask
from nlp.records import ResidentRequest
from nlp.results import KINDS, to_json
from nlp.signals import feature_names, find_signals
from nlp.site import Site
from nlp.taxonomy import TEDDY_7, Taxonomy
from nlp.triage import PART, TEDDY_PART, TriageModel
from nlp.urgency import STEPS
from training.calibrate import Mixture, best_threshold, fit_mixture, fit_platt
from training.corpus import fold_of, full_text, near_duplicate_groups, read_jsonl
from training.evidence import fit_evidence
from training.heads import DesignMatrix, LinearWeights, cross_margins, cross_ridge, fit_margins, fit_ridge, one_hot
from training.task import DataFolders, Example, TaskConfig

GOLD, SILVER = "requests_gold_dev", "requests_silver"
TEDDY_RAW, TEDDY_SEGMENTED = "topic_l1_raw", "topic_l1_segmented"
NEED_COLUMNS = ("nan", "chou", "pan")
_REVIEW_SHARE = 0.15  # of board rows sent to review for their topic; urgency adds the rest up to about 20 %


@dataclass(frozen=True)
class TriageOptions:
    """Options of `[tasks.triage]`; the defaults were chosen by grouped cross-validation (docs/benchmarks.md).

    ridge, teddy_ridge: of the topic heads; cost, evidence_cost: of the support vector machines of all else
    parent_weight: share of a topic's level-1 score that is added to its own to begin with
    gold_weight, own_weight: trust in a row of three votes and in a row of our own, against 1 of a silver one
    urgent_beta: how much recall counts against precision where the urgent threshold is chosen
    """

    ridge: float = 0.15
    teddy_ridge: float = 0.3
    cost: float = 1.0
    evidence_cost: float = 0.03
    parent_weight: float = 0.2
    title_weight: float = 0.55
    signal_weight: float = 0.35
    term_weight: float = 0.7
    min_documents: int = 5
    inner_folds: int = 4
    gold_weight: float = 2.0
    own_weight: float = 1.5
    urgent_beta: float = 2.2

    @classmethod
    def from_config(cls, config: TaskConfig) -> TriageOptions:
        """Read the options of a run. Raises ConfigError naming an unknown one."""
        unknown = sorted(set(config.options) - {f.name for f in fields(cls)})
        if unknown:
            known = "、".join(f.name for f in fields(cls))
            raise ConfigError(f"[tasks.triage] 有不认识的项 {unknown[0]};可用的是 {known}")
        return cls(**config.options)


class TriageTask:
    """Trains and applies the triage heads (see `training.task.Task`)."""

    name = "triage"

    def files(self, folders: DataFolders) -> list[Path]:
        """Gold, silver, the Teddy topics and every labelled file of `datasets/requests`."""
        shared = [folders.shared / f"{name}.jsonl" for name in (GOLD, SILVER, TEDDY_RAW, TEDDY_SEGMENTED)]
        return [*shared, *sorted((folders.own / "requests").glob("*.jsonl"))]

    def load(self, folders: DataFolders) -> list[Example]:
        """Read labelled rows, masked, with near-duplicates of all request files in one group."""
        rows: list[tuple[str, dict[str, Any]]] = []
        for path in self.files(folders):
            rows += [(path.stem, masked_row(row)) for row in read_jsonl(path)]
        requests = [row for _, row in rows if "label" not in row]
        groups = iter(near_duplicate_groups([full_text(row) for row in requests]))
        return [
            Example(str(row["id"]), row, row["group"] if "label" in row else next(groups), source)
            for source, row in rows
        ]

    def train(self, examples: Sequence[Example], folders: DataFolders, config: TaskConfig) -> dict[str, Part]:
        """Train both parts; a part whose rows are absent is left out."""
        options = TriageOptions.from_config(config)
        requests = [e for e in examples if "label" not in e.row]
        topics = [e for e in examples if "label" in e.row]
        parts = {}
        if requests:
            parts[PART] = train_triage(requests, options, seed=config.seed)
        if topics:
            parts[TEDDY_PART] = train_teddy(topics, options, seed=config.seed)
        return parts

    def predict(self, parts: Mapping[str, Part], examples: Sequence[Example]) -> list[dict[str, Any]]:
        """Judge rows; Teddy rows are answered with the seven classes."""
        model = TriageModel.from_parts(parts, Taxonomy.load())
        site = Site.load()
        found: dict[int, dict[str, Any]] = {}
        for name in (None, TEDDY_7):
            at = [i for i, e in enumerate(examples) if ("label" in e.row) == (name is not None)]
            requests = [ResidentRequest.from_row(examples[i].row) for i in at]
            judged = model.judge(requests, site=site, taxonomy=name) if requests else []
            found.update({i: to_json(triage) for i, triage in zip(at, judged, strict=True)})
        return [found[i] for i in range(len(examples))]


def masked_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """Mask title and text of a row."""
    title = mask(str(row.get("title") or "")).masked
    return {**row, "title": title, "text": mask(str(row.get("text") or "")).masked}


def train_triage(examples: Sequence[Example], options: TriageOptions, *, seed: int) -> Part:
    """Train all heads of the contract's triage and calibrate them on inner folds."""
    texts = [full_text(dict(e.row)) for e in examples]
    features = fit_features(texts, options)
    rows = design(features, texts)
    weights = np.array([_weight(e, options) for e in examples])
    folds = fold_of([e.group for e in examples], options.inner_folds, seed=seed)
    topics, topic_scores = _fit_topics(examples, rows, options=options, weights=weights, folds=folds)
    others, other_scores = _fit_others(examples, rows, options=options, weights=weights, folds=folds, seed=seed)
    model = LinearHeads(
        features,
        _heads(),
        weights=np.hstack([topics.ngrams, others.ngrams]),
        rule_weights=np.hstack([topics.rules, others.rules]),
        bias=np.hstack([topics.bias, others.bias]),
    )
    scores = np.hstack([topic_scores, other_scores])
    part = model.to_part({"calibration": calibrate(examples, scores, model.heads, options=options)})
    underlined = [list(e.row.get("evidence") or ()) for e in examples]
    ranker = fit_evidence(texts, underlined, vocabulary=features.text, cost=options.evidence_cost, seed=seed)
    return Part({**part.arrays, **ranker.arrays()}, part.config)


def train_teddy(examples: Sequence[Example], options: TriageOptions, *, seed: int) -> Part:
    """Train the seven-class head on raw and segmented rows (segments joined, so that both read alike)."""
    texts = [_joined(e) for e in examples]
    features = fit_features(texts, options)
    rows = without_terms(design(features, texts))
    labels = sorted({e.row["label"] for e in examples})
    targets = one_hot([e.row["label"] for e in examples], labels)
    gram, penalty = rows.gram(), np.full(len(examples), options.teddy_ridge)
    fitted = fit_ridge(rows, targets, gram=gram, penalty=penalty)
    folds = fold_of([e.group for e in examples], 2, seed=seed)
    held_out = cross_ridge(gram, targets, penalty=penalty, folds=folds)
    ones = np.ones(len(examples))
    mixture = fit_mixture(held_out, targets.argmax(1), own=np.eye(len(labels)), weights=ones)
    fitted = fitted.mixed(mixture)
    heads = [Head("teddy", tuple(labels), 0)]
    model = LinearHeads(features, heads, weights=fitted.ngrams, rule_weights=fitted.rules, bias=fitted.bias)
    return model.to_part({})


def fit_features(texts: Sequence[str], options: TriageOptions) -> RequestFeatures:
    """Choose the n-grams of texts and titles: those of at least `min_documents` masked texts."""
    return RequestFeatures(
        NgramVocabulary.fit(texts, max_n=2, min_documents=options.min_documents),
        NgramVocabulary.fit([title_of(t) for t in texts], max_n=2, min_documents=options.min_documents),
        options.title_weight,
        options.signal_weight,
        options.term_weight,
    )


def design(features: RequestFeatures, texts: Sequence[str]) -> DesignMatrix:
    """Describe masked texts by n-grams and rules."""
    signals = [find_signals(t) for t in texts]
    return DesignMatrix(features.sparse_block(texts), features.rule_block(texts, signals))


def without_terms(rows: DesignMatrix) -> DesignMatrix:
    """Hide the topic words, which tell our topics apart but mislead the other heads (teddy: macro-F1 .915 to .908)."""
    rules = rows.rules.copy()
    rules[:, len(feature_names()) :] = 0
    return DesignMatrix(rows.ngrams, rules)


def calibrate(
    examples: Sequence[Example], scores: np.ndarray, heads: Mapping[str, Head], *, options: TriageOptions
) -> dict[str, Any]:
    """Fit temperatures, logistic curves, thresholds and review limits on held-out scores, (n, n_columns)."""
    weights = np.array([_weight(e, options) for e in examples])
    board = np.array([e.source in (GOLD, SILVER) for e in examples])
    balanced = np.where(board, 0.5 / max(1, board.sum()), 0.5 / max(1, (~board).sum()))
    truths = {name: _binary_truth(examples, name) for name in ("needs", "urgency", "group")}
    slopes, offsets, chances = {}, {}, {}
    for name, truth in truths.items():
        raw = scores[:, heads[name].columns]
        fits = [fit_platt(raw[:, i], truth[:, i], weights=weights) for i in range(truth.shape[1])]
        slopes[name], offsets[name] = [s for s, _ in fits], [o for _, o in fits]
        chances[name] = 1 / (1 + np.exp(-np.clip(raw * slopes[name] + offsets[name], -30, 30)))
    needs = {
        need: best_threshold(chances["needs"][:, i], truths["needs"][:, i], weights=balanced)
        for i, need in enumerate(NEED_COLUMNS)
    }
    urgent = best_threshold(
        chances["urgency"][:, 1], truths["urgency"][:, 1], weights=balanced, beta=options.urgent_beta
    )
    critical = best_threshold(chances["urgency"][:, 2], truths["urgency"][:, 2], weights=balanced)
    topic = softmax(scores[:, heads["topic"].columns]).max(1)
    return {
        "slopes": slopes,
        "offsets": offsets,
        "thresholds": needs,
        "urgency": {"ordinary": 0.5, "urgent": urgent, "critical": critical},
        "review_topic": float(np.quantile(topic[board] if board.any() else topic, _REVIEW_SHARE)),
        "review_urgent": [0.5 * urgent, 1.5 * urgent],
    }


def _fit_topics(
    examples: Sequence[Example], rows: DesignMatrix, *, options: TriageOptions, weights: np.ndarray, folds: np.ndarray
) -> tuple[LinearWeights, np.ndarray]:
    """Fit topics and their level 1 together; returns weights and held-out scores whose softmax is calibrated."""
    taxonomy = Taxonomy.load()
    names = [str(e.row["topic"]) for e in examples]
    taxonomy.check(names)
    targets = np.hstack([one_hot(names, taxonomy.names), one_hot([n.split("/")[0] for n in names], taxonomy.level_1)])
    gram, penalty = rows.gram(), options.ridge / weights
    fitted = fit_ridge(rows, targets, gram=gram, penalty=penalty)
    held_out = cross_ridge(gram, targets, penalty=penalty, folds=folds)
    parents = one_hot([t.level_1 for t in taxonomy.topics], taxonomy.level_1).T > 0
    own = np.vstack([np.eye(len(taxonomy.names)), options.parent_weight * parents])
    labels = targets[:, : len(taxonomy.names)].argmax(1)
    mixture = fit_mixture(held_out, labels, own=own, weights=weights)
    return fitted.mixed(mixture), held_out @ mixture.matrix + mixture.offsets


def _fit_others(
    examples: Sequence[Example],
    rows: DesignMatrix,
    *,
    options: TriageOptions,
    weights: np.ndarray,
    folds: np.ndarray,
    seed: int,
) -> tuple[LinearWeights, np.ndarray]:
    """Fit kind, needs, urgency and group; returns weights and held-out scores."""
    plain, kinds = without_terms(rows), one_hot([str(e.row["kind"]) for e in examples], KINDS)
    truths = [2 * _binary_truth(examples, name) - 1 for name in ("needs", "urgency", "group")]
    targets = np.hstack([kinds, *truths]).astype(np.float32)
    fitted = fit_margins(plain, targets, weights=weights, cost=options.cost, seed=seed)
    held_out = cross_margins(plain, targets, weights=weights, folds=folds, cost=options.cost, seed=seed)
    mixture = fit_mixture(held_out, kinds.argmax(1), own=np.eye(targets.shape[1], len(KINDS)), weights=weights)
    others = np.eye(targets.shape[1])[:, len(KINDS) :]
    whole = Mixture(np.hstack([mixture.matrix, others]), np.concatenate([mixture.offsets, np.zeros(others.shape[1])]))
    return fitted.mixed(whole), held_out @ whole.matrix + whole.offsets


def _heads() -> list[Head]:
    labels = {
        "topic": Taxonomy.load().names,
        "kind": KINDS,
        "needs": NEED_COLUMNS,
        "urgency": STEPS,
        "group": ("group",),
    }
    heads, start = [], 0
    for name, of_head in labels.items():
        heads.append(Head(name, tuple(of_head), start))
        start += len(of_head)
    return heads


def _binary_truth(examples: Sequence[Example], head: str) -> np.ndarray:
    """Return 0/1 of the sigmoid columns of a head, (n, n_columns); ji follows urgency, so it is not asked apart."""
    if head == "urgency":
        return np.array([[int(e.row["urgency"] >= int(step)) for step in STEPS] for e in examples], np.float32)
    names = NEED_COLUMNS if head == "needs" else ("group",)
    return np.array([[int(e.row[name]) for name in names] for e in examples], np.float32)


def _weight(example: Example, options: TriageOptions) -> float:
    by_source = {GOLD: options.gold_weight, SILVER: 1.0}
    return example.weight * by_source.get(example.source, options.own_weight)


def _joined(example: Example) -> str:
    text = full_text(dict(example.row))
    return text.replace(" ", "") if example.source == TEDDY_SEGMENTED else text
