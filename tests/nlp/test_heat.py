from datetime import datetime, timedelta

import pytest

from nlp.heat import HeatConfig, IssueFacts, is_burst, measure_heat, week_of, weekly_trend
from nlp.records import CHINA

NOW = datetime(2026, 11, 15, 20, 0, tzinfo=CHINA)


def days_ago(*days: float) -> tuple[datetime, ...]:
    return tuple(NOW - timedelta(days=d) for d in days)


def test_heat_is_the_sum_of_its_parts():
    facts = IssueFacts(5, 4, days_ago(0, 1, 2, 9, 40), channels=3, areas=2, urgent=2, likes=7, unanswered=4)
    heat = measure_heat(facts, NOW)
    assert heat.total == pytest.approx(sum(heat.parts.values()))
    assert set(heat.parts) == set(
        ("volume", "residents", "recent", "growth", "burst", "spread", "urgency", "likes", "unanswered")
    )


def test_more_requests_and_more_residents_are_hotter():
    few, many = (measure_heat(IssueFacts(n, n, days_ago(*[20] * n)), NOW).total for n in (3, 12))
    one_writer = measure_heat(IssueFacts(12, 1, days_ago(*[20] * 12)), NOW).total
    assert few < many
    assert one_writer < many


def test_likes_count_only_when_switched_on():
    facts = IssueFacts(3, 3, likes=500)
    assert measure_heat(facts, NOW).parts["likes"] == 0
    assert measure_heat(facts, NOW, config=HeatConfig(likes=1)).parts["likes"] > 8


def test_two_requests_neither_grow_nor_burst():
    heat = measure_heat(IssueFacts(2, 2, days_ago(0, 1)), NOW)
    assert heat.parts["growth"] == 0
    assert not heat.is_burst


def test_a_sudden_week_is_a_burst_and_a_steady_one_is_not():
    sudden = measure_heat(IssueFacts(6, 6, days_ago(0, 1, 1, 2, 3, 4)), NOW)
    steady = measure_heat(IssueFacts(25, 25, days_ago(*(7 * w + d for w in range(5) for d in range(5)))), NOW)
    assert sudden.is_burst
    assert sudden.parts["growth"] > 0
    assert not steady.is_burst
    assert steady.parts["growth"] == 0


def test_later_requests_than_now_are_not_recent():
    assert measure_heat(IssueFacts(1, 1, days_ago(-3)), NOW).parts["recent"] == 0


def test_without_any_time_nothing_is_recent():
    heat = measure_heat(IssueFacts(4, 4), None)
    assert heat.parts["recent"] == heat.parts["growth"] == heat.parts["burst"] == 0
    assert heat.total > 0
    assert weekly_trend((), None) == ()


def test_unknown_answers_count_nothing():
    assert measure_heat(IssueFacts(4, 4, unanswered=None), NOW).parts["unanswered"] == 0
    assert measure_heat(IssueFacts(4, 4, unanswered=4), NOW).parts["unanswered"] == 1


@pytest.mark.parametrize(
    ("count", "rate", "expected"), [(2, 0.0, False), (3, 0.0, True), (5, 4.0, False), (30, 9.0, True)]
)
def test_burst_by_poisson_tail(count: int, rate: float, expected: bool):
    assert is_burst(count, rate) is expected


@pytest.mark.parametrize(
    ("time", "week"),
    [
        ("2026-11-15T23:59:00+08:00", "2026-W46"),
        ("2026-11-16T00:00:00+08:00", "2026-W47"),
        ("2026-11-15T17:00:00+00:00", "2026-W47"),
        ("2027-01-01T12:00:00+08:00", "2026-W53"),
    ],
)
def test_weeks_are_those_of_shanghai(time: str, week: str):
    assert week_of(datetime.fromisoformat(time)) == week


def test_trend_holds_empty_weeks_and_ends_with_now():
    trend = weekly_trend(days_ago(0, 1, 15, 400), NOW)
    assert [w.count for w in trend] == [0, 0, 0, 0, 0, 1, 0, 2]
    assert trend[-1].week == "2026-W46"
