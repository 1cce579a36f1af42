"""`minsheng import | digest`: into the store, and out of it as a weekly mail."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from nlp.digest import build_digest
from nlp.errors import ConfigError, InputError, RowError, StoreError
from nlp.headers import POST, REQUEST
from nlp.records import DEFAULT_CHANNEL, Post, ResidentRequest, clean_line
from nlp.tables import write_rows
from serving.analysis import NewReply, take_posts, take_replies
from serving.commands.options import ColumnMap, InFile, ModelFolder, Quiet, SiteFolder, parse_column_map
from serving.commands.rows import (
    Batch,
    Steps,
    check_output,
    check_text_output,
    finish,
    read_records,
    read_slots,
    show_steps,
)
from serving.commands.service import DataFolder, Demo
from serving.importing import import_requests
from serving.intake import mask_event
from serving.jobs import build_jobs
from serving.mail.deliver import deliver
from serving.mail.render import RenderedMail, render_digest
from serving.settings import Settings, load_settings
from serving.state import State, open_state
from serving.store.events import RequestEvent, record_events
from serving.store.requests import count_untriaged, find_numbers, list_weeks
from serving.store.site_tables import sync_site
from serving.store.week import load_week
from serving.wording import EVENT_NAMES

CHUNK = 500
EVENT: Mapping[str, tuple[str, ...]] = {
    "request": ("诉求编号", *REQUEST["id"]),
    "channel": REQUEST["channel"],
    "type": ("流转类型", "环节", "操作"),
    "time": ("流转时间", "操作时间", "时间"),
    "unit": REQUEST["unit"],
    "note": ("备注", "说明", "退单原因"),
    "contacted": ("是否联系",),
    "solved": ("是否解决",),
    "satisfied": ("是否满意", "满意度"),
}


EVENT_TYPES_SAID = {
    **{name: code for code, name in EVENT_NAMES.items()},
    "受理": "received",
    "登记": "received",
    "派发": "dispatched",
    "转办": "dispatched",
    "退单": "returned",
    "改派": "returned",
    "回复": "replied",
    "结案": "closed",
    "重办": "reopened",
}
ANSWERS_SAID = {
    **dict.fromkeys(("是", "true", "1", "满意", "基本满意", "已解决", "已联系"), True),
    **dict.fromkeys(("否", "false", "0", "不满意", "未解决", "未联系"), False),
}


class Kind(StrEnum):
    """What a file holds."""

    requests = "requests"
    replies = "replies"
    posts = "posts"
    events = "events"


def import_file(
    in_file: InFile,
    kind: Annotated[
        Kind, typer.Option("--kind", help="文件里是什么:requests 诉求、replies 答复、posts 推文、events 流转。")
    ] = Kind.requests,
    channel: Annotated[str | None, typer.Option("--channel", metavar="渠道", help="文件没有渠道列时用它。")] = None,
    errors_file: Annotated[
        Path | None, typer.Option("--errors", metavar="文件", help="把有误的行(行号、编号、原因)另写成一张表。")
    ] = None,
    no_analyse: Annotated[bool, typer.Option("--no-analyse", help="只入库,研判交给 minsheng worker。")] = False,
    column_map: ColumnMap = None,
    demo: Demo = False,
    data_dir: DataFolder = None,
    model: ModelFolder = None,
    site: SiteFolder = None,
    quiet: Quiet = False,
) -> None:
    """把诉求、答复、推文或流转导入数据库:先遮盖个人信息再保存,重复导入不会变两份。

    例:`minsheng import 十一月工单.xlsx --channel hotline`,再 `minsheng import 推文.xlsx --kind posts`
    """
    settings = load_settings(demo=demo or None, data_dir=data_dir, model=model, site=site)
    names = parse_column_map(column_map)
    if errors_file is not None:
        check_output(errors_file, in_file)
    with show_steps(quiet=quiet) as steps:
        steps.start("打开数据库和模型")
        with open_state(settings) as state:
            with state.session() as session, session.begin():
                sync_site(session, state.site)
            importer = {Kind.requests: _requests, Kind.replies: _replies, Kind.posts: _posts, Kind.events: _events}
            batch, new = importer[kind](in_file, names, channel, state=state, steps=steps)
            if kind is Kind.requests and not no_analyse:
                _analyse(state, steps)
    typer.echo(f"新存 {new} 行,已有 {len(batch.good) - new} 行。", err=True)
    if errors_file is not None:
        write_rows(errors_file, [e.to_json() for e in batch.errors])
    finish(batch, "可用", rest="可用 --errors 文件 写出" if errors_file is None else f"见 {errors_file.name}")


def digest(
    week: Annotated[
        str | None, typer.Option("--week", metavar="2026-W46", help="ISO 周;默认是有诉求的最近一周。")
    ] = None,
    html: Annotated[Path | None, typer.Option("--html", metavar="文件", help="写出网页格式的周报。")] = None,
    text: Annotated[Path | None, typer.Option("--text", metavar="文件", help="写出纯文本的周报。")] = None,
    to: Annotated[list[str] | None, typer.Option("--to", metavar="地址", help="发给谁,可多次使用。")] = None,
    smtp: Annotated[
        str | None, typer.Option("--smtp", metavar="smtps://…", help="邮件服务器;也可用 MINSHENG_SMTP_URL。")
    ] = None,
    sender: Annotated[
        str | None, typer.Option("--from", metavar="地址", help="发件人;也可用 MINSHENG_MAIL_FROM。")
    ] = None,
    page_url: Annotated[
        str | None, typer.Option("--page-url", metavar="https://…", help="周报里的链接指向哪个页面;不给就不带链接。")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="这一周已经发过也再发一次。")] = False,
    demo: Demo = False,
    data_dir: DataFolder = None,
    model: ModelFolder = None,
    site: SiteFolder = None,
) -> None:
    """生成一周的周报:写成文件,或用邮件发出去。同一周同一地址只发一次。

    例:`minsheng digest --demo --week 2026-W46 --html 周报.html --text 周报.txt`
    """
    settings = load_settings(
        demo=demo or None, data_dir=data_dir, model=model, site=site, smtp_url=smtp, mail_from=sender
    )
    if html is None and text is None and not to:
        raise InputError("没有说周报写到哪里:用 --html 文件、--text 文件,或 --to 地址")
    for path in (html, text):
        if path is not None:
            check_text_output(path)
    with open_state(settings) as state:
        chosen, mail = _render(state, week, page_url)
        for path, content in ((html, mail.html), (text, mail.text)):
            if path is not None:
                path.write_text(content, "utf-8")
                typer.echo(f"已写出 {path}", err=True)
        for address in to or []:
            _send(state, mail, chosen, address, settings=settings, again=again)


def _requests(
    path: Path, names: Mapping[str, str], channel: str | None, *, state: State, steps: Steps
) -> tuple[Batch[ResidentRequest], int]:
    batch = read_records(path, _with_channel(ResidentRequest.from_row, channel), column_map=names, steps=steps)
    steps.start("遮盖并入库", len(batch.slots))
    with state.session() as session:
        report = import_requests(
            session,
            batch.slots,
            site=state.site,
            user_key=state.user_key,
            now=state.now(),
            progress=steps.advance,
        )
    return batch, report.created


def _posts(
    path: Path, names: Mapping[str, str], _channel: str | None, *, state: State, steps: Steps
) -> tuple[Batch[Post], int]:
    batch = read_records(path, Post.from_row, fields=POST, column_map=names, steps=steps)

    def store(part: Sequence[Post]) -> int:
        with state.session() as session, session.begin():
            return sum(s.created for s in take_posts(session, part, state=state))

    return batch, _in_chunks(batch.good, store, steps)


def _replies(
    path: Path, names: Mapping[str, str], channel: str | None, *, state: State, steps: Steps
) -> tuple[Batch[Any], int]:
    fields = {"request": ("诉求编号",), **REQUEST}

    def build(row: Mapping[str, Any]) -> tuple[str, str, NewReply]:
        return _channel_of(row, channel), _request_of(row), NewReply.from_row(0, row)

    batch = _known(read_slots(path, build, fields=fields, column_map=names, steps=steps), state)

    def store(part: Sequence[tuple[int, Any]]) -> int:
        replies = [replace(row[2], request=number) for number, row in part]
        with state.session() as session, session.begin():
            return sum(saved.created for saved, _ in take_replies(session, replies, state=state))

    return batch, _in_chunks(batch.good, store, steps)


def _events(
    path: Path, names: Mapping[str, str], channel: str | None, *, state: State, steps: Steps
) -> tuple[Batch[Any], int]:
    def build(row: Mapping[str, Any]) -> tuple[str, str, RequestEvent]:
        event = RequestEvent.from_row({**row, **_plain_event(row)})
        return _channel_of(row, channel), _request_of(row), mask_event(event)

    batch = _known(read_slots(path, build, fields=EVENT, column_map=names, steps=steps), state)

    def store(part: Sequence[tuple[int, Any]]) -> int:
        with state.session() as session, session.begin():
            return sum(record_events(session, [(number, row[2]) for number, row in part]))

    return batch, _in_chunks(batch.good, store, steps)


def _known(batch: Batch[Any], state: State) -> Batch[Any]:
    """Put the request's row number before each row; a row of an unknown request becomes an error row."""
    with state.session() as session:
        numbers = find_numbers(session, sorted({slot[:2] for slot in batch.good}))
    found: Batch[Any] = Batch()
    for slot, line in zip(batch.slots, batch.lines, strict=True):
        if isinstance(slot, RowError):
            found.add(slot, line)
        elif slot[:2] in numbers:
            found.add((numbers[slot[:2]], slot), line)
        else:
            message = "库里没有这个渠道和编号的诉求;请先导入诉求,或用 --channel 指明渠道"
            found.add(RowError(message, line=line, row_id=slot[1]), line)
    return found


def _in_chunks(rows: Sequence[Any], store: Callable[[Sequence[Any]], int], steps: Steps) -> int:
    steps.start("遮盖、入库并评价", len(rows))
    new = 0
    for first in range(0, len(rows), CHUNK):
        part = rows[first : first + CHUNK]
        new += store(part)
        steps.advance(len(part))
    return new


def _analyse(state: State, steps: Steps) -> None:
    """Work off the queue as a worker would, so that a running one and this command never do the same rows."""

    def waiting() -> int:
        with state.session() as session:
            return count_untriaged(session, model=state.model)

    total = waiting()
    steps.start("研判并归并", total)
    done = threading.Event()

    def watch() -> None:
        seen = 0
        while not done.wait(0.5):
            now = total - waiting()
            steps.advance(now - seen)
            seen = now

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        build_jobs(state).run_worker(wait=False, delete_jobs="successful")
    finally:
        done.set()
        watcher.join()
    if left := waiting():
        raise StoreError(f"还有 {left} 条没有研判完(数据已入库);请看日志,稍后用 minsheng worker 继续")


def _with_channel(
    build: Callable[[Mapping[str, Any]], ResidentRequest], channel: str | None
) -> Callable[[Mapping[str, Any]], ResidentRequest]:
    return lambda row: build({**row, "channel": _channel_of(row, channel)})


def _channel_of(row: Mapping[str, Any], channel: str | None) -> str:
    return clean_line(row.get("channel"))[:200] or channel or DEFAULT_CHANNEL


def _request_of(row: Mapping[str, Any]) -> str:
    found = clean_line(row.get("request")) or clean_line(row.get("id"))
    if not found:
        raise RowError("缺少诉求编号:应有 request(诉求编号)字段")
    return found


def _plain_event(row: Mapping[str, Any]) -> dict[str, Any]:
    """Read what sheets say: 派单 for dispatched, 是 for true; anything else is left to the check that follows."""
    said = clean_line(row.get("type"))
    found: dict[str, Any] = {"type": EVENT_TYPES_SAID.get(said, said)}
    for name in ("contacted", "solved", "satisfied"):
        value = row.get(name)
        found[name] = ANSWERS_SAID.get(clean_line(value).lower(), value) if value not in ("", None) else None
    return found


def _render(state: State, week: str | None, page_url: str | None) -> tuple[str, RenderedMail]:
    with state.session() as session:
        chosen = week or next(iter(list_weeks(session)), None)
        if chosen is None:
            raise InputError("库里还没有诉求,写不出周报;先用 minsheng import 导入,或加 --demo 看示例")
        material = load_week(session, chosen, now=state.now(), site=state.site)
    return chosen, render_digest(build_digest(material, account_names=state.account_names), page_url=page_url)


def _send(state: State, mail: RenderedMail, week: str, address: str, *, settings: Settings, again: bool) -> None:
    if settings.smtp_url is None or settings.mail_from is None:
        raise ConfigError(
            "发送周报需要邮件服务器和发件人:--smtp smtps://… 和 --from 地址(或 MINSHENG_SMTP_URL、MINSHENG_MAIL_FROM)"
        )
    with state.session() as session:
        sending = deliver(
            session,
            mail,
            week=week,
            to=address,
            smtp_url=settings.smtp_url.get_secret_value(),
            sender=settings.mail_from,
            now=state.now(),
            again=again,
        )
        asyncio.run(sending)
    typer.echo(f"已发给 {address}", err=True)
