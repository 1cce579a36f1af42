"""The status beside a request is what its events and replies say, however they come, and from however many writers."""

from __future__ import annotations

import random
import threading
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from nlp.lifecycle import STATUSES, STEP_TYPES, trace_life
from nlp.records import CHINA, RepliedRequest, ResidentRequest
from serving.analysis import NewReply, take_replies, take_requests
from serving.database import Database
from serving.settings import Settings
from serving.store import migrate
from serving.store.event_words import read_event_words
from serving.store.events import Recorded, RequestEvent, load_events, load_statuses, record_events, save_events
from serving.store.lives import load_lives
from serving.store.requests import load_analysed
from serving.store.schema import EVENT_TYPES
from serving.store.statuses import load_steps

MONDAY = datetime(2026, 11, 9, 8, 0, tzinfo=CHINA)


def hours(number):
    return MONDAY + timedelta(hours=number)


def take(state, count=1):
    with state.session() as session, session.begin():
        requests = [ResidentRequest(f"e-{n}", f"第{n}件", time=MONDAY, channel="hotline") for n in range(count)]
        take_requests(session, requests, state=state, join=False)


def stored(state):
    with state.engine.connect() as connection:
        rows = connection.execute(text("SELECT id, status, finished_at FROM requests ORDER BY id")).all()
    return {r.id: (r.status, r.finished_at) for r in rows}


def record(state, *events):
    with state.session() as session, session.begin():
        return record_events(session, events)


def test_the_words_of_the_core_and_of_the_store_are_the_same():
    assert EVENT_TYPES == STEP_TYPES
    assert set(STATUSES) == {"open", *STEP_TYPES} - {"received", "called_back"}


def test_events_in_any_order_set_status_and_end(state):
    take(state)
    record(state, (1, RequestEvent("closed", hours(5))))
    assert stored(state)[1] == ("closed", hours(5))
    record(state, (1, RequestEvent("dispatched", hours(1), "城管局")), (1, RequestEvent("reopened", hours(7))))
    assert stored(state)[1] == ("reopened", None)
    assert record(state, (1, RequestEvent("closed", hours(5)))) == [False]
    assert stored(state)[1] == ("reopened", None)


def test_a_call_back_is_filled_in_and_never_overwritten(state):
    take(state)

    def call(**answers):
        with state.session() as session, session.begin():
            return save_events(session, [(1, RequestEvent("called_back", hours(9), **answers))])[0]

    assert call(contacted=True) == Recorded(True)
    assert call(satisfied=False) == Recorded(False)
    assert call(satisfied=True) == Recorded(False, differs=True)
    with state.session() as session:
        (found,) = load_events(session, 1)
    assert (found.contacted, found.solved, found.satisfied) == (True, None, False)


def test_a_reply_sets_status_and_end(state):
    take(state, 2)
    with state.session() as session, session.begin():
        pairs = [RepliedRequest(ResidentRequest("x"), "已派人处理", t) for t in (hours(3), None)]
        take_replies(session, [NewReply(n, p, "街道办") for n, p in enumerate(pairs, 1)], state=state)
    assert stored(state)[1] == ("replied", hours(3))
    assert stored(state)[2][0] == "replied"


def test_many_events_are_recorded_at_once(state):
    take(state)
    events = [(1, RequestEvent("dispatched", MONDAY + timedelta(minutes=n))) for n in range(9_000)]
    assert record(state, *events) == [True] * 9_000


def test_the_status_of_a_past_moment_is_not_that_of_now(state):
    take(state)
    record(state, (1, RequestEvent("dispatched", hours(1))), (1, RequestEvent("closed", hours(9))))
    with state.session() as session:
        assert load_statuses(session, [1], until=hours(5)) == {1: "dispatched"}
        (found,) = load_analysed(session)
        (past,) = load_analysed(session, until=hours(5))
        assert (found.status, past.status) == ("closed", "dispatched")
        life = load_lives(session, [past], site=state.site, now=hours(99), until=hours(5))["q000001"]
    assert (life.status, life.handling_days) == ("dispatched", 0.2)


def test_two_writers_on_one_request_leave_the_right_status(state):
    take(state)
    first, second = state.session(), state.session()
    with first, second:
        record_events(first, [(1, RequestEvent("dispatched", hours(1), "城管局"))])
        other = threading.Thread(
            target=lambda: (record_events(second, [(1, RequestEvent("closed", hours(2)))]), second.commit())
        )
        other.start()
        other.join(0.3)
        assert other.is_alive()
        first.commit()
        other.join(20)
    assert stored(state)[1] == ("closed", hours(2))


def test_writers_of_many_requests_never_wait_for_each_other_in_a_circle(state):
    take(state, 20)
    errors = []

    def write(seed):
        numbers = list(range(1, 21))
        for turn in range(5):
            random.Random(seed * 100 + turn).shuffle(numbers)
            try:
                record(state, *((n, RequestEvent("closed", hours(turn), f"{seed}")) for n in numbers))
            except Exception as exc:
                errors.append(exc)

    writers = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert errors == []
    assert set(stored(state).values()) == {("closed", hours(0))}


def test_the_migration_gives_old_rows_the_status_that_the_program_would_give(database_server, tmp_path):
    url = database_server.start(f"old_{tmp_path.name}")
    found = Database.open(Settings(database_url=url, data_dir=tmp_path), migrate=False)
    migrate.migrate(found.engine, "0001")
    with found.engine.begin() as connection:
        fill_old(connection, random.Random(7))
    migrate.migrate(found.engine, "0002")
    with found.engine.connect() as connection:
        rows = connection.execute(text("SELECT id, status, finished_at FROM requests ORDER BY id")).all()
    with found.session() as session:
        steps = load_steps(session, [r.id for r in rows])
    expected = {r.id: trace_life(steps[r.id], (), received=MONDAY, due=None, now=hours(99)) for r in rows}
    assert {r.id: (r.status, r.finished_at) for r in rows} == {
        n: (life.status, life.finished_at) for n, life in expected.items()
    }
    assert len({r.status for r in rows}) == len(STATUSES)
    found.close()


def fill_old(connection, rng):
    """Write 300 requests of the first tables with events and replies, many at one time, in no order."""
    for number in range(1, 301):
        connection.execute(
            text(
                "INSERT INTO requests (channel, external_id, title, text, at, warnings) "
                "VALUES ('hotline', :number, '', '字', :at, '{}')"
            ),
            {"number": str(number), "at": MONDAY},
        )
        steps = {(rng.choice(EVENT_TYPES), rng.randrange(4)) for _ in range(rng.randrange(6))}
        for kind, hour in rng.sample(sorted(steps), len(steps)):
            values = {"number": number, "kind": kind, "time": hours(hour)}
            connection.execute(
                text("INSERT INTO events (request_id, type, time) VALUES (:number, :kind, :time)"), values
            )
        for n in range(rng.randrange(3)):
            time = hours(rng.randrange(4)) if rng.random() < 0.7 else None
            connection.execute(
                text(
                    "INSERT INTO replies (request_id, text, time, warnings, fingerprint, received_at) "
                    "VALUES (:number, '答', :time, '{}', :print, :received)"
                ),
                {"number": number, "time": time, "print": str(n), "received": hours(rng.randrange(4))},
            )


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ({"type": "改派"}, {"type": "dispatched", "note": "改派"}),
        ({"type": " 办结 "}, {"type": "closed"}),
        ({"type": "回访", "solved": "未解决"}, {"type": "called_back", "solved": False}),
        ({"type": "回访", "satisfied": "基本满意", "contacted": 1},
         {"type": "called_back", "satisfied": True, "contacted": True}),
        ({"type": "回访", "solved": "", "satisfied": "未评价"}, {"type": "called_back"}),
        ({"type": "x", "solved": "也许"}, {"type": "x", "solved": "也许"}),
        ({"type": ["closed"]}, {"type": ["closed"]}),
    ],
)  # fmt: skip
def test_the_words_of_offices_are_understood(said, meant):
    assert read_event_words(said) == {"contacted": None, "solved": None, "satisfied": None, **meant}
