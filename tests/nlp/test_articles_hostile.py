from __future__ import annotations

import contextlib
from time import perf_counter

import pytest

from nlp.articles import clean_body, read_article
from nlp.errors import FileError


@pytest.mark.parametrize(
    "line",
    ["ab: c\r\n", "编辑:中心站站", "编辑/审核/", "编辑:张 审核 ", "charset= ", "<p a='x' ", "来 源:", "-", "&lt;p&gt;"],
)
@pytest.mark.parametrize("count", [22, 10_000])
def test_hostile_lines_take_no_time(line: str, count: int) -> None:
    text = line * count + "!"
    started = perf_counter()
    clean_body(text)
    with contextlib.suppress(FileError):
        read_article(text.encode(), "a.txt")
    assert perf_counter() - started < 2


def test_nested_blocks_of_one_name_take_no_time_each() -> None:
    rows = "".join(f"<p>第{n}段文字说明情况</p>" for n in range(10_000))
    page = f"<html><body><h1>施工说明在此</h1>{'<div class=content>' * 150}{rows}{'</div>' * 150}</body></html>"
    started = perf_counter()
    assert read_article(page.encode(), "a.html")["title"] == "施工说明在此"
    assert perf_counter() - started < 4  # measured: 0.2 s
