"""What offices call a step and the answers of a call-back, in our words: 派单 is dispatched, 已解决 is true."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nlp.records import clean_line
from serving.wording import EVENT_NAMES

EVENT_TYPES_SAID = {
    **{name: code for code, name in EVENT_NAMES.items()},
    **dict.fromkeys(("收到", "登记", "收件", "立案"), "received"),
    **dict.fromkeys(("派发", "转办", "交办", "分派", "下派"), "dispatched"),
    **dict.fromkeys(("退回", "改派", "退件", "拒签"), "returned"),
    **dict.fromkeys(("回复", "反馈"), "replied"),
    **dict.fromkeys(("结案", "办理完成"), "closed"),
    **dict.fromkeys(("重办", "重新办理", "返工", "督办重办"), "reopened"),
    **dict.fromkeys(("电话回访", "满意度回访"), "called_back"),
}
ANSWERS_SAID: dict[str, bool | None] = {
    **dict.fromkeys(
        ("是", "true", "1", "满意", "基本满意", "非常满意", "很满意", "已解决", "基本解决", "已联系", "已联系上"), True
    ),
    **dict.fromkeys(
        ("否", "false", "0", "不满意", "非常不满意", "很不满意", "未解决", "没有解决", "未联系", "未联系上"), False
    ),
    **dict.fromkeys(("", "未评价", "未回访", "不清楚", "-", "—", "/"), None),
}
ANSWERS = ("contacted", "solved", "satisfied")


def read_event_words(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return `type` and the answers of a row in our words; what is none of the words stays as it is."""
    kind = row.get("type")
    found: dict[str, Any] = {"type": EVENT_TYPES_SAID.get(clean_line(kind), kind) if isinstance(kind, str) else kind}
    for name in ANSWERS:
        value = row.get(name)
        known = isinstance(value, (str, int)) and not isinstance(value, bool)
        found[name] = ANSWERS_SAID.get(clean_line(value).lower(), value) if known else value
    return found
