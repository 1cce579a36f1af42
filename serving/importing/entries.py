"""What one row of an export comes to."""

from __future__ import annotations

from dataclasses import dataclass

from nlp.errors import RowError
from nlp.records import Post, ResidentRequest
from serving.analysis import NewReply
from serving.store.events import RequestEvent


@dataclass(frozen=True, slots=True)
class RequestEntry:
    """A request with what the same row says of its life; `notes` count what could not be used (Chinese).

    is_id_derived: the id was made from text or nickname; it is stored only as a keyed hash
    """

    request: ResidentRequest
    reply: NewReply | None = None
    events: tuple[RequestEvent, ...] = ()
    notes: tuple[str, ...] = ()
    is_id_derived: bool = False

    @property
    def identity(self) -> tuple[str, ...]:
        return self.request.channel, self.request.id


@dataclass(frozen=True, slots=True)
class Target:
    """The request that a reply or event belongs to. `is_said`: the channel is the row's or the user's word."""

    channel: str
    id: str
    is_said: bool


@dataclass(frozen=True, slots=True)
class ReplyEntry:
    """A reply to a request; its row number is filled in when it is stored."""

    target: Target
    reply: NewReply


@dataclass(frozen=True, slots=True)
class EventEntry:
    """A step of a request."""

    target: Target
    event: RequestEvent


@dataclass(frozen=True, slots=True)
class PostEntry:
    """An article of an account."""

    post: Post

    @property
    def identity(self) -> tuple[str, ...]:
        return self.post.account, self.post.id


Entry = RequestEntry | ReplyEntry | EventEntry | PostEntry


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a source: an entry or an error, or neither where it is no data (`skipped` says why, in Chinese)."""

    number: int
    slot: Entry | RowError | None
    skipped: str | None = None
