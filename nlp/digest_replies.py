"""What a digest says of replies: which answer well, which should be written again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median_low

from nlp.digest_facts import label_request, suspicions
from nlp.digest_values import DigestReply, ReplyFigures
from nlp.results import AnalysedRequest, ReviewedReply

# (overall - 1) x 25: 75 and more is an overall of 4 or 5, below 50 is 1 or 2 of the annotation guide for replies.
GOOD_SCORE, WEAK_SCORE = 75, 50


def judge_replies(replies: Sequence[ReviewedReply], *, asked: Iterable[AnalysedRequest]) -> list[DigestReply]:
    """Return the assessable replies as a reader sees them, in the order given. `asked`: the requests they answer."""
    by_id = {r.request.id: r for r in asked}
    judged = []
    for reply in replies:
        review, request = reply.review, by_id.get(reply.request)
        if not review.assessable or review.score is None:
            continue
        scores = review.dimensions or {}
        suspected = suspicions(evasion=scores.get("evasion", 0.0), downplay=scores.get("downplay", 0.0))
        quoted = [e.text for e in review.evidence if not suspected or e.dimension in suspected]
        judged.append(
            DigestReply(
                reply=reply.id,
                request=reply.request,
                issue=request.issue if request else None,
                label=label_request(request.request) if request else f"诉求 {reply.request}",
                unit=reply.unit,
                score=review.score,
                urgency=request.triage.urgency if request else None,
                suspected=suspected,
                reasons=review.reasons,
                quote=quoted[0] if quoted else None,
                time=reply.reply_time,
            )
        )
    return judged


def is_good(reply: DigestReply) -> bool:
    """Say whether a reply answers well and nothing in it is suspected."""
    return reply.score >= GOOD_SCORE and not reply.suspected


def is_weak(reply: DigestReply) -> bool:
    """Say whether a reply should be written again."""
    return reply.score < WEAK_SCORE or bool(reply.suspected)


def worst_first(reply: DigestReply) -> tuple[int, int, str]:
    """Sort key: lowest score first, then the more urgent request."""
    return (reply.score, -(reply.urgency or 0), reply.reply)


def count_replies(total: int, judged: Sequence[DigestReply]) -> ReplyFigures:
    """Count what there is to say of a week's replies; `total` includes those that cannot be judged."""
    scores = [r.score for r in judged]
    return ReplyFigures(
        total=total,
        assessable=len(scores),
        good=sum(map(is_good, judged)),
        weak=sum(map(is_weak, judged)),
        suspected=sum(bool(r.suspected) for r in judged),
        median_score=median_low(scores) if scores else None,
    )
