"""Whether the site tables fit together: areas that exist, one lead at a time, topics of the taxonomy.

Errors stop a start; warnings are shown. Every problem names its table and line.
"""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from itertools import combinations

from nlp.results import URGENCY_NAMES
from nlp.site.areas import AreaIndex
from nlp.site.rows import LEVELS, DispatchRule, SiteProblem, SiteTables, TopicCode
from nlp.site.working_time import missing_years
from nlp.taxonomy import Taxonomy

ACCOUNT_KINDS = ("city", "district", "street", "community", "department")
GENERAL_KINDS = ACCOUNT_KINDS[:4]  # whose remit is everything in their areas
# What residents call many places by; a gazetteer name like these would give every request the same area.
ORDINARY = frozenset([
    "小区", "社区", "街道", "学校", "小学", "中学", "大学", "幼儿园", "医院", "卫生院", "公园", "广场", "市场",
    "菜场", "菜市场", "超市", "商场", "车站", "工地", "路口", "门口", "桥头", "河边", "公司", "单位", "物业", "村里",
    "村口", "停车场", "地下室", "车库", "电梯", "楼下", "楼上", "家里", "我家", "银行", "派出所", "居委会", "村委会",
    "街道办", "政府", "大门", "马路", "道路", "街上", "市区", "城区", "老城", "新城", "开发区", "工业园", "商业街",
    "步行街", "高速", "地铁", "公交站", "加油站", "垃圾站", "河道", "水库", "隧道", "大桥", "小河", "北门", "南门",
    "东门", "西门",
])  # fmt: skip


def check_tables(tables: SiteTables) -> tuple[SiteProblem, ...]:
    """Return what is wrong among the rows themselves, without the taxonomy; `tables.problems` is not repeated."""
    index = AreaIndex(tables.areas, tables.gazetteer)
    checks = (_areas(tables, index), _accounts(tables), _dispatch(tables), _codes(tables), _gazetteer(tables, index))
    return tuple(problem for check in checks for problem in check)


def check_site(site: SiteTables, taxonomy: Taxonomy, *, today: date | None = None) -> tuple[SiteProblem, ...]:
    """Return everything that is wrong with the tables, errors first; `today` asks for this year's holidays too."""
    found = [
        *site.problems,
        *check_tables(site),
        *_topics(site, taxonomy),
        *_uncovered(site, taxonomy),
        *_calendar(site, today),
    ]
    return tuple(sorted(found, key=lambda p: (p.severity != "error", p.table, p.line or 0)))


def _problem(tables: SiteTables, table: str, line: int | None, message: str, *, warning: bool = False) -> SiteProblem:
    return SiteProblem(tables.file_of(table), line, message, "warning" if warning else "error")


def _repeated(tables: SiteTables, table: str, pairs: Iterable[tuple[str, int]]) -> Iterator[SiteProblem]:
    first: dict[str, int] = {}
    for key, line in pairs:
        if first.setdefault(key, line) != line:
            yield _problem(tables, table, line, f"{key} 与第 {first[key]} 行重复;编码只能用一次")


def _unknown_area(tables: SiteTables) -> Callable[[str], str | None]:
    """Return a function that says why a code is no area, None where it is one."""
    codes = {a.code for a in tables.areas}
    by_name = {a.name: a.code for a in tables.areas}

    def why(code: str) -> str | None:
        if code in codes:
            return None
        if code in by_name:
            return f"区域 {code} 应写编码 {by_name[code]},不写名称"
        near = difflib.get_close_matches(code, codes, n=1, cutoff=0.8)
        return f"区域 {code} 不在 {tables.file_of('areas')} 中" + (f";是不是 {near[0]}?" if near else "")

    return why


def _areas(tables: SiteTables, index: AreaIndex) -> Iterator[SiteProblem]:
    yield from _repeated(tables, "areas", ((a.code, a.line) for a in tables.areas))
    levels = {a.code: a.level for a in tables.areas}
    for area in tables.areas:
        if not area.parent:
            continue
        if area.parent not in levels:
            yield _problem(tables, "areas", area.line, f"区域 {area.code} 的上级 {area.parent} 不在表中")
        elif area.code in index.ancestors(area.parent):
            chain = " → ".join((area.code, *index.ancestors(area.parent)))
            yield _problem(tables, "areas", area.line, f"上级关系成了一个圈:{chain}")
        elif LEVELS.index(levels[area.parent]) >= LEVELS.index(area.level):
            message = f"{area.code} 的层级是 {area.level},上级 {area.parent} 却是 {levels[area.parent]};上级应更高一层"
            yield _problem(tables, "areas", area.line, message)


def _accounts(tables: SiteTables) -> Iterator[SiteProblem]:
    yield from _repeated(tables, "accounts", ((a.id, a.line) for a in tables.accounts))
    ids = {a.id for a in tables.accounts}
    why_unknown = _unknown_area(tables)
    for account in tables.accounts:
        for area in account.areas:
            if why := why_unknown(area):
                yield _problem(tables, "accounts", account.line, why)
        if account.opened and account.closed and account.opened > account.closed:
            message = f"开通日期 {account.opened} 晚于关停日期 {account.closed}"
            yield _problem(tables, "accounts", account.line, message)
        if account.merged_into == account.id:
            yield _problem(tables, "accounts", account.line, "账号不能并入自己")
        elif account.merged_into and account.merged_into not in ids:
            yield _problem(tables, "accounts", account.line, f"并入的账号 {account.merged_into} 不在表中;应写编号(id)")
        if account.kind and account.kind not in ACCOUNT_KINDS:
            message = f"kind 应为 {'、'.join(ACCOUNT_KINDS)} 之一,收到 {account.kind};按没有类型处理"
            yield _problem(tables, "accounts", account.line, message, warning=True)
        if not account.merged_into and not account.topics and not (account.areas and account.kind in GENERAL_KINDS):
            message = f"{account.name} 没有职责范围(areas 和 topics),账号报告里只计数不评价"
            yield _problem(tables, "accounts", account.line, message, warning=True)


def _validity(tables: SiteTables, table: str, rows: Sequence[DispatchRule | TopicCode]) -> Iterator[SiteProblem]:
    for row in rows:
        if row.valid_from and row.valid_to and row.valid_from > row.valid_to:
            yield _problem(tables, table, row.line, f"有效期止 {row.valid_to} 早于有效期起 {row.valid_from}")


def _dispatch(tables: SiteTables) -> Iterator[SiteProblem]:
    yield from _validity(tables, "dispatch", tables.dispatch)
    why_unknown = _unknown_area(tables)
    leads = defaultdict(list)
    for rule in tables.dispatch:
        if rule.area and (why := why_unknown(rule.area)):
            yield _problem(tables, "dispatch", rule.line, why)
        if rule.role == "lead":
            leads[rule.topic, rule.area].append(rule)
    for (topic, _), rules in leads.items():
        for one, other in combinations(rules, 2):
            if _overlap(one, other):
                half_dated = bool(one.valid_to) != bool(other.valid_to)  # the old row has an end, the new no beginning
                message = f"{topic} 与第 {one.line} 行同时有两个主办单位({one.unit}、{other.unit})"
                todo = "请给新的一行写上有效期起" if half_dated else "请改为协办,或写清有效期"
                yield _problem(tables, "dispatch", other.line, f"{message};{todo}", warning=half_dated)


def _overlap(one: DispatchRule, other: DispatchRule) -> bool:
    first, last = date.min, date.max
    return max(one.valid_from or first, other.valid_from or first) <= min(one.valid_to or last, other.valid_to or last)


def _codes(tables: SiteTables) -> Iterator[SiteProblem]:
    yield from _validity(tables, "topic_codes", tables.codes)
    first: dict[tuple[str, str, str, date | None], int] = {}
    for code in tables.codes:
        if (line := first.setdefault((code.topic, code.code, code.standard, code.valid_from), code.line)) != code.line:
            message = f"{code.topic} 的编码 {code.code} 在第 {line} 行写过了"
            yield _problem(tables, "topic_codes", code.line, message, warning=True)


def _gazetteer(tables: SiteTables, index: AreaIndex) -> Iterator[SiteProblem]:
    why_unknown = _unknown_area(tables)
    meant: dict[str, dict[str, tuple[str, int]]] = defaultdict(dict)
    for area in tables.areas:
        for name in (area.name, *area.aliases):
            yield from _poor_name(tables, "areas", name, area.line)
            meant[name].setdefault(area.code, ("areas", area.line))
    for entry in tables.gazetteer:
        if entry.area and (why := why_unknown(entry.area)):
            yield _problem(tables, "gazetteer", entry.line, why)
        for name in (entry.name, *entry.aliases):
            yield from _poor_name(tables, "gazetteer", name, entry.line)
            if entry.area in index:
                meant[name].setdefault(str(entry.area), ("gazetteer", entry.line))
    for name, codes in meant.items():
        largest = min(codes, key=index.depth, default=None)
        if largest is not None and any(largest not in index.ancestors(c) for c in codes):
            table, line = list(codes.values())[-1]
            message = f"“{name}”指 {'、'.join(codes)} 几个区域;诉求自带区域时据此判断,否则不填区域"
            yield _problem(tables, table, line, message, warning=True)


def _poor_name(tables: SiteTables, table: str, name: str, line: int) -> Iterator[SiteProblem]:
    if len(name) < 2:
        yield _problem(tables, table, line, f"地名“{name}”只有一个字,会到处误认;请写全称", warning=True)
    elif name in ORDINARY:
        yield _problem(tables, table, line, f"“{name}”是普通词,会到处误认;请写全称或删去这个别名", warning=True)


def _topics(tables: SiteTables, taxonomy: Taxonomy) -> Iterator[SiteProblem]:
    given = [
        *(("dispatch", r.topic, r.line, False) for r in tables.dispatch),
        *(("topic_codes", c.topic, c.line, False) for c in tables.codes),
        *(("accounts", t, a.line, False) for a in tables.accounts for t in a.topics),
        *(("deadlines", r.topic, r.line, True) for r in tables.deadlines if r.topic),
    ]
    for table, topic, line, level_1_allowed in given:
        if topic in taxonomy or (level_1_allowed and topic in taxonomy.level_1):
            continue
        if topic in taxonomy.level_1:
            hint = "应写到二级,如 " + next(n for n in taxonomy.names if n.startswith(f"{topic}/"))
        else:
            near = difflib.get_close_matches(topic, taxonomy.names, n=1, cutoff=0.4)
            hint = f"是不是 {near[0]}?" if near else "应为“一级/二级”"
        yield _problem(tables, table, line, f"类别 {topic} 不在类别表 {taxonomy.version} 中;{hint}")


def _uncovered(tables: SiteTables, taxonomy: Taxonomy) -> Iterator[SiteProblem]:
    led = {r.topic for r in tables.dispatch if r.role == "lead" and not r.area and r.valid_to is None}
    without = [t for t in taxonomy.names if t not in led]
    if without:
        message = f"{len(without)} 个类别没有通用的主办单位(area 留空、现行有效):{'、'.join(without[:5])}"
        yield _problem(tables, "dispatch", None, message + ("……" if len(without) > 5 else ""), warning=True)
    ruled = {r.urgency for r in tables.deadlines if not r.topic and not r.kind}
    for urgency in (u for u in (1, 2, 3) if u not in ruled):  # 0 needs no action
        message = f"紧急程度 {urgency}({URGENCY_NAMES[urgency]})没有通用的时限(topic、kind 留空),有的诉求会没有时限"
        yield _problem(tables, "deadlines", None, message, warning=True)


def _calendar(tables: SiteTables, today: date | None) -> Iterator[SiteProblem]:
    if not tables.holidays:
        yield _problem(tables, "holidays", None, "没有一行节假日,工作日只按周末计算", warning=True)
    for year in missing_years(tables.holidays, *([today] if today else [])):
        yield _problem(tables, "holidays", None, f"没有 {year} 年的节假日,那一年的工作日只按周末计算", warning=True)
