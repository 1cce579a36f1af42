"""Request bodies: `{"requests": […]}` and the like.

Only a body that is no such list is a 422; a bad item is answered in its place.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import orjson
from fastapi import Request
from pydantic import BaseModel

from nlp.errors import RowError
from nlp.results import to_json
from serving.errors import ApiError, malformed
from serving.schemas import MAX_ITEMS

MAX_BYTES = 32 * 1024 * 1024
_BOM = b"\xef\xbb\xbf"
Record = TypeVar("Record")


async def read_items(request: Request, name: str) -> list[Any]:
    """Return the 1 to 256 items under `name`. Raises ApiError 422 or 413."""
    body = b"".join([chunk async for chunk in _limited(request)]).removeprefix(_BOM)
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as exc:
        raise malformed(f"请求体不是正确的 JSON(UTF-8):第 {exc.lineno} 行第 {exc.colno} 列") from None
    items = found.get(name) if isinstance(found, dict) else None
    if not isinstance(items, list):
        raise malformed(f'请求体应为 {{"{name}": […]}}')
    if not 1 <= len(items) <= MAX_ITEMS:
        raise malformed(f"{name} 应有 1 到 {MAX_ITEMS} 项,收到 {len(items)} 项")
    return items


def items_of(name: str) -> Callable[[Request], Awaitable[list[Any]]]:
    """Return a dependency that reads the items under `name`."""

    async def read(request: Request) -> list[Any]:
        return await read_items(request, name)

    return read


def parse_items(
    items: Sequence[Any],
    build: Callable[[Mapping[str, Any]], Record],
    *,
    identity: Callable[[Record], Hashable] | None = None,
) -> list[Record | RowError]:
    """Build a record of each item; a bad one, or one whose identity came before, gives the error in its place."""
    slots: list[Record | RowError] = []
    seen: set[Hashable] = set()
    for item in items:
        try:
            if not isinstance(item, dict):
                raise RowError("应是对象(JSON object)")
            record = build(item)
            if identity is not None and (key := identity(record)) in seen:
                raise RowError("编号重复:同一次提交里已有这个渠道和编号", row_id=str(item.get("id")))
        except RowError as exc:
            slots.append(exc)
            continue
        if identity is not None:
            seen.add(key)
        slots.append(record)
    return slots


def good_of(slots: Iterable[Record | RowError]) -> list[Record]:
    """Return the records among the slots."""
    return [s for s in slots if not isinstance(s, RowError)]


def place_results(
    slots: Sequence[Record | RowError], results: Iterable[Any], *, notes: Sequence[Sequence[str]]
) -> dict[str, Any]:
    """Return `{"results": […]}`: one result a good slot, in order, the error object in place of a bad one.

    notes: what the sender of each slot is told besides; it is added to the `warnings` of its result
    """
    remaining = iter(results)
    placed = [s.to_json() if isinstance(s, RowError) else next(remaining) for s in slots]
    return {"results": [_add_notes(result, told) for result, told in zip(placed, notes, strict=True)]}


def describe_body(name: str, item: type[BaseModel]) -> dict[str, Any]:
    """Return the OpenAPI description of a body of items."""
    items = {"type": "array", "minItems": 1, "maxItems": MAX_ITEMS, "items": item.model_json_schema()}
    schema = {"type": "object", "required": [name], "properties": {name: items}}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def _add_notes(result: Any, notes: Sequence[str]) -> Any:
    if not notes:
        return result
    row = to_json(result)
    return {**row, "warnings": [*row.get("warnings", ()), *notes]}


async def _limited(request: Request) -> Any:
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_BYTES:
            raise ApiError(413, "too_large", f"请求体太大:最多 {MAX_BYTES // 2**20} MB")
        yield chunk
