"""HTTP answers to errors, in one place and one form: `{"error": code, "detail": Chinese sentence}`.

422 stands for a malformed body only; a bad item of a list is an error object inside a 200.
"""

from __future__ import annotations

from typing import Any

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DataError, InterfaceError, OperationalError
from starlette.exceptions import HTTPException

from nlp.errors import ArtifactError, InputError, MinshengError, StoreError
from nlp.results import to_json
from serving.page.render import render_error

_DETAILS = {
    404: ("not_found", "没有这个地址或编号"),
    405: ("method_not_allowed", "这个地址不支持这种请求方法"),
    413: ("too_large", "请求体太大:最多 32 MB"),
    415: ("unsupported_media_type", "请求体应为 JSON(Content-Type: application/json)"),
}


_EXPECTED = {
    "int_parsing": "应为整数",
    "greater_than_equal": "应不小于 {ge}",
    "less_than_equal": "应不大于 {le}",
    "string_too_long": "最多 {max_length} 个字符",
}


class ApiError(MinshengError):
    """An answer other than 200 that a route decides on."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail


def not_found(what: str, public: str) -> ApiError:
    """Return the 404 for an id."""
    return ApiError(404, "not_found", f"没有{what} {public[:40]}")


def malformed(detail: str) -> ApiError:
    """Return the 422 for a body that cannot be read."""
    return ApiError(422, "malformed", detail)


def to_response(value: Any, *, status: int = 200) -> Response:
    """Return a JSON response of plain data or of values of `nlp.results`."""
    return Response(orjson.dumps(to_json(value)), status, media_type="application/json")


def error_response(status: int, code: str, detail: str) -> Response:
    """Return an error in the one form."""
    return to_response({"error": code, "detail": detail}, status=status)


def add_error_handlers(app: FastAPI) -> None:
    """Teach an application the form of its errors."""
    app.add_exception_handler(MinshengError, _on_domain_error)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(OperationalError, _on_database_error)
    app.add_exception_handler(InterfaceError, _on_database_error)
    app.add_exception_handler(DataError, _on_unusable_value)


def _on_domain_error(request: Request, exc: Exception) -> Response:
    if isinstance(exc, ApiError):
        return error_response(exc.status, exc.code, exc.detail)
    if isinstance(exc, InputError):
        return error_response(400, "bad_input", str(exc))
    if isinstance(exc, StoreError):
        return error_response(503, "store_unavailable", str(exc))
    if isinstance(exc, ArtifactError):
        return error_response(503, "model_unavailable", str(exc))
    return error_response(500, "misconfigured", str(exc))


def _on_invalid(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, RequestValidationError)
    first = exc.errors()[0]
    where = ".".join(str(p) for p in first["loc"][1:])
    in_body = first["loc"][0] == "body"
    status, code = (422, "malformed") if in_body else (400, "bad_parameter")
    expected = _EXPECTED.get(first["type"], first["msg"]).format(**first.get("ctx", {}))
    return error_response(status, code, f"参数 {where or '请求体'} 不对:{expected}")


def _on_http_error(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, HTTPException)
    code, detail = _DETAILS.get(exc.status_code, ("http_error", str(exc.detail)))
    if _wants_page(request):
        return render_error(request, status=exc.status_code, message=detail + "。")
    return error_response(exc.status_code, code, detail)


def _wants_page(request: Request) -> bool:
    is_api = request.url.path.startswith(("/v1/", "/health/", "/docs", "/openapi"))
    return not is_api and "text/html" in request.headers.get("accept", "")


def _on_database_error(request: Request, exc: Exception) -> Response:
    return error_response(503, "store_unavailable", "数据库暂时不可用,请稍后重试")


def _on_unusable_value(request: Request, exc: Exception) -> Response:
    # Bodies are cleaned before they come here; what is left are parameters, a NUL for one.
    return error_response(400, "bad_parameter", "参数里有不能使用的字符或数值")
