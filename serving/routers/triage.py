"""Stateless judgement: nothing that is sent here is stored."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool

from nlp.records import RepliedRequest, ResidentRequest
from serving.bodies import describe_body, good_of, parse_items, place_results, read_items
from serving.errors import to_response
from serving.item_keys import describe_unknown_keys
from serving.routers.access import get_state, with_channel
from serving.schemas import ErrorAnswer, ReplyAnswer, ReplyPairItem, RequestItem, TriageAnswer

router = APIRouter(prefix="/v1", tags=["研判"])
# Below this the judgement takes less time than a change of thread is worth, and the event loop may wait for it.
INLINE_CHARS = 8_000


@router.post(
    "/triage",
    summary="研判诉求(不保存)",
    responses={200: {"model": TriageAnswer}, 422: {"model": ErrorAnswer}},
    openapi_extra=describe_body("requests", RequestItem),
)
async def triage(request: Request) -> Response:
    """研判 1 到 256 条诉求;不能使用的一项在原位给出 error,状态仍为 200。"""
    state = get_state(request)
    items = await read_items(request, "requests")
    slots = parse_items(items, lambda row: ResidentRequest.from_row(with_channel(row)), identity=_identity)
    good = good_of(slots)
    if sum(len(r.title) + len(r.text) for r in good) <= INLINE_CHARS:
        results = state.pipeline.triage(good, site=state.site)
    else:
        results = await run_in_threadpool(state.pipeline.triage, good, site=state.site)
    return to_response(place_results(slots, results, notes=describe_unknown_keys(items, RequestItem)))


@router.post(
    "/replies:review",
    summary="评价答复(不保存)",
    responses={200: {"model": ReplyAnswer}, 422: {"model": ErrorAnswer}},
    openapi_extra=describe_body("requests", ReplyPairItem),
)
async def review_replies(request: Request) -> Response:
    """对照诉求评价 1 到 256 条答复。"""
    state = get_state(request)
    items = await read_items(request, "requests")
    slots = parse_items(
        items, lambda row: RepliedRequest.from_row(with_channel(row)), identity=lambda p: _identity(p.request)
    )
    results = await run_in_threadpool(state.pipeline.review_replies, good_of(slots), site=state.site)
    return to_response(place_results(slots, results, notes=describe_unknown_keys(items, ReplyPairItem)))


def _identity(request: ResidentRequest) -> tuple[str, str]:
    return request.channel, request.id
