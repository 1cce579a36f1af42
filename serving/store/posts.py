"""Articles of public accounts (推文) and their reviews."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, select, tuple_
from sqlalchemy.orm import Session

from nlp.records import Post
from nlp.results import PostReview, ReviewedPost, to_json
from serving.store.bulk import among, chunks
from serving.store.ids import POST, from_public, to_public
from serving.store.pages import DEFAULT_LIMIT, Cursor, Page
from serving.store.saving import Saved, make_current, save_new
from serving.store.schema import PostReviewRow, PostRow
from serving.store.twins import find_posts
from serving.store.values import to_post_review
from serving.weeks import Week


def save_posts(session: Session, posts: Sequence[Post], *, now: datetime, by_title: bool = False) -> list[Saved]:
    """Store posts; one already stored (account, external id) is left as it is.

    by_title: so is one of the same account, title and day (a list has the link, a saved page has not); where it came
    without its text it is given that, and counts as changed
    """
    twins = find_posts(session, posts) if by_title else {}
    rows = []
    bodies: dict[int, str] = {}
    for post in posts:
        twin = twins.get((post.account, post.id))
        rows.append(((post.account, post.id if twin is None else twin.id), _to_row(post, now)))
        if twin is not None and twin.is_bare and post.body.strip():
            bodies.setdefault(twin.number, post.body)
    saved = save_new(session, PostRow, rows, find=_find_numbers) if rows else []
    for row in session.scalars(select(PostRow).where(among(PostRow.id, bodies))) if bodies else ():
        row.body = bodies[row.id]
    session.flush()
    return [replace(s, changed=s.number in bodies) for s in saved]


def load_posts(session: Session, *conditions: ColumnElement[bool]) -> list[Post]:
    """Return posts under their public ids, oldest first."""
    return [_to_post(row) for row in session.scalars(select(PostRow).where(*conditions).order_by(PostRow.id))]


def find_unreviewed_posts(session: Session, *, model: str, limit: int) -> list[Post]:
    """Return posts without a review by this model version, oldest first."""
    done = exists().where(PostReviewRow.post_id == PostRow.id, PostReviewRow.model == model)
    rows = session.scalars(select(PostRow).where(~done).order_by(PostRow.id).limit(limit))
    return [_to_post(row) for row in rows]


def save_post_reviews(session: Session, reviews: Sequence[PostReview], *, model: str) -> None:
    """Store reviews (`id` is the post's public id) and make them the current ones."""
    if not reviews:
        return
    rows = [
        {
            "post_id": from_public(POST, r.id),
            "model": model,
            "current": True,
            "result": to_json(r),
            "genre": r.genre,
        }
        for r in reviews
    ]
    make_current(session, PostReviewRow, PostReviewRow.post_id, rows=rows)


def load_reviewed_posts(session: Session, *conditions: ColumnElement[bool]) -> list[ReviewedPost]:
    """Return the reviewed posts that meet the conditions, newest first."""
    return _reviewed(session, *conditions)


def load_external_ids(session: Session, posts: Sequence[str]) -> dict[str, str]:
    """Return the external id of each post (public ids)."""
    numbers = [n for p in posts if (n := from_public(POST, p)) is not None]
    rows = session.execute(select(PostRow.id, PostRow.external_id).where(among(PostRow.id, numbers)))
    return {to_public(POST, number): external for number, external in rows}


def get_post(session: Session, public: str) -> ReviewedPost | None:
    """Return a post with its review; None where there is none, or it is not yet reviewed."""
    number = from_public(POST, public)
    found = [] if number is None else _reviewed(session, PostRow.id == number)
    return found[0] if found else None


def get_posts_of_issue(session: Session, issue: str) -> list[ReviewedPost]:
    """Return the posts that speak to an issue (public id), newest first."""
    return _reviewed(session, PostReviewRow.result.contains({"addresses": [{"issue": issue}]}))


def list_posts(
    session: Session,
    *,
    account: str | None = None,
    week: str | None = None,
    genre: str | None = None,
    limit: int = DEFAULT_LIMIT,
    cursor: str | None = None,
) -> Page[ReviewedPost]:
    """Return one page of reviewed posts, newest first. Raises InputError."""
    conditions: list[ColumnElement[bool]] = []
    if account is not None:
        conditions.append(PostRow.account == account)
    if week is not None:
        span = Week.parse(week)
        conditions += [PostRow.at >= span.start, PostRow.at < span.end]
    if genre is not None:
        conditions.append(PostReviewRow.genre == genre)
    after = Cursor.parse(cursor)
    if after is not None:
        conditions.append(tuple_(PostRow.at, PostRow.id) < tuple_(after.at, after.number))
    found = _reviewed(session, *conditions, limit=limit + 1)
    if len(found) <= limit:
        return Page(tuple(found))
    last = from_public(POST, found[limit - 1].post.id)
    at = session.scalars(select(PostRow.at).where(PostRow.id == last)).one()
    return Page(tuple(found[:limit]), str(Cursor(at, last or 0)))


def _reviewed(session: Session, *conditions: ColumnElement[bool], limit: int | None = None) -> list[ReviewedPost]:
    query = (
        select(PostRow, PostReviewRow.result)
        .join(PostReviewRow, (PostReviewRow.post_id == PostRow.id) & PostReviewRow.current)
        .where(*conditions)
        .order_by(PostRow.at.desc(), PostRow.id.desc())
        .limit(limit)
    )
    return [ReviewedPost(_to_post(row), to_post_review(result)) for row, result in session.execute(query)]


def _to_post(row: PostRow) -> Post:
    return Post(to_public(POST, row.id), row.account, row.title, row.body, row.published, tuple(row.warnings))


def _find_numbers(session: Session, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], int]:
    identity = tuple_(PostRow.account, PostRow.external_id)
    columns = select(PostRow.id, PostRow.account, PostRow.external_id)
    found = (row for part in chunks(sorted(set(keys))) for row in session.execute(columns.where(identity.in_(part))))
    return {(row.account, row.external_id): row.id for row in found}


def _to_row(post: Post, now: datetime) -> dict[str, Any]:
    return {
        "account": post.account,
        "external_id": post.id,
        "title": post.title,
        "body": post.body,
        "published": post.published,
        "at": post.published or now,
        "warnings": list(post.warnings),
        "received_at": now,
    }
