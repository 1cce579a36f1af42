"""Which issues a post answers, and how well (推文评价): matching, then scores of the passage that answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from nlp.artifact import Artifact, Part
from nlp.commitments import find_commitments
from nlp.errors import ArtifactError
from nlp.post_aspects import IssueText, PostText, aspect_names
from nlp.post_features import Answer, answer_evidence, answer_features, feature_names, find_answers
from nlp.post_genre import judge_genre
from nlp.post_match import PostMatcher
from nlp.privacy import MaskedText, mask
from nlp.records import CHINA, IssueBrief, Post
from nlp.response_signals import read_response
from nlp.results import Commitment, PostAddress, PostReview, Span

PART = "posts"
GRADES = ("focus", "concrete", "candour")
SUSPICIONS = ("evasion", "downplay")
TARGETS = (*GRADES, "overall", *SUSPICIONS)


@dataclass(frozen=True)
class PostScorer:
    """The matcher, and one linear head a target over the features of the answering passage.

    mean, scale: (n_features,); weights: (n_targets, n_features); bias: (n_targets,)
    """

    matcher: PostMatcher
    mean: np.ndarray
    scale: np.ndarray
    weights: np.ndarray
    bias: np.ndarray

    @classmethod
    def from_artifact(cls, artifact: Artifact) -> PostScorer:
        """Load the part `posts`. Raises ArtifactError."""
        return cls.from_parts({PART: artifact.part(PART)})

    @classmethod
    def from_parts(cls, parts: Mapping[str, Part]) -> PostScorer:
        """Build from the part `posts`. Raises ArtifactError where it was made for other features."""
        part = parts[PART]
        made_for = (part.config["features"], part.config["targets"], part.config["aspects"])
        if tuple(map(tuple, made_for)) != (feature_names(), TARGETS, aspect_names()):
            raise ArtifactError("模型包的 posts 部分与本程序的推文特征不一致;请用 minsheng train 重新生成模型包")
        arrays = {name: np.asarray(part.arrays[name], np.float64) for name in ("mean", "scale", "weights", "bias")}
        return cls(matcher=PostMatcher.from_part(part), **arrays)

    def review(self, posts: Sequence[Post], issues: Sequence[IssueBrief]) -> list[PostReview]:
        """Review each post against all issues; one review a post, in order."""
        masked = [mask(p.full_text) for p in posts]
        read = [PostText.read(m.masked) for m in masked]
        matches = self.matcher.match(read, [_issue_text(i) for i in issues])
        first_times = [_first_time(i) for i in issues]
        found = []
        for post, text, whole, of_post in zip(posts, masked, read, matches, strict=True):
            answers = find_answers(whole, of_post)
            addresses = tuple(
                _address(a, s, issues[a.match.issue].issue, first=first_times[a.match.issue], post=post, text=text)
                for a, s in zip(answers, self.score(answers), strict=True)
            )
            focus = max((a.focus for a in addresses), default=None)
            genre = judge_genre(post.title, post.body, focus=focus)
            found.append(PostReview(post.id, genre, addresses, _commitments(post, text)))
        return found

    def score(self, answers: Sequence[Answer]) -> list[dict[str, float]]:
        """Return every target of answering passages: grades 0..2, overall 1..5, suspicions 0..1."""
        if not answers:
            return []
        values = (answer_features(answers) - self.mean) / self.scale
        return [
            _in_range(dict(zip(TARGETS, row, strict=True))) for row in (values @ self.weights.T + self.bias).tolist()
        ]


def _in_range(raw: dict[str, float]) -> dict[str, float]:
    found = {name: float(np.clip(raw[name], 0.0, 2.0)) for name in GRADES}
    found["overall"] = float(np.clip(raw["overall"], 1.0, 5.0))
    return found | {name: float(1 / (1 + np.exp(-np.clip(raw[name], -30, 30)))) for name in SUSPICIONS}


def _address(
    answer: Answer, scores: Mapping[str, float], issue: str, *, first: datetime | None, post: Post, text: MaskedText
) -> PostAddress:
    days = None if first is None or post.published is None else (_day(post.published) - _day(first)).days
    return PostAddress(
        issue=issue,
        overall=scores["overall"],
        focus=scores["focus"],
        concrete=scores["concrete"],
        candour=scores["candour"],
        evasion=scores["evasion"],
        downplay=scores["downplay"],
        days_after_first=days,
        preventive=first is not None and post.published is not None and post.published < first,
        evidence=tuple(e for span in answer_evidence(answer) if (e := _original(span, text)).text),
    )


def _commitments(post: Post, text: MaskedText) -> tuple[Commitment, ...]:
    today = None if post.published is None else post.published.astimezone(CHINA).date()
    placed = []
    for promise in find_commitments(read_response(text.masked), today=today):
        start, end = text.original_span(promise.start, promise.end)
        placed.append(Commitment(promise.what, promise.who, promise.due, start, end))
    return tuple(placed)


def _issue_text(issue: IssueBrief) -> IssueText:
    return IssueText(issue.issue, mask(issue.title).masked, tuple(mask(m.full_text).masked for m in issue.messages))


def _first_time(issue: IssueBrief) -> datetime | None:
    return min((m.time for m in issue.messages if m.time is not None), default=None)


def _day(time: datetime) -> datetime:
    return time.astimezone(CHINA).replace(hour=0, minute=0, second=0, microsecond=0)


def _original(span: Span, text: MaskedText) -> Span:
    start, end = text.original_span(span.start, span.end)
    return Span(text.original[start:end], start, end)
