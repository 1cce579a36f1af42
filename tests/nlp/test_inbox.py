from __future__ import annotations

import pytest

from nlp.headers import match_headers
from nlp.inbox import INBOX, inbox_requests
from nlp.records import RepliedRequest, ResidentRequest
from nlp.tables import TableRow

ACCOUNT = "梅园社区"


def _rows(*cells: dict[str, str]) -> list[TableRow]:
    return [TableRow(line, values) for line, values in enumerate(cells, start=2)]


def _message(minute: int, text: str, **more: str) -> dict[str, str]:
    return {"user": "果果妈", "time": f"2026-11-09 08:{minute:02d}:10", "text": text, **more}


def test_columns_of_both_exports_are_known() -> None:
    names = ["用户昵称", "OpenID", "消息内容", "消息时间", "是否回复", "回复内容", "消息类型"]
    assert list(match_headers(names, INBOX).values()) != []
    assert set(match_headers(names, INBOX).values()) == {"user", "open_id", "text", "time", "replied", "reply", "type"}
    names = ["文章标题", "昵称", "留言内容", "点赞数", "作者回复", "留言时间"]
    assert set(match_headers(names, INBOX).values()) == {"article", "user", "text", "likes", "reply", "time"}


def test_messages_of_one_person_in_a_short_time_are_one_request_even_newest_first() -> None:
    reading = inbox_requests(
        _rows(
            _message(50, "另外南门垃圾桶也满了没人清"),
            _message(12, "已经三天了,老人洗澡都没法洗"),
            _message(10, "锦汀苑3栋一直没热水"),
        ),
        account=ACCOUNT,
    )
    assert [r.row["text"] for r in reading.requests] == [
        "另外南门垃圾桶也满了没人清",
        "锦汀苑3栋一直没热水\n已经三天了,老人洗澡都没法洗",
    ]
    assert reading.requests[1].lines == (4, 3)
    assert all(r.row["id"].startswith("gzh-") and "果果" not in r.row["id"] for r in reading.requests)


@pytest.mark.parametrize(
    ("text", "kind"),
    [("1", ""), ("菜单", ""), ("【收到不支持的消息类型,暂无法显示】", ""), ("[图片]", "图片"), ("您好", ""),
     ("转人工", ""),
     ("", "关注事件"), ("谢谢", ""),
     ("早", ""), ("嗯哪嘛", "")],
)  # fmt: skip
def test_clicks_greetings_and_pictures_are_skipped_with_a_reason(text: str, kind: str) -> None:
    reading = inbox_requests(_rows(_message(10, text, type=kind)))
    assert not reading.requests
    assert reading.skipped[0][0] == 2
    assert reading.skipped[0][1]


@pytest.mark.parametrize(
    "reply",
    [
        "感谢您的关注!回复数字1查办事指南",
        "【自动回复】您好",
        "您好,您的留言已收到,我们会尽快回复您。",
        "客服不在线,请留言",
        "感谢您的关注!",
        "您好,欢迎关注本号,我们将为您推送办事资讯",
        "感谢您的关注,我们每天推送民生资讯。",
    ],
)
def test_automatic_replies_are_none(reply: str) -> None:
    (request,) = inbox_requests(_rows(_message(10, "南门路灯坏了三盏", reply=reply))).requests
    assert "reply" not in request.row


def test_a_human_reply_is_kept_with_time_and_account() -> None:
    cells = _message(10, "南门路灯坏了三盏", replied="是", reply="已报路灯所,周三前修好", reply_time="2026-11-09 15:00")
    (request,) = inbox_requests(_rows(cells), account=ACCOUNT).requests
    assert (request.row["reply"], request.row["unit"]) == ("已报路灯所,周三前修好", ACCOUNT)
    assert RepliedRequest.from_row(request.row).reply_time is not None


def test_a_reply_marked_as_not_sent_is_left_out() -> None:
    (request,) = inbox_requests(_rows(_message(10, "南门路灯坏了三盏", replied="未回复", reply="草稿"))).requests
    assert "reply" not in request.row


def test_outgoing_rows_answer_the_person() -> None:
    rows = _rows(
        _message(10, "南门路灯坏了三盏", direction="接收"),
        _message(11, "欢迎关注本公众号", direction="发送"),
        _message(40, "已报路灯所,周三前修好", direction="发送"),
    )
    reading = inbox_requests(rows, account=ACCOUNT)
    (request,) = reading.requests
    assert (request.row["reply"], request.reply_lines) == ("已报路灯所,周三前修好", (4,))
    assert [line for line, _ in reading.skipped] == [3]


def test_comments_keep_likes_and_the_article_where_they_need_it() -> None:
    reading = inbox_requests(
        _rows(
            _message(10, "写得真好,为家乡点赞", article="锦汀苑电梯更换说明", likes="3"),
            _message(11, "那5栋的什么时候换?", article="锦汀苑电梯更换说明", likes="17", reply="5栋排在下周"),
        ),
        account=ACCOUNT,
    )
    (request,) = reading.requests
    assert request.row["text"] == "「锦汀苑电梯更换说明」\n那5栋的什么时候换?"
    assert (request.row["likes"], request.row["reply"]) == (17, "5栋排在下周")
    assert reading.skipped == ((2, "对文章的评论,没有诉求内容"),)


def test_people_who_share_a_default_name_are_not_merged() -> None:
    rows = _rows(
        {**_message(10, "南门路灯坏了三盏"), "user": "微信用户"}, {**_message(11, "3栋停水一天了"), "user": "微信用户"}
    )
    reading = inbox_requests(rows)
    assert len(reading.requests) == 2
    assert all("user" not in r.row for r in reading.requests)


def test_the_open_id_tells_people_apart() -> None:
    rows = _rows(_message(10, "南门路灯坏了三盏", open_id="oA1"), _message(11, "3栋停水一天了", open_id="oB2"))
    assert [r.row["user"] for r in inbox_requests(rows).requests] == ["oA1", "oB2"]


def test_ids_survive_a_longer_export() -> None:
    old = _rows(_message(10, "南门路灯坏了三盏"), _message(11, "晚上全黑"))
    new = [*_rows(_message(50, "3栋停水一天了")), *(TableRow(r.line + 1, r.values) for r in old)]
    ids = {r.row["id"] for r in inbox_requests(old).requests}
    assert ids < {r.row["id"] for r in inbox_requests(new).requests}


def test_refused_rows_are_left_to_the_table_reader() -> None:
    reading = inbox_requests([TableRow(2, {}, error="坏行")])
    assert (reading.requests, reading.skipped) == ((), ())


def test_rows_pass_the_contract() -> None:
    for request in inbox_requests(_rows(_message(10, "3栋停水一天了", likes="x"))).requests:
        assert ResidentRequest.from_row(request.row).time is not None


_THANKS = "您好,感谢您的关注与支持!您说的路灯已转路灯所,三天内给您答复。"


def test_a_person_may_begin_with_thanks_for_following() -> None:
    cells = _message(10, "南门路灯坏了三盏", reply=_THANKS, reply_time="2026-11-09 15:00")
    (request,) = inbox_requests(_rows(cells), account=ACCOUNT).requests
    assert (request.row["reply"], request.row["unit"]) == (_THANKS, ACCOUNT)


def test_thanks_within_the_minute_or_many_times_are_automatic() -> None:
    at_once = _message(10, "南门路灯坏了三盏", reply=_THANKS, reply_time="2026-11-09 08:10:12")
    assert "reply" not in inbox_requests(_rows(at_once)).requests[0].row
    many = [{**_message(10 + n, "南门路灯坏了三盏", reply=_THANKS), "user": f"居民{n}"} for n in range(3)]
    assert not any("reply" in r.row for r in inbox_requests(_rows(*many)).requests)


def test_an_account_column_names_the_unit() -> None:
    cells = _message(10, "南门路灯坏了三盏", reply="已修好", account="柳湾发布")
    (request,) = inbox_requests(_rows(cells)).requests
    assert request.row["unit"] == "柳湾发布"
