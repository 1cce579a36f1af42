"""One row of a work-order sheet becomes a request, its reply and its steps, and no time is invented."""

from __future__ import annotations

from datetime import datetime

import pytest

from nlp.errors import RowError
from nlp.records import CHINA
from serving.channels import channel_of, plain_channel
from serving.importing.answers import plain_phone, read_call_back
from serving.importing.work_orders import read_work_order

ORDER = {
    "id": "GD-1",
    "title": "路灯不亮",
    "text": "小区北门外三盏路灯坏了一周。",
    "time": "2026-11-02 08:10",
    "dispatched_time": "2026-11-02 09:00",
    "closed_time": "2026-11-05 17:00",
    "callback_time": "2026-11-06 10:00",
    "unit": "区城管局",
    "reply": "11月4日已更换灯具并恢复照明。",
    "satisfied": "基本满意",
    "phone": "139 1234 5678",
}


def at(day, hour, minute=0):
    return datetime(2026, 11, day, hour, minute, tzinfo=CHINA)


def steps(row):
    return [(e.type, e.time) for e in read_work_order({**ORDER, **row}, channel="hotline").events]


def test_a_work_order_gives_request_reply_and_steps() -> None:
    found = read_work_order(ORDER, channel="hotline")
    assert found.identity == ("hotline", "GD-1")
    assert found.request.user == "13912345678"
    assert found.reply is not None
    assert (found.reply.unit, found.reply.pair.reply_time) == ("区城管局", at(5, 17))
    assert [(e.type, e.time, e.unit) for e in found.events] == [
        ("received", at(2, 8, 10), ""),
        ("dispatched", at(2, 9), "区城管局"),
        ("closed", at(5, 17), "区城管局"),
        ("called_back", at(6, 10), ""),
    ]
    assert found.events[-1].satisfied is True
    assert found.notes == ()


def test_a_plain_request_has_no_steps() -> None:
    found = read_work_order({"id": "1", "text": "路灯坏了", "time": "2026-11-02"}, channel="")
    assert (found.events, found.reply, found.request.channel) == ((), None, "import")


def test_an_answer_without_a_time_of_its_own_is_put_at_the_closing() -> None:
    assert steps({"callback_time": None})[-1] == ("called_back", at(5, 17))
    assert ("called_back", at(5, 17)) not in steps({"callback_time": None, "satisfied": "未评价"})
    found = read_work_order({**ORDER, "callback_time": None, "closed_time": None}, channel="")
    assert "called_back" not in [e.type for e in found.events]
    assert "有回访结果而没有回访和办结时间,未记" in found.notes


def test_returns_without_a_time_are_counted_and_not_dated() -> None:
    found = read_work_order({**ORDER, "returned": 2}, channel="")
    assert "returned" not in [e.type for e in found.events]
    assert "有退单次数而没有退单时间,未记为退回" in found.notes
    assert ("returned", at(3, 9)) in steps({"returned": 2, "returned_time": "2026-11-03 09:00"})


def test_a_time_that_cannot_be_read_is_noted() -> None:
    found = read_work_order({**ORDER, "time": "11/2/2026 8:10", "reply_time": "昨天"}, channel="")
    assert (found.request.time, found.reply.pair.reply_time) == (None, None)
    assert [note.split(" ")[1] for note in found.notes] == ["time", "reply_time"]


def test_a_step_whose_time_is_no_date_is_left_out_and_counted() -> None:
    found = read_work_order({**ORDER, "dispatched_time": "当天"}, channel="")
    assert "dispatched" not in [e.type for e in found.events]
    assert found.notes == ("派单时间不是日期,未记这一步",)


def test_the_address_is_added_where_the_text_does_not_have_it() -> None:
    assert read_work_order({**ORDER, "address": "望江路 12 号"}, channel="").request.text.endswith(
        "\n地址:望江路 12 号"
    )
    same = {**ORDER, "address": "小区 北门外"}
    assert read_work_order(same, channel="").request.text == ORDER["text"]


def test_an_address_alone_is_no_request() -> None:
    with pytest.raises(RowError, match="没有内容"):
        read_work_order({"id": "1", "address": "幸福路8号"}, channel="")
    only_title = {"id": "1", "title": "路灯不亮", "address": "幸福路8号"}
    assert read_work_order(only_title, channel="").request.text == "地址:幸福路8号"


@pytest.mark.parametrize(
    "said", ["13912345678", "139-1234-5678", "GD13912345678", "LX20261113-13812345678", "330106199003078219"]
)
def test_an_id_that_is_a_persons_number_is_refused(said) -> None:
    with pytest.raises(RowError, match="请改用工单编号") as caught:
        read_work_order({**ORDER, "id": said}, channel="")
    assert said not in (caught.value.row_id or "")


@pytest.mark.parametrize(
    "said",
    [
        "LX20261109-0058",
        "20261109001234567",
        "330106202612281609",
        "0571-20260227",
        "a53c05916adb48a65e23b13912345678",
        "12345202609203015",
        "6885618332901401",
    ],
)
def test_an_order_number_of_many_digits_is_taken(said) -> None:
    assert read_work_order({**ORDER, "id": said}, channel="").request.id == said


def test_a_request_without_text_is_an_error_and_an_endless_reply_is_not() -> None:
    with pytest.raises(RowError):
        read_work_order({"id": "1", "phone": "13912345678"}, channel="")
    found = read_work_order({**ORDER, "reply": "好" * 20_001}, channel="")
    assert found.reply is None
    assert found.notes == ("答复过长或读不出来,未存",)


def test_an_id_from_content_is_the_same_each_time_and_another_for_another_text() -> None:
    row = {"text": "路灯坏了", "time": "2026-11-02"}
    entries = [
        read_work_order({**row, "time": time}, channel="", id_from_content=True)
        for time in ("2026/11/2", "2026-11-02T00:00:00", "2026-11-02 00:00")
    ]
    ids = {entry.request.id for entry in entries}
    assert all(entry.is_id_derived for entry in entries)
    other = read_work_order({**row, "text": "路灯又坏了"}, channel="", id_from_content=True).request.id
    assert len(ids) == 1
    assert other.startswith("c-")
    assert other not in ids
    with pytest.raises(RowError, match="编号"):
        read_work_order(row, channel="")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"satisfied": "非常满意"}, (None, None, True)),
        ({"satisfied": "不满意", "solved": "未解决", "contacted": "是"}, (True, False, False)),
        ({"satisfied": "一般", "solved": "部分解决"}, (None, None, None)),
        ({"satisfied": "无法接通"}, (False, None, None)),
        ({"satisfied": "未回访", "solved": True}, (None, True, None)),
        ({"satisfied": "已接通"}, (True, None, None)),
        ({"satisfied": "已解决"}, (None, True, None)),
        ({"satisfied": "已解决", "solved": "未解决"}, (None, False, None)),
        ({"satisfied": "无", "solved": "1", "contacted": "√"}, (True, True, None)),
        ({"satisfied": "是", "contacted": "无"}, (False, None, True)),
    ],
)
def test_words_of_a_call_back(said, expected) -> None:
    found = read_call_back(said)
    assert (found.contacted, found.solved, found.satisfied) == expected
    assert found.unknown == ()


def test_an_unknown_word_of_a_call_back_is_named() -> None:
    assert read_call_back({"satisfied": "还行吧"}).unknown == ("satisfied",)


@pytest.mark.parametrize("said", [1, "5", "3.5", "95%", "4分"])
def test_a_number_of_an_unknown_scale_is_no_answer(said) -> None:
    found = read_work_order({**ORDER, "satisfied": said}, channel="")
    assert found.events[-1].satisfied is None
    assert found.notes == ("满意度是数字,没有采用",)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("+86 139-1234-5678", "13912345678"),
        ("013912345678", "13912345678"),
        ("139123456780", "139123456780"),
        ("0571-85123456", "057185123456"),
        ("１３９１２３４５６７８", "13912345678"),
        ("139****5678", None),
        ("匿名", None),
        (None, None),
    ],
)
def test_a_phone_number_stands_for_one_person(said, expected) -> None:
    assert plain_phone(said) == expected


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("12345热线工单", "hotline"),
        ("领导留言板导出", "board"),
        ("扫码上报", "qr_form"),
        ("微信群", "wechat_group"),
        ("公众号私信", "account_inbox"),
        ("board", "board"),
        ("dashboard", None),
        ("十一月", None),
    ],
)
def test_a_name_speaks_of_a_channel(name, code) -> None:
    assert channel_of(name) == code


def test_a_sites_own_channel_code_stays() -> None:
    assert [plain_channel(v) for v in ("热线", "hotline-2", "网站")] == ["hotline", "hotline-2", "网站"]
