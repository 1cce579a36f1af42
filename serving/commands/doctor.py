"""`minsheng doctor`: what fits and what does not on this machine."""

from __future__ import annotations

import locale
import platform
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from nlp.errors import MinshengError, SiteError
from nlp.pipeline import Pipeline
from nlp.records import CHINA, ResidentRequest
from nlp.site import Site, check_site
from nlp.taxonomy import Taxonomy
from serving.commands.options import ModelFolder, SiteFolder
from serving.commands.service import DataFolder
from serving.commands.site import print_problems
from serving.database import Database
from serving.offline import watched_network
from serving.settings import Settings, load_settings
from serving.state import site_folder
from serving.store.engine import check_server

MIN_FREE_GB = 2


def doctor(
    data_dir: DataFolder = None,
    model: ModelFolder = None,
    site: SiteFolder = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="另外证明:加载、研判、连库全程不访问任何外部网络。")
    ] = False,
) -> None:
    """体检:Python、模型包、站点表、数据库、磁盘;`--offline` 证明运行时不联网。

    站点表逐行检查:✗ 是错误,不改不能启动;! 是提醒。

    例:`minsheng doctor --offline`;只看一个目录的站点表:`minsheng site 目录 --check`
    """
    settings = load_settings(data_dir=data_dir, model=model, site=site)
    checks: list[tuple[str, Callable[[], str]]] = [
        ("Python", _check_python),
        ("模型包", lambda: _check_model(settings)),
        ("站点表", lambda: _check_site(settings)),
        ("数据库", lambda: _check_database(settings)),
        ("磁盘", lambda: _check_disk(settings)),
    ]
    if not offline:
        failed = [name for name, check in checks if not _report(name, check)]
    else:
        with watched_network() as attempts:
            failed = [name for name, check in checks if not _report(name, check)]
        if attempts:
            failed.append("离线")
        fine = "✓ 离线:本程序全程没有访问外部网络(数据库进程不在此列)"
        typer.echo(f"✗ 离线:试图连接 {attempts[0]}" if attempts else fine)
    if failed:
        typer.secho(f"有 {len(failed)} 项不合:{'、'.join(failed)}", fg=typer.colors.RED, err=True)
        raise typer.Exit(1)
    typer.secho("全部合适。", fg=typer.colors.GREEN)


def _report(name: str, check: Callable[[], str]) -> bool:
    try:
        typer.echo(f"✓ {name}:{check()}")
    except (MinshengError, OSError) as exc:
        typer.secho(f"✗ {name}:{exc}", fg=typer.colors.RED)
        return False
    return True


def _check_python() -> str:
    return f"{platform.python_version()},{platform.machine()},文字编码 {locale.getpreferredencoding(False)}"


def _check_model(settings: Settings) -> str:
    pipeline = Pipeline.from_artifact(settings.model)
    text = "体检用的一句话:小区门口的路灯不亮了。"
    pipeline.triage([ResidentRequest("doctor", text)], site=Site.load())
    return f"版本 {pipeline.manifest.version},{len(pipeline.manifest.files)} 个文件校验无误,能研判"


def _check_site(settings: Settings) -> str:
    tables = Site.read(site_folder(settings))
    problems = check_site(tables, Taxonomy.load(), today=datetime.now(CHINA).date())
    print_problems(problems)
    errors = sum(p.severity == "error" for p in problems)
    if errors:
        raise SiteError(f"有 {errors} 处错误,见上;改好后再用 minsheng doctor 检查")
    last = f"节假日到 {max(tables.holidays).year} 年" if tables.holidays else "没有节假日"
    return (
        f"区域 {len(tables.areas)}、账号 {len(tables.accounts)}、派单 {len(tables.dispatch)} 条覆盖 "
        f"{len({r.topic for r in tables.dispatch})} 类、时限 {len(tables.deadlines)} 条、{last}、"
        f"平台编码 {len(tables.codes)}、地名 {len(tables.gazetteer)}"
    )


def _check_database(settings: Settings) -> str:
    database = Database.open(settings, migrate=False)
    try:
        check_server(database.engine)
        state = "表已是最新" if database.is_current else "表需要升级(minsheng migrate)"
    finally:
        database.close()
    kind = "内置 PostgreSQL" if settings.database_url is None else "外部 PostgreSQL"
    return f"{kind} 可用,{state}"


def _check_disk(settings: Settings) -> str:
    folder: Path = settings.data_dir
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free / 1e9
    if free < MIN_FREE_GB:
        raise OSError(f"数据目录 {settings.data_dir} 只剩 {free:.1f} GB,至少应有 {MIN_FREE_GB} GB")
    return f"数据目录 {settings.data_dir} 剩余 {free:.0f} GB"
