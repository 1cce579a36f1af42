"""One row of a work-order sheet: a request, the reply it got, and the steps that its time columns tell of.

No time is invented. A call-back without an own time is put at the closing where its answers were filled in: centres ask
when they close an order; a reply without one is put there too, as a guess. A number of returns (退单次数) without their
times is only counted.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from nlp.errors import RowError
from nlp.records import CHINA, DEFAULT_CHANNEL, ResidentRequest, clean_line, parse_time
from serving.analysis import NewReply
from serving.channels import plain_channel
from serving.importing.answers import CallBack, plain_phone, read_call_back
from serving.importing.entries import RequestEntry
from serving.importing.step_texts import NOTHING, read_steps
from serving.intake import refuse_personal_id
from serving.store.events import RequestEvent

ID_CHARS = 16
STEP_TIMES = {
    "received_time": "received",
    "dispatched_time": "dispatched",
    "returned_time": "returned",
    "closed_time": "closed",
}
# What a ledger has under 办理情况 where nobody answered anything.
STATE_WORDS = frozenset((
    "已解决", "未解决", "推进中", "办理中", "已办结", "已完成", "处理中", "正在办理", "转办", "已转", "是", "否", "无",
))  # fmt: skip
ONLY_STATE = "办理情况只有状态,没有答复内容"
_TIME_NAMES = {
    "received_time": "受理时间",
    "dispatched_time": "派单时间",
    "returned_time": "退单时间",
    "closed_time": "办结时间",
    "callback_time": "回访时间",
}


def read_work_order(
    row: Mapping[str, Any], *, channel: str, id_from_content: bool = False, is_id_derived: bool = False
) -> RequestEntry:
    """Build the request of a row, its reply and its events. Raises RowError where the request itself is bad.

    channel: for a row that names none; is_id_derived: the row's id was made from what a person wrote
    """
    said = {**row, "channel": channel_in(row, channel), "user": _user(row), "text": _text_with_place(row)}
    if id_from_content and not clean_line(row.get("id")):
        said["id"], is_id_derived = make_id(said), True
    notes: list[str] = []
    if clean_line(row.get("due")) and parse_time(row.get("due")) is None:
        notes.append("要求办结的时间不是日期,按站点的时限表计")
        said["due"] = None
    request = ResidentRequest.from_row(said)
    if not is_id_derived:
        refuse_personal_id(request.id)
    notes += request.warnings
    reply = _reply(row, notes)
    return RequestEntry(request, reply, _events(row, request, notes), tuple(notes), is_id_derived)


def channel_in(row: Mapping[str, Any], default: str) -> str:
    """Return the row's channel as a code, or the default."""
    found = clean_line(row.get("channel"))[:200]
    return plain_channel(found) if found else default or DEFAULT_CHANNEL


def make_id(row: Mapping[str, Any]) -> str:
    """Make an id from what identifies a request without one: channel, time (however it is written), title and text."""
    time = parse_time(row.get("time"))
    said = {**row, "time": row.get("time") if time is None else time.astimezone(CHINA).isoformat()}
    content = "\x00".join(clean_line(said.get(name)) for name in ("channel", "time", "title", "text"))
    return "c-" + hashlib.sha256(content.encode()).hexdigest()[:ID_CHARS]


def _user(row: Mapping[str, Any]) -> str | None:
    """Return who asks: the export's own user, else the caller's number. The store keeps a keyed hash of either."""
    return clean_line(row.get("user")) or plain_phone(row.get("phone"))


def _text_with_place(row: Mapping[str, Any]) -> Any:
    """Add the address column to what is said where it says more: the place decides who is in charge."""
    text, address = row.get("text"), clean_line(row.get("address"))
    is_said = clean_line(text) or clean_line(row.get("title"))
    if not address or not is_said or isinstance(text, (dict, list)):
        return text
    known = "".join(f"{row.get('title') or ''}{text or ''}".split())
    return text if "".join(address.split()) in known else f"{text or ''}\n地址:{address}".lstrip("\n")


def is_only_state(reply: object) -> bool:
    """Say whether what stands for a reply only says how far the matter is (已解决): nobody is answered by that."""
    return re.sub(r"\W+", "", clean_line(reply)) in STATE_WORDS


def _reply(row: Mapping[str, Any], notes: list[str]) -> NewReply | None:
    if not clean_line(row.get("reply")):
        return None
    if is_only_state(row.get("reply")):
        notes.append(ONLY_STATE)
        return None
    own = row.get("reply_time")
    guess = None if clean_line(own) else parse_time(row.get("closed_time"))
    try:
        reply = NewReply.from_row(0, {**row, "reply_time": guess or own})
    except RowError:
        notes.append("答复过长或读不出来,未存")
        return None
    notes += reply.pair.warnings
    return replace(reply, is_time_guessed=guess is not None)


def _events(row: Mapping[str, Any], request: ResidentRequest, notes: list[str]) -> tuple[RequestEvent, ...]:
    events = []
    for name, kind in STEP_TIMES.items():
        time = _time(row, name, notes)
        if time is not None:
            events.append(RequestEvent(kind, time, _unit(row, kind)))
    events += _called_back(row, read_call_back(row), notes)
    events += _told(row, events, notes)
    if _count(row.get("returned")) and not any(e.type == "returned" for e in events):
        notes.append("有退单次数而没有退单时间,未记为退回")
    if events and request.time is not None and not any(e.type == "received" for e in events):
        events.insert(0, RequestEvent("received", request.time))
    return tuple(events)


def _told(row: Mapping[str, Any], events: list[RequestEvent], notes: list[str]) -> list[RequestEvent]:
    """Return the steps that the column of the order's history tells of, but for those of columns of their own."""
    cell = clean_line(row.get("history"))
    steps = read_steps(cell)
    if cell not in NOTHING and not steps:
        notes.append("退单、流转记录里认不出日期和环节,未记")
    known = {(e.type, e.time.astimezone(CHINA).date()) for e in events}
    return [s for s in steps if (s.type, s.time.astimezone(CHINA).date()) not in known]


def _unit(row: Mapping[str, Any], kind: str) -> str:
    """Return whose step it is: nobody's where the centre took the call, the unit it went to, else the one in charge."""
    sent_to = row.get("dispatched_unit") if kind == "dispatched" else None
    return "" if kind == "received" else clean_line(sent_to or row.get("unit"))[:200]


def _called_back(row: Mapping[str, Any], answers: CallBack, notes: list[str]) -> list[RequestEvent]:
    if answers.is_scale:
        notes.append("满意度是数字,没有采用")
    if answers.unknown:
        notes.append("回访结果的写法不认识,未记")
    time = _time(row, "callback_time", notes)
    if time is None and answers.is_said:
        time = parse_time(row.get("closed_time"))
        if time is None:
            notes.append("有回访结果而没有回访和办结时间,未记")
    if time is None:
        return []
    return [
        RequestEvent(
            "called_back",
            time,
            contacted=answers.contacted,
            solved=answers.solved,
            satisfied=answers.satisfied,
        )
    ]


def _time(row: Mapping[str, Any], name: str, notes: list[str]) -> Any:
    value = row.get(name)
    found = parse_time(value)
    if found is None and clean_line(value):
        notes.append(f"{_TIME_NAMES[name]}不是日期,未记这一步")
    return found


def _count(value: object) -> int:
    try:
        return int(float(clean_line(value) or 0))
    except (ValueError, OverflowError):
        return 0
