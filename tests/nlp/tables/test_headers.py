from __future__ import annotations

import pytest

from nlp.headers import EVENT, EVERY, FIELD_NAMES, POST, REQUEST, WORK_ORDER, match_headers, plain_header, shown_names


@pytest.mark.parametrize(
    "name", ["诉求内容（必填）", "*诉求内容", "诉求 内容", "诉求内容(限500字)", "诉求\n内容", "【诉求内容】"]
)
def test_a_column_name_is_known_with_what_offices_put_around_it(name: str) -> None:
    assert match_headers([name], REQUEST) == {0: "text"}


def test_an_exact_name_wins_over_one_with_brackets() -> None:
    assert match_headers(["诉求内容(摘要)", "诉求内容"], REQUEST) == {1: "text"}


def test_a_work_order_export_is_known_in_full() -> None:
    names = ["序号", "工单编号", "来电人", "来电号码", "受理时间", "受理渠道", "诉求标题", "诉求内容", "事发地址"]
    names += ["所属区域", "承办单位", "派单时间", "办理时限", "办结时间", "答复内容", "答复时间", "回访时间"]
    names += ["是否联系", "是否解决", "是否满意", "工单状态", "退单次数"]
    found = {field: names[i] for i, field in match_headers(names, WORK_ORDER).items()}
    assert set(names) - set(found.values()) == {"序号"}
    assert (found["phone"], found["name"], found["address"]) == ("来电号码", "来电人", "事发地址")
    assert (found["closed_time"], found["reply_time"]) == ("办结时间", "答复时间")


def test_the_time_of_closing_is_that_of_the_reply_where_nothing_else_says_it() -> None:
    assert match_headers(["工单编号", "办结时间"], WORK_ORDER) == {0: "id", 1: "reply_time"}


def test_no_two_fields_of_a_map_share_their_first_name() -> None:
    for fields in EVERY:
        first = [plain_header(known[0]) for known in fields.values()]
        assert len(first) == len(set(first))


def test_post_and_event_columns() -> None:
    assert match_headers(["图文标题", "作者", "链接", "发布时间"], POST) == {
        0: "title",
        1: "account",
        2: "id",
        3: "published",
    }
    assert match_headers(["诉求编号", "环节", "操作时间", "备注"], EVENT) == {
        0: "request",
        1: "type",
        2: "time",
        3: "note",
    }


def test_a_message_quotes_column_names_and_only_counts_what_may_be_somebodys_words() -> None:
    assert (
        shown_names(["工单编号", "张伟", None, "接单日期", "建国"]) == "工单编号、接单日期,另有 2 列不认识(第 2、5 列)"
    )
    assert shown_names(["诉求内容(李梅说的)"]) == "诉求内容"
    assert shown_names(["建国", "伊力哈木", "幸福里7-1103"]) == "有 3 列不认识(第 1、2、3 列)"
    assert shown_names(["13800000000的电话", "老王说他家已经三天没有人接电话"]) == "有 2 列不认识(第 1、2 列)"
    assert shown_names(["", None]) == "空"


def test_what_offices_call_the_columns_of_answers_places_and_steps() -> None:
    names = ["留言ID", "位置", "处置部门", "处置反馈", "网友评价", "来访日期", "应办结时间"]
    fields = ["id", "address", "unit", "reply", "satisfied", "time", "due"]
    assert match_headers(names, WORK_ORDER) == dict(enumerate(fields))
    steps = ["工单编号", "环节名称", "操作时间", "操作部门", "接收单位", "处理意见", "操作人"]
    assert list(match_headers(steps, EVENT).values()) == ["request", "type", "time", "unit", "actor", "note"]


def test_every_field_has_a_name_for_the_user() -> None:
    assert {field for fields in EVERY for field in fields} <= set(FIELD_NAMES)
