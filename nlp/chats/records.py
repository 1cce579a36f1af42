"""What a chat or an account inbox gives: requests with the lines they came from, and the lines that are none."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

# 80 bits: two of a million messages share an id with a probability below 1e-12.
_ID_DIGITS = 20
MAX_CONTEXT = 60
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One resident's request in one matter.

    row: the contract's request fields (no channel), `reply`, `reply_time`, `unit` where staff answered, and `matter`,
    the number of the matter within the file, from 0
    lines: where the messages begin that it is made of; reply_lines: those that answer it
    """

    line: int
    row: Mapping[str, Any]
    lines: tuple[int, ...] = ()
    reply_lines: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ChatReading:
    """Requests in the order of their first lines; `skipped`: (line, Chinese reason) of every other message."""

    requests: tuple[ChatRequest, ...]
    skipped: tuple[tuple[int, str], ...]


@dataclass(slots=True)
class MessageIds:
    """Make ids that a longer export of the same log makes again, without a nickname or a word in clear.

    An id is a hash of where, when (to the minute: copies give no seconds), who and the first words; a second equal
    message gets its ordinal, as does one without a time.
    """

    prefix: str
    place: str
    _seen: Counter[str] = field(default_factory=Counter)

    def id_of(self, sender: str, text: str, *, time: datetime | None) -> str:
        minute = f"{time:%Y-%m-%dT%H:%M}" if time else "-"
        key = "\x1f".join((self.place, minute, sender, _SPACE.sub(" ", text).strip()))
        self._seen[key] += 1
        ordinal = f"\x1f{self._seen[key]}" if self._seen[key] > 1 else ""
        return self.prefix + hashlib.sha256((key + ordinal).encode("utf-8", "replace")).hexdigest()[:_ID_DIGITS]


def quote_context(context: str, text: str) -> str:
    """Put the message that a text answers in front of it, 「…」, at most `MAX_CONTEXT` characters."""
    line = _SPACE.sub(" ", context).strip()
    return f"「{line if len(line) <= MAX_CONTEXT - 2 else line[: MAX_CONTEXT - 3] + '…'}」\n{text}"


def iso_time(time: datetime | None) -> str | None:
    return time.isoformat() if time else None
