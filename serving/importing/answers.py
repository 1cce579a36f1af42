"""What sheets of offices say in words beside the steps: whether a call-back did any good, whose number a phone is."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nlp.records import clean_line
from serving.store.event_words import ANSWERS

# Words that say what they are about, in whichever column they stand. 基本满意 counts as satisfied in the hotlines'
# yearly evaluations; 一般 and 部分解决, which they count apart, count neither way here.
_CONTACTED: Mapping[str, bool | None] = {
    **dict.fromkeys(("已联系", "联系", "已联系上", "联系上", "已接通", "接通"), True),
    **dict.fromkeys(("未联系", "没有联系", "没联系", "未联系上", "联系不上", "没联系上"), False),
    **dict.fromkeys(("无法接通", "未接通", "空号", "停机", "关机", "无人接听", "拒接"), False),
}
_SOLVED: Mapping[str, bool | None] = {
    **dict.fromkeys(("已解决", "解决", "基本解决", "全部解决", "完全解决"), True),
    **dict.fromkeys(("未解决", "没有解决", "没解决"), False),
    **dict.fromkeys(("部分解决", "正在解决", "解决中"), None),
}
_SATISFIED: Mapping[str, bool | None] = {
    **dict.fromkeys(("满意", "基本满意", "比较满意", "非常满意", "很满意", "十分满意"), True),
    **dict.fromkeys(("不满意", "不太满意", "非常不满意", "很不满意", "十分不满意"), False),
    "一般": None,
}
_NAMED = {"contacted": _CONTACTED, "solved": _SOLVED, "satisfied": _SATISFIED}
_OPEN = (
    "",
    "未评价",
    "未回访",
    "不清楚",
    "-",
    "—",
    "/",
    "不需回访",
    "无需回访",
    "无法评价",
    "拒绝评价",
    "不评价",
    "默认",
)
_YES_NO = {**dict.fromkeys(("是", "true"), True), **dict.fromkeys(("否", "false"), False)}
# A mark or number under 是否联系 or 是否解决 is yes or no; under 满意度 a number is of a scale unknown, and 无 is open.
_MARKS = {**dict.fromkeys(("1", "√", "有"), True), **dict.fromkeys(("0", "×", "无", "没有"), False)}
_SCALE = re.compile(r"\d+(\.\d+)?[分星%]?")


@dataclass(frozen=True, slots=True)
class CallBack:
    """The answers of a call-back; None where nobody asked or it counts neither way.

    unknown: fields not read; is_scale: `satisfied` is a number of a scale that nobody told
    """

    contacted: bool | None = None
    solved: bool | None = None
    satisfied: bool | None = None
    unknown: tuple[str, ...] = ()
    is_scale: bool = False

    @property
    def is_said(self) -> bool:
        return (self.contacted, self.solved, self.satisfied) != (None, None, None)


def read_call_back(row: Mapping[str, Any]) -> CallBack:
    """Read the columns contacted, solved and satisfied; a word about another of them than its column's goes there.

    Where two columns say something about one, its own column counts.

    Example: read_call_back({"satisfied": "无法接通"}) == CallBack(contacted=False)
    """
    own: dict[str, bool | None] = {}
    other: dict[str, bool | None] = {}
    unknown, is_scale = [], False
    for name in ANSWERS:
        plain = _plain(row.get(name))
        about = next((a for a in (name, *ANSWERS) if plain in _NAMED[a]), None)
        if about is not None:
            (own if about == name else other)[about] = _NAMED[about][plain]
        elif plain in _YES_NO:
            own[name] = _YES_NO[plain]
        elif name != "satisfied" and plain in _MARKS:
            own[name] = _MARKS[plain]
        elif name == "satisfied" and _SCALE.fullmatch(plain):
            is_scale = True
        elif plain not in _OPEN and not (name == "satisfied" and plain in ("无", "没有")):
            unknown.append(name)
    contacted, solved, satisfied = (own.get(name, other.get(name)) for name in ANSWERS)
    return CallBack(contacted, solved, satisfied, tuple(unknown), is_scale)


def _plain(value: object) -> str:
    return unicodedata.normalize("NFKC", clean_line(value)).lower().rstrip("。. ")


def plain_phone(value: object) -> str | None:
    """Return the digits of a whole phone number without country code; None for a masked, partial or absent one.

    Example: plain_phone("+86 139-1234-5678") == "13912345678"
    """
    text = unicodedata.normalize("NFKC", clean_line(value))
    if any(mark in text.lower() for mark in "*x"):
        return None
    digits = "".join(c for c in text if c.isdigit()).removeprefix("00")
    if len(digits) == 13 and digits.startswith("86"):
        digits = digits[2:]
    if len(digits) == 12 and digits.startswith("01"):
        digits = digits[1:]
    return digits if 7 <= len(digits) <= 15 else None
