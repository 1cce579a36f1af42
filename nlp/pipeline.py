"""The one object that composes everything: text in, judgement out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from nlp.artifact import Artifact, Manifest
from nlp.issues import IssueMatch, SameIssueModel, best_issue, group_requests, summarise_issues
from nlp.posts import PostScorer
from nlp.privacy import MaskedText, mask
from nlp.records import IssueBrief, Post, RepliedRequest, ResidentRequest
from nlp.replies import ReplyScorer
from nlp.results import IssueGrouping, IssueSummary, PostReview, ReplyReview, Triage
from nlp.site import Site
from nlp.taxonomy import Taxonomy
from nlp.triage import TriageModel

_Review = TypeVar("_Review", ReplyReview, PostReview)


class Pipeline:
    """A loaded artefact. Every method keeps the input order and gives one result an input.

    Example:
        pipeline = Pipeline.from_artifact()
        pipeline.triage([ResidentRequest("1", "电梯困人了")], site=Site.load())[0].urgency
    """

    def __init__(
        self,
        manifest: Manifest,
        *,
        taxonomy: Taxonomy,
        triage: TriageModel,
        same_issue: SameIssueModel,
        replies: ReplyScorer,
        posts: PostScorer,
    ) -> None:
        self.manifest = manifest
        self.taxonomy = taxonomy
        self._triage = triage
        self._same_issue = same_issue
        self._replies = replies
        self._posts = posts

    @classmethod
    def from_artifact(cls, path: Path | None = None) -> Pipeline:
        """Load and verify a model folder (default: the bundled one). Raises ArtifactError."""
        artifact = Artifact.open(path)
        taxonomy = Taxonomy.load()
        return cls(
            artifact.manifest,
            taxonomy=taxonomy,
            triage=TriageModel.from_artifact(artifact, taxonomy),
            same_issue=SameIssueModel.from_artifact(artifact),
            replies=ReplyScorer.from_artifact(artifact),
            posts=PostScorer.from_artifact(artifact),
        )

    @staticmethod
    def mask(text: str) -> MaskedText:
        """Find and mask personal data."""
        return mask(text)

    def triage(self, requests: Sequence[ResidentRequest], *, site: Site, taxonomy: str | None = None) -> list[Triage]:
        """Judge requests. `taxonomy="teddy-7"` answers with the seven level-1 names of the Teddy data."""
        return self._triage.judge(requests, site=site, taxonomy=taxonomy)

    def issues(
        self, requests: Sequence[ResidentRequest], *, triages: Sequence[Triage], now: datetime | None = None
    ) -> IssueGrouping:
        """Group requests into issues; `now` (default: the latest time among them) is what growth is measured from."""
        return group_requests(requests, triages, model=self._same_issue, now=now)

    def best_issue(
        self,
        request: ResidentRequest,
        *,
        triage: Triage,
        candidates: Sequence[tuple[str, Sequence[ResidentRequest]]],
    ) -> IssueMatch | None:
        """Return the issue among `candidates` that a new request belongs to, None where it belongs to none."""
        return best_issue(request, triage, candidates, model=self._same_issue)

    def summarise_issues(
        self,
        members: Mapping[str, Sequence[int]],
        requests: Sequence[ResidentRequest],
        *,
        triages: Sequence[Triage],
        now: datetime | None = None,
    ) -> tuple[IssueSummary, ...]:
        """Sum up issues under the caller's ids, hottest first; `members` gives positions in `requests` by issue."""
        return summarise_issues(members, requests, triages, model=self._same_issue, now=now)

    def review_replies(self, pairs: Sequence[RepliedRequest], *, site: Site) -> list[ReplyReview]:
        """Score how well each reply responds to its request."""
        reviews = self._replies.review(pairs, site=site)
        return [_warned(r, p.warnings) for r, p in zip(reviews, pairs, strict=True)]

    def review_posts(self, posts: Sequence[Post], issues: Sequence[IssueBrief]) -> list[PostReview]:
        """Match posts to issues and score the passages that answer."""
        reviews = self._posts.review(posts, issues)
        return [_warned(r, p.warnings) for r, p in zip(reviews, posts, strict=True)]


def _warned(review: _Review, warnings: tuple[str, ...]) -> _Review:
    return replace(review, warnings=tuple(dict.fromkeys((*warnings, *review.warnings))))
