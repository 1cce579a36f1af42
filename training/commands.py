"""`minsheng train | evaluate`."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from nlp.errors import ConfigError, InputError
from training.config import TrainingConfig

ConfigFile = Annotated[
    Path | None, typer.Option("--config", metavar="文件.toml", help="训练配置;默认是自带模型的配置。")
]


def train(
    config_file: ConfigFile = None,
    output: Annotated[Path | None, typer.Option("--output", metavar="目录", help="模型包写到哪里。")] = None,
    no_validation: Annotated[
        bool, typer.Option("--no-validation", help="不做交叉验证:快约五倍,但清单和说明里没有指标。")
    ] = False,
) -> None:
    """训练:由数据和配置生成模型包(研判、同一问题判断、答复评价、推文评价)。

    例:`minsheng train --config training/configs/bundled.toml --output out/model`
    """
    from training.build import build_artifact

    config = _config(config_file, output)
    console = Console(stderr=True)
    with console.status("开始训练……") as status:

        def report(line: str) -> None:
            console.log(line)
            status.update(line)

        manifest = build_artifact(config, report=report, validate=not no_validation)
    size = sum(f.bytes for f in manifest.files.values()) / 1e6
    typer.echo(f"模型包 {manifest.version} 已写入 {config.output},共 {size:.1f} MB", err=True)


def evaluate(
    task: Annotated[str, typer.Argument(metavar="任务", help="triage、same_issue、replies 或 posts。")],
    config_file: ConfigFile = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="文件.jsonl", help="另写每一行的折外预测,供外部评分程序使用。")
    ] = None,
) -> None:
    """评估:按近似重复分组做交叉验证,每一行都由没见过它的模型预测。

    例:`minsheng evaluate replies --out out/replies.jsonl`
    """
    from training.build import all_tasks
    from training.metrics import measure
    from training.validation import cross_validate

    config = _config(config_file, None)
    chosen = {t.name: t for t in all_tasks()}.get(task)
    if chosen is None:
        raise InputError(f"没有任务 {task};应为 triage、same_issue、replies 或 posts")
    folders = config.folders
    examples = chosen.load(folders)
    console = Console(stderr=True)
    with console.status(f"交叉验证 {task}:{len(examples)} 行,{config.folds} 折"):
        predictions = cross_validate(
            chosen,
            examples,
            folders=folders,
            config=config.task(task),
            folds=config.folds,
            on_fold=lambda: console.log("完成一折"),
        )
    if out is not None:
        out.write_text("".join(json.dumps(p, ensure_ascii=False) + "\n" for p in predictions), "utf-8")
    for source in dict.fromkeys(e.source for e in examples):
        rows = [(e, p) for e, p in zip(examples, predictions, strict=True) if e.source == source]
        if "label" in rows[0][0].row:
            continue
        table = Table("指标", "数值", title=f"{task}:{source}")
        for name, value in measure(task, [e.row for e, _ in rows], [p for _, p in rows]).items():
            table.add_row(name, f"{value:g}")
        Console().print(table)


def _config(path: Path | None, output: Path | None) -> TrainingConfig:
    config = TrainingConfig.load(path)
    if output is None:
        return config
    if os.path.lexists(output) and not output.is_dir():
        raise ConfigError(f"--output 应是目录,{output} 是文件")
    return TrainingConfig(**{**config.__dict__, "output": str(output)})
