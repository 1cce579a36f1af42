"""Working days and deadlines.

How a term is counted (民法典 第二百零一条、第二百零三条): the day of receipt does not count, whatever the hour; the
first day is the next one. A term in working days ends at closing time of its last working day; a term in calendar days
whose last day is no working day ends on the next one. Hours run on without a break, nights and holidays included.

Days off and shifted workdays (调休) follow the yearly notices of the General Office of the State Council
(国务院办公厅关于部分节假日安排的通知), 国办发明电 by year: 2018 〔2017〕12号; 2019 〔2018〕15号 and, for May,
〔2019〕3号; 2020 〔2019〕16号 and, for the Spring Festival, 〔2020〕1号; 2021 〔2020〕27号; 2022 〔2021〕11号;
2023 〔2022〕16号; 2024 〔2023〕7号; 2025 〔2024〕12号; 2026 〔2025〕7号. A year without rows counts weekends only
and warns.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from nlp.records import CHINA

CLOSING_HOUR = 18
DURATION = re.compile(r"^(\d{1,4})(h|d|wd)$")


def is_working_day(holidays: Mapping[date, bool], day: date) -> bool:
    """Say whether people work on that day; without a row, Monday to Friday."""
    return holidays.get(day, day.weekday() < 5)


def count_working_days(holidays: Mapping[date, bool], start: datetime, *, end: datetime) -> int:
    """Count working days after the day of `start` up to the day of `end`, 0 or more."""
    first, last = start.astimezone(CHINA).date(), end.astimezone(CHINA).date()
    return sum(is_working_day(holidays, first + timedelta(days=n)) for n in range(1, (last - first).days + 1))


def add_term(holidays: Mapping[date, bool], time: datetime, *, term: str) -> datetime:
    """Return when a term (24h, 7d, 15wd) that begins with the receipt at `time` ends.

    Example:
        add_term({}, datetime(2026, 11, 13, 20, tzinfo=CHINA), term="1wd")  # Friday evening → Monday 16 November, 18:00
    """
    match = DURATION.match(term)
    assert match is not None
    amount, unit = int(match[1]), match[2]
    if unit == "h":
        return time + timedelta(hours=amount)
    day = time.astimezone(CHINA).date()
    if unit == "d":
        day += timedelta(days=amount)
        amount = 0 if is_working_day(holidays, day) else 1
    while amount > 0:
        day += timedelta(days=1)
        amount -= is_working_day(holidays, day)
    return datetime(day.year, day.month, day.day, CLOSING_HOUR, tzinfo=CHINA)


def missing_years(holidays: Mapping[date, bool], *days: date) -> tuple[int, ...]:
    """Return the years of `days`, and those between the first and last year of the table, that have no row."""
    years = {d.year for d in holidays}
    wanted = {d.year for d in days}
    if years:
        wanted |= set(range(min(years), max(years) + 1))
    return tuple(sorted(wanted - years))
