"""Columns that no name list knows and whose ending says what they may hold, for a check before an import."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from nlp.headers import FIELD_NAMES
from nlp.privacy import mask
from serving.importing.kinds import FIELDS, Kind

# What a column may be by the end of its name; of the fields, the first that the kind has.
_ENDINGS: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = (
    (re.compile(r"(回复|答复|反馈|意见|结果)$"), ("reply", "note")),
    (re.compile(r"评价$"), ("satisfied",)),
    (re.compile(r"(时间|日期)$"), ("time", "reply_time", "published")),
    (re.compile(r"编号$"), ("request", "id")),
    (re.compile(r"内容$"), ("text", "reply", "body", "note")),
)
_LONGEST = 12  # characters of a column name; more may be somebody's words
_DIGITS = re.compile(r"\d{4,}")


def hint_columns(headers: Sequence[str], kind: Kind, columns: Mapping[int, str]) -> tuple[str, ...]:
    """Say which unread columns look like a field that no column holds yet, and how to name them.

    `columns`: those that are read, {index: field}. Example: 「处置回音答复」像是 答复,可用 --map 处置回音答复=reply
    """
    free = [name for name in FIELDS.get(kind, {}) if name not in columns.values()]
    hints = []
    for i, header in enumerate(headers):
        field = None if i in columns else _guess(str(header).strip(), free)
        if field is not None:
            free.remove(field)
            shown = mask(str(header).strip()).masked
            hints.append(f"「{shown}」像是 {FIELD_NAMES[field]},可用 --map {shown}={field}")
    return tuple(hints)


def _guess(header: str, free: Sequence[str]) -> str | None:
    if len(header) > _LONGEST or _DIGITS.search(header):
        return None
    fields = next((fields for ending, fields in _ENDINGS if ending.search(header)), ())
    return next((field for field in fields if field in free), None)
