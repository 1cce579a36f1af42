"""Pages of a list from new to old: a cursor names the last row seen, so rows that arrive meanwhile hurt nothing."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from nlp.errors import InputError

DEFAULT_LIMIT, MAX_LIMIT = 50, 200
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some items and the cursor of the next page, None at the end."""

    items: tuple[Item, ...]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class Cursor:
    """Sort key of the last row seen: its time and number."""

    at: datetime
    number: int

    @classmethod
    def parse(cls, text: str | None) -> Cursor | None:
        """Read what `str` wrote. Raises InputError."""
        if not text:
            return None
        try:
            at, _, number = base64.urlsafe_b64decode(text.encode()).decode("ascii").partition("|")
            found = cls(datetime.fromisoformat(at), int(number))
        except (ValueError, binascii.Error):
            raise InputError("cursor 不对:请原样使用上一页返回的 next") from None
        if found.at.tzinfo is None or not 0 <= found.number < 2**63:
            raise InputError("cursor 不对:请原样使用上一页返回的 next")
        return found

    def __str__(self) -> str:
        return base64.urlsafe_b64encode(f"{self.at.isoformat()}|{self.number}".encode()).decode()
