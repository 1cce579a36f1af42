"""What broken quotes, bytes and pages do to the rows around them: no row vanishes in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlp.errors import FileError
from nlp.tables import read_table

HEADER = "工单编号,诉求内容,来电时间\n"


def _csv(folder: Path, text: str) -> Path:
    (folder / "工单.csv").write_text(text, "utf-8")
    return folder / "工单.csv"


def test_an_open_quote_is_found_behind_another_odd_quote(tmp_path: Path) -> None:
    path = _csv(tmp_path, HEADER + 'A1,"他说"没人管,\nA2,"停水三天,2026-11-09\nA3,井盖丢了,2026-11-09\n')
    with pytest.raises(FileError, match="第 3 行起有一个引号"):
        read_table(path)


@pytest.mark.parametrize(
    "closing", ['A3,"井盖"丢了,2026-11-09', 'A3,他说"管一管,2026-11-09', 'A3,招牌宽5",2026-11-09', 'A3,招牌宽5"']
)
def test_a_row_that_took_in_others_by_an_odd_quote_is_refused(tmp_path: Path, closing: str) -> None:
    path = _csv(tmp_path, f'{HEADER}A1,"停水三天,2026-11-09\nA2,垃圾没清,2026-11-09\n{closing}\nA4,狗叫,2026-11-09\n')
    first, second = read_table(path)
    assert "第 3 到 4 行" in str(first.error)
    assert (second.line, second.values["id"], second.error) == (5, "A4", None)


@pytest.mark.parametrize(
    "row",
    [
        '1,"停水三天\n报过修,没人来,请处理\n谢谢",2026-11-09',
        '1,"反映两件事:\n1,停水\n2,路灯坏",2026-11-09',
        '1,"停水三天\n他说"没人管"请处理",2026-11-09',
        'A1,"他说""没人管"",\n真的,没人管",2026-11-09',
    ],
)
def test_honest_cells_of_several_lines_stay(tmp_path: Path, row: str) -> None:
    found = list(read_table(_csv(tmp_path, f"{HEADER}{row}\n2,狗叫,2026-11-09\n3,路灯坏,2026-11-09\n")))
    assert [r.error for r in found] == [None, None, None]


@pytest.mark.parametrize("spoil", [b"\xff", b"\xe7\x81", b""])
def test_utf8_with_a_bad_byte_is_not_read_as_another_encoding(tmp_path: Path, spoil: bytes) -> None:
    text = (HEADER + "1,小区门口的路灯坏了三个星期,\n2,停水,\n").encode()
    (tmp_path / "a.csv").write_bytes(text.replace("灯".encode(), spoil or "灯".encode()))
    if not spoil:
        assert len(list(read_table(tmp_path / "a.csv"))) == 2
        return
    with pytest.raises(FileError, match=f"第 {text.index('灯'.encode())} 字节处坏了"):
        read_table(tmp_path / "a.csv")


@pytest.mark.parametrize(("cut", "errors"), [("停水", [False, True]), ("</tr></table>", [False, True])])
def test_a_page_cut_off_in_a_row_refuses_that_row(tmp_path: Path, cut: str, errors: list[bool]) -> None:
    page = (
        "<html><table><tr><th>工单编号</th><th>诉求内容</th></tr><tr><td>1</td><td>灯坏了</td></tr>"
        "<tr><td>2</td><td>停水</td></tr></table></html>"
    )
    (tmp_path / "a.xls").write_text(page[: page.index(cut)], "utf-8")
    assert [r.error is not None for r in read_table(tmp_path / "a.xls")] == errors


def test_a_page_cut_off_between_rows_keeps_them_and_says_so(tmp_path: Path) -> None:
    page = "<table><tr><th>工单编号</th><th>诉求内容</th></tr><tr><td>1</td><td>灯坏了</td></tr>"
    (tmp_path / "a.xls").write_text(page, "utf-8")
    good, cut = read_table(tmp_path / "a.xls")
    assert (good.error, cut.line, dict(cut.values)) == (None, 3, {})
    assert "没有 </table>" in str(cut.error)
