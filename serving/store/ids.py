"""Public ids: a letter for what it is, and the row's number: q000123, i-000017, r000045, p000012."""

from __future__ import annotations

import re

REQUEST, ISSUE, REPLY, POST = "q", "i-", "r", "p"
DIGITS = 6
_NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)


def to_public(kind: str, number: int) -> str:
    """Return the public id of row `number`."""
    return f"{kind}{number:0{DIGITS}d}"


def from_public(kind: str, public: str) -> int | None:
    """Return the row's number, or None where `public` is no id of that kind."""
    digits = public.removeprefix(kind)
    return int(digits) if public.startswith(kind) and _NUMBER.fullmatch(digits) else None
