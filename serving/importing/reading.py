"""Rows of a source as entries, in file order, each once: the reader of each kind behind one function."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from nlp.articles import article_id, clean_body, link_id, read_article
from nlp.chats import ChatReading, chat_from_rows, chat_group, chat_requests, read_chat
from nlp.errors import RowError
from nlp.inbox import inbox_requests
from nlp.privacy import mask
from nlp.records import Post, clean_line
from nlp.tables import TableRow, decode, read_table
from serving.analysis import NewReply
from serving.importing.answers import read_call_back
from serving.importing.entries import Entry, EventEntry, Line, PostEntry, ReplyEntry, RequestEntry, Target
from serving.importing.kinds import FIELDS, Kind
from serving.importing.plan import Choices, Source
from serving.importing.work_orders import ONLY_STATE, channel_in, is_only_state, read_work_order
from serving.store.event_words import is_ignored_step, read_event_words
from serving.store.events import RequestEvent

# What a log's file is called beside its group's name: "聊天记录", the days and time of the export, the counter of a
# copy. Everything else tells groups apart: 阳光小区(一期), 业主群2.
_DAY = (
    r"(?:(?<!\d)(?:19|20)\d{2}(?:[-_.年](?:0?[1-9]|1[0-2])(?:[-_.月](?:3[01]|[12]\d|0?[1-9])日?|月)?"
    r"|(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))|(?<!\d)(?:1[0-2]|0?[1-9])月(?:(?:3[01]|[12]\d|0?[1-9])日)?)(?!\d)"
)
_CLOCK = r"(?:[ _T-]?\d{2}[-_.:：]?\d{2}(?:[-_.:：]?\d{2})?(?!\d))?"
_DAYS = rf"{_DAY}{_CLOCK}(?:\s*[-_~～–—至到]+\s*(?:{_DAY}|\d{{1,2}}日))?"
_LOG_NAME = re.compile(
    rf"[\s_.-]*(?:[（(\[【]\s*{_DAYS}\s*[）)\]】]|{_DAYS}|^与(?=.+的(?:聊天|消息))|的?(?:聊天|消息)(?:记录|导出)"
    r"|(?<=群)聊记录|导出|备份|副本|[（(]\d{1,3}[）)]$)[\s_.-]*"
)


IGNORED = "签收 等环节不改变状态"


def read_source(source: Source, choices: Choices) -> Iterator[Line]:
    """Yield every row of a source: entry, error or no data; of two with one identity the later is an error.

    Reading the same content again yields the same lines. Raises FileError, also in the middle.
    """
    readers: dict[Kind, Callable[[Source, Choices], Iterable[Line]]] = {
        Kind.requests: _requests,
        Kind.replies: _replies,
        Kind.events: _events,
        Kind.posts: _posts,
        Kind.chat: _chat,
        Kind.inbox: _inbox,
        Kind.articles: _article,
    }
    return _once(readers[source.kind](source, choices))


def _once(lines: Iterable[Line]) -> Iterator[Line]:
    first: dict[tuple[str, ...], int] = {}
    for line in lines:
        if isinstance(line.slot, (RequestEntry, PostEntry)):
            identity = line.slot.identity
            at = first.setdefault(identity, line.number)
            if at != line.number:
                what = "账号" if isinstance(line.slot, PostEntry) else "渠道"
                message = f"编号重复:与第 {at} 行的{what}和编号相同,已保留前一条"
                is_derived = isinstance(line.slot, RequestEntry) and line.slot.is_id_derived
                row_id = None if is_derived else identity[-1]
                line = Line(line.number, RowError(message, line=line.number, row_id=row_id))
        yield line


def _table(source: Source, choices: Choices) -> Iterable[TableRow]:
    return read_table(
        source.path, fields=FIELDS[source.kind], column_map=choices.column_map, sheet=source.sheet or None
    )


def _lines(rows: Iterable[TableRow], build: Callable[[Mapping[str, Any]], Entry | str]) -> Iterator[Line]:
    """Yield what `build` makes of each row; a text that it returns is the reason why the row is no data."""
    for row in rows:
        if row.skipped is not None:
            yield Line(row.line, None, row.skipped)
            continue
        try:
            if row.error is not None:
                raise RowError(row.error, row_id=clean_line(row.values.get("id")) or None)
            built = build(row.values)
            yield Line(row.line, None, built) if isinstance(built, str) else Line(row.line, built)
        except RowError as exc:
            exc.line = row.line
            yield Line(row.line, exc)


def _requests(source: Source, choices: Choices) -> Iterator[Line]:
    def build(row: Mapping[str, Any]) -> RequestEntry:
        return read_work_order(row, channel=source.channel, id_from_content=choices.id_from_content)

    return _lines(_table(source, choices), build)


def _replies(source: Source, choices: Choices) -> Iterator[Line]:
    def build(row: Mapping[str, Any]) -> ReplyEntry | str:
        target = _target(row, source)
        return ONLY_STATE if is_only_state(row.get("reply")) else ReplyEntry(target, NewReply.from_row(0, row))

    return _lines(_table(source, choices), build)


def _events(source: Source, choices: Choices) -> Iterator[Line]:
    def build(row: Mapping[str, Any]) -> EventEntry | str:
        target = _target(row, source)
        return IGNORED if is_ignored_step(clean_line(row.get("type"))) else EventEntry(target, _event(row))

    return _lines(_table(source, choices), build)


def _event(row: Mapping[str, Any]) -> RequestEvent:
    answers = read_call_back(row)
    if answers.is_scale:
        raise RowError("满意度是数字,不知道是几分制;应为 满意、基本满意、不满意 等")
    if answers.unknown:
        raise RowError(f"{'、'.join(answers.unknown)} 的写法不认识:应为 是、否、满意、基本满意、不满意 等")
    said = {"contacted": answers.contacted, "solved": answers.solved, "satisfied": answers.satisfied}
    return RequestEvent.from_row({**row, **said, **_who(row)})


def _who(row: Mapping[str, Any]) -> dict[str, str]:
    """Return whose step it is where a column names who acts: theirs, but a dispatch is whose it becomes."""
    actor, note = clean_line(row.get("actor")), clean_line(row.get("note"))
    if not actor:
        return {}
    if read_event_words(row)["type"] != "dispatched":
        return {"unit": actor}
    return {} if clean_line(row.get("unit")) else {"note": f"{actor}:{note}" if note else actor}


def _posts(source: Source, choices: Choices) -> Iterator[Line]:
    def build(row: Mapping[str, Any]) -> PostEntry:
        body = row.get("body")
        said = {"account": source.account, **row, "body": clean_body(body) if isinstance(body, str) else body}
        said["id"] = _post_id(said)
        return _post(said, source)

    return _lines(_table(source, choices), build)


def _article(source: Source, _choices: Choices) -> Iterator[Line]:
    row = read_article(source.path.read_bytes(), source.path.name)
    warnings = tuple(row.get("warnings") or ())

    def build(said: Mapping[str, Any]) -> PostEntry:
        post = _post(said, source).post
        return PostEntry(replace(post, warnings=(*post.warnings, *warnings)))

    return _lines([TableRow(1, row)], build)


def _post(row: Mapping[str, Any], source: Source) -> PostEntry:
    account = clean_line(row.get("account")) or source.account
    if not account:
        message = "不知道是哪个账号发的:请加 --account 账号名称,或把文件(文件夹)命名为站点表里的账号名称"
        raise RowError(message, row_id=clean_line(row.get("id")) or None)
    return PostEntry(Post.from_row({**row, "account": account}))


def _post_id(row: Mapping[str, Any]) -> str:
    """Return the article's own identity where its address tells it, as a saved page has it; else what the list says."""
    said = clean_line(row.get("id"))
    title = clean_line(row.get("title"))
    if not said and not title:
        raise RowError("推文没有编号、链接,也没有标题,认不出是哪一篇;请补上")
    return link_id(said) or said or article_id(row.get("account"), title, row.get("published"))


def _chat(source: Source, choices: Choices) -> Iterator[Line]:
    if source.view is None:
        text = decode(source.path.read_bytes(), source.path.name)
        group = mask(chat_group(text) or group_of(source)).masked
        return _from_reading(chat_requests(read_chat(text), group=group), source, [])
    rows = list(_table(source, choices))
    return _from_reading(chat_requests(chat_from_rows(rows), group=group_of(source)), source, rows)


def _inbox(source: Source, choices: Choices) -> Iterator[Line]:
    rows = list(_table(source, choices))
    return _from_reading(inbox_requests(rows, account=source.account), source, rows)


def _from_reading(reading: ChatReading, source: Source, given: list[TableRow]) -> Iterator[Line]:
    """Join the requests, the messages that are none, and the rows that the table reader refused or skipped."""
    others = list(_lines((r for r in given if r.error is not None or r.skipped is not None), _never))
    rows = [TableRow(request.line, {"area": source.area or None, **request.row}) for request in reading.requests]
    rows += [TableRow(line, {}, skipped=reason) for line, reason in reading.skipped]
    lines = [*_lines(rows, lambda row: read_work_order(row, channel=source.channel, is_id_derived=True)), *others]
    return iter(sorted(lines, key=lambda line: line.number))


def _never(row: Mapping[str, Any]) -> Entry:
    raise ValueError("a row without values was built")


def group_of(source: Source) -> str:
    """Return the name of the chat group: the file's name without dates and "聊天记录", masked.

    A later export of the same group under another date has the same name, and so its requests the same ids.
    """
    name = source.path.stem
    return mask(_LOG_NAME.sub("", name) or name).masked


def _target(row: Mapping[str, Any], source: Source) -> Target:
    found = clean_line(row.get("request")) or clean_line(row.get("id"))
    if not found:
        raise RowError("缺少诉求编号:应有 request(诉求编号)字段")
    said = bool(clean_line(row.get("channel"))) or source.is_channel_said
    return Target(channel_in(row, source.channel), found, said)
