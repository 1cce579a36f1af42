"""`minsheng triage | issues | replies | posts | mask`: files in, files out, nothing stored."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from nlp import headers
from nlp.errors import InputError, RowError
from nlp.gaps import report_posts
from nlp.pipeline import Pipeline
from nlp.records import IssueBrief, Post, RepliedRequest, ResidentRequest
from nlp.results import IssueGrouping, IssueSummary, MaskEntity, to_json
from nlp.site import Site
from nlp.tables import open_writer
from nlp.taxonomy import TEDDY_7
from serving.commands.options import ColumnMap, InFile, ModelFolder, OutFile, Quiet, SiteFolder, parse_column_map
from serving.commands.rows import (
    Batch,
    Steps,
    check_output,
    check_text_output,
    finish,
    in_batches,
    read_records,
    show_steps,
    write_results,
)


def triage(
    in_file: InFile,
    out_file: OutFile,
    taxonomy: Annotated[
        str | None, typer.Option("--taxonomy", metavar="名称", help=f"换用另一套类别:{TEDDY_7}(7 个一级类别)。")
    ] = None,
    column_map: ColumnMap = None,
    model: ModelFolder = None,
    site: SiteFolder = None,
    quiet: Quiet = False,
) -> None:
    """研判诉求:性质、两级类别、急难愁盼、紧急程度与时限、地点、依据、建议承办单位。

    例:`minsheng triage 诉求.xlsx 研判.xlsx --map 内容=text`
    """
    if taxonomy not in (None, TEDDY_7):
        raise InputError(f"--taxonomy 只认识 {TEDDY_7},收到 {taxonomy}")
    check_output(out_file, in_file)
    with show_steps(quiet=quiet) as steps:
        pipeline, tables = _load(model, site, steps)
        batch = read_records(in_file, ResidentRequest.from_row, column_map=parse_column_map(column_map), steps=steps)
        steps.start("研判", len(batch.good))
        results = in_batches(batch.good, lambda part: pipeline.triage(part, site=tables, taxonomy=taxonomy), steps)
        write_results(out_file, batch, results, steps)
    finish(batch, "已研判")


def issues(
    in_file: InFile,
    out_file: OutFile,
    issues_file: Annotated[
        Path | None, typer.Option("--issues", metavar="文件", help="另写一份共性问题清单(热度从高到低)。")
    ] = None,
    column_map: ColumnMap = None,
    model: ModelFolder = None,
    site: SiteFolder = None,
    quiet: Quiet = False,
) -> None:
    """归并共性问题:同一地点、同一件事的诉求归为一个问题,给出名称、热度和走势。

    例:`minsheng issues 诉求.csv 归并.csv --issues 共性问题.xlsx`
    """
    check_output(out_file, in_file, issues_file)
    if issues_file is not None:
        check_output(issues_file, in_file)
    with show_steps(quiet=quiet) as steps:
        pipeline, tables = _load(model, site, steps)
        batch = read_records(in_file, ResidentRequest.from_row, column_map=parse_column_map(column_map), steps=steps)
        grouping = _group(pipeline, batch.good, tables, steps)
        write_results(out_file, batch, grouping.assignments, steps)
        if issues_file is not None:
            with open_writer(issues_file) as writer:
                for issue in grouping.issues:
                    writer.write(to_json(issue))
    typer.echo(f"共性问题 {len(grouping.issues)} 个。", err=True)
    finish(batch, "已归并")


def replies(
    in_file: InFile,
    out_file: OutFile,
    column_map: ColumnMap = None,
    model: ModelFolder = None,
    site: SiteFolder = None,
    quiet: Quiet = False,
) -> None:
    """评价答复:逐条对照诉求,看是否切题、完整、有据、有措施、坦诚、及时,并写出依据。

    例:`minsheng replies 诉求与答复.xlsx 评价.xlsx`(需有 答复内容、答复时间 两列)
    """
    check_output(out_file, in_file)
    with show_steps(quiet=quiet) as steps:
        pipeline, tables = _load(model, site, steps)
        batch = read_records(in_file, RepliedRequest.from_row, column_map=parse_column_map(column_map), steps=steps)
        steps.start("评价答复", len(batch.good))
        results = in_batches(batch.good, lambda part: pipeline.review_replies(part, site=tables), steps)
        write_results(out_file, batch, results, steps)
    finish(batch, "已评价")


def posts(
    posts_file: InFile,
    out_file: OutFile,
    requests_file: Annotated[
        Path | None, typer.Option("--requests", metavar="文件", help="诉求文件;先归并成共性问题再对照。")
    ] = None,
    issues_file: Annotated[
        Path | None,
        typer.Option("--issues", metavar="文件", help="给定的共性问题(minsheng issues --issues 写出的也可以)。"),
    ] = None,
    report_file: Annotated[
        Path | None, typer.Option("--report", metavar="文件.json", help="另写账号报告和回应缺口报告。")
    ] = None,
    column_map: ColumnMap = None,
    model: ModelFolder = None,
    site: SiteFolder = None,
    quiet: Quiet = False,
) -> None:
    """评价推文:每篇推文回应了哪些共性问题、回应得怎样;哪些问题没有人回应。

    例:`minsheng posts 推文.jsonl 评价.jsonl --requests 诉求.jsonl --report 报告.json`
    """
    if requests_file is None and issues_file is None:
        raise InputError("需要 --requests 诉求文件 或 --issues 共性问题文件(或两者)")
    check_output(out_file, posts_file, requests_file, issues_file)
    if report_file is not None:
        check_text_output(report_file, posts_file, requests_file, issues_file, out_file)
    names = parse_column_map(column_map)
    with show_steps(quiet=quiet) as steps:
        pipeline, tables = _load(model, site, steps)
        batch = read_records(posts_file, Post.from_row, fields=headers.POST, column_map=names, steps=steps)
        asked = _read_asked(pipeline, tables, requests_file=requests_file, issues_file=issues_file, steps=steps)
        steps.start("对照推文与问题", len(batch.good))
        reviews = in_batches(batch.good, lambda part: pipeline.review_posts(part, asked.briefs), steps)
        write_results(out_file, batch, reviews, steps)
        if report_file is not None:
            report = report_posts(
                batch.good, reviews, briefs=asked.briefs, issues=asked.issues, accounts=tables.accounts, site=tables
            )
            report_file.write_text(json.dumps(to_json(report), ensure_ascii=False, indent=1) + "\n", "utf-8")
    for error in asked.errors[:5]:
        typer.secho(f"  问题或诉求文件第 {error.line} 行:{error.message}", fg=typer.colors.YELLOW, err=True)
    finish(batch, "已评价")
    if asked.errors:
        raise typer.Exit(1)


def mask(
    in_file: InFile,
    out_file: OutFile,
    column_map: ColumnMap = None,
    quiet: Quiet = False,
) -> None:
    """遮盖个人信息:手机号、身份证号、姓名、门牌号等换成占位符,并给出各处的位置。

    例:`minsheng mask 诉求.csv 脱敏.csv --map 内容=text`
    """
    check_output(out_file, in_file)
    with show_steps(quiet=quiet) as steps:
        names = parse_column_map(column_map)
        batch = read_records(in_file, _plain_text, fields=headers.MASK, column_map=names, steps=steps)
        steps.start("遮盖", len(batch.good))
        results = in_batches(batch.good, _mask_all, steps)
        write_results(out_file, batch, results, steps)
    finish(batch, "已遮盖")


@dataclass(frozen=True, slots=True)
class MaskedRow:
    """One row of `minsheng mask`."""

    id: str
    masked_text: str
    entities: tuple[MaskEntity, ...]


@dataclass(frozen=True)
class _Asked:
    """What residents ask: briefs to match against, summaries where requests were grouped, rows that were bad."""

    briefs: list[IssueBrief]
    issues: tuple[IssueSummary, ...]
    errors: list[RowError]


def _load(model: Path | None, site: Path | None, steps: Steps) -> tuple[Pipeline, Site]:
    steps.start("加载模型")
    return Pipeline.from_artifact(model), Site.load(site)


def _group(pipeline: Pipeline, requests: list[ResidentRequest], site: Site, steps: Steps) -> IssueGrouping:
    steps.start("研判", len(requests))
    triages = in_batches(requests, lambda part: pipeline.triage(part, site=site), steps)
    steps.start("归并")
    return pipeline.issues(requests, triages=triages)


def _read_asked(
    pipeline: Pipeline, site: Site, *, requests_file: Path | None, issues_file: Path | None, steps: Steps
) -> _Asked:
    requests: Batch[ResidentRequest] = Batch()
    if requests_file is not None:
        requests = read_records(requests_file, ResidentRequest.from_row, steps=steps)
    if issues_file is None:
        grouping = _group(pipeline, requests.good, site, steps)
        members: dict[str | None, list[ResidentRequest]] = {}
        for request, assigned in zip(requests.good, grouping.assignments, strict=True):
            members.setdefault(assigned.issue, []).append(request)
        briefs = [IssueBrief(s.issue, s.title, tuple(members[s.issue])) for s in grouping.issues]
        return _Asked(briefs, grouping.issues, requests.errors)

    by_id = {r.id: r for r in reversed(requests.good)}  # an id of two channels: the first

    def build(row: Mapping[str, Any]) -> IssueBrief:
        return IssueBrief.from_row(row, requests=by_id)

    given = read_records(issues_file, build, fields=headers.ISSUE, steps=steps)
    return _Asked(given.good, (), requests.errors + given.errors)


def _plain_text(row: Mapping[str, Any]) -> ResidentRequest:
    if not str(row.get("text") or "").strip():
        raise RowError(
            "没有内容:应有 text(文本);请补上或用 --map 指定是哪一列", row_id=str(row.get("id") or "") or None
        )
    return ResidentRequest.from_row({"id": row.get("id"), "text": row.get("text")})


def _mask_all(requests: Sequence[ResidentRequest]) -> list[MaskedRow]:
    from_text = [(r.id, Pipeline.mask(r.text)) for r in requests]
    return [MaskedRow(row_id, found.masked, found.entities) for row_id, found in from_text]
