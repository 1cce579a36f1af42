"""A life is the same whatever order its steps come in; a matter that came back is told from one still open."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.lifecycle import (
    STATUSES,
    STEP_TYPES,
    IssueMember,
    Step,
    count_working_days,
    find_came_back,
    find_standing,
    find_unit,
    merge_steps,
    trace_life,
)
from nlp.records import CHINA
from nlp.results import CameBack, to_json

START = datetime(2026, 11, 2, 9, 0, tzinfo=CHINA)
ANSWERS = st.sampled_from([None, True, False])
STEPS = st.lists(
    st.builds(
        Step,
        type=st.sampled_from(STEP_TYPES),
        time=st.integers(0, 6).map(lambda n: START + timedelta(hours=n)),
        unit=st.sampled_from(["", "甲街道", "乙局"]),
        note=st.sampled_from(["", "说明"]),
        contacted=ANSWERS,
        solved=ANSWERS,
        satisfied=ANSWERS,
    ),
    max_size=8,
)
REPLIES = st.lists(st.integers(0, 6).map(lambda n: START + timedelta(hours=n)), max_size=3)


def at(days):
    return START + timedelta(days=days)


def step(kind, days, unit="", **answers):
    return Step(kind, at(days), unit, **answers)


def life(*steps, replies=(), due=10, now=12):
    return trace_life(
        steps, [at(r) for r in replies], received=START, due=None if due is None else at(due), now=at(now)
    )


@given(STEPS, REPLIES, st.data())
def test_order_and_repetition_make_no_difference(steps, replies, data):
    told = {"received": START, "due": at(0.1), "now": at(1)}
    again = data.draw(st.lists(st.sampled_from(steps), max_size=5)) if steps else []
    mixed = data.draw(st.permutations([*steps, *again]))
    assert trace_life(mixed, [*replies, *replies], **told) == trace_life(steps, replies, **told)


@given(STEPS, REPLIES)
def test_a_life_agrees_with_itself(steps, replies):
    found = trace_life(steps, replies, received=START, due=at(0.1), now=at(1))
    assert found.status in STATUSES
    assert (found.finished_at is not None) == (found.status in ("replied", "closed"))
    assert not (found.overdue and found.late)
    assert (found.overdue_days is not None) == (found.overdue or found.late)
    assert found.handling_days >= 0
    assert set(found.units) <= {"甲街道", "乙局"}
    to_json(found)


def test_a_request_of_which_nothing_is_known_is_open():
    found = life(now=5)
    assert (found.status, found.unit, found.finished_at, found.handling_days) == ("open", None, None, 5.0)
    assert not found.overdue


def test_a_reassigned_order_belongs_to_the_last_unit():
    found = life(
        step("received", 0),
        step("dispatched", 1, "甲街道"),
        step("returned", 2, "甲街道"),
        step("dispatched", 3, "乙局"),
    )
    assert (found.status, found.unit, found.units, found.returned) == ("dispatched", "乙局", ("甲街道", "乙局"), 1)
    assert found.dispatched_at == at(1)
    assert found.warnings == ()


def test_a_returned_order_belongs_to_nobody_until_it_is_sent_on():
    found = life(step("dispatched", 1, "甲街道"), step("returned", 2, "甲街道"))
    assert (found.status, found.unit) == ("returned", None)
    assert found.warnings == ("退单后没有再派单",)
    assert life(step("dispatched", 1, "甲街道"), step("returned", 2, "甲街道"), now=2.5).warnings == ()


def test_the_end_is_the_first_answer_or_closing_after_the_last_reopening():
    steps = [step("closed", 2), step("reopened", 4), step("closed", 7), step("closed", 8)]
    assert life(*steps).finished_at == at(7)
    assert life(*steps[:2]).finished_at is None
    found = life(*steps, replies=[1, 6])
    assert (found.first_reply_at, found.finished_at, found.reopened) == (at(1), at(6), 1)


def test_an_order_that_was_reassigned_belongs_to_the_new_unit_and_the_changes_are_counted():
    steps = [
        step("dispatched", 1, "甲街道"), step("returned", 2, "甲街道"), step("dispatched", 3, "乙局", note="改派"),
        step("dispatched", 4, "乙局"), step("dispatched", 5, "丙局", note="转派"),
    ]  # fmt: skip
    found = life(*steps)
    assert (found.unit, found.returned, found.reassigned, found.warnings) == ("丙局", 1, 2, ())
    assert find_unit(steps) == "丙局"
    assert life(*steps[:2]).reassigned == life().reassigned == 0


def test_a_reply_leaves_closed_what_is_closed():
    found = life(step("closed", 2), replies=[3])
    assert (found.status, found.finished_at, found.closed_at) == ("closed", at(2), at(2))
    assert life(step("closed", 2), step("reopened", 3), replies=[4]).status == "replied"
    assert life(step("closed", 2), step("dispatched", 3), replies=[4]).status == "replied"


def test_a_reply_alone_closes_nothing():
    found = life(replies=[1])
    assert (found.status, found.finished_at, found.closed_at) == ("replied", at(1), None)
    assert life(step("closed", 9), replies=[1]).closed_at == at(9)


def test_one_step_told_by_two_files_is_one():
    seconds = timedelta(seconds=20)
    steps = [
        Step("received", at(0)), Step("received", at(0) + seconds, "热线中心", "电话"),
        Step("returned", at(1), "甲街道"), Step("returned", at(1) + seconds),
    ]  # fmt: skip
    assert merge_steps(steps) == [Step("received", at(0), "热线中心", "电话"), Step("returned", at(1), "甲街道")]
    assert life(*steps).returned == 1


def test_steps_of_one_minute_to_different_units_stay_apart():
    steps = [step("dispatched", 1, "甲街道"), step("dispatched", 1, "乙局"), step("dispatched", 1)]
    assert {s.unit for s in merge_steps(steps)} == {"甲街道", "乙局"}
    assert len(merge_steps([step("dispatched", 1, "甲街道"), Step("dispatched", at(1) + timedelta(minutes=1))])) == 2


def test_call_backs_of_one_minute_put_their_answers_together():
    told = [step("called_back", 3, solved=True), step("called_back", 3, "热线办", contacted=True, satisfied=False)]
    assert merge_steps(told) == [step("called_back", 3, "热线办", contacted=True, solved=True, satisfied=False)]


def test_overdue_is_unfinished_and_late_is_finished_after_the_due_time():
    found = life(step("dispatched", 1, "甲街道"), due=10, now=12.5)
    assert (found.overdue, found.late, found.overdue_days) == (True, False, 2)
    found = life(step("closed", 11), due=10, now=30)
    assert (found.overdue, found.late, found.overdue_days, found.handling_days) == (False, True, 1, 11.0)
    found = life(step("closed", 9), due=10, now=30)
    assert (found.overdue, found.late, found.overdue_days) == (False, False, None)
    assert not life(due=None, now=99).overdue


def test_a_call_back_changes_no_status_and_the_latest_answer_counts():
    found = life(
        step("closed", 2),
        step("called_back", 3, solved=False, contacted=True),
        step("called_back", 5, solved=True, satisfied=False),
    )
    assert (found.status, found.contacted, found.solved, found.satisfied) == ("closed", True, True, False)


@pytest.mark.parametrize(
    ("steps", "warning"),
    [
        ([step("closed", -1)], "办结早于受理"),
        ([step("replied", -1)], "答复早于受理"),
        ([step("dispatched", -1)], "派单早于受理"),
        ([step("dispatched", 1), step("returned", 2), step("closed", 3)], "退单后没有再派单"),
        ([step("closed", 2), step("dispatched", 3)], "办结后又派单，没有重新打开的记录"),
        ([step("called_back", 2), step("closed", 3)], "回访早于办结"),
        ([step("closed", 40)], "有的时间晚于现在"),
    ],
)
def test_what_cannot_be_right_is_said(steps, warning):
    assert warning in life(*steps).warnings


def test_steps_of_one_minute_follow_the_order_of_the_work():
    assert find_standing([step("closed", 1), step("replied", 1), step("dispatched", 1)]).status == "closed"
    assert find_standing([step("reopened", 1), step("closed", 1)]).finished_at is None


def test_working_days_leave_out_the_weekend(site):
    found = count_working_days(life(step("closed", 7)), site=site, now=at(12))
    assert found.working_days == 5


def member(name, day, *steps, solved_replies=(), repeats=False):
    return IssueMember(name, at(day), tuple(steps), tuple(at(d) for d in solved_replies), repeats)


def done(name, day, closed, *, solved=True):
    return member(
        name, day, step("dispatched", day), step("closed", closed), step("called_back", closed + 1, solved=solved)
    )


def came_back(*members):
    """Ask of the members and two more early requests of which nothing is known."""
    return find_came_back([*members, member("x", 0), member("y", 0)])


def test_a_matter_came_back_when_it_is_reported_after_it_was_done_and_quiet():
    found = came_back(done("a", 0, 2), member("b", 1), member("c", 9), member("d", 10, step("dispatched", 10)))
    assert found == CameBack(at(2), at(9), ("c", "d"), False)


def test_it_is_settled_when_the_new_ones_are_done_too():
    assert came_back(done("a", 0, 2), done("b", 9, 11), done("c", 10, 11)).settled


AGAIN = (member("b", 9), member("c", 10))


@pytest.mark.parametrize(
    "members",
    [
        [done("a", 0, 2), member("o", 1, step("dispatched", 1)), *AGAIN],
        [done("a", 0, 2), member("o", 3), *AGAIN],
        [done("a", 0, 2), member("b", 4), member("c", 9)],
        [done("a", 0, 2, solved=False), *AGAIN],
        [done("a", 0, 2), member("b", 9, repeats=True), member("c", 10)],
        [member("a", 0, step("dispatched", 0), step("replied", 2)), *AGAIN],
        [done("a", 0, 2), member("o", 1, step("closed", 2), step("reopened", 4)), *AGAIN],
        [member("a", 0, step("closed", 3)), *AGAIN],
        [done("a", 0, 2), member("b", 9)],
        [done("a", 0, 2)],
        [],
    ],
    ids=[
        "another order was open",
        "people went on reporting",
        "two days later is a follow-up",
        "the call-back said it was not solved",
        "the same request sent again",
        "a reply that only promises",
        "the order was opened again at once",
        "nobody confirmed the closing and it was quiet for six days only",
        "one person only",
        "nobody reported it again",
        "no requests",
    ],
)
def test_what_is_still_open_did_not_come_back(members):
    assert came_back(*members) is None


def test_three_requests_in_all_are_too_few():
    assert find_came_back([done("a", 0, 2), *AGAIN]) is None


def test_a_reply_that_says_it_is_solved_is_as_good_as_a_call_back():
    answered = member("a", 0, step("dispatched", 0), step("replied", 2), solved_replies=[2])
    assert came_back(answered, member("b", 6), member("c", 7)).closed == at(2)


def test_a_closing_that_nobody_confirmed_needs_a_week_of_quiet():
    assert came_back(member("a", 0, step("closed", 2)), *AGAIN).closed == at(2)


def test_one_forgotten_order_among_three_does_not_keep_a_matter_open():
    forgotten = member("o", 1, step("dispatched", 1))
    assert came_back(done("a", 0, 2), done("e", 1, 2), forgotten, *AGAIN).again == ("b", "c")


def test_the_latest_return_counts():
    found = came_back(done("a", 0, 2), done("b", 9, 11), member("c", 20), member("d", 21))
    assert (found.closed, found.again) == (at(11), ("c", "d"))


def test_the_reopening_of_the_old_order_is_part_of_the_return():
    reopened = member(
        "a", 0, step("closed", 2), step("called_back", 3, solved=True), step("reopened", 9),
        step("called_back", 12, solved=False),
    )  # fmt: skip
    assert came_back(reopened, *AGAIN).again == ("b", "c")
