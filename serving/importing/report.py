"""What became of each file of an import, and of all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from nlp.errors import RowError
from serving.importing.entries import Line
from serving.importing.plan import Refusal, Source

CANNOT_TELL = ""


class Outcome(StrEnum):
    """How a file ended."""

    imported = "已导入"
    continued = "接着导入完"
    passed = "已导入过"
    refused = "未导入"
    left_out = "不用导入"
    checked = "可导入"
    empty = "没有可用的行"


@dataclass
class SourceReport:
    """One file or sheet: counts of its rows, with reasons; `errors` are those met in this run.

    hints: which columns that were not read look like a field, in Chinese
    """

    name: str
    sheet: str = ""
    kind: str = CANNOT_TELL
    channel: str = ""
    outcome: Outcome = Outcome.imported
    rows: int = 0
    created: int = 0
    known: int = 0
    changed: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    skipped_lines: list[tuple[int, str]] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)
    error_count: int = 0
    notes: Counter[str] = field(default_factory=Counter)
    message: str = ""
    imported_at: datetime | None = None
    hints: tuple[str, ...] = ()

    @classmethod
    def of_source(cls, source: Source) -> SourceReport:
        """Begin the report of a source."""
        channel = source.channel or source.account
        return cls(source.name, source.shown_sheet, source.kind, channel)

    @classmethod
    def of_refusal(cls, refusal: Refusal) -> SourceReport:
        """Return the report of what is not imported."""
        outcome = Outcome.left_out if refusal.harmless else Outcome.refused
        return cls(refusal.name, refusal.sheet, outcome=outcome, message=refusal.message)

    @property
    def is_bad(self) -> bool:
        return self.outcome is Outcome.refused or self.error_count > 0

    @property
    def result(self) -> Outcome:
        """How the file ended, as it is told: one that was read and gave no usable row is neither good nor refused."""
        read = self.outcome in (Outcome.imported, Outcome.continued, Outcome.checked)
        return Outcome.empty if read and not self.created + self.known else self.outcome

    @property
    def place(self) -> str:
        """Name the file and, where it has one, the sheet."""
        return f"{self.name}「{self.sheet}」" if self.sheet else self.name

    def note(self, lines: Sequence[Line]) -> None:
        """Take over what lines themselves say: errors, and rows that are no data."""
        for line in lines:
            if isinstance(line.slot, RowError):
                self.errors.append(line.slot)
            elif line.slot is None:
                self.skipped[line.skipped or ""] += 1
                self.skipped_lines.append((line.number, line.skipped or ""))


@dataclass(frozen=True, slots=True)
class ImportReport:
    """All files, in the order of import. `failures`: what else went wrong, in Chinese."""

    files: tuple[SourceReport, ...]
    failures: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        return sum(f.rows for f in self.files)

    @property
    def created(self) -> int:
        return sum(f.created for f in self.files)

    @property
    def known(self) -> int:
        return sum(f.known for f in self.files)

    @property
    def error_count(self) -> int:
        return sum(f.error_count for f in self.files)

    @property
    def refused(self) -> tuple[SourceReport, ...]:
        return tuple(f for f in self.files if f.outcome is Outcome.refused)

    @property
    def is_bad(self) -> bool:
        return bool(self.failures) or any(f.is_bad for f in self.files)
