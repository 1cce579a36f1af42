"""The model's places joined with the names the site knows."""

from __future__ import annotations

import pytest

from nlp.known_places import join_places

TEXT = "甲苑门口,乙路边上,丙村的井"


@pytest.mark.parametrize(
    ("spans", "names", "joined"),
    [
        ([(5, 9), (0, 4)], [], [(5, 9), (0, 4)]),
        ([(5, 9), (0, 4)], [(0, 2)], [(0, 4), (5, 9)]),  # what holds a known name comes first
        ([(1, 4)], [(0, 2)], [(0, 4)]),  # a span that cuts a name is widened
        ([(0, 4)], [(5, 7), (10, 12)], [(5, 7), (10, 12), (0, 4)]),
        ([], [(0, 2)], [(0, 2)]),
        ([(0, 9)], [(0, 2), (5, 7)], [(0, 9)]),
    ],
)
def test_names_come_first_and_are_whole(spans, names, joined):
    assert join_places(TEXT, spans, names=names, most=5) == joined


def test_a_place_is_given_once():
    text = "甲苑和甲苑和甲苑"
    assert join_places(text, [(3, 5), (0, 2)], names=[(0, 2), (3, 5), (6, 8)], most=5) == [(3, 5)]


def test_no_more_than_asked():
    assert join_places(TEXT, [(0, 2)], names=[(5, 7), (10, 12)], most=2) == [(5, 7), (10, 12)]
