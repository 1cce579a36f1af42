"""Chat logs as people really have them, read into messages: time, sender, text, and the line where each begins.

WeChat has no official text export, so five line styles are known; a log has the style that most of its lines show:

    [2026-11-09 08:30] 张三: 内容          bracket   (also round brackets; the text may begin on the next line)
    2026-11-09 08:30:12 张三: 内容         inline
    2026-11-09 08:30:12<TAB>张三<TAB>内容   table
    2026-11-09 08:30:12 张三(12345678)     lead      QQ and export tools; the text follows
    张三 2026/11/9 08:30  or  张三 8:30     tail      copies and merged forwards; date lines between the days

A line that no style explains belongs to the message above it. Lines of the program (joined, recalled, red packet)
become messages without a sender. A clock without a date takes the date of the date line above it; 今天, 昨天 and 前天
count from the day of export (导出时间) or from a date line that stands first; without either the time is None.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from nlp.records import CHINA, clean_text, parse_time
from nlp.tables import TableRow

CHAT: Mapping[str, tuple[str, ...]] = {
    "time": ("时间", "发送时间", "消息时间", "发言时间", "日期时间", "日期", "strtime", "createtime", "timestamp"),
    "sender": ("群昵称", "昵称", "发送人", "发送者", "发言人", "用户昵称", "nickname", "remark", "姓名", "用户"),
    "text": ("内容", "消息内容", "聊天内容", "发言内容", "消息", "文本", "strcontent", "content", "message"),
}
# Two lines of one style may stand in any report by chance; three with the text between them are a conversation.
MIN_MESSAGES = 3
MAX_SENDER = 40
# A bare clock closes many sentences ("停到 8:30"); it counts as a header only where nearly all such lines open a block.
OPENS_A_BLOCK = 0.8

_DAY = r"(?P<day>\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?|\d{1,2}月\d{1,2}日|今天|昨天|前天)"
_WEEKDAY = r"(?:[ \u3000]*(?:星期|周)[一二三四五六日天])?"
_CLOCK = (
    r"(?P<part>凌晨|清晨|早上|上午|中午|下午|傍晚|"
    r"晚上)?[ ]?(?P<hour>\d{1,2})[:：](?P<minute>\d{2})(?:[:：](?P<second>\d{2}))?"
)
_WHEN = rf"{_DAY}{_WEEKDAY}[ \tT\u3000]*{_CLOCK}"
_NAME = r"(?P<sender>[^\s:：][^:：\t]{0,39}?)"
_STYLES = {
    "bracket": re.compile(rf"^[\[【(（]{_WHEN}[\]】)）][ \t]*{_NAME}[ \t]*(?:[:：][ \t]*(?P<text>.*))?$"),
    "inline": re.compile(rf"^{_WHEN}[ \u3000]+{_NAME}[ ]?[:：][ \t]*(?P<text>.+)$"),
    "table": re.compile(rf"^{_WHEN}[ ]*[\t|][ ]*(?P<sender>[^\t|]{{1,40}}?)[ ]*[\t|](?P<text>.*)$"),
    "lead": re.compile(rf"^{_WHEN}[ \t\u3000]+(?P<sender>\S.{{0,60}}?)[ \t]*[:：]?$"),
    "tail": re.compile(rf"^(?P<sender>\S.{{0,60}}?)[:：]?[ \t\u3000]+{_WHEN}$"),
    "clock": re.compile(rf"^(?P<sender>\S.{{0,60}}?)[:：]?[ \t\u3000]+{_CLOCK}$"),
}
_DATE_LINE = re.compile(rf"^[—–─\-=*·\s]*{_DAY}{_WEEKDAY}(?:[ \u3000]*{_CLOCK})?[—–─\-=*·\s]*$")
_EXPORTED = re.compile(rf"(?:导出|保存|备份|生成)(?:时间|日期)[^\d]{{0,4}}{_DAY}")
_FURNITURE = re.compile(r"^(?:={8,}|-{20,}|消息(?:记录|分组|对象)[（(:：].*)$")
_GROUP = re.compile(
    r"^(?:群聊)?[“\"「](?P<quoted>.{1,40})[”\"」]的(?:微信)?(?:群聊|聊天)|^消息对象[:：]\s*(?P<named>.{1,40})$"
)
_ACCOUNT = re.compile(r"[ ]*(?:[(（](?:\d{5,12}|wxid_\w+|[\w.\-]{6,20}|系统)[)）]|<[^<>]*>)$")
_PROGRAM_NAME = re.compile(r"^(?:系统(?:消息|提示|通知)?|群(?:通知|助手)|微信团队|腾讯客服|system)$", re.IGNORECASE)
_WHO = r"(?:[\"“「].{1,40}?[\"”」]|你|\S.{0,30}?)"
_PROGRAM = re.compile(
    rf"^{_WHO}(?:(?:邀请|通过).{{0,60}}(?:加入(?:了)?群聊|进群)|加入(?:了)?群聊|(?:被.{{0,20}})?移出(?:了)?群聊|"
    rf"将.{{0,40}}移出(?:了)?群聊|"
    r"退出(?:了)?群聊|撤回了一条(?:成员)?消息|拍了拍.{1,40}|修改群名为.+|领取了.{1,40}红包|发出红包.*|发了一个红包.*|"
    r"发布了?群公告|已成为(?:新的?)?群主|开启了?.{0,12}(?:禁言|群聊邀请确认))[。,,]?$|^以下(?:是|为)新消息$|"
    r"^收到红包.{0,30}$"
)


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One message. `line` is where it begins (1-based); `sender` is empty for a line of the program."""

    line: int
    time: datetime | None
    sender: str
    text: str


def is_chat(text: str) -> bool:
    """Say whether a text is a chat log: at least `MIN_MESSAGES` lines that open a message in one style."""
    return _style_of(text.splitlines()) is not None


def read_chat(text: str) -> tuple[ChatMessage, ...]:
    """Read a log of any known style, in the order of its lines; () where it is none.

    Example:
        [m.sender for m in read_chat("[11月9日 8:30] 甲: 早\\n[11月9日 8:31] 乙: 停水\\n[11月9日 8:32] 甲: 对")]
        # ['甲', '乙', '甲']
    """
    lines = clean_text(text.removeprefix("\ufeff")).split("\n")
    style = _style_of(lines)
    return tuple(_messages(lines, style)) if style else ()


def chat_from_rows(rows: Iterable[TableRow]) -> tuple[ChatMessage, ...]:
    """Read a table of time, sender, text (header map `CHAT`). Rows that the table reader refused are left out."""
    return tuple(
        ChatMessage(row.line, read_cell_time(row.values.get("time")), *_person(row.values.get("sender"), row.values))
        for row in rows
        if row.error is None and row.skipped is None
    )


def chat_group(text: str) -> str | None:
    """Return the name of the group where the log gives it in its first lines."""
    for line in text.splitlines()[:12]:
        match = _GROUP.match(line.strip())
        if match:
            return match["quoted"] or match["named"]
    return None


def _person(name: Any, values: Mapping[str, Any]) -> tuple[str, str]:
    return _plain_sender(str(name or "")), clean_text(str(values.get("text") or "")).strip()


def read_cell_time(value: Any) -> datetime | None:
    """Read the time of a table cell: what `parse_time` reads, or seconds or milliseconds since 1970."""
    text = str(value or "").strip()
    if text.isdigit() and len(text) in (10, 13):
        return datetime.fromtimestamp(int(text[:10]), CHINA)
    return parse_time(value if isinstance(value, datetime) else text)


def _style_of(lines: Iterable[str]) -> tuple[str, ...] | None:
    """Return the styles whose lines open messages, None where the text is no log."""
    counts = dict.fromkeys(_STYLES, 0)
    opening = 0
    above = ""
    for line in (raw.strip() for raw in lines):
        for name in _STYLES:
            counts[name] += _header(line, (name,)) is not None
        opening += bool(_STYLES["clock"].match(line)) and (not above or bool(_DATE_LINE.match(above)))
        above = line
    if counts["inline"] >= 0.8 * counts["lead"] and counts["inline"] >= MIN_MESSAGES:
        return ("inline",)
    counts.pop("inline")
    bare = counts.pop("clock") - counts["tail"]
    opening -= counts["tail"]
    if bare > 0 and opening >= OPENS_A_BLOCK * bare and bare + counts["tail"] >= max(MIN_MESSAGES, *counts.values()):
        return ("tail", "clock")
    best = max(counts, key=lambda name: counts[name])
    return (best,) if counts[best] >= MIN_MESSAGES else None


def _messages(lines: list[str], styles: tuple[str, ...]) -> Iterator[ChatMessage]:
    calendar = _Calendar.of(lines, styles)
    at, time, sender = 0, None, ""
    held: list[str] | None = None
    for number, line in enumerate((raw.strip() for raw in lines), start=1):
        header = _header(line, styles)
        if header is None and held is not None and not _ends_a_message(line, by_program=not sender):
            held.append(line)
            continue
        if held is not None:
            yield ChatMessage(at, time, sender, "\n".join(held).strip())
            held = None
        if header is not None:
            at, time, sender = number, calendar.time(header), _plain_sender(header["sender"])
            held = [header.groupdict().get("text") or ""]
        elif _DATE_LINE.match(line):
            calendar.turn_to(line)
        elif _PROGRAM.match(line):
            yield ChatMessage(number, time, "", line)
    if held is not None:
        yield ChatMessage(at, time, sender, "\n".join(held).strip())


def _header(line: str, styles: tuple[str, ...]) -> re.Match[str] | None:
    if _DATE_LINE.match(line) or _EXPORTED.search(line):
        return None
    return next((found for name in styles if (found := _STYLES[name].match(line))), None)


def _ends_a_message(line: str, *, by_program: bool) -> bool:
    return bool(_DATE_LINE.match(line) or _FURNITURE.match(line) or (not by_program and _PROGRAM.match(line)))


def _plain_sender(name: str) -> str:
    plain = _ACCOUNT.sub("", name.strip()).strip()[:MAX_SENDER]
    return "" if _PROGRAM_NAME.match(plain) else plain


@dataclass(slots=True)
class _Calendar:
    """Which day a clock belongs to: `exported` for 今天 and 昨天, `current` for a clock alone."""

    exported: date | None
    current: date | None = None

    @classmethod
    def of(cls, lines: list[str], styles: tuple[str, ...]) -> _Calendar:
        calendar = cls(None)
        for line in (raw.strip() for raw in lines):
            found = _EXPORTED.search(line) or _DATE_LINE.match(line)
            if found:
                calendar.exported = calendar._day(found["day"])
            if found or _header(line, styles):
                break
        return calendar

    def turn_to(self, line: str) -> None:
        match = _DATE_LINE.match(line)
        self.current = (match and self._day(match["day"])) or None

    def time(self, match: re.Match[str]) -> datetime | None:
        named = match.groupdict().get("day")
        day = self._day(named) if named else self.current
        hour = int(match["hour"])
        afternoon = match["part"] in ("下午", "傍晚", "晚上")
        if (afternoon and hour < 12) or (match["part"] == "中午" and hour < 11):
            hour += 12
        if day is None or hour > 23 or int(match["minute"]) > 59 or int(match["second"] or 0) > 59:
            return None
        return datetime(
            day.year, day.month, day.day, hour, int(match["minute"]), int(match["second"] or 0), tzinfo=CHINA
        )

    def _day(self, name: str) -> date | None:
        if name in ("今天", "昨天", "前天"):
            back = ("今天", "昨天", "前天").index(name)
            return self.exported - timedelta(days=back) if self.exported else None
        if "年" not in name and "月" in name:
            year = (self.current or self.exported or date.min).year
            name = f"{year:04d}年{name}"
        found = parse_time(name)
        return found.date() if found else None
