from __future__ import annotations

import zipfile
from datetime import date, datetime, time
from pathlib import Path

import pytest
import xlwt
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from nlp.errors import FileError
from nlp.headers import WORK_ORDER
from nlp.tables import TableView, read_table, view_tables

HEADER = ("工单编号", "受理时间", "诉求内容")


def _book(sheets: dict[str, list], merges: dict[str, list[str]] | None = None) -> Workbook:
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
        for cells in (merges or {}).get(name, []):
            sheet.merge_cells(cells)
    return book


def _save(book: Workbook, folder: Path) -> Path:
    book.save(folder / "工单.xlsx")
    return folder / "工单.xlsx"


def test_every_sheet_with_a_known_header_is_read_in_order(tmp_path: Path) -> None:
    sheets = {
        "填报说明": [["填报时请注意"], ["来源", "写明渠道"]],
        "十月": [HEADER, ("1", "2026/10/1", "灯坏了")],
        "汇总": [["街道", "承办单位", "件数"], ["柳桥", "城管", 3]],
        "十一月": [["柳桥街道"], HEADER, ("2", "2026/11/1", "停水")],
        "Sheet5": [],
    }
    path = _save(_book(sheets), tmp_path)
    assert [(r.sheet, r.line, r.values["id"]) for r in read_table(path)] == [("十月", 2, "1"), ("十一月", 3, "2")]
    assert [(v.sheet, v.header_line) for v in view_tables(path)][1:] == [("十月", 1), ("汇总", 1), ("十一月", 2)]
    assert [r.line for r in read_table(path, sheet="十一月")] == [3]
    with pytest.raises(FileError, match="没有工作表「九月」"):
        read_table(path, sheet="九月")


def test_a_hidden_sheet_is_left_out_unless_named(tmp_path: Path) -> None:
    book = _book({"工单": [HEADER, ("1", "", "灯坏了")], "旧": [HEADER, ("2", "", "停水")]})
    book["旧"].sheet_state = "hidden"
    path = _save(book, tmp_path)
    assert [r.values["id"] for r in read_table(path)] == ["1"]
    assert [v.sheet for v in view_tables(path)] == ["工单"]
    assert [r.values["id"] for r in read_table(path, sheet="旧")] == ["2"]


def test_a_header_over_two_rows_names_the_lower_cells(tmp_path: Path) -> None:
    rows = [
        ["诉求内容一览"],
        ["工单编号", "诉求人信息", None, "诉求内容", "受理", None, "办结", None],
        [None, "姓名", "电话", None, "时间", "渠道", "时间", "结果"],
        ["1", "张三", "13800000000", "灯坏了", "2026/11/1", "热线", "2026/11/3", "已修"],
    ]
    merges = {"工单": ["A1:H1", "A2:A3", "B2:C2", "D2:D3", "E2:F2", "G2:H2"]}
    path = _save(_book({"工单": rows}, merges), tmp_path)
    (row,) = read_table(path, fields=WORK_ORDER)
    assert (row.values["phone"], row.values["name"]) == ("13800000000", "张三")
    assert (row.values["time"], row.values["text"], row.values["channel"]) == ("2026/11/1", "灯坏了", "热线")
    assert "2026/11/3" in row.values.values()
    view = TableView("工单", ("工单编号", "姓名", "电话", "诉求内容", "受理时间", "渠道", "办结时间", "结果"), 3)
    assert view_tables(path) == (view,)


def test_a_merged_value_goes_down_within_its_merge_only(tmp_path: Path) -> None:
    rows = [HEADER, ("1", "2026/11/1", "灯坏了"), (None, None, "还没修"), (None, None, "没有编号")]
    path = _save(_book({"工单": rows}, {"工单": ["A2:A3", "B2:B3"]}), tmp_path)
    assert [r.values.get("id") for r in read_table(path)] == ["1", "1", None]
    assert [r.values.get("time") for r in read_table(path)] == ["2026/11/1", "2026/11/1", None]


def test_merged_cells_of_an_old_workbook_go_down_too(tmp_path: Path) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("工单")
    sheet.write_merge(0, 0, 0, 2, "柳桥街道工单")
    for column, name in enumerate(HEADER):
        sheet.write(1, column, name)
    sheet.write_merge(2, 3, 0, 0, "A1")
    sheet.write(2, 2, "灯坏了")
    sheet.write(3, 2, "还没修")
    book.save(str(tmp_path / "a.xls"))
    assert [(r.line, r.values["id"]) for r in read_table(tmp_path / "a.xls")] == [(3, "A1"), (4, "A1")]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (45998.354166667, "2025-12-07T08:30:00"),
        ("45998.354166667", "2025-12-07T08:30:00"),
        (45998, "2025-12-07"),
        (20261109, "20261109"),
        (datetime(2026, 11, 9, 8, 30), "2026-11-09T08:30:00"),
        (12, 12),
        (99999, 99999),
    ],
)
def test_a_day_number_becomes_a_time_where_it_is_plausible(tmp_path: Path, cell: object, expected: object) -> None:
    path = _save(_book({"工单": [HEADER, ("1", cell, "灯坏了")]}), tmp_path)
    assert next(read_table(path)).values["time"] == expected


def test_days_count_from_1904_where_the_workbook_says_so(tmp_path: Path) -> None:
    book = _book({"工单": [HEADER, ("1", 44536.5, "灯坏了")]})
    book.epoch = CALENDAR_MAC_1904
    assert next(read_table(_save(book, tmp_path))).values["time"] == "2025-12-07T12:00:00"


@pytest.mark.parametrize("ending", ["xlsx", "xls"])
def test_an_id_of_more_digits_than_a_sheet_keeps_is_refused(tmp_path: Path, ending: str, spoilt_files) -> None:
    rows = [HEADER, (201911000000000000, "", "灯坏了"), (20191100001, "", "停水"), ("0017", "", "停电")]
    build = spoilt_files.xlsx_bytes if ending == "xlsx" else spoilt_files.xls_bytes
    (tmp_path / f"a.{ending}").write_bytes(build(rows))
    ruined, number, text = read_table(tmp_path / f"a.{ending}")
    assert "科学计数" in str(ruined.error)
    assert (number.error, number.values["id"], text.values["id"]) == (None, 20191100001, "0017")


def test_an_error_cell_of_an_old_workbook_refuses_its_row(tmp_path: Path) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("工单")
    for at, row in enumerate([HEADER, ("1", "", "停水"), ("2", "", "")]):
        for column, value in enumerate(row):
            sheet.write(at, column, value) if value else None
    sheet.row(2).set_cell_error(2, "#REF!")
    book.save(str(tmp_path / "a.xls"))
    assert ["#REF!" in str(r.error) for r in read_table(tmp_path / "a.xls")] == [False, True]


def test_the_ending_of_wps_is_read(tmp_path: Path, spoilt_files) -> None:
    (tmp_path / "a.et").write_bytes(spoilt_files.xls_bytes([HEADER, ("1", "", "灯坏了")]))
    assert [r.values["id"] for r in read_table(tmp_path / "a.et")] == ["1"]


def test_sixteen_thousand_empty_columns_do_not_matter(tmp_path: Path) -> None:
    book = _book({"工单": [HEADER, ("1", "", "灯坏了")]})
    book["工单"]["XFD1"].number_format = "@"
    assert [dict(r.values) for r in read_table(_save(book, tmp_path))] == [{"id": "1", "text": "灯坏了"}]


def test_a_merged_name_with_no_second_level_does_not_take_the_first_row(tmp_path: Path) -> None:
    rows = [("工单编号", "诉求内容", "来电时间", "备注", None), (1001, "灯坏了", "2026-11-01 08:30", "甲", "乙")]
    path = _save(_book({"工单": rows}, {"工单": ["D1:E1"]}), tmp_path)
    expected = {"id": 1001, "text": "灯坏了", "time": "2026-11-01 08:30"}
    assert [(r.line, dict(r.values)) for r in read_table(path)] == [(2, expected)]


def test_a_merged_known_name_above_a_short_text_stays_its_column(tmp_path: Path) -> None:
    rows = [("工单编号", "来源", "诉求内容", None), (None, None, "还没修", None), ("2", "热线", "停水", None)]
    path = _save(_book({"工单": rows}, {"工单": ["C1:D1"]}), tmp_path)
    assert [r.values["text"] for r in read_table(path)] == ["还没修", "停水"]


def test_a_group_without_cells_merged_downwards_still_has_two_levels(tmp_path: Path) -> None:
    rows = [("工单编号", "诉求人", None, "诉求内容"), (None, "姓名", "电话", None), ("1", "张三", "无", "灯坏了")]
    path = _save(_book({"工单": rows}, {"工单": ["B1:C1"]}), tmp_path)
    (row,) = read_table(path, fields=WORK_ORDER)
    assert dict(row.values) == {"id": "1", "name": "张三", "phone": "无", "text": "灯坏了"}


def test_a_named_sheet_is_read_without_the_others(tmp_path: Path) -> None:
    path = _save(_book({"一": [HEADER, ("1", "", "灯坏了")], "二": [HEADER, ("2", "", "停水")]}), tmp_path)
    spoilt = tmp_path / "坏.xlsx"
    with zipfile.ZipFile(path) as whole, zipfile.ZipFile(spoilt, "w") as copy:
        for name in whole.namelist():
            copy.writestr(name, b"<worksheet" if name.endswith("sheet1.xml") else whole.read(name))
    assert [r.values["id"] for r in read_table(spoilt, sheet="二")] == ["2"]


@pytest.mark.parametrize(
    ("names", "cells", "expected"),
    [
        (("日期", "时间"), (date(2026, 11, 9), time(8, 30)), "2026-11-09T08:30:00"),
        (("日期", "时间"), (46335, 0.5), "2026-11-09T12:00:00"),
        (("来电日期", "来电时间"), ("2026/11/9", "8:30"), "2026-11-09T08:30:00"),
        (("登记日期", "时间"), ("20261109", "下午3:05"), "2026-11-09T15:05:00"),
        (("日期", "时间"), ("2026/11/9", None), "2026/11/9"),
        (("日期", "时间"), ("2026/11/9", "2026/11/8 8:30"), "2026/11/8 8:30"),
        (("日期", "时间"), (None, "8:30"), "8:30"),
        (("日期", "时间"), ("2026/11/9", "不详"), "2026/11/9"),
    ],
)
def test_a_date_and_a_clock_in_two_columns_are_one_time(
    tmp_path: Path, names: tuple[str, str], cells: tuple[object, object], expected: str
) -> None:
    path = _save(_book({"工单": [("工单编号", "诉求内容", *names), ("1", "灯坏了", *cells)]}), tmp_path)
    assert next(read_table(path)).values["time"] == expected
