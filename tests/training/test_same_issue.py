import csv
import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.ensemble import GradientBoostingClassifier

from nlp.heads import sigmoid
from nlp.same_issue import BACKGROUND_PART, FEATURES, PART, SameIssueModel
from training.same_issue import PAIRS, SameIssueOptions, SameIssueTask, chain_groups, fit_trees
from training.task import DataFolders, TaskConfig

PLACES = ["云栖里", "柏翠园", "青枫苑", "桐荫巷", "鹿鸣坊", "石桥村"]
MATTERS = {"电梯": "电梯停了好几天，老人上不了楼", "路灯": "路灯坏了半个月，晚上黑得看不见"}


def write(path: Path, rows: list[dict[str, object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), "utf-8")


@pytest.fixture
def folders(tmp_path: Path) -> DataFolders:
    board = [
        {
            "id": f"{place}{matter}{n}",
            "title": f"{place}{matter}问题",
            "text": f"{place}的{text}，第{n}次反映。",
            "user": f"u{n}",
        }
        for place in PLACES
        for matter, text in MATTERS.items()
        for n in range(3)
    ]
    by_id = {r["id"]: r for r in board}
    pairs = []
    for n, place in enumerate(PLACES):
        other = PLACES[n - 1]
        for right, votes in ((f"{place}电梯1", [2, 2]), (f"{other}电梯0", [1, 1]), (f"{place}路灯0", [1, 2])):
            pairs.append({"pid": f"p{len(pairs)}", "a": by_id[f"{place}电梯0"], "b": by_id[right], "same_votes": votes})
    shared, own = tmp_path / "shared", tmp_path / "own"
    write(shared / "board_messages.jsonl", board)
    write(shared / "board_replies.jsonl", [{"id": "r", "title": "停水", "text": "停水两天了。", "reply": "已转办。"}])
    write(shared / "issue_pairs_dev.jsonl", pairs)
    for name in ("requests_gold_dev", "requests_silver"):
        write(shared / f"{name}.jsonl", [{"id": board[0]["id"], "topic": "城乡建设/物业管理"}])
    field = [
        {
            "id": f"f{place}{matter}{n}",
            "issue": f"{place}-{matter}",
            "text": f"{text}啊{n}",
            "area": place,
            "topic": matter,
        }
        for place in ("南埠里", "河畔城")
        for matter, text in MATTERS.items()
        for n in range(2)
    ]
    write(own / "pairs" / "field_requests.jsonl", field)
    with (own / "pairs" / "board_pairs.csv").open("w", encoding="utf-8", newline="") as file:
        rows = [["a", "b", "same"], ["云栖里路灯0", "云栖里路灯1", 1], ["云栖里路灯0", "gone", 0]]
        csv.writer(file).writerows(rows)
    return DataFolders(shared, own)


def test_only_two_votes_of_same_count_as_same(folders: DataFolders):
    examples = [e for e in SameIssueTask().load(folders) if e.source == PAIRS]
    assert [e.row["same"] for e in examples[:3]] == [1, 0, 0]


def test_pairs_that_share_a_message_are_one_group(folders: DataFolders):
    examples = [e for e in SameIssueTask().load(folders) if e.source == PAIRS]
    assert len({e.group for e in examples}) == 1
    assert chain_groups([("a", "b"), ("c", "d"), ("b", "c"), ("x", "y")]) == ["a", "a", "a", "x"]


def test_own_pairs_of_unknown_messages_are_left_out(folders: DataFolders):
    sources = [e.source for e in SameIssueTask().load(folders)]
    assert sources.count("board_pairs") == 1
    assert sources.count("field_pairs") == 12


def test_trained_parts_tell_the_pairs_apart(folders: DataFolders):
    task = SameIssueTask()
    examples = task.load(folders)
    parts = task.train(examples, folders, TaskConfig(7, {"trees": 40, "min_leaf": 2, "easy_pairs": 20}))
    assert set(parts) == {PART, BACKGROUND_PART}
    found = task.predict(parts, examples)
    assert np.mean([p["same"] == e.row["same"] for p, e in zip(found, examples, strict=True)]) > 0.8
    assert SameIssueModel.from_parts(parts).link == SameIssueOptions().link


def test_training_twice_gives_the_same_bytes(folders: DataFolders):
    task = SameIssueTask()
    examples = task.load(folders)
    one, other = (task.train(examples, folders, TaskConfig(7, {"trees": 5, "min_leaf": 2})) for _ in range(2))
    assert one[PART].arrays["values"].tobytes() == other[PART].arrays["values"].tobytes()


def test_stored_trees_give_what_the_trainer_gives():
    draw = np.random.default_rng(3)
    rows = draw.random((300, len(FEATURES))).astype(np.float32).astype(float)
    truth = (rows[:, 0] + rows[:, 3] > 1).astype(float)
    options = SameIssueOptions(trees=20, depth=3, subsample=1.0, max_features_share=1.0)
    stored = fit_trees(rows, truth, weights=np.ones(300), options=options, seed=1)
    trainer = GradientBoostingClassifier(
        n_estimators=20,
        max_depth=3,
        learning_rate=options.learning_rate,
        max_features=1.0,
        min_samples_leaf=10,
        random_state=1,
    ).fit(rows, truth)
    assert sigmoid(stored.logits(rows)) == pytest.approx(trainer.predict_proba(rows)[:, 1], abs=1e-4)
