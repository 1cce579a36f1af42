"""What a district's own exports taught: deadlines, state words, acting offices, one matter under two names."""

from __future__ import annotations

import os
from datetime import datetime

import pytest
from sqlalchemy import select

from nlp.records import CHINA, ResidentRequest
from nlp.tables import write_rows
from serving.analysis import take_requests, triage_pending
from serving.importing.plan import Choices, plan_import
from serving.importing.run import Run, import_source
from serving.importing.step_texts import read_steps
from serving.importing.undated import find_fallback
from serving.importing.work_orders import read_work_order
from serving.store.schema import EventRow, PostRow, ReplyRow, RequestRow, TriageRow

ROW = {"工单编号": "YH-2026-0001", "诉求内容": "北门路灯坏了一周。", "来电时间": "2026-11-17 08:10"}
ASKED = {"id": "YH-1", "text": "北门路灯坏了一周。", "time": "2026-11-17 08:10"}


def at(day, hour=0, minute=0):
    return datetime(2026, 11, day, hour, minute, tzinfo=CHINA)


@pytest.fixture
def bring(state, tmp_path, site):
    """Write one table and import it alone; returns its report."""

    def call(name, *rows, **choices):
        folder = tmp_path / f"in-{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        write_rows(folder / name, rows)
        chosen = Choices(**choices)
        (source,) = plan_import((folder,), chosen, site=site).sources
        return import_source(source, Run(state, chosen))

    return call


@pytest.fixture
def rows(state):
    def call(table):
        with state.session() as session:
            found = list(session.scalars(select(table)))
            session.expunge_all()
            return found

    return call


def test_rows_without_a_time_count_in_the_latest_day_of_their_file(bring, rows) -> None:
    undated = {"工单编号": "YH-2026-0002", "诉求内容": "消防通道被堵。", "来电时间": ""}
    report = bring("热线.csv", undated, ROW)
    assert {r.external_id: (r.at, r.time) for r in rows(RequestRow)}["YH-2026-0002"] == (at(17, 8, 10), None)
    assert report.notes["没有时间,按文件里最晚的日期计"] == 1


def test_a_file_without_any_time_counts_on_the_day_it_was_changed(state, tmp_path, site, rows) -> None:
    write_rows(tmp_path / "热线.csv", [{"工单编号": "A", "诉求内容": "消防通道被堵。"}])
    os.utime(tmp_path / "热线.csv", (at(3).timestamp(), at(3).timestamp()))
    (source,) = plan_import((tmp_path / "热线.csv",), Choices(), site=site).sources
    assert import_source(source, Run(state, Choices())).notes["没有时间,按文件的修改日期计"] == 1
    assert rows(RequestRow)[0].at == at(3)


def test_a_sent_request_without_a_time_counts_now(state, rows) -> None:
    before = state.now()
    with state.session() as session, session.begin():
        take_requests(session, [ResidentRequest("1", "消防通道被堵。")], state=state)
    assert before <= rows(RequestRow)[0].at <= state.now()


def test_the_platforms_deadline_is_stored_and_filled_in_later(state, bring, rows) -> None:
    bring("热线.csv", ROW)
    with state.session() as session, session.begin():
        triage_pending(session, state=state)
    report = bring("热线.csv", {**ROW, "要求办结时间": "2026-11-24 18:00"})
    assert (report.known, rows(RequestRow)[0].due) == (1, at(24, 18))
    (triage,) = rows(TriageRow)
    assert (triage.due, triage.result["due_rule"], triage.current) == (at(24, 18), "platform", True)
    bring("热线.csv", {**ROW, "要求办结时间": "2026-11-30 18:00"})
    assert rows(RequestRow)[0].due == at(24, 18)


def test_a_term_in_the_column_of_the_deadline_is_noted() -> None:
    found = read_work_order({**ASKED, "due": "5个工作日"}, channel="hotline")
    assert (found.request.due, found.request.warnings) == (None, ())
    assert found.notes == ("要求办结的时间不是日期,按站点的时限表计",)


@pytest.mark.parametrize("word", ["已解决", "推进中", "已办结。", "否"])
def test_a_state_word_is_no_reply(word) -> None:
    found = read_work_order({**ASKED, "reply": word}, channel="hotline")
    assert (found.reply, found.events) == (None, ())
    assert found.notes == ("办理情况只有状态,没有答复内容",)


def test_a_short_answer_is_a_reply() -> None:
    assert read_work_order({**ASKED, "reply": "已转园林中心"}, channel="hotline").reply is not None


def test_a_reply_sheet_of_state_words_gives_no_replies(bring, rows) -> None:
    bring("热线.csv", ROW)
    report = bring("答复.csv", {"诉求编号": ROW["工单编号"], "答复内容": "处理中"}, channel="hotline")
    assert (rows(ReplyRow), dict(report.skipped)) == ([], {"办理情况只有状态,没有答复内容": 1})


def step(word, minute, actor, **more):
    time = f"2026-11-17 10:{minute:02}"
    return {"工单编号": ROW["工单编号"], "环节名称": word, "操作时间": time, "操作部门": actor, **more}


def test_the_acting_office_is_the_unit_of_a_step_but_not_of_a_dispatch(bring, rows) -> None:
    bring("热线.csv", ROW)
    report = bring("流转.csv", step("派单", 0, "区热线办"), step("签收", 5, "区住建局"), step("退回", 9, "区住建局"))
    assert (report.error_count, dict(report.skipped)) == (0, {"签收 等环节不改变状态": 1})
    said = {e.type: (e.unit, e.note) for e in rows(EventRow)}
    assert (said["dispatched"], said["returned"]) == (("", "区热线办"), ("区住建局", ""))


def test_a_dispatch_without_a_receiver_is_that_of_the_orders_row(bring, rows) -> None:
    bring("热线.csv", {**ROW, "派单时间": "2026-11-17 10:00", "承办单位": "区住建局"})
    bring("流转.csv", step("派单", 0, "区热线办"))
    assert [e.unit for e in rows(EventRow) if e.type == "dispatched"] == ["区住建局"]


def test_an_order_whose_channel_is_written_otherwise_is_the_same(bring, rows) -> None:
    bring("甲.csv", {**ROW, "受理渠道": "云湖APP"})
    told = {"办理结果": "11月18日已更换灯具。", "办结时间": "2026-11-18 17:00"}
    report = bring("乙.csv", {**ROW, "受理渠道": "12345热线", **told})
    assert (report.created, report.known, report.notes["渠道写法不同,按已有的一件处理"]) == (0, 1, 1)
    assert (len(rows(RequestRow)), len(rows(ReplyRow))) == (1, 1)


def test_a_number_that_stands_for_another_matter_on_another_channel_is_another(bring, rows) -> None:
    day = "2026-11-17"
    bring("甲.csv", {**ROW, "工单编号": "12", "来电时间": day, "受理渠道": "留言板"})
    bring("乙.csv", {"工单编号": "12", "诉求内容": "栏杆断了。", "来电时间": day, "受理渠道": "热线"})
    assert len(rows(RequestRow)) == 2


def test_a_post_of_one_account_title_and_day_is_one_and_gets_its_text(bring, rows) -> None:
    title = "铁桥小区暖气不热,工作人员上门测温"
    listed = {"内容标题": title, "发表时间": "20261120", "内容url": "https://mp.example.cn/s/a1"}
    bring("推文.csv", listed, account="云湖发布")
    page = {"推文标题": title, "发布时间": "2026-11-20 18:30", "正文": "11月19日起逐户测温。"}
    report = bring("推文.csv", page, account="云湖发布")
    assert (report.created, report.known, report.changed) == (0, 1, 1)
    (post,) = rows(PostRow)
    assert (post.body, post.external_id.startswith("http")) == ("11月19日起逐户测温。", True)
    assert bring("推文.csv", {**page, "发布时间": "2026-11-21 18:30"}, account="云湖发布").created == 1


def test_a_cell_with_dated_entries_gives_their_steps() -> None:
    cell = "1.2026-11-19 区住建局 退单;2.2026-11-20 改派 石桥街道;3.2026-11-20 石桥街道 签收"
    assert [(s.type, s.time, s.unit, s.note) for s in read_steps(cell)] == [
        ("returned", at(19), "区住建局", ""),
        ("dispatched", at(20), "石桥街道", "改派"),
    ]
    assert [s.time for s in read_steps("2026年11月19日 09:30区住建局退单")] == [at(19, 9, 30)]
    assert read_steps("非本单位职责,退单") == []


def test_the_history_of_an_order_becomes_steps_or_a_note() -> None:
    found = read_work_order({**ASKED, "history": "2026-11-19 区住建局 退单"}, channel="hotline")
    assert [e.type for e in found.events] == ["received", "returned"]
    found = read_work_order({**ASKED, "history": "来回退了两次"}, channel="hotline")
    assert (found.events, found.notes) == ((), ("退单、流转记录里认不出日期和环节,未记",))
    assert read_work_order({**ASKED, "history": "无"}, channel="hotline").notes == ()


def test_a_file_without_any_date_counts_at_the_latest_date_that_is_known(tmp_path) -> None:
    path = tmp_path / "台账.csv"
    path.write_text("x", "utf-8")
    known, now = datetime(2026, 11, 15, tzinfo=CHINA), datetime(2100, 1, 1, tzinfo=CHINA)
    assert find_fallback([], path, now=now, stored=known).at == known
    assert find_fallback([], path, now=now).at.year < 2100
