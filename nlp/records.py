"""What comes in: plain values, standard library only, nothing imported from the package but its errors.

A `from_row` constructor applies the contract's table of bad input to one mapping with the contract's field names.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from datetime import time as clock
from typing import Any

from nlp.errors import RowError

MAX_CHARS = 20_000
DEFAULT_CHANNEL = "import"
YEARS = (1900, 2200)
_TIME_NAMES = {"time": "时间 time", "reply_time": "答复时间 reply_time", "published": "发布时间 published"}
CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")
_MIDNIGHT = clock(tzinfo=CHINA)

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufeff]")
_LONG_NUMBER = re.compile(r"\d{7}")
_TIME = re.compile(
    r"^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})[日号]?(?:\s*(?:星期|周|礼拜)[一二三四五六日天])?"
    r"(?:[\sT]*(凌晨|早上|早晨|清晨|上午|中午|下午|傍晚|晚上|夜间|am|pm)?\s*"
    r"(\d{1,2})[:时点](?:(\d{1,2})分?(?::?(\d{1,2})(?:\.\d+)?秒?)?)?"
    r"|\s*(?:凌晨|早上|早晨|清晨|上午|中午|下午|傍晚|晚上|夜间))?$",
    re.IGNORECASE,
)
_COMPACT = re.compile(r"^(\d{4})(\d\d)(\d\d)[\sT]*(?:(\d\d)(\d\d)(\d\d)?)?$")
_DOTTED = re.compile(r"(?<=\s)(\d{1,2})\.(\d\d)(?:\.(\d\d))?$")  # 08.30, which ISO 8601 reads as a part of an hour
_AFTERNOON = ("中午", "下午", "傍晚", "晚上", "夜间", "pm")


@dataclass(frozen=True, slots=True)
class ResidentRequest:
    """One message of a resident (诉求).

    `id` is the external id, unique within `channel`. `time` carries a zone. `warnings` are Chinese sentences.
    due: when the platform that it comes from wants it done; None leaves it to the site's rules
    """

    id: str
    text: str = ""
    title: str = ""
    time: datetime | None = None
    channel: str = DEFAULT_CHANNEL
    area: str | None = None
    site: str | None = None
    user: str | None = None
    likes: int = 0
    dislikes: int = 0
    warnings: tuple[str, ...] = ()
    due: datetime | None = None

    @property
    def full_text(self) -> str:
        """Title, line feed, text: what the spans of a stateless answer refer to."""
        return f"{self.title}\n{self.text}"

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> ResidentRequest:
        """Build from a mapping with the contract's names. Raises RowError."""
        row_id = _id_of(row)
        title, text = _text(row, "title", row_id), _text(row, "text", row_id)
        if not title.strip() and not text.strip():
            raise RowError(
                "诉求没有内容:应有 text(诉求内容)或 title(标题),两者都是空的;请补上后重新提交", row_id=row_id
            )
        _check_length(title + text, row_id)
        time, warnings = _time(row, "time")
        due, of_due = _due(row, time)
        return cls(
            id=row_id,
            text=text,
            title=title,
            time=time,
            channel=_channel(row, row_id),
            area=_optional(row, "area"),
            site=_optional(row, "site"),
            user=_optional(row, "user"),
            likes=_count(row, "likes"),
            dislikes=_count(row, "dislikes"),
            warnings=warnings + of_due,
            due=due,
        )


@dataclass(frozen=True, slots=True)
class RepliedRequest:
    """A request with the official answer it got (诉求与答复). An empty reply is judged not assessable."""

    request: ResidentRequest
    reply: str
    reply_time: datetime | None = None
    warnings: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return self.request.id

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> RepliedRequest:
        """Build from a request row with `reply` and `reply_time`. Raises RowError."""
        request = ResidentRequest.from_row(row)
        reply = _text(row, "reply", request.id)
        _check_length(reply, request.id)
        reply_time, warnings = _time(row, "reply_time")
        return cls(request, reply, reply_time, request.warnings + warnings)


@dataclass(frozen=True, slots=True)
class Post:
    """One article of a public account (推文)."""

    id: str
    account: str
    title: str = ""
    body: str = ""
    published: datetime | None = None
    warnings: tuple[str, ...] = ()

    @property
    def full_text(self) -> str:
        """Title, line feed, body: what the spans of a review refer to."""
        return f"{self.title}\n{self.body}"

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Post:
        """Build from a mapping with the contract's names. Raises RowError."""
        row_id = _id_of(row)
        title, body = _text(row, "title", row_id), _text(row, "body", row_id)
        if not title.strip() and not body.strip():
            raise RowError("推文没有内容:应有 title 或 body,两者都是空的", row_id=row_id)
        _check_length(title + body, row_id)
        published, warnings = _time(row, "published")
        return cls(row_id, _optional(row, "account") or "", title, body, published, warnings)


@dataclass(frozen=True, slots=True)
class IssueBrief:
    """An issue as posts are matched against it: id, title and the messages behind it."""

    issue: str
    title: str
    messages: tuple[ResidentRequest, ...] = ()

    @classmethod
    def from_row(cls, row: Mapping[str, Any], *, requests: Mapping[str, ResidentRequest] | None = None) -> IssueBrief:
        """Build from `{"issue", "title", "messages": […]}`, or with `requests` (ids looked up in `requests`)."""
        issue = _optional(row, "issue")
        if issue is None:
            raise RowError("共性问题缺少编号:应有 issue 字段")
        messages = _list(row.get("messages"), issue, "messages")
        if not all(isinstance(m, Mapping) for m in messages):
            raise RowError('messages 应是对象的列表,如 [{"id": "1", "text": "…"}]', row_id=issue)
        if messages:
            found = tuple(ResidentRequest.from_row({"id": f"{issue}-{n}", **dict(m)}) for n, m in enumerate(messages))
        else:
            ids = [str(i) for i in _list(row.get("requests"), issue, "requests")]
            found = tuple(requests[i] for i in ids if requests and i in requests)
        title = _text(row, "title", issue)
        if not title.strip() and not found:
            raise RowError("共性问题没有内容:应有 title、messages,或能在诉求文件中找到的 requests", row_id=issue)
        return cls(issue, title, found)


def clean_text(value: str) -> str:
    """Put a space for each NUL, control character and lone surrogate, a line feed for a lone carriage return.

    The length stays, so that spans refer to the text that was sent.
    """
    return _CONTROL.sub(" ", value.replace("\r\n", " \n").replace("\r", "\n"))


def clean_line(value: object) -> str:
    """Remove control characters and the space around a short field: an id, a name, a note. None gives ""."""
    return "" if value is None else _CONTROL.sub("", str(value)).strip()


def parse_time(value: str | int | float | datetime | None) -> datetime | None:
    """Read ISO 8601, `2019/8/18 14:44`, `2026年11月9日 下午3:05` or `20261109083012`; zone-less means Asia/Shanghai.

    Full-width digits count as digits; 24:00 is the start of the next day, 08.30 is 08:30; a part of the day without a
    clock (11月9日上午) leaves the day. Returns None where it is no date (11/9/2026 is not: day and month are not told
    apart), or none between 1900 and 2200: deadlines and databases fail at the ends of time.
    """
    found = _read_time(value)
    return found if found is not None and YEARS[0] <= found.year <= YEARS[1] else None


def _read_time(value: str | int | float | datetime | None) -> datetime | None:
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=CHINA)
    if not isinstance(value, str) or not value.strip():
        return None
    text = unicodedata.normalize("NFKC", value).strip()
    if compact := _COMPACT.match(text):
        return _moment([int(p) if p else 0 for p in compact.groups()])
    text = _DOTTED.sub(lambda m: ":".join(p for p in m.groups() if p), text)
    try:
        found = datetime.fromisoformat(text.replace("Z", "+00:00"))
        return found if found.tzinfo else found.replace(tzinfo=CHINA)
    except ValueError:
        pass
    match = _TIME.match(text)
    if match is None:
        return None
    year, month, day, half, hour, minute, second = match.groups()
    parts = [int(p) if p else 0 for p in (year, month, day, hour, minute, second)]
    clock = _hour(parts[3], (half or "").lower())
    return None if clock is None else _moment([*parts[:3], clock, *parts[4:]])


def _hour(hour: int, half: str) -> int | None:
    """Make 下午3点 15 and 凌晨12点 0; 中午11点 stays 11. 晚上12点 gives None: which day is meant is unclear."""
    if hour == 12 and half in ("晚上", "夜间"):
        return None
    if half == "am" or half == "凌晨":
        return hour % 12 if hour == 12 else hour
    return hour + 12 if half in _AFTERNOON and hour < (11 if half == "中午" else 12) else hour


def _moment(parts: Sequence[int]) -> datetime | None:
    """Build a moment of year, month, day, hour, minute and second; 24:00:00 belongs to the next day."""
    ends = list(parts[3:]) == [24, 0, 0]
    try:
        found = datetime(*(parts[:3] if ends else parts), tzinfo=CHINA)  # type: ignore[misc,arg-type]
        return found + timedelta(days=1) if ends else found
    except (ValueError, OverflowError):
        return None


def _id_of(row: Mapping[str, Any]) -> str:
    value = row.get("id")
    if value is None or isinstance(value, (dict, list, bool)) or not (text := clean_line(value)):
        raise RowError("缺少编号:应有 id(工单编号、留言编号)字段;请补上,或用 --map 指定是哪一列,如 --map 序号=id")
    if len(text) > 200:
        raise RowError(f"编号过长:id 最多 200 个字符,收到 {len(text)} 个", row_id=text[:40] + "…")
    return text


def _text(row: Mapping[str, Any], name: str, row_id: str) -> str:
    value = row.get(name)
    if value is None:
        return ""
    if isinstance(value, (dict, list)):
        raise RowError(f"{name} 应是文字,收到的是{'对象' if isinstance(value, dict) else '列表'}", row_id=row_id)
    return clean_text(str(value))


def _optional(row: Mapping[str, Any], name: str) -> str | None:
    value = row.get(name)
    if value is None or isinstance(value, (dict, list)):
        return None
    return clean_line(value)[:200] or None


def _channel(row: Mapping[str, Any], row_id: str) -> str:
    found = _optional(row, "channel") or DEFAULT_CHANNEL
    if _LONG_NUMBER.search(found):
        raise RowError("channel 应是渠道的代码或名称(如 hotline、留言板),收到的像是号码", row_id=row_id)
    return found


def _count(row: Mapping[str, Any], name: str) -> int:
    try:
        return max(0, min(int(float(row.get(name) or 0)), 10**9))
    except (TypeError, ValueError, OverflowError):
        return 0


def _time(row: Mapping[str, Any], name: str) -> tuple[datetime | None, tuple[str, ...]]:
    value = row.get(name)
    if value is None or value == "":
        return None, ()
    found = parse_time(value)
    if found is None:
        said = _TIME_NAMES.get(name, name)
        return None, (f"{said} 不是日期:应为 2026-11-09T08:30:00+08:00 或 2026/11/9 8:30,已按没有时间处理",)
    return found, ()


def _due(row: Mapping[str, Any], time: datetime | None) -> tuple[datetime | None, tuple[str, ...]]:
    """Read a deadline; one that is only a day ends with that day."""
    value = row.get("due")
    if value is None or value == "":
        return None, ()
    found = parse_time(value)
    if found is None:
        return None, ("要求办结时间 due 不是日期,没有采用;办结时限按站点的时限表计",)
    if found.astimezone(CHINA).timetz() == _MIDNIGHT and "24:" not in str(value):
        found += timedelta(hours=23, minutes=59)
    if time is not None and found < time:
        return None, ("due 早于诉求的时间,没有采用;办结时限按站点的时限表计",)
    return found, ()


def _check_length(text: str, row_id: str) -> None:
    if len(text) > MAX_CHARS:
        raise RowError(f"内容过长:最多 {MAX_CHARS:,} 个字符,收到 {len(text):,} 个;请拆分或删去附件文字", row_id=row_id)


def _list(value: Any, row_id: str, name: str) -> Sequence[Any]:
    if value is None or value == "":
        return ()
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError as exc:
            raise RowError(f"{name} 应是 JSON 列表,读不出来", row_id=row_id) from exc
    if not isinstance(value, (list, tuple)):
        raise RowError(f"{name} 应是列表", row_id=row_id)
    return value
