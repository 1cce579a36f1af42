"""`minsheng serve | worker | migrate`: run the service."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from serving.app import run_server
from serving.commands.options import ModelFolder, SiteFolder
from serving.database import Database
from serving.jobs import run_worker
from serving.sample import load_sample
from serving.settings import Settings, load_settings
from serving.state import State

Demo = Annotated[bool, typer.Option("--demo", help="示例城市:装入自己的数据库 minsheng_demo,真实站点看不到它。")]
DataFolder = Annotated[
    Path | None, typer.Option("--data-dir", metavar="目录", help="内置数据库和密钥所在目录(也可用 MINSHENG_DATA_DIR)。")
]


def serve(
    demo: Demo = False,
    host: Annotated[str | None, typer.Option(help="监听地址;默认 127.0.0.1,只有本机能访问。")] = None,
    port: Annotated[int | None, typer.Option(help="监听端口;默认 8000。")] = None,
    data_dir: DataFolder = None,
    model: ModelFolder = None,
    site: SiteFolder = None,
) -> None:
    """启动页面和接口。数据库默认用内置的 PostgreSQL,第一次启动时自动建立。

    例:`minsheng serve --demo`(示例城市);`minsheng serve --port 8080`(正式站点,另开 `minsheng worker`)
    """
    settings = load_settings(demo=demo or None, host=host, port=port, data_dir=data_dir, model=model, site=site)
    run_server(settings, prepare=lambda state: _announce(state, settings))


def worker(
    data_dir: DataFolder = None,
    model: ModelFolder = None,
    site: SiteFolder = None,
    once: Annotated[bool, typer.Option("--once", help="做完排队的任务就退出。")] = False,
) -> None:
    """运行后台任务:研判导入的诉求、每晚重新归并、评价答复与推文。可同时开多个。

    例:`minsheng worker`
    """
    run_worker(load_settings(data_dir=data_dir, model=model, site=site), wait=not once)


def migrate(data_dir: DataFolder = None) -> None:
    """把数据库的表升到本程序的版本(外部数据库用 MINSHENG_DATABASE_URL 指定)。

    例:`minsheng migrate`
    """
    database = Database.open(load_settings(data_dir=data_dir), migrate=False)
    try:
        changed = database.migrate()
    finally:
        database.close()
    typer.echo("数据库的表已升级。" if changed else "数据库的表已是最新,无需升级。")


def _announce(state: State, settings: Settings) -> None:
    if settings.demo:
        typer.secho("【演示】示例城市“澜溪市”,人物、地点、机构均为虚构。", fg=typer.colors.YELLOW, err=True)
        typer.echo("正在装入并分析示例数据(第一次约需几秒)……", err=True)
        found = load_sample(state)
        done = "已装入并分析" if found.changed else "示例数据已在库中,没有重复装入:"
        typer.echo(
            f"{done} {found.requests} 条诉求、{found.replies} 条答复、{found.posts} 篇推文、{found.events} 条流转,"
            f"归并出 {found.issues} 个共性问题;演示的“现在”是 {state.now():%Y-%m-%d %H:%M}。",
            err=True,
        )
    address = f"http://{settings.host}:{settings.port}"
    typer.secho(f"页面 {address}/   接口文档 {address}/docs   按 Ctrl+C 停止", fg=typer.colors.GREEN, err=True)
