import numpy as np
import pytest

from nlp.background import Background
from nlp.features import NgramVocabulary
from nlp.naming import MAX_TITLE, _usable, _with_place, choose_place, clean_title, name_issue
from nlp.records import ResidentRequest
from nlp.request_vectors import RequestContext, RequestVectors

BACKGROUND = Background(NgramVocabulary(np.empty(0, np.int64), np.empty(0, np.float32)), 1_000)
LIFT = [
    ("云栖里3栋电梯停运", "云栖里3栋的电梯停了五天，老人上不了楼。"),
    ("关于云栖里电梯停运的问题", "电梯停运多日，云栖里的住户每天爬楼。"),
    ("云栖里物业不管电梯", "云栖里电梯停运，物业说等配件。"),
]


def name(rows: list[tuple[str, str]], *, places: list[list[str]] | None = None):
    requests = [ResidentRequest(str(n), text, title) for n, (title, text) in enumerate(rows)]
    others = [ResidentRequest(f"x{n}", f"这是第{n}件别的事情", "别的") for n in range(5)]
    batch = RequestVectors.read([*requests, *others], [RequestContext()] * (len(rows) + 5), background=BACKGROUND)
    return name_issue(range(len(rows)), batch, places=[*(places or [[] for _ in rows]), *([] for _ in others)])


def test_title_holds_place_and_problem():
    found = name(LIFT, places=[["云栖里3栋"], ["云栖里"], ["云栖里"]])
    assert "云栖里" in found.title
    assert "电梯" in found.title
    assert found.place == "云栖里"


def test_place_stands_before_a_title_that_lacks_it():
    rows = [("电梯停运多日", "云栖里电梯停运多日，谁来管。"), ("电梯停运多日没人修", "云栖里电梯停运多日。")]
    assert name(rows, places=[["云栖里"], ["云栖里"]]).title.startswith("云栖里电梯停运")


def test_without_titles_a_clause_names_the_issue():
    rows = [("", "您好，云栖里的电梯停运五天了，请尽快修。"), ("", "喂，云栖里的电梯停运五天了，老人下不来。")]
    found = name(rows, places=[["云栖里"], ["云栖里"]])
    assert "电梯停运" in found.title


def test_keywords_are_words_of_the_issue():
    found = name(LIFT, places=[["云栖里"], ["云栖里"], ["云栖里"]])
    assert found.keywords[0] == "云栖里"
    assert "电梯" in found.keywords
    assert 3 <= len(found.keywords) <= 8


def test_representative_is_the_most_central_request():
    rows = [*LIFT, ("楼上漏水", "顺便说一句，楼上也在漏水，和这个没有关系。")]
    assert name(rows).representative != 3


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("关于云栖里电梯停运的问题", "云栖里电梯停运"),
        ("投诉柏翠园物业不作为！！！", "柏翠园物业不作为"),
        ("请问青枫路何时修好？", "青枫路何时修好"),
        ("", ""),
        ("😀", "😀"),
    ],
)
def test_titles_are_cleaned(title: str, expected: str):
    assert clean_title(title) == expected


def test_long_titles_end_at_a_clause_or_word():
    title = "云栖里三期地下车库入口长期积水严重，物业公司多次推脱责任不肯出面维修处理"
    assert clean_title(title) == "云栖里三期地下车库入口长期积水严重"
    assert len(clean_title("很长的标题没有标点" * 20)) <= MAX_TITLE


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ([], None),
        ([[]], None),
        ([["江北区", "云栖里"], ["云栖里"]], "云栖里"),
        ([["江北区"], ["江北区"]], "江北区"),
        ([["〔姓名〕家"], ["柏翠园"]], "柏翠园"),
        ([["云栖里3栋"], ["云栖里小区"], ["云栖里小区"], ["青枫路", "柏翠园"]], "云栖里小区"),
        ([["总是没有人管"], ["总是没有人管"], ["青枫路"]], "青枫路"),
    ],
)
def test_place_is_what_most_requests_name(places: list[list[str]], expected: str | None):
    assert choose_place(places) == expected


def test_a_title_with_personal_data_is_not_taken():
    rows = [("王小明13812345678电梯停运", "云栖里的电梯停运五天，请联系王小明13812345678。")] * 2
    found = name(rows, places=[["云栖里"], ["云栖里"]])
    assert "138" not in found.title
    assert "〔" not in found.title


def test_a_place_is_not_said_twice_and_nicknames_are_left_out() -> None:
    assert _with_place("杏花新村墙体渗水", "杏花新村8栋") == "杏花新村墙体渗水"
    assert _with_place("墙体渗水", "杏花新村8栋") == "杏花新村8栋墙体渗水"
    assert _usable("@物业小李 快来看看") == ""
