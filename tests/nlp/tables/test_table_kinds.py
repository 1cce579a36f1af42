from __future__ import annotations

import resource
import time
from pathlib import Path

import pytest

from nlp.errors import FileError
from nlp.tables import read_table, view_tables


def test_every_spoilt_export_is_read_or_refused_in_words(spoilt_exports) -> None:
    assert len(spoilt_exports.expected) >= 20
    for name, message in spoilt_exports.expected.items():
        path = spoilt_exports.folder / name
        if not message:
            assert [r for r in read_table(path) if not r.skipped], name
            assert view_tables(path)[0].headers[:3] == ("工单编号", "受理时间", "诉求内容"), name
            continue
        for read in (read_table, view_tables):
            if read is view_tables and "表头" in message:
                continue
            with pytest.raises(FileError, match=message) as refused:
                list(read(path))
            assert name in str(refused.value)


def test_the_good_rows_of_spoilt_exports_are_all_there(spoilt_exports, spoilt_files) -> None:
    for name, message in spoilt_exports.expected.items():
        if not message and name != "公式.xlsx":
            rows = [r.values for r in read_table(spoilt_exports.folder / name) if not r.error and not r.skipped]
            assert [(r["id"], r["time"], r["text"]) for r in rows] == spoilt_files.rows_of(name), name


def test_bombs_and_a_million_empty_rows_take_neither_memory_nor_minutes(spoilt_exports) -> None:
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    for name in ("压缩炸弹.xlsx", "百万空行.xlsx", "远处一格.xlsx"):
        try:
            list(read_table(spoilt_exports.folder / name))
        except FileError:
            continue
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 * 1024  # KB; 5 MB were measured
    assert time.monotonic() - start < 30  # 1 s was measured


def test_a_formula_without_a_result_refuses_its_row_and_no_other(spoilt_exports) -> None:
    good, formula, error = read_table(spoilt_exports.folder / "公式.xlsx")
    assert good.error is None
    assert "「诉求内容」" in str(formula.error)
    assert "#REF!" in str(error.error)


def test_a_folder_with_the_name_of_a_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "工单.csv").mkdir()
    with pytest.raises(FileError, match="是文件夹"):
        read_table(tmp_path / "工单.csv")


@pytest.mark.parametrize("size", [9, 600, 1500, 5000, 9000])
def test_an_old_workbook_cut_anywhere_is_refused(tmp_path: Path, spoilt_files, size: int) -> None:
    data = spoilt_files.xls_bytes([("工单编号", "诉求内容")] + [(f"A{n}", "灯坏了") for n in range(200)])
    (tmp_path / "a.xls").write_bytes(data[:size])
    with pytest.raises(FileError, match="不是完整的 Excel 文件"):
        list(read_table(tmp_path / "a.xls"))


def test_a_damaged_cell_address_does_not_ask_for_a_hundred_gigabytes(tmp_path: Path, spoilt_files) -> None:
    data = bytearray(spoilt_files.xls_bytes([("工单编号", "诉求内容"), (3.14159, "灯坏了")]))
    at = data.index(b"\x03\x02\x0e\x00") + 4  # NUMBER record: row, column
    data[at : at + 4] = b"\xff\xff\xff\xff"
    (tmp_path / "a.xls").write_bytes(data)
    with pytest.raises(FileError, match="不是完整的 Excel 文件"):
        list(read_table(tmp_path / "a.xls"))
