"""What a site says of itself: areas, accounts, dispatch, deadlines, holidays, topic codes, gazetteer (CSV tables).

A table that the site does not give is the shipped default: every topic to the kind of bureau in charge, 24 h / 72 h /
5 and 15 working days, no areas and no accounts. Holidays follow the yearly notices of the General Office of the State
Council (国务院办公厅关于部分节假日安排的通知); a year without rows counts weekends only and warns.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from nlp.errors import FileError, SiteError
from nlp.records import CHINA, parse_time
from nlp.results import KINDS, DepartmentSuggestion
from nlp.tables import read_rows

DEFAULTS = Path(__file__).parent / "data" / "site"
CLOSING_HOUR = 18
LEVELS = ("city", "district", "street", "community", "estate")
ROLES = ("lead", "assist")
_DURATION = re.compile(r"^(\d{1,4})(h|d|wd)$")
_LIST = re.compile(r"[;；、|]")


@dataclass(frozen=True, slots=True)
class Area:
    """A place in the administration; `level` is city, district, street, community or estate."""

    code: str
    name: str
    parent: str | None
    level: str
    aliases: tuple[str, ...] = ()
    households: int | None = None


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


@dataclass(frozen=True, slots=True)
class DispatchRule:
    topic: str
    area: str | None
    unit: str
    role: str
    valid_from: date | None
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class DeadlineRule:
    """`finish_due` is hours (24h), calendar days (7d) or working days (15wd); empty topic or kind means any."""

    urgency: int
    topic: str
    kind: str
    finish_due: str
    rule: str


@dataclass(frozen=True, slots=True)
class GazetteerEntry:
    name: str
    kind: str
    area: str | None
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Due:
    """When a request must be done and the rule that says so; `at` is None without a time or a rule."""

    at: datetime | None = None
    rule: str | None = None


@dataclass(frozen=True)
class Site:
    """The site tables, read once."""

    areas: tuple[Area, ...]
    accounts: tuple[Account, ...]
    dispatch: tuple[DispatchRule, ...]
    deadlines: tuple[DeadlineRule, ...]
    holidays: Mapping[date, bool]
    codes: Mapping[str, tuple[str, ...]]
    gazetteer: tuple[GazetteerEntry, ...]

    @classmethod
    def load(cls, folder: Path | None = None) -> Site:
        """Read the tables of `folder`; the shipped default stands for each that is absent.

        Raises SiteError naming table, row and what was expected.
        """
        if folder is not None and not folder.is_dir():
            raise SiteError(f"站点目录不存在:{folder};请检查 --site 或 MINSHENG_SITE")
        areas = tuple(_table(folder, "areas", _area))
        known = {a.code for a in areas}
        for area in areas:
            if area.parent and area.parent not in known:
                raise SiteError(f"areas.csv:区域 {area.code} 的上级 {area.parent} 不在表中")
        codes: dict[str, tuple[str, ...]] = {}
        for topic, code in _table(folder, "topic_codes", lambda row: (_need(row, "topic"), _need(row, "code"))):
            codes[topic] = (*codes.get(topic, ()), code)
        return cls(
            areas=areas,
            accounts=tuple(_table(folder, "accounts", _account)),
            dispatch=tuple(_table(folder, "dispatch", _dispatch)),
            deadlines=tuple(_table(folder, "deadlines", _deadline)),
            holidays=dict(_table(folder, "holidays", _holiday)),
            codes=codes,
            gazetteer=tuple(_table(folder, "gazetteer", _gazetteer)),
        )

    def departments(
        self, topic: str, *, area: str | None = None, score: float = 1.0, on: date | None = None
    ) -> tuple[DepartmentSuggestion, ...]:
        """Return the units that the dispatch table names for a topic, lead first; an area's own rows win."""
        rules = [r for r in self.dispatch if r.topic == topic and _in_force(r, on)]
        own = [r for r in rules if r.area and r.area in self.ancestors(area)]
        chosen = own or [r for r in rules if not r.area]
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
        return Due(None if time is None else self._after(time, rule.finish_due), rule.rule)

    def is_working_day(self, day: date) -> bool:
        """Say whether people work on that day; without a row, Monday to Friday."""
        return self.holidays.get(day, day.weekday() < 5)

    def working_days(self, start: datetime, end: datetime) -> int:
        """Count working days after the day of `start` up to the day of `end`, 0 or more."""
        first, last = start.astimezone(CHINA).date(), end.astimezone(CHINA).date()
        return sum(self.is_working_day(first + timedelta(days=n)) for n in range(1, (last - first).days + 1))

    def calendar_warning(self, *times: datetime | None) -> str | None:
        """Return a Chinese warning when a year among `times` has no holiday rows."""
        years = {d.year for d in self.holidays}
        missing = sorted({t.astimezone(CHINA).year for t in times if t is not None} - years)
        return f"holidays.csv 没有 {missing[0]} 年的节假日,工作日只按周末计算" if missing else None

    def topic_codes(self, topic: str) -> tuple[str, ...]:
        """Return the platform's codes of a topic."""
        return self.codes.get(topic, ())

    def area_of(self, text: str | None) -> str | None:
        """Return the code of the most specific area whose code, name or alias is or occurs in `text`."""
        if not text:
            return None
        by_code = {a.code for a in self.areas}
        if text in by_code:
            return text
        found = [(LEVELS.index(a.level), len(n), a.code) for a in self.areas for n in (a.name, *a.aliases) if n in text]
        found += [
            (len(LEVELS), len(n), g.area) for g in self.gazetteer if g.area for n in (g.name, *g.aliases) if n in text
        ]
        return max(found)[2] if found else None

    def ancestors(self, area: str | None) -> tuple[str, ...]:
        """Return the area's code and those above it, nearest first; empty for an unknown one."""
        parents = {a.code: a.parent for a in self.areas}
        chain: list[str] = []
        while area and area in parents and area not in chain:
            chain.append(area)
            area = parents[area]
        return tuple(chain)

    def _after(self, time: datetime, duration: str) -> datetime:
        match = _DURATION.match(duration)
        assert match is not None
        amount, unit = int(match[1]), match[2]
        if unit == "h":
            return time + timedelta(hours=amount)
        local = time.astimezone(CHINA)
        day = local.date()
        if unit == "d":
            day += timedelta(days=amount)
        while unit == "wd" and amount > 0:
            day += timedelta(days=1)
            amount -= self.is_working_day(day)
        return datetime(day.year, day.month, day.day, CLOSING_HOUR, tzinfo=CHINA)


def _table(folder: Path | None, name: str, build: Callable[[Mapping[str, Any]], Any]) -> Iterable[Any]:
    own = folder / f"{name}.csv" if folder else None
    path = own if own and own.is_file() else DEFAULTS / f"{name}.csv"
    with (DEFAULTS / f"{name}.csv").open(encoding="utf-8") as file:
        columns: dict[str, tuple[str, ...]] = {c: () for c in file.readline().strip().split(",")}
    try:
        rows = read_rows(path, fields=columns)
    except FileError as exc:
        raise SiteError(f"站点表 {path.name} 读不出来:{exc}") from exc
    for number, row in enumerate(rows, 2):
        try:
            yield build(row)
        except (SiteError, ValueError) as exc:
            raise SiteError(f"站点表 {path.name} 第 {number} 行:{exc}") from exc


def _need(row: Mapping[str, Any], name: str) -> str:
    value = str(row.get(name) or "").strip()
    if not value:
        raise SiteError(f"缺少 {name}")
    return value


def _text(row: Mapping[str, Any], name: str) -> str:
    return str(row.get(name) or "").strip()


def _among(row: Mapping[str, Any], name: str, allowed: tuple[str, ...]) -> str:
    value = _need(row, name)
    if value not in allowed:
        raise SiteError(f"{name} 应为 {'、'.join(allowed)} 之一,收到 {value}")
    return value


def _names(row: Mapping[str, Any], name: str) -> tuple[str, ...]:
    return tuple(p.strip() for p in _LIST.split(_text(row, name)) if p.strip())


def _day(row: Mapping[str, Any], name: str) -> date | None:
    text = _text(row, name)
    if not text:
        return None
    time = parse_time(text)
    if time is None:
        raise SiteError(f"{name} 应为日期(2026-11-09),收到 {text}")
    return time.date()


def _area(row: Mapping[str, Any]) -> Area:
    households = _text(row, "households")
    if households and not households.isdigit():
        raise SiteError(f"households 应为户数(整数),收到 {households}")
    return Area(
        _need(row, "code"),
        _need(row, "name"),
        _text(row, "parent") or None,
        _among(row, "level", LEVELS),
        _names(row, "aliases"),
        int(households) if households else None,
    )


def _account(row: Mapping[str, Any]) -> Account:
    return Account(
        id=_need(row, "id"),
        name=_need(row, "name"),
        owner=_text(row, "owner"),
        kind=_text(row, "kind"),
        areas=_names(row, "areas"),
        topics=_names(row, "topics"),
        opened=_day(row, "opened"),
        closed=_day(row, "closed"),
        merged_into=_text(row, "merged_into") or None,
        interaction=_text(row, "interaction") or "unknown",
    )


def _dispatch(row: Mapping[str, Any]) -> DispatchRule:
    return DispatchRule(
        _need(row, "topic"),
        _text(row, "area") or None,
        _need(row, "unit"),
        _among(row, "role", ROLES),
        _day(row, "valid_from"),
        _day(row, "valid_to"),
    )


def _deadline(row: Mapping[str, Any]) -> DeadlineRule:
    urgency, duration, kind = _text(row, "urgency"), _need(row, "finish_due"), _text(row, "kind")
    if urgency not in ("0", "1", "2", "3"):
        raise SiteError(f"urgency 应为 0 到 3,收到 {urgency or '空'}")
    if not _DURATION.match(duration):
        raise SiteError(f"finish_due 应为 24h(小时)、7d(天)或 15wd(工作日),收到 {duration}")
    if kind and kind not in KINDS:
        raise SiteError(f"kind 应为 {'、'.join(KINDS)} 之一或留空,收到 {kind}")
    return DeadlineRule(int(urgency), _text(row, "topic"), kind, duration, _need(row, "rule"))


def _holiday(row: Mapping[str, Any]) -> tuple[date, bool]:
    day = _day(row, "date")
    if day is None:
        raise SiteError("缺少 date")
    if str(row.get("workday")) not in ("0", "1"):
        raise SiteError(f"workday 应为 0(放假)或 1(上班),收到 {row.get('workday')}")
    return day, str(row.get("workday")) == "1"


def _gazetteer(row: Mapping[str, Any]) -> GazetteerEntry:
    return GazetteerEntry(_need(row, "name"), _text(row, "kind"), _text(row, "area") or None, _names(row, "aliases"))


def _in_force(rule: DispatchRule, on: date | None) -> bool:
    if on is None:
        return rule.valid_to is None
    return (rule.valid_from is None or rule.valid_from <= on) and (rule.valid_to is None or on <= rule.valid_to)
