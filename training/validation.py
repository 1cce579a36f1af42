"""Grouped cross-validation of any task: every row is predicted by parts that never saw its group."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from sklearn.model_selection import GroupKFold

from training.task import DataFolders, Example, Task, TaskConfig


def cross_validate(
    task: Task,
    examples: Sequence[Example],
    *,
    folders: DataFolders,
    config: TaskConfig,
    folds: int,
    on_fold: Callable[[], None] = lambda: None,
) -> list[dict[str, Any]]:
    """Return the out-of-fold prediction of every example, in their order.

    `on_fold` is called after each fold. Raises ValueError where there are fewer groups than folds.
    """
    groups = np.array([e.group for e in examples])
    predictions: dict[int, dict[str, Any]] = {}
    splitter = GroupKFold(n_splits=folds, shuffle=True, random_state=config.seed % 2**32)
    for train_rows, test_rows in splitter.split(groups, groups=groups):
        parts = task.train([examples[i] for i in train_rows], folders, config)
        held_out = [examples[i] for i in test_rows]
        for row, prediction in zip(test_rows, task.predict(parts, held_out), strict=True):
            predictions[int(row)] = prediction
        on_fold()
    return [predictions[i] for i in range(len(examples))]
