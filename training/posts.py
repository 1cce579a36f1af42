"""The task `posts`: posts of public accounts and the issues they answer → the part `posts`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from nlp.artifact import Part
from nlp.features import NgramVocabulary
from nlp.post_aspects import CandidatePair, IssueText, PostText, aspect_names, find_candidates
from nlp.post_features import Answer, answer_features, feature_names, find_answers
from nlp.post_match import Match
from nlp.posts import PART, SUSPICIONS, TARGETS, PostScorer
from nlp.privacy import mask
from nlp.records import IssueBrief, Post
from nlp.results import to_json
from training.corpus import full_text, near_duplicate_groups, read_jsonl
from training.replies import board_vocabulary
from training.response_heads import Design, fit_grade, fit_suspicion
from training.task import DataFolders, Example, TaskConfig

GOLD, ISSUES, BOARD = "posts_gold_dev", "post_issues_dev", "board_replies"
# Flat on grouped 5-fold cross-validation: ridge from 30 to 100, C from .03 to 1.
_ALPHA = 60.0
_MATCH_C = 0.1
_NEGATIVES = 1200  # board messages that stand for issues nobody answered
_NEGATIVE_WEIGHT = 0.3
_SAME_MATTER = 9.0 / 10  # a shared name this rare: the message may be about a given issue, so it is no negative


class PostsTask:
    """Trains and applies `PostScorer`."""

    name = "posts"

    def files(self, folders: DataFolders) -> list[Path]:
        """Posts, their issues, and the unlabelled board."""
        return [folders.shared / f"{name}.jsonl" for name in (GOLD, ISSUES, BOARD)]

    def load(self, folders: DataFolders) -> list[Example]:
        """Read posts, masked; the issues come with every row under `issues`."""
        issues = [_masked_issue(row) for row in read_jsonl(folders.shared / f"{ISSUES}.jsonl")]
        rows = [_masked(row) for row in read_jsonl(folders.shared / f"{GOLD}.jsonl")]
        groups = near_duplicate_groups([_post_text(row) for row in rows])
        return [
            Example(row["id"], {**row, "issues": issues}, group, GOLD) for row, group in zip(rows, groups, strict=True)
        ]

    def train(self, examples: Sequence[Example], folders: DataFolders, config: TaskConfig) -> dict[str, Part]:
        """Fit matcher and heads; messages of the board serve as issues that no post answers."""
        path = folders.shared / f"{BOARD}.jsonl"
        board = read_jsonl(path)
        chosen = np.random.default_rng(config.seed).permutation(len(board))[:_NEGATIVES]
        unanswered = [
            IssueText(str(n), mask(str(board[n]["title"])).masked, (mask(full_text(board[n])).masked,))
            for n in chosen.tolist()
        ]
        return {PART: train_part(examples, board_vocabulary(path), unanswered=unanswered, seed=config.seed)}

    def predict(self, parts: Mapping[str, Part], examples: Sequence[Example]) -> list[dict[str, Any]]:
        """Review each post against the issues of its row; the objects of `minsheng posts`."""
        scorer = PostScorer.from_parts(parts)
        briefs = [IssueBrief.from_row(row) for row in examples[0].row["issues"]] if examples else []
        return [to_json(r) for r in scorer.review([Post.from_row(e.row) for e in examples], briefs)]


def train_part(
    examples: Sequence[Example], vocabulary: NgramVocabulary, *, unanswered: Sequence[IssueText] = (), seed: int = 0
) -> Part:
    """Fit the matcher on pairs of posts and issues and the heads on the answers."""
    issues = [_issue_text(row) for row in examples[0].row["issues"]]
    posts = [PostText.read(_post_text(e.row)) for e in examples]
    pairs = find_candidates(posts, issues, vocabulary=vocabulary)
    given = {(n, a["issue"]) for n, e in enumerate(examples) for a in e.row["addresses"]}
    truth = [(p.post, issues[p.issue].issue) in given for p in pairs]
    negatives = _negatives(posts, issues, unanswered, vocabulary)
    matcher = _fit_matcher(pairs, truth, negatives)
    heads = _fit_heads(_graded_answers(examples, posts, issues, pairs), seed=seed)
    return Part(
        {**vocabulary.arrays(), **matcher.arrays, **heads.arrays},
        {
            **vocabulary.config(),
            **matcher.config,
            "aspects": list(aspect_names()),
            "features": list(feature_names()),
            "targets": list(TARGETS),
        },
    )


def _negatives(
    posts: Sequence[PostText],
    issues: Sequence[IssueText],
    unanswered: Sequence[IssueText],
    vocabulary: NgramVocabulary,
) -> list[CandidatePair]:
    """Pair posts with board messages, without the messages that share a rare name with a given issue."""
    name = aspect_names().index("name")
    as_posts = [PostText.read(m) for u in unanswered for m in u.messages]
    related = find_candidates(as_posts, issues, vocabulary=vocabulary)
    near = {p.post for p in related if np.expm1(p.aspects[name]) / 4 >= _SAME_MATTER}
    others = [u for n, u in enumerate(unanswered) if n not in near]
    return find_candidates(posts, others, vocabulary=vocabulary) if others else []


def _fit_matcher(pairs: Sequence[CandidatePair], truth: Sequence[bool], negatives: Sequence[CandidatePair]) -> Part:
    values = np.array([p.aspects for p in (*pairs, *negatives)])
    labels = np.array([*truth, *[False] * len(negatives)])
    weights = np.array([*[1.0] * len(pairs), *[_NEGATIVE_WEIGHT] * len(negatives)])
    mean, scale = values[: len(pairs)].mean(axis=0), np.maximum(values[: len(pairs)].std(axis=0), 1e-3)
    model = LogisticRegression(C=_MATCH_C, max_iter=2000)
    model.fit((values - mean) / scale, labels, sample_weight=weights)
    probabilities = model.predict_proba((values[: len(pairs)] - mean) / scale)[:, 1]
    arrays = {"match_mean": mean, "match_scale": scale, "match_weights": model.coef_[0]}
    threshold = _best_threshold(probabilities, labels[: len(pairs)])
    return Part(arrays, {"match_bias": float(model.intercept_[0]), "match_threshold": threshold})


def _best_threshold(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Return the middle of the thresholds with the best F1, within .3 and .7: a fit on few pairs must not go astray."""
    grid = np.arange(0.3, 0.701, 0.02)
    f1 = np.array(
        [2 * (labels & (probabilities >= t)).sum() / (labels.sum() + (probabilities >= t).sum()) for t in grid]
    )
    return float(np.median(grid[f1 >= f1.max() - 1e-9]))


@dataclass(frozen=True)
class _Graded:
    """An answering passage with the grades people gave it and the group of its post."""

    answer: Answer
    grades: Mapping[str, Any]
    group: str


def _graded_answers(
    examples: Sequence[Example],
    posts: Sequence[PostText],
    issues: Sequence[IssueText],
    pairs: Sequence[CandidatePair],
) -> list[_Graded]:
    """Cut the answering passages of the true pairs; a true pair that is no candidate is left out."""
    found = []
    for n, (example, post) in enumerate(zip(examples, posts, strict=True)):
        given = {a["issue"]: a for a in example.row["addresses"]}
        own = [p for p in pairs if p.post == n and issues[p.issue].issue in given]
        for answer in find_answers(post, [Match(p.issue, 1.0, p.passage) for p in own]):
            found.append(_Graded(answer, given[issues[answer.match.issue].issue], example.group))
    return found


def _fit_heads(graded: Sequence[_Graded], *, seed: int) -> Part:
    features = answer_features([g.answer for g in graded])
    mean, scale = features.mean(axis=0), np.maximum(features.std(axis=0), 0.05)
    no_text = sparse.csr_matrix((len(features), 0))
    design = Design((features - mean) / scale, no_text, [g.group for g in graded])
    heads = []
    for target in TARGETS:
        truth = np.array([float(g.grades[target]) for g in graded])
        if target in SUSPICIONS:
            heads.append(fit_suspicion(design, truth >= 0.5, alpha=_ALPHA, seed=seed))
        else:
            heads.append(fit_grade(design, truth, alpha=_ALPHA))
    weights, bias = np.stack([h.dense for h in heads]), np.array([h.bias for h in heads])
    return Part({"mean": mean, "scale": scale, "weights": weights, "bias": bias})


def _issue_text(row: Mapping[str, Any]) -> IssueText:
    return IssueText(row["issue"], row["title"], tuple(full_text(dict(m)) for m in row["messages"]))


def _post_text(row: Mapping[str, Any]) -> str:
    return f"{row.get('title') or ''}\n{row.get('body') or ''}"


def _masked(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, **{name: mask(str(row.get(name) or "")).masked for name in ("title", "body")}}


def _masked_issue(row: Mapping[str, Any]) -> dict[str, Any]:
    messages = [
        {**m, **{name: mask(str(m.get(name) or "")).masked for name in ("title", "text")}} for m in row["messages"]
    ]
    return {**row, "title": mask(row["title"]).masked, "messages": messages}
