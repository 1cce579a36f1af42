"""What a weekly digest (周报) is made of: plain values, nothing chosen and nothing rendered here.

Every statement and every item carries the ids it rests on. Texts are the store's masked copies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from nlp.results import (
    AccountReport,
    AnalysedRequest,
    Gap,
    GapReport,
    IssueSummary,
    ReviewedPost,
    ReviewedReply,
    WeekCount,
)


class WeekFacts(Protocol):
    """One week as the store knows it; the half-open period is `start` (Monday 00:00) to `end`.

    `requests` came in that week; `answered` came in earlier and got one of the `replies`; `issues` may reach further
    back, hottest first; `replies` and `posts` may be older too.
    """

    @property
    def week(self) -> str: ...
    @property
    def start(self) -> datetime: ...
    @property
    def end(self) -> datetime: ...
    @property
    def now(self) -> datetime: ...
    @property
    def demo(self) -> bool: ...
    @property
    def requests(self) -> Sequence[AnalysedRequest]: ...
    @property
    def answered(self) -> Sequence[AnalysedRequest]: ...
    @property
    def previous_week_total(self) -> int: ...
    @property
    def issues(self) -> Sequence[IssueSummary]: ...
    @property
    def replies(self) -> Sequence[ReviewedReply]: ...
    @property
    def posts(self) -> Sequence[ReviewedPost]: ...
    @property
    def gaps(self) -> GapReport: ...
    @property
    def accounts(self) -> Sequence[AccountReport]: ...
    @property
    def life(self) -> WeekLife: ...


@dataclass(frozen=True, slots=True)
class CameBackIssue:
    """An issue that was said to be done at `closed` and was reported again from `since` on by `again` (request ids).

    week_count: how many of them came in the week
    """

    issue: str
    title: str
    closed: datetime
    since: datetime
    again: tuple[str, ...]
    week_count: int


@dataclass(frozen=True, slots=True)
class WeekLife:
    """What became of requests by the end of a week; ids, the same request sent twice left out.

    overdue: unfinished and past due then, whatever week they are of, the longest first
    untracked: how many of these have no step and no reply at all
    returned: returned by a unit in the week; `unsolved`: the latest call-back of the week says that it is not solved
    came_back: not done again, or reported in the week
    """

    overdue: tuple[str, ...] = ()
    untracked: int = 0
    returned: tuple[str, ...] = ()
    unsolved: tuple[str, ...] = ()
    came_back: tuple[CameBackIssue, ...] = ()


@dataclass(frozen=True, slots=True)
class Statement:
    """A Chinese sentence and the ids it rests on. `topic` names its kind for the reader's eye and for links."""

    topic: str
    text: str
    requests: tuple[str, ...] = ()
    issues: tuple[str, ...] = ()
    replies: tuple[str, ...] = ()
    posts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tally:
    """How many requests have one value; `share` is 0..1 of the week's requests."""

    value: str
    count: int
    share: float


@dataclass(frozen=True, slots=True)
class Totals:
    """Requests of the week. `previous` is 0 where the week before has none; `change` is then None."""

    requests: int
    previous: int
    change: float | None
    duplicates: int
    unsettled: int
    review: int
    urgent: int
    urgent_unsettled: int
    overdue: int


@dataclass(frozen=True, slots=True)
class UrgentItem:
    """An urgent matter: one request, or the urgent ones of one issue with the most pressing standing for them."""

    request: str
    label: str
    issue: str | None
    issue_title: str | None
    urgency: int
    due: datetime | None
    overdue: bool
    status: str
    settled: bool
    handoff: str
    place: str | None
    time: datetime | None
    channel: str
    requests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DigestIssue:
    """A recurring issue in this week. `state` is the gap report's: none, evasive, partly, answered."""

    issue: str
    title: str
    place: str | None
    topic: str
    size: int
    residents: int
    week_count: int
    trend: tuple[WeekCount, ...]
    heat: float
    heat_parts: dict[str, float]
    state: str
    is_new: bool
    is_rising: bool
    expected: float
    requests: tuple[str, ...]
    came_back: bool = False


@dataclass(frozen=True, slots=True)
class DigestReply:
    """A reply worth reading, or worth writing again. `suspected`: evasion, downplay, both or none."""

    reply: str
    request: str
    issue: str | None
    label: str
    unit: str | None
    score: int
    urgency: int | None
    suspected: tuple[str, ...]
    reasons: tuple[str, ...]
    quote: str | None
    time: datetime | None


@dataclass(frozen=True, slots=True)
class ReplyFigures:
    """Replies of the week; `median_score` is None without an assessable one."""

    total: int
    assessable: int
    good: int
    weak: int
    suspected: int
    median_score: int | None


@dataclass(frozen=True, slots=True)
class DuePromise:
    """A promise whose day comes; whether it was kept is for a person to check."""

    what: str
    who: str | None
    due: date
    overdue: bool
    reply: str | None = None
    request: str | None = None
    post: str | None = None
    title: str = ""


@dataclass(frozen=True, slots=True)
class PostFigures:
    """Posts of the week: how many speak to an issue, how many to nothing anyone asked; genres most frequent first."""

    total: int
    answering: int
    unasked: tuple[str, ...]
    genres: tuple[Tally, ...]


@dataclass(frozen=True, slots=True)
class DigestPost:
    """A post that answers an issue; scores are 1..5 and probabilities."""

    post: str
    title: str
    account: str
    issue: str
    issue_title: str
    overall: float
    suspected: tuple[str, ...]
    days_after_first: int | None


@dataclass(frozen=True, slots=True)
class NamedAccount:
    """An account's report with the name people know; ordered by name, never by a figure."""

    name: str
    report: AccountReport


@dataclass(frozen=True, slots=True)
class LifeFigures:
    """`WeekLife` as a reader sees it: how many, which issues came back, and all of it in one sentence."""

    overdue: int
    untracked: int
    returned: int
    unsolved: int
    came_back: tuple[CameBackIssue, ...]
    statement: Statement


@dataclass(frozen=True, slots=True)
class Digest:
    """What a week says, in the order a reader needs it."""

    week: str
    start: datetime
    end: datetime
    now: datetime
    demo: bool
    headline: tuple[Statement, ...]
    totals: Totals
    channels: tuple[Tally, ...]
    needs: tuple[Tally, ...]
    topics: tuple[Tally, ...]
    next_steps: tuple[Statement, ...]
    urgent: tuple[UrgentItem, ...]
    urgent_more: int
    issues: tuple[DigestIssue, ...]
    issue_total: int
    rising: tuple[DigestIssue, ...]
    replies: ReplyFigures
    answered_well: tuple[DigestReply, ...]
    answer_again: tuple[DigestReply, ...]
    gaps: tuple[Gap, ...]
    gap_total: int
    promises: tuple[DuePromise, ...]
    posts: PostFigures
    answering_posts: tuple[DigestPost, ...]
    accounts: tuple[NamedAccount, ...]
    life: LifeFigures

    @property
    def is_empty(self) -> bool:
        """Say whether the week has no request at all."""
        return self.totals.requests == 0
