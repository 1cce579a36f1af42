"""A check reads everything and stores nothing; its workbook names each bad row and holds no personal data."""

from __future__ import annotations

import pytest
from openpyxl import Workbook, load_workbook

from nlp.headers import shown_names
from nlp.tables import write_rows
from serving.importing.dry_run import Check, check_source
from serving.importing.plan import Choices, plan_import
from serving.importing.report import Outcome, SourceReport
from serving.importing.sheets import write_errors


@pytest.fixture
def check(tmp_path, site):
    """Check the folder; returns the reports and writes the sheet of that name."""

    def call(name="检查.xlsx"):
        choices = Choices()
        plan = plan_import((tmp_path / "in",), choices, site=site)
        checked = Check(choices)
        files = [check_source(s, checked) for s in plan.sources] + [SourceReport.of_refusal(r) for r in plan.refusals]
        write_errors(tmp_path / name, files, plan.sources, checked.previews)
        return files

    (tmp_path / "in").mkdir()
    return call


@pytest.fixture
def folder(tmp_path):
    rows = [
        {"工单编号": "007", "诉求内容": "=1+1 我叫赵建国,电话13912345678,路灯坏了", "备用": "甲"},
        {"工单编号": "13912345678", "诉求内容": "", "备用": "赵建国的私事"},
        {"工单编号": "合计", "诉求内容": "", "备用": "2"},
    ]
    (tmp_path / "in").mkdir(exist_ok=True)
    write_rows(tmp_path / "in" / "热线.xlsx", rows)
    write_rows(
        tmp_path / "in" / "答复.csv", [{"诉求编号": "007", "答复内容": "好"}, {"诉求编号": "8", "答复内容": "好"}]
    )
    (tmp_path / "in" / "旧.zip").write_bytes(b"PK")


def sheet(path, title):
    rows = list(load_workbook(path)[title].iter_rows(values_only=True))
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def test_a_check_counts_as_an_import_would(check, folder) -> None:
    orders, replies, archive = check()
    assert (orders.outcome, orders.created, orders.error_count, orders.skipped.total()) == (Outcome.checked, 1, 1, 1)
    assert replies.created == 2
    assert list(replies.notes.values()) == [1]
    assert archive.is_bad


def test_the_workbook_says_what_was_recognised_and_what_is_wrong(check, folder, tmp_path) -> None:
    check()
    summary = {row["文件"]: row for row in sheet(tmp_path / "检查.xlsx", "汇总")}
    assert (summary["热线.xlsx"]["认作"], summary["热线.xlsx"]["渠道或账号"]) == ("诉求", "热线")
    assert summary["热线.xlsx"]["列"] == "工单编号→id、诉求内容→text"
    assert summary["热线.xlsx"]["不用的列"] == shown_names(["", "", "备用"])
    assert "备用" not in summary["热线.xlsx"]["不用的列"]
    assert "请解压" in summary["旧.zip"]["说明"]
    (error,) = sheet(tmp_path / "检查.xlsx", "有误的行")
    assert (error["文件"], error["行号"]) == ("热线.xlsx", "3")
    assert "没有内容" in error["原因"]
    assert "补上" in error["怎么办"]
    (skipped,) = sheet(tmp_path / "检查.xlsx", "跳过的行")
    assert skipped["行号"] == "4"


def test_the_workbook_keeps_ids_as_text_runs_no_formula_and_shows_no_person(check, folder, tmp_path) -> None:
    check()
    cells = [c for s in load_workbook(tmp_path / "检查.xlsx") for row in s.iter_rows() for c in row if c.value]
    assert {c.data_type for c in cells} == {"s"}
    whole = "\n".join(c.value for c in cells)
    assert "007" in [c.value for c in cells]
    for secret in ("13912345678", "赵建国"):
        assert secret not in whole


def test_other_tables_hold_the_bad_rows_only(check, folder, tmp_path) -> None:
    check("错误.csv")
    whole = (tmp_path / "错误.csv").read_text("utf-8-sig")
    assert "13912345678" not in whole
    assert whole.count("热线.xlsx") == 1
    assert "旧.zip" in whole


def test_columns_that_nothing_reads_are_named_as_unused(check, tmp_path) -> None:
    order = {"工单编号": "1", "诉求内容": "路灯坏了", "工单状态": "已办结", "办理时限": "2026-11-09"}
    write_rows(tmp_path / "in" / "热线.xlsx", [order])
    check()
    (row,) = sheet(tmp_path / "检查.xlsx", "汇总")
    assert (row["列"], row["不用的列"]) == ("工单编号→id、诉求内容→text、办理时限→due", "工单状态")


def test_a_sheets_name_is_shown_masked_and_two_of_them_differ(check, tmp_path) -> None:
    book = Workbook()
    for at, title in enumerate(("王小明13912345678", "李小红13987654321")):
        rows = book.active if at == 0 else book.create_sheet()
        rows.title = title
        rows.append(["工单编号", "诉求内容"])
        rows.append([f"GD-{at}", "路灯坏了"])
    book.save(tmp_path / "in" / "热线.xlsx")
    reports = check()
    assert [r.created for r in reports] == [1, 1]
    assert len({r.place for r in reports}) == 2
    cells = [c.value for s in load_workbook(tmp_path / "检查.xlsx") for row in s.iter_rows() for c in row if c.value]
    assert not any("13912345678" in text for text in (*cells, *(r.place for r in reports)))


def test_a_file_that_is_gone_is_refused_and_the_others_are_checked(tmp_path, site, folder) -> None:
    (tmp_path / "in" / "文章.html").write_text("<p>停水通知</p>", "utf-8")
    plan = plan_import((tmp_path / "in",), Choices(), site=site)
    (tmp_path / "in" / "文章.html").unlink()
    reports = {s.name: check_source(s, Check(Choices())) for s in plan.sources}
    assert reports["文章.html"].outcome is Outcome.refused
    assert "文件不在了" in reports["文章.html"].message
    assert reports["热线.xlsx"].created == 1


def test_a_column_that_looks_like_one_is_hinted_at(check, tmp_path) -> None:
    row = {"工单编号": "1", "诉求内容": "路灯坏了", "来电时间": "2026-11-09", "首次处办反馈": "已修", "归档日期": "x"}
    write_rows(tmp_path / "in" / "热线.xlsx", [row])
    (report,) = check()
    assert report.hints[0] == "「首次处办反馈」像是 答复,可用 --map 首次处办反馈=reply"
    (summary,) = sheet(tmp_path / "检查.xlsx", "汇总")
    assert "--map 首次处办反馈=reply" in summary["说明"]


def test_a_file_without_a_usable_row_is_not_called_good(check, tmp_path) -> None:
    write_rows(tmp_path / "in" / "热线.xlsx", [{"工单编号": "1", "诉求内容": "同上"}])
    write_rows(tmp_path / "in" / "热线二.xlsx", [{"工单编号": "合计", "诉求内容": "共3件"}])
    ditto, total = check()
    assert (ditto.result, ditto.is_bad) == (Outcome.empty, True)
    assert (total.result, total.is_bad) == (Outcome.empty, False)
    assert {row["结果"] for row in sheet(tmp_path / "检查.xlsx", "汇总")} == {"没有可用的行"}
