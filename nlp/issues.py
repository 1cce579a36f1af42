"""Issues (共性问题): group a batch, let one new request join, sum up what an issue is.

`group_requests` gives ids of its own; a store that keeps ids calls `summarise_issues` with its memberships and
`best_issue` for each new request.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from nlp.heat import HeatConfig, IssueFacts, measure_heat, weekly_trend
from nlp.issue_clusters import ClusterConfig, Pairs, cluster_pairs, find_candidates, pair_groups
from nlp.naming import name_issue
from nlp.places import find_places
from nlp.privacy import mask
from nlp.records import ResidentRequest
from nlp.request_duplicates import find_duplicates, is_same_request, is_same_text, is_sent_again
from nlp.request_vectors import RequestContext, RequestVectors
from nlp.results import IssueAssignment, IssueGrouping, IssueSummary, Triage
from nlp.same_issue import SameIssueModel

__all__ = ["IssueMatch", "SameIssueModel", "SummaryFacts", "best_issue", "group_requests", "summarise_issues"]

URGENT = 2


@dataclass(frozen=True, slots=True)
class IssueMatch:
    """The issue that a new request belongs to, and how likely (mean over the members that were given).

    `duplicate_of` is the id of the member that is the same request.
    """

    issue: str
    score: float
    duplicate_of: str | None = None


@dataclass(frozen=True, slots=True)
class SummaryFacts:
    """What only the caller knows of the requests, by their position.

    duplicates: those that repeat another one; answered: those with an answer, None where answers are not known
    """

    duplicates: Collection[int] = ()
    answered: Collection[int] | None = None
    heat: HeatConfig = field(default_factory=HeatConfig)


def group_requests(
    requests: Sequence[ResidentRequest],
    triages: Sequence[Triage],
    *,
    model: SameIssueModel,
    now: datetime | None = None,
    config: ClusterConfig | None = None,
) -> IssueGrouping:
    """Group a batch. The same requests give the same issues in whatever order they come.

    now: what growth and trend are measured from; default: the latest time among the requests
    Issue ids are i-000001 … by the first request's time, then id; an issue has two or more requests.
    """
    if len(requests) != len(triages):
        raise ValueError("one triage a request")
    if not requests:
        return IssueGrouping((), ())
    order = sorted(range(len(requests)), key=lambda at: _sort_key(requests[at]))
    ordered, judged = [requests[at] for at in order], [triages[at] for at in order]
    batch = model.read(ordered, [RequestContext.of(t) for t in judged])
    labels, pairs = _cluster(batch, model, config or ClusterConfig())
    first_of = find_duplicates(ordered, batch, pairs, score=lambda left, right: model.score(batch, left, right))
    members = _members(labels)
    facts = SummaryFacts(duplicates=[row for row, first in enumerate(first_of) if first is not None])
    issues = _summarise(members, ordered, judged, batch=batch, now=now, facts=facts)
    issue_of = {row: issue for issue, rows in members.items() for row in rows}
    assigned: list[IssueAssignment | None] = [None] * len(requests)
    for row, at in enumerate(order):
        first = first_of[row]
        assigned[at] = IssueAssignment(ordered[row].id, issue_of.get(row), None if first is None else ordered[first].id)
    return IssueGrouping(tuple(a for a in assigned if a is not None), issues)


def summarise_issues(
    members: Mapping[str, Sequence[int]],
    requests: Sequence[ResidentRequest],
    triages: Sequence[Triage],
    *,
    model: SameIssueModel,
    now: datetime | None = None,
    facts: SummaryFacts | None = None,
) -> tuple[IssueSummary, ...]:
    """Sum up issues under the caller's ids, hottest first.

    members: positions in `requests` by issue, one or more each
    """
    if not requests:
        return ()
    batch = model.read(requests, [RequestContext.of(t) for t in triages])
    return _summarise(members, requests, triages, batch=batch, now=now, facts=facts or SummaryFacts())


def best_issue(
    request: ResidentRequest,
    triage: Triage,
    candidates: Sequence[tuple[str, Sequence[ResidentRequest]]],
    *,
    model: SameIssueModel,
    triages: Mapping[str, Triage] | None = None,
) -> IssueMatch | None:
    """Return the issue that a new request belongs to, None where it belongs to none of them.

    candidates: issues with members of each (a few dozen requests in all); a request that stands alone counts as an
    issue of one. Of two equal issues the first is taken.
    triages: those of the members by request id; without it their places are looked for again, their topics unknown
    """
    known = [(issue, member) for issue, members in candidates for member in members]
    if not known:
        return None
    contexts = [_context(member, triages or {}) for _, member in known]
    batch = model.read([*(member for _, member in known), request], [*contexts, RequestContext.of(triage)])
    new = len(known)
    scores = model.score(batch, np.arange(new), np.full(new, new))
    best: IssueMatch | None = None
    for issue, _ in candidates:
        rows = [row for row, (of, _) in enumerate(known) if of == issue]
        mean = float(scores[rows].mean())
        belongs = scores[rows].max() >= model.link and np.sqrt(scores[rows]).mean() >= model.join
        if belongs and (best is None or mean > best.score):
            members = [known[row][1] for row in rows]
            repeated = _same_request(request, members, batch, rows=rows, scores=scores[rows])
            best = IssueMatch(issue, mean, repeated)
    return best


def _context(request: ResidentRequest, triages: Mapping[str, Triage]) -> RequestContext:
    triage = triages.get(request.id)
    if triage is not None:
        return RequestContext.of(triage)
    return RequestContext(places=tuple(p.text for p in find_places(mask(request.full_text).masked)))


def _same_request(
    request: ResidentRequest,
    members: Sequence[ResidentRequest],
    batch: RequestVectors,
    *,
    rows: Sequence[int],
    scores: np.ndarray,
) -> str | None:
    equal = is_same_text(batch, np.array(rows), np.full(len(rows), len(batch) - 1))
    same = [
        member
        for member, is_equal, score in zip(members, equal.tolist(), scores.tolist(), strict=True)
        if (is_equal and is_same_request(member, request)) or is_sent_again(member, request, score=score)
    ]
    return min(same, key=_sort_key).id if same else None


def _sort_key(request: ResidentRequest) -> tuple[bool, float, str, str]:
    time = request.time
    return time is None, time.timestamp() if time else 0.0, request.id, request.channel


def _cluster(batch: RequestVectors, model: SameIssueModel, config: ClusterConfig) -> tuple[np.ndarray, Pairs]:
    """Group rows, copies of one letter as one; returns a label a row, -1 for one that stands alone, and the pairs."""
    rows, position = np.unique(batch.first_copy, return_inverse=True)
    frequency = np.bincount(batch.text.indices, minlength=len(batch.keys))
    pairs = find_candidates(batch.unit_text[rows], frequency=frequency, config=config)
    pairs = pair_groups(batch.same_places(rows), pairs, count=len(rows), config=config)
    found = cluster_pairs(
        len(rows),
        pairs,
        model.score(batch, rows[pairs.left], rows[pairs.right]),
        score=lambda left, right: model.score(batch, rows[left], rows[right]),
        link=model.link,
        join=model.join,
        config=config,
    )
    copied = (found < 0) & (np.bincount(position, minlength=len(rows)) > 1)
    found[copied] = found.max(initial=-1) + 1 + np.arange(int(copied.sum()))
    return found[position], Pairs(rows[pairs.left], rows[pairs.right], pairs.cosine)


def _members(labels: np.ndarray) -> dict[str, list[int]]:
    """Name groups by their first row; rows are in the order of time, then id."""
    rows: dict[int, list[int]] = {}
    for row, label in enumerate(labels.tolist()):
        if label >= 0:
            rows.setdefault(label, []).append(row)
    return {f"i-{number:06d}": found for number, found in enumerate(rows.values(), 1)}


def _summarise(
    members: Mapping[str, Sequence[int]],
    requests: Sequence[ResidentRequest],
    triages: Sequence[Triage],
    *,
    batch: RequestVectors,
    now: datetime | None,
    facts: SummaryFacts,
) -> tuple[IssueSummary, ...]:
    times = [r.time for r in requests if r.time]
    now = now or (max(times) if times else None)
    places = [[p.text for p in t.places] for t in triages]
    found = []
    for issue, rows in members.items():
        ordered = sorted(rows, key=lambda row: _sort_key(requests[row]))
        own, judged = [requests[row] for row in ordered], [triages[row] for row in ordered]
        measured = _facts(ordered, own, judged, facts=facts)
        heat = measure_heat(measured, now, config=facts.heat)
        name = name_issue(ordered, batch, places=places)
        found.append(
            IssueSummary(
                issue=issue,
                title=name.title,
                place=name.place,
                topic=_main_topic(judged),
                size=len(own),
                residents=measured.residents,
                first=min((r.time for r in own if r.time), default=None),
                last=max((r.time for r in own if r.time), default=None),
                heat=heat.total,
                heat_parts=heat.parts,
                trend=weekly_trend(measured.times, now),
                keywords=name.keywords,
                representative=requests[name.representative].id,
                requests=tuple(r.id for r in own),
            )
        )
    return tuple(sorted(found, key=lambda s: (-s.heat, s.issue)))


def _facts(
    rows: Sequence[int], requests: Sequence[ResidentRequest], triages: Sequence[Triage], *, facts: SummaryFacts
) -> IssueFacts:
    """Count; an issue of which every request repeats another one (the first lies elsewhere) counts its first."""
    single = [at for at, row in enumerate(rows) if row not in facts.duplicates] or [0]
    kept = [requests[at] for at in single]
    known = {r.user for r in kept if r.user is not None}
    areas = {a for at in single if (a := requests[at].area or _first_area(triages[at]))}
    unanswered = None if facts.answered is None else sum(rows[at] not in facts.answered for at in single)
    return IssueFacts(
        requests=len(kept),
        residents=len(known) + sum(r.user is None for r in kept),
        times=tuple(r.time for r in kept if r.time),
        channels=len({r.channel for r in requests}),
        areas=max(1, len(areas)),
        urgent=sum(triages[at].urgency >= URGENT for at in single),
        likes=sum(r.likes for r in kept),
        unanswered=unanswered,
    )


def _first_area(triage: Triage) -> str | None:
    return next((p.area for p in triage.places if p.area), None)


def _main_topic(triages: Sequence[Triage]) -> str:
    votes: Counter[str] = Counter()
    for triage in triages:
        votes[triage.topic] += max(1, round(1000 * triage.topic_score))
    return min(votes, key=lambda topic: (-votes[topic], topic))
