"""Background work: a job exists exactly if its rows do, and does what is left to do."""

from __future__ import annotations

import time
from datetime import datetime

import pytest
from sqlalchemy import text

from nlp.errors import RowError
from nlp.records import CHINA, ResidentRequest
from serving.app import create_app
from serving.importing import import_requests
from serving.jobs import build_jobs
from serving.queue import ANALYSE, defer_job
from serving.store.requests import RequestFilters, list_requests

NOW = datetime(2026, 11, 12, 9, 0, tzinfo=CHINA)


def rows(count, title="电梯停运"):
    return [ResidentRequest(f"e-{n}", "三号楼电梯停了", title, NOW, "hotline", user=f"u{n}") for n in range(count)]


def import_rows(state, given):
    with state.session() as session:
        return import_requests(session, given, site=state.site, user_key=state.user_key, now=NOW)


def count(state, table):
    with state.engine.connect() as connection:
        return connection.scalar(text(f"SELECT count(*) FROM {table}"))


def work(state):
    build_jobs(state).run_worker(wait=False, delete_jobs="successful", install_signal_handlers=False)


def test_import_counts_new_known_and_bad_rows(state):
    first = import_rows(state, rows(3))
    second = import_rows(state, [*rows(5), RowError("坏行", line=7)])
    assert (first.created, first.known, first.errors) == (3, 0, ())
    assert (second.created, second.known, len(second.errors)) == (2, 3, 1)
    assert count(state, "requests") == 5


def test_imported_rows_are_analysed_by_the_worker(state):
    import_rows(state, rows(3))
    with state.session() as session:
        assert list_requests(session, RequestFilters()).items == ()
    work(state)
    with state.session() as session:
        assert len(list_requests(session, RequestFilters()).items) == 3
    assert count(state, "procrastinate_jobs") == 0


def test_a_job_is_gone_when_its_transaction_is(state):
    with state.session() as session:
        defer_job(session, ANALYSE)
        session.rollback()
    assert count(state, "procrastinate_jobs") == 0
    with state.session() as session, session.begin():
        defer_job(session, ANALYSE)
    assert count(state, "procrastinate_jobs") == 1


def test_an_import_of_known_rows_queues_nothing(state):
    import_rows(state, rows(2))
    before = count(state, "procrastinate_jobs")
    import_rows(state, rows(2))
    assert count(state, "procrastinate_jobs") == before == 2


def test_imported_rows_are_grouped_by_the_worker(state):
    import_rows(state, rows(3))
    work(state)
    assert count(state, "issues") == 1
    assert count(state, "issue_members") == 3


def test_an_unknown_task_is_our_bug(state):
    with state.session() as session, pytest.raises(ValueError, match="unknown"):
        defer_job(session, "nothing")


def test_the_demo_works_off_its_jobs_beside_the_api(settings, state, keyword_pipeline, serve_app):
    with serve_app(create_app(settings, pipeline=keyword_pipeline, with_worker=True)) as client:
        import_rows(state, rows(2))
        give_up = time.monotonic() + 30
        while not client.get("/v1/issues").json()["issues"] and time.monotonic() < give_up:
            time.sleep(0.1)
        assert client.get("/v1/issues").json()["issues"][0]["size"] == 2
