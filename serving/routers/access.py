"""What routes ask for: the state of the application."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Depends, Query, Request

from nlp.records import clean_line
from serving.channels import plain_channel
from serving.state import State
from serving.store.pages import DEFAULT_LIMIT, MAX_LIMIT


def get_state(request: Request) -> State:
    """Return the state that the application was started with."""
    found: State = request.app.state.minsheng
    return found


def with_channel(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an item whose channel is the code that its Chinese name means, as imports store it: hotline for 热线."""
    channel = clean_line(row.get("channel"))
    return {**row, "channel": plain_channel(channel)} if channel else row


StateDep = Annotated[State, Depends(get_state)]
LimitQuery = Annotated[int, Query(ge=1, le=MAX_LIMIT, description=f"每页条数,默认 {DEFAULT_LIMIT}")]
CursorQuery = Annotated[str | None, Query(max_length=200, description="上一页返回的 next")]
WeekQuery = Annotated[str | None, Query(description="ISO 周,如 2026-W46")]
