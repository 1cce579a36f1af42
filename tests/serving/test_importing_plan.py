"""What an import will read: kinds told by the columns, channels by the names, refusals with what to do."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from openpyxl import Workbook

from nlp.errors import FileError, InputError
from nlp.tables import write_rows
from serving.importing.files import MAX_TABLE, MAX_TEXT
from serving.importing.kinds import Kind, tell_kind
from serving.importing.plan import Choices, plan_import

CHAT = "\n".join(
    f"2026-11-09 08:{n:02d}:00 {who}\n{said}\n"
    for n, (who, said) in enumerate([("老方", "五栋停水了"), ("小顾", "我家也没水"), ("老方", "什么时候来")])
)


@pytest.fixture
def plan(tmp_path, site):
    def call(*paths, **choices):
        return plan_import(paths or (tmp_path,), Choices(**choices), site=site)

    return call


def write(path, *headers, **row):
    path.parent.mkdir(parents=True, exist_ok=True)
    write_rows(path, [row or dict.fromkeys(headers, "甲")])


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ("工单编号 来电时间 诉求内容", Kind.requests),
        ("序号 工单编号 来电号码 受理时间 诉求标题 诉求内容 承办单位 办理结果 办结时间 满意度", Kind.requests),
        ("诉求编号 答复单位 答复内容 答复时间", Kind.replies),
        ("工单编号 环节 操作时间 操作单位 备注", Kind.events),
        ("工单编号 环节名称 操作时间 操作部门 操作人 处理意见", Kind.events),
        ("工单编号 处理部门 处理意见 办理时间", Kind.replies),
        ("上报编号 上报人昵称 上报时间 问题描述 位置 处置部门 处置反馈 评价", Kind.requests),
        ("公众号 文章标题 发布时间 位置 阅读数", Kind.posts),
        ("公众号 文章标题 发布时间 正文", Kind.posts),
        ("标题 发布时间 阅读数 链接 公众号名称", Kind.posts),
        ("时间 昵称 内容", Kind.chat),
        ("用户昵称 OpenID 消息内容 消息时间 是否回复 回复内容", Kind.inbox),
        ("文章标题 留言用户 留言内容 留言时间 作者回复", Kind.inbox),
        ("姓名 联系电话 时间 内容 地址", Kind.requests),
        ("id text", Kind.requests),
        ("id channel title text time user", Kind.requests),
        ("request unit reply reply_time", Kind.replies),
        ("request type time", Kind.events),
        ("id account published title body", Kind.posts),
        ("物料 数量 单价", None),
        ("工单编号 标题 诉求内容 来电号码 来电时间 链接", Kind.requests),
        ("工单编号 标题 内容 来电号码 发布时间", Kind.requests),
        ("留言编号 标题 内容 作者 日期 回复内容", Kind.requests),
        ("标题 作者 发布时间 描述 点赞数 来源", Kind.posts),
    ],
)
def test_column_names_tell_what_a_table_holds(headers, kind) -> None:
    assert tell_kind(headers.split()) == kind


def test_a_named_column_tells_too() -> None:
    assert tell_kind(["工单编号", "事由"], {"事由": "text"}) is Kind.requests


def test_a_folder_is_walked_in_the_order_of_import(plan, tmp_path) -> None:
    write(tmp_path / "1 流转.csv", 诉求编号="1", 环节="派单", 操作时间="2026-11-09")
    write(tmp_path / "2 推文.csv", 公众号="云湖发布", 文章标题="会议", 发布时间="2026-11-09")
    write(tmp_path / "3 答复.csv", 诉求编号="1", 答复内容="好")
    write(tmp_path / "4" / "热线.csv", 工单编号="1", 诉求内容="路灯坏了")
    (tmp_path / "5 群.txt").write_text(CHAT, "utf-8")
    write(tmp_path / ".隐藏.csv", "工单编号", "诉求内容")
    write(tmp_path / "~$锁.csv", "工单编号", "诉求内容")
    found = plan()
    assert [(s.name, s.kind) for s in found.sources] == [
        ("4/热线.csv", Kind.requests),
        ("5 群.txt", Kind.chat),
        ("3 答复.csv", Kind.replies),
        ("1 流转.csv", Kind.events),
        ("2 推文.csv", Kind.posts),
    ]
    assert [s.channel for s in found.sources] == ["hotline", "wechat_group", "import", "import", ""]
    assert found.refusals == ()


def test_each_sheet_is_told_apart_and_a_leaflet_is_left_out(plan, tmp_path) -> None:
    book = Workbook()
    book.active.title = "填表说明"
    book.active.append(["请按要求填写"])
    for name, rows in {
        "留言板": [["留言编号", "留言内容"], ["1", "路灯坏了"]],
        "流转": [["留言编号", "环节", "操作时间"], ["1", "派单", "2026-11-09"]],
    }.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(tmp_path / "导出.xlsx")
    found = plan()
    assert [(s.sheet, s.kind, s.channel) for s in found.sources] == [
        ("留言板", Kind.requests, "board"),
        ("流转", Kind.events, "import"),
    ]
    assert [(r.sheet, r.harmless) for r in found.refusals] == [("填表说明", True)]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("十一月.zip", "请解压后导入"),
        ("报告.pdf", "另存为"),
        ("表.ods", "另存为 .xlsx"),
        ("照片.jpg", "不认识的文件类型"),
        ("说明.txt", "不像群聊记录"),
        ("空.csv", "空"),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_to_do(plan, tmp_path, name, said) -> None:
    (tmp_path / name).write_text("这里只有一段话。" if name == "说明.txt" else "", "utf-8")
    (refusal,) = plan().refusals
    assert said in refusal.message
    assert not refusal.harmless


def test_a_table_of_something_else_is_refused_with_its_columns(plan, tmp_path) -> None:
    write(tmp_path / "库存.csv", "物料名称", "入库日期", "单价")
    (refusal,) = plan().refusals
    assert "物料名称、入库日期" in refusal.message
    assert "--kind" in refusal.message


def test_the_words_of_a_table_without_a_header_are_not_quoted(plan, tmp_path) -> None:
    (tmp_path / "无表头.csv").write_text("1,建国,阳光里小区,停水没人管\n2,小芳,城西,路灯坏了\n", "utf-8")
    (refusal,) = plan().refusals
    assert not any(word in refusal.message for word in ("建国", "阳光里", "停水"))


def test_requests_without_an_id_are_refused_unless_it_may_be_made(plan, tmp_path) -> None:
    write(tmp_path / "登记.csv", "序号", "来电时间", "诉求内容")
    (refusal,) = plan().refusals
    assert "--id-from-content" in refusal.message
    assert "--map" in refusal.message
    assert len(plan(id_from_content=True).sources) == 1


def test_the_users_word_wins(plan, tmp_path) -> None:
    write(tmp_path / "热线.csv", "工单编号", "诉求内容")
    (source,) = plan(channel="board", kind=Kind.requests).sources
    assert (source.channel, source.is_channel_said) == ("board", True)
    (refusal,) = plan(kind=Kind.replies, column_map={"诉求内容": "text"}).refusals or (None,)
    assert refusal is None or "诉求编号" in refusal.message


def test_posts_take_the_account_of_their_folder(plan, tmp_path, site) -> None:
    folder = tmp_path / site.accounts[0].name if site.accounts else tmp_path / "云湖发布"
    write(folder / "清单.csv", "文章标题", "发布时间", "正文")
    assert plan(account="云湖发布").sources[0].account == "云湖发布"
    assert plan().sources[0].account == (site.accounts[0].name if site.accounts else "")


def test_personal_data_in_a_file_name_is_not_shown(plan, tmp_path) -> None:
    write(tmp_path / "来电13912345678.csv", "工单编号", "诉求内容")
    assert "13912345678" not in plan().sources[0].name


def test_our_own_check_is_no_export_and_may_be_written_again(plan, tmp_path, site) -> None:
    write(tmp_path / "导入检查.xlsx", "工单编号", "诉求内容")
    write(tmp_path / "热线.csv", "工单编号", "诉求内容")
    found = plan_import((tmp_path,), Choices(), site=site, output=tmp_path / "导入检查.xlsx")
    assert [s.name for s in found.sources] == ["热线.csv"]
    assert plan_import((tmp_path,), Choices(), site=site, output=tmp_path / "新.csv") == found


@pytest.mark.parametrize("name", ["in/工单.csv", "in/.备份.csv", "外面.csv"])
def test_an_export_is_never_written_over(tmp_path, site, name) -> None:
    write(tmp_path / name, "工单编号", "诉求内容")
    (tmp_path / "in").mkdir(exist_ok=True)
    (tmp_path / "in" / "链接.csv").symlink_to(tmp_path / "外面.csv")
    with pytest.raises(InputError, match="会覆盖它"):
        plan_import((tmp_path / "in",), Choices(), site=site, output=tmp_path / name)


def test_a_file_has_the_same_channel_whichever_folder_is_given(plan, tmp_path, monkeypatch) -> None:
    write(tmp_path / "热线" / "十一月.csv", "工单编号", "诉求内容")
    file = tmp_path / "热线" / "十一月.csv"
    assert [plan(path).sources[0].channel for path in (tmp_path, file.parent, file)] == ["hotline"] * 3
    monkeypatch.chdir(file.parent)
    assert [plan(Path(path)).sources[0].channel for path in (".", "十一月.csv")] == ["hotline"] * 2


def test_a_pipe_a_broken_link_and_a_huge_file_are_refused(plan, tmp_path) -> None:
    os.mkfifo(tmp_path / "管道.txt")
    (tmp_path / "链接.html").symlink_to(tmp_path / "没有")
    for name, size in (("记录.txt", MAX_TEXT + 1), ("工单.csv", MAX_TABLE + 1)):
        (tmp_path / name).touch()
        os.truncate(tmp_path / name, size)
    messages = {r.name: r.message for r in plan().refusals}
    assert "不是普通文件" in messages["管道.txt"]
    assert "文件不在了" in messages["链接.html"]
    assert "最大 64 MB" in messages["记录.txt"]
    assert "最大 512 MB" in messages["工单.csv"]


def test_a_path_that_is_absent_stops_everything(plan, tmp_path) -> None:
    with pytest.raises(FileError, match="找不到"):
        plan(tmp_path / "没有")


def test_a_named_column_that_no_file_has_is_an_error_with_the_columns(plan, tmp_path) -> None:
    write(tmp_path / "热线.csv", "工单编号", "诉求内容")
    write(tmp_path / "二.csv", "工单编号", "事由")
    with pytest.raises(InputError, match=r"没有「不存在的列」这一列.*工单编号、诉求内容"):
        plan(column_map={"不存在的列": "text"})
    assert len(plan(column_map={"事由": "text"}).sources) == 2


def test_a_refusal_names_the_column_that_may_be_the_id(plan, tmp_path) -> None:
    write(tmp_path / "登记.csv", "办文编号", "来电时间", "诉求内容")
    (refusal,) = plan().refusals
    assert "--map 办文编号=id" in refusal.message


def test_the_folder_that_a_browser_makes_beside_a_page_is_passed_over(plan, tmp_path) -> None:
    (tmp_path / "供暖.html").write_text("<p>今晚供暖</p>", "utf-8")
    for folder in ("供暖_files", "供暖.files", "别的_files"):
        write(tmp_path / folder / "图.csv", "无")
    found = plan()
    assert {item.name for item in (*found.sources, *found.refusals)} == {"供暖.html", "别的_files/图.csv"}


@pytest.mark.parametrize(
    ("name", "headers", "channel"),
    [
        ("信访登记.csv", ("登记号", "反映问题"), "petition"),
        ("登记.csv", ("信访编号", "反映问题"), "petition"),
        ("登记二.csv", ("登记号", "来访日期", "反映问题"), "petition"),
        ("随手拍导出.csv", ("上报编号", "问题描述"), "snap"),
        ("台账(网格上报).csv", ("编号", "反映事项"), "grid"),
        ("12345热线.csv", ("工单编号", "诉求内容", "来访日期"), "hotline"),
        ("登记三.csv", ("工单编号", "诉求内容", "是否信访"), "import"),
    ],
)
def test_the_channel_is_told_by_the_name_or_by_columns_of_its_own(plan, tmp_path, name, headers, channel) -> None:
    write(tmp_path / name, *headers)
    assert [s.channel for s in plan().sources] == [channel]
