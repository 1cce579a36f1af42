"""Dates without a year take it from title, sheet, file or the other dates; else they stay as they are."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import Workbook

from nlp.tables import read_table

HEADER = ["编号", "诉求内容", "日期"]


def _times(folder: Path, *dates: object, title: str = "", sheet: str = "台账", file: str = "台账") -> list[object]:
    book = Workbook()
    book.active.title = sheet
    if title:
        book.active.append([title])
    book.active.append(HEADER)
    for number, date in enumerate(dates, 1):
        book.active.append([f"A{number}", "灯坏了", date])
    book.save(folder / f"{file}.xlsx")
    return [row.values.get("time") for row in read_table(folder / f"{file}.xlsx")]


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("11月16日", "2026-11-16"),
        ("11.16", "2026-11-16"),
        (11.16, "2026-11-16"),
        ("11/21", "2026-11-21"),
        ("11月22日上午", "2026-11-22上午"),
        ("11月9日 8:30", "2026-11-09 8:30"),
        ("13月9日", "13月9日"),
        ("25:10", "25:10"),
        ("2.30", "2.30"),
        (11.1, 11.1),
        ("11.16-11.19", "11.16-11.19"),
    ],
)
def test_a_date_without_a_year_takes_that_of_the_title(tmp_path: Path, date: object, expected: object) -> None:
    assert _times(tmp_path, date, title="2026年民情台账") == [expected]


@pytest.mark.parametrize(
    "said",
    [{"title": "统计时段:2026-11-16 至 2026-11-22"}, {"sheet": "2026-11"}, {"file": "台账202611"}, {"sheet": "2026年"}],
)
def test_the_year_may_stand_in_title_sheet_or_file(tmp_path: Path, said: dict[str, str]) -> None:
    assert _times(tmp_path, "11月16日", **said) == ["2026-11-16"]


def test_else_it_is_the_year_of_the_full_dates(tmp_path: Path) -> None:
    assert _times(tmp_path, "11月16日", "2026-11-17")[0] == "2026-11-16"
    assert _times(tmp_path, "12月31日", "2026-12-30", "2027-01-01")[0] == "12月31日"


@pytest.mark.parametrize("title", ["民情台账(11.16-11.19)", "导出时间:2027-01-04", "2026年12月至2027年1月"])
def test_where_no_one_year_is_known_a_date_stays(tmp_path: Path, title: str) -> None:
    assert _times(tmp_path, "12月31日", title=title) == ["12月31日"]


def test_a_clock_beside_a_date_without_a_year_is_no_date(tmp_path: Path) -> None:
    file = tmp_path / "2026年台账.csv"
    file.write_text("编号,诉求内容,来电日期,来电时间\n1,灯坏了,11月16日,8.30\n2,停水,11月16日,9:05\n", "utf-8")
    assert [row.values["time"] for row in read_table(file)] == ["2026-11-16T08:30:00", "2026-11-16T09:05:00"]
