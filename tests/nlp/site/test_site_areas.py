"""Names in a text and the areas they mean."""

from __future__ import annotations

import pytest

from nlp.site.areas import AreaIndex
from nlp.site.rows import Area, GazetteerEntry

AREAS = (
    Area("C", "清河市", None, "city"),
    Area("D1", "东岸区", "C", "district", ("东岸",)),
    Area("D2", "西岸区", "C", "district"),
    Area("S1", "盐场街道", "D1", "street", ("盐场",)),
    Area("E1", "盐场老村", "S1", "estate", ("老棉厂",)),
    Area("E2", "新苑", "D2", "estate"),
)
GAZETTEER = (
    GazetteerEntry("解放路", "road", "D1"),
    GazetteerEntry("解放路", "road", "D2"),
    GazetteerEntry("3号桥", "bridge", "S1"),
    GazetteerEntry("大榕树", "", None),
    GazetteerEntry("盐场老村", "estate", "S1"),
)


@pytest.fixture(scope="module")
def index() -> AreaIndex:
    return AreaIndex(AREAS, GAZETTEER)


@pytest.mark.parametrize(
    ("text", "within", "area"),
    [
        ("盐场街道的路", None, "S1"),
        ("盐场那边", None, "S1"),
        ("老棉厂门口", None, "E1"),
        ("东岸区新苑", None, "E2"),
        ("新苑对面的老棉厂", None, "E1"),
        ("新苑对面的老棉厂", "D2", "E2"),
        ("解放路", None, None),
        ("解放路", "E2", "D2"),
        ("解放路", "S1", "D1"),
        ("解放路", "C", None),
        ("西岸区解放路", None, "D2"),
        ("西岸区解放路", "D1", "D2"),
        ("3号桥下", None, "S1"),
        ("13号桥下", None, None),
        ("大榕树下", None, None),
        ("别处", None, None),
        ("", None, None),
    ],
)
def test_the_area_of_a_name(index: AreaIndex, text: str, within: str | None, area: str | None) -> None:
    assert index.resolve(index.find(text), within=within) == area


def test_a_name_inside_a_longer_one_does_not_count(index: AreaIndex) -> None:
    (name,) = index.find("盐场老村")
    assert (name.start, name.end) == (0, 4)


def test_areas_that_lie_in_one_another_are_no_contradiction(index: AreaIndex) -> None:
    (name,) = index.find("盐场老村")
    assert set(name.codes) == {"E1", "S1"}
    assert index.resolve([name]) == "S1"


def test_only_precise_names_are_places(index: AreaIndex) -> None:
    found = {n.end - n.start: n.is_place for n in index.find("东岸区,盐场街道,大榕树")}
    assert found == {3: True, 4: False}  # 大榕树 is the last name of three characters
    assert [n.is_place for n in index.find("东岸区")] == [False]


def test_a_loop_of_parents_ends() -> None:
    index = AreaIndex((Area("A", "甲区", "B", "district"), Area("B", "乙区", "A", "district")), ())
    assert index.ancestors("A") == ("A", "B")
    assert index.ancestors("Z") == index.ancestors(None) == ()


def test_a_site_without_names_finds_none() -> None:
    assert AreaIndex((), ()).find("清河市东岸区") == []
