"""How hot an issue is (热度): a sum of named parts, each of which can be read off the page.

    volume       weight × log2(1 + requests); requests sent twice count once
    residents    weight × log2(1 + distinct residents)
    recent       weight × log2(1 + requests of the last 28 days)
    growth       weight × log2((last 7 days + 1) / (mean week of the 4 weeks before + 1)), 0..3, from `min_requests` on
    burst        weight where the last 7 days are beyond chance (Poisson tail), from `min_requests` on
    spread       weight × log2(channels × areas)
    urgency      weight × share of urgent requests (level 2 or 3)
    likes        weight × log2(1 + likes); off by default: likes are easily bought
    unanswered   weight × share of requests without an answer, where answers are known

Logarithms, because the hundredth request says less than the third. The formula is ours; its parts are those that
Chinese hotlines publish (volume, growth against the weeks before, spread, urgency, answered share).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from scipy.special import pdtrc

from nlp.records import CHINA
from nlp.results import WeekCount

TREND_WEEKS = 8


@dataclass(frozen=True, slots=True)
class HeatConfig:
    """Weights of the parts and what growth and bursts are measured against.

    min_requests: below it an issue neither grows nor bursts (two letters are no wave)
    burst_chance: greatest chance of so many requests in a week at the rate of the weeks before
    """

    volume: float = 2.0
    residents: float = 1.0
    recent: float = 1.0
    growth: float = 1.0
    burst: float = 1.0
    spread: float = 0.5
    urgency: float = 2.0
    likes: float = 0.0
    unanswered: float = 1.0
    min_requests: int = 3
    recent_days: int = 28
    growth_weeks: int = 4
    max_growth: float = 3.0
    burst_chance: float = 0.01
    least_weekly_rate: float = 0.25


@dataclass(frozen=True, slots=True)
class IssueFacts:
    """What heat is made of. Requests sent twice are left out; `unanswered` is None where answers are not known.

    times: of the requests that have one; urgent, unanswered: how many requests
    """

    requests: int
    residents: int
    times: tuple[datetime, ...] = ()
    channels: int = 1
    areas: int = 1
    urgent: int = 0
    likes: int = 0
    unanswered: int | None = None


@dataclass(frozen=True, slots=True)
class Heat:
    """`total` is the sum of `parts`."""

    total: float
    parts: dict[str, float]

    @property
    def is_burst(self) -> bool:
        return self.parts["burst"] > 0


def measure_heat(facts: IssueFacts, now: datetime | None, *, config: HeatConfig | None = None) -> Heat:
    """Measure an issue at `now`; without it (no request has a time) nothing counts as recent or growing."""
    use = config or HeatConfig()
    last_week = _between(facts.times, now, days=(0, 7))
    before = _between(facts.times, now, days=(7, 7 + 7 * use.growth_weeks)) / use.growth_weeks
    enough = facts.requests >= use.min_requests
    growth = min(use.max_growth, max(0.0, math.log2((last_week + 1) / (before + 1)))) if enough else 0.0
    count = max(1, facts.requests)
    parts = {
        "volume": use.volume * math.log2(1 + facts.requests),
        "residents": use.residents * math.log2(1 + facts.residents),
        "recent": use.recent * math.log2(1 + _between(facts.times, now, days=(0, use.recent_days))),
        "growth": use.growth * growth,
        "burst": use.burst * (enough and is_burst(last_week, before, config=use)),
        "spread": use.spread * math.log2(max(1, facts.channels) * max(1, facts.areas)),
        "urgency": use.urgency * facts.urgent / count,
        "likes": use.likes * math.log2(1 + facts.likes),
        "unanswered": use.unanswered * (facts.unanswered or 0) / count,
    }
    rounded = {name: round(value, 4) for name, value in parts.items()}
    return Heat(round(sum(rounded.values()), 4), rounded)


def is_burst(count: int, weekly_rate: float, *, config: HeatConfig | None = None) -> bool:
    """Say whether `count` requests in a week are beyond chance at `weekly_rate` (upper tail of a Poisson law).

    A rate of nothing is taken as `least_weekly_rate`: one request a month.
    """
    use = config or HeatConfig()
    if count < use.min_requests:
        return False
    return float(pdtrc(count - 1, max(weekly_rate, use.least_weekly_rate))) < use.burst_chance


def week_of(time: datetime) -> str:
    """Return the ISO week of a time in Asia/Shanghai, as in 2026-W46."""
    year, week, _ = time.astimezone(CHINA).isocalendar()
    return f"{year}-W{week:02d}"


def weekly_trend(times: Sequence[datetime], now: datetime | None, *, weeks: int = TREND_WEEKS) -> tuple[WeekCount, ...]:
    """Count times per ISO week, the last `weeks` weeks up to that of `now`, empty ones included; () without `now`."""
    if now is None:
        return ()
    counts = Counter(week_of(t) for t in times)
    local = now.astimezone(CHINA)
    names = [week_of(local - timedelta(days=7 * back)) for back in range(weeks - 1, -1, -1)]
    return tuple(WeekCount(name, counts[name]) for name in names)


def _between(times: Sequence[datetime], now: datetime | None, *, days: tuple[int, int]) -> int:
    """Count the times from `days[1]` (excluded) to `days[0]` (included) days before `now`."""
    if now is None:
        return 0
    return sum(now - timedelta(days=days[1]) < t <= now - timedelta(days=days[0]) for t in times)
