"""One TOML file per run, read into one frozen value. Unknown keys are errors."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from nlp.errors import ConfigError
from training.task import DataFolders, TaskConfig

BUNDLED = Path(__file__).parent / "configs" / "bundled.toml"


@dataclass(frozen=True)
class TrainingConfig:
    """What one run does. Relative folders count from the working directory."""

    version: str  # of the model, e.g. 2026.11.0; every triage names it
    created: str  # date written into the manifest: a run makes the same bytes whenever it is made
    seed: int = 0
    folds: int = 5  # of the grouped cross-validation whose numbers enter manifest and card
    shared: str = "../shared/data"
    own: str = "datasets"
    output: str = "nlp/data/model"
    tasks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path | None = None) -> TrainingConfig:
        """Read a configuration (default: the one of the bundled model). Raises ConfigError."""
        source = path or BUNDLED
        try:
            raw = tomllib.loads(source.read_text("utf-8"))
        except (OSError, ValueError) as exc:
            raise ConfigError(f"训练配置 {source} 读不出来:{exc}") from exc
        known = {f.name for f in fields(cls)}
        unknown = sorted(set(raw) - known)
        if unknown:
            raise ConfigError(f"训练配置 {source.name} 有不认识的项 {unknown[0]};可用的是 {'、'.join(sorted(known))}")
        missing = sorted({"version", "created", "tasks"} - set(raw))
        if missing:
            raise ConfigError(f"训练配置 {source.name} 缺少 {missing[0]}")
        return cls(**raw)

    @property
    def folders(self) -> DataFolders:
        """Return the data folders. Raises ConfigError where one is absent."""
        for path in (self.shared, self.own):
            if not Path(path).is_dir():
                raise ConfigError(f"数据目录不存在:{path};请在项目根目录运行,或在配置里改 shared、own")
        return DataFolders(Path(self.shared), Path(self.own))

    def task(self, name: str) -> TaskConfig:
        """Return the options of one task."""
        return TaskConfig(self.seed, self.tasks.get(name, {}))
