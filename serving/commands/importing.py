"""`minsheng import | imports`: exports into the store, and the ledger of what was imported."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from nlp.errors import StoreError
from nlp.site import Site
from serving.commands.imported import show_ledger, show_report
from serving.commands.options import ColumnMap, ModelFolder, Quiet, SiteFolder, parse_column_map
from serving.commands.queued import work_off_queue
from serving.commands.rows import Steps, check_output, show_steps
from serving.commands.service import DataFolder, Demo
from serving.database import Database
from serving.importing.dry_run import Check, check_source
from serving.importing.files import CHECK_NAME
from serving.importing.kinds import REQUEST_KINDS, Kind
from serving.importing.plan import Choices, Plan, Source, plan_import, sources_of
from serving.importing.report import ImportReport, SourceReport
from serving.importing.run import Run, import_source, note_refusal
from serving.importing.sheets import write_errors
from serving.settings import Settings, load_settings
from serving.state import open_state, site_folder
from serving.store.imports import count_imports, list_imports

Paths = Annotated[
    list[Path],
    typer.Argument(metavar="文件或文件夹", help="导出的表格、群聊 .txt、文章,或装着它们的文件夹。", show_default=False),
]
KindName = Annotated[
    Kind | None,
    typer.Option(
        "--kind",
        metavar="种类",
        help="文件里是什么:requests 诉求和工单、inbox 公众号私信、chat 群聊、replies 答复、events 流转、"
        "posts 推文、articles 文章;不给就按列名自动认。",
        show_default=False,
    ),
]
Channel = Annotated[
    str | None, typer.Option("--channel", metavar="渠道", help="没有渠道列时用它;不给就看文件名,如 热线、留言板。")
]
Account = Annotated[
    str | None, typer.Option("--account", metavar="账号", help="推文没有账号列时用它;也可把文件夹命名为账号名称。")
]
MakeIds = Annotated[bool, typer.Option("--id-from-content", help="诉求没有编号时,由渠道、时间、标题和内容生成编号。")]
DryRun = Annotated[
    bool,
    typer.Option("--dry-run", help=f"只检查,不入库也不需要数据库;结果写到 {CHECK_NAME} 或 --errors 指定的文件。"),
]
ErrorsFile = Annotated[
    Path | None, typer.Option("--errors", metavar="文件", help="把有误的行写成一张表;.xlsx 另有汇总和跳过的行。")
]
Again = Annotated[bool, typer.Option("--again", help="导入过的文件也再读一遍;不会变两份。")]
NoAnalyse = Annotated[bool, typer.Option("--no-analyse", help="只入库,研判交给 minsheng worker。")]


def import_files(
    paths: Paths,
    kind: KindName = None,
    channel: Channel = None,
    account: Account = None,
    id_from_content: MakeIds = False,
    dry_run: DryRun = False,
    errors_file: ErrorsFile = None,
    again: Again = False,
    no_analyse: NoAnalyse = False,
    column_map: ColumnMap = None,
    demo: Demo = False,
    data_dir: DataFolder = None,
    model: ModelFolder = None,
    site: SiteFolder = None,
    quiet: Quiet = False,
) -> None:
    """把诉求、答复、流转、推文导入数据库:先遮盖个人信息再保存。给文件夹就导入里面的全部文件。

    重复导入不会变两份;中断后再运行一次,从断开处继续。有误的行和文件会说明原因,其余照常导入。

    例:

    - `minsheng import 十一月导出/`:整个文件夹,自动认出每张表
    - `minsheng import 十一月导出/ --dry-run`:先检查,看 导入检查.xlsx
    - `minsheng import 工单.xlsx --channel hotline --map 事由=text`
    - `minsheng import 推文.xlsx --kind posts --account 云湖发布`
    """
    settings = load_settings(demo=demo or None, data_dir=data_dir, model=model, site=site)
    choices = Choices(kind, channel, account, parse_column_map(column_map), id_from_content)
    target = errors_file or (Path(CHECK_NAME) if dry_run else None)
    if target is not None:
        check_output(target, *paths)
    with show_steps(quiet=quiet) as steps:
        steps.start("查看文件")
        plan = plan_import(paths, choices, site=Site.load(site_folder(settings)), output=target)
        check = Check(choices, steps.advance)
        if dry_run:
            report = _check(plan, check, steps)
        else:
            report = _import(plan, choices, settings=settings, steps=steps, again=again, analyse=not no_analyse)
    if target is not None:
        write_errors(target, report.files, plan.sources, check.previews)
    show_report(report, errors_file=target, dry_run=dry_run)
    if report.is_bad:
        raise typer.Exit(1)


def list_ledger(
    as_json: Annotated[bool, typer.Option("--json", help="写出 JSON,一行一次导入。")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, metavar="次数", help="最多列出多少次。")] = 100,
    demo: Demo = False,
    data_dir: DataFolder = None,
) -> None:
    """列出导入过的文件:导入到哪里、各有多少行、哪些没有导入成。最近的在前。

    例:`minsheng imports`;`minsheng imports --json`
    """
    database = Database.open(load_settings(demo=demo or None, data_dir=data_dir))
    try:
        with database.session() as session:
            records, total = list_imports(session, limit=limit), count_imports(session)
    finally:
        database.close()
    if as_json:
        for record in records:
            typer.echo(json.dumps(asdict(record), ensure_ascii=False, default=str))
    else:
        show_ledger(records, total=total)


def _check(plan: Plan, check: Check, steps: Steps) -> ImportReport:
    files = []
    for source in plan.sources:
        steps.start(f"检查 {source.name}")
        files.append(check_source(source, check))
    return ImportReport((*files, *map(SourceReport.of_refusal, plan.refusals)))


def _import(
    plan: Plan, choices: Choices, *, settings: Settings, steps: Steps, again: bool, analyse: bool
) -> ImportReport:
    """Import all sources; the analysis comes before the posts, which are matched with the issues it finds.

    Where the analysis leaves something undone the rest is imported all the same.
    """
    steps.start("打开数据库和模型")
    failures = []
    with open_state(settings) as state:
        run = Run(state, choices, again=again, progress=steps.advance)
        posts = sources_of(plan, Kind.posts, Kind.articles)
        files = _import_all([s for s in plan.sources if s not in posts], run, steps)
        if analyse and sources_of(plan, *REQUEST_KINDS):
            try:
                work_off_queue(state, steps)
            except StoreError as exc:
                failures.append(str(exc))
        files += _import_all(posts, run, steps)
        return ImportReport((*files, *(note_refusal(r, state) for r in plan.refusals)), tuple(failures))


def _import_all(sources: Sequence[Source], run: Run, steps: Steps) -> list[SourceReport]:
    reports = []
    for source in sources:
        steps.start(f"导入 {source.name}")
        reports.append(import_source(source, run))
    return reports
