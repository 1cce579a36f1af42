"""A folder of spoilt exports: each is refused by name in plain words, the others are imported."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from sqlalchemy import text

from nlp.tables import write_rows
from serving.importing.plan import Choices, plan_import
from serving.importing.report import Outcome
from serving.importing.run import Run, import_source, note_refusal

GOOD = ("热线.csv", "留言板.xlsx", "扫码.jsonl")


@pytest.fixture(scope="module")
def spoilt():
    path = Path(__file__).parents[1] / "spoilt_files.py"
    spec = importlib.util.spec_from_file_location("spoilt_files", path)
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def test_spoilt_files_are_named_and_the_good_ones_imported(state, site, spoilt, tmp_path) -> None:
    expected = spoilt.write_spoilt(tmp_path)
    for name in GOOD:
        write_rows(tmp_path / name, [{"工单编号": f"{name}-1", "诉求内容": "楼道里堆着旧家具。"}])
    plan = plan_import((tmp_path,), Choices(), site=site)
    files = [import_source(s, Run(state, Choices())) for s in plan.sources]
    files += [note_refusal(r, state) for r in plan.refusals]
    assert len(expected) >= 20
    refused = {f.name: f.message for f in files if f.outcome is Outcome.refused}
    assert refused.keys() == {name for name, message in expected.items() if message}
    for name, message in refused.items():
        assert expected[name] in message
        assert "灯坏了" not in message
    assert all(f.created == 1 for f in files if f.name in GOOD)
    with state.engine.connect() as connection:
        stored = connection.scalar(text("SELECT count(*) FROM requests"))
    assert stored == sum(f.created for f in files) > len(GOOD)
