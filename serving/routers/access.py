"""What routes ask for: the state of the application."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query, Request

from serving.state import State
from serving.store.pages import DEFAULT_LIMIT, MAX_LIMIT


def get_state(request: Request) -> State:
    """Return the state that the application was started with."""
    found: State = request.app.state.minsheng
    return found


StateDep = Annotated[State, Depends(get_state)]
LimitQuery = Annotated[int, Query(ge=1, le=MAX_LIMIT, description=f"每页条数,默认 {DEFAULT_LIMIT}")]
CursorQuery = Annotated[str | None, Query(max_length=200, description="上一页返回的 next")]
WeekQuery = Annotated[str | None, Query(description="ISO 周,如 2026-W46")]
