"""Grouping judged on pairs that the pair model never saw: each fold trains without its pairs, groups the board.

    python benchmarks/issues_quality.py [--shared ../shared/data]

Prints pair precision, recall, F1 (same issue in the grouping against two votes of "same") and the largest issue.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from sklearn.metrics import precision_recall_fscore_support
from sklearn.model_selection import GroupKFold

from nlp.issue_clusters import ClusterConfig, cluster_pairs
from nlp.same_issue import SameIssueModel, pair_features
from training.config import TrainingConfig
from training.same_issue import PAIRS, SameIssueOptions, SameIssueTask, read_board
from training.task import DataFolders


def main() -> None:
    """Run the folds and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, default=Path("../shared/data"))
    parser.add_argument("--folds", type=int, default=5)
    options = parser.parse_args()
    folders, task, config = DataFolders(options.shared, Path("datasets")), SameIssueTask(), TrainingConfig.load()
    examples = task.load(folders)
    board = read_board(folders, SameIssueOptions())
    judged = np.array([e.source == PAIRS for e in examples])
    left, right = (np.array([board.position.get(e.row[side], 0) for e in examples]) for side in ("a", "b"))
    candidates = pair_features(board.batch, board.candidates.left, board.candidates.right)
    truth = np.array([e.row["same"] for e in examples])
    together, shares, counts = np.zeros(len(examples), int), [], []
    groups = np.array([e.group for e in examples])
    splitter = GroupKFold(options.folds, shuffle=True, random_state=config.seed % 2**32)
    for train_rows, test_rows in splitter.split(groups, groups=groups):
        parts = task.train([examples[i] for i in train_rows], folders, config.task(task.name))
        model = SameIssueModel.from_parts(parts)
        labels = cluster_pairs(
            len(board.batch),
            board.candidates,
            model.probabilities(candidates),
            score=lambda a, b, model=model: model.score(board.batch, a, b),
            link=model.link,
            join=model.join,
            config=ClusterConfig(),
        )
        one, other = labels[left[test_rows]], labels[right[test_rows]]
        together[test_rows] = (one >= 0) & (one == other)
        shares.append(np.bincount(labels[labels >= 0]).max() / len(labels))
        counts.append(int(labels.max()) + 1)
    precision, recall, f1, _ = precision_recall_fscore_support(truth[judged], together[judged], average="binary")
    print(f"pair precision {precision:.3f}  recall {recall:.3f}  F1 {f1:.3f}  ({judged.sum()} pairs, out of fold)")
    print(f"largest issue {max(shares):.2%} of {len(board.batch)} messages; issues per fold {counts}")


if __name__ == "__main__":
    main()
