"""What offices call a step and the answers of a call-back, in our words: 派单 is dispatched, 已解决 is true."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

from nlp.records import clean_line
from serving.wording import EVENT_NAMES

# To another unit, with or without a return before: a dispatch, whose note keeps the word.
REASSIGNED = ("改派", "转派", "重新派单")
EVENT_TYPES_SAID = {
    **{name: code for code, name in EVENT_NAMES.items()},
    **dict.fromkeys(("收到", "登记", "收件", "接件", "立案", "创建"), "received"),
    **dict.fromkeys(("派发", "派遣", "转办", "交办", "分派", "下派"), "dispatched"),
    **dict.fromkeys(REASSIGNED, "dispatched"),
    **dict.fromkeys(("退回", "退件", "拒签", "驳回", "驳回(退回)"), "returned"),
    **dict.fromkeys(("回复", "反馈", "反馈结果", "结果反馈", "办理反馈"), "replied"),
    **dict.fromkeys(("结案", "归档", "关闭", "办理完成", "办理完毕", "办结归档"), "closed"),
    **dict.fromkeys(("重办", "重新办理", "二次办理", "激活", "返工", "督办重办"), "reopened"),
    **dict.fromkeys(("电话回访", "满意度回访"), "called_back"),
}
# Steps that an office's list tells of and that change nothing of who has a request or whether it is done. 反馈 alone is
# the answer of the unit in charge; 阶段反馈 tells of work going on.
IGNORED_STEPS = frozenset((
    "签收", "接单", "核实", "审核", "审批", "转阅", "阅办", "阅示", "备案", "催办", "督办", "查看", "打印",
    "延期", "延期申请", "申请延期", "延期审批", "延期审核", "阶段反馈", "过程反馈", "进度反馈",
))  # fmt: skip
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
    """Return `type` and the answers of a row in our words; what is none of the words stays as it is.

    Where the note has to keep the word (改派), there is a `note` too: the word and the row's own note.
    """
    kind = row.get("type")
    found: dict[str, Any] = {"type": _kind(kind) or kind if isinstance(kind, str) else kind}
    if isinstance(kind, str) and (word := _plain(kind)).removeprefix("已") in REASSIGNED:
        note = clean_line(row.get("note"))
        found["note"] = note if word in note else "：".join(filter(None, (word, note)))
    for name in ANSWERS:
        value = row.get(name)
        known = isinstance(value, (str, int)) and not isinstance(value, bool)
        found[name] = ANSWERS_SAID.get(clean_line(value).lower(), value) if known else value
    return found


def is_ignored_step(word: str) -> bool:
    """Say whether a word names a step that is known but not kept; an unknown word is neither that nor a type.

    Example: is_ignored_step("已签收") and not is_ignored_step("派单")
    """
    plain = _plain(word)
    return _kind(word) is None and (plain in IGNORED_STEPS or plain.removeprefix("已") in IGNORED_STEPS)


def _kind(word: str) -> str | None:
    plain = _plain(word)
    return EVENT_TYPES_SAID.get(plain) or EVENT_TYPES_SAID.get(plain.removeprefix("已"))


def _plain(word: str) -> str:
    return "".join(unicodedata.normalize("NFKC", clean_line(word)).split())
