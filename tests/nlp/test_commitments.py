from datetime import date

import pytest

from nlp.commitments import find_commitments, find_due_dates
from nlp.response_signals import read_response

TODAY = date(2019, 4, 10)  # a Wednesday


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("5月底前", date(2019, 5, 31)),
        ("下周", date(2019, 4, 21)),
        ("下周三", date(2019, 4, 17)),
        ("3个工作日内", date(2019, 4, 15)),
        ("2019年4月28日", date(2019, 4, 28)),
        ("2019-04-28前", date(2019, 4, 28)),
        ("年底前", date(2019, 12, 31)),
        ("明年一季度", date(2020, 3, 31)),
        ("十二月中旬", date(2019, 12, 20)),
        ("30日内", date(2019, 5, 10)),
        ("六个月内", date(2019, 10, 10)),
        ("48小时内", date(2019, 4, 12)),
        ("本月底", date(2019, 4, 30)),
        ("下月初", date(2019, 5, 10)),
        ("上半年", date(2019, 6, 30)),
        ("国庆前", date(2019, 10, 1)),
        ("明天", date(2019, 4, 11)),
    ],
)
def test_a_date_is_resolved_against_the_day_of_writing(text: str, day: date) -> None:
    assert [d.day for d in find_due_dates(text, today=TODAY)] == [day]


@pytest.mark.parametrize("text", ["近期", "尽快", "春节前", "2月30日", "13月5日", "99999个月内", "第3条", "A3栋5单元"])
def test_what_is_no_day_gives_none(text: str) -> None:
    assert find_due_dates(text, today=TODAY) == ()


def test_a_month_without_year_after_the_turn_of_the_year_is_next_year() -> None:
    found = find_due_dates("3月底前完工", today=date(2019, 12, 10))
    assert found[0].day == date(2020, 3, 31)


def test_who_what_and_when_are_found() -> None:
    text = "您好！区水务局将于5月20日前完成管道更换。"
    (promise,) = find_commitments(read_response(text), today=TODAY)
    assert (promise.who, promise.due) == ("区水务局", date(2019, 5, 20))
    assert promise.what == text[promise.start : promise.end] == "区水务局将于5月20日前完成管道更换"


def test_a_promise_without_a_date_has_no_due_day() -> None:
    (promise,) = find_commitments(read_response("我局将在该路口安装信号灯。"), today=TODAY)
    assert promise.due is None
    assert promise.who == "我局"


@pytest.mark.parametrize(
    "text",
    [
        "该路段已于3月5日修复完毕。",
        "申请人应当在三十日内提交材料。",
        "我们将进一步加强管理。",
        "感谢您的支持。",
    ],
)
def test_what_is_done_ruled_or_vague_is_no_promise(text: str) -> None:
    assert find_commitments(read_response(text), today=TODAY) == ()


def test_without_the_day_of_writing_due_is_none() -> None:
    found = find_commitments(read_response("我局计划5月20日前完成修复。"), today=None)
    assert all(c.due is None for c in found)


def test_working_days_follow_the_calendar_given() -> None:
    def every_day(start: date, count: int) -> date:
        return date.fromordinal(start.toordinal() + count)

    assert find_due_dates("5个工作日内", today=TODAY, add_working_days=every_day)[0].day == date(2019, 4, 15)
