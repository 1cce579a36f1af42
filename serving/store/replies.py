"""Official replies (答复) to stored requests, and their reviews."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from nlp.records import RepliedRequest
from nlp.results import ReplyReview, ReviewedReply, to_json
from serving.store.bulk import among
from serving.store.ids import REPLY, REQUEST, from_public, to_public
from serving.store.requests import to_request
from serving.store.saving import Saved, make_current
from serving.store.schema import ReplyReviewRow, ReplyRow, RequestRow
from serving.store.statuses import lock_requests, refresh_statuses
from serving.store.values import to_reply_review

SOLVED = 2  # of the review's `resolved`: the reply says that it is solved


@dataclass(frozen=True, slots=True)
class NewReplyRecord:
    """A masked reply as it is stored; `fingerprint` tells the replies to one request (row number) apart."""

    request: int
    text: str
    time: datetime | None
    unit: str | None
    fingerprint: str
    warnings: tuple[str, ...] = ()


def save_replies(session: Session, replies: Sequence[NewReplyRecord], *, now: datetime) -> list[Saved]:
    """Store masked replies and set the status of their requests; one of the same fingerprint changes nothing."""
    lock_requests(session, (r.request for r in replies))
    saved = [_save_reply(session, r, now) for r in replies]
    refresh_statuses(session, {r.request for r, s in zip(replies, saved, strict=True) if s.created})
    return saved


def load_pairs(session: Session, numbers: Sequence[int]) -> list[RepliedRequest]:
    """Return requests with their replies as they are reviewed; the id is the reply's public id."""
    return _pairs(session, among(ReplyRow.id, numbers))


def find_unreviewed_replies(session: Session, *, model: str, limit: int) -> list[RepliedRequest]:
    """Return replies without a review by this model version, oldest first."""
    done = exists().where(ReplyReviewRow.reply_id == ReplyRow.id, ReplyReviewRow.model == model)
    return _pairs(session, ~done, limit=limit)


def save_reply_reviews(session: Session, reviews: Sequence[ReplyReview], *, model: str) -> None:
    """Store reviews (`id` is the reply's public id) and make them the current ones."""
    if not reviews:
        return
    rows = [
        {
            "reply_id": from_public(REPLY, r.id),
            "model": model,
            "current": True,
            "result": to_json(r),
            "assessable": r.assessable,
            "score": r.score,
        }
        for r in reviews
    ]
    make_current(session, ReplyReviewRow, ReplyReviewRow.reply_id, rows=rows)


def load_reviewed_replies(session: Session, *conditions: ColumnElement[bool]) -> list[ReviewedReply]:
    """Return the reviewed replies that meet the conditions, newest first."""
    query = (
        select(ReplyRow, ReplyReviewRow.result)
        .join(ReplyReviewRow, (ReplyReviewRow.reply_id == ReplyRow.id) & ReplyReviewRow.current)
        .where(*conditions)
        .order_by(func.coalesce(ReplyRow.time, ReplyRow.received_at).desc(), ReplyRow.id.desc())
    )
    return [
        ReviewedReply(
            id=to_public(REPLY, row.id),
            request=to_public(REQUEST, row.request_id),
            unit=row.unit,
            reply=row.text,
            reply_time=row.time,
            review=to_reply_review(result),
        )
        for row, result in session.execute(query)
    ]


def load_solved_replies(
    session: Session, numbers: Sequence[int], *, until: datetime | None = None
) -> dict[int, list[datetime]]:
    """Return when replies to requests (row numbers) said that the matter is solved (`resolved` is 2)."""
    at = func.coalesce(ReplyRow.time, ReplyRow.received_at)
    query = (
        select(ReplyRow.request_id, at)
        .join(ReplyReviewRow, (ReplyReviewRow.reply_id == ReplyRow.id) & ReplyReviewRow.current)
        .where(among(ReplyRow.request_id, numbers), ReplyReviewRow.result["resolved"].as_integer() == SOLVED)
    )
    found: dict[int, list[datetime]] = defaultdict(list)
    for number, time in session.execute(query if until is None else query.where(at <= until)):
        found[number].append(time)
    return found


def get_replies(session: Session, request: str) -> list[ReviewedReply]:
    """Return the reviewed replies to a request (public id), newest first."""
    number = from_public(REQUEST, request)
    return [] if number is None else load_reviewed_replies(session, ReplyRow.request_id == number)


def _save_reply(session: Session, reply: NewReplyRecord, now: datetime) -> Saved:
    known = select(ReplyRow.id).where(ReplyRow.request_id == reply.request, ReplyRow.fingerprint == reply.fingerprint)
    number = session.scalar(known)
    if number is not None:
        return Saved(number, False)
    row = {
        "request_id": reply.request,
        "unit": reply.unit,
        "text": reply.text,
        "time": reply.time,
        "warnings": list(reply.warnings),
        "fingerprint": reply.fingerprint,
        "received_at": now,
    }
    number = session.scalar(insert(ReplyRow).values(row).on_conflict_do_nothing().returning(ReplyRow.id))
    return Saved(session.scalars(known).one(), False) if number is None else Saved(number, True)


def _pairs(session: Session, *conditions: ColumnElement[bool], limit: int | None = None) -> list[RepliedRequest]:
    query = select(ReplyRow, RequestRow).join(RequestRow, RequestRow.id == ReplyRow.request_id).where(*conditions)
    return [_pair(reply, request) for reply, request in session.execute(query.order_by(ReplyRow.id).limit(limit))]


def _pair(reply: ReplyRow, row: RequestRow) -> RepliedRequest:
    stored = to_request(row)
    # A reply is reviewed under its own id: one request may have several.
    asked = replace(stored, id=to_public(REPLY, reply.id))
    return RepliedRequest(asked, reply.text, reply.time, tuple(reply.warnings))
