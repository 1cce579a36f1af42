"""Examples to artefact: train every task, cross-validate it, write the folder with manifest and card."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from nlp.artifact import Manifest, Part, write_artifact
from nlp.taxonomy import Taxonomy
from training.card import render_card
from training.config import TrainingConfig
from training.metrics import measure
from training.posts import PostsTask
from training.replies import RepliesTask
from training.requests import TriageTask
from training.same_issue import SameIssueTask
from training.task import DataFolders, Example, Task
from training.validation import cross_validate

Report = Callable[[str], None]


def all_tasks() -> tuple[Task, ...]:
    """Return every trained part, in the order they are built."""
    return TriageTask(), SameIssueTask(), RepliesTask(), PostsTask()


def build_artifact(config: TrainingConfig, *, report: Report, validate: bool = True) -> Manifest:
    """Train all tasks of the configuration and write the model folder.

    report: called with a Chinese line before each step
    validate: also cross-validate, so that manifest and card carry numbers (takes `folds` times longer)
    """
    folders = config.folders
    parts: dict[str, Part] = {}
    metrics: dict[str, Any] = {}
    data: dict[str, str] = {}
    for task in all_tasks():
        report(f"{task.name}:读取数据")
        examples = task.load(folders)
        data.update(_hashes(task.files(folders), folders))
        if validate:
            metrics[task.name] = validate_task(task, examples, config=config, folders=folders, report=report)
        report(f"{task.name}:用全部 {len(examples)} 行训练")
        parts.update(task.train(examples, folders, config.task(task.name)))
    manifest = Manifest(
        version=config.version,
        taxonomy=Taxonomy.load().version,
        created=config.created,
        seed=config.seed,
        code_version=version("minsheng"),
        config={name: value for name, value in asdict(config).items() if name != "output"},
        data=dict(sorted(data.items())),
        metrics=metrics,
    )
    return write_artifact(Path(config.output), manifest, parts, card=render_card(manifest))


def validate_task(
    task: Task, examples: Sequence[Example], *, config: TrainingConfig, folders: DataFolders, report: Report
) -> dict[str, Mapping[str, float]]:
    """Cross-validate one task; returns the numbers of each data source apart."""
    done = iter(range(1, config.folds + 1))
    predictions = cross_validate(
        task,
        examples,
        folders=folders,
        config=config.task(task.name),
        folds=config.folds,
        on_fold=lambda: report(f"{task.name}:交叉验证第 {next(done)}/{config.folds} 折"),
    )
    found: dict[str, Mapping[str, float]] = {}
    for source in dict.fromkeys(e.source for e in examples):
        rows = [(e, p) for e, p in zip(examples, predictions, strict=True) if e.source == source]
        if "label" not in rows[0][0].row:
            found[source] = measure(task.name, [e.row for e, _ in rows], [p for _, p in rows])
    return found


def _hashes(files: Sequence[Path], folders: DataFolders) -> dict[str, str]:
    found = {}
    for path in files:
        base = "own" if path.is_relative_to(folders.own) else "shared"
        root = folders.own if base == "own" else folders.shared
        found[f"{base}/{path.relative_to(root).as_posix()}"] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found
