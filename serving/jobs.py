"""Background work: procrastinate on the same database, so that a job and its rows commit together."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial

import procrastinate

from serving.analysis import regroup, review_all_posts, review_pending, triage_pending
from serving.logs import configure_logging
from serving.queue import ANALYSE, LOCK, QUEUE, REGROUP, REVIEW
from serving.settings import Settings
from serving.state import State, open_state

logger = logging.getLogger(__name__)
NIGHTLY = "30 2 * * *"
# What a crash between commit and job left behind is found at the latest after this.
SWEEP = "*/10 * * * *"


def analyse_pending(state: State) -> int:
    """Triage and join what is stored but not yet analysed, a batch a transaction; then review replies and posts."""
    done = _until_none(state, triage_pending)
    return done + _until_none(state, review_pending)


def regroup_all(state: State) -> int:
    """Group all requests anew and match the posts to the issues that result; returns the number of issues."""
    with state.session() as session, session.begin():
        issues = regroup(session, state=state)
        review_all_posts(session, state=state)
    return issues


def review_all(state: State) -> int:
    """Review replies and posts that wait for it; returns how many."""
    return _until_none(state, review_pending)


def build_jobs(state: State) -> procrastinate.App:
    """Return the procrastinate application whose tasks work on `state`."""
    url = state.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=url, min_size=1, max_size=4))
    retry = procrastinate.RetryStrategy(max_attempts=3, exponential_wait=5)
    for name, work in ((ANALYSE, analyse_pending), (REGROUP, regroup_all), (REVIEW, review_all)):
        app.task(name=name, queue=QUEUE, lock=LOCK, retry=retry)(partial(_run, name, work, state))

    @app.periodic(cron=SWEEP)
    @app.task(name="sweep", queue=QUEUE, lock=LOCK, queueing_lock="sweep")
    def sweep(timestamp: int) -> None:
        _run("sweep", analyse_pending, state)

    @app.periodic(cron=NIGHTLY)
    @app.task(name="nightly", queue=QUEUE, lock=LOCK, queueing_lock="nightly")
    def nightly(timestamp: int) -> None:
        _run("nightly", regroup_all, state)

    return app


@asynccontextmanager
async def running_worker(state: State) -> AsyncIterator[None]:
    """Run one worker beside something else, until the block is left; a job in progress is finished first."""
    app = build_jobs(state)
    async with app.open_async():
        work = asyncio.create_task(app.run_worker_async(install_signal_handlers=False, delete_jobs="successful"))
        try:
            yield
        finally:
            work.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await work


def run_worker(settings: Settings, *, wait: bool = True) -> None:
    """Work off jobs until stopped by a signal; with `wait` false, until none is left."""
    configure_logging(settings.log_level)
    with open_state(settings) as state:
        build_jobs(state).run_worker(wait=wait, delete_jobs="successful")


def _until_none(state: State, step: Callable[..., int]) -> int:
    total = 0
    while True:
        with state.session() as session, session.begin():
            done = step(session, state=state)
        total += done
        if done == 0:
            return total


def _run(name: str, work: Callable[[State], int], state: State) -> None:
    began = time.perf_counter()
    done = work(state)
    logger.info("job done", extra={"job": name, "rows": done, "seconds": round(time.perf_counter() - began, 2)})
