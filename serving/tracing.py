"""Around every request: an id that the caller can quote, one log line, and one answer to an error nobody expected."""

from __future__ import annotations

import logging
import re
import time
import uuid
from typing import Any

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.errors import error_response
from serving.logs import describe_exception

logger = logging.getLogger(__name__)
HEADER = b"x-request-id"
_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")


class Tracing:
    """ASGI middleware; outermost but for the framework's own."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = _given_id(scope) or uuid.uuid4().hex.encode()
        structlog.contextvars.bind_contextvars(request_id=request_id.decode())
        began, answer = time.perf_counter(), {"status": 0}

        async def traced(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer["status"] = message["status"]
                message["headers"] = [*message.get("headers", ()), (HEADER, request_id)]
            await send(message)

        try:
            await self.app(scope, receive, traced)
        except Exception as exc:
            logger.error("request failed", extra={"error": describe_exception(exc)})
            if answer["status"]:
                raise
            failed = error_response(500, "internal", f"内部错误;请把编号 {request_id.decode()} 告诉管理员")
            await failed(scope, receive, traced)
        finally:
            _log(scope, answer["status"], time.perf_counter() - began)
            structlog.contextvars.unbind_contextvars("request_id")


def _given_id(scope: Scope) -> bytes | None:
    given: Any = next((value for name, value in scope["headers"] if name == HEADER), None)
    return given if given is not None and _ID.fullmatch(given) else None


def _log(scope: Scope, status: int, seconds: float) -> None:
    # The path holds ids only; the query string may hold what somebody searched for.
    facts = {"method": scope["method"], "path": scope["path"], "status": status, "ms": round(seconds * 1000, 1)}
    logger.info("request", extra=facts)
