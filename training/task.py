"""What every trained part looks like from outside: load, train, predict. Building and cross-validation know no more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from nlp.artifact import Part


@dataclass(frozen=True)
class Example:
    """One labelled row. Rows of one `group` (near-duplicates) never fall on both sides of a split.

    row: the gold row with the contract's names
    source: data set it comes from (requests_gold_dev, channels-a …)
    weight: 0 keeps it out of training, not out of prediction
    """

    id: str
    row: Mapping[str, Any]
    group: str
    source: str
    weight: float = 1.0


@dataclass(frozen=True)
class DataFolders:
    """Where data lies: `shared` is the third-party data, `own` what the project wrote (`datasets/`)."""

    shared: Path
    own: Path


@dataclass(frozen=True)
class TaskConfig:
    """Options of one task from the training configuration (its TOML table) and the seed."""

    seed: int = 0
    options: Mapping[str, Any] = field(default_factory=dict)


class Task(Protocol):
    """One trained part of the artefact (or several that belong together)."""

    name: str

    def files(self, folders: DataFolders) -> list[Path]:
        """Files that `load` reads; their hashes go into the manifest."""

    def load(self, folders: DataFolders) -> list[Example]:
        """Read labelled rows, masked."""

    def train(self, examples: Sequence[Example], folders: DataFolders, config: TaskConfig) -> dict[str, Part]:
        """Train on labelled rows; `folders` gives access to unlabelled text."""

    def predict(self, parts: Mapping[str, Part], examples: Sequence[Example]) -> list[dict[str, Any]]:
        """Apply trained parts to rows; returns the contract's objects, which `evaluate.py` scores."""
