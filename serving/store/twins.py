"""Records that came before under another name: an order whose channel was written otherwise, a post without link."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from nlp.records import CHINA, Post, ResidentRequest
from serving.store.bulk import chunks
from serving.store.schema import PostRow, RequestRow


@dataclass(frozen=True, slots=True)
class PostTwin:
    """A stored post: its row number and external id, and whether it came without its text."""

    number: int
    id: str
    is_bare: bool


def find_channels(session: Session, requests: Sequence[ResidentRequest]) -> dict[tuple[str, str], str]:
    """Return for masked requests whose (channel, id) is unknown the one channel on which the same order is stored.

    It has the same id, and the same title and text or the same time of day and day: ids such as 12 stand for another
    matter on each channel.
    """
    stored = defaultdict(list)
    columns = (RequestRow.external_id, RequestRow.channel, RequestRow.title, RequestRow.text, RequestRow.time)
    for part in chunks(sorted({r.id for r in requests})):
        for row in session.execute(select(*columns).where(RequestRow.external_id.in_(part))):
            stored[row.external_id].append(row)
    found = {}
    for request in requests:
        same = stored[request.id]
        if len(same) != 1 or same[0].channel == request.channel:
            continue
        is_same_text = (same[0].title, same[0].text) == (request.title, request.text)
        if is_same_text or (_has_clock(request.time) and same[0].time == request.time):
            found[request.channel, request.id] = same[0].channel
    return found


def find_posts(session: Session, posts: Sequence[Post]) -> dict[tuple[str, str], PostTwin]:
    """Return the stored post of the same account, title and day for each masked post whose (account, id) is unknown."""
    wanted = sorted({(p.account, p.title) for p in posts if p.title.strip()})
    stored: dict[tuple[str, str, date | None], PostTwin] = {}
    known = set()
    columns = (PostRow.id, PostRow.account, PostRow.external_id, PostRow.title, PostRow.body, PostRow.published)
    for part in chunks(wanted):
        query = select(*columns).where(tuple_(PostRow.account, PostRow.title).in_(part)).order_by(PostRow.id)
        for row in session.execute(query):
            known.add((row.account, row.external_id))
            twin = PostTwin(row.id, row.external_id, not row.body.strip())
            stored.setdefault((row.account, row.title, _day(row.published)), twin)
    found = {}
    for post in posts:
        same = stored.get((post.account, post.title, _day(post.published)))
        if same is not None and post.published is not None and (post.account, post.id) not in known:
            found[post.account, post.id] = same
    return found


def _has_clock(time: datetime | None) -> bool:
    return time is not None and time.astimezone(CHINA) - _start(time) > timedelta(0)


def _start(time: datetime) -> datetime:
    return time.astimezone(CHINA).replace(hour=0, minute=0, second=0, microsecond=0)


def _day(time: datetime | None) -> date | None:
    return None if time is None else time.astimezone(CHINA).date()
