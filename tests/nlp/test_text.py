from itertools import pairwise

import pytest

from nlp.text import count_letters, has_chinese_or_latin, split_sentences


def _texts(text):
    return [s.text for s in split_sentences(text)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("停水三天了。何时来水？", ["停水三天了。", "何时来水？"]),
        ("第一行\n\n  第二行  \n", ["第一行", "第二行"]),
        ("请问：1、何时来水 2、有无补偿？", ["请问：", "1、何时来水", "2、有无补偿？"]),
        ("问题如下1、电梯坏2、漏水", ["问题如下", "1、电梯坏", "2、漏水"]),
        ("涨价，一是太贵，二是不公示。", ["涨价，", "一是太贵，", "二是不公示。"]),
        ("要求：(1) 退款 (2) 道歉", ["要求：", "(1) 退款", "(2) 道歉"]),
        ("诉求①修路②装灯", ["诉求", "①修路", "②装灯"]),
        ("他喊“快走！”然后停了…真的", ["他喊“快走！”", "然后停了…", "真的"]),
        ("说明如下，第一，没有公示，第二，没有通知", ["说明如下，", "第一，没有公示，", "第二，没有通知"]),
        ("住在3、4栋之间，涨了1.5元", ["住在3、4栋之间，涨了1.5元"]),
        ("是否属实，十一、十二月都停过", ["是否属实，十一、十二月都停过"]),
        ("", []),
        (" \n\u3000\n", []),
        ("。。。", ["。。。"]),
        ("no stop at all", ["no stop at all"]),
    ],
)
def test_sentences_end_where_a_reader_would_stop(text, wanted):
    assert _texts(text) == wanted


@pytest.mark.parametrize(
    "text", ["甲。乙！\n 丙；1、丁 2、戊", "１２３。ＡＢＣ？", "😀。😀😀！\r\n完", "长" * 10_000 + "。" + "句" * 10]
)
def test_spans_are_exact_stripped_and_in_order(text):
    spans = split_sentences(text)
    assert all(text[s.start : s.end] == s.text == s.text.strip() for s in spans)
    assert all(a.end <= b.start for a, b in pairwise(spans))


def test_letters_are_counted_by_script():
    count = count_letters("水费¥30，Ａbé，русский，تلفون，①½😀〇")
    assert (count.chinese, count.latin, count.other) == (3, 3, 12)


@pytest.mark.parametrize(
    ("text", "readable"),
    [
        ("停水", True),
        ("help", True),
        ("Ａ", True),
        ("😀123，。", False),
        ("", False),
        ("русский", False),
        ("①②", False),
    ],
)
def test_only_chinese_and_latin_letters_are_readable(text, readable):
    assert has_chinese_or_latin(text) is readable
