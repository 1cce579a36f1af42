"""`minsheng digest`: a week out of the store, as files or as a mail."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from nlp.digest import build_digest
from nlp.errors import ConfigError, InputError
from serving.commands.options import ModelFolder, SiteFolder
from serving.commands.rows import check_text_output
from serving.commands.service import DataFolder, Demo
from serving.mail.deliver import deliver
from serving.mail.render import RenderedMail, render_digest
from serving.settings import Settings, load_settings
from serving.state import State, open_state
from serving.store.requests import list_weeks
from serving.store.week import load_week


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
