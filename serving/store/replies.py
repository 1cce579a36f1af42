"""Official replies (答复) to stored requests, and their reviews."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
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
from serving.store.values import to_reply_review


def save_reply(
    session: Session,
    request: int,
    *,
    text: str,
    time: datetime | None,
    unit: str | None,
    fingerprint: str,
    now: datetime,
    warnings: Sequence[str] = (),
) -> Saved:
    """Store a masked reply to a request (row number); one of the same fingerprint again changes nothing."""
    known = select(ReplyRow.id).where(ReplyRow.request_id == request, ReplyRow.fingerprint == fingerprint)
    number = session.scalar(known)
    if number is not None:
        return Saved(number, False)
    row = {
        "request_id": request,
        "unit": unit,
        "text": text,
        "time": time,
        "warnings": list(warnings),
        "fingerprint": fingerprint,
        "received_at": now,
    }
    number = session.scalar(insert(ReplyRow).values(row).on_conflict_do_nothing().returning(ReplyRow.id))
    return Saved(session.scalars(known).one(), False) if number is None else Saved(number, True)


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


def get_replies(session: Session, request: str) -> list[ReviewedReply]:
    """Return the reviewed replies to a request (public id), newest first."""
    number = from_public(REQUEST, request)
    return [] if number is None else load_reviewed_replies(session, ReplyRow.request_id == number)


def _pairs(session: Session, *conditions: ColumnElement[bool], limit: int | None = None) -> list[RepliedRequest]:
    query = select(ReplyRow, RequestRow).join(RequestRow, RequestRow.id == ReplyRow.request_id).where(*conditions)
    return [_pair(reply, request) for reply, request in session.execute(query.order_by(ReplyRow.id).limit(limit))]


def _pair(reply: ReplyRow, row: RequestRow) -> RepliedRequest:
    stored = to_request(row)
    # A reply is reviewed under its own id: one request may have several.
    asked = replace(stored, id=to_public(REPLY, reply.id))
    return RepliedRequest(asked, reply.text, reply.time, tuple(reply.warnings))
