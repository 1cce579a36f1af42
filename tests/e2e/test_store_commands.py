"""`import`, `digest`, `migrate`, `worker` and `doctor` on a real database with the bundled model."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from nlp.tables import write_rows

SAMPLE = Path(__file__).parents[2] / "datasets" / "sample"
LIFT = {
    "id": "A-1",
    "title": "电梯困人",
    "text": "云湖雅苑2栋电梯又困人了,请拨13912345678联系王建国。",
    "time": "2026-11-09 08:30",
    "user": "u-77",
}


@pytest.fixture
def run(database_url, tmp_path):
    """Call a sub-command on a fresh database; returns what it said."""
    environment = {**os.environ, "MINSHENG_DATABASE_URL": database_url, "MINSHENG_DATA_DIR": str(tmp_path / "data")}

    def call(*arguments: object, expect: int = 0) -> str:
        command = [sys.executable, "-m", "serving", *map(str, arguments)]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert done.returncode == expect, done.stdout + done.stderr
        return done.stdout + done.stderr

    return call


def test_importing_twice_changes_nothing_and_keeps_only_masked_text(run, tmp_path, database_url) -> None:
    write_rows(tmp_path / "工单.xlsx", [LIFT, {"id": "A-2"}])
    assert "新存 1 行" in run("import", "工单.xlsx", "--channel", "hotline", "--errors", "错误.csv", expect=1)
    assert "没有内容" in (tmp_path / "错误.csv").read_text("utf-8-sig")
    assert "新存 0 行,已有 1 行" in run("import", "工单.xlsx", "--channel", "hotline", expect=1)
    with psycopg.connect(database_url) as connection:
        ((text, user, urgency),) = connection.execute(
            "SELECT text, user_hmac, urgency FROM requests JOIN triages ON request_id = requests.id"
        ).fetchall()
    assert "13912345678" not in text
    assert "王建国" not in text
    assert user != "u-77"
    assert urgency >= 2


def test_replies_posts_and_events_find_their_requests(run, tmp_path) -> None:
    write_rows(tmp_path / "r.jsonl", [LIFT])
    run("import", "r.jsonl")
    reply = {
        "request": "A-1",
        "unit": "区住建局",
        "reply": "11月10日已更换制动器,恢复运行。",
        "reply_time": "2026-11-10 20:00",
    }
    write_rows(tmp_path / "replies.csv", [reply, {**reply, "request": "没有"}])
    said = run("import", "replies.csv", "--kind", "replies", expect=1)
    assert "新存 1 行" in said
    assert "库里没有这个渠道和编号" in said
    write_rows(tmp_path / "events.jsonl", [{"request": "A-1", "type": "dispatched", "time": "2026-11-09 09:00"}])
    assert "新存 1 行" in run("import", "events.jsonl", "--kind", "events")
    write_rows(tmp_path / "posts.jsonl", [{"id": "p", "account": "某街道", "published": "2026-11-10", "title": "会议"}])
    assert "新存 1 行" in run("import", "posts.jsonl", "--kind", "posts")


def test_a_worker_analyses_what_was_only_stored(run, tmp_path, database_url) -> None:
    write_rows(tmp_path / "r.jsonl", [LIFT])
    run("import", "r.jsonl", "--no-analyse")
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT count(*) FROM triages").fetchone() == (0,)
        run("worker", "--once")
        assert connection.execute("SELECT count(*) FROM triages").fetchone() == (1,)


def test_the_digest_is_written_for_a_week(run, tmp_path) -> None:
    write_rows(tmp_path / "r.jsonl", [LIFT])
    run("import", "r.jsonl")
    run("digest", "--week", "2026-W46", "--html", "w.html", "--text", "w.txt")
    for name in ("w.html", "w.txt"):
        text = (tmp_path / name).read_text("utf-8")
        assert "电梯困人" in text
        assert "13912345678" not in text


def test_a_digest_without_requests_or_target_says_what_to_do(run) -> None:
    assert "--html" in run("digest", expect=2)
    assert "minsheng import" in run("digest", "--html", "w.html", expect=2)


def test_migrate_says_that_nothing_is_to_be_done(run) -> None:
    assert "已是最新" in run("migrate")


def test_doctor_finds_everything_and_no_network(run) -> None:
    said = run("doctor", "--offline")
    assert "没有访问外部网络" in said
    assert "全部合适" in said


def test_doctor_names_what_is_wrong(run, tmp_path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "areas.csv").write_text("code,name,parent,level\nA,甲,,省\n", "utf-8")
    assert "areas.csv 第 2 行" in run("doctor", "--site", "site", expect=1)


@pytest.mark.slow
def test_the_sample_in_files_gives_what_the_demo_shows(run) -> None:
    run("import", SAMPLE / "requests.jsonl", "--site", SAMPLE)
    for kind in ("replies", "events", "posts"):
        assert "有误 0 行" in run("import", SAMPLE / f"{kind}.jsonl", "--kind", kind, "--site", SAMPLE)


def test_sheets_of_events_may_speak_chinese_and_a_blank_reply_is_no_answer(run, tmp_path, database_url) -> None:
    write_rows(tmp_path / "r.jsonl", [LIFT])
    run("import", "r.jsonl", "--no-analyse")
    (tmp_path / "流转.csv").write_text(
        "诉求编号,环节,操作时间,承办单位,是否解决\nA-1 ,派单,2026-11-09 09:00,住建局 王建国13912345678,\n"
        "A-1,回访,2026-11-12 09:00,,否\n",
        "utf-8",
    )
    assert "新存 2 行" in run("import", "流转.csv", "--kind", "events")
    (tmp_path / "答复.csv").write_text("诉求编号,答复内容\nA-1,\n", "utf-8")
    assert "答复没有内容" in run("import", "答复.csv", "--kind", "replies", expect=1)
    with psycopg.connect(database_url) as connection:
        events = connection.execute("SELECT type, unit, solved FROM events ORDER BY time").fetchall()
        assert connection.execute("SELECT count(*) FROM replies").fetchone() == (0,)
    assert [(kind, solved) for kind, _, solved in events] == [("dispatched", None), ("called_back", False)]
    assert "13912345678" not in events[0][1]


def test_a_name_that_the_text_introduces_is_masked_in_the_title(run, tmp_path, database_url) -> None:
    row = {"id": "1", "title": "李建国家门口积水", "text": "我叫李建国,家门口一下雨就积水。"}
    write_rows(tmp_path / "r.jsonl", [row])
    run("import", "r.jsonl", "--no-analyse")
    with psycopg.connect(database_url) as connection:
        ((title, text),) = connection.execute("SELECT title, text FROM requests").fetchall()
    assert "李建国" not in title + text
    assert "积水" in title
