"""Stored requests: in once, read back with triage, issue and status; their events and replies."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response

from nlp.lifecycle import STATUSES
from serving.analysis import NewReply, take_replies, take_requests
from serving.bodies import describe_body, good_of, items_of, parse_items, place_results
from serving.channels import plain_channel
from serving.errors import not_found, to_response
from serving.intake import mask_event, read_request
from serving.item_keys import describe_unknown_keys
from serving.objects import event_object, reply_object, request_object, saved_object
from serving.routers.access import CursorQuery, LimitQuery, StateDep, WeekQuery, with_channel
from serving.schemas import (
    ErrorAnswer,
    EventAnswer,
    EventItem,
    ReplyItem,
    RequestDetail,
    RequestItem,
    RequestPage,
    SavedAnswer,
    SavedReplies,
)
from serving.store.bulk import among
from serving.store.events import RequestEvent, get_statuses, load_events, record_events
from serving.store.ids import REPLY, REQUEST, from_public
from serving.store.lives import load_lives
from serving.store.pages import DEFAULT_LIMIT
from serving.store.replies import get_replies
from serving.store.requests import (
    RequestFilters,
    get_request,
    get_unanalysed,
    list_requests,
    load_analysed,
)
from serving.store.schema import RequestRow

router = APIRouter(prefix="/v1/requests", tags=["诉求"])


@router.post(
    "",
    summary="提交诉求(保存)",
    responses={200: {"model": SavedAnswer}, 422: {"model": ErrorAnswer}},
    openapi_extra=describe_body("requests", RequestItem),
)
def post_requests(items: Annotated[list[Any], Depends(items_of("requests"))], state: StateDep) -> Response:
    """保存 1 到 256 条诉求的脱敏副本并研判、归并。同一渠道同一编号再次提交,返回已存的,`created` 为 false。"""
    slots = parse_items(items, lambda row: read_request(with_channel(row)), identity=lambda r: (r.channel, r.id))
    good = good_of(slots)
    with state.session() as session, session.begin():
        saved = take_requests(session, good, state=state)
        numbers = [s.number for s in saved]
        known = {a.request.id: a for a in load_analysed(session, among(RequestRow.id, numbers))}
    results = [saved_object(r, s, known.get(s.public(REQUEST))) for r, s in zip(good, saved, strict=True)]
    return to_response(place_results(slots, results, notes=describe_unknown_keys(items, RequestItem)))


@router.get("", summary="诉求列表", responses={200: {"model": RequestPage}, 400: {"model": ErrorAnswer}})
def get_requests(
    state: StateDep,
    week: WeekQuery = None,
    issue: Annotated[str | None, Query(description="共性问题编号,如 i-000017")] = None,
    topic: Annotated[str | None, Query(description="类别:一级,或“一级/二级”")] = None,
    urgency: Annotated[int | None, Query(ge=0, le=3, description="紧急程度 0 到 3")] = None,
    channel: Annotated[str | None, Query(description="渠道")] = None,
    external: Annotated[str | None, Query(alias="id", description="渠道里的编号;请同时给出 channel")] = None,
    status: Annotated[str | None, Query(description=f"状态:{'、'.join(STATUSES)}")] = None,
    overdue: Annotated[bool | None, Query(description="true:超期未办结")] = None,
    returned: Annotated[bool | None, Query(description="true:退过单")] = None,
    solved: Annotated[bool | None, Query(description="最近一次回访:true 已解决,false 未解决")] = None,
    limit: LimitQuery = DEFAULT_LIMIT,
    cursor: CursorQuery = None,
) -> Response:
    """已研判的诉求,从新到旧。"""
    filters = RequestFilters(
        week,
        issue,
        topic,
        urgency,
        plain_channel(channel.strip()) if channel else None,
        external,
        status,
        overdue,
        returned,
        solved,
        now=state.now(),
    )
    with state.session() as session:
        page = list_requests(session, filters, limit=limit, cursor=cursor)
        lives = load_lives(session, page.items, site=state.site, now=state.now())
    return to_response({"requests": [request_object(r, lives[r.request.id]) for r in page.items], "next": page.next})


@router.get("/{request_id}", summary="一条诉求", responses={200: {"model": RequestDetail}, 404: {"model": ErrorAnswer}})
def get_one(request_id: str, state: StateDep) -> Response:
    """诉求的脱敏副本、研判、流转和答复。"""
    with state.session() as session:
        found = get_request(session, request_id) or get_unanalysed(session, request_id)
        if found is None:
            raise not_found("诉求", request_id)
        number = _number(request_id)
        events = [event_object(e) for e in load_events(session, number)]
        replies = [reply_object(r) for r in get_replies(session, request_id)]
        life = load_lives(session, [found], site=state.site, now=state.now())[request_id]
    return to_response({**request_object(found, life), "events": events, "replies": replies})


@router.post(
    "/{request_id}/events",
    summary="提交流转",
    responses={200: {"model": EventAnswer}, 404: {"model": ErrorAnswer}, 422: {"model": ErrorAnswer}},
    openapi_extra=describe_body("events", EventItem),
)
def post_events(request_id: str, items: Annotated[list[Any], Depends(items_of("events"))], state: StateDep) -> Response:
    """保存流转;类型、时间、单位相同的只存一次,先后不限。"""
    slots = parse_items(items, RequestEvent.from_row)
    number = _number(request_id)
    with state.session() as session, session.begin():
        if session.get(RequestRow, number) is None:
            raise not_found("诉求", request_id)
        events = [mask_event(e) for e in good_of(slots)]
        created = record_events(session, [(number, e) for e in events])
        status = get_statuses(session, [number])[number]
    results = [{**event_object(e), "created": new} for e, new in zip(events, created, strict=True)]
    placed = place_results(slots, results, notes=describe_unknown_keys(items, EventItem))
    return to_response({"request": request_id, "status": status, **placed})


@router.post(
    "/{request_id}/replies",
    summary="提交答复(保存)",
    responses={200: {"model": SavedReplies}, 404: {"model": ErrorAnswer}, 422: {"model": ErrorAnswer}},
    openapi_extra=describe_body("replies", ReplyItem),
)
def post_replies(
    request_id: str, items: Annotated[list[Any], Depends(items_of("replies"))], state: StateDep
) -> Response:
    """保存答复的脱敏副本并评价;单位、内容、时间相同的只存一次。"""
    number = _number(request_id)
    slots = parse_items(items, lambda row: NewReply.from_row(number, row))
    with state.session() as session, session.begin():
        if session.get(RequestRow, number) is None:
            raise not_found("诉求", request_id)
        taken = take_replies(session, good_of(slots), state=state)
    results = [{**reply_object(r), "reply": s.public(REPLY), "created": s.created} for s, r in taken]
    placed = place_results(slots, results, notes=describe_unknown_keys(items, ReplyItem))
    return to_response({"request": request_id, **placed})


def _number(request_id: str) -> int:
    number = from_public(REQUEST, request_id)
    if number is None:
        raise not_found("诉求", request_id)
    return number
