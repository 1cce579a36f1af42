"""What the README shows works as it stands there, in both languages."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from nlp.tables import write_rows

ROOT = Path(__file__).parents[2]
READMES = ("README.md", "README.zh-CN.md")
ROW = {"id": "1", "text": "三单元电梯困人了,物业电话没人接"}


def _blocks(name: str) -> list[str]:
    text = (ROOT / name).read_text("utf-8")
    return re.findall(r"```sh\n(.*?)```", text, flags=re.DOTALL)


def test_both_readmes_show_the_same_commands_and_stay_short() -> None:
    english, chinese = ([re.sub(r"\s*#.*", "", b) for b in _blocks(name)] for name in READMES)
    assert english == chinese
    assert all(len((ROOT / name).read_text("utf-8").splitlines()) <= 150 for name in READMES)


@pytest.mark.slow
def test_the_tour_runs(tmp_path: Path) -> None:
    (tmp_path / "datasets").symlink_to(ROOT / "datasets")
    write_rows(tmp_path / "pairs.xlsx", [{**ROW, "reply": "已更换制动器,11月10日恢复运行。"}])
    write_rows(tmp_path / "texts.csv", [ROW])
    block = next(b for b in _blocks("README.md") if "minsheng triage" in b).replace("\\\n", " ")
    commands = [shlex.split(line, comments=True) for line in block.splitlines()]
    assert len(commands) == 5
    for _, *arguments in commands:
        done = subprocess.run(
            [sys.executable, "-m", "serving", *arguments], cwd=tmp_path, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "report.json").read_text("utf-8"))["gaps"]


def test_the_body_of_the_curl_example_is_judged_as_shown(pipeline, site) -> None:
    from nlp.records import ResidentRequest

    block = next(b for b in _blocks("README.md") if "curl" in b)
    body = json.loads(re.search(r"-d '(.*)'", block)[1])  # type: ignore[index]
    (found,) = pipeline.triage([ResidentRequest.from_row(r) for r in body["requests"]], site=site)
    text = (ROOT / "README.md").read_text("utf-8")
    assert f'"urgency": {found.urgency}' in text
    assert f'"topic": "{found.topic}"' in text
    assert f'"due": "{found.due.isoformat()}"' in text
