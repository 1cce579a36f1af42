"""A page that cannot be shown says so in Chinese, as a page."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from sqlalchemy.exc import InterfaceError, OperationalError

from nlp.errors import InputError, MinshengError, StoreError
from serving.page.render import render_error

__all__ = ["PageNotFound", "PageRoute", "render_error"]

logger = logging.getLogger(__name__)


class PageNotFound(MinshengError):
    """There is no such thing to show."""


class PageRoute(APIRoute):
    """A route whose errors are pages: 404 for what is not there, 400 for a wrong value, 503 without a database."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the handler of the route."""
        original = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                return await original(request)
            except PageNotFound as exc:
                return render_error(request, status=404, message=str(exc))
            except InputError as exc:
                return render_error(request, status=400, message=str(exc))
            except (StoreError, OperationalError, InterfaceError):
                logger.exception("page without database")
                return render_error(request, status=503, message="数据库暂时不可用，请稍后再试。")

        return handle
