"""What the sections of a digest agree on: what counts as urgent, settled, overdue, suspected."""

from __future__ import annotations

from nlp.account_report import SUSPECTED
from nlp.digest_values import WeekFacts
from nlp.records import ResidentRequest
from nlp.results import AnalysedRequest

SETTLED = ("replied", "closed")
URGENT = 2
LABEL_CHARS = 30


def label_request(request: ResidentRequest) -> str:
    """Return what names a request in a list: its title, or how its text begins."""
    text = " ".join((request.title.strip() or request.text.strip()).split())
    return text if len(text) <= LABEL_CHARS else text[: LABEL_CHARS - 1] + "…"


def is_settled(request: AnalysedRequest) -> bool:
    """Say whether a request was replied to or closed and not reopened."""
    return request.status in SETTLED


def is_overdue(request: AnalysedRequest, facts: WeekFacts) -> bool:
    """Say whether an unsettled request is past its due time at the digest's `now`."""
    due = request.triage.due
    return due is not None and due < facts.now and not is_settled(request)


def suspicions(*, evasion: float, downplay: float) -> tuple[str, ...]:
    """Return which of evasion and downplay a person should look at."""
    return tuple(n for n, p in (("evasion", evasion), ("downplay", downplay)) if p >= SUSPECTED)


def is_urgent(request: AnalysedRequest) -> bool:
    """Say whether a request is urgent and not another one's duplicate."""
    return request.triage.urgency >= URGENT and request.duplicate_of is None
