"""`minsheng site`: templates and the check; a start with tables that do not fit."""

from __future__ import annotations

import logging

import pytest
import typer

from nlp.errors import SiteError
from nlp.site import TABLES, Site
from serving.commands.site import check_tables_of, print_problems, site, write_templates
from serving.settings import Settings
from serving.state import SAMPLE, open_site


def test_templates_are_the_shipped_tables_and_have_no_problem(tmp_path):
    write_templates(tmp_path / "city")
    assert {p.name for p in (tmp_path / "city").iterdir()} == {f"{t}.csv" for t in TABLES}
    assert all(p.read_bytes().startswith(b"\xef\xbb\xbf") for p in (tmp_path / "city").iterdir())
    assert check_tables_of(tmp_path / "city") == ()
    assert Site.load(tmp_path / "city").holidays == Site.load().holidays


def test_an_existing_table_is_overwritten_only_by_force(tmp_path):
    (tmp_path / "areas.csv").write_text("mine", "utf-8")
    with pytest.raises(SiteError, match=r"已有 areas\.csv"):
        write_templates(tmp_path)
    assert not (tmp_path / "dispatch.csv").exists()
    write_templates(tmp_path, force=True)
    assert "mine" not in (tmp_path / "areas.csv").read_text("utf-8")


def test_check_prints_errors_first_and_fails(tmp_path, capsys):
    (tmp_path / "gazetteer.csv").write_text("name,kind,area,aliases\n塘,river,,\n解放路,road,D7,\n", "utf-8")
    with pytest.raises(typer.Exit):
        site(tmp_path, check=True)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].strip().startswith("✗ gazetteer.csv 第 3 行")
    assert lines[1].strip().startswith("! gazetteer.csv 第 2 行")
    assert "错误 1 处" in lines[-1]
    assert "提醒 1 处" in lines[-1]


def test_the_sample_city_has_no_error(capsys):
    problems = check_tables_of(SAMPLE)
    print_problems(problems)
    assert not [p for p in problems if p.severity == "error"]
    assert "错误 0 处" in capsys.readouterr().out


def test_a_start_logs_warnings_and_refuses_errors(tmp_path, caplog):
    (tmp_path / "gazetteer.csv").write_text("name,kind,area,aliases\n塘,river,,\n", "utf-8")
    with caplog.at_level(logging.WARNING):
        open_site(Settings(data_dir=tmp_path, site=tmp_path))
    assert [r.table for r in caplog.records if r.message == "site table"] == ["gazetteer.csv"]
    (tmp_path / "topic_codes.csv").write_text("topic,code\n没有/此类,1\n", "utf-8")
    with pytest.raises(SiteError, match=r"topic_codes\.csv 第 2 行"):
        open_site(Settings(data_dir=tmp_path, site=tmp_path))
