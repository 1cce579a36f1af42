"""The tables. Texts are masked copies; a user is a keyed HMAC; a caller's number is never stored.

`REVISION` is the migration that makes exactly these tables. A judgement is kept per model version; `current` marks the
one that is shown.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    MetaData,
    SmallInteger,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

REVISION = "0002"
EVENT_TYPES = ("received", "dispatched", "returned", "replied", "closed", "reopened", "called_back")


class Base(DeclarativeBase):
    """Common base: constraint names that migrations can rely on, times with a zone."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012
        str: Text,
        datetime: DateTime(timezone=True),
        int: BigInteger,
        dict[str, Any]: JSONB,
        list[str]: ARRAY(Text),
    }


class AreaRow(Base):
    """A place in the administration, from the site's areas.csv."""

    __tablename__ = "areas"
    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    parent: Mapped[str | None]
    level: Mapped[str]
    aliases: Mapped[list[str]]
    households: Mapped[int | None]


class AccountRow(Base):
    """A public account, from the site's accounts.csv."""

    __tablename__ = "accounts"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    owner: Mapped[str]
    kind: Mapped[str]
    areas: Mapped[list[str]]
    topics: Mapped[list[str]]
    opened: Mapped[date | None]
    closed: Mapped[date | None]
    merged_into: Mapped[str | None]
    interaction: Mapped[str]


class RequestRow(Base):
    """A resident's request. Weeks and order go by `at`: its time; without one the latest of its file, or when it came.

    `joined_at` is when it was last matched against the issues; None waits for it. `status` and `finished_at` follow
    from the events and replies and are set again with each of them; `finished_at` is None while there is work to do.
    `due` is the deadline of the platform that it comes from, None where that gave none.
    """

    __tablename__ = "requests"
    __table_args__ = (
        UniqueConstraint("channel", "external_id"),
        Index(None, "at", "id"),
        Index("ix_requests_waiting", "id", postgresql_where=text("joined_at IS NULL")),
        Index("ix_requests_unfinished", "status", "at", postgresql_where=text("finished_at IS NULL")),
    )
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    channel: Mapped[str]
    external_id: Mapped[str]
    title: Mapped[str]
    text: Mapped[str]
    time: Mapped[datetime | None]
    at: Mapped[datetime]
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())
    area: Mapped[str | None]
    site: Mapped[str | None]
    user_hmac: Mapped[str | None]
    likes: Mapped[int] = mapped_column(server_default="0")
    dislikes: Mapped[int] = mapped_column(server_default="0")
    warnings: Mapped[list[str]]
    duplicate_of: Mapped[int | None] = mapped_column(ForeignKey("requests.id"))
    joined_at: Mapped[datetime | None]
    status: Mapped[str] = mapped_column(server_default="open")
    finished_at: Mapped[datetime | None]
    due: Mapped[datetime | None]


class EventRow(Base):
    """What happened to a request. `unit` is empty, not null, where nobody is named: it is part of the identity."""

    __tablename__ = "events"
    __table_args__ = (
        UniqueConstraint("request_id", "type", "time", "unit"),
        CheckConstraint(f"type IN {EVENT_TYPES!r}", name="type"),
    )
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("requests.id", ondelete="CASCADE"))
    type: Mapped[str]
    time: Mapped[datetime]
    unit: Mapped[str] = mapped_column(server_default="")
    note: Mapped[str] = mapped_column(server_default="")
    contacted: Mapped[bool | None]
    solved: Mapped[bool | None]
    satisfied: Mapped[bool | None]


class TriageRow(Base):
    """What one model version says of a request: the contract's object, and columns to filter by."""

    __tablename__ = "triages"
    __table_args__ = (
        CheckConstraint("urgency BETWEEN 0 AND 3", name="urgency"),
        Index("uq_triages_current", "request_id", unique=True, postgresql_where=text("current")),
        Index(None, "topic", postgresql_where=text("current")),
        Index(None, "urgency", postgresql_where=text("current")),
    )
    request_id: Mapped[int] = mapped_column(ForeignKey("requests.id", ondelete="CASCADE"), primary_key=True)
    model: Mapped[str] = mapped_column(primary_key=True)
    current: Mapped[bool] = mapped_column(server_default=text("true"))
    result: Mapped[dict[str, Any]]
    topic: Mapped[str]
    kind: Mapped[str]
    urgency: Mapped[int] = mapped_column(SmallInteger)
    ji: Mapped[float]
    nan: Mapped[float]
    chou: Mapped[float]
    pan: Mapped[float]
    due: Mapped[datetime | None]
    review: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class IssueRow(Base):
    """Requests about one concrete matter. The id is given once and never again; `merged_into` keeps the lineage.

    status: open, merged (into another), dissolved (its requests turned out not to belong together).
    """

    __tablename__ = "issues"
    __table_args__ = (
        CheckConstraint("status IN ('open', 'merged', 'dissolved')", name="status"),
        Index(None, "heat", "id", postgresql_where=text("status = 'open'")),
    )
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    title: Mapped[str]
    place: Mapped[str | None]
    topic: Mapped[str]
    size: Mapped[int]
    first: Mapped[datetime | None]
    last: Mapped[datetime | None]
    heat: Mapped[float]
    summary: Mapped[dict[str, Any]]
    status: Mapped[str] = mapped_column(server_default="open")
    merged_into: Mapped[int | None] = mapped_column(ForeignKey("issues.id"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    measured_at: Mapped[datetime | None]


class IssueMemberRow(Base):
    """A request in its issue; the primary key keeps it in at most one."""

    __tablename__ = "issue_members"
    request_id: Mapped[int] = mapped_column(ForeignKey("requests.id", ondelete="CASCADE"), primary_key=True)
    issue_id: Mapped[int] = mapped_column(ForeignKey("issues.id"), index=True)
    joined_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ReplyRow(Base):
    """An official reply to a request. `fingerprint` makes sending it twice harmless."""

    __tablename__ = "replies"
    __table_args__ = (UniqueConstraint("request_id", "fingerprint"),)
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("requests.id", ondelete="CASCADE"))
    unit: Mapped[str | None]
    text: Mapped[str]
    time: Mapped[datetime | None]
    warnings: Mapped[list[str]]
    fingerprint: Mapped[str]
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ReplyReviewRow(Base):
    """What one model version says of a reply."""

    __tablename__ = "reply_reviews"
    __table_args__ = (Index("uq_reply_reviews_current", "reply_id", unique=True, postgresql_where=text("current")),)
    reply_id: Mapped[int] = mapped_column(ForeignKey("replies.id", ondelete="CASCADE"), primary_key=True)
    model: Mapped[str] = mapped_column(primary_key=True)
    current: Mapped[bool] = mapped_column(server_default=text("true"))
    result: Mapped[dict[str, Any]]
    assessable: Mapped[bool]
    score: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class PostRow(Base):
    """An article of a public account. `account` is the id of the site's table, or the name where it is not in it."""

    __tablename__ = "posts"
    __table_args__ = (UniqueConstraint("account", "external_id"), Index(None, "at", "id"))
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    account: Mapped[str]
    external_id: Mapped[str]
    title: Mapped[str]
    body: Mapped[str]
    published: Mapped[datetime | None]
    at: Mapped[datetime]
    warnings: Mapped[list[str]]
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())


class PostReviewRow(Base):
    """What one model version says of a post; the issues it names are ours."""

    __tablename__ = "post_reviews"
    __table_args__ = (
        Index("uq_post_reviews_current", "post_id", unique=True, postgresql_where=text("current")),
        Index(None, "result", postgresql_using="gin", postgresql_ops={"result": "jsonb_path_ops"}),
    )
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True)
    model: Mapped[str] = mapped_column(primary_key=True)
    current: Mapped[bool] = mapped_column(server_default=text("true"))
    result: Mapped[dict[str, Any]]
    genre: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class DigestRow(Base):
    """A weekly digest as it was built. `area` is empty for the whole site."""

    __tablename__ = "digests"
    __table_args__ = (UniqueConstraint("week", "area"),)
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    week: Mapped[str]
    area: Mapped[str] = mapped_column(server_default="")
    content: Mapped[dict[str, Any]]
    built_at: Mapped[datetime] = mapped_column(server_default=func.now())


class DeliveryRow(Base):
    """A mail to one recipient: at most one for a digest and period. status: pending, sent, failed."""

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("digest", "period", "recipient"),
        CheckConstraint("status IN ('pending', 'sent', 'failed')", name="status"),
    )
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    digest: Mapped[str]
    period: Mapped[str]
    recipient: Mapped[str]
    status: Mapped[str] = mapped_column(server_default="pending")
    attempts: Mapped[int] = mapped_column(server_default="0")
    error: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    sent_at: Mapped[datetime | None]


class ImportRow(Base):
    """A file (or one sheet of it) that was imported: how far it is, and what became of its rows.

    `name` is the path inside the imported folder, masked, as `sheet` is. `choices` is a digest of what the user said
    about reading it (columns, ids, account). `rows_done` rows are committed; a later run goes on there.
    state: running, done, refused (the file as a whole could not be read; `error` says why in Chinese).
    """

    __tablename__ = "imports"
    __table_args__ = (
        UniqueConstraint("sha256", "sheet", "kind", "channel", "choices"),
        CheckConstraint("state IN ('running', 'done', 'refused')", name="state"),
    )
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    sha256: Mapped[str]
    sheet: Mapped[str] = mapped_column(server_default="")
    kind: Mapped[str]
    channel: Mapped[str] = mapped_column(server_default="")
    choices: Mapped[str] = mapped_column(server_default="")
    name: Mapped[str]
    state: Mapped[str]
    rows_done: Mapped[int] = mapped_column(server_default="0")
    created: Mapped[int] = mapped_column(server_default="0")
    known: Mapped[int] = mapped_column(server_default="0")
    skipped: Mapped[int] = mapped_column(server_default="0")
    errors: Mapped[int] = mapped_column(server_default="0")
    error: Mapped[str | None]
    started_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    finished_at: Mapped[datetime | None]
