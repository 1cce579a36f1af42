"""The documentation page: Swagger UI from the installed package, nothing from outside."""

from __future__ import annotations

import copy
from typing import Any

from fastapi import FastAPI, Request
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from swagger_ui_bundle import swagger_ui_path

FILES = "/docs/files"
# Swagger UI 4 shows no OpenAPI 3.1; the page reads the same document told in 3.0.
PAGE_DOCUMENT = "/docs/openapi-3.0.json"


def add_documentation(app: FastAPI) -> None:
    """Serve `/docs`."""
    app.mount(FILES, StaticFiles(directory=swagger_ui_path), name="docs-files")

    @app.get(PAGE_DOCUMENT, include_in_schema=False)
    def page_document() -> JSONResponse:
        return JSONResponse(to_openapi_3_0(app.openapi()))

    @app.get("/docs", include_in_schema=False)
    def page(request: Request) -> HTMLResponse:
        root = request.scope.get("root_path", "").rstrip("/")
        return get_swagger_ui_html(
            openapi_url=root + PAGE_DOCUMENT,
            title=f"{app.title} 接口文档",
            swagger_js_url=f"{root}{FILES}/swagger-ui-bundle.js",
            swagger_css_url=f"{root}{FILES}/swagger-ui.css",
            swagger_favicon_url=f"{root}{FILES}/favicon-32x32.png",
        )


def to_openapi_3_0(document: dict[str, Any]) -> dict[str, Any]:
    """Return a copy of an OpenAPI 3.1 document in the words of 3.0: null types, constants, examples, tuples."""
    found: dict[str, Any] = _rewrite(copy.deepcopy(document))
    found["openapi"] = "3.0.3"
    return found


def _rewrite(node: Any) -> Any:
    if isinstance(node, list):
        return [_rewrite(n) for n in node]
    if not isinstance(node, dict):
        return node
    node = {key: _rewrite(value) for key, value in node.items()}
    options = node.get("anyOf")
    if isinstance(options, list) and {"type": "null"} in options:
        rest = [o for o in options if o != {"type": "null"}]
        node.pop("anyOf")
        node = {**node, **(rest[0] if len(rest) == 1 and "$ref" not in rest[0] else {"anyOf": rest}), "nullable": True}
    if "prefixItems" in node:
        node["items"] = node.pop("prefixItems")[0]
    if "const" in node:
        node["enum"] = [node.pop("const")]
    return node
