"""New requests join an issue as they come in; a large batch is left to the regrouping."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy.orm import Session

from nlp.issues import IssueMatch
from nlp.records import ResidentRequest
from nlp.results import Triage
from serving.measuring import measure_issue
from serving.queue import REGROUP, defer_job
from serving.state import State
from serving.store.bulk import among
from serving.store.ids import ISSUE, REQUEST, from_public, to_public
from serving.store.issues import add_issue, add_member, get_issue, lock_grouping, save_summary
from serving.store.requests import find_original, load_analysed, load_similar, mark_joined
from serving.store.schema import IssueMemberRow, RequestRow

# One request costs some 60 ms (measured with 5,000 stored ones of one topic): more at once wait for the job.
MAX_INLINE = 16
REACH = timedelta(days=90)
POOL, CANDIDATES, MEMBERS = 400, 30, 6


def join_requests(
    session: Session, requests: Sequence[ResidentRequest], triages: Sequence[Triage], *, state: State
) -> None:
    """Put each new, stored request into the issue it belongs to, or queue a regrouping where they are many.

    Two requests that stood alone and are about the same matter become a new issue.
    """
    if len(requests) > MAX_INLINE:
        defer_job(session, REGROUP)
        return
    lock_grouping(session)
    for request, triage in zip(requests, triages, strict=True):
        match = _find(session, request, triage, state)
        if match is not None:
            _join(session, request, match, state)
        mark_joined(session, [request.id], now=state.now())


def _find(session: Session, request: ResidentRequest, triage: Triage, state: State) -> IssueMatch | None:
    pool = load_similar(session, request, triage, reach=REACH, limit=POOL)
    groups: dict[str, list[ResidentRequest]] = defaultdict(list)
    for known, issue in _most_alike(request, pool):
        members = groups[issue or known.id]
        if len(members) < MEMBERS:
            members.append(known)
    return state.pipeline.best_issue(request, triage=triage, candidates=list(groups.items()))


def _most_alike(
    request: ResidentRequest, pool: Sequence[tuple[ResidentRequest, str | None]]
) -> list[tuple[ResidentRequest, str | None]]:
    """Return the requests that share most of their character pairs with `request`, the most alike first."""
    own = _pairs(request)
    shared = [(len(own & (other := _pairs(known))) / (len(other) + 20), n) for n, (known, _) in enumerate(pool)]
    return [pool[n] for share, n in sorted(shared, key=lambda s: (-s[0], s[1]))[:CANDIDATES] if share > 0]


def _pairs(request: ResidentRequest) -> set[str]:
    text = request.full_text
    return {text[n : n + 2] for n in range(len(text) - 1)}


def _join(session: Session, request: ResidentRequest, match: IssueMatch, state: State) -> None:
    number = from_public(REQUEST, request.id)
    assert number is not None
    duplicate = None if match.duplicate_of is None else from_public(REQUEST, match.duplicate_of)
    if duplicate is not None:
        duplicate = find_original(session, duplicate)
    issue = from_public(ISSUE, match.issue)
    if issue is None:
        issue = _found_issue(session, match.issue, request, state)
    add_member(session, issue, number, duplicate_of=duplicate)
    _measure(session, issue, state)


def _found_issue(session: Session, alone: str, request: ResidentRequest, state: State) -> int:
    """Make an issue of a request that stood alone and the new one; returns its number."""
    pair = load_analysed(session, among(RequestRow.id, [from_public(REQUEST, r) for r in (alone, request.id)]))
    summary = state.pipeline.summarise_issues(
        {"": range(len(pair))}, [p.request for p in pair], triages=[p.triage for p in pair], now=state.now()
    )[0]
    issue = add_issue(session, summary)
    first = from_public(REQUEST, alone)
    assert first is not None
    add_member(session, issue, first)
    return issue


def _measure(session: Session, issue: int, state: State) -> None:
    members = load_analysed(session, IssueMemberRow.issue_id == issue)[::-1]
    summary = get_issue(session, to_public(ISSUE, issue))
    assert summary is not None
    save_summary(session, issue, measure_issue(summary, members, now=state.now()), now=state.now())
