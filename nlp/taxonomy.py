"""The label tree (类别): level 1 / level 2, versioned, read from JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from nlp.errors import TaxonomyError

BUNDLED = Path(__file__).parent / "data" / "taxonomy.json"
TEDDY_7 = "teddy-7"


@dataclass(frozen=True)
class Topic:
    """A node of level 2. `name` is `一级/二级`; `code` never changes once given."""

    name: str
    code: str
    aliases: tuple[str, ...] = ()

    @property
    def level_1(self) -> str:
        return self.name.split("/")[0]


@dataclass(frozen=True)
class Taxonomy:
    """A versioned set of topics, in the order of the file."""

    version: str
    topics: tuple[Topic, ...]

    @classmethod
    def load(cls, path: Path | None = None) -> Taxonomy:
        """Read `{"version", "topics": [{"name", "code", "aliases"}]}`. Raises TaxonomyError."""
        source = path or BUNDLED
        try:
            raw = json.loads(source.read_text("utf-8"))
            topics = tuple(Topic(t["name"], t["code"], tuple(t.get("aliases", ()))) for t in raw["topics"])
            found = cls(str(raw["version"]), topics)
        except (OSError, ValueError, KeyError, TypeError) as exc:
            raise TaxonomyError(
                f"类别表 {source} 读不出来({type(exc).__name__}):应为 version 和 topics(name、code)"
            ) from exc
        names, codes = [t.name for t in topics], [t.code for t in topics]
        repeated = sorted({n for n in names if names.count(n) > 1} | {c for c in codes if codes.count(c) > 1})
        wrong = [n for n in names if n.count("/") != 1]
        if repeated or wrong:
            raise TaxonomyError(f"类别表 {source} 有误:{(repeated or wrong)[0]} 重复,或不是“一级/二级”的写法")
        return found

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(t.name for t in self.topics)

    @cached_property
    def level_1(self) -> tuple[str, ...]:
        """Level-1 names, each once, in order."""
        return tuple(dict.fromkeys(t.level_1 for t in self.topics))

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def check(self, labels: Sequence[str]) -> None:
        """Raise TaxonomyError naming the first label that is not in the tree."""
        for label in labels:
            if label not in self:
                raise TaxonomyError(f"类别“{label}”不在类别表 {self.version} 中;应为“一级/二级”,如“{self.names[0]}”")
