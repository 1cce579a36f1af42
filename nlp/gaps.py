"""What nobody answered (回应缺口).

The gap score is a documented product: how far an issue is from an answer, times a weighted sum of who waits:

    100 x OPEN[state] x (.35 residents/(residents + 10) + .25 urgency/3 + .25 days/(days + 14) + .15 unanswered share)

`report_accounts` and `report_posts` give the view by public account. Everything a machine holds against an office is
疑似 (suspected) until a person confirms it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from nlp.account_report import FAIR, SUSPECTED, report_accounts
from nlp.records import IssueBrief, Post
from nlp.results import (
    Gap,
    GapReport,
    IssueSummary,
    PostAddress,
    PostReport,
    PostReview,
    ReviewedPost,
    ReviewedReply,
    Triage,
)
from nlp.site import Account, Site

PRAISE = "表扬"
NONE, EVASIVE, PARTLY, ANSWERED = "none", "evasive", "partly", "answered"
GOOD = 3.5  # of 1..5: above "partly" of the annotation guide
OPEN = {NONE: 1.0, EVASIVE: 0.9, PARTLY: 0.5, ANSWERED: 0.1}
_URGENT_SHARE = 0.2  # of the requests must reach a level, so that one misjudged request does not set it


class Judged(Protocol):
    """A request with its triage; `AnalysedRequest` is one."""

    @property
    def triage(self) -> Triage: ...


@dataclass(frozen=True, slots=True)
class _Response:
    """A reply to a request, or a post on the issue."""

    request: str | None
    post: str | None
    time: datetime | None
    overall: float
    suspected: bool

    @property
    def answers(self) -> bool:
        return self.overall >= GOOD and not self.suspected

    @property
    def helps(self) -> bool:
        return self.overall >= FAIR and not self.suspected


def report_gaps(
    issues: Sequence[IssueSummary],
    *,
    requests: Mapping[str, Judged] | None = None,
    replies: Sequence[ReviewedReply] = (),
    posts: Sequence[ReviewedPost] = (),
    now: datetime | None = None,
) -> GapReport:
    """Rank issues by how much they wait for an answer; list the posts on nothing anyone asked. Praise waits for none.

    requests: triage by the ids that `issues` name (urgency is 0 where one is missing)
    now: what waiting is measured to; None leaves `waiting_days` of open issues None
    """
    by_request: dict[str, list[_Response]] = {}
    for reply in replies:
        if reply.review.assessable and reply.review.overall is not None:
            by_request.setdefault(reply.request, []).append(_from_reply(reply))
    by_issue: dict[str, list[_Response]] = {}
    for post in posts:
        for address in post.review.addresses:
            by_issue.setdefault(address.issue, []).append(_from_post(post, address))
    gaps = [
        _gap(i, [r for q in i.requests for r in by_request.get(q, ())], by_issue.get(i.issue, []), requests or {}, now)
        for i in issues
        if not _is_praise(i, requests or {})
    ]
    gaps.sort(key=lambda g: (-g.gap_score, -g.size, g.issue))
    return GapReport(tuple(gaps), tuple(p.post.id for p in posts if not p.review.addresses), now)


def report_posts(
    posts: Sequence[Post],
    reviews: Sequence[PostReview],
    *,
    briefs: Sequence[IssueBrief],
    issues: Sequence[IssueSummary] = (),
    accounts: Sequence[Account] = (),
    site: Site,
    now: datetime | None = None,
) -> PostReport:
    """Report on posts and issues alone, nothing stored (`minsheng posts --report`).

    issues: summaries where requests were grouped; else they are made from `briefs`
    now: default is the latest time among posts and messages
    """
    reviewed = [ReviewedPost(p, r) for p, r in zip(posts, reviews, strict=True)]
    times = [p.published for p in posts] + [m.time for b in briefs for m in b.messages]
    until = now or max((t for t in times if t is not None), default=None)
    summaries = tuple(issues) or tuple(_summary(b) for b in briefs)
    return PostReport(
        report_accounts(accounts, reviewed, summaries, site=site, now=until),
        report_gaps(summaries, posts=reviewed, now=until),
    )


def _is_praise(issue: IssueSummary, requests: Mapping[str, Judged]) -> bool:
    kinds = [requests[q].triage.kind for q in issue.requests if q in requests]
    return bool(kinds) and all(kind == PRAISE for kind in kinds)


def _gap(
    issue: IssueSummary,
    replies: Sequence[_Response],
    posts: Sequence[_Response],
    requests: Mapping[str, Judged],
    now: datetime | None,
) -> Gap:
    helped = {r.request for r in replies if r.helps}
    answered_share = len(helped) / max(1, issue.size)
    responses = [*replies, *posts]
    state = _state(replies, posts, answered_share)
    urgency = _urgency([requests[q].triage.urgency for q in issue.requests if q in requests])
    waiting = _waiting(issue, responses, state, now)
    best = max((r.overall for r in responses), default=None)
    weight = (
        0.35 * issue.residents / (issue.residents + 10)
        + 0.25 * urgency / 3
        + 0.25 * (waiting or 0) / ((waiting or 0) + 14)
        + 0.15 * (1 - answered_share)
    )
    return Gap(
        issue=issue.issue,
        title=issue.title,
        place=issue.place,
        topic=issue.topic,
        size=issue.size,
        residents=issue.residents,
        urgency=urgency,
        first=issue.first,
        first_reply=_earliest(replies),
        first_post=_earliest(posts),
        best_score=None if best is None else round((best - 1) * 25, 1),
        answered_share=answered_share,
        waiting_days=waiting,
        gap_score=round(100 * OPEN[state] * weight, 1),
        state=state,
        requests=issue.requests,
        posts=tuple(dict.fromkeys(p.post for p in posts if p.post is not None)),
    )


def _state(replies: Sequence[_Response], posts: Sequence[_Response], answered_share: float) -> str:
    """Say how far the issue is answered: one good post speaks to all, a good reply to its own resident only."""
    if not replies and not posts:
        return NONE
    if any(p.answers for p in posts) or (any(r.answers for r in replies) and answered_share >= 0.5):
        return ANSWERED
    return PARTLY if any(r.helps for r in (*replies, *posts)) else EVASIVE


def _urgency(levels: Sequence[int]) -> int:
    reached = [v for v in (3, 2, 1) if levels and sum(x >= v for x in levels) / len(levels) >= _URGENT_SHARE]
    return reached[0] if reached else 0


def _waiting(issue: IssueSummary, responses: Iterable[_Response], state: str, now: datetime | None) -> int | None:
    """Days from the first request to the first response that answers, else to `now`."""
    ended = _earliest([r for r in responses if r.answers]) if state == ANSWERED else None
    until = ended or now
    return None if issue.first is None or until is None else max(0, (until - issue.first).days)


def _earliest(responses: Iterable[_Response]) -> datetime | None:
    return min((r.time for r in responses if r.time is not None), default=None)


def _from_reply(reply: ReviewedReply) -> _Response:
    dimensions = reply.review.dimensions or {}
    return _Response(
        reply.request, None, reply.reply_time, reply.review.overall or 1.0, dimensions.get("evasion", 0.0) >= SUSPECTED
    )


def _from_post(post: ReviewedPost, address: PostAddress) -> _Response:
    suspected = address.evasion >= SUSPECTED or address.downplay >= SUSPECTED
    return _Response(None, post.post.id, post.post.published, address.overall, suspected)


def _summary(brief: IssueBrief) -> IssueSummary:
    times = sorted(m.time for m in brief.messages if m.time is not None)
    residents = {m.user or m.id for m in brief.messages}
    return IssueSummary(
        issue=brief.issue,
        title=brief.title,
        place=None,
        topic="",
        size=len(brief.messages),
        residents=len(residents),
        first=times[0] if times else None,
        last=times[-1] if times else None,
        heat=0.0,
        heat_parts={},
        trend=(),
        keywords=(),
        representative=brief.messages[0].id if brief.messages else "",
        requests=tuple(m.id for m in brief.messages),
    )
