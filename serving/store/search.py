"""Requests by words or numbers that someone remembers of them; only masked columns are searched."""

from __future__ import annotations

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from serving.store.ids import REQUEST, from_public
from serving.store.schema import RequestRow

MAX_FOUND = 1_000


def search_requests(session: Session, words: str, *, limit: int = MAX_FOUND) -> list[int]:
    """Return the row numbers of the requests that have every word, newest first, at most `limit`.

    words: separated by spaces; each stands in the title, the text or the channel's id, or is a public id
    """
    query = select(RequestRow.id).where(*(_has(w) for w in words.split()))
    return list(session.scalars(query.order_by(RequestRow.at.desc(), RequestRow.id.desc()).limit(limit)))


def _has(word: str) -> ColumnElement[bool]:
    columns = (RequestRow.title, RequestRow.text, RequestRow.external_id)
    number = from_public(REQUEST, word.lower())
    same = [] if number is None else [RequestRow.id == number]
    return or_(*(c.icontains(word, autoescape=True) for c in columns), *same)
