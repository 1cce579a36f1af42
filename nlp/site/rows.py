"""Rows of the site tables, and what can be wrong with one. `line` is the row's number in its file, header included."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from nlp.errors import SiteError

LEVELS = ("city", "district", "street", "community", "estate")
ROLES = ("lead", "assist")
INTERACTION = ("yes", "no", "unknown")
SHOWN_PROBLEMS = 5


@dataclass(frozen=True, slots=True)
class SiteProblem:
    """What is wrong with a table; `line` is None for the table as a whole. `severity` is error or warning."""

    table: str
    line: int | None
    message: str
    severity: str = "error"

    def __str__(self) -> str:
        return f"{self.table}{'' if self.line is None else f' 第 {self.line} 行'}:{self.message}"


@dataclass(frozen=True, slots=True)
class Area:
    """A place in the administration; `level` is city, district, street, community or estate."""

    code: str
    name: str
    parent: str | None
    level: str
    aliases: tuple[str, ...] = ()
    households: int | None = None
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Account:
    """A public account; `areas` are area codes, `topics` its remit; `interaction` is yes, no or unknown."""

    id: str
    name: str
    owner: str = ""
    kind: str = ""
    areas: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    opened: date | None = None
    closed: date | None = None
    merged_into: str | None = None
    interaction: str = "unknown"
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class DispatchRule:
    """Who is in charge of a topic, of one area or (None) of all that have no row of their own; days inclusive."""

    topic: str
    area: str | None
    unit: str
    role: str
    valid_from: date | None = None
    valid_to: date | None = None
    unit_code: str = ""
    level: str = ""
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class DeadlineRule:
    """`finish_due` (and `contact_due`, or "") is hours (24h), calendar days (7d) or working days (15wd).

    An empty topic or kind means any; a topic may be a level-1 name.
    """

    urgency: int
    topic: str
    kind: str
    finish_due: str
    rule: str
    contact_due: str = ""
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class TopicCode:
    """A platform's code of a topic of ours; `standard` names the platform's list; days inclusive."""

    topic: str
    code: str
    standard: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class GazetteerEntry:
    name: str
    kind: str
    area: str | None
    aliases: tuple[str, ...] = ()
    line: int = field(default=0, compare=False)


@dataclass(frozen=True)
class SiteTables:
    """All rows as they were read.

    problems: what was wrong with single rows (those rows are left out)
    files: the file each table was read from, by table name
    """

    areas: tuple[Area, ...]
    accounts: tuple[Account, ...]
    dispatch: tuple[DispatchRule, ...]
    deadlines: tuple[DeadlineRule, ...]
    holidays: Mapping[date, bool]
    codes: tuple[TopicCode, ...]
    gazetteer: tuple[GazetteerEntry, ...]
    problems: tuple[SiteProblem, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)

    def file_of(self, table: str) -> str:
        """Return the file name of a table."""
        return self.files.get(table, f"{table}.csv")


def in_force(rule: DispatchRule | TopicCode, on: date | None) -> bool:
    """Say whether a row holds on a day; without a day, whether it has no end."""
    if on is None:
        return rule.valid_to is None
    return (rule.valid_from is None or rule.valid_from <= on) and (rule.valid_to is None or on <= rule.valid_to)


def refuse_errors(problems: Sequence[SiteProblem]) -> None:
    """Raise SiteError naming up to five of the errors among `problems` and how many there are."""
    errors = [p for p in problems if p.severity == "error"]
    if not errors:
        return
    shown = ";".join(str(p) for p in errors[:SHOWN_PROBLEMS])
    more = f";等共 {len(errors)} 处" if len(errors) > SHOWN_PROBLEMS else ""
    raise SiteError(f"站点表 {shown}{more};用 minsheng doctor --site 目录 查看全部")
