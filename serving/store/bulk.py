"""Many values in one statement: PostgreSQL takes 65,535 parameters, an array counts as one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from sqlalchemy import BigInteger, ColumnElement, any_, literal
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute

CHUNK = 2_000
Row = TypeVar("Row")


def among(column: InstrumentedAttribute[int], numbers: Iterable[int | None]) -> ColumnElement[bool]:
    """Return the condition that a number is one of `numbers`, however many; None matches nothing."""
    found = sorted({n for n in numbers if n is not None})
    condition: ColumnElement[bool] = column == any_(literal(found, ARRAY(BigInteger)))
    return condition


def chunks(rows: Sequence[Row], size: int = CHUNK) -> Iterator[Sequence[Row]]:
    """Yield `rows` in slices of `size`."""
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
