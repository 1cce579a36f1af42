"""`import` of folders and `imports`, on a real database with the bundled model."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import psycopg
import pytest
from openpyxl import load_workbook

from nlp.tables import write_rows

ROWS = 4_000
KILL_AFTER = 1_000
GIVE_UP_S = 120


@pytest.fixture
def environment(database_url, tmp_path):
    return {**os.environ, "MINSHENG_DATABASE_URL": database_url, "MINSHENG_DATA_DIR": str(tmp_path / "data")}


@pytest.fixture
def run(environment, tmp_path):
    """Call a sub-command on a fresh database; returns what it said."""

    def call(*arguments: object, expect: int = 0) -> str:
        command = [sys.executable, "-m", "serving", *map(str, arguments)]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert done.returncode == expect, done.stdout + done.stderr
        return done.stdout + done.stderr

    return call


@pytest.fixture
def folder(tmp_path):
    """A folder as an office would send it: orders, answers, steps, posts, a chat log, and what lies about."""
    found = tmp_path / "十一月"
    found.mkdir()
    order = {
        "工单编号": "GD-1",
        "诉求内容": "云湖雅苑2栋电梯困人,请联系王建国13912345678。",
        "来电时间": "2026-11-09 08:30",
    }
    other = {
        "工单编号": "GD-2",
        "诉求内容": "望江路路灯不亮。",
        "来电时间": "2026-11-09 09:30",
        "办结时间": "2026-11-10 09:00",
    }
    write_rows(found / "热线工单.xlsx", [order, other, {"工单编号": "GD-3"}])
    write_rows(found / "答复.csv", [{"诉求编号": "GD-1", "答复单位": "区住建局", "答复内容": "11月10日已更换制动器。"}])
    write_rows(found / "流转.csv", [{"诉求编号": "GD-1", "环节": "派单", "操作时间": "2026-11-09 09:00"}])
    write_rows(found / "推文.jsonl", [{"id": "p", "account": "某街道", "published": "2026-11-10", "title": "会议"}])
    (found / "旧.zip").write_bytes(b"PK")
    (found / ".DS_Store").write_bytes(b"")
    return found


def test_a_folder_is_imported_and_what_is_wrong_is_named(run, folder) -> None:
    said = run("import", "十一月", expect=1)
    assert "新存 5 行" in said
    assert "没有内容" in said
    assert "请解压后导入" in said
    assert "未导入的文件或工作表 1 个" in said
    said = run("import", "十一月", "--errors", "错误.csv", expect=1)
    assert "新存 0 行,已有 5 行" in said
    assert "已导入过" in said


def test_the_ledger_lists_what_was_imported(run, folder) -> None:
    assert "还没有导入过" in run("imports")
    run("import", folder / "答复.csv", folder / "推文.jsonl", "--no-analyse", expect=1)
    assert "答复.csv" in run("imports")
    rows = {row["name"]: row for row in map(json.loads, run("imports", "--json").splitlines())}
    assert (rows["推文.jsonl"]["state"], rows["推文.jsonl"]["progress"]["created"]) == ("done", 1)
    assert rows["答复.csv"]["progress"]["errors"] == 1


def test_the_ledger_joins_articles_and_says_how_many_are_left_out(run, tmp_path) -> None:
    pages = tmp_path / "云湖发布"
    pages.mkdir()
    for n in range(3):
        page = f"<html><head><title>第{n}号通知</title></head><body><p>今晚第{n}片区停水三小时。</p></body></html>"
        (pages / f"{n}.html").write_text(page, "utf-8")
    write_rows(tmp_path / "热线.csv", [{"工单编号": "GD-1", "诉求内容": "路灯不亮。"}])
    run("import", pages, "--account", "云湖发布", "--no-analyse")
    run("import", "热线.csv", "--no-analyse")
    said = run("imports")
    assert "(3 篇文章)" in said
    assert "更早的还有" not in said
    said = run("imports", "--limit", 1)
    assert "热线.csv" in said
    assert "更早的还有 3 次" in said


def test_an_export_is_not_written_over(run, folder) -> None:
    before = (folder / "答复.csv").read_bytes()
    assert "会覆盖它" in run("import", "十一月", "--dry-run", "--errors", "十一月/答复.csv", expect=2)
    assert (folder / "答复.csv").read_bytes() == before


def test_a_check_needs_no_database_and_is_not_imported_itself(run, folder, environment) -> None:
    environment["MINSHENG_DATABASE_URL"] = "postgresql://nobody@127.0.0.1:9/none"
    (folder / "旧.zip").unlink()
    said = run("import", "十一月", "--dry-run", expect=1)
    assert "没有入库" in said
    assert "可用 5 行,有误 1 行" in said
    book = load_workbook(folder.parent / "导入检查.xlsx")
    assert book.sheetnames == ["汇总", "有误的行", "跳过的行", "预览"]
    assert "可用 5 行" in run("import", ".", "--dry-run", expect=1)


def test_a_killed_import_goes_on_and_ends_as_a_straight_one(run, environment, database_url, tmp_path) -> None:
    order = {
        "诉求内容": "小区北门外三盏路灯坏了一周,请尽快派人。",
        "来电时间": "2026-11-02 08:10",
        "派单时间": "2026-11-02 09:00",
    }
    write_rows(tmp_path / "热线.csv", [{"工单编号": f"GD-{n}", **order} for n in range(ROWS)])
    command = [sys.executable, "-m", "serving", "import", "热线.csv", "--no-analyse"]
    process = subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.DEVNULL)
    with psycopg.connect(database_url, autocommit=True) as connection:
        give_up = time.monotonic() + GIVE_UP_S
        while _scalar(connection, "SELECT max(rows_done) FROM imports") < KILL_AFTER:
            assert process.poll() is None, "the import ended before it could be killed"
            assert time.monotonic() < give_up
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        done = _scalar(connection, "SELECT rows_done FROM imports")
        assert KILL_AFTER <= done < ROWS
        assert _scalar(connection, "SELECT count(*) FROM requests") == done
        said = run("import", "热线.csv", "--no-analyse")
        assert "接着导入完" in said
        assert f"新存 {ROWS} 行,已有 0 行" in said
        assert _scalar(connection, "SELECT count(*) FROM requests") == ROWS
        assert _scalar(connection, "SELECT count(*) FROM events") == 2 * ROWS
        assert connection.execute("SELECT state, created, known, errors FROM imports").fetchall() == [
            ("done", ROWS, 0, 0)
        ]
        waiting = connection.execute("SELECT task_name FROM procrastinate_jobs ORDER BY id").fetchall()
    assert waiting == [("analyse_pending",), ("regroup",)]


def _scalar(connection, query) -> int:
    (found,) = connection.execute(query).fetchone()
    return found or 0
