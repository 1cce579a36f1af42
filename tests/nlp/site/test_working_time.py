"""Working days and the ends of terms."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from nlp.records import CHINA
from nlp.site import Site
from nlp.site.working_time import add_term, count_working_days, is_working_day, missing_years


@pytest.fixture(scope="module")
def holidays():
    return Site.load().holidays


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


@pytest.mark.parametrize(
    ("received", "term", "due"),
    [
        ("2026-11-09 09:00", "1wd", "2026-11-10 18:00"),
        ("2026-11-09 23:59", "1wd", "2026-11-10 18:00"),  # the day itself never counts, whatever the hour
        ("2026-11-13 20:00", "1wd", "2026-11-16 18:00"),  # Friday evening
        ("2026-11-14 10:00", "1wd", "2026-11-16 18:00"),  # Saturday
        ("2026-09-30 10:00", "1wd", "2026-10-08 18:00"),  # before the National Day week
        ("2026-10-09 10:00", "1wd", "2026-10-10 18:00"),  # a Saturday that is worked (调休)
        ("2026-11-13 20:00", "24h", "2026-11-14 20:00"),  # hours run on
        ("2026-11-06 20:00", "7d", "2026-11-13 18:00"),
        ("2026-11-06 20:00", "8d", "2026-11-16 18:00"),  # the last day is a Saturday
        ("2026-09-24 10:00", "3d", "2026-09-28 18:00"),  # the last day lies in the Mid-Autumn days
        ("2026-11-09 09:00", "0wd", "2026-11-09 18:00"),
    ],
)
def test_a_term_ends(holidays, received, term, due):
    assert add_term(holidays, _at(received), term=term) == _at(due)


def test_times_of_other_zones_count_by_chinese_days():
    assert add_term({}, datetime.fromisoformat("2026-11-09T17:00:00+00:00"), term="1wd") == _at("2026-11-11 18:00")


@pytest.mark.parametrize(
    ("day", "works"),
    [
        ("2021-02-20", True),
        ("2021-10-09", True),
        ("2022-05-04", False),
        ("2022-10-08", True),
        ("2023-01-02", False),
        ("2023-10-06", False),
        ("2023-10-08", True),
        ("2026-11-14", False),
    ],
)
def test_the_calendar_knows_days_off_and_shifted_workdays(holidays, day, works):
    assert is_working_day(holidays, date.fromisoformat(day)) is works


def test_the_shipped_calendar_has_every_year_from_2018(holidays):
    assert missing_years(holidays, date(2018, 1, 1), date(2026, 12, 31)) == ()
    for year in range(2018, 2027):
        spring = [d for d, works in holidays.items() if d.year == year and not works and d.weekday() < 5]
        assert 14 <= len(spring) <= 22, year  # weekdays off in a year: 11 or 13 days by law, the rest is shifted
        assert all(d.weekday() >= 5 for d, works in holidays.items() if d.year == year and works)


def test_counting_agrees_with_adding(holidays):
    start = _at("2026-09-28 09:00")
    for days in range(1, 15):
        assert count_working_days(holidays, start, end=add_term(holidays, start, term=f"{days}wd")) == days


def test_a_gap_of_years_is_missing():
    assert missing_years({date(2024, 1, 1): False, date(2026, 1, 1): False}) == (2025,)
    assert missing_years({}, date(2026, 5, 1)) == (2026,)
