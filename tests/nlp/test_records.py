from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from nlp.errors import RowError
from nlp.records import CHINA, IssueBrief, Post, RepliedRequest, ResidentRequest, parse_time


def test_title_only_and_text_only_are_accepted() -> None:
    assert ResidentRequest.from_row({"id": 1, "title": "路灯不亮"}).full_text == "路灯不亮\n"
    assert ResidentRequest.from_row({"id": "2", "text": "路灯不亮"}).full_text == "\n路灯不亮"


@pytest.mark.parametrize("row", [{"id": "1"}, {"id": "1", "text": " ", "title": "\n"}, {"id": "1", "text": None}])
def test_no_text_and_no_title_is_an_error_row(row: dict) -> None:
    with pytest.raises(RowError, match="没有内容"):
        ResidentRequest.from_row(row)


@pytest.mark.parametrize("row_id", [None, "", "  ", [], {}, True])
def test_a_row_without_id_says_how_to_name_the_column(row_id: object) -> None:
    with pytest.raises(RowError, match="--map"):
        ResidentRequest.from_row({"id": row_id, "text": "路灯不亮"})


def test_over_20000_characters_is_refused_with_the_count() -> None:
    assert ResidentRequest.from_row({"id": "1", "text": "水" * 20_000})
    with pytest.raises(RowError, match="20,001"):
        ResidentRequest.from_row({"id": "1", "text": "水" * 20_001})


def test_control_characters_become_spaces_so_that_offsets_stay() -> None:
    sent = "停\x00水\x07了\r\n三天\x1b\r完"
    kept = ResidentRequest.from_row({"id": "1", "text": sent}).text
    assert kept == "停 水 了 \n三天 \n完"
    assert len(kept) == len(sent)


def test_a_date_that_is_none_becomes_a_warning() -> None:
    request = ResidentRequest.from_row({"id": "1", "text": "停水", "time": "昨天下午"})
    assert request.time is None
    assert "time 不是日期" in request.warnings[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2019/8/18 14:44", datetime(2019, 8, 18, 14, 44, tzinfo=CHINA)),
        ("2019/8/18 14:44:05", datetime(2019, 8, 18, 14, 44, 5, tzinfo=CHINA)),
        ("2026-11-09T08:30:00+08:00", datetime(2026, 11, 9, 8, 30, tzinfo=CHINA)),
        ("2026-11-09T00:30:00Z", datetime(2026, 11, 9, 8, 30, tzinfo=CHINA)),
        ("2026-11-09", datetime(2026, 11, 9, tzinfo=CHINA)),
        ("2026年11月9日8时30分", datetime(2026, 11, 9, 8, 30, tzinfo=CHINA)),
        ("2026.11.9", datetime(2026, 11, 9, tzinfo=CHINA)),
        ("2026年11月9日 上午8:30", datetime(2026, 11, 9, 8, 30, tzinfo=CHINA)),
        ("2026年11月9日 星期一 下午 3:05", datetime(2026, 11, 9, 15, 5, tzinfo=CHINA)),
        ("2026年11月9日 8时", datetime(2026, 11, 9, 8, tzinfo=CHINA)),
        ("2026-11-09 08:30:12.0", datetime(2026, 11, 9, 8, 30, 12, tzinfo=CHINA)),
        ("20261109083012", datetime(2026, 11, 9, 8, 30, 12, tzinfo=CHINA)),
        ("202611090830", datetime(2026, 11, 9, 8, 30, tzinfo=CHINA)),
        ("20261109", datetime(2026, 11, 9, tzinfo=CHINA)),
        ("２０２６／１１／９ ８：３０", datetime(2026, 11, 9, 8, 30, tzinfo=CHINA)),
        ("2026/11/9 凌晨12:10", datetime(2026, 11, 9, 0, 10, tzinfo=CHINA)),
        ("2026-11-09 24:00", datetime(2026, 11, 10, tzinfo=CHINA)),
        ("2026年12月31日 24时00分", datetime(2027, 1, 1, tzinfo=CHINA)),
        ("20261109240000", datetime(2026, 11, 10, tzinfo=CHINA)),
        ("2026-11-09 24:01", None),
        ("9999-12-31 24:00", None),
        ("2026-11-09 08.30", datetime(2026, 11, 9, 8, 30, tzinfo=CHINA)),
        ("2026.11.9 8.30.15", datetime(2026, 11, 9, 8, 30, 15, tzinfo=CHINA)),
        ("2026/11/9 晚上12:10", None),
        ("2026/11/9 晚上12:00", None),
        ("2026年11月9号上午", datetime(2026, 11, 9, tzinfo=CHINA)),
        ("2026-11-09 下午", datetime(2026, 11, 9, tzinfo=CHINA)),
        ("2026-11-09 25:10", None),
        ("11月9日", None),
        ("11/9/2026", None),
        ("2026-11-123", None),
        ("2026-02-30", None),
        ("2.01E+17", None),
        (43695.6, None),
        ("", None),
    ],
)
def test_times_are_read_as_offices_write_them(text: object, expected: datetime | None) -> None:
    assert parse_time(text) == expected  # type: ignore[arg-type]


def test_a_time_without_zone_is_shanghai_time() -> None:
    assert parse_time("2026-11-09 08:30").utcoffset() == timedelta(hours=8)  # type: ignore[union-attr]


def test_counts_that_are_no_numbers_become_zero() -> None:
    request = ResidentRequest.from_row({"id": "1", "text": "停水", "likes": "很多", "dislikes": "3.0"})
    assert (request.likes, request.dislikes) == (0, 3)


def test_a_reply_may_be_empty_and_keeps_both_warnings() -> None:
    row = {"id": "1", "text": "停水", "time": "?", "reply": None, "reply_time": "?"}
    assert len(RepliedRequest.from_row(row).warnings) == 2


def test_a_post_over_20000_characters_is_refused() -> None:
    assert Post.from_row({"id": "p1", "account": "柳桥街道", "body": "字" * 20_000}).id == "p1"
    with pytest.raises(RowError, match="20,001"):
        Post.from_row({"id": "p1", "account": "柳桥街道", "body": "字" * 20_001})


def test_issue_messages_may_come_as_a_json_cell() -> None:
    brief = IssueBrief.from_row({"issue": "i-1", "title": "停水", "messages": '[{"id": "a", "text": "没水"}]'})
    assert brief.messages[0].text == "没水"


def test_issue_requests_are_looked_up_by_id() -> None:
    known = {"a": ResidentRequest("a", "没水")}
    brief = IssueBrief.from_row({"issue": "i-1", "title": "停水", "requests": ["a", "b"]}, requests=known)
    assert [m.id for m in brief.messages] == ["a"]


@pytest.mark.parametrize("messages", [["路灯坏了"], [None], "[1]"])
def test_messages_that_are_no_objects_are_an_error_row(messages: object) -> None:
    with pytest.raises(RowError, match="对象的列表"):
        IssueBrief.from_row({"issue": "i-1", "title": "路灯", "messages": messages})


def test_a_deadline_is_read_like_a_time_and_a_day_ends_with_itself() -> None:
    row = {"id": "1", "text": "路灯坏了", "time": "2026-11-17 08:10"}
    due = ResidentRequest.from_row({**row, "due": "2026-11-20 17:30"}).due
    assert due == datetime(2026, 11, 20, 17, 30, tzinfo=CHINA)
    due = ResidentRequest.from_row({**row, "due": "2026-11-20"}).due
    assert due == datetime(2026, 11, 20, 23, 59, tzinfo=CHINA)
    for bad in ("尽快", "2026-11-01"):
        found = ResidentRequest.from_row({**row, "due": bad})
        assert (found.due, len(found.warnings)) == (None, 1)
