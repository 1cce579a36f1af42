"""Files into the store: every good row once, a killed import goes on, what is known is left as it is."""

from __future__ import annotations

import os
from collections import Counter
from contextlib import nullcontext
from itertools import chain, islice

import pytest
from openpyxl import Workbook
from sqlalchemy import text
from typer import Exit

from nlp.errors import StoreError
from nlp.tables import write_rows
from serving.commands import importing
from serving.commands.imported import show_report
from serving.importing import run as running
from serving.importing.kinds import Kind
from serving.importing.plan import Choices, plan_import
from serving.importing.report import ImportReport, Outcome, SourceReport
from serving.importing.run import Run, import_source, note_refusal
from serving.importing.work_orders import read_work_order
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


def test_a_reply_that_gets_its_time_later_stays_one(state, bring, put, count) -> None:
    undated = {k: v for k, v in ORDER.items() if k != "办结时间"}
    for week, row in enumerate((undated, ORDER, {**ORDER, "答复时间": "2026-11-05 16:00"}, ORDER)):
        put(f"{week}.xlsx", {**row, "备注": week})
        bring()
    assert count("replies") == 1
    with state.engine.connect() as connection:
        hour, days = connection.execute(
            text(
                "SELECT extract(hour FROM replies.time AT TIME ZONE 'Asia/Shanghai'), result['days_to_reply'] "
                "FROM replies JOIN reply_reviews ON reply_id = replies.id AND current"
            )
        ).one()
    assert (hour, days) == (16, 1.0)


def test_a_call_back_that_gets_its_time_and_answer_later_stays_one(state, bring, put) -> None:
    weeks = [{}, {"回访时间": "2026-11-06 09:00", "是否解决": "是"}, {"是否解决": "是"}]
    for week, more in enumerate(weeks):
        put(f"{week}.xlsx", {**ORDER, **more})
        bring()
    with state.engine.connect() as connection:
        rows = connection.execute(
            text("SELECT extract(day FROM time), solved, satisfied FROM events WHERE type = 'called_back'")
        ).all()
    assert rows == [(6, True, True)]


def test_a_unit_that_changes_at_the_same_times_is_no_second_dispatch(state, bring, put, count) -> None:
    for week, unit in enumerate(("", "区城管局", "区住建局")):
        put(f"{week}.xlsx", {**ORDER, "承办单位": unit})
        report = bring()[-1]
    assert report.notes["回访结果或单位与已存的不同,未改"] == 2
    with state.engine.connect() as connection:
        units = connection.scalars(text("SELECT unit FROM events WHERE type IN ('dispatched', 'closed')")).all()
    assert units == ["区城管局", "区城管局"]


def test_an_id_from_content_is_stored_as_a_keyed_hash(state, bring, put) -> None:
    row = {"诉求内容": "路灯坏了,请回电13912345678", "来电时间": "2026-11-02 08:10"}
    put("热线.xlsx", row)
    assert bring(id_from_content=True)[0].created == 1
    put("热线.csv", row)
    again = bring(id_from_content=True)[0]
    assert (again.created, again.known) == (0, 1)
    plain = read_work_order(
        {"text": row["诉求内容"], "time": row["来电时间"]}, channel="hotline", id_from_content=True
    ).request.id
    with state.engine.connect() as connection:
        stored = connection.scalar(text("SELECT external_id FROM requests"))
    assert stored.startswith("c-")
    assert stored != plain


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
    put("留言板.csv", *many(1, 诉求内容="河边的栏杆断了。"))
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
    put("工单.csv", *many(1_200, 来电时间="2026-11-02 08:10"), {"工单编号": "GD-3", "诉求内容": "重复的编号"})
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


def test_other_choices_are_another_import(bring, put) -> None:
    put("工单.csv", {"编号": "A", "事由": "路灯坏了三天", "诉求内容": "见事由"})
    bring()
    (again,) = bring(column_map={"事由": "text"})
    assert (again.outcome, again.known, again.changed) == (Outcome.imported, 1, 1)
    put("二.csv", {"编号": "B", "诉求内容": "路灯又坏了", "别的": "甲"})
    assert bring(column_map={"别的": "title"})[1].outcome is Outcome.passed
    assert bring(column_map={"事由": "text"})[1].outcome is Outcome.passed


def test_an_interrupted_import_with_other_choices_begins_anew(state, bring, put, monkeypatch) -> None:
    put("工单.csv", *many(1_200, 事由="见内容", 来电时间="2026-11-02 08:10"))
    whole = running.read_source
    monkeypatch.setattr(running, "read_source", lambda *a: chain(islice(whole(*a), 1_000), _stop()))
    with pytest.raises(KeyboardInterrupt):
        bring()
    monkeypatch.setattr(running, "read_source", whole)
    (report,) = bring(column_map={"事由": "title"})
    assert (report.outcome, report.created, report.known, report.changed) == (Outcome.imported, 200, 1_000, 1_000)
    with state.session() as session:
        assert [r.state for r in list_imports(session, limit=9)] == ["done"]


def test_the_same_content_without_ids_on_another_channel_is_said(bring, put, tmp_path) -> None:
    put("热线.csv", {"诉求内容": "路灯坏了。", "来电时间": "2026-11-02 08:10"})
    bring(id_from_content=True)
    (tmp_path / "in" / "热线.csv").rename(tmp_path / "in" / "十一月.csv")
    (report,) = bring(id_from_content=True)
    assert "渠道是 热线" in report.message
    assert "--channel hotline" in report.message
    assert bring(channel="hotline", id_from_content=True)[0].outcome is Outcome.passed


def test_the_ledger_holds_no_personal_data_of_a_sheets_name(state, bring, put, tmp_path) -> None:
    book = Workbook()
    book.active.title = "王小明13912345678"
    book.active.append(["工单编号", "诉求内容"])
    book.active.append(["GD-1", "路灯坏了"])
    book.save(tmp_path / "in" / "热线.xlsx")
    assert bring()[0].created == 1
    assert bring()[0].outcome is Outcome.passed
    with state.session() as session:
        (record,) = list_imports(session, limit=9)
    assert "13912345678" not in record.sheet
    assert record.sheet.endswith("#1")


def test_a_file_that_cannot_be_read_is_refused_and_the_others_imported(state, bring, put, tmp_path, site) -> None:
    put("热线.csv", *many(1))
    (tmp_path / "in" / "文章.html").write_text("<p>停水通知</p>", "utf-8")
    plan = plan_import((tmp_path / "in",), Choices(), site=site)
    (tmp_path / "in" / "文章.html").unlink()
    orders, article = [import_source(s, Run(state, Choices())) for s in plan.sources]
    assert (orders.created, article.outcome) == (1, Outcome.refused)
    assert "文件不在了" in article.message


def test_a_pipe_is_refused_and_not_waited_for(bring, tmp_path) -> None:
    os.mkfifo(tmp_path / "in" / "管道.csv")
    (report,) = bring()
    assert "不是普通文件" in report.message


def test_a_file_that_another_import_holds_is_refused_and_the_others_imported(bring, put, monkeypatch) -> None:
    put("1.csv", *many(1))
    put("2.csv", {"工单编号": "别的", "诉求内容": "井盖松动。"})
    moved = running.advance_import

    def advance(session, record, done, *, now):
        if record.name == "1.csv":
            raise StoreError("同一个文件正由另一个导入处理")
        return moved(session, record, done, now=now)

    monkeypatch.setattr(running, "advance_import", advance)
    first, second = bring()
    assert (first.outcome, first.created, second.created) == (Outcome.refused, 0, 1)
    assert "另一个导入" in first.message


def test_posts_are_imported_though_the_analysis_left_something(
    state, put, count, tmp_path, monkeypatch, capsys
) -> None:
    def leave_some(*_):
        raise StoreError("还有 1 条没有研判完")

    (tmp_path / "in").mkdir()
    put("热线.csv", *many(1))
    put("推文.csv", {"公众号": "云湖发布", "文章标题": "停水通知", "发布时间": "2026-11-09", "正文": "今晚停水"})
    (tmp_path / "in" / "旧.zip").write_bytes(b"PK")
    monkeypatch.setattr(importing, "open_state", lambda settings: nullcontext(state))
    monkeypatch.setattr(importing, "work_off_queue", leave_some)
    with pytest.raises(Exit) as ended:
        importing.import_files([tmp_path / "in"], errors_file=tmp_path / "错误.csv", quiet=True)
    assert ended.value.exit_code == 1
    assert (count("requests"), count("posts")) == (1, 1)
    assert "还有 1 条没有研判完" in capsys.readouterr().err
    assert "旧.zip" in (tmp_path / "错误.csv").read_text("utf-8-sig")


def test_what_several_chat_logs_skipped_is_one_remark(capsys) -> None:
    logs = [SourceReport(f"{n}.txt", kind=Kind.chat, skipped=Counter({"闲聊": n, "广告": 1})) for n in (2, 3)]
    show_report(ImportReport(tuple(logs)), errors_file=None, dry_run=False)
    assert capsys.readouterr().err.count("跳过 闲聊 5、广告 2") == 1
