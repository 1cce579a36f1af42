from __future__ import annotations

import json
from pathlib import Path

import pytest

from nlp.errors import TaxonomyError
from nlp.taxonomy import Taxonomy


def test_the_bundled_tree_has_95_topics_under_16() -> None:
    taxonomy = Taxonomy.load()
    assert (len(taxonomy.names), len(taxonomy.level_1)) == (95, 16)
    assert "城乡建设/物业管理" in taxonomy


def test_an_unknown_label_is_named() -> None:
    with pytest.raises(TaxonomyError, match="城乡建设/飞船"):
        Taxonomy.load().check(["城乡建设/物业管理", "城乡建设/飞船"])


@pytest.mark.parametrize(
    "raw",
    [
        {"version": "1", "topics": [{"name": "只有一级", "code": "1"}]},
        {"version": "1", "topics": [{"name": "甲/乙", "code": "1"}, {"name": "甲/丙", "code": "1"}]},
        {"topics": 3},
        [],
    ],
)
def test_a_wrong_tree_is_refused(tmp_path: Path, raw: object) -> None:
    (tmp_path / "t.json").write_text(json.dumps(raw), "utf-8")
    with pytest.raises(TaxonomyError):
        Taxonomy.load(tmp_path / "t.json")
