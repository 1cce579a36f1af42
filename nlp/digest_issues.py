"""Which issues a week's digest names: the hottest that were active, and those that grew."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from nlp.digest_values import DigestIssue, WeekFacts
from nlp.records import CHINA
from nlp.results import IssueSummary, WeekCount

MAX_HOTTEST, MAX_RISING = 8, 4
TREND_WEEKS, BASE_WEEKS = 8, 3
# A rise: at least 3 requests, and a Poisson tail below 1 % against the mean of the three weeks before (0.5 at least,
# so that two requests about something new are not a burst).
MIN_RISE, TAIL, MIN_EXPECTED = 3, 0.01, 0.5


@dataclass(frozen=True, slots=True)
class ChosenIssues:
    """`hottest` by heat; `rising` by how unlikely the rise is; `total` counts the issues active in the week."""

    hottest: tuple[DigestIssue, ...]
    rising: tuple[DigestIssue, ...]
    total: int


def choose_issues(
    facts: WeekFacts, *, hottest: int | None = MAX_HOTTEST, rising: int | None = MAX_RISING
) -> ChosenIssues:
    """Choose among the issues that got a request in the week; None means no limit."""
    members = _members(facts)
    active = [i for i in facts.issues if i.issue in members]
    active.sort(key=lambda i: (-i.heat, i.issue))
    shown = _describe_all(active, facts, members)
    risen = sorted((i for i in shown if i.is_rising), key=_least_expected)
    return ChosenIssues(tuple(shown[:hottest]), tuple(risen[:rising]), len(active))


def describe_came_back(facts: WeekFacts) -> tuple[DigestIssue, ...]:
    """Return the issues that came back, also those without a request in the week, the latest first."""
    known = {i.issue: i for i in facts.issues}
    return tuple(
        _describe_all([known[b.issue] for b in facts.life.came_back if b.issue in known], facts, _members(facts))
    )


def fill_trend(trend: tuple[WeekCount, ...], start: datetime, *, weeks: int = TREND_WEEKS) -> tuple[WeekCount, ...]:
    """Return the `weeks` weeks up to the one that begins at `start`, zeros where nothing came."""
    counts = {w.week: w.count for w in trend}
    names = [iso_week(start - timedelta(weeks=back)) for back in range(weeks - 1, -1, -1)]
    return tuple(WeekCount(name, counts.get(name, 0)) for name in names)


def iso_week(time: datetime) -> str:
    """Return the ISO week in Shanghai, like 2026-W46."""
    year, week, _ = time.astimezone(CHINA).isocalendar()
    return f"{year}-W{week:02d}"


def poisson_tail(count: int, *, expected: float) -> float:
    """Return the probability of `count` or more where `expected` is the mean (> 0)."""
    below = sum(math.exp(-expected + k * math.log(expected) - math.lgamma(k + 1)) for k in range(count))
    return max(0.0, 1.0 - below)


def _members(facts: WeekFacts) -> dict[str, list[str]]:
    members: dict[str, list[str]] = {}
    for request in facts.requests:
        if request.issue is not None:
            members.setdefault(request.issue, []).append(request.request.id)
    return members


def _describe_all(
    issues: Sequence[IssueSummary], facts: WeekFacts, members: Mapping[str, Sequence[str]]
) -> list[DigestIssue]:
    states = {g.issue: g.state for g in facts.gaps.gaps}
    return [
        _describe(i, facts, members=tuple(members.get(i.issue, ())), state=states.get(i.issue, "none")) for i in issues
    ]


def _describe(issue: IssueSummary, facts: WeekFacts, *, members: tuple[str, ...], state: str) -> DigestIssue:
    trend = fill_trend(issue.trend, facts.start)
    before = [w.count for w in trend[:-1][-BASE_WEEKS:]]
    expected = max(sum(before) / BASE_WEEKS, MIN_EXPECTED)
    is_new = issue.first is not None and issue.first >= facts.start
    rose = len(members) >= MIN_RISE and poisson_tail(len(members), expected=expected) < TAIL
    return DigestIssue(
        issue=issue.issue,
        title=issue.title,
        place=issue.place,
        topic=issue.topic,
        size=issue.size,
        residents=issue.residents,
        week_count=len(members),
        trend=trend,
        heat=issue.heat,
        heat_parts=dict(issue.heat_parts),
        state=state,
        is_new=is_new,
        # Without a week before it nothing can be said to have grown.
        is_rising=rose and facts.previous_week_total > 0,
        expected=expected,
        requests=members,
        came_back=any(b.issue == issue.issue for b in facts.life.came_back),
    )


def _least_expected(issue: DigestIssue) -> tuple[float, float, str]:
    return (-issue.week_count / issue.expected, -issue.heat, issue.issue)
