from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from nlp.errors import SiteError
from nlp.records import CHINA
from nlp.site import Site
from nlp.taxonomy import Taxonomy


@pytest.fixture(scope="module")
def default() -> Site:
    return Site.load()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "areas.csv").write_text(
        "code,name,parent,level,aliases,households\nC,清河市,,city,,\nD,东岸区,C,district,东岸,\nS,柳巷街道,D,street,,900\n",
        "utf-8",
    )
    (tmp_path / "dispatch.csv").write_text(
        "topic,area,unit_code,unit,role,level,valid_from,valid_to\n"
        "环境保护/噪声污染,,1,市生态环境局,lead,,,\n"
        "环境保护/噪声污染,D,2,东岸区城管局,lead,,,\n"
        "环境保护/噪声污染,,3,已撤销的办公室,lead,,,2020-01-01\n",
        "utf-8",
    )
    return tmp_path


def test_the_default_names_a_lead_unit_for_every_topic(default: Site) -> None:
    assert all(default.departments(t)[0].role == "lead" for t in Taxonomy.load().names)


@pytest.mark.parametrize(
    ("urgency", "kind", "rule", "due"),
    [
        (1, "投诉", "ordinary-15wd", datetime(2019, 9, 6, 18, tzinfo=CHINA)),
        (1, "咨询", "consultation-5wd", datetime(2019, 8, 23, 18, tzinfo=CHINA)),
        (2, "投诉", "urgent-72h", datetime(2019, 8, 21, 14, 44, tzinfo=CHINA)),
        (3, "求助", "critical-24h", datetime(2019, 8, 19, 14, 44, tzinfo=CHINA)),
        (0, "表扬", None, None),
    ],
)
def test_due_follows_the_deadline_table(
    default: Site, urgency: int, kind: str, rule: str | None, due: datetime | None
) -> None:
    time = datetime(2019, 8, 18, 14, 44, tzinfo=CHINA)
    found = default.due(time, urgency=urgency, topic="城乡建设/物业管理", kind=kind)
    assert (found.rule, found.at) == (rule, due)


def test_working_days_skip_holidays_and_count_shifted_workdays(default: Site) -> None:
    before, after = datetime(2019, 9, 30, 9, tzinfo=CHINA), datetime(2019, 10, 12, 9, tzinfo=CHINA)
    assert default.working_days(before, after) == 5
    assert default.working_days(after, before) == 0


def test_a_year_without_holidays_warns(default: Site) -> None:
    assert "2031" in str(default.calendar_warning(datetime(2031, 1, 1, tzinfo=CHINA)))
    assert default.calendar_warning(datetime(2026, 1, 1, tzinfo=CHINA), None) is None


def test_an_areas_own_dispatch_wins_and_expired_rows_do_not_count(folder: Path) -> None:
    site = Site.load(folder)
    assert [d.unit for d in site.departments("环境保护/噪声污染", area="S")] == ["东岸区城管局"]
    assert [d.unit for d in site.departments("环境保护/噪声污染")] == ["市生态环境局"]


def test_area_of_finds_the_most_specific_name(folder: Path) -> None:
    site = Site.load(folder)
    assert site.area_of("清河市东岸区柳巷街道某小区") == "S"
    assert site.area_of("东岸那边") == "D"
    assert site.area_of("别处") is None
    assert site.ancestors("S") == ("S", "D", "C")


@pytest.mark.parametrize(
    ("table", "text", "message"),
    [
        ("areas.csv", "code,name,parent,level\nA,甲,,省\n", r"areas.csv 第 2 行.*level"),
        ("areas.csv", "code,name,parent,level\nA,甲,X,city\n", "上级 X"),
        ("deadlines.csv", "urgency,topic,kind,contact_due,finish_due,rule\n1,,,,三天,r\n", "finish_due 应为"),
        ("holidays.csv", "date,workday\n2026-13-01,0\n", "date 应为日期"),
        ("dispatch.csv", "topic,unit,role\n甲/乙,某局,主管\n", "role 应为"),
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, table: str, text: str, message: str) -> None:
    (tmp_path / table).write_text(text, "utf-8")
    with pytest.raises(SiteError, match=message):
        Site.load(tmp_path)


def test_only_five_errors_are_shown_and_all_are_counted(tmp_path: Path) -> None:
    (tmp_path / "holidays.csv").write_text("date,workday\n" + "2026-13-01,0\n" * 7, "utf-8")
    with pytest.raises(SiteError, match=r"第 6 行.*等共 7 处"):
        Site.load(tmp_path)


DISPATCH = "topic,area,unit_code,unit,role,level,valid_from,valid_to\n"


def test_a_community_without_a_lead_of_its_own_adds_to_the_lead_above(folder: Path) -> None:
    with (folder / "dispatch.csv").open("a", encoding="utf-8") as file:
        file.write("环境保护/噪声污染,S,9,柳巷街道办事处,协办,街道,,\n")
    site = Site.load(folder)
    found = [(d.unit, d.role) for d in site.departments("环境保护/噪声污染", area="S")]
    assert found == [("东岸区城管局", "lead"), ("柳巷街道办事处", "assist")]


@pytest.mark.parametrize(
    ("on", "unit"), [(date(2026, 9, 30), "城管局"), (date(2026, 10, 1), "执法局"), (None, "执法局")]
)
def test_the_unit_is_the_one_of_the_requests_day(tmp_path: Path, on: date | None, unit: str) -> None:
    rows = "城乡建设/违法建设,,1,城管局,lead,,,2026-09-30\n城乡建设/违法建设,,1,执法局,lead,,2026-10-01,\n"
    (tmp_path / "dispatch.csv").write_text(DISPATCH + rows, "utf-8")
    assert [d.unit for d in Site.load(tmp_path).departments("城乡建设/违法建设", on=on)] == [unit]


def test_topic_codes_are_those_in_force_on_the_day(tmp_path: Path) -> None:
    (tmp_path / "topic_codes.csv").write_text(
        "topic,code,standard,valid_from,valid_to\n"
        "城乡建设/违法建设,A07,v2,,2025-12-31\n城乡建设/违法建设,0107,v3,2026-01-01,\n城乡建设/违法建设,WG-7,网格,,\n",
        "utf-8",
    )
    site = Site.load(tmp_path)
    assert site.topic_codes("城乡建设/违法建设", on=date(2025, 6, 1)) == ("A07", "WG-7")
    assert site.topic_codes("城乡建设/违法建设") == ("0107", "WG-7")
    assert site.topic_codes("城乡建设/其他") == ()


def test_the_time_of_first_contact_comes_with_the_deadline(default: Site) -> None:
    friday = datetime(2026, 11, 13, 20, tzinfo=CHINA)
    found = default.due(friday, urgency=3, topic="城乡建设/物业管理", kind="求助")
    assert found.contact_at == datetime(2026, 11, 13, 22, tzinfo=CHINA)
    assert default.due(friday, urgency=1, topic="城乡建设/物业管理", kind="咨询").contact_at is None


def test_the_most_specific_area_is_a_place_inside_the_requests_own(folder: Path) -> None:
    site = Site.load(folder)
    assert site.most_specific("D", [None, "S"]) == "S"
    assert site.most_specific("S", ["C", "D"]) == "S"
    assert site.most_specific(None, [None, "D"]) == "D"
    assert site.most_specific(None, []) is None


def test_an_absent_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SiteError, match="不存在"):
        Site.load(tmp_path / "没有")
