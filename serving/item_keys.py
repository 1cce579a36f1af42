"""Keys of an item that a route does not know: nothing is refused for them, but whoever sent them is told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel

from nlp.records import clean_line

MAX_TOLD, KEY_CHARS = 10, 40
# What other systems call our fields; of several, the first that the item may have.
_MEANT: Mapping[str, Sequence[str]] = {
    "time": ("reply_time", "published"),
    "date": ("time", "reply_time", "published"),
    "text": ("reply", "note", "body"),
    "content": ("reply", "text", "body", "note"),
    "body": ("reply", "text", "note"),
    "message": ("reply", "text", "note"),
    "answer": ("reply",),
    "remark": ("note",),
    "department": ("unit",),
    "external_id": ("id",),
    "request": ("id",),
    "source": ("channel",),
    "status": ("type",),
    "publish_time": ("published",),
}


def describe_unknown_keys(items: Iterable[Any], model: type[BaseModel]) -> list[list[str]]:
    """Return for each item a Chinese sentence a key that is none of the model's fields, with the one it may mean."""
    known = list(model.model_fields)
    return [_describe(item, known) if isinstance(item, dict) else [] for item in items]


def _describe(item: Mapping[str, Any], known: Sequence[str]) -> list[str]:
    unknown = [key for key in item if key not in known]
    return [_sentence(key, known) for key in unknown[:MAX_TOLD]]


def _sentence(key: str, known: Sequence[str]) -> str:
    plain = key.strip().lower()
    meant = next((name for name in _MEANT.get(plain, ()) if name in known), None)
    meant = meant or next(iter(get_close_matches(plain, known, n=1)), None)
    expected = f"应为 {meant}" if meant else f"可用的字段是 {'、'.join(known)}"
    return f"不认识的字段 {clean_line(key)[:KEY_CHARS]},没有使用;{expected}"
