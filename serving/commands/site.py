"""`minsheng site`: templates of the site tables, and what is wrong with the tables of a folder."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from nlp.errors import SiteError
from nlp.records import CHINA
from nlp.site import DEFAULTS, TABLES, Site, SiteProblem, check_site
from nlp.taxonomy import Taxonomy

_BOM = b"\xef\xbb\xbf"  # without it Excel and WPS read a CSV as GBK
_PURPOSES = {
    "areas": "区域:市、区县、街道、社区、小区",
    "accounts": "公众号和它们的职责",
    "dispatch": "派单目录:哪类诉求归谁办",
    "deadlines": "时限:多久联系、多久办结",
    "holidays": "节假日和调休上班日",
    "topic_codes": "我们的类别对应平台的哪些编码",
    "gazetteer": "地名:道路、学校、市场……属于哪个区域",
}


def site(
    folder: Annotated[Path, typer.Argument(metavar="目录", help="站点表所在(或要写到)的目录。", show_default=False)],
    check: Annotated[bool, typer.Option("--check", help="不写文件,只检查这个目录里的表,逐行说出哪里不对。")] = False,
    force: Annotated[bool, typer.Option("--force", help="允许覆盖目录里已有的同名表。")] = False,
) -> None:
    """站点表:写出七张空白或带默认值的模板;`--check` 检查改好的表。

    七张表都可以缺,缺的用自带的默认值:areas 区域、accounts 账号、dispatch 派单目录、deadlines 时限、
    holidays 节假日、topic_codes 平台编码、gazetteer 地名。表头可写中文,列的含义见 docs/site.zh-CN.md。

    第一步:`minsheng site 本市` 写模板;第二步:用表格软件填写,编码列设为文本,存为 CSV;
    第三步:`minsheng site 本市 --check`;第四步:`minsheng serve --site 本市`。
    """
    if check:
        problems = check_tables_of(folder)
        print_problems(problems)
        if any(p.severity == "error" for p in problems):
            raise typer.Exit(1)
        return
    write_templates(folder, force=force)
    for table in TABLES:
        typer.echo(f"  {table}.csv  {_PURPOSES[table]}")
    typer.secho(f"已写入 {folder}。改好后用 minsheng site {folder} --check 检查。", fg=typer.colors.GREEN)


def write_templates(folder: Path, *, force: bool = False) -> None:
    """Write the shipped tables as CSV that spreadsheet programs open rightly. Raises SiteError over existing ones."""
    there = [f"{t}.csv" for t in TABLES if (folder / f"{t}.csv").exists()]
    if there and not force:
        raise SiteError(f"{folder} 里已有 {'、'.join(there)};换一个目录,或加 --force 覆盖")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for table in TABLES:
            (folder / f"{table}.csv").write_bytes(_BOM + (DEFAULTS / f"{table}.csv").read_bytes())
    except OSError as exc:
        raise SiteError(f"写不进 {folder}({exc.strerror});请检查路径和权限") from exc


def check_tables_of(folder: Path | None, *, today: date | None = None) -> tuple[SiteProblem, ...]:
    """Check the tables of a folder against the taxonomy in force; `today` asks for this year's holidays."""
    return check_site(Site.read(folder), Taxonomy.load(), today=today or datetime.now(CHINA).date())


def print_problems(problems: Sequence[SiteProblem]) -> None:
    """Print each problem, errors first, and a summary."""
    for problem in problems:
        is_error = problem.severity == "error"
        colour = typer.colors.RED if is_error else typer.colors.YELLOW
        typer.secho(f"  {'✗' if is_error else '!'} {problem}", fg=colour)
    errors = sum(p.severity == "error" for p in problems)
    if not problems:
        typer.echo("  站点表没有问题")
    else:
        typer.echo(f"  站点表:错误 {errors} 处(不改不能启动),提醒 {len(problems) - errors} 处")
