"""What a list is narrowed by (the query of its address), applied to a week's values. Unknown values are errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from nlp.digest_facts import is_overdue, is_settled, is_urgent, suspicions
from nlp.digest_replies import is_good, is_weak, worst_first
from nlp.digest_values import DigestReply, WeekFacts
from nlp.errors import InputError
from nlp.results import GENRE_NAMES, NEED_NAMES, AnalysedRequest, ReviewedPost, ReviewedReply
from serving.channels import plain_channel
from serving.store.ids import REQUEST, from_public
from serving.wording import CHANNEL_NAMES, STATUS_NAMES

PAGE_SIZE = 50
REQUEST_STATES = {
    "unsettled": "未答复也未办结",
    "urgent": "紧急",
    "urgent-unsettled": "紧急，未答复也未办结",
    "overdue": "紧急且已过时限",
    "review": "模型拿不准",
    "duplicate": "重复",
    "late": "超期未办结",
    "returned": "本周退过单",
    "unsolved": "本周回访未解决",
}
# Their requests may have come in before the week.
LIFE_STATES = ("late", "returned", "unsolved")
VERDICTS = {"good": "答得好", "weak": "需要再答"}
POST_SHOWS = {"answering": "回应了诉求", "unasked": "没有人问起"}
ISSUE_SHOWS = {"rising": "明显增多", "back": "办结后又有人反映"}
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Slice:
    """One page of a list: what is on it, how many there are in all, what the reader chose (label and query)."""

    items: Sequence[object]
    total: int
    page: int
    pages: int
    chosen: tuple[str, ...] = ()
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where requests belong: unit by public id; for each area that may be asked for, its name and what lies in it."""

    units: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    inside: Mapping[str, frozenset[str]] = field(default_factory=dict)


def life_ids(facts: WeekFacts, state: str) -> tuple[str, ...]:
    """Return the ids of the requests in one of LIFE_STATES."""
    life = facts.life
    return {"late": life.overdue, "returned": life.returned, "unsolved": life.unsolved}[state]


def filter_requests(
    facts: WeekFacts,
    query: Mapping[str, str],
    *,
    among: Sequence[AnalysedRequest] | None = None,
    places: Whereabouts | None = None,
) -> tuple[list[AnalysedRequest], tuple[str, ...]]:
    """Return the week's requests that the query leaves, newest first, and what was chosen in words.

    among: the requests of `life_ids`, where the query asks for one of LIFE_STATES, or those that a search found
    """
    found, chosen = list(facts.requests if among is None else among), []
    if state := query.get("state"):
        chosen.append(_named(state, REQUEST_STATES, "state"))
        found = found if state in LIFE_STATES else [r for r in found if _in_state(r, state, facts)]
    if status := query.get("status"):
        chosen.append(_named(status, STATUS_NAMES, "status"))
        found = [r for r in found if r.status == status]
    if need := query.get("need"):
        chosen.append(_named(need, NEED_NAMES, "need"))
        found = [r for r in found if (r.triage.urgency >= 2 if need == "ji" else need in r.triage.labels)]
    if channel := plain_channel(query.get("channel", "")):
        chosen.append(CHANNEL_NAMES.get(channel, channel[:40]))
        found = [r for r in found if r.request.channel == channel]
    if topic := query.get("topic"):
        chosen.append(topic[:40])
        found = [r for r in found if topic in (r.triage.topic, r.triage.topic.split("/")[0])]
    if issue := query.get("issue"):
        titles = {i.issue: i.title for i in facts.issues}
        chosen.append(titles.get(issue, issue[:40]))
        found = [r for r in found if r.issue == issue]
    found, more = _narrow_by_place(found, query, places or Whereabouts())
    chosen += more
    if query.get("state") == "late":
        return sorted(found, key=lambda r: (r.triage.due or facts.now, r.request.id)), tuple(chosen)
    found.sort(key=lambda r: (r.request.time is not None, r.request.time or facts.start, r.request.id), reverse=True)
    return found, tuple(chosen)


def search(requests: Sequence[AnalysedRequest], words: str) -> list[AnalysedRequest]:
    """Return the requests that have every word: in the title, the text or the channel's id, or as the public id."""
    wanted = [w.casefold() for w in words.split()]
    return [r for r in requests if all(_has(r, w) for w in wanted)]


def filter_replies(
    replies: Sequence[DigestReply], query: Mapping[str, str]
) -> tuple[list[DigestReply], tuple[str, ...]]:
    """Return the judged replies that the query leaves, worst first, and what was chosen in words."""
    found, verdict = sorted(replies, key=worst_first), query.get("verdict")
    if not verdict:
        return found, ()
    name = _named(verdict, VERDICTS, "verdict")
    return [r for r in found if (is_good(r) if verdict == "good" else is_weak(r))], (name,)


def filter_posts(
    posts: Sequence[ReviewedPost], query: Mapping[str, str], *, unasked: Sequence[str], accounts: Mapping[str, str]
) -> tuple[list[ReviewedPost], tuple[str, ...]]:
    """Return the posts that the query leaves, and what was chosen in words."""
    found, chosen = list(posts), []
    if show := query.get("show"):
        chosen.append(_named(show, POST_SHOWS, "show"))
        found = [p for p in found if (p.post.id in unasked if show == "unasked" else bool(p.review.addresses))]
    if account := query.get("account"):
        chosen.append(accounts.get(account, account[:40]))
        found = [p for p in found if p.post.account == account]
    if genre := query.get("genre"):
        chosen.append(_named(genre, GENRE_NAMES, "genre"))
        found = [p for p in found if p.review.genre == genre]
    return found, tuple(chosen)


def cut_page(
    items: Sequence[Item], query: Mapping[str, str], *, chosen: tuple[str, ...] = (), size: int = PAGE_SIZE
) -> Slice:
    """Return the page that the query asks for. Raises InputError for a page that is no number or beyond the end."""
    pages = max(1, -(-len(items) // size))
    asked = query.get("page", "1")
    if not (asked.isascii() and asked.isdigit() and len(asked) < 7 and 1 <= int(asked) <= pages):
        raise InputError(f"没有第 {asked[:20]} 页：page 应为 1 到 {pages} 的整数")
    page = int(asked)
    kept = {k: v for k, v in query.items() if k != "page"}
    return Slice(items[(page - 1) * size : page * size], len(items), page, pages, chosen, kept)


def suspected_in(reply: ReviewedReply) -> tuple[str, ...]:
    """Return which of evasion and downplay a person should look at in a reply."""
    scores = reply.review.dimensions or {}
    return suspicions(evasion=scores.get("evasion", 0.0), downplay=scores.get("downplay", 0.0))


def check_choice(value: str | None, names: Mapping[str, str], field_name: str) -> str | None:
    """Return the value if it is one of the names or absent. Raises InputError."""
    if value:
        _named(value, names, field_name)
    return value or None


def _narrow_by_place(
    found: list[AnalysedRequest], query: Mapping[str, str], places: Whereabouts
) -> tuple[list[AnalysedRequest], list[str]]:
    chosen = []
    if words := query.get("q"):
        chosen.append(f"有“{words[:40]}”")
        found = search(found, words)
    if area := query.get("area"):
        chosen.append(places.names.get(area, area[:40]))
        inside = places.inside.get(area, frozenset({area}))
        found = [r for r in found if r.request.area in inside]
    if unit := query.get("unit"):
        chosen.append(unit[:40])
        found = [r for r in found if places.units.get(r.request.id) == unit]
    return found, chosen


def _has(request: AnalysedRequest, word: str) -> bool:
    asked = request.request
    texts = (asked.title, asked.text, request.external_id)
    same = (number := from_public(REQUEST, word)) is not None and number == from_public(REQUEST, asked.id)
    return same or any(word in t.casefold() for t in texts)


def _in_state(request: AnalysedRequest, state: str, facts: WeekFacts) -> bool:
    match state:
        case "unsettled":
            return not is_settled(request) and request.duplicate_of is None
        case "urgent":
            return is_urgent(request)
        case "urgent-unsettled":
            return is_urgent(request) and not is_settled(request)
        case "overdue":
            return is_urgent(request) and is_overdue(request, facts)
        case "review":
            return request.triage.review
    return request.duplicate_of is not None


def _named(value: str, names: Mapping[str, str], field_name: str) -> str:
    if value not in names:
        raise InputError(f"{field_name} 应为 {'、'.join(names)} 之一，收到 {value[:40]}")
    return names[value]
