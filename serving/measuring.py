"""How strong an issue is at a moment, from its stored requests: the name stays, the numbers are counted anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from nlp.heat import IssueFacts, measure_heat, weekly_trend
from nlp.results import AnalysedRequest, IssueSummary

URGENT = 2
ANSWERED = ("replied", "closed")


def measure_issue(summary: IssueSummary, members: Sequence[AnalysedRequest], *, now: datetime) -> IssueSummary:
    """Return `summary` with size, residents, times, heat and trend of `members`, oldest first.

    A request sent twice counts once for everything but the size.
    """
    single = [m for m in members if m.duplicate_of is None] or list(members[:1])
    times = [m.request.time for m in members if m.request.time is not None]
    facts = _count(single, channels=len({m.request.channel for m in members}))
    heat = measure_heat(facts, now)
    return replace(
        summary,
        size=len(members),
        residents=facts.residents,
        first=min(times, default=None),
        last=max(times, default=None),
        heat=heat.total,
        heat_parts=heat.parts,
        trend=weekly_trend(facts.times, now),
        requests=tuple(m.request.id for m in members),
    )


def _count(members: Sequence[AnalysedRequest], *, channels: int) -> IssueFacts:
    known = {m.request.user for m in members if m.request.user is not None}
    areas = {a for m in members if (a := m.request.area or next((p.area for p in m.triage.places if p.area), None))}
    return IssueFacts(
        requests=len(members),
        residents=len(known) + sum(m.request.user is None for m in members),
        times=tuple(m.request.time for m in members if m.request.time is not None),
        channels=channels,
        areas=max(1, len(areas)),
        urgent=sum(m.triage.urgency >= URGENT for m in members),
        likes=sum(m.request.likes for m in members),
        unanswered=sum(m.status not in ANSWERED for m in members),
    )
