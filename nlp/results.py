"""What goes out: frozen values with the contract's field names; `to_json` turns any of them into plain JSON data.

Probabilities lie in 0..1. Spans count Unicode code points, and `text` is always the slice it names.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from nlp.records import Post, ResidentRequest

NEEDS = ("ji", "nan", "chou", "pan")
NEED_NAMES = {"ji": "急", "nan": "难", "chou": "愁", "pan": "盼"}
KINDS = ("投诉", "举报", "求助", "咨询", "建议", "表扬", "其他")
URGENCY_NAMES = ("无需处置", "一般", "紧急（3天内）", "特急（24小时内）")
GENRES = ("response", "service_notice", "policy", "activity", "meeting", "mandated_repost", "festive", "other")
GENRE_NAMES = {
    "response": "回应关切",
    "service_notice": "服务通知",
    "policy": "政策解读",
    "activity": "活动报道",
    "meeting": "会议动态",
    "mandated_repost": "统一转发",
    "festive": "节日祝福",
    "other": "其他",
}


@dataclass(frozen=True, slots=True)
class Span:
    """A slice of a text."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class TopicScore:
    topic: str
    score: float


@dataclass(frozen=True, slots=True)
class PlaceMention:
    """A place named in a text; `area` is a code of the site's area table, or None."""

    text: str
    start: int
    end: int
    area: str | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a need holds: a verbatim span and its share of the decision (0..1)."""

    label: str
    text: str
    start: int
    end: int
    weight: float


@dataclass(frozen=True, slots=True)
class DepartmentSuggestion:
    """A unit to send it to; `role` is lead or assist."""

    unit: str
    role: str
    score: float
    why: str


@dataclass(frozen=True, slots=True)
class Triage:
    """What the models say of one request (研判); see the contract for each field."""

    id: str
    kind: str
    kind_score: float
    topic: str
    topic_score: float
    topic_codes: tuple[str, ...]
    topics: tuple[TopicScore, ...]
    needs: dict[str, float]
    labels: tuple[str, ...]
    urgency: int
    urgency_scores: tuple[float, float, float, float]
    due: datetime | None
    due_rule: str | None
    handoff: str
    group: float
    places: tuple[PlaceMention, ...]
    evidence: tuple[Evidence, ...]
    department: tuple[DepartmentSuggestion, ...]
    review: bool
    model: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MaskEntity:
    """Personal data found: type of the contract, half-open span."""

    type: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class IssueAssignment:
    """Which issue a request belongs to, None where it stands alone; `duplicate_of` is the same request seen before."""

    id: str
    issue: str | None
    duplicate_of: str | None = None


@dataclass(frozen=True, slots=True)
class WeekCount:
    week: str
    count: int


@dataclass(frozen=True, slots=True)
class IssueSummary:
    """Requests about one concrete matter (共性问题), as `minsheng issues --issues` writes it."""

    issue: str
    title: str
    place: str | None
    topic: str
    size: int
    residents: int
    first: datetime | None
    last: datetime | None
    heat: float
    heat_parts: dict[str, float]
    trend: tuple[WeekCount, ...]
    keywords: tuple[str, ...]
    representative: str
    requests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IssueGrouping:
    """Result of grouping a batch: one assignment a request in input order, issues hottest first."""

    assignments: tuple[IssueAssignment, ...]
    issues: tuple[IssueSummary, ...]


@dataclass(frozen=True, slots=True)
class Ask:
    """One ask of a message (span of the message) and what the reply says to it (span of the reply)."""

    text: str
    start: int
    end: int
    answered: str
    by: Span | None = None


@dataclass(frozen=True, slots=True)
class Commitment:
    """Who promised what by when; the span is of the reply or post."""

    what: str
    who: str | None
    due: date | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ReviewEvidence:
    """A span of the reply that a dimension rests on."""

    dimension: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ReplyReview:
    """How well a reply responds (答复评价). Where `assessable` is false all numbers are None and `reasons` say why."""

    id: str
    overall: float | None
    score: int | None
    assessable: bool
    dimensions: dict[str, float] | None
    resolved: int | None
    days_to_reply: float | None
    working_days: int | None
    asks: tuple[Ask, ...]
    commitments: tuple[Commitment, ...]
    reasons: tuple[str, ...]
    evidence: tuple[ReviewEvidence, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PostAddress:
    """An issue that a post speaks to, and how well. Spans refer to title + line feed + body."""

    issue: str
    overall: float
    focus: float
    concrete: float
    candour: float
    evasion: float
    downplay: float
    days_after_first: int | None
    preventive: bool
    evidence: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class PostReview:
    """What a post answers (推文评价)."""

    id: str
    genre: str
    addresses: tuple[PostAddress, ...]
    commitments: tuple[Commitment, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AccountReport:
    """One public account over a period. Shares are 0..1 or None where n is 0; `assessable` is false without a remit."""

    account: str
    assessable: bool
    posts: int
    answering: int
    answering_share: float | None
    coverage: float | None
    hot_issues: int
    lag_days: float | None
    evasion_suspected: int
    downplay_suspected: int
    silent_days: int | None
    genres: dict[str, int]
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Gap:
    """One issue and the response it got. `state`: none, evasive, partly, answered."""

    issue: str
    title: str
    place: str | None
    topic: str
    size: int
    residents: int
    urgency: int
    first: datetime | None
    first_reply: datetime | None
    first_post: datetime | None
    best_score: float | None
    answered_share: float
    waiting_days: int | None
    gap_score: float
    state: str
    requests: tuple[str, ...]
    posts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GapReport:
    """Issues by how much they wait for an answer, and posts on nothing anyone asked (回应缺口)."""

    gaps: tuple[Gap, ...]
    unasked_posts: tuple[str, ...]
    now: datetime | None = None


@dataclass(frozen=True, slots=True)
class PostReport:
    """What `minsheng posts --report` writes."""

    accounts: tuple[AccountReport, ...] = ()
    gaps: GapReport = field(default_factory=lambda: GapReport((), ()))


@dataclass(frozen=True, slots=True)
class Life:
    """What became of a request up to a moment (流转).

    status: open, dispatched, returned, replied, closed, reopened
    unit: who has it now, None after it was returned; `units`: those it was sent to, in order
    finished_at: the first answer or closing after the last reopening; None while there is work to do
    closed_at: the first closing after the last reopening; None where it is not closed (a reply alone closes nothing)
    reassigned: how often the unit changed (改派)
    returned, reopened: how many times
    overdue: unfinished and past `due`; `late`: finished after it; `overdue_days`: whole days past it, else None
    handling_days, working_days: from when it came in to its end, or to the moment; calendar days, and working days
    contacted, solved, satisfied: the latest answer of the call-backs (回访), None where nobody asked
    warnings: Chinese, what cannot be right in the times
    """

    status: str
    unit: str | None
    units: tuple[str, ...]
    received_at: datetime | None
    dispatched_at: datetime | None
    first_reply_at: datetime | None
    finished_at: datetime | None
    due: datetime | None
    returned: int
    reopened: int
    overdue: bool
    late: bool
    overdue_days: int | None
    handling_days: float | None
    contacted: bool | None
    solved: bool | None
    satisfied: bool | None
    working_days: int | None = None
    closed_at: datetime | None = None
    reassigned: int = 0
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CameBack:
    """A matter that was reported again after it was said to be done (复发).

    closed: when that was said; `since`: the first request after it; `again`: ids of the requests since, oldest first
    settled: whether those of them of which anything is known are done too
    """

    closed: datetime
    since: datetime
    again: tuple[str, ...]
    settled: bool


@dataclass(frozen=True, slots=True)
class LifeCounts:
    """Requests of an issue: unfinished, unfinished and past due, ever returned, not solved as the call-back says."""

    open: int = 0
    overdue: int = 0
    returned: int = 0
    unsolved: int = 0


@dataclass(frozen=True, slots=True)
class AnalysedRequest:
    """A stored, masked request with what is known of it. `request.id` is the store's id, `external_id` the channel's.

    `status`: open, dispatched, returned, replied, closed, reopened.
    """

    request: ResidentRequest
    external_id: str
    triage: Triage
    issue: str | None
    duplicate_of: str | None
    status: str


@dataclass(frozen=True, slots=True)
class ReviewedReply:
    """A stored, masked reply with its review. `request` is the store's id of the request."""

    id: str
    request: str
    unit: str | None
    reply: str
    reply_time: datetime | None
    review: ReplyReview


@dataclass(frozen=True, slots=True)
class ReviewedPost:
    """A stored post with its review."""

    post: Post
    review: PostReview


def to_json(value: Any) -> Any:
    """Turn a result into plain JSON data: objects, lists, times in ISO 8601, floats to 4 places.

    A `warnings` field is left out where it is empty.
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        pairs = ((f.name, getattr(value, f.name)) for f in dataclasses.fields(value))
        return {name: to_json(v) for name, v in pairs if not (name == "warnings" and not v)}
    if isinstance(value, bool) or value is None or isinstance(value, (str, int)):
        return value
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(k): to_json(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_json(v) for v in value]
    return to_json(value.item())
