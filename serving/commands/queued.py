"""The queue worked off by a command, with a progress bar."""

from __future__ import annotations

import threading

from nlp.errors import StoreError
from serving.commands.rows import Steps
from serving.jobs import build_jobs
from serving.state import State
from serving.store.requests import count_untriaged

POLL_S = 0.5


def work_off_queue(state: State, steps: Steps) -> None:
    """Work off the queue as a worker would, so that a running one and this command never do the same rows.

    Raises StoreError where requests are left without a triage.
    """

    def waiting() -> int:
        with state.session() as session:
            return count_untriaged(session, model=state.model)

    total = waiting()
    steps.start("研判并归并", total)
    done = threading.Event()

    def watch() -> None:
        seen = 0
        while not done.wait(POLL_S):
            now = total - waiting()
            steps.advance(now - seen)
            seen = now

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        build_jobs(state).run_worker(wait=False, delete_jobs="successful")
    finally:
        done.set()
        watcher.join()
    if left := waiting():
        raise StoreError(f"还有 {left} 条没有研判完(数据已入库);请看日志,稍后用 minsheng worker 继续")
