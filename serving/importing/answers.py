"""What sheets of offices say in words beside the steps: whether a call-back did any good, whose number a phone is."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nlp.records import clean_line
from serving.store.event_words import ANSWERS, ANSWERS_SAID

# 基本满意 counts as satisfied in the hotlines' yearly evaluations, as ANSWERS_SAID has it; what counts neither way and
# what says that nobody answered stays open.
_OPEN = ("一般", "部分解决", "正在解决", "解决中", "不需回访", "无需回访", "无法评价", "拒绝评价", "不评价", "默认")
_WORDS: Mapping[str, bool | None] = {
    **ANSWERS_SAID,
    **dict.fromkeys(("比较满意", "解决", "联系", "已接通", "接通", "√", "有"), True),
    **dict.fromkeys(("不太满意", "没有联系", "×", "无", "没有"), False),
    **dict.fromkeys(_OPEN, None),
}
_UNREACHED = ("无法接通", "未接通", "空号", "停机", "关机", "无人接听", "拒接", "联系不上", "未联系上")


@dataclass(frozen=True, slots=True)
class CallBack:
    """The answers of a call-back; None where nobody asked or it counts neither way. `unknown`: fields not read."""

    contacted: bool | None = None
    solved: bool | None = None
    satisfied: bool | None = None
    unknown: tuple[str, ...] = ()

    @property
    def is_said(self) -> bool:
        return (self.contacted, self.solved, self.satisfied) != (None, None, None)


def read_call_back(row: Mapping[str, Any]) -> CallBack:
    """Read the fields contacted, solved and satisfied; a resident who could not be reached was not contacted.

    Example: read_call_back({"satisfied": "无法接通"}) == CallBack(contacted=False)
    """
    found: dict[str, bool | None] = dict.fromkeys(ANSWERS)
    unknown = []
    for name in ANSWERS:
        value = row.get(name)
        plain = unicodedata.normalize("NFKC", clean_line(value)).lower().rstrip("。. ")
        if isinstance(value, bool):
            found[name] = value
        elif plain in _UNREACHED:
            found["contacted"] = False
        elif plain in _WORDS:
            found[name] = found[name] if _WORDS[plain] is None else _WORDS[plain]
        else:
            unknown.append(name)
    return CallBack(found["contacted"], found["solved"], found["satisfied"], tuple(unknown))


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
