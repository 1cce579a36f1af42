"""What a site says of itself: areas, accounts, dispatch, deadlines, holidays, topic codes, gazetteer.

A table that the site does not give is the shipped default: every topic to the kind of bureau in charge, 24 h / 72 h /
5 and 15 working days, no areas, no accounts, no codes, no gazetteer. Working days: `working_time.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, datetime
from functools import cached_property
from pathlib import Path

from nlp.records import CHINA
from nlp.results import DepartmentSuggestion
from nlp.site.areas import AreaIndex, AreaName
from nlp.site.checks import check_site, check_tables
from nlp.site.rows import (
    LEVELS,
    ROLES,
    Account,
    Area,
    DeadlineRule,
    DispatchRule,
    GazetteerEntry,
    SiteProblem,
    SiteTables,
    TopicCode,
    in_force,
    refuse_errors,
)
from nlp.site.tables import DEFAULTS, TABLES, read_tables
from nlp.site.working_time import CLOSING_HOUR, add_term, count_working_days, is_working_day

__all__ = [
    "CLOSING_HOUR",
    "DEFAULTS",
    "LEVELS",
    "ROLES",
    "TABLES",
    "Account",
    "Area",
    "AreaName",
    "DeadlineRule",
    "DispatchRule",
    "Due",
    "GazetteerEntry",
    "Site",
    "SiteProblem",
    "TopicCode",
    "check_site",
    "refuse_errors",
]


@dataclass(frozen=True, slots=True)
class Due:
    """When a request must be done and the rule that says so; `at` is None without a time or a rule.

    contact_at: when its author must have been spoken to; None where the rule does not ask for it
    """

    at: datetime | None = None
    rule: str | None = None
    contact_at: datetime | None = None


@dataclass(frozen=True)
class Site(SiteTables):
    """The site tables, read once."""

    @classmethod
    def load(cls, folder: Path | None = None) -> Site:
        """Read the tables of `folder`; the shipped default stands for each that is absent.

        Raises SiteError naming table, line, column, what was expected and what came, of up to five errors.
        """
        site = cls.read(folder)
        refuse_errors([*site.problems, *check_tables(site)])
        return site

    @classmethod
    def read(cls, folder: Path | None = None) -> Site:
        """Read the tables whatever is wrong with them: bad rows are left out and kept in `problems`.

        For `check_site`. Raises SiteError where there is no such folder.
        """
        tables = read_tables(folder)
        return cls(**{f.name: getattr(tables, f.name) for f in fields(tables)})

    def departments(
        self, topic: str, *, area: str | None = None, score: float = 1.0, on: date | None = None
    ) -> tuple[DepartmentSuggestion, ...]:
        """Return the units that the dispatch table names for a topic on a day, lead first.

        The rows of the area itself win over those of the areas above it, and these over general rows. Where the nearest
        rows name no lead, the next ones above are added until one does.
        """
        rules = [r for r in self._dispatch_of.get(topic, ()) if in_force(r, on)]
        chosen: list[DispatchRule] = []
        for place in (*self.ancestors(area), None):
            chosen += [r for r in rules if r.area == place and r.unit not in {c.unit for c in chosen}]
            if any(r.role == "lead" for r in chosen):
                break
        chosen.sort(key=lambda r: ROLES.index(r.role))
        return tuple(DepartmentSuggestion(r.unit, r.role, score, topic) for r in chosen)

    def due(self, time: datetime | None, *, urgency: int, topic: str, kind: str) -> Due:
        """Apply the deadline table: the most specific row for urgency, topic and kind wins."""
        level_1 = topic.split("/")[0]
        fitting = [
            r
            for r in self.deadlines
            if r.urgency == urgency and r.topic in ("", topic, level_1) and r.kind in ("", kind)
        ]
        if not fitting:
            return Due()
        rule = max(fitting, key=lambda r: (len(r.topic), len(r.kind)))
        if time is None:
            return Due(None, rule.rule)
        contact = add_term(self.holidays, time, term=rule.contact_due) if rule.contact_due else None
        return Due(add_term(self.holidays, time, term=rule.finish_due), rule.rule, contact)

    def is_working_day(self, day: date) -> bool:
        """Say whether people work on that day; without a row, Monday to Friday."""
        return is_working_day(self.holidays, day)

    def working_days(self, start: datetime, end: datetime) -> int:
        """Count working days after the day of `start` up to the day of `end`, 0 or more."""
        return count_working_days(self.holidays, start, end=end)

    def calendar_warning(self, *times: datetime | None) -> str | None:
        """Return a Chinese warning when a year among `times` has no holiday rows."""
        years = {t.astimezone(CHINA).year for t in times if t is not None}
        missing = sorted(years - self._calendar_years)
        return f"holidays.csv 没有 {missing[0]} 年的节假日,工作日只按周末计算" if missing else None

    def topic_codes(self, topic: str, *, on: date | None = None) -> tuple[str, ...]:
        """Return the platforms' codes of a topic on a day, each once."""
        return tuple(dict.fromkeys(c.code for c in self.codes if c.topic == topic and in_force(c, on)))

    def area_of(self, text: str | None, *, within: str | None = None) -> str | None:
        """Return the code of the most specific area whose code is `text`, or whose name or alias stands in it.

        within: the code of the request's own area; it decides what an ambiguous name means
        """
        if not text:
            return None
        if text in self._index:
            return text
        return self._index.resolve(self._index.find(text), within=within)

    def names_in(self, text: str) -> list[AreaName]:
        """Return the areas' and the gazetteer's names that stand in a text, in order, the longest of each place."""
        return self._index.find(text)

    def most_specific(self, area: str | None, places: Iterable[str | None]) -> str | None:
        """Return the first of the places' areas that lies in `area`, else `area`; without it the first there is."""
        known = [p for p in places if p]
        if area is None:
            return known[0] if known else None
        return next((p for p in known if area in self.ancestors(p)), area)

    def ancestors(self, area: str | None) -> tuple[str, ...]:
        """Return the area's code and those above it, nearest first; empty for an unknown one."""
        return self._index.ancestors(area)

    @cached_property
    def _index(self) -> AreaIndex:
        return AreaIndex(self.areas, self.gazetteer)

    @cached_property
    def _dispatch_of(self) -> dict[str, list[DispatchRule]]:
        found: dict[str, list[DispatchRule]] = {}
        for rule in self.dispatch:
            found.setdefault(rule.topic, []).append(rule)
        return found

    @cached_property
    def _calendar_years(self) -> set[int]:
        return {d.year for d in self.holidays}
