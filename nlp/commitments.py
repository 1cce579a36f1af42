"""Who promised what by when (承诺): dates relative to the day of writing, the unit, the promised measure."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from nlp.response_signals import ReadResponse, ReadSentence
from nlp.results import Commitment

_NUMBER = r"(?<![0-9])(?:[0-9]{1,3}|[一二两三四五六七八九十]{1,3})"
_PART = r"(?:(?P<day>[0-9]{1,2}|[一二三四五六七八九十]{1,3})[日号]|(?P<part>底|末|上旬|中旬|下旬|初|份)?)"
_DATE = re.compile(
    rf"(?P<iso>20[0-9]{{2}}[-/.][0-9]{{1,2}}[-/.][0-9]{{1,2}})"
    rf"|(?:(?P<year>20[0-9]{{2}}|今|本|明|后)年(?:的)?)?(?P<month>(?<![0-9])[0-9]{{1,2}}|[一二三四五六七八九十]{{1,3}})月(?!报|度|租|薪){_PART}"
    rf"|(?P<y_end>20[0-9]{{2}}年|今年|本年度?|明年|后年|年)(?P<y_part>底|末|内|上半年|下半年|第?[一二三四]季度)"
    rf"|(?P<half>上半年|下半年)|(?P<quarter>第?[一二三四])季度"
    rf"|(?P<m_rel>本月|下个?月|(?<!个)月)(?:(?P<m_day>[0-9]{{1,2}})[日号]|(?P<m_part>底|末|内|上旬|中旬|下旬|初))"
    rf"|(?P<week>本周|这周|下周)(?P<weekday>[一二三四五六日天])?"
    rf"|(?P<near>今天|今晚|今日|明天|明日|后天)"
    rf"|(?P<count>{_NUMBER})(?P<unit>个?工作日|天|日|个?小时|周|个?星期|个?月)(?:之?内|以内|后)"
    rf"|(?P<feast>国庆节?|元旦|五一|劳动节|暑假|儿童节)(?:之?前|以前|期间|结束)"
)
_NUMERALS = {c: n for n, c in enumerate("〇一二三四五六七八九")} | {"两": 2}
_FEASTS = {
    "国庆": (10, 1),
    "国庆节": (10, 1),
    "元旦": (1, 1),
    "五一": (5, 1),
    "劳动节": (5, 1),
    "暑假": (8, 31),
    "儿童节": (6, 1),
}
_FUTURE = re.compile(
    r"将(?!军)|拟(?!定)|计划(?:于|在|明|今|年)|预计|争取|力争|承诺(?!的)|(?<![为了先])保证(?!金)|(?<!为)确保|答应|下一步|届时|近期|限(?![制于])|务必|"
    r"前(?:完成|整改|拆|到位|恢复|修|退|付|办)|(?:底|日|内|月|旬|末)前|起(?:开始|实行|执行|恢复)|内(?:将|完成|办结|答复|回复|退还|整改|解决)|"
    r"安排(?:在|于)|定于|完工|开工|动工|进场|交付|通车|竣工|上门"
)
_PAST = re.compile(
    r"已(?:经)?|曾|自20|以来|当时|去年|前期|发布的|印发|出台的|接到|收到|来信|反映|并不|不公布|有可能|担心|[就才]"
)
# A rule says what anybody must do within so many days; it promises nothing.
_RULE = re.compile(r"应当?在|须在|应于|可自|之日起|出生|逾期|申请人|当事人|承租|凡|(?:的|者)[，,]?可")
_UNIT = (
    r"(?:管理局|执法局|分局|局|委员会|管委会|管委|办事处|街道|社区|公司|中心|支队|大队|中队|派出所|镇政府|区政府|市政府|县政府|"
    r"居委会|村委会|业委会|物业|开发商|施工单位|施工方|建设单位|指挥部|管理处|管理所|维护处|水务站|学校|医院|法院|检察院|质监站|总会|老板|专班)"
)
_WHO = re.compile(
    rf"(?:^|[，,。；：:、由请])\s*(?:由|请|现场要求|要求|已要求|责令|责成|督促|经与|经)?([\u4e00-\u9fa5A-Za-z0-9]{{0,12}}?{_UNIT})(?!的|为|与)"
)
_WE = re.compile(
    r"(?<![促进取得])我(?:们|局|办|镇|乡|区|县|市|院|校|街道|中心|委|所|站|司|村|社区|队|支队|公司)|本(?:局|院|校|中心|号|所)"
)
_NOT_A_UNIT = re.compile(r"^(?:将|也|并|但|经过|多次|至|制定|引进|促进|取得|积极|待|与|和|对|把|向|从|在|为)")
_FAR = timedelta(days=185)
_MAX_WHAT = 60


@dataclass(frozen=True, slots=True)
class DueDate:
    """A date named in a text, resolved against the day of writing; half-open span."""

    start: int
    end: int
    day: date


def find_due_dates(
    text: str, *, today: date, add_working_days: Callable[[date, int], date] | None = None
) -> tuple[DueDate, ...]:
    """Find dates and resolve them: 5月底前, 下周三, 3个工作日内, 2019年4月28日, 年底, 明年一季度.

    today: day of writing; a month without a year is the one nearest to it
    add_working_days: counts working days (default: Monday to Friday)
    A period gives its last day. What has no day in the calendar (近期, 春节前) is left out.
    """
    count = add_working_days or _add_weekdays
    found = []
    for match in _DATE.finditer(text):
        try:
            day = _resolve(match, today, count)
        except (ValueError, OverflowError):
            day = None
        if day is not None:
            found.append(DueDate(match.start(), match.end(), day))
    return tuple(found)


def find_commitments(
    response: ReadResponse, *, today: date | None, add_working_days: Callable[[date, int], date] | None = None
) -> tuple[Commitment, ...]:
    """Return what is promised in the substance of an answer; spans refer to its text.

    today: day of writing; without it `due` is None. A promise is a planned measure, or a measure with a date to come.
    """
    found = []
    for sentence in response.substance:
        for start, end in _stretches(sentence):
            text = response.text[start:end]
            dates = find_due_dates(text, today=today, add_working_days=add_working_days) if today else ()
            coming = [d.day for d in dates if today is not None and d.day >= today]
            if _is_promise(sentence, start, end, text, bool(coming), bool(dates)):
                due = coming[-1] if coming else None
                found.append(Commitment(_what(text), _who(response.text, sentence, start, end), due, start, end))
    return tuple(found)


def _stretches(sentence: ReadSentence) -> list[tuple[int, int]]:
    """Join the clauses of a sentence into stretches that each hold one promise at most."""
    found: list[tuple[int, int]] = []
    for clause in sentence.kept:
        if found and not clause.has("measure_planned", "deadline") and len(clause.span.text) < 24:
            found[-1] = (found[-1][0], clause.span.end)
        elif clause.has("measure_planned", "deadline", "measure_ongoing"):
            found.append((clause.span.start, clause.span.end))
    return [_trim(sentence.span.text, sentence.span.start, a, b) for a, b in found]


def _trim(text: str, offset: int, start: int, end: int) -> tuple[int, int]:
    piece = text[start - offset : end - offset]
    return start + len(piece) - len(piece.lstrip(" ，,、：:；;")), end - (
        len(piece) - len(piece.rstrip(" ，,、。；;！!：:\n"))
    )


def _is_promise(sentence: ReadSentence, start: int, end: int, text: str, coming: bool, dated: bool) -> bool:
    if _RULE.search(text) or not _FUTURE.search(text):
        return False
    if coming:
        return True
    inside = {s.name for s in sentence.signals if start <= s.start < end}
    return "measure_planned" in inside and "vague_measure" not in inside and not dated and not _PAST.search(text)


def _what(text: str) -> str:
    return text if len(text) <= _MAX_WHAT else text[: _MAX_WHAT - 1] + "…"


def _who(text: str, sentence: ReadSentence, start: int, end: int) -> str | None:
    """Name the unit in the promise, else the nearest one before it in the sentence."""
    for stretch, pick in ((text[start:end], 0), (text[sentence.span.start : start], -1)):
        units = [(m.start(1), m[1]) for m in _WHO.finditer(stretch) if not _NOT_A_UNIT.match(m[1])]
        units += [(m.start(), m[0]) for m in _WE.finditer(stretch)]
        if units:
            return sorted(units)[pick][1]
    return None


def _resolve(match: re.Match[str], today: date, add_working_days: Callable[[date, int], date]) -> date | None:
    got = match.groupdict()
    if got["iso"]:
        year, month, day = re.split(r"[-/.]", got["iso"])
        return date(int(year), int(month), int(day))
    if got["month"]:
        return _month_day(got, today)
    if got["y_end"]:
        year = _year(got["y_end"].removesuffix("度").removesuffix("年"), today) or today.year
        return _end_of_part(year, got["y_part"])
    if got["half"] or got["quarter"]:
        return _end_of_part(today.year, got["half"] or f"{got['quarter']}季度")
    if got["m_rel"]:
        month = today.month + (got["m_rel"] in ("下月", "下个月"))
        year, month = today.year + month // 13, (month - 1) % 12 + 1
        return _in_month(year, month, got["m_day"], got["m_part"])
    if got["week"]:
        monday = today - timedelta(days=today.weekday()) + timedelta(days=7 * (got["week"] == "下周"))
        return monday + timedelta(
            days="一二三四五六日".find(got["weekday"].replace("天", "日")) if got["weekday"] else 6
        )
    if got["near"]:
        return today + timedelta(days={"明": 1, "后": 2}.get(got["near"][0], 0))
    if got["count"]:
        return _after(today, _number(got["count"]), got["unit"], add_working_days)
    month, day_number = _FEASTS[got["feast"]]
    year = today.year + ((month, day_number) < (today.month, today.day))
    return date(year, month, day_number)


def _month_day(got: dict[str, str | None], today: date) -> date:
    month = _number(got["month"] or "")
    year = _year(got["year"], today)
    found = _in_month(year or today.year, month, got["day"], got["part"])
    if year is None and today - found > _FAR:
        return _in_month(today.year + 1, month, got["day"], got["part"])
    if year is None and found - today > _FAR and month > today.month + 6:
        return _in_month(today.year, month, got["day"], got["part"])
    return found


def _in_month(year: int, month: int, day: str | None, part: str | None) -> date:
    if day:
        return date(year, month, _number(day))
    last = calendar.monthrange(year, month)[1]
    return date(year, month, {"上旬": 10, "初": 10, "中旬": 20}.get(part or "", last))


def _end_of_part(year: int, part: str) -> date:
    if part == "上半年":
        return date(year, 6, 30)
    if part.endswith("季度"):
        return _in_month(year, 3 * ("一二三四".index(part[-3]) + 1), None, None)
    return date(year, 12, 31)


def _year(text: str | None, today: date) -> int | None:
    if not text:
        return None
    return int(text) if text.isdigit() else today.year + {"明": 1, "后": 2}.get(text, 0)


def _after(today: date, count: int, unit: str, add_working_days: Callable[[date, int], date]) -> date:
    if "工作日" in unit:
        return add_working_days(today, count)
    if "小时" in unit:
        return today + timedelta(days=-(-count // 24))
    if "月" in unit:
        month = today.month - 1 + count
        year, month = today.year + month // 12, month % 12 + 1
        return date(year, month, min(today.day, calendar.monthrange(year, month)[1]))
    return today + timedelta(days=count * (7 if unit[-1] in "周期" else 1))


def _number(text: str) -> int:
    if text.isdigit():
        return int(text)
    tens, found, ones = text.partition("十")
    if not found:
        return _NUMERALS[text]
    return 10 * (_NUMERALS[tens] if tens else 1) + (_NUMERALS[ones] if ones else 0)


def _add_weekdays(start: date, count: int) -> date:
    day = start
    while count > 0:
        day += timedelta(days=1)
        count -= day.weekday() < 5
    return day
