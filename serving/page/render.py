"""Templates into responses, with the headers that keep a page to itself."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from nlp.digest_facts import suspicions
from serving.page.links import statement_link, with_query
from serving.wording import FILTERS

HERE = Path(__file__).parent
STATIC = HERE / "static"
# No script at all, one sheet of our own, nothing from elsewhere, never in a frame.
SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def render_page(request: Request, template: str, *, status: int = 200, **context: Any) -> HTMLResponse:
    """Render a template with the page's headers. `demo` comes from the settings."""
    base = str(request.scope.get("root_path", "")).rstrip("/")
    state = getattr(request.app.state, "minsheng", None)
    html = (
        _environment()
        .get_template(template)
        .render(
            base=base, path=request.url.path, demo=bool(state and state.settings.demo), sheet=sheet_version(), **context
        )
    )
    return HTMLResponse(html, status_code=status, headers=SECURITY_HEADERS)


def render_error(request: Request, *, status: int, message: str) -> HTMLResponse:
    """Render the page that says what went wrong and where to go on."""
    return render_page(request, "error.html", status=status, code=status, message=message)


@cache
def sheet_version() -> str:
    """Return a short hash of the style sheet, so that a browser never keeps an old one."""
    return sha256((STATIC / "page.css").read_bytes()).hexdigest()[:12]


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(FILTERS)
    environment.globals.update(statement_link=statement_link, with_query=with_query, suspicions=suspicions)
    return environment
