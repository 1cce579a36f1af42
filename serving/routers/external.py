"""Events and replies by the channel's own ids: a hotline knows its order numbers, not ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, Any, Generic, TypeVar

from fastapi import APIRouter, Depends, Response
from sqlalchemy.orm import Session

from nlp.errors import RowError
from nlp.records import DEFAULT_CHANNEL, clean_line
from serving.analysis import NewReply, take_replies
from serving.bodies import describe_body, good_of, items_of, parse_items, place_results
from serving.errors import to_response
from serving.intake import mask_event
from serving.item_keys import describe_unknown_keys
from serving.objects import event_object, reply_object
from serving.routers.access import StateDep, with_channel
from serving.schemas import ErrorAnswer, ExternalEventItem, ExternalEvents, ExternalReplies, ExternalReplyItem
from serving.store.events import RequestEvent, get_statuses, record_events
from serving.store.ids import REPLY, REQUEST, to_public
from serving.store.requests import find_numbers

router = APIRouter(prefix="/v1", tags=["诉求"])
Value = TypeVar("Value", RequestEvent, NewReply)


@dataclass(frozen=True, slots=True)
class _Named(Generic[Value]):
    """An event or reply and the request it belongs to: channel, external id, row number once it is found."""

    channel: str
    id: str
    value: Value
    number: int = 0


@router.post(
    "/events",
    summary="批量提交流转(按渠道编号)",
    responses={200: {"model": ExternalEvents}, 422: {"model": ErrorAnswer}},
    openapi_extra=describe_body("events", ExternalEventItem),
)
def post_events(items: Annotated[list[Any], Depends(items_of("events"))], state: StateDep) -> Response:
    """保存 1 到 256 步流转,诉求用 `channel` 和 `id` 指明。类型、时间、单位相同的只存一次,先后不限。

    找不到诉求的一项答以错误,其余照存。
    """
    slots = parse_items(items, lambda row: _read(row, RequestEvent.from_row))
    with state.session() as session, session.begin():
        known = _find(session, slots)
        good = good_of(known)
        events = [mask_event(n.value) for n in good]
        created = record_events(session, [(n.number, e) for n, e in zip(good, events, strict=True)])
        statuses = get_statuses(session, [n.number for n in good])
    results = [
        {**_ids(n), "status": statuses[n.number], **event_object(e), "created": new}
        for n, e, new in zip(good, events, created, strict=True)
    ]
    return to_response(place_results(known, results, notes=describe_unknown_keys(items, ExternalEventItem)))


@router.post(
    "/replies",
    summary="批量提交答复(按渠道编号)",
    responses={200: {"model": ExternalReplies}, 422: {"model": ErrorAnswer}},
    openapi_extra=describe_body("replies", ExternalReplyItem),
)
def post_replies(items: Annotated[list[Any], Depends(items_of("replies"))], state: StateDep) -> Response:
    """保存 1 到 256 条答复并评价,诉求用 `channel` 和 `id` 指明。单位、内容、时间相同的只存一次。

    找不到诉求的一项答以错误,其余照存。
    """
    slots = parse_items(items, lambda row: _read(row, partial(NewReply.from_row, 0)))
    with state.session() as session, session.begin():
        known = _find(session, slots)
        good = good_of(known)
        taken = take_replies(session, [replace(n.value, request=n.number) for n in good], state=state)
    results = [
        {**_ids(n), **reply_object(r), "reply": s.public(REPLY), "created": s.created}
        for n, (s, r) in zip(good, taken, strict=True)
    ]
    return to_response(place_results(known, results, notes=describe_unknown_keys(items, ExternalReplyItem)))


def _read(row: Mapping[str, Any], build: Callable[[Mapping[str, Any]], Value]) -> _Named[Value]:
    found = clean_line(row.get("id"))
    if not found:
        raise RowError("缺少编号:应有 id(诉求在渠道里的编号)")
    try:
        channel = clean_line(with_channel(row).get("channel")) or DEFAULT_CHANNEL
        return _Named(channel, found, build(row))
    except RowError as exc:
        raise RowError(exc.message, row_id=found) from None


def _find(session: Session, slots: Sequence[_Named[Value] | RowError]) -> list[_Named[Value] | RowError]:
    """Give each its request's row number; one of an unknown request becomes an error in its place."""
    numbers = find_numbers(session, [(n.channel, n.id) for n in good_of(slots)])
    found: list[_Named[Value] | RowError] = []
    for slot in slots:
        if isinstance(slot, RowError):
            found.append(slot)
        elif (number := numbers.get((slot.channel, slot.id))) is None:
            found.append(RowError("没有这个渠道和编号的诉求;请先提交诉求,或核对 channel", row_id=slot.id))
        else:
            found.append(replace(slot, number=number))
    return found


def _ids(named: _Named[Value]) -> dict[str, str]:
    return {"id": named.id, "channel": named.channel, "request": to_public(REQUEST, named.number)}
