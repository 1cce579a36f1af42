"""Requests from a file into the store, in batches; the analysis follows as a job that commits with its batch."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy.orm import Session

from nlp.errors import RowError
from nlp.records import ResidentRequest
from nlp.site import Site
from serving.intake import mask_request
from serving.queue import ANALYSE, REGROUP, defer_job
from serving.store.requests import save_requests

BATCH = 500


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of the rows: `known` were stored before and are unchanged."""

    created: int
    known: int
    errors: tuple[RowError, ...]


def import_requests(
    session: Session,
    rows: Iterable[ResidentRequest | RowError],
    *,
    site: Site,
    user_key: str,
    now: datetime,
    progress: Callable[[int], Any] | None = None,
) -> ImportReport:
    """Store masked copies of the good rows, committing each batch together with the job that analyses it.

    At the end a regrouping is queued, which finds the issues among the new rows.

    progress: called with the number of rows done after each batch
    """
    created = known = 0
    errors: list[RowError] = []
    remaining = iter(rows)
    while batch := list(islice(remaining, BATCH)):
        good = [row for row in batch if isinstance(row, ResidentRequest)]
        errors += [row for row in batch if isinstance(row, RowError)]
        saved = save_requests(session, [mask_request(r, site=site, user_key=user_key) for r in good], now=now)
        new = sum(s.created for s in saved)
        if new:
            defer_job(session, ANALYSE)
        session.commit()
        created, known = created + new, known + len(saved) - new
        if progress is not None:
            progress(len(batch))
    if created:
        defer_job(session, REGROUP)
        session.commit()
    return ImportReport(created, known, tuple(errors))
