"""A digest as a mail: HTML that phones show as meant, and a plain-text twin that says the same.

The HTML is tables with inline styles: no image, no script, nothing fetched from anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from css_inline import CSSInliner
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from nlp.digest_values import Digest, Statement
from nlp.errors import ConfigError
from serving.page.links import statement_link
from serving.wording import FILTERS, format_period, format_week

TEMPLATES = Path(__file__).parent / "templates"
TREND_WEEKS = 4
# What a reader takes in on a phone in two minutes; the page has the rest.
FEW, FEWER = 5, 3


@dataclass(frozen=True, slots=True)
class RenderedMail:
    """A mail before it has a recipient."""

    subject: str
    html: str
    text: str


def render_digest(digest: Digest, *, page_url: str | None = None) -> RenderedMail:
    """Render a digest. With `page_url` (https://…) every item links to its page. Raises ConfigError for another URL."""
    base = _check_url(page_url)
    values: dict[str, Any] = {
        "digest": digest,
        "base": base,
        "link": lambda path: None if base is None else base + path,
        "statement": lambda s: _statement_url(s, digest.week, base),
        "subject": write_subject(digest),
        "period": format_period(digest.week),
        "weeks": TREND_WEEKS,
        "few": FEW,
        "fewer": FEWER,
    }
    html = _inliner().inline(_environment(True).get_template("digest.html").render(values))
    text = _environment(False).get_template("digest.txt").render(values)
    return RenderedMail(values["subject"], html, text.strip() + "\n")


def write_subject(digest: Digest) -> str:
    """Say what week it is and what matters most, in one line."""
    totals = digest.totals
    said = "本周没有诉求"
    if totals.requests:
        said = f"诉求{totals.requests}件，紧急未办结{totals.urgent_unsettled}件"
    return f"{'【演示】' if digest.demo else ''}民声周报 {format_week(digest.week)}：{said}"


def _statement_url(statement: Statement, week: str, base: str | None) -> str | None:
    return None if base is None else base + statement_link(statement, week)


def _check_url(url: str | None) -> str | None:
    if url is None:
        return None
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise ConfigError("页面地址应为 https://主机/路径 的写法，不带参数")
    return url.rstrip("/")


@cache
def _inliner() -> CSSInliner:
    return CSSInliner(load_remote_stylesheets=False, keep_style_tags=False)


@cache
def _environment(html: bool) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=html,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(FILTERS)
    environment.filters["line"] = lambda text: " ".join(str(text).split())
    return environment
