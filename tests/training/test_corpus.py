from pathlib import Path

import numpy as np
import pytest

from nlp.errors import ConfigError
from training.corpus import fold_of, full_text, near_duplicate_groups, read_jsonl

TEXTS = [
    "银杏里三栋的电梯又停了,老人上不去楼",
    "银杏里五栋的电梯又停了,老人上不去楼",
    "文昌路的路灯坏了半个月",
    "请问老年证在哪里办理",
]


def test_near_duplicates_share_a_group() -> None:
    groups = near_duplicate_groups(TEXTS)
    assert groups[0] == groups[1]
    assert len(set(groups)) == 3


def test_named_twins_are_joined_whatever_they_say() -> None:
    groups = near_duplicate_groups(TEXTS, joined=[None, None, "g1", "g1"])
    assert groups[2] == groups[3] != groups[0]


def test_no_texts_give_no_groups() -> None:
    assert near_duplicate_groups([]) == []


def test_folds_keep_groups_whole_and_even() -> None:
    groups = [f"g{i // 3}" for i in range(300)]
    folds = fold_of(groups, 5, seed=1)
    assert all(len(set(folds[i : i + 3])) == 1 for i in range(0, 300, 3))
    assert np.bincount(folds).tolist() == [60] * 5
    assert (fold_of(groups, 5, seed=1) == folds).all()


def test_a_broken_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"id": "1"}\n\n{"id": \n', "utf-8")
    with pytest.raises(ConfigError, match=r"rows\.jsonl 第 3 行"):
        read_jsonl(path)


def test_full_text_tolerates_absent_fields() -> None:
    assert full_text({"title": None, "text": "内容"}) == "\n内容"
