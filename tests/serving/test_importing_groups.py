from __future__ import annotations

from pathlib import Path

import pytest

from serving.importing.kinds import Kind
from serving.importing.plan import Source
from serving.importing.reading import group_of


def _group(stem: str) -> str:
    return group_of(Source(Path(f"{stem}.txt"), f"{stem}.txt", Kind.chat))


@pytest.mark.parametrize(
    "stem", ["澄江府(一期)业主群", "澄江府(二期)业主群", "业主群1", "业主群2", "澄江府3号楼", "7-11便利店群", "导出"]
)
def test_what_tells_groups_apart_stays(stem: str) -> None:
    assert _group(stem) == stem


@pytest.mark.parametrize(
    "stem",
    [
        "澄江府(一期)业主群 2026-11-09",
        "澄江府(一期)业主群_20261109",
        "澄江府(一期)业主群(2026年11月9日)",
        "澄江府(一期)业主群2026-11-01至2026-11-09",
        "澄江府(一期)业主群 11月1日-9日",
        "澄江府(一期)业主群2026年11月",
        "澄江府(一期)业主群_20261109_083015",
        "澄江府(一期)业主群(1)",
        "澄江府(一期)业主群（2）",
        "澄江府(一期)业主群 - 副本 (2)",
        "澄江府(一期)业主群聊天记录",
        "澄江府(一期)业主群的聊天记录导出2026.11.9",
        "与澄江府(一期)业主群的聊天记录",
        "2026-11-09 澄江府(一期)业主群消息记录",
    ],
)
def test_another_export_of_a_group_has_its_name(stem: str) -> None:
    assert _group(stem) == "澄江府(一期)业主群"
