"""Which rows of a table are requests, and how their cells are read: text tables, pages, XML workbooks."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import Workbook

from nlp.headers import EVENT
from nlp.tables import read_rows, read_table, view_tables


def _csv(folder: Path, text: str, *, name: str = "工单.csv") -> Path:
    (folder / name).write_text(text, "utf-8")
    return folder / name


def _skipped(path: Path) -> list[str | None]:
    return [row.skipped for row in read_table(path)]


@pytest.mark.parametrize(
    "row",
    [
        "合计,,2",
        "小 计,,",
        "本页合计:2,,",
        "总计,2,",
        "制表人:李某,审核:王某,",
        "填报单位：柳桥街道,,",
        "备注:以上为本周,,",
        "第 1 页 共 3 页,,",
        "——以下空白——,,",
        "工单编号,诉求内容,受理时间",
        ",合计,",
        "小计,柳桥街道共3件,",
        "累计,,12",
    ],
)
def test_a_row_that_is_no_request_comes_back_with_a_reason(tmp_path: Path, row: str) -> None:
    path = _csv(tmp_path, f"工单编号,诉求内容,受理时间\n1,灯坏了,\n{row}\n2,停水,\n")
    assert [bool(s) for s in _skipped(path)] == [False, True, False]
    assert [r["id"] for r in read_rows(path)] == ["1", "2"]


@pytest.mark.parametrize(
    "row",
    ["合计A1,商场的合计金额算错了,", "1,合计多收了钱,", "备注:1,井盖松动,", "7,合计,", "9,,2026/11/9", "小计1,路灯,"],
)
def test_a_real_request_is_never_left_out(tmp_path: Path, row: str) -> None:
    assert _skipped(_csv(tmp_path, f"工单编号,诉求内容,受理时间\n{row}\n")) == [None]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("汇总:近期停水有三处,A1,2026/11/9", None),
        ("备注:门口积水,A1,2026/11/9", None),
        ("说明:我家停水三天没有人管,,2026/11/9", None),
        ("说明:以上是本周柳桥街道的热线诉求,,", "表内的说明文字"),
        ("合计,3,", "合计行,不是诉求"),
        ("合计,共3件,", "合计行,不是诉求"),
    ],
)
def test_a_text_in_the_first_column_may_begin_like_a_footer(tmp_path: Path, row: str, reason: str | None) -> None:
    assert _skipped(_csv(tmp_path, f"诉求内容,工单编号,来电时间\n{row}\n")) == [reason]


def test_the_reason_does_not_hold_who_made_the_table(tmp_path: Path) -> None:
    path = _csv(tmp_path, "工单编号,诉求内容\n制表人:李某,\n")
    assert _skipped(path) == ["表尾的制表、审核信息"]


def test_numbered_empty_rows_and_a_row_of_column_numbers_are_no_requests(tmp_path: Path) -> None:
    path = _csv(tmp_path, "序号,工单编号,诉求标题,诉求内容\n1,2,3,4\n1,A-1,,灯坏了\n2,,,\n")
    assert _skipped(path) == ["列号行", None, "没有填写内容的行"]


def test_total_rows_of_events_and_other_tables_are_left_to_their_readers(tmp_path: Path) -> None:
    path = _csv(tmp_path, "诉求编号,环节\n合计,\n")
    assert [r.skipped for r in read_table(path, fields=EVENT)] == [None]


def test_a_running_number_is_never_the_id(tmp_path: Path) -> None:
    assert "id" not in next(read_table(_csv(tmp_path, "序号,诉求内容\n1,灯坏了\n"))).values
    path = _csv(tmp_path, "序号,诉求内容\n1,灯坏了\n")
    assert next(read_table(path, column_map={"序号": "id"})).values["id"] == "1"


def test_full_width_digits_are_folded_in_ids_and_times_and_never_in_text(tmp_path: Path) -> None:
    path = _csv(tmp_path, "工单编号,受理时间,诉求内容\nＡ００１７,２０２６／１１／９ ８：３０,３号楼（东）\n")
    assert dict(next(read_table(path)).values) == {"id": "A0017", "time": "2026/11/9 8:30", "text": "３号楼（东）"}


@pytest.mark.parametrize("cell", ['="0017"', "'0017", "0017\t"])
def test_tricks_that_keep_an_id_as_text_are_undone(tmp_path: Path, cell: str) -> None:
    assert next(read_table(_csv(tmp_path, f"工单编号,诉求内容\n{cell},灯坏了\n"))).values["id"] == "0017"


@pytest.mark.parametrize("delimiter", ["\t", ";", ",", "|"])
def test_the_delimiter_is_found_below_title_rows(tmp_path: Path, delimiter: str) -> None:
    rows = [["柳桥街道,十一月"], ["工单编号", "诉求内容", "来源"], ["1", "灯坏了，没人修", "热线"], ["2", "停水"]]
    name = "工单.tsv" if delimiter == "\t" else "工单.csv"
    path = _csv(tmp_path, "\n".join(delimiter.join(r) for r in rows), name=name)
    assert [r["id"] for r in read_rows(path)] == ["1", "2"]
    assert view_tables(path)[0].header_line == 2


def test_a_comma_that_was_not_quoted_refuses_its_row(tmp_path: Path) -> None:
    moved, good = read_table(_csv(tmp_path, "工单编号,诉求内容,来源\n1,灯坏了,没人修,热线\n2,停水,热线\n"))
    assert "逗号" in str(moved.error)
    assert good.error is None


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_mark_is_read(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.csv").write_bytes("工单编号,诉求内容\r\n1,路灯坏了\r\n".encode(encoding))
    assert read_rows(tmp_path / "a.csv") == [{"id": "1", "text": "路灯坏了"}]


def test_a_page_keeps_spans_lines_and_several_tables(tmp_path: Path) -> None:
    head = "<tr><td colspan=3>柳桥街道</td></tr><tr><th>工单编号</th><th>诉求内容</th><th>承办单位</th></tr>"
    first = "<tr><td rowspan=2>1</td><td>灯坏了<br>没人修</td><td>城管</td></tr><tr><td>还没修</td></tr>"
    second = "<tr><td>2</td><td>停水&nbsp;两天</td><td></td></tr>"
    page = f"<html><body><table>{head}{first}</table><table>{head}{second}</table></body></html>"
    (tmp_path / "a.xls").write_text(page, "utf-8")
    rows = list(read_table(tmp_path / "a.xls"))
    assert [(r.sheet, r.line, r.values["id"], r.values["text"]) for r in rows] == [
        ("表1", 3, "1", "灯坏了\n没人修"),
        ("表1", 4, "1", "还没修"),
        ("表2", 3, "2", "停水 两天"),
    ]


def test_an_xml_workbook_keeps_indexes_merges_and_numbers(tmp_path: Path) -> None:
    ns = "urn:schemas-microsoft-com:office:spreadsheet"

    def row(*cells: tuple[str, str, str], place: str = "") -> str:
        inner = "".join(f'<Cell {at}><Data ss:Type="{kind}">{value}</Data></Cell>' for kind, value, at in cells)
        return f"<Row {place}>{inner}</Row>"

    header = [("String", name, "") for name in ("工单编号", "受理时间", "诉求内容")]
    time = ("DateTime", "2026-11-09T08:30:00.000", "")
    rows = (
        row(*header, place='ss:Index="3"')
        + row(("String", "0017", 'ss:MergeDown="1"'), time, ("String", "灯坏了", ""))
        + row(("String", "还没修", 'ss:Index="3"'))
        + row(("Number", "20261109001", ""), ("Number", "20261109", ""), ("String", "停电", ""))
        + row(("Number", "2.01911E+17", ""), ("Number", "45998.5", ""), ("Error", "#REF!", ""))
    )
    (tmp_path / "a.xls").write_text(
        f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]><Workbook xmlns="{ns}" '
        f'xmlns:ss="{ns}"><Worksheet ss:Name="一"><Table>{rows}</Table></Worksheet></Workbook>',
        "utf-8",
    )
    first, second, number, ruined = read_table(tmp_path / "a.xls")
    assert (first.line, dict(first.values)) == (4, {"id": "0017", "time": "2026-11-09T08:30:00", "text": "灯坏了"})
    assert (second.line, dict(second.values)) == (5, {"id": "0017", "text": "还没修"})
    assert dict(number.values) == {"id": 20261109001, "time": "20261109", "text": "停电"}
    assert ruined.values["time"] == "2025-12-07T12:00:00"
    assert ruined.error


def test_a_subtotal_is_one_also_below_a_street_merged_downwards(tmp_path: Path) -> None:
    book = Workbook()
    for row in (["街道", "编号", "反映事项"], ["柳桥街道", "1", "灯坏了"], ["", "小计", "柳桥街道共1件"]):
        book.active.append(row)
    book.active.merge_cells("A2:A3")
    book.save(tmp_path / "台账.xlsx")
    assert _skipped(tmp_path / "台账.xlsx") == [None, "合计行,不是诉求"]


def test_as_above_is_no_content(tmp_path: Path) -> None:
    rows = list(read_table(_csv(tmp_path, "工单编号,诉求标题,诉求内容\n1,,同上\n2,灯坏了,同上\n3,,同上一次一样\n")))
    assert [row.error is None for row in rows] == [False, True, True]
    assert rows[0].error == "「同上」不能当内容;请写明是什么事,再重新导入"
