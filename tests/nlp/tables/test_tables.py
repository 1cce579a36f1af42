from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlwt
from openpyxl import Workbook, load_workbook

from nlp.errors import FileError
from nlp.headers import POST, match_headers
from nlp.tables import open_writer, read_table, write_rows

ROWS = [{"id": "20261109000000000017", "title": "停水", "text": "三号楼停水两天了"}, {"id": "2", "text": "路灯不亮"}]


def _values(path: Path, **options: object) -> list[dict]:
    return [dict(r.values) for r in read_table(path, **options)]  # type: ignore[arg-type]


@pytest.mark.parametrize("ending", ["jsonl", "csv", "xlsx", "parquet"])
def test_what_is_written_reads_back(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"rows.{ending}"
    write_rows(path, ROWS)
    found = [{k: v for k, v in row.items() if v is not None} for row in _values(path)]
    assert found == ROWS


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig", "utf-16"])
def test_csv_of_offices_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "导出.csv"
    path.write_bytes("工单编号,诉求标题,诉求内容,来电时间\n0017,停水,“没水”啊𠮷,2026/11/9 8:30\n".encode(encoding))
    assert _values(path) == [{"id": "0017", "title": "停水", "text": "“没水”啊𠮷", "time": "2026/11/9 8:30"}]


def test_old_xls_with_chinese_headers(tmp_path: Path) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("工单")
    for column, (name, value) in enumerate({"工单编号": "A-1", "诉求内容": "电梯停运", "受理人": "内部"}.items()):
        sheet.write(0, column, name)
        sheet.write(1, column, value)
    book.save(str(tmp_path / "老表.xls"))
    assert _values(tmp_path / "老表.xls") == [{"id": "A-1", "text": "电梯停运"}]


def test_title_rows_above_the_header_are_skipped_and_lines_are_sheet_rows(tmp_path: Path) -> None:
    book = Workbook()
    for row in (["某街道十一月工单"], [], ["工单编号", "诉求内容"], ["1", "停水"]):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    rows = list(read_table(tmp_path / "a.xlsx"))
    assert [(r.line, dict(r.values)) for r in rows] == [(4, {"id": "1", "text": "停水"})]


def test_an_order_number_that_a_spreadsheet_ruined_is_refused_with_its_row(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("工单编号,诉求内容\n2.01E+17,停水\n5,停电\n", "utf-8")
    ruined, good = read_table(path)
    assert ruined.line == 2
    assert "科学计数" in str(ruined.error)
    assert good.error is None


def test_a_broken_line_is_an_error_row_and_the_rest_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"id": "1", "text": "停水"}\n{"id": "2", \n[1]\n\n{"id": "3", "text": "停电"}\n', "utf-8")
    assert [(r.line, r.error is None) for r in read_table(path)] == [(1, True), (2, False), (3, False), (5, True)]


def test_undecodable_bytes_name_offset_and_encodings(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("工单编号,诉求内容\n1,".encode() + b"\xff\xff\xff\n")
    with pytest.raises(FileError, match=r"utf-8-sig 在第 \d+ 字节.*gb18030 在第 \d+ 字节"):
        list(read_table(path))


def test_a_mapped_column_wins_over_known_names(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("编号,诉求内容,坐席小结\n1,原话,小结\n", "utf-8")
    assert _values(path, column_map={"坐席小结": "text"}) == [{"id": "1", "text": "小结"}]


def test_a_file_without_known_columns_says_what_was_expected_and_came(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("甲,乙\n1,2\n", "utf-8")
    with pytest.raises(FileError, match=r"工单编号.*2 列不认识.第 1、2 列.*--map"):
        list(read_table(path))


@pytest.mark.parametrize("name", ["没有.csv", "a.docx"])
def test_absent_or_unknown_files_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.docx").write_bytes(b"PK")
    with pytest.raises(FileError):
        read_table(tmp_path / name)


@pytest.mark.parametrize("ending", ["xlsx", "xls", "parquet"])
def test_a_damaged_file_is_refused(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.{ending}"
    path.write_bytes(b"PK\x03\x04 not really")
    with pytest.raises(FileError):
        list(read_table(path))


@pytest.mark.parametrize("value", ["=HYPERLINK(1)", "+cmd", "@SUM(1)", "-2+3"])
def test_formulas_never_run_in_what_we_write(tmp_path: Path, value: str) -> None:
    for ending in ("csv", "xlsx"):
        write_rows(tmp_path / f"a.{ending}", [{"id": "1", "text": value}])
    assert load_workbook(tmp_path / "a.xlsx").active["B2"].data_type == "s"
    assert f"'{value}" in (tmp_path / "a.csv").read_text("utf-8-sig")


def test_a_negative_number_stays_a_number_in_csv(tmp_path: Path) -> None:
    write_rows(tmp_path / "a.csv", [{"id": "1", "text": "-3.5"}])
    assert "'" not in (tmp_path / "a.csv").read_text("utf-8-sig")


def test_nested_fields_stand_as_json_in_a_cell(tmp_path: Path) -> None:
    write_rows(tmp_path / "a.xlsx", [{"id": "1", "needs": {"ji": 0.5}}])
    assert json.loads(load_workbook(tmp_path / "a.xlsx").active["B2"].value) == {"ji": 0.5}


def test_parquet_rows_keep_their_names(tmp_path: Path) -> None:
    pq.write_table(pa.table({"工单编号": ["1"], "诉求内容": ["停水"]}), tmp_path / "a.parquet")
    assert _values(tmp_path / "a.parquet") == [{"id": "1", "text": "停水"}]


def test_writing_the_old_format_or_into_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"\.xlsx"):
        open_writer(tmp_path / "a.xls")
    with pytest.raises(FileError, match="目录不存在"):
        open_writer(tmp_path / "没有" / "a.csv")


def test_post_headers_are_their_own() -> None:
    assert match_headers(["公众号", "发布时间", "标题", "正文"], POST) == {
        0: "account",
        1: "published",
        2: "title",
        3: "body",
    }


def test_a_table_that_was_broken_off_is_not_left_behind(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), open_writer(tmp_path / "a.xlsx") as writer:
        writer.write({"id": 1 / 0})
    assert not (tmp_path / "a.xlsx").exists()


def test_json_that_a_cell_cannot_hold_is_refused_with_the_column(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="requests"):
        write_rows(tmp_path / "a.xlsx", [{"id": "1", "requests": ["编号"] * 10_000}])


def test_a_quote_that_is_never_closed_refuses_the_file_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('工单编号,诉求内容\n1,停水\n2,"路灯坏了\n3,电梯坏了\n', "utf-8")
    with pytest.raises(FileError, match="第 3 行起有一个引号"):
        list(read_table(path))
