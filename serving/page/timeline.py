"""What happened to a request as a reader sees it: steps in order, how long each took, where the due time lies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

from nlp.lifecycle import FINISHED, Step, merge_steps
from nlp.results import Life, ReviewedReply
from serving.store.events import RequestEvent
from serving.wording import format_lateness, format_span, name_of

_ANSWERS = (("contacted", "已联系上", "没有联系上"), ("solved", "已解决", "没有解决"), ("satisfied", "满意", "不满意"))


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the timeline. `css` is late (past due), bad (returned, not solved), due, now or empty.

    after: how long after the line before it; empty on the first
    """

    name: str
    time: datetime
    unit: str = ""
    note: str = ""
    answers: tuple[str, ...] = ()
    css: str = ""
    after: str = ""


def draw_timeline(
    events: Sequence[RequestEvent], replies: Sequence[ReviewedReply], *, life: Life, now: datetime
) -> tuple[Moment, ...]:
    """Return the lines, oldest first; a reply stands for itself where no event tells of it (in the same minute)."""
    told = {_minute(e.time) for e in events if e.type == "replied"}
    steps: list[Step] = [*events]
    steps += [
        Step("replied", r.reply_time, r.unit or "")
        for r in replies
        if r.reply_time is not None and _minute(r.reply_time) not in told
    ]
    if life.received_at is not None and not any(e.type == "received" for e in events):
        steps.append(Step("received", life.received_at))
    moments = [_moment(s, life) for s in merge_steps(steps)]
    if life.due is not None and (life.overdue or any(m.css == "late" for m in moments)):
        moments.append(Moment("时限到期", life.due, css="due"))
        moments.sort(key=lambda m: m.time)
    if life.overdue:
        moments.append(Moment(f"至今没有办结，{format_lateness(life.due, now)}", now, css="late"))
    first = moments[:1]
    return (*first, *(replace(m, after=_after(before.time, m.time)) for before, m in pairwise(moments)))


def _moment(event: Step, life: Life) -> Moment:
    answers = tuple(
        (yes if value else no)
        for name, yes, no in _ANSWERS
        if event.type == "called_back" and (value := getattr(event, name)) is not None
    )
    ended = event.time in (life.finished_at, life.closed_at)
    late = event.type in FINISHED and ended and life.due is not None and event.time > life.due
    bad = event.type in ("returned", "reopened") or event.solved is False
    return Moment(
        name=name_of(event.type, "event") + ("（超期）" if late else ""),
        time=event.time,
        unit=event.unit,
        note=event.note,
        answers=answers,
        css="late" if late else "bad" if bad else "",
    )


def _minute(time: datetime) -> datetime:
    return time.replace(second=0, microsecond=0)


def _after(before: datetime, time: datetime) -> str:
    return f"{format_span(before, time)}后" if (time - before).total_seconds() >= 60 else ""
