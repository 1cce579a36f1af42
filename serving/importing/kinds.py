"""What a file or sheet holds, told by its column names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

from nlp.chats import CHAT
from nlp.headers import EVENT, POST, REQUEST, WORK_ORDER, match_headers, plain_header
from nlp.inbox import INBOX

Fields = Mapping[str, tuple[str, ...]]


class Kind(StrEnum):
    """What a file holds."""

    requests = "requests"
    inbox = "inbox"
    chat = "chat"
    replies = "replies"
    events = "events"
    posts = "posts"
    articles = "articles"


KIND_NAMES: Mapping[Kind, str] = {
    Kind.requests: "诉求",
    Kind.inbox: "公众号私信",
    Kind.chat: "群聊记录",
    Kind.replies: "答复",
    Kind.events: "流转",
    Kind.posts: "推文",
    Kind.articles: "推文(文章)",
}
# Replies and events need their requests; posts are matched with the issues of all requests.
ORDER = tuple(Kind)
REQUEST_KINDS = (Kind.requests, Kind.inbox, Kind.chat)

# In a sheet of orders 办结时间 is when the order was closed; the answer's time only where there is no other.
ORDER_SHEET: Fields = {
    **WORK_ORDER,
    "reply_time": tuple(n for n in WORK_ORDER["reply_time"] if n not in WORK_ORDER["closed_time"]),
    "received_time": ("受理时间", "受理日期", "登记时间", "接单时间"),
    "returned_time": ("退单时间", "退回时间", "退单日期"),
}
STEPS: Fields = {**EVENT, "request": (*EVENT["request"], "id")}
REPLY: Fields = {"request": ("诉求编号",), **REQUEST}
FIELDS: Mapping[Kind, Fields] = {
    Kind.requests: ORDER_SHEET,
    Kind.inbox: INBOX,
    Kind.chat: CHAT,
    Kind.replies: REPLY,
    Kind.events: STEPS,
    Kind.posts: POST,
}

UNREAD = frozenset({"status"})  # known by name, not read: a status without a time is no step
# Requests have these, posts do not; of the names of a request's id and text those that a list of posts may use as well.
_OF_REQUESTS = frozenset({"phone", "address", "user", "reply", "area"})
_OF_BOTH = frozenset({"描述", "主要内容", "具体内容", "详细内容", "详细描述"})


def match_kind(headers: Sequence[str], kind: Kind, column_map: Mapping[str, str] | None = None) -> dict[int, str]:
    """Return which column holds which field of a kind."""
    return match_headers(headers, FIELDS[kind], column_map=column_map)


def tell_kind(headers: Sequence[str], column_map: Mapping[str, str] | None = None) -> Kind | None:
    """Return what rows under these column names are; None where it cannot be told."""
    found = {kind: set(match_kind(headers, kind, column_map).values()) for kind in FIELDS}
    asked = found[Kind.requests]
    if {"request", "type", "time"} <= found[Kind.events] and not asked & {"text", "title"}:
        return Kind.events
    if "reply" in found[Kind.replies] and found[Kind.replies] & {"request", "id"} and not asked & {"text", "title"}:
        return Kind.replies
    if _is_inbox(headers, found):
        return Kind.inbox
    if _are_posts(headers, found):
        return Kind.posts
    if _is_chat(headers, found):
        return Kind.chat
    return Kind.requests if asked & {"text", "title"} and len(asked) >= 2 else None


def _are_posts(headers: Sequence[str], found: Mapping[Kind, set[str]]) -> bool:
    """There is a title or body and a name that only posts have; a link beside a caller's number is a request's."""
    asked = {plain_header(n) for f in ("id", "text") for n in REQUEST[f]} - _names(Kind.posts) - _OF_BOTH
    return (
        bool(found[Kind.posts] & {"title", "body"})
        and bool(_own_names(headers, Kind.posts, Kind.requests))
        and not found[Kind.requests] & (_OF_REQUESTS if "位置" not in headers else _OF_REQUESTS - {"address"})
        and not asked & {plain_header(h) for h in headers}
    )


def _is_inbox(headers: Sequence[str], found: Mapping[Kind, set[str]]) -> bool:
    """Somebody wrote something, and there is what a chat log lacks: an answer's column, a type, an article."""
    return (
        "text" in found[Kind.inbox]
        and bool(found[Kind.inbox] & {"user", "open_id"})
        and bool(found[Kind.inbox] & {"open_id", "replied", "reply", "type", "direction", "article"})
        and not found[Kind.requests] & {"id", "title", "phone", "address"}
        and bool(_own_names(headers, Kind.inbox, Kind.requests))
    )


def _is_chat(headers: Sequence[str], found: Mapping[Kind, set[str]]) -> bool:
    return (
        {"time", "sender", "text"} <= found[Kind.chat]
        and not found[Kind.requests] & {"id", "title", "phone", "address"}
        and bool(_own_names(headers, Kind.chat, Kind.requests))
    )


def _own_names(headers: Sequence[str], kind: Kind, *others: Kind) -> set[str]:
    """Return the column names that only this kind knows."""
    return {plain_header(h) for h in headers} & (_names(kind) - set().union(*(_names(o) for o in others)))


def _names(kind: Kind) -> set[str]:
    return {plain_header(name) for field, known in FIELDS[kind].items() for name in (field, *known)}
