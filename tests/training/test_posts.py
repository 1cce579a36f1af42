from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from nlp.posts import PART, PostScorer
from training.posts import PostsTask
from training.task import DataFolders, Example, TaskConfig

PLACES = ("松鹤苑", "枫桥里", "望江亭", "银杏湾", "听雨阁", "竹影轩")
PROBLEMS = ("电梯停运", "自来水发黄", "夜间施工", "垃圾堆积", "路面塌陷", "暖气不热")
GOOD = "{p}{q}什么时候解决？\n居民反映{p}{q}，经核实情况属实。区住建局要求{n}月15日前完成修复，目前还没有把握的是配件。"
BAD = "{p}情况\n{p}{q}属于个别现象，总体可控，我们将进一步加强管理，请大家不必担心。"
THEME = "文明实践走进社区\n志愿者在社区开展第{n}场活动，获得居民一致好评，现场气氛热烈。"


def _grades(good: bool) -> dict[str, float]:
    level = 2.0 if good else 0.0
    return {
        **dict.fromkeys(("focus", "concrete", "candour"), level),
        **dict.fromkeys(("evasion", "downplay"), 0.0 if good else 1.0),
        "overall": 5.0 if good else 1.0,
    }


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> DataFolders:
    folder = tmp_path_factory.mktemp("shared")
    pairs = list(enumerate(zip(PLACES, PROBLEMS, strict=True), 1))
    issues = [
        {
            "issue": f"D{n}",
            "title": f"{p}{q}",
            "messages": [{"id": f"{n}{i}", "title": f"{p}{q}", "text": f"{p}小区{q}{i}天了"} for i in (3, 9)],
        }
        for n, (p, q) in pairs
    ]
    posts = []
    for n, (p, q) in pairs:
        for name, text, good in (("g", GOOD, True), ("b", BAD, False), ("t", THEME, None)):
            title, _, body = text.format(p=p, q=q, n=n).partition("\n")
            addresses = [] if good is None else [{"issue": f"D{n}", **_grades(good)}]
            row = {"id": f"{name}{n}", "account": "某号", "published": "2020-05-01", "title": title, "body": body}
            posts.append({**row, "addresses": addresses})
    board = [
        {"title": f"咨询第{n}项社保", "text": f"请问医保缴费第{n}档怎么办理？", "reply": "请到窗口办理。"}
        for n in range(400)
    ]
    for name, rows in (("posts_gold_dev", posts), ("post_issues_dev", issues), ("board_replies", board)):
        (folder / f"{name}.jsonl").write_text("\n".join(json.dumps(r, ensure_ascii=False) for r in rows), "utf-8")
    return DataFolders(folder, folder)


@pytest.fixture(scope="module")
def examples(folders: DataFolders) -> list[Example]:
    return PostsTask().load(folders)


def test_trained_parts_match_and_grade(folders: DataFolders, examples: list[Example]) -> None:
    task = PostsTask()
    answers = task.predict(task.train(examples, folders, TaskConfig(seed=1)), examples)
    found = {a["id"]: a["addresses"] for a in answers}
    assert all(not found[f"t{n}"] for n in range(1, 7))
    hits = [n for n in range(1, 7) if [a["issue"] for a in found[f"g{n}"]] == [f"D{n}"]]
    assert len(hits) >= 5
    good = np.mean([found[f"g{n}"][0]["overall"] for n in hits])
    bad = [found[f"b{n}"][0]["overall"] for n in range(1, 7) if found[f"b{n}"]]
    assert bad
    assert good > np.mean(bad) + 1


def test_the_same_seed_gives_the_same_part(folders: DataFolders, examples: list[Example]) -> None:
    first, second = (PostsTask().train(examples, folders, TaskConfig(seed=3))[PART] for _ in range(2))
    assert first.config == second.config
    assert all(np.array_equal(first.arrays[k], second.arrays[k]) for k in first.arrays)


def test_files_are_those_that_are_read(folders: DataFolders) -> None:
    assert all(Path(p).is_file() for p in PostsTask().files(folders))


def test_the_scorer_reads_what_training_wrote(folders: DataFolders, examples: list[Example]) -> None:
    scorer = PostScorer.from_parts(PostsTask().train(examples, folders, TaskConfig()))
    assert 0 < scorer.matcher.threshold < 1
