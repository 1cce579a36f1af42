"""Jobs into the queue, in the transaction of the rows they are about."""

from __future__ import annotations

from procrastinate.jobs import Job
from procrastinate.manager import JobManager
from procrastinate.sync_psycopg_connector import SyncPsycopgConnector
from sqlalchemy import text
from sqlalchemy.orm import Session

ANALYSE, REGROUP, REVIEW = "analyse_pending", "regroup", "review_pending"
QUEUE = "analysis"
# Jobs of one lock run one after the other: no two workers analyse the same rows.
LOCK = "analysis"
_KNOWN = (ANALYSE, REGROUP, REVIEW)


def defer_job(session: Session, task: str) -> int:
    """Queue a task in the session's transaction: it exists exactly if the rows of that transaction do.

    Returns the number of the job.
    """
    if task not in _KNOWN:
        raise ValueError(f"unknown task {task}")
    job = Job(
        id=None,
        queue=QUEUE,
        lock=LOCK,
        queueing_lock=None,
        task_name=task,
        task_kwargs={},
        scheduled_at=None,
        priority=0,
    )
    driver = session.connection().connection.driver_connection
    deferred = JobManager(SyncPsycopgConnector()).defer_job(job, connection=driver)
    assert deferred.id is not None
    return deferred.id


def ensure_job(session: Session, task: str) -> None:
    """Queue a task unless one waits already. That one is held until the transaction ends, so it sees these rows."""
    waiting = text(
        "SELECT id FROM procrastinate_jobs WHERE task_name = :task AND status = 'todo' "
        "ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED"
    )
    if session.execute(waiting, {"task": task}).first() is None:
        defer_job(session, task)
