"""Reading the site tables: CSV (UTF-8 or GB18030) or, where there is no CSV, .xlsx of the same name.

All that is wrong with the rows of a table is collected; a wrong row is left out. Column names may be Chinese, and so
may levels, roles, terms and yes/no.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from nlp.errors import FileError, SiteError
from nlp.headers import match_headers, plain_header
from nlp.records import parse_time
from nlp.results import KINDS
from nlp.site.headers import HEADERS, NEEDED, WORDS
from nlp.site.rows import (
    INTERACTION,
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
)
from nlp.site.working_time import DURATION
from nlp.tables import read_table, view_tables

DEFAULTS = Path(__file__).parents[1] / "data" / "site"
TABLES = tuple(HEADERS)
_SPOKEN_TERM = re.compile(r"^(\d{1,4})个?(小时|工作日|日|天|自然日)$")
_TERM_UNITS = {"小时": "h", "工作日": "wd", "日": "d", "天": "d", "自然日": "d"}
_LIST = re.compile(r"[;；、|]")
_RUINED = re.compile(r"^\d(\.\d+)?[eE]\+?\d{1,2}$")
_Row = TypeVar("_Row")
_Cells = Mapping[str, Any]


class _Reader:
    """Reads the tables of one folder and keeps what is wrong with them."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self.problems: list[SiteProblem] = []
        self.files: dict[str, str] = {}

    def read(self, table: str, build: Callable[[_Cells, int], _Row]) -> tuple[_Row, ...]:
        """Build the good rows of a table; keep the bad ones as problems."""
        path = self._path(table)
        self.files[table] = path.name
        found = []
        try:
            if not self._columns_fit(table, path):
                return ()
            for row in read_table(path, fields=HEADERS[table]):
                if row.error:
                    self._note(table, row.line, row.error)
                elif row.skipped is None:
                    try:
                        found.append(build(row.values, row.line))
                    except SiteError as exc:
                        self._note(table, row.line, str(exc))
        except FileError as exc:
            self._note(table, None, f"读不出来:{exc}")
        return tuple(found)

    def holidays(self) -> dict[date, bool]:
        """Read the calendar; two rows of one day must agree."""
        found: dict[date, bool] = {}
        for day, works, line in self.read("holidays", _holiday):
            if found.setdefault(day, works) != works:
                self._note("holidays", line, f"{day} 前面已写成{'放假' if works else '上班'},两行矛盾;请删去一行")
        return found

    def misnamed_files(self) -> None:
        """Warn of files whose name is nearly that of a table."""
        for path in sorted(self.folder.iterdir()) if self.folder else ():
            if path.suffix.lower() not in (".csv", ".xlsx", ".xls") or path.stem in TABLES:
                continue
            near = difflib.get_close_matches(path.stem.lower(), TABLES, n=1, cutoff=0.75)
            if near:
                self.problems.append(
                    SiteProblem(path.name, None, f"不认识的文件名,没有读;是不是 {near[0]}.csv?", "warning")
                )

    def _path(self, table: str) -> Path:
        own = [self.folder / f"{table}{e}" for e in (".csv", ".xlsx")] if self.folder else []
        there = [p for p in own if p.is_file()]
        if len(there) > 1:
            message = f"同一张表还有 {there[1].name},只读了 {there[0].name};请删去一个"
            self.problems.append(SiteProblem(there[0].name, None, message, "warning"))
        return there[0] if there else DEFAULTS / f"{table}.csv"

    def _columns_fit(self, table: str, path: Path) -> bool:
        """Check the header: a needed column must be there; a column of no use is a warning."""
        view = max(view_tables(path), key=lambda v: len(match_headers(v.headers, HEADERS[table])), default=None)
        headers = [h for h in view.headers if str(h).strip()] if view else []
        matched = match_headers(headers, HEADERS[table])
        names = [n for field, chinese in HEADERS[table].items() for n in (field, *chinese)]
        for at, header in enumerate(headers):
            if at not in matched:
                near = difflib.get_close_matches(plain_header(header), names, n=1, cutoff=0.6)
                hint = f";是不是 {near[0]}?" if near else ",没有用到"
                self._note(table, view.header_line if view else 1, f"不认识的列“{header}”{hint}", "warning")
        missing = [f"{n}({HEADERS[table][n][0]})" for n in NEEDED[table] if n not in matched.values()]
        if missing:
            shown = "、".join(str(h) for h in headers)[:80] or "空表"
            self._note(table, view.header_line if view else 1, f"缺少列 {'、'.join(missing)};表头是:{shown}")
        return not missing

    def _note(self, table: str, line: int | None, message: str, severity: str = "error") -> None:
        self.problems.append(SiteProblem(self.files[table], line, message, severity))


def read_tables(folder: Path | None) -> SiteTables:
    """Read the tables of `folder`; the shipped default stands for each that is absent. Raises SiteError without it."""
    if folder is not None and not folder.is_dir():
        raise SiteError(f"站点目录不存在:{folder};请检查 --site 或 MINSHENG_SITE")
    reader = _Reader(folder)
    reader.misnamed_files()
    return SiteTables(
        areas=reader.read("areas", _area),
        accounts=reader.read("accounts", _account),
        dispatch=reader.read("dispatch", _dispatch),
        deadlines=reader.read("deadlines", _deadline),
        holidays=reader.holidays(),
        codes=reader.read("topic_codes", _topic_code),
        gazetteer=reader.read("gazetteer", _gazetteer),
        problems=tuple(reader.problems),
        files=reader.files,
    )


def _text(row: _Cells, name: str) -> str:
    value = row.get(name)
    text = "" if value is None else str(value).strip()
    if _RUINED.match(text) and "code" in name:
        raise SiteError(f"{name} {text} 被表格软件改成了科学计数;请把该列设为文本后重填")
    return text


def _need(row: _Cells, name: str) -> str:
    value = _text(row, name)
    if not value:
        raise SiteError(f"缺少 {name}")
    return value


def _word(value: str, words: str) -> str:
    """Return the contract's word for a Chinese one; others stay as they are."""
    return next((word for word, chinese in WORDS[words].items() if value in chinese), value)


def _among(row: _Cells, name: str, allowed: Iterable[str]) -> str:
    given = _need(row, name)
    value = _word(given, name)
    if value not in allowed:
        shown = "、".join(f"{word}({WORDS[name][word][0]})" for word in allowed)
        raise SiteError(f"{name} 应为 {shown} 之一,收到 {given}")
    return value


def _names(row: _Cells, name: str) -> tuple[str, ...]:
    return tuple(p.strip() for p in _LIST.split(_text(row, name)) if p.strip())


def _day(row: _Cells, name: str) -> date | None:
    text = _text(row, name)
    if not text:
        return None
    time = parse_time(text)
    if time is None:
        raise SiteError(f"{name} 应为日期(2026-11-09),收到 {text}")
    return time.date()


def _term(row: _Cells, name: str) -> str:
    text = _text(row, name)
    spoken = _SPOKEN_TERM.match(text)
    term = f"{spoken[1]}{_TERM_UNITS[spoken[2]]}" if spoken else text
    if term and not DURATION.match(term):
        raise SiteError(f"{name} 应为 24h(小时)、7d(天)或 15wd(工作日),收到 {text}")
    return term


def _area(row: _Cells, line: int) -> Area:
    households = _text(row, "households")
    if households and not households.isdecimal():
        raise SiteError(f"households 应为户数(整数),收到 {households}")
    return Area(
        code=_need(row, "code"),
        name=_need(row, "name"),
        parent=_text(row, "parent") or None,
        level=_among(row, "level", LEVELS),
        aliases=_names(row, "aliases"),
        households=int(households) if households else None,
        line=line,
    )


def _account(row: _Cells, line: int) -> Account:
    return Account(
        id=_need(row, "id"),
        name=_need(row, "name"),
        owner=_text(row, "owner"),
        kind=_word(_text(row, "kind"), "account_kind"),
        areas=_names(row, "areas"),
        topics=_names(row, "topics"),
        opened=_day(row, "opened"),
        closed=_day(row, "closed"),
        merged_into=_text(row, "merged_into") or None,
        interaction=_among(row, "interaction", INTERACTION) if _text(row, "interaction") else "unknown",
        line=line,
    )


def _dispatch(row: _Cells, line: int) -> DispatchRule:
    return DispatchRule(
        topic=_need(row, "topic"),
        area=_text(row, "area") or None,
        unit=_need(row, "unit"),
        role=_among(row, "role", ROLES),
        valid_from=_day(row, "valid_from"),
        valid_to=_day(row, "valid_to"),
        unit_code=_text(row, "unit_code"),
        level=_among(row, "level", LEVELS) if _text(row, "level") else "",
        line=line,
    )


def _deadline(row: _Cells, line: int) -> DeadlineRule:
    urgency, kind = _text(row, "urgency"), _text(row, "kind")
    if urgency not in ("0", "1", "2", "3"):
        raise SiteError(f"urgency 应为 0 到 3,收到 {urgency or '空'}")
    if kind and kind not in KINDS:
        raise SiteError(f"kind 应为 {'、'.join(KINDS)} 之一或留空,收到 {kind}")
    _need(row, "finish_due")
    return DeadlineRule(
        urgency=int(urgency),
        topic=_text(row, "topic"),
        kind=kind,
        finish_due=_term(row, "finish_due"),
        rule=_need(row, "rule"),
        contact_due=_term(row, "contact_due"),
        line=line,
    )


def _holiday(row: _Cells, line: int) -> tuple[date, bool, int]:
    day = _day(row, "date")
    if day is None:
        raise SiteError("缺少 date")
    works = _word(_text(row, "workday"), "workday")
    if works not in ("0", "1"):
        raise SiteError(f"workday 应为 0(放假)或 1(上班),收到 {works or '空'}")
    return day, works == "1", line


def _topic_code(row: _Cells, line: int) -> TopicCode:
    return TopicCode(
        topic=_need(row, "topic"),
        code=_need(row, "code"),
        standard=_text(row, "standard"),
        valid_from=_day(row, "valid_from"),
        valid_to=_day(row, "valid_to"),
        line=line,
    )


def _gazetteer(row: _Cells, line: int) -> GazetteerEntry:
    return GazetteerEntry(
        _need(row, "name"), _text(row, "kind"), _text(row, "area") or None, _names(row, "aliases"), line=line
    )
