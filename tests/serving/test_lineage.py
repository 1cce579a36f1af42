"""Issues keep their ids when requests are grouped anew."""

from __future__ import annotations

from serving.store.lineage import trace_groups


def test_a_group_continues_the_issue_it_overlaps_most():
    found = trace_groups([{1, 2, 3, 4}, {7, 8}], {10: {1, 2, 3}, 11: {7, 8}})
    assert found.kept == (10, 11)
    assert found.merged == {}


def test_a_new_group_gets_no_old_id():
    assert trace_groups([{1, 2}, {5, 6}], {10: {1, 2}}).kept == (10, None)


def test_when_issues_merge_the_larger_share_survives():
    found = trace_groups([{1, 2, 3, 4, 5}], {10: {1, 2}, 11: {3, 4, 5}})
    assert found.kept == (11,)
    assert found.merged == {10: 0}


def test_when_an_issue_splits_the_larger_part_keeps_the_id():
    found = trace_groups([{1, 2}, {3, 4, 5}], {10: {1, 2, 3, 4, 5}})
    assert found.kept == (None, 10)


def test_an_issue_whose_requests_all_stand_alone_dissolves():
    found = trace_groups([], {10: {1, 2}})
    assert found.kept == ()
    assert found.merged == {}


def test_of_equal_overlaps_the_older_issue_survives():
    assert trace_groups([{1, 2, 3, 4}], {11: {3, 4}, 10: {1, 2}}).kept == (10,)
