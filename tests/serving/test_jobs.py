"""Background work: a job exists exactly if its rows do, and does what is left to do."""

from __future__ import annotations

import time
from datetime import datetime

import pytest
from sqlalchemy import text

from nlp.records import CHINA
from nlp.tables import write_rows
from serving.app import create_app
from serving.importing.kinds import Kind
from serving.importing.plan import Choices, Source
from serving.importing.run import Run, import_source
from serving.jobs import build_jobs
from serving.queue import ANALYSE, defer_job
from serving.store.requests import RequestFilters, list_requests

NOW = datetime(2026, 11, 12, 9, 0, tzinfo=CHINA)


@pytest.fixture
def import_rows(state, tmp_path):
    def call(count, title="电梯停运"):
        row = {"title": title, "text": "三号楼电梯停了", "time": NOW.isoformat()}
        write_rows(tmp_path / "r.jsonl", [{**row, "id": f"e-{n}", "user": f"u{n}"} for n in range(count)])
        source = Source(tmp_path / "r.jsonl", "r.jsonl", Kind.requests, "hotline")
        return import_source(source, Run(state, Choices(), again=True))

    return call


def count(state, table):
    with state.engine.connect() as connection:
        return connection.scalar(text(f"SELECT count(*) FROM {table}"))


def work(state):
    build_jobs(state).run_worker(wait=False, delete_jobs="successful", install_signal_handlers=False)


def test_imported_rows_are_analysed_by_the_worker(state, import_rows):
    import_rows(3)
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


def test_an_import_of_known_rows_queues_nothing(state, import_rows):
    import_rows(2)
    before = count(state, "procrastinate_jobs")
    import_rows(2)
    assert count(state, "procrastinate_jobs") == before == 2


def test_imported_rows_are_grouped_by_the_worker(state, import_rows):
    import_rows(3)
    work(state)
    assert count(state, "issues") == 1
    assert count(state, "issue_members") == 3


def test_an_unknown_task_is_our_bug(state):
    with state.session() as session, pytest.raises(ValueError, match="unknown"):
        defer_job(session, "nothing")


def test_the_demo_works_off_its_jobs_beside_the_api(settings, state, import_rows, keyword_pipeline, serve_app):
    with serve_app(create_app(settings, pipeline=keyword_pipeline, with_worker=True)) as client:
        import_rows(2)
        give_up = time.monotonic() + 30
        while not client.get("/v1/issues").json()["issues"] and time.monotonic() < give_up:
            time.sleep(0.1)
        assert client.get("/v1/issues").json()["issues"][0]["size"] == 2
