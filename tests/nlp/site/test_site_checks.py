"""Whether the tables fit together."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from nlp.errors import SiteError
from nlp.site import Site, check_site
from nlp.taxonomy import Taxonomy

HEADERS = {
    "areas": "code,name,parent,level,aliases,households",
    "accounts": "id,name,owner,kind,areas,topics,opened,closed,merged_into,interaction",
    "dispatch": "topic,area,unit_code,unit,role,level,valid_from,valid_to",
    "deadlines": "urgency,topic,kind,contact_due,finish_due,rule",
    "holidays": "date,workday",
    "topic_codes": "topic,code,standard,valid_from,valid_to",
    "gazetteer": "name,kind,area,aliases",
}
AREAS = ("C,清河市,,city,,", "D1,东岸区,C,district,东岸,", "D2,西岸区,C,district,西岸,", "S1,柳巷街道,D1,street,,")
TOPIC = "城乡建设/物业管理"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    _write(tmp_path, "areas", *AREAS)
    return tmp_path


def _write(folder: Path, table: str, *rows: str) -> None:
    (folder / f"{table}.csv").write_text("\n".join((HEADERS[table], *rows)) + "\n", "utf-8")


def _problems(folder: Path, today: date | None = None) -> list[tuple[str, str]]:
    return [(p.severity, str(p)) for p in check_site(Site.read(folder), Taxonomy.load(), today=today)]


def test_the_shipped_tables_have_no_problem() -> None:
    assert check_site(Site.load(), Taxonomy.load(), today=date(2026, 11, 15)) == ()


@pytest.mark.parametrize(
    ("table", "rows", "message"),
    [
        ("areas", (*AREAS, "D1,别区,C,district,,"), "areas.csv 第 6 行:D1 与第 3 行重复"),
        ("areas", ("A,甲区,B,district,,", "B,乙街道,A,street,,"), "上级关系成了一个圈:A → B → A"),
        ("areas", ("A,甲社区,,community,,", "B,乙街道,A,street,,"), "areas.csv 第 3 行:B 的层级是 street,上级 A 却是"),
        ("areas", ("A,甲区,X,district,,",), "areas.csv 第 2 行:区域 A 的上级 X 不在表中"),
        ("accounts", (f"a,甲号,,district,D9,{TOPIC},,,,",), "accounts.csv 第 2 行:区域 D9 不在 areas.csv 中"),
        ("accounts", ("a,甲号,,district,东岸区,,,,,",), "区域 东岸区 应写编码 D1"),
        ("accounts", ("a,甲号,,district,D1,,2026-05-01,2025-05-01,,",), "开通日期 2026-05-01 晚于关停日期 2025-05-01"),
        ("accounts", ("a,甲号,,district,D1,,,,b,",), "并入的账号 b 不在表中"),
        ("accounts", ("a,甲号,,district,D1,,,,a,",), "账号不能并入自己"),
        ("accounts", ("a,甲号,,district,D1,,,,,", "a,乙号,,district,D1,,,,,"), "accounts.csv 第 3 行:a 与第 2 行重复"),
        ("accounts", ("a,甲号,,department,D1,城乡建设,,,,",), "应写到二级,如 城乡建设/物业管理"),
        ("dispatch", (f"{TOPIC},Z,,某局,lead,,,",), "dispatch.csv 第 2 行:区域 Z 不在"),
        ("dispatch", ("城乡建设/物业,,,某局,lead,,,",), "不在类别表 2026.11 中;是不是 城乡建设/物业管理?"),
        ("dispatch", (f"{TOPIC},,,某局,lead,,2026-10-01,2026-09-30",), "有效期止 2026-09-30 早于有效期起 2026-10-01"),
        ("dispatch", (f"{TOPIC},,,甲局,lead,,,", f"{TOPIC},,,乙局,lead,,,"), "第 3 行:城乡建设/物业管理 与第 2 行"),
        ("deadlines", ("1,城建,,,15wd,r",), "deadlines.csv 第 2 行:类别 城建 不在类别表"),
        ("topic_codes", ("没有/此类,0101,v3,,",), "topic_codes.csv 第 2 行:类别 没有/此类 不在类别表"),
        ("gazetteer", ("解放路,road,D7,",), "gazetteer.csv 第 2 行:区域 D7 不在"),
    ],
)  # fmt: skip
def test_an_error_names_its_table_and_line(folder: Path, table: str, rows: tuple[str, ...], message: str) -> None:
    _write(folder, table, *rows)
    found = _problems(folder)
    assert any(severity == "error" and message in text for severity, text in found), found


@pytest.mark.parametrize(
    ("table", "rows", "message"),
    [
        ("accounts", ("a,甲号,,晚报,D1,,,,,",), "kind 应为"),
        ("accounts", ("a,甲号,,,,,,,,",), "甲号 没有职责范围"),
        ("dispatch", (f"{TOPIC},,,某局,lead,,,",), "个类别没有通用的主办单位(area 留空、现行有效):城乡建设/房屋质量、"),
        ("dispatch", (f"{TOPIC},,,旧,lead,,,2026-09-30", f"{TOPIC},,,新,lead,,,"), "请给新的一行写上有效期起"),
        ("deadlines", ("3,,,,24h,a", "1,,咨询,,5wd,b"), "紧急程度 2(紧急（3天内）)没有通用的时限"),
        ("topic_codes", (f"{TOPIC},0101,v3,,", f"{TOPIC},0101,v3,,"), "topic_codes.csv 第 3 行"),
        ("gazetteer", ("塘,river,D1,",), "只有一个字"),
        ("gazetteer", ("柳巷小学,school,S1,小学",), "“小学”是普通词"),
        ("gazetteer", ("解放路,road,D1,", "解放路,road,D2,"), "gazetteer.csv 第 3 行:“解放路”指 D1、D2 几个区域"),
        ("holidays", ("2024-01-01,0", "2026-01-01,0"), "没有 2025 年的节假日"),
        ("holidays", ("2024-01-01,0",), "没有 2026 年的节假日"),
        ("holidays", (), "没有一行节假日"),
    ],
)  # fmt: skip
def test_a_warning_does_not_stop_a_start(folder: Path, table: str, rows: tuple[str, ...], message: str) -> None:
    _write(folder, table, *rows)
    found = _problems(folder, today=date(2026, 11, 15))
    assert any(severity == "warning" and message in text for severity, text in found), found
    assert all(severity == "warning" for severity, _ in found)
    Site.load(folder)


def test_leads_of_different_areas_and_times_do_not_clash(folder: Path) -> None:
    _write(
        folder,
        "dispatch",
        f"{TOPIC},,,甲局,lead,,,2026-09-30",
        f"{TOPIC},,,乙局,lead,,2026-10-01,",
        f"{TOPIC},D1,,东局,lead,,,",
        f"{TOPIC},D1,,丙局,assist,,,",
    )
    assert not [text for _, text in _problems(folder) if "两个主办" in text]


def test_a_name_of_an_area_and_of_one_inside_it_is_no_collision(folder: Path) -> None:
    _write(folder, "gazetteer", "柳巷,road,S1,", "柳巷,road,D1,")
    assert not [text for _, text in _problems(folder) if "几个区域" in text]


def test_loading_refuses_what_does_not_fit(folder: Path) -> None:
    _write(folder, "gazetteer", "解放路,road,D7,")
    with pytest.raises(SiteError, match=r"gazetteer.csv 第 2 行"):
        Site.load(folder)


def test_errors_come_before_warnings(folder: Path) -> None:
    _write(folder, "gazetteer", "塘,river,D1,", "解放路,road,D7,")
    assert [severity for severity, _ in _problems(folder)] == ["error", "warning"]
