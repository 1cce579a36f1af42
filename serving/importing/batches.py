"""One batch of entries into the store, in the caller's transaction. Coming again changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from sqlalchemy.orm import Session

from nlp.errors import RowError
from nlp.records import ResidentRequest
from serving.analysis import take_posts, take_replies
from serving.importing.entries import EventEntry, Line, PostEntry, ReplyEntry, RequestEntry
from serving.importing.undated import Fallback
from serving.intake import hide_derived_id, mask_event, mask_request
from serving.queue import ANALYSE, ensure_job
from serving.state import State
from serving.store.events import Recorded, save_events
from serving.store.imports import find_by_external_id, load_texts
from serving.store.order_steps import save_order_steps
from serving.store.requests import save_requests
from serving.store.statuses import lock_requests
from serving.store.twins import find_channels

Found = TypeVar("Found", RequestEntry, ReplyEntry, EventEntry, PostEntry)
UNKNOWN_REQUEST = "库里没有这个渠道和编号的诉求;请先导入诉求,或用 --channel 指明渠道"


@dataclass
class BatchResult:
    """What became of the entries of a batch. `orphans`: errors that end when the request is imported."""

    created: int = 0
    known: int = 0
    changed: int = 0
    errors: list[RowError] = field(default_factory=list)
    orphans: int = 0
    notes: Counter[str] = field(default_factory=Counter)


def store_batch(
    session: Session, lines: Sequence[Line], *, state: State, undated: Fallback | None = None
) -> BatchResult:
    """Store the entries among the lines: requests, then replies and events of them or of stored ones, then posts.

    undated: when requests without a time count; None: now
    """
    result = BatchResult()
    requests = [e for _, e in _entries(lines, RequestEntry)]
    store_requests(session, requests, state=state, result=result, undated=undated)
    _store_replies(session, _entries(lines, ReplyEntry), state, result)
    _store_events(session, _entries(lines, EventEntry), result)
    posts = [e.post for _, e in _entries(lines, PostEntry)]
    result.notes.update(warning for post in posts for warning in post.warnings)
    for saved in take_posts(session, posts, state=state, by_title=True) if posts else ():
        _count(result, saved.created)
        result.changed += saved.changed
    return result


def store_requests(
    session: Session,
    entries: Sequence[RequestEntry],
    *,
    state: State,
    result: BatchResult,
    undated: Fallback | None = None,
) -> None:
    """Store masked requests, queue their analysis, and add what their rows say of replies and events."""
    if not entries:
        return
    masked = _on_known_channels(session, [_mask(e, state) for e in entries], result)
    saved = save_requests(session, masked, now=state.now(), undated_at=None if undated is None else undated.at)
    if undated is not None:
        late = sum(s.created and r.time is None for s, r in zip(saved, masked, strict=True))
        _note(result, undated.note, late)
    old = load_texts(session, [s.number for s in saved if not s.created])
    for request, place in zip(masked, saved, strict=True):
        _count(result, place.created)
        result.changed += not place.created and old[place.number] != (request.title, request.text)
    if result.created:
        ensure_job(session, ANALYSE)
    for entry in entries:
        result.notes.update(entry.notes)
    numbers = [s.number for s in saved]
    replies = [replace(e.reply, request=n) for e, n in zip(entries, numbers, strict=True) if e.reply is not None]
    events = [(n, mask_event(event)) for e, n in zip(entries, numbers, strict=True) for event in e.events]
    new = sum(s.created for s, _ in take_replies(session, replies, state=state)) if replies else 0
    _note(result, "新存答复", new)
    recorded = save_order_steps(session, events)
    _note(result, "新存流转", sum(r.created for r in recorded))
    _note_differing(result, recorded)


def _on_known_channels(
    session: Session, requests: Sequence[ResidentRequest], result: BatchResult
) -> list[ResidentRequest]:
    """Give orders that are stored under another writing of their channel the channel that they are stored under."""
    channels = find_channels(session, requests)
    _note(result, "渠道写法不同,按已有的一件处理", len(channels))
    return [replace(r, channel=channels.get((r.channel, r.id), r.channel)) for r in requests]


def _mask(entry: RequestEntry, state: State) -> ResidentRequest:
    masked = mask_request(entry.request, site=state.site, user_key=state.user_key)
    return replace(masked, id=hide_derived_id(masked.id, key=state.user_key)) if entry.is_id_derived else masked


def _store_replies(
    session: Session, entries: Sequence[tuple[Line, ReplyEntry]], state: State, result: BatchResult
) -> None:
    known = _find_targets(session, entries, result)
    replies = [replace(entry.reply, request=number) for number, entry in known]
    result.notes.update(warning for reply in replies for warning in reply.pair.warnings)
    for saved, _ in take_replies(session, replies, state=state) if replies else ():
        _count(result, saved.created)


def _store_events(session: Session, entries: Sequence[tuple[Line, EventEntry]], result: BatchResult) -> None:
    known = _find_targets(session, entries, result)
    events = [(number, mask_event(entry.event)) for number, entry in known]
    lock_requests(session, [number for number, _ in events])
    # Who receives is not said: the dispatch may be that of the order's own row, which names the unit.
    bare = [(n, e) for n, e in events if e.type == "dispatched" and not e.unit]
    others = [(n, e) for n, e in events if e.type != "dispatched" or e.unit]
    recorded = [*save_events(session, others), *save_order_steps(session, bare)]
    for event in recorded:
        _count(result, event.created)
    _note_differing(result, recorded)


Targeted = TypeVar("Targeted", ReplyEntry, EventEntry)


def _find_targets(
    session: Session, entries: Sequence[tuple[Line, Targeted]], result: BatchResult
) -> list[tuple[int, Targeted]]:
    """Return the entries whose request is stored, with its row number; the others become errors."""
    stored = find_by_external_id(session, [entry.target.id for _, entry in entries])
    found = []
    for line, entry in entries:
        channels = stored.get(entry.target.id, {})
        number = channels.get(entry.target.channel)
        if number is None and not entry.target.is_said and len(channels) == 1:
            number = next(iter(channels.values()))
        if number is not None:
            found.append((number, entry))
            continue
        several = len(channels) > 1 and not entry.target.is_said
        message = f"这个编号在 {'、'.join(sorted(channels))} 等渠道都有;请用 --channel 指明渠道" if several else ""
        result.errors.append(RowError(message or UNKNOWN_REQUEST, line=line.number, row_id=entry.target.id))
        result.orphans += 1
    return found


def _entries(lines: Sequence[Line], kind: type[Found]) -> list[tuple[Line, Found]]:
    return [(line, line.slot) for line in lines if isinstance(line.slot, kind)]


def _count(result: BatchResult, created: bool) -> None:
    result.created += created
    result.known += not created


def _note_differing(result: BatchResult, recorded: Sequence[Recorded]) -> None:
    _note(result, "回访结果或单位与已存的不同,未改", sum(r.differs for r in recorded))


def _note(result: BatchResult, what: str, count: int) -> None:
    if count:
        result.notes[what] += count
