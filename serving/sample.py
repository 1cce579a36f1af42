"""The sample city into the demo's database: loaded, analysed and grouped once; a second start finds it all there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy.orm import Session

from nlp.errors import ConfigError, InputError
from nlp.records import Post, ResidentRequest
from serving.analysis import (
    NewReply,
    regroup,
    review_all_posts,
    review_pending,
    take_posts,
    take_replies,
    take_requests,
    triage_pending,
)
from serving.intake import mask_event
from serving.state import SAMPLE, State
from serving.store.events import RequestEvent, record_events
from serving.store.issues import count_issues
from serving.store.requests import find_numbers
from serving.weeks import Week


@dataclass(frozen=True, slots=True)
class SampleReport:
    """What the demo holds, and whether this start had to load or analyse anything."""

    requests: int
    events: int
    replies: int
    posts: int
    issues: int
    changed: bool


def load_sample(state: State, folder: Path = SAMPLE) -> SampleReport:
    """Load `folder` into the database of a demo, in one transaction. Raises ConfigError without demo or sample."""
    if not state.settings.demo:
        raise ConfigError("示例数据只装入演示(--demo)自己的数据库")
    requests = [ResidentRequest.from_row(row) for row in _read(folder / "requests.jsonl")]
    state.set_demo_now(Week.of(max(r.time for r in requests if r.time is not None)).last_moment)
    with state.session() as session, session.begin():
        changed = any(s.created for s in take_requests(session, requests, state=state, join=False))
        changed |= triage_pending(session, state=state, limit=len(requests)) > 0
        events = _take_events(session, _read(folder / "events.jsonl"))
        if changed or count_issues(session) == 0:
            regroup(session, state=state)
        replies = _take_replies(session, _read(folder / "replies.jsonl"), state)
        posts = take_posts(session, [Post.from_row(row) for row in _read(folder / "posts.jsonl")], state=state)
        if changed:
            review_all_posts(session, state=state)
        changed |= review_pending(session, state=state, limit=1_000) > 0
        issues = count_issues(session)
    return SampleReport(len(requests), events, replies, len(posts), issues, changed)


def _take_events(session: Session, rows: Sequence[dict[str, Any]]) -> int:
    numbers = _numbers(session, rows)
    events = [(numbers[_key(row)], mask_event(RequestEvent.from_row(row))) for row in rows]
    record_events(session, events)
    return len(events)


def _take_replies(session: Session, rows: Sequence[dict[str, Any]], state: State) -> int:
    numbers = _numbers(session, rows)
    replies = []
    for row in rows:
        replies.append(NewReply.from_row(numbers[_key(row)], row))
    return len(take_replies(session, replies, state=state))


def _numbers(session: Session, rows: Sequence[dict[str, Any]]) -> dict[tuple[str, str], int]:
    numbers = find_numbers(session, [_key(row) for row in rows])
    missing = next((_key(row) for row in rows if _key(row) not in numbers), None)
    if missing is not None:
        raise InputError(f"示例数据有误:渠道 {missing[0]} 没有编号为 {missing[1]} 的诉求")
    return numbers


def _key(row: dict[str, Any]) -> tuple[str, str]:
    return row["channel"], row["request"]


def _read(path: Path) -> list[dict[str, Any]]:
    if not path.is_file():
        raise ConfigError(f"找不到示例数据 {path}:演示要在源码目录里运行,安装包里没有示例数据")
    return [orjson.loads(line) for line in path.read_bytes().splitlines() if line.strip()]
