"""Exports of a public account's inbox (消息管理) and of the comments below its articles (留言管理) become requests.

Neither export has message ids, the inbox comes newest first, and people write one thought in several messages: the
messages of one person within `MERGE_MINUTES` and before an answer are one request. Menu clicks, greetings, pictures
alone and what the program writes are skipped with a reason; automatic replies are no replies.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from nlp.chats.format import read_cell_time
from nlp.chats.records import ChatReading, ChatRequest, MessageIds, iso_time, quote_context
from nlp.chats.words import agrees, asks_something, bare_words, content_length, idle_reason, opens_a_matter, subjects_of
from nlp.records import clean_text
from nlp.tables import TableRow

INBOX: Mapping[str, tuple[str, ...]] = {
    "open_id": ("OpenID", "用户OpenID", "用户ID", "粉丝ID", "用户标识", "fakeid"),
    "user": ("用户昵称", "昵称", "粉丝昵称", "留言用户", "留言者", "用户", "发送人", "评论用户"),
    "text": ("消息内容", "留言内容", "评论内容", "内容", "消息", "留言"),
    "time": ("消息时间", "留言时间", "评论时间", "时间", "发送时间", "接收时间", "提交时间"),
    "replied": ("是否回复", "已回复", "回复状态", "是否已回复"),
    "reply": ("回复内容", "作者回复", "公众号回复", "客服回复", "回复"),
    "reply_time": ("回复时间", "作者回复时间"),
    "type": ("消息类型", "类型"),
    "direction": ("消息方向", "收发", "收发类型", "方向"),
    "article": ("文章标题", "图文标题", "所属文章", "文章"),
    "likes": ("点赞数", "点赞", "赞数", "赞"),
    "account": ("公众号", "账号名称", "公众号名称", "账号"),
}
# A person who waits for an answer adds to his message for some minutes; later he writes anew.
MERGE_MINUTES = 15.0
_SHORTEST = 4
_SPEAKS_ALONE = 12

_MENU = re.compile(
    r"^(?:\d{1,3}|[A-Za-z]{1,3}|菜单|首页|返回|帮助|help|人工|转人工|人工客服|客服|联系客服|有人吗|在线客服|"
    r"关注|签到|抽奖|领取|查询|【?(?:收到)?暂不支持.{0,20}】?)[。.!!??]*$|^【?(?:收到)?不支持的消息类型"
)
_NO_TEXT_TYPE = re.compile(r"事件|关注|菜单|图片|语音|视频|位置|表情|event|image|voice|video", re.IGNORECASE)
_OUTBOUND = re.compile(r"^(?:发[送出]|回复|公众号|客服|下行|out|sent)", re.IGNORECASE)
_NOT_REPLIED = re.compile(r"^(?:否|未|没|0|false|no)", re.IGNORECASE)
# What only a program says. Thanks for following alone are courtesy, which people begin their answers with too.
_AUTOMATIC = re.compile(
    r"自动回复|^(?:您好|你好|亲)?[,,。!!~\s]*欢迎(?:您|你)?的?关注|回复(?:数字|关键[词字]|【)|点击(?:下方|底部)?(?:菜单|链接)|"
    r"客服(?:不在线|暂时|正在忙)|"
    r"^(?:您好[,,!!]?)?(?:您的)?(?:留言|消息|信息)?(?:我们)?已(?:经)?收到.{0,24}(?:尽快|稍后|"
    r"第一时间).{0,12}(?:回复|联系|处理)?.{0,6}$|工作时间(?:为|是)?.{0,40}(?:请|留言)"
)
_COURTESY = re.compile(
    r"(?:感谢|谢谢|欢迎)(?:您|你|大家)?(?:对?我们|对?本(?:公众)?号)?的?(?:关注|订阅|来信|留言)(?:[和与、及]?(?:支持|点赞|信任|理解))*|"
    r"您好|你好|亲|(?:我们|本号|这里)?(?:将|会)?(?:为|给)?(?:您|你|大家)?(?:每天|定期|及时|第一时间)?(?:推送|发布).{0,12}(?:资讯|信息|消息|动态)"
)
# A person does not answer within the minute, nor thrice with one text that begins with thanks for following.
MACHINE_SECONDS, MACHINE_COPIES = 60.0, 3
_NOBODY = re.compile(r"^(?:微信用户|匿名(?:用户)?|游客|网友|粉丝|用户|已注销.*|-)?$")


def inbox_requests(rows: Iterable[TableRow], *, account: str = "") -> ChatReading:
    """Find the requests in the rows of an inbox or comment export (fields of `INBOX`).

    account: the account's name where no column gives it; it enters ids and `unit`. Rows that the table reader refused
    or skipped are left out: it has reported them.
    """
    notes = _without_machine([_Note.of(row, account) for row in rows if row.error is None and row.skipped is None])
    reader = _Reader()
    for note in sorted(notes, key=lambda n: (n.time is None, n.time.timestamp() if n.time else 0.0)):
        reader.take(note)
    found = sorted((t.request(number) for number, t in enumerate(reader.threads)), key=lambda r: r.line)
    return ChatReading(tuple(found), tuple(sorted(reader.skipped.items())))


@dataclass(frozen=True, slots=True)
class _Note:
    """One row. `person` is empty where nobody can be told apart; `reply` is a person's answer or empty."""

    line: int
    time: datetime | None
    person: str
    text: str
    kind: str
    outbound: bool
    article: str
    likes: int
    account: str
    reply: str
    reply_time: datetime | None

    @classmethod
    def of(cls, row: TableRow, account: str) -> _Note:
        cells = {name: clean_text(str(v)).strip() for name, v in row.values.items() if v is not None}
        place = cells.get("account") or account
        name = cells.get("user", "")
        person = cells.get("open_id") or ("" if _NOBODY.match(name) else f"{name}@{place}")
        reply = "" if _NOT_REPLIED.match(cells.get("replied", "")) else cells.get("reply", "")
        return cls(
            line=row.line,
            time=read_cell_time(row.values.get("time")),
            person=person,
            text=cells.get("text", ""),
            kind=cells.get("type", ""),
            outbound=bool(_OUTBOUND.match(cells.get("direction", ""))),
            article=cells.get("article", ""),
            likes=_count(cells.get("likes", "")),
            account=place,
            reply=reply,
            reply_time=read_cell_time(row.values.get("reply_time")),
        )


def _without_machine(notes: list[_Note]) -> list[_Note]:
    """Empty the replies that a program gave, and the outgoing rows that are such."""
    copies = Counter(n.text if n.outbound else n.reply for n in notes)
    kept = []
    for note in notes:
        said = note.text if note.outbound else note.reply
        waited = math.inf
        if note.time is not None and note.reply_time is not None:
            waited = (note.reply_time - note.time).total_seconds()
        is_machine = bool(said) and _is_automatic(said, waited=waited, copies=copies[said])
        if is_machine:
            note = replace(note, text="") if note.outbound else replace(note, reply="")
        kept.append(note)
    return kept


def _is_automatic(reply: str, *, waited: float, copies: int) -> bool:
    """Say whether a program wrote a reply. waited: seconds since the message; copies: how often the export has it."""
    if _AUTOMATIC.search(reply):
        return True
    rest, thanks = _COURTESY.subn("", reply)
    if not thanks or "关注" not in reply:
        return False
    return content_length(rest) < _SHORTEST or copies >= MACHINE_COPIES or 0 <= waited < MACHINE_SECONDS


@dataclass(slots=True)
class _Thread:
    """What becomes one request: its messages and the answers of people."""

    id: str
    notes: list[_Note]
    answers: list[tuple[str, datetime | None, int | None]] = field(default_factory=list)

    def takes(self, note: _Note) -> bool:
        last = self.notes[-1]
        if self.answers or note.article or not note.person or last.time is None or note.time is None:
            return False
        return (note.time - last.time).total_seconds() <= MERGE_MINUTES * 60

    def add(self, note: _Note) -> None:
        if note.reply:
            self.answers.append((note.reply, note.reply_time, None))

    def request(self, number: int) -> ChatRequest:
        first = self.notes[0]
        text = "\n".join(n.text for n in self.notes)
        if first.article and (content_length(text) < _SPEAKS_ALONE or not subjects_of(text)):
            text = quote_context(first.article, text)
        row: dict[str, Any] = {"id": self.id, "time": iso_time(first.time), "text": text, "matter": number}
        row |= {"user": first.person} if first.person else {}
        row |= {"likes": first.likes} if first.likes else {}
        if self.answers:
            row["reply"] = "\n".join(dict.fromkeys(text for text, _, _ in self.answers))
            row["reply_time"] = iso_time(max((t for _, t, _ in self.answers if t), default=None))
            row |= {"unit": first.account} if first.account else {}
        lines = tuple(n.line for n in self.notes)
        return ChatRequest(min(lines), row, lines, tuple(line for _, _, line in self.answers if line is not None))


@dataclass(slots=True)
class _Reader:
    threads: list[_Thread] = field(default_factory=list)
    latest: dict[str, _Thread] = field(default_factory=dict)
    skipped: dict[int, str] = field(default_factory=dict)
    ids: dict[str, MessageIds] = field(default_factory=dict)

    def take(self, note: _Note) -> None:
        if note.outbound:
            self._answer(note)
            return
        thread = self.latest.get(note.person) if note.person else None
        goes_on = thread is not None and thread.takes(note)
        reason = _reason(note, goes_on=goes_on)
        if reason is not None:
            self.skipped[note.line] = reason
            if note.reply and thread is not None and goes_on:
                thread.add(note)
            return
        if thread is None or not goes_on:
            thread = _Thread(self._id(note), [])
            self.threads.append(thread)
            if note.person:
                self.latest[note.person] = thread
        thread.notes.append(note)
        thread.add(note)

    def _id(self, note: _Note) -> str:
        ids = self.ids.setdefault(note.account, MessageIds("gzh-", note.account))
        return ids.id_of(note.person, note.text, time=note.time)

    def _answer(self, note: _Note) -> None:
        thread = self.latest.get(note.person)
        if thread is None or not note.text:
            self.skipped[note.line] = "公众号发出的消息或自动回复,不是诉求"
            return
        thread.answers.append((note.text, note.time, note.line))


def _reason(note: _Note, *, goes_on: bool) -> str | None:
    """Say why a row is no request, None where it is one or goes on with one."""
    plain = bare_words(note.text)
    if _MENU.match(note.text) or _MENU.match(plain):
        return "菜单点击、关键词或转人工,没有诉求内容"
    if not plain and (not note.text or _NO_TEXT_TYPE.search(note.kind)):
        return "不是文字消息"
    if (reason := idle_reason(plain or note.text)) is not None:
        return reason
    if note.article and not (opens_a_matter(plain) or (asks_something(plain) and content_length(plain) >= _SHORTEST)):
        return "附和的留言,没有诉求内容" if agrees(plain) else "对文章的评论,没有诉求内容"
    if content_length(plain) < _SHORTEST and not goes_on:
        return "内容太短,看不出诉求"
    return None


def _count(value: str) -> int:
    return int(value) if value.isdigit() else 0
