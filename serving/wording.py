"""How codes, times and numbers read in Chinese, on the page and in the mail alike."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime

from nlp.records import CHINA
from nlp.results import GENRE_NAMES, NEED_NAMES, URGENCY_NAMES, Life
from serving.weeks import Week

CHANNEL_NAMES = {
    "hotline": "热线",
    "board": "留言板",
    "qr_form": "扫码上报",
    "wechat_group": "微信群",
    "account_inbox": "公众号私信",
    "petition": "信访",
    "snap": "随手拍",
    "grid": "网格上报",
    "import": "批量导入",
    "api": "接口",
}
STATUS_NAMES = {
    "open": "待处理",
    "dispatched": "已派单",
    "returned": "被退回",
    "replied": "已答复（未办结）",
    "closed": "已办结",
    "reopened": "重新打开",
}
EVENT_NAMES = {
    "received": "受理",
    "dispatched": "派单",
    "returned": "退单",
    "replied": "答复",
    "closed": "办结",
    "reopened": "重新打开",
    "called_back": "回访",
}
HANDOFF_NAMES = {
    "110": "转 110 报警",
    "119": "转 119 消防",
    "120": "转 120 急救",
    "122": "转 122 交通事故",
    "utility": "转水电气热抢修",
    "legal": "转法律途径",
}
STATE_NAMES = {"none": "没有回应", "evasive": "疑似回避", "partly": "部分回应", "answered": "已回应"}
SUSPICION_NAMES = {"evasion": "疑似回避", "downplay": "疑似轻描淡写"}
DIMENSION_NAMES = {
    "relevance": "切题",
    "completeness": "完整",
    "explained": "讲清依据",
    "action": "有行动",
    "empathy": "态度",
    "evasion": "疑似回避",
    "downplay": "疑似轻描淡写",
    "focus": "聚焦",
    "concrete": "具体",
    "candour": "坦诚",
}
HEAT_PART_NAMES = {
    "volume": "诉求数量",
    "residents": "涉及居民",
    "recent": "近四周诉求",
    "growth": "增长速度",
    "burst": "突然增多",
    "spread": "分布范围",
    "urgency": "紧急程度",
    "likes": "点赞关注",
    "unanswered": "尚无回应",
}
ANSWERED_NAMES = {"yes": "已回应", "partly": "部分回应", "no": "没有回应"}
RESOLVED_NAMES = ("没有解决，也没有给出办法", "正在办理，或给出了办法", "已经解决")
ROLE_NAMES = {"lead": "主办", "assist": "协办"}
_TABLES: Mapping[str, Mapping[str, str]] = {
    "channel": CHANNEL_NAMES,
    "status": STATUS_NAMES,
    "event": EVENT_NAMES,
    "handoff": HANDOFF_NAMES,
    "state": STATE_NAMES,
    "suspicion": SUSPICION_NAMES,
    "dimension": DIMENSION_NAMES,
    "heat": HEAT_PART_NAMES,
    "answered": ANSWERED_NAMES,
    "role": ROLE_NAMES,
    "need": NEED_NAMES,
    "genre": GENRE_NAMES,
    "urgency": {str(n): name for n, name in enumerate(URGENCY_NAMES)},
    "resolved": {str(n): name for n, name in enumerate(RESOLVED_NAMES)},
}
# Ids of deadline rules as the shipped table and most sites form them: a site's code, the matter, the term.
RULE_NAMES = {
    "critical": "特急事项",
    "urgent": "紧急事项",
    "ordinary": "一般事项",
    "consultation": "咨询",
    "question": "咨询",
    "thanks": "表扬",
    "utility": "供水供电供气供暖",
    "municipal": "市政设施",
    "food": "食品药品安全",
    "wages": "拖欠工资",
    "school": "入学与学位",
    "discipline": "纪检监察",
}
_RULE = re.compile(r"(?:[A-Za-z0-9]+-)?([a-z]+)-(\d{1,3})(h|d|wd)")
_TERM_UNITS = {"h": "小时", "d": "天", "wd": "个工作日"}
_BLOCKS = "▁▂▃▄▅▆▇█"


def name_of(code: str | int, table: str) -> str:
    """Return the Chinese name of a code; a code that is not in the table stands for itself."""
    return _TABLES[table].get(str(code), str(code))


def name_rule(rule: str | None) -> str:
    """Return a deadline rule in words: 一般事项 15 个工作日 for ordinary-15wd; an id of another form as it is."""
    if rule == "platform":
        return "平台时限"
    found = _RULE.fullmatch(rule or "")
    if found is None or found[1] not in RULE_NAMES:
        return rule or ""
    return f"{RULE_NAMES[found[1]]} {int(found[2])} {_TERM_UNITS[found[3]]}"


def describe_end(life: Life) -> str:
    """Say how a request ended, and whether in time; empty while it has not.

    A reply alone is 按期答复 or 超期答复; one that was answered in time and closed too late is both.
    """
    if life.finished_at is None:
        return ""
    if life.closed_at is None:
        return "超期答复" if life.late else "按期答复"
    if life.late:
        return "超期办结"
    return "按期答复，超期办结" if life.due is not None and life.closed_at > life.due else "按期办结"


def format_day(value: datetime | date | None) -> str:
    """Return 11月9日; a dash for None."""
    if value is None:
        return "—"
    day = value.astimezone(CHINA).date() if isinstance(value, datetime) else value
    return f"{day.month}月{day.day}日"


def format_time(value: datetime | None) -> str:
    """Return 11月9日 08:30, in Shanghai; a dash for None."""
    return "—" if value is None else f"{format_day(value)} {value.astimezone(CHINA):%H:%M}"


def format_full_day(value: datetime | None) -> str:
    """Return 2026年11月9日, in Shanghai; a dash for None."""
    return "—" if value is None else f"{value.astimezone(CHINA).year}年{format_day(value)}"


def format_full_time(value: datetime | None) -> str:
    """Return 2026年11月9日 08:30, in Shanghai; a dash for None."""
    return "—" if value is None else f"{value.astimezone(CHINA).year}年{format_time(value)}"


def format_week(week: str) -> str:
    """Return 2026年第46周 for 2026-W46."""
    year, number = week.split("-W")
    return f"{year}年第{int(number)}周"


def format_period(week: str) -> str:
    """Return 11月9日—11月15日 for 2026-W46."""
    span = Week.parse(week)
    return f"{format_day(span.start)}—{format_day(span.last_moment)}"


def format_percent(share: float | None) -> str:
    """Return 31%; a dash for None."""
    return "—" if share is None else f"{share:.0%}"


def format_number(value: float | None, digits: int = 1) -> str:
    """Return a number with `digits` places; a dash for None."""
    return "—" if value is None else f"{value:.{digits}f}"


def format_lateness(due: datetime | None, now: datetime) -> str:
    """Say how far off a due time is: 已过 3 天, 已过 5 小时, 还剩 2 天; empty for None."""
    if due is None:
        return ""
    hours = abs((now - due).total_seconds()) / 3600
    amount = f"{int(hours // 24)} 天" if hours >= 24 else f"{max(1, int(hours))} 小时"
    return f"已过 {amount}" if due < now else f"还剩 {amount}"


def format_span(start: datetime, end: datetime) -> str:
    """Say how long it is from one time to another: 3 天, 5 小时, 12 分钟."""
    minutes = int((end - start).total_seconds() // 60)
    if minutes >= 24 * 60:
        return f"{minutes // (24 * 60)} 天"
    return f"{minutes // 60} 小时" if minutes >= 60 else f"{max(0, minutes)} 分钟"


def draw_blocks(counts: list[int]) -> str:
    """Draw counts as block characters; a zero is the lowest block."""
    top = max(counts, default=0)
    return "".join(_BLOCKS[round(c / top * (len(_BLOCKS) - 1))] if top else _BLOCKS[0] for c in counts)


FILTERS = {
    "name": name_of,
    "rule": name_rule,
    "ended": describe_end,
    "day": format_day,
    "time": format_time,
    "full_day": format_full_day,
    "full_time": format_full_time,
    "week": format_week,
    "period": format_period,
    "percent": format_percent,
    "number": format_number,
    "lateness": format_lateness,
    "blocks": draw_blocks,
}
