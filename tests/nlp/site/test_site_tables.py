"""Reading site tables as offices keep them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook

from nlp.errors import SiteError
from nlp.site.headers import HEADERS
from nlp.site.tables import DEFAULTS, TABLES, read_tables


def _messages(folder: Path) -> list[str]:
    return [str(p) for p in read_tables(folder).problems]


def test_the_shipped_tables_have_the_columns_of_the_contract() -> None:
    for table in TABLES:
        header = (DEFAULTS / f"{table}.csv").read_text("utf-8").split("\n")[0]
        assert tuple(header.split(",")) == tuple(HEADERS[table])
    assert read_tables(None).problems == ()


def test_chinese_columns_and_words_are_read_from_gb18030(tmp_path: Path) -> None:
    (tmp_path / "areas.csv").write_bytes(
        "编码,名称,上级,层级,别名,户数\nQ,清河区,,区县,清河;老区,\nQ1,柳巷社区,Q,社区,,1200\n".encode("gb18030")
    )
    (tmp_path / "dispatch.csv").write_bytes(
        "类别,区域,单位编码,单位,角色,层级,有效期起,有效期止\n"
        "城乡建设/违法建设,Q,007,清河区执法局,主办,区县,2026年10月1日,2027/9/30\n".encode("gb18030")
    )
    tables = read_tables(tmp_path)
    assert tables.problems == ()
    assert [(a.level, a.households, a.aliases) for a in tables.areas] == [
        ("district", None, ("清河", "老区")),
        ("community", 1200, ()),
    ]
    (rule,) = tables.dispatch
    assert (rule.unit_code, rule.role, rule.level) == ("007", "lead", "district")
    assert (rule.valid_from, rule.valid_to, rule.line) == (date(2026, 10, 1), date(2027, 9, 30), 2)


def test_terms_may_be_spoken(tmp_path: Path) -> None:
    (tmp_path / "deadlines.csv").write_text(
        "紧急程度,办结时限,联系时限,规则\n3,24小时,2小时,a\n2,3天,,b\n1,15个工作日,1工作日,c\n", "utf-8"
    )
    found = [(r.finish_due, r.contact_due) for r in read_tables(tmp_path).deadlines]
    assert found == [("24h", "2h"), ("3d", ""), ("15wd", "1wd")]


def test_a_workbook_stands_for_a_missing_csv(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    for row in (("日期", "是否上班"), (date(2026, 5, 1), 0), (date(2026, 5, 9), 1)):
        sheet.append(row)
    book.save(tmp_path / "holidays.xlsx")
    tables = read_tables(tmp_path)
    assert tables.problems == ()
    assert tables.holidays == {date(2026, 5, 1): False, date(2026, 5, 9): True}
    assert tables.file_of("holidays") == "holidays.xlsx"
    (tmp_path / "holidays.csv").write_text("date,workday\n2026-05-01,放假\n", "utf-8")
    assert "还有 holidays.xlsx" in _messages(tmp_path)[0]


def test_all_bad_rows_are_kept_as_problems_and_the_good_ones_read(tmp_path: Path) -> None:
    (tmp_path / "areas.csv").write_text(
        "code,name,parent,level,aliases,households\nA,甲市,,省,,\nB,乙市,,市,,\n,丙市,,市,,\nD,丁市,,市,,约三百\n",
        "utf-8",
    )
    tables = read_tables(tmp_path)
    assert [a.code for a in tables.areas] == ["B"]
    assert [(p.table, p.line, p.severity) for p in tables.problems] == [("areas.csv", n, "error") for n in (2, 4, 5)]
    assert [p.message.split(" ")[0] for p in tables.problems] == ["level", "缺少", "households"]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("areas.csv", "code,name,parent,level,allias\nA,甲市,,市,\n", "第 1 行:不认识的列“allias”;是不是 aliases?"),
        ("areas.csv", "code,name,parent,level,备用\nA,甲市,,市,\n", "areas.csv 第 1 行:不认识的列“备用”,没有用到"),
        ("areas.csv", "code,name,parent\nA,甲市,\n", "areas.csv 第 1 行:缺少列 level(层级);表头是:code、name、parent"),
        ("areas.csv", "code,name,parent,level\n4.10301E+11,甲市,,市\n", "第 2 行:code 4.10301E+11 被表格软件"),
        ("area.csv", "code\n", "area.csv:不认识的文件名,没有读;是不是 areas.csv?"),
        ("accounts.csv", "id,name,interaction\na,甲号,大概\n", "accounts.csv 第 2 行:interaction 应为 yes(有)、no(无)"),
        ("holidays.csv", "date,workday\n2026-05-01,0\n2026-05-01,1\n", "第 3 行:2026-05-01 前面已写成放假"),
        ("holidays.csv", "date,workday\n2026-05-01,2\n", "workday 应为 0(放假)或 1(上班),收到 2"),
        ("deadlines.csv", "urgency,finish_due,rule\n5,24h,r\n", "urgency 应为 0 到 3,收到 5"),
        ("topic_codes.csv", "topic,code,valid_from\n甲/乙,1,去年\n", "valid_from 应为日期(2026-11-09),收到 去年"),
        ("gazetteer.csv", "name,kind\n,road\n", "gazetteer.csv 第 2 行:缺少 name"),
    ],
)  # fmt: skip
def test_a_problem_names_table_line_and_column(tmp_path: Path, name: str, text: str, message: str) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    assert any(message in found for found in _messages(tmp_path)), _messages(tmp_path)


def test_a_file_that_is_no_table_is_a_problem_of_the_table(tmp_path: Path) -> None:
    (tmp_path / "areas.xlsx").write_bytes(b"PK\x03\x04 broken")
    (found,) = read_tables(tmp_path).problems
    assert (found.table, found.line) == ("areas.xlsx", None)


def test_an_absent_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SiteError, match="不存在"):
        read_tables(tmp_path / "没有")
