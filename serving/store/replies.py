"""Official replies (答复) to stored requests, and their reviews."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
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
    """A masked reply as it is stored; `fingerprint` tells the replies to one request (row number) apart.

    undated: the fingerprint without the time; it is also that of a reply whose time is absent or a guess
    """

    request: int
    text: str
    time: datetime | None
    unit: str | None
    fingerprint: str
    undated: str
    warnings: tuple[str, ...] = ()

    @property
    def has_own_time(self) -> bool:
        return self.fingerprint != self.undated


def save_replies(session: Session, replies: Sequence[NewReplyRecord], *, now: datetime) -> list[Saved]:
    """Store masked replies and set the status of their requests; a known one changes nothing but a missing time.

    Replies of one unit with one text are two where each has its own time; where one has none, or a guess, they are one.
    """
    lock_requests(session, (r.request for r in replies))
    saved = [_save_reply(session, r, now) for r in replies]
    refresh_statuses(session, {r.request for r, s in zip(replies, saved, strict=True) if s.created or s.changed})
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
    known = _find_known(session, reply)
    if known is not None:
        return Saved(known.id, False, _date(known, reply))
    row = {
        "request_id": reply.request,
        "unit": reply.unit,
        "text": reply.text,
        "time": reply.time,
        "warnings": list(reply.warnings),
        "fingerprint": reply.fingerprint,
        "received_at": now,
    }
    return Saved(session.scalars(insert(ReplyRow).values(row).returning(ReplyRow.id)).one(), True)


def _find_known(session: Session, reply: NewReplyRecord) -> ReplyRow | None:
    """Return the stored reply that this one is. The caller holds `lock_requests`."""
    same = and_(ReplyRow.unit.is_not_distinct_from(reply.unit), ReplyRow.text == reply.text)
    query = select(ReplyRow).where(
        ReplyRow.request_id == reply.request,
        or_(ReplyRow.fingerprint.in_((reply.fingerprint, reply.undated)), same),
    )
    rows = session.scalars(query.order_by(ReplyRow.id)).all()
    exact = [row for row in rows if row.fingerprint == reply.fingerprint]
    open_ones = [row for row in rows if not reply.has_own_time or row.fingerprint == reply.undated or row.time is None]
    return next(iter(exact + open_ones), None)


def _date(known: ReplyRow, reply: NewReplyRecord) -> bool:
    """Give a stored reply the time it lacks, its own in place of a guess; says whether the time is another now."""
    was_open = known.time is None or known.fingerprint == reply.undated
    if reply.time is None or not was_open or (known.time is not None and not reply.has_own_time):
        return False
    before, known.time, known.fingerprint = known.time, reply.time, reply.fingerprint
    return before != known.time


def _pairs(session: Session, *conditions: ColumnElement[bool], limit: int | None = None) -> list[RepliedRequest]:
    query = select(ReplyRow, RequestRow).join(RequestRow, RequestRow.id == ReplyRow.request_id).where(*conditions)
    return [_pair(reply, request) for reply, request in session.execute(query.order_by(ReplyRow.id).limit(limit))]


def _pair(reply: ReplyRow, row: RequestRow) -> RepliedRequest:
    stored = to_request(row)
    # A reply is reviewed under its own id: one request may have several.
    asked = replace(stored, id=to_public(REPLY, reply.id))
    return RepliedRequest(asked, reply.text, reply.time, tuple(reply.warnings))
