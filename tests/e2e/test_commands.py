"""The analysis commands on the bundled model, called as a user calls them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from openpyxl import load_workbook

from nlp.tables import write_rows

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "datasets" / "sample"

LIFT = {
    "id": "1",
    "title": "电梯困人",
    "text": "云湖雅苑2栋电梯卡在七楼,里面困着一位老人,按铃没有人应。",
    "time": "2026-11-09 08:30",
}
BUS = {"id": "2", "text": "希望能在松山北路增设一个公交站,现在要走二十分钟。"}


def _run(*arguments: object, cwd: Path, expect: int = 0) -> str:
    command = [sys.executable, "-m", "serving", *map(str, arguments)]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    assert done.returncode == expect, done.stderr
    return done.stderr + done.stdout


def _jsonl(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_triage_gives_every_field_of_the_contract(tmp_path: Path) -> None:
    write_rows(tmp_path / "in.jsonl", [LIFT, BUS])
    _run("triage", "in.jsonl", "out.jsonl", cwd=tmp_path)
    lift, bus = _jsonl(tmp_path / "out.jsonl")
    assert set(lift) == {
        "id", "kind", "kind_score", "topic", "topic_score", "topic_codes", "topics", "needs", "labels", "urgency",
        "urgency_scores", "due", "due_rule", "handoff", "group", "places", "evidence", "department", "review", "model",
    }  # fmt: skip
    assert lift["urgency"] >= 2
    assert "ji" in lift["labels"]
    assert lift["due"] > "2026-11-09T08:30"
    assert bus["due"] is None
    assert len(bus["topics"]) >= 3
    text = f"{LIFT['title']}\n{LIFT['text']}"
    for span in lift["places"] + lift["evidence"]:
        assert span["text"] == text[span["start"] : span["end"]]


def test_bad_rows_stand_in_their_place_and_the_status_is_1(tmp_path: Path) -> None:
    lines = [
        json.dumps(LIFT),
        "{",
        json.dumps({"id": "3"}),
        json.dumps(LIFT),
        json.dumps({"id": "4", "text": "😀 123"}),
    ]
    lines += [json.dumps({"id": "5", "text": "水" * 20_001}), json.dumps({**BUS, "time": "昨天"})]
    (tmp_path / "in.jsonl").write_text("\n".join(lines), "utf-8")
    said = _run("triage", "in.jsonl", "out.jsonl", cwd=tmp_path, expect=1)
    rows = _jsonl(tmp_path / "out.jsonl")
    assert [r.get("line") for r in rows] == [None, 2, 3, 4, None, 6, None]
    assert [r["id"] for r in rows] == ["1", None, "3", "1", "4", "5", "2"]
    assert rows[4]["review"] is True
    assert "time" in rows[6]["warnings"][0]
    assert "有误 4 行" in said


def test_gb18030_csv_with_office_headers_becomes_a_workbook(tmp_path: Path) -> None:
    text = "工单编号,诉求标题,坐席记录,来电时间\n20261109000000000017,停水,三号楼停水两天,2026/11/9 8:30\n"
    (tmp_path / "导出.csv").write_bytes(text.encode("gb18030"))
    _run("triage", "导出.csv", "研判.xlsx", "--map", "坐席记录=text", cwd=tmp_path)
    sheet = load_workbook(tmp_path / "研判.xlsx").active
    assert sheet["A2"].value == "20261109000000000017"
    assert isinstance(json.loads(sheet["H2"].value), dict)


def test_teddy_scheme_answers_with_its_seven_names(tmp_path: Path) -> None:
    write_rows(tmp_path / "in.jsonl", [{"id": "1", "text": "出租车司机在火车站拒载,还不打表乱收费。"}])
    _run("triage", "in.jsonl", "out.jsonl", "--taxonomy", "teddy-7", cwd=tmp_path)
    assert _jsonl(tmp_path / "out.jsonl")[0]["topic"] == "交通运输"


def test_undecodable_bytes_refuse_the_file(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_bytes(b'{"id": "1", "text": "\xff\xff"}\n')
    assert "gb18030" in _run("triage", "in.jsonl", "out.jsonl", cwd=tmp_path, expect=2)
    assert not (tmp_path / "out.jsonl").exists()


def test_a_damaged_model_refuses_to_start(tmp_path: Path) -> None:
    write_rows(tmp_path / "in.jsonl", [BUS])
    (tmp_path / "model").mkdir()
    said = _run("triage", "in.jsonl", "out.jsonl", "--model", "model", cwd=tmp_path, expect=2)
    assert "manifest.json" in said


def test_wrong_use_is_explained_in_chinese(tmp_path: Path) -> None:
    assert "缺少参数" in _run("triage", cwd=tmp_path, expect=2)
    assert "没有命令" in _run("vote", cwd=tmp_path, expect=2)
    write_rows(tmp_path / "in.jsonl", [BUS])
    assert "相同" in _run("triage", "in.jsonl", "in.jsonl", cwd=tmp_path, expect=2)


COMMANDS = ("triage", "issues", "replies", "posts", "mask", "serve", "worker", "migrate", "import", "digest")


@pytest.mark.parametrize("command", [*COMMANDS, "train", "evaluate", "doctor"])
def test_help_of_each_command_shows_an_example(tmp_path: Path, command: str) -> None:
    said = _run(command, "--help", cwd=tmp_path)
    assert f"minsheng {command}" in said
    assert "例:" in said


@pytest.mark.slow
def test_issues_of_the_sample_are_written_hottest_first(tmp_path: Path) -> None:
    _run("issues", SAMPLE / "requests.jsonl", "out.jsonl", "--issues", "issues.jsonl", cwd=tmp_path)
    issues = _jsonl(tmp_path / "issues.jsonl")
    assert [i["heat"] for i in issues] == sorted((i["heat"] for i in issues), reverse=True)
    members = {r["id"]: r["issue"] for r in _jsonl(tmp_path / "out.jsonl")}
    assert all(members[r] == i["issue"] for i in issues for r in i["requests"])
    assert all(len(i["title"]) <= 24 for i in issues)


@pytest.mark.slow
def test_posts_with_requests_write_reviews_and_the_report(tmp_path: Path) -> None:
    arguments = ("--requests", SAMPLE / "requests.jsonl", "--site", SAMPLE, "--report", "report.json")
    _run("posts", SAMPLE / "posts.jsonl", "out.jsonl", *arguments, cwd=tmp_path)
    report = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert len(report["accounts"]) == 6
    assert report["gaps"]["gaps"]
    assert any(r["addresses"] for r in _jsonl(tmp_path / "out.jsonl"))


def test_replies_are_judged_with_spans_of_the_reply(tmp_path: Path) -> None:
    reply = (
        "经区住建局11月10日现场核查,2栋电梯为制动器故障,维保单位已更换,10日18时恢复运行,联系人张工,电话0717-6000000。"
    )
    write_rows(
        tmp_path / "in.jsonl", [{**LIFT, "reply": reply, "reply_time": "2026-11-10 20:00"}, {**BUS, "reply": ""}]
    )
    _run("replies", "in.jsonl", "out.jsonl", cwd=tmp_path)
    good, empty = _jsonl(tmp_path / "out.jsonl")
    assert good["overall"] > 3
    assert all(e["text"] == reply[e["start"] : e["end"]] for e in good["evidence"])
    assert (empty["assessable"], empty["overall"]) == (False, None)


def test_mask_hides_numbers_and_keeps_order_numbers(tmp_path: Path) -> None:
    text = "工单20261109000000017,联系13912345678,王师傅。"
    write_rows(tmp_path / "in.jsonl", [{"id": "1", "text": text}])
    _run("mask", "in.jsonl", "out.jsonl", cwd=tmp_path)
    (row,) = _jsonl(tmp_path / "out.jsonl")
    assert "13912345678" not in row["masked_text"]
    assert "20261109000000017" in row["masked_text"]
    assert {e["type"] for e in row["entities"]} == {"mobile", "name"}


def test_a_report_that_cannot_be_written_is_refused_before_the_work(tmp_path: Path) -> None:
    write_rows(tmp_path / "p.jsonl", [{"id": "1", "account": "某街道", "title": "会议"}])
    write_rows(tmp_path / "r.jsonl", [LIFT])
    for report in ("没有/r.json", "r.jsonl"):
        said = _run("posts", "p.jsonl", "o.jsonl", "--requests", "r.jsonl", "--report", report, cwd=tmp_path, expect=2)
        assert "Traceback" not in said
