"""What became of a request (流转): its life out of steps that come in any order and twice, and matters that came back.

改派 is a `dispatched` step to another unit, returned before or not. Steps at one time follow the order of STEP_TYPES.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from nlp.results import CameBack, Life
from nlp.site import Site

STEP_TYPES = ("received", "dispatched", "returned", "replied", "closed", "reopened", "called_back")
OPEN = "open"
STATUSES = (OPEN, "dispatched", "returned", "replied", "closed", "reopened")
FINISHED = ("replied", "closed")
# How long nobody must have reported a matter after it was said to be done: 3 days where a call-back or the reply itself
# says that it is solved, 7 where there is only the closing. Without the second, a shop's "we are open as usual" six
# days before it shut counts as a matter that came back (sample city, truth.json: 43 issues).
QUIET, QUIET_UNCONFIRMED = timedelta(days=3), timedelta(days=7)
# Of the orders before it two in three must be done: one that nobody closed in the list is no sign of work going on.
SHARE_DONE = 2 / 3
# Two people must say so, of four in all. Of 20 issues of the sample city, as the bundled model grouped it, that fulfil
# the rest, 15 are smaller: 12 of those are different matters in one group, of the 5 others 1 is (truth.json).
MIN_AGAIN, MIN_REPORTS = 2, 4
_CLOCKS_APART = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a request; `type` is one of STEP_TYPES, the answers are those of a call-back (回访)."""

    type: str
    time: datetime
    unit: str = ""
    note: str = ""
    contacted: bool | None = None
    solved: bool | None = None
    satisfied: bool | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Status of a request; `finished_at` is the first answer or closing after the last reopening, None while open.

    closed_at: the first closing after the last reopening, None where it is not closed: a reply alone closes nothing
    """

    status: str = OPEN
    finished_at: datetime | None = None
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class IssueMember:
    """A request of an issue: when it came, what became of it, when replies to it said that the matter is solved.

    steps: a reply counts as a `replied` step
    repeats: the same request sent again, which is no new report
    """

    id: str
    time: datetime | None
    steps: tuple[Step, ...] = ()
    solved_replies: tuple[datetime, ...] = ()
    repeats: bool = False


def find_standing(steps: Iterable[Step]) -> Standing:
    """Return where steps lead to; a call-back changes nothing by itself, nor does a reply to what is closed."""
    known = [s for s in steps if s.type != "called_back"]
    if not known:
        return Standing()
    last = max(known, key=_order)
    acted = max((s for s in known if s.type != "replied"), key=_order, default=last)
    decisive = acted if acted.type == "closed" and last.type == "replied" else last
    status = OPEN if decisive.type == "received" else decisive.type
    if status not in FINISHED:
        return Standing(status)
    reopened = max((s.time for s in known if s.type == "reopened"), default=None)
    ends = [s for s in known if s.type in FINISHED and (reopened is None or s.time > reopened)]
    return Standing(status, min(s.time for s in ends), _first(ends, "closed") if status == "closed" else None)


def merge_steps(steps: Iterable[Step]) -> list[Step]:
    """Return the steps in order, those that several files tell of as one.

    They are of one type and minute, and have one unit or none; call-backs of one minute are one whatever their unit.
    The earliest time is kept, what any of them says of unit, note and answers, of answers the latest.
    """
    groups: dict[tuple[str, datetime], list[Step]] = {}
    for step in sorted({*steps}, key=_key):
        groups.setdefault((step.type, step.time.replace(second=0, microsecond=0)), []).append(step)
    return sorted((s for (kind, _), group in groups.items() for s in _merge_minute(kind, group)), key=_key)


def find_unit(steps: Iterable[Step]) -> str | None:
    """Return who has a request now: the last unit it was sent to, nobody after a return; else who answered it."""
    return _unit(merge_steps(steps))


def trace_life(
    steps: Iterable[Step],
    replies: Iterable[datetime],
    *,
    received: datetime | None,
    due: datetime | None,
    now: datetime,
) -> Life:
    """Return the life of a request. The order of `steps` and their repetition make no difference.

    replies: times of the replies; each is a `replied` step
    received: when it came in; None takes the earliest `received` step
    due: when it should be finished
    """
    told = [*steps, *(Step("replied", t) for t in replies)]
    standing, found = find_standing(told), merge_steps(told)
    started = received or _first(found, "received")
    finished = standing.finished_at
    past_due = due is not None and due < (finished or now)
    dispatched = [s for s in found if s.type == "dispatched"]
    called = [s for s in found if s.type == "called_back"]
    units = _chain(dispatched)
    return Life(
        status=standing.status,
        unit=_unit(found),
        units=units,
        received_at=started,
        dispatched_at=dispatched[0].time if dispatched else None,
        first_reply_at=_first(found, "replied"),
        finished_at=finished,
        due=due,
        returned=_count(found, "returned"),
        reopened=_count(found, "reopened"),
        overdue=past_due and finished is None,
        late=past_due and finished is not None,
        overdue_days=((finished or now) - due).days if due is not None and past_due else None,
        handling_days=None if started is None else _days(started, finished or now),
        contacted=_last_answer(called, "contacted"),
        solved=_last_answer(called, "solved"),
        satisfied=_last_answer(called, "satisfied"),
        closed_at=standing.closed_at,
        reassigned=max(0, len(units) - 1),
        warnings=tuple(_doubts(found, received=started, now=now)),
    )


def count_working_days(life: Life, *, site: Site, now: datetime) -> Life:
    """Return the life with the working days from the day after it came in up to its end, or to `now`."""
    if life.received_at is None:
        return life
    return replace(life, working_days=site.working_days(life.received_at, life.finished_at or now))


def find_came_back(members: Sequence[IssueMember]) -> CameBack | None:
    """Say whether a matter came back (复发): it was said to be done, was quiet, and then reported again.

    It was said to be done at a closing, or at a reply that says it is solved, if nobody reports it for 3 days from then
    (7 where no call-back and no reply confirms it), two in three of the requests so far of which anything is known are
    done at the end of the 3 days, and the last call-back to them does not say that it is unsolved. Two requests after
    that, of four in all, are the matter come back. So a matter of which one order is closed while others are open and
    people go on reporting it is still open, not back. Of several such times the latest counts.
    """
    timed = sorted(((m.time, m.id, m) for m in members if m.time is not None), key=lambda t: t[:2])
    reports = [(time, name) for time, name, m in timed if not m.repeats]
    if len(reports) < MIN_REPORTS:
        return None
    times = [time for time, _ in reports]
    for claim in sorted({c for m in members for c in _claims(m)}, reverse=True):
        later = reports[bisect_right(times, claim) :]
        if len(later) < MIN_AGAIN or later[0][0] < claim + QUIET:
            continue
        earlier = [m for time, _, m in timed if time <= claim]
        quiet = _needed_quiet(earlier, claim)
        if quiet is None or later[0][0] < claim + quiet:
            continue
        known = [m for m in earlier if any(s.time <= claim + QUIET for s in m.steps)]
        done = sum(_is_done(m, claim + QUIET) for m in known)
        if known and done >= SHARE_DONE * len(known):
            again = {name for _, name in later}
            unfinished = any(m.id in again and not _is_done(m, None) for m in members)
            return CameBack(claim, later[0][0], tuple(name for _, name in later), not unfinished)
    return None


def _needed_quiet(members: Sequence[IssueMember], claim: datetime) -> timedelta | None:
    """Return how long it must have been quiet, None where the last call-back said that the matter was not solved."""
    answers = sorted((s.time, s.solved) for m in members for s in _call_backs(m, claim) if s.solved is not None)
    if answers and not answers[-1][1]:
        return None
    said = [t for m in members for t in m.solved_replies if claim - QUIET_UNCONFIRMED <= t <= claim]
    confirmed = bool(answers) or bool(said)
    return QUIET if confirmed else QUIET_UNCONFIRMED


def _call_backs(member: IssueMember, claim: datetime) -> list[Step]:
    """Return the call-backs about the work up to `claim`: those before the order was opened again."""
    until = min((s.time for s in member.steps if s.type == "reopened" and s.time > claim), default=None)
    return [s for s in member.steps if s.type == "called_back" and (until is None or s.time < until)]


def _claims(member: IssueMember) -> list[datetime]:
    return [*member.solved_replies, *(s.time for s in member.steps if s.type == "closed")]


def _is_done(member: IssueMember, at: datetime | None) -> bool:
    """Say whether a request is done at a time: closed, or answered by a reply that says so. Unknown counts as done."""
    steps = [s for s in member.steps if at is None or s.time <= at]
    status = find_standing(steps).status
    if not steps or status == "closed":
        return True
    return status == "replied" and any(at is None or t <= at for t in member.solved_replies)


def _order(step: Step) -> tuple[datetime, int]:
    return step.time, STEP_TYPES.index(step.type)


def _key(step: Step) -> tuple[object, ...]:
    answers = tuple(str(a) for a in (step.contacted, step.solved, step.satisfied))
    return (*_order(step), step.unit, step.note, *answers)


def _merge_minute(kind: str, group: Sequence[Step]) -> list[Step]:
    """Merge the steps of one type and minute, in order: those without a unit belong to the first that has one."""
    units = list(dict.fromkeys(s.unit for s in group if s.unit)) or [""]
    if kind == "called_back":
        return [_merge(group, units[0])]
    return [_merge([s for s in group if (s.unit or units[0]) == u], u) for u in units]


def _merge(group: Sequence[Step], unit: str) -> Step:
    notes = dict.fromkeys(s.note for s in group)
    kept = [n for n in notes if not any(n != other and n in other for other in notes)]
    return Step(
        group[0].type,
        group[0].time,
        unit,
        "；".join(kept),
        contacted=_last_answer(group, "contacted"),
        solved=_last_answer(group, "solved"),
        satisfied=_last_answer(group, "satisfied"),
    )


def _first(steps: Sequence[Step], kind: str) -> datetime | None:
    return min((s.time for s in steps if s.type == kind), default=None)


def _count(steps: Sequence[Step], kind: str) -> int:
    return len({(s.time, s.unit) for s in steps if s.type == kind})


def _chain(dispatched: Sequence[Step]) -> tuple[str, ...]:
    units = [s.unit for s in dispatched if s.unit]
    return tuple(u for n, u in enumerate(units) if n == 0 or units[n - 1] != u)


def _unit(steps: Sequence[Step]) -> str | None:
    """Return who has it now: the last unit it was sent to, nobody after it was returned; else who answered it."""
    moves = [s for s in steps if s.type == "returned" or (s.type == "dispatched" and s.unit)]
    if moves:
        return moves[-1].unit if moves[-1].type == "dispatched" else None
    return next((s.unit for s in reversed(steps) if s.type in FINISHED and s.unit), None)


def _last_answer(called: Sequence[Step], name: str) -> bool | None:
    answers: list[bool | None] = [getattr(s, name) for s in called]
    return next((a for a in reversed(answers) if a is not None), None)


def _days(start: datetime, end: datetime) -> float:
    return round(max(0.0, (end - start).total_seconds()) / 86_400, 1)


def _doubts(steps: Sequence[Step], *, received: datetime | None, now: datetime) -> list[str]:
    """Return in Chinese what cannot be right, or was left undone, in the order of the work."""
    found = []
    for kind, name in (("dispatched", "派单"), ("replied", "答复"), ("closed", "办结")):
        first = _first(steps, kind)
        if received is not None and first is not None and first < received - _CLOCKS_APART:
            found.append(f"{name}早于受理")
    moves = [s for s in steps if s.type in ("dispatched", "returned")]
    standing = find_standing(steps)
    if moves and moves[-1].type == "returned":
        waited = now - moves[-1].time
        if standing.finished_at is not None or waited >= timedelta(days=1):
            found.append("退单后没有再派单")
    closed, reopened = _first(steps, "closed"), [s.time for s in steps if s.type == "reopened"]
    if standing.status in ("dispatched", "returned") and closed is not None and not any(t > closed for t in reopened):
        found.append("办结后又派单，没有重新打开的记录")
    ends = [s.time for s in steps if s.type in FINISHED]
    called = _first(steps, "called_back")
    if called is not None and ends and called < min(ends):
        found.append("回访早于办结")
    if any(s.time > now for s in steps):
        found.append("有的时间晚于现在")
    return found
