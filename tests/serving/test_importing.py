"""Files into the store: every good row once, a killed import goes on, what is known is left as it is."""

from __future__ import annotations

from itertools import chain, islice

import pytest
from sqlalchemy import text

from nlp.errors import StoreError
from nlp.tables import write_rows
from serving.importing import run as running
from serving.importing.plan import Choices, plan_import
from serving.importing.report import Outcome
from serving.importing.run import Run, import_source, note_refusal
from serving.store.imports import Progress, advance_import, begin_import, list_imports

ORDER = {
    "工单编号": "GD-1",
    "诉求内容": "小区北门外三盏路灯坏了,请联系赵建国13912345678。",
    "来电时间": "2026-11-02 08:10",
    "来电号码": "13912345678",
    "来电人": "赵建国",
    "派单时间": "2026-11-02 09:00",
    "承办单位": "区城管局",
    "办理结果": "11月4日已更换灯具并恢复照明。",
    "办结时间": "2026-11-05 17:00",
    "满意度": "满意",
}


@pytest.fixture
def bring(state, tmp_path, site):
    """Import what is in the folder; returns the report of each file."""

    def call(*, again=False, **choices):
        chosen = Choices(**choices)
        plan = plan_import((tmp_path / "in",), chosen, site=site)
        run = Run(state, chosen, again=again)
        return [import_source(s, run) for s in plan.sources] + [note_refusal(r, state) for r in plan.refusals]

    (tmp_path / "in").mkdir()
    return call


@pytest.fixture
def put(tmp_path):
    return lambda name, *rows: write_rows(tmp_path / "in" / name, rows)


@pytest.fixture
def count(state):
    def call(table):
        with state.engine.connect() as connection:
            return connection.scalar(text(f"SELECT count(*) FROM {table}"))

    return call


def many(number, **row):
    return [{"工单编号": f"GD-{n}", "诉求内容": f"{n}号楼路灯坏了。", **row} for n in range(number)]


def test_a_work_order_is_stored_with_reply_and_steps_and_without_the_person(state, bring, put, count) -> None:
    put("热线.xlsx", ORDER)
    (report,) = bring()
    assert (report.created, report.channel, dict(report.notes)) == (1, "hotline", {"新存答复": 1, "新存流转": 4})
    assert (count("replies"), count("events")) == (1, 4)
    with state.engine.connect() as connection:
        whole = str(connection.execute(text("SELECT * FROM requests, replies, events")).all())
    assert "13912345678" not in whole
    assert "赵建国" not in whole


def test_next_weeks_export_of_a_known_order_adds_its_reply_and_steps(bring, put, count) -> None:
    early = {k: v for k, v in ORDER.items() if k not in ("办理结果", "办结时间", "满意度")}
    put("一.xlsx", early)
    bring()
    assert (count("replies"), count("events")) == (0, 2)
    put("二.xlsx", ORDER)
    reports = {r.name: r for r in bring()}
    assert reports["一.xlsx"].outcome is Outcome.passed
    assert (reports["二.xlsx"].created, reports["二.xlsx"].known) == (0, 1)
    assert (count("requests"), count("replies"), count("events")) == (1, 1, 4)


def test_reading_again_changes_nothing_and_says_what_changed(bring, put, count) -> None:
    put("工单.csv", *many(3))
    bring()
    assert [(r.created, r.known, r.changed) for r in bring(again=True)] == [(0, 3, 0)]
    put("工单.csv", *many(2), {"工单编号": "GD-2", "诉求内容": "改写过的内容"})
    assert [(r.created, r.known, r.changed) for r in bring()] == [(0, 3, 1)]
    assert count("requests") == 3


def test_a_done_file_is_passed_over_and_one_with_bad_rows_is_not(bring, put) -> None:
    put("好.csv", *many(2))
    put(
        "坏.csv", {"工单编号": "X", "诉求内容": "", "来电时间": "2026-11-02"}, {"工单编号": "Y", "诉求内容": "路灯坏了"}
    )
    bring()
    bad, good = bring()
    assert (good.outcome, good.known, good.imported_at is not None) == (Outcome.passed, 2, True)
    assert (bad.outcome, bad.created, bad.known, bad.error_count) == (Outcome.imported, 0, 1, 1)
    assert bad.errors[0].line == 2


def test_the_same_content_under_another_name_is_passed_over(bring, put) -> None:
    put("一.csv", *many(2))
    put("二.csv", *many(2))
    first, second = bring()
    assert (first.outcome, second.outcome) == (Outcome.imported, Outcome.passed)
    assert "一.csv" in second.message


def test_replies_and_steps_find_their_request_on_its_only_channel(bring, put, count) -> None:
    put("热线.csv", *many(2))
    put("1答复.csv", {"诉求编号": "GD-0", "答复内容": "已修好。"}, {"诉求编号": "没有", "答复内容": "已修好。"})
    put("2流转.csv", {"诉求编号": "GD-0", "环节": "派单", "操作时间": "2026-11-09 09:00"})
    _, replies, events = bring()
    assert (replies.created, replies.error_count, events.created) == (1, 1, 1)
    assert "库里没有" in replies.errors[0].message
    assert (count("replies"), count("events")) == (1, 1)


def test_an_id_on_two_channels_needs_a_channel(bring, put) -> None:
    put("热线.csv", *many(1))
    put("留言板.csv", *many(1))
    put("答复.csv", {"诉求编号": "GD-0", "答复内容": "已修好。"})
    report = bring()[-1]
    assert "board、hotline" in report.errors[0].message


def test_replies_whose_request_comes_later_are_tried_again(bring, put, count) -> None:
    put("答复.csv", {"诉求编号": "GD-0", "答复内容": "已修好。"})
    assert bring()[0].error_count == 1
    put("热线.csv", *many(1))
    assert [r.error_count for r in bring()] == [0, 0]
    assert count("replies") == 1


def test_an_interrupted_import_goes_on_after_its_last_batch(state, bring, put, count, monkeypatch) -> None:
    put("工单.csv", *many(1_200), {"工单编号": "GD-3", "诉求内容": "重复的编号"})
    whole = running.read_source
    monkeypatch.setattr(running, "read_source", lambda *a: chain(islice(whole(*a), 1_000), _stop()))
    with pytest.raises(KeyboardInterrupt):
        bring()
    assert count("requests") == 1_000
    monkeypatch.setattr(running, "read_source", whole)
    (report,) = bring()
    assert report.outcome is Outcome.continued
    assert (report.rows, report.created, report.known, report.error_count) == (1_201, 1_200, 0, 1)
    assert [e.line for e in report.errors] == [1_202]
    assert count("requests") == 1_200


def _stop():
    raise KeyboardInterrupt
    yield


def test_two_imports_of_one_file_do_not_both_count(state, bring, put) -> None:
    put("工单.csv", *many(1))
    bring()
    with state.session() as session:
        (record,) = list_imports(session, limit=9)
        key = running.ImportKey("0" * 64, "", record.kind, record.channel)
        mine = begin_import(session, key, name="另一个.csv", now=state.now(), fresh=True)
        advance_import(session, mine, Progress(rows=500), now=state.now())
        with pytest.raises(StoreError, match="另一个导入"):
            advance_import(session, mine, Progress(rows=500), now=state.now())


def test_a_refused_file_is_in_the_ledger_and_tried_again(state, bring, put, tmp_path) -> None:
    (tmp_path / "in" / "坏.xlsx").write_bytes(b"PK\x03\x04 cut off")
    (report,) = bring()
    assert report.outcome is Outcome.refused
    with state.session() as session:
        (record,) = list_imports(session, limit=9)
    assert (record.state, record.error) == ("refused", report.message)
    assert bring()[0].outcome is Outcome.refused


def test_posts_are_cleaned_and_take_the_account_that_is_named(state, bring, put, count) -> None:
    put("推文.xlsx", {"文章标题": "停水通知", "发布时间": "2026-11-09", "正文": "<p>今晚<b>停水</b>三小时</p>"})
    (report,) = bring()
    assert "--account" in report.errors[0].message
    assert bring(account="云湖发布")[0].created == 1
    assert bring(account="云湖发布")[0].outcome is Outcome.passed
    with state.engine.connect() as connection:
        account, body = connection.execute(text("SELECT account, body FROM posts")).one()
    assert (account, body) == ("云湖发布", "今晚停水三小时")


def test_a_chat_log_becomes_requests_of_the_group(state, bring, tmp_path, count) -> None:
    said = [
        ("老方", "五栋今天早上又停水了,物业电话没人接"),
        ("小顾", "我家三单元也没有水,孩子上学来不及"),
        ("老方", "什么时候来水"),
    ]
    log = "\n".join(f"2026-11-09 08:{n:02d}:00 {who}\n{words}\n" for n, (who, words) in enumerate(said))
    (tmp_path / "in" / "云湖苑业主群 聊天记录.txt").write_text(log, "utf-8")
    (report,) = bring()
    assert report.created >= 1
    assert report.channel == "wechat_group"
    stored = count("requests")
    (tmp_path / "in" / "云湖苑业主群 聊天记录 (2).txt").write_text(log + "\n", "utf-8")
    assert bring()[-1].created == 0
    assert count("requests") == stored


def test_an_inbox_becomes_requests_with_the_answers_of_the_account(bring, put, count) -> None:
    row = {
        "用户昵称": "木木",
        "OpenID": "o-1",
        "消息时间": "2026-11-09 08:30",
        "消息内容": "云湖路下水道又返水了,一楼都是臭味",
    }
    other = {**row, "OpenID": "o-2", "用户昵称": "阿青", "消息内容": "谢谢", "消息时间": "2026-11-09 10:30"}
    answer = {"回复内容": "您好,已请排水公司今天下午到场疏通。", "回复时间": "2026-11-09 11:00", "是否回复": "是"}
    put("公众号私信.xlsx", {**row, **answer}, {**other, "回复内容": "", "回复时间": "", "是否回复": "否"})
    (report,) = bring()
    assert (report.channel, report.created, report.skipped.total()) == ("account_inbox", 1, 1)
    assert (count("requests"), count("replies")) == (1, 1)
    assert bring()[0].outcome is Outcome.passed
