from __future__ import annotations

import json

import numpy as np
import pytest

from nlp.replies import PART, TARGETS, ReplyScorer
from nlp.reply_features import feature_names
from training.replies import RepliesTask
from training.task import DataFolders, Example, TaskConfig

MATTERS = ("路灯不亮", "井盖松动", "垃圾没有清运", "楼道漏水", "公交太少", "树木遮挡", "路面坑洼", "围墙开裂")
GOOD = "经现场核实，{m}情况属实，区城管局已安排维修，预计{n}月底前完成，咨询电话0799-6620110。"
FAIR = "关于{m}的问题，我们将进一步加强管理，逐步改善{m}的情况。"
EMPTY = "您好，您反映的{m}问题已收悉并转相关部门处理，感谢您的关注。"


def _row(n: int, matter: str, kind: str) -> dict[str, object]:
    reply, overall, dimension, evasion = {
        "good": (GOOD, 5, 2, 0),
        "fair": (FAIR, 3, 1, 0),
        "empty": (EMPTY, 1, 0, 1),
    }[kind]
    judged = dict.fromkeys(("relevance", "completeness", "explained", "action", "resolved"), dimension)
    return {
        "id": f"{kind}{n}",
        "title": f"反映{matter}",
        "text": f"我们小区{matter}已经第{n}周了，请问何时处理？",
        "reply": reply.format(m=matter, n=n % 12 + 1),
        "time": "2019/4/1 9:00:00",
        "reply_time": "2019/4/9 10:00:00",
        **judged,
        "empathy": 1,
        "evasion": evasion,
        "downplay": 0,
        "overall": overall,
    }


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> DataFolders:
    folder = tmp_path_factory.mktemp("shared")
    rows = [_row(n, m, k) for n, m in enumerate(MATTERS * 2) for k in ("good", "fair", "empty")]
    for name, part in (("replies_gold_dev", rows[::4]), ("replies_silver", rows), ("board_replies", rows)):
        lines = (json.dumps({**r, "id": f"{name}-{r['id']}"}, ensure_ascii=False) for r in part)
        (folder / f"{name}.jsonl").write_text("\n".join(lines), "utf-8")
    return DataFolders(folder, folder)


@pytest.fixture(scope="module")
def examples(folders: DataFolders) -> list[Example]:
    return RepliesTask().load(folders)


def test_gold_and_silver_twins_share_a_group(examples: list[Example]) -> None:
    gold = [e for e in examples if e.source == "replies_gold_dev"]
    silver = {e.id.removeprefix("replies_silver-"): e.group for e in examples if e.source == "replies_silver"}
    assert gold
    assert all(silver[e.id.removeprefix("replies_gold_dev-")] == e.group for e in gold)


def test_rows_are_masked(folders: DataFolders) -> None:
    row = {**_row(1, "路灯不亮", "good"), "text": "我的电话13957420816，路灯不亮。"}
    path = folders.shared / "replies_gold_dev.jsonl"
    before = path.read_text("utf-8")
    path.write_text(json.dumps(row, ensure_ascii=False), "utf-8")
    try:
        found = RepliesTask().load(folders)[0]
    finally:
        path.write_text(before, "utf-8")
    assert "13957420816" not in found.row["text"]


def test_a_trained_part_ranks_answers_and_knows_evasion(folders: DataFolders, examples: list[Example]) -> None:
    task = RepliesTask()
    parts = task.train(examples, folders, TaskConfig(seed=1))
    answers = task.predict(parts, examples[:24])
    by_kind = {
        k: [a for e, a in zip(examples, answers, strict=False) if f"-{k}" in e.id] for k in ("good", "fair", "empty")
    }
    mean = {k: np.mean([a["overall"] for a in rows]) for k, rows in by_kind.items()}
    assert mean["good"] > mean["fair"] > mean["empty"]
    assert all(a["dimensions"]["evasion"] > 0.5 for a in by_kind["empty"])


def test_measures_never_lower_and_deferring_never_raises(folders: DataFolders, examples: list[Example]) -> None:
    part = RepliesTask().train(examples, folders, TaskConfig())[PART]
    names, overall = feature_names(), TARGETS.index("overall")
    for name in ("n_measure_done", "n_deadline", "n_unit", "n_finding", "cover"):
        assert part.arrays["dense"][overall, names.index(name)] >= 0
    for name in ("passes_on", "ends_deferring", "defers", "n_wait", "n_blame"):
        assert part.arrays["dense"][overall, names.index(name)] <= 0


def test_the_same_seed_gives_the_same_part(folders: DataFolders, examples: list[Example]) -> None:
    first, second = (RepliesTask().train(examples, folders, TaskConfig(seed=3))[PART] for _ in range(2))
    assert first.config == second.config
    assert all(np.array_equal(first.arrays[k], second.arrays[k]) for k in first.arrays)


def test_a_weight_of_zero_keeps_a_row_out(folders: DataFolders, examples: list[Example]) -> None:
    kept = [e for e in examples if "good" in e.id or "empty" in e.id]
    silenced = [Example(e.id, e.row, e.group, e.source, 0.0) for e in examples if "fair" in e.id]
    with_them = RepliesTask().train([*kept, *silenced], folders, TaskConfig())[PART]
    without = RepliesTask().train(kept, folders, TaskConfig())[PART]
    assert np.allclose(with_them.arrays["dense"], without.arrays["dense"])


def test_files_are_those_that_are_read(folders: DataFolders) -> None:
    assert all(p.is_file() for p in RepliesTask().files(folders))


def test_the_scorer_reads_what_training_wrote(folders: DataFolders, examples: list[Example]) -> None:
    scorer = ReplyScorer.from_parts(RepliesTask().train(examples, folders, TaskConfig()))
    assert scorer.dense.shape == (len(TARGETS), len(feature_names()))
