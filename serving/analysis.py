"""Between store and pipeline: triage what is new, join or regroup issues, review replies and posts.

Each function works in the caller's transaction and commits nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.orm import Session

from nlp.errors import RowError
from nlp.records import Post, RepliedRequest, ResidentRequest, clean_line
from nlp.results import AnalysedRequest, ReviewedReply, Triage
from serving.intake import fingerprint_reply, mask_post, mask_reply, mask_request, mask_unit
from serving.joining import join_requests
from serving.measuring import measure_issue
from serving.state import State
from serving.store.bulk import among
from serving.store.ids import ISSUE, from_public
from serving.store.issues import apply_grouping, load_briefs, load_summaries, save_summary
from serving.store.posts import find_unreviewed_posts, load_posts, save_post_reviews, save_posts
from serving.store.replies import (
    NewReplyRecord,
    find_unreviewed_replies,
    load_pairs,
    load_reviewed_replies,
    save_replies,
    save_reply_reviews,
)
from serving.store.requests import (
    find_untriaged,
    load_analysed,
    load_everything,
    load_stored,
    mark_joined,
    save_requests,
)
from serving.store.saving import Saved
from serving.store.schema import IssueMemberRow, PostRow, ReplyRow
from serving.store.triages import save_triages

BATCH = 256
MAX_BRIEFS, BRIEF_MESSAGES = 1_000, 30
_STAND_IN = {"id": "答复", "title": "诉求", "text": "", "time": None, "due": None}


@dataclass(frozen=True, slots=True)
class NewReply:
    """A reply as it was sent: the request's row number, and who answered.

    is_time_guessed: its time is another's, say of the closing, and does not tell it from other replies
    """

    request: int
    pair: RepliedRequest
    unit: str | None
    is_time_guessed: bool = False

    @classmethod
    def from_row(cls, request: int, row: Mapping[str, Any]) -> NewReply:
        """Build from a row with `reply`, `reply_time` and `unit`. Raises RowError."""
        # The request itself is stored: a stand-in passes the checks that the reply shares with the contract's pairs.
        try:
            pair = RepliedRequest.from_row({**row, **_STAND_IN})
        except RowError as exc:
            raise RowError(exc.message) from None
        if not pair.reply.strip():
            raise RowError("答复没有内容:应有 reply(答复内容)")
        return cls(request, pair, clean_line(row.get("unit"))[:200] or None)


def take_requests(
    session: Session, requests: Sequence[ResidentRequest], *, state: State, join: bool = True
) -> list[Saved]:
    """Store masked copies, triage the new ones and join them to issues. Nothing happens to those already stored.

    join: False where the caller regroups afterwards
    """
    masked = [mask_request(r, site=state.site, user_key=state.user_key) for r in requests]
    saved = save_requests(session, masked, now=state.now())
    new = load_stored(session, [s.number for s in saved if s.created])
    triages = triage_requests(session, new, state=state)
    if join and new:
        join_requests(session, new, triages, state=state)
    return saved


def triage_requests(session: Session, requests: Sequence[ResidentRequest], *, state: State) -> list[Triage]:
    """Triage stored requests; the result becomes the current one."""
    triages = state.pipeline.triage(requests, site=state.site) if requests else []
    save_triages(session, triages)
    return triages


def triage_pending(session: Session, *, state: State, limit: int = BATCH) -> int:
    """Triage one batch of stored requests that this model has not seen; returns how many.

    Their issues come with the regrouping that whoever stored them has queued.
    """
    requests = find_untriaged(session, model=state.model, limit=limit)
    triage_requests(session, requests, state=state)
    return len(requests)


def regroup(session: Session, *, state: State) -> int:
    """Group all analysed requests anew; issues keep their ids. Returns the number of issues."""
    requests, triages = load_everything(session)
    now = state.now()
    grouping = state.pipeline.issues(requests, triages=triages, now=now)
    apply_grouping(session, grouping, now=now)
    _measure_all(session, state)
    mark_joined(session, [r.id for r in requests], now=now)
    return len(grouping.issues)


def _measure_all(session: Session, state: State) -> None:
    """Add to the heat of each issue what only the store knows: which requests are answered, which are sent twice."""
    members: dict[str, list[AnalysedRequest]] = defaultdict(list)
    for request in reversed(load_analysed(session, IssueMemberRow.issue_id.is_not(None))):
        members[request.issue or ""].append(request)
    now = state.now()
    for summary in load_summaries(session):
        number = from_public(ISSUE, summary.issue)
        assert number is not None
        save_summary(session, number, measure_issue(summary, members[summary.issue], now=now), now=now)


def take_replies(session: Session, replies: Sequence[NewReply], *, state: State) -> list[tuple[Saved, ReviewedReply]]:
    """Store masked replies and review those that are new or got their time; returns each with its review."""
    saved = save_replies(session, [_to_record(r, state.user_key) for r in replies], now=state.now())
    review_replies(session, load_pairs(session, [s.number for s in saved if s.created or s.changed]), state=state)
    numbers = [s.number for s in saved]
    found = {r.id: r for r in load_reviewed_replies(session, among(ReplyRow.id, numbers))}
    return [(s, found[s.public("r")]) for s in saved]


def _to_record(reply: NewReply, key: str) -> NewReplyRecord:
    undated = fingerprint_reply(replace(reply.pair, reply_time=None), unit=reply.unit, user_key=key)
    dated = fingerprint_reply(reply.pair, unit=reply.unit, user_key=key)
    return NewReplyRecord(
        request=reply.request,
        text=mask_reply(reply.pair),
        time=reply.pair.reply_time,
        unit=mask_unit(reply.unit),
        fingerprint=undated if reply.is_time_guessed else dated,
        undated=undated,
        warnings=reply.pair.warnings,
    )


def review_replies(session: Session, pairs: Sequence[RepliedRequest], *, state: State) -> None:
    """Review stored replies."""
    if pairs:
        reviews = state.pipeline.review_replies(pairs, site=state.site)
        save_reply_reviews(session, reviews, model=state.model)


def take_posts(session: Session, posts: Sequence[Post], *, state: State, by_title: bool = False) -> list[Saved]:
    """Store masked posts and match the new ones to the issues.

    by_title: one of the same account, title and day is the same post, whatever its id; it gets the text that it lacked
    """
    masked = [mask_post(p, site=state.site) for p in posts]
    saved = save_posts(session, masked, now=state.now(), by_title=by_title)
    new = [s.number for s in saved if s.created or s.changed]
    review_posts(session, load_posts(session, among(PostRow.id, new)) if new else [], state=state)
    return saved


def review_posts(session: Session, posts: Sequence[Post], *, state: State) -> None:
    """Match stored posts to the hottest open issues and score what answers."""
    if posts:
        briefs = load_briefs(session, messages=BRIEF_MESSAGES, limit=MAX_BRIEFS)
        save_post_reviews(session, state.pipeline.review_posts(posts, briefs), model=state.model)


def review_pending(session: Session, *, state: State, limit: int = BATCH) -> int:
    """Review one batch of replies and posts that this model has not seen; returns how many."""
    pairs = find_unreviewed_replies(session, model=state.model, limit=limit)
    posts = find_unreviewed_posts(session, model=state.model, limit=limit)
    review_replies(session, pairs, state=state)
    review_posts(session, posts, state=state)
    return len(pairs) + len(posts)


def review_all_posts(session: Session, *, state: State) -> int:
    """Match every post again: after a regrouping they may answer other issues. Returns how many."""
    posts = load_posts(session)
    review_posts(session, posts, state=state)
    return len(posts)
