"""接龙: one message that each reader copies and lengthens by a numbered line."""

from __future__ import annotations

import re
from dataclasses import dataclass

_MARK = re.compile(r"^[#＃]?\s*接龙\s*|[（(]?请?接龙[）)]?")
_ENTRY = re.compile(r"^\s*(\d{1,3})\s*[.、．)）]\s*(.*)$")
_EXAMPLE = re.compile(r"^\s*(?:例|示例|格式)")


@dataclass(frozen=True, slots=True)
class Relay:
    """The matter in words, and what each numbered line says."""

    heading: str
    entries: tuple[str, ...]


def read_relay(text: str) -> Relay | None:
    """Read a 接龙; None where a text is none (no 接龙 in its first line, or no numbered line)."""
    lines = text.split("\n")
    if not _MARK.search(lines[0]):
        return None
    found = [(n, m) for n, line in enumerate(lines) if (m := _ENTRY.match(line))]
    if not found:
        return None
    heading = [_MARK.sub("", line).strip() for line in lines[: found[0][0]] if not _EXAMPLE.match(line)]
    entries = tuple(m[2].strip() for _, m in found if m[2].strip())
    return Relay("\n".join(line for line in heading if line), entries)
