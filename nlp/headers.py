"""The one map from the column names that offices use to the contract's field names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

# fmt: off
REQUEST: Mapping[str, tuple[str, ...]] = {
    "id": (
        "工单编号", "留言编号", "诉求编号", "受理编号", "工单号", "编号", "件号", "登记编号", "事件编号", "流水号",
        "工单id", "案件编号", "案件号", "任务编号", "任务号", "业务编号", "信件编号", "来电编号", "受理号",
        "受理单号", "登记号", "热线工单号", "热线编号", "单号", "办件编号", "诉求单号", "诉求id", "工单流水号",
        "受理流水号", "来件编号", "上报编号", "信访编号", "留言id", "事件id",
    ),
    "title": (
        "诉求标题", "留言主题", "留言标题", "工单标题", "标题", "主题", "事件标题", "诉求主题", "案件标题",
        "信件标题", "信件主题", "来信标题", "事项标题", "事项名称", "诉求名称", "诉求概要", "工单主题", "来电主题",
        "问题标题",
    ),
    "text": (
        "诉求内容", "留言详情", "留言内容", "工单内容", "内容", "问题描述", "来电内容", "反映内容", "诉求描述",
        "事件描述", "诉求详情", "主要内容", "受理内容", "描述", "信件内容", "来信内容", "工单描述", "工单详情",
        "来件内容", "来电描述", "投诉内容", "具体内容", "反映问题", "反映事项", "问题内容", "案件描述", "案件内容",
        "事件内容", "事项内容", "详细内容", "详细描述", "具体诉求", "市民诉求", "群众诉求", "诉求事项", "诉求情况",
        "诉求内容描述", "留言", "正文",
    ),
    "time": (
        "来电时间", "留言时间", "受理时间", "诉求时间", "提交时间", "时间", "登记时间", "上报时间", "来信时间",
        "创建时间", "反映时间", "发送时间", "受理日期", "来电日期", "登记日期", "来件时间", "诉求日期", "投诉时间",
        "提交日期", "建单时间", "创建日期", "工单创建时间", "立案时间", "接听时间", "接电时间", "收件时间",
        "来访时间", "来访日期", "来信日期", "反映日期", "上报日期", "日期",
    ),
    "channel": (
        "渠道", "诉求来源", "受理渠道", "来源", "诉求渠道", "工单来源", "来源渠道", "来电渠道", "来件渠道",
        "反映渠道", "案件来源", "事件来源", "信息来源", "受理方式", "来件方式",
    ),
    "area": (
        "区域", "所属区域", "事发区域", "区县", "街道", "所属街道", "社区", "所属社区", "行政区划", "镇街",
        "诉求区域", "事发区县", "所属区县", "所属镇街", "街镇", "所属街镇", "乡镇街道", "街道乡镇", "事发街道",
        "事发社区", "所在区域", "所在街道", "所在社区", "责任街道", "小区", "所属小区",
    ),
    "site": ("点位", "点位编码", "点位编号", "点位名称", "二维码编号"),
    "user": ("留言用户", "用户编号", "用户", "用户id", "市民编号"),
    "likes": ("点赞数", "点赞", "赞同数", "点赞量"),
    "dislikes": ("反对数", "点踩数"),
    "reply": (
        "答复意见", "答复内容", "回复内容", "答复", "回复", "办理结果", "处理结果", "办理意见", "回复意见",
        "处理意见", "办理情况", "处理情况", "办理答复", "办结意见", "办结内容", "处置结果", "处置情况", "官方回复",
        "回复情况", "反馈内容", "办理反馈", "处置反馈",
    ),
    "reply_time": ("答复时间", "回复时间", "答复日期", "回复日期", "反馈时间", "办复时间", "办结时间", "办理时间"),
    "unit": (
        "承办单位", "答复单位", "主办单位", "办理单位", "处置单位", "承办部门", "主办部门", "办理部门", "责任单位",
        "处理单位", "处理部门", "回复单位", "责任部门", "处置部门",
    ),
}
WORK_ORDER: Mapping[str, tuple[str, ...]] = {
    **REQUEST,
    "closed_time": ("办结时间", "结案时间", "办结日期", "结案日期", "完结时间", "完成时间", "关闭时间", "归档时间"),
    "dispatched_time": ("派单时间", "转办时间", "派发时间", "交办时间", "派单日期", "转办日期", "派遣时间"),
    "dispatched_unit": ("派单单位", "转办单位", "交办单位", "派往单位", "派发单位", "协办单位"),
    "due": ("办理时限", "办理期限", "截止时间", "截止日期", "到期时间", "办结时限", "要求办结时间", "应办结时间"),
    "callback_time": ("回访时间", "回访日期", "电话回访时间"),
    "contacted": ("是否联系", "是否联系群众", "是否联系市民", "联系情况", "是否接通", "响应情况", "是否响应"),
    "solved": ("是否解决", "解决情况", "问题是否解决", "是否已解决", "诉求是否解决", "是否化解"),
    "satisfied": (
        "是否满意", "满意度", "满意情况", "回访结果", "满意度评价", "群众评价", "市民评价", "评价结果", "满意程度",
        "是否满意办理结果", "网友评价", "评价",
    ),
    "returned": ("退单次数", "退回次数", "退单数", "退办次数"),
    "history": ("退单记录", "退回记录", "流转记录", "流转过程", "办理过程", "改派记录"),
    "status": ("工单状态", "办理状态", "状态", "当前状态", "处理状态", "案件状态", "办件状态", "诉求状态", "流程状态"),
    "address": (
        "事发地址", "事发地点", "地址", "诉求地址", "详细地址", "事件地址", "问题地址", "发生地址", "发生地点",
        "地点", "案发地址", "事发位置", "问题地点", "位置",
    ),
    "phone": (
        "来电号码", "联系电话", "手机号", "电话", "手机号码", "来电电话", "联系方式", "电话号码", "联系号码",
        "诉求人电话", "来电人电话", "市民电话", "反映人电话", "主叫号码", "联系手机", "手机",
    ),
    "name": (
        "来电人", "诉求人", "姓名", "来电人姓名", "诉求人姓名", "联系人", "市民姓名", "反映人", "反映人姓名",
        "投诉人", "来信人", "联系人姓名", "群众姓名",
    ),
}
"""REQUEST and what a work order adds.

`phone` and `name` are never stored: the first stands for the person in the keyed hash where `user` is absent.
Where no column holds the time of the reply, 办结时间 is `reply_time`, as in REQUEST; else it is `closed_time`.
"""
EVENT: Mapping[str, tuple[str, ...]] = {
    "request": ("诉求编号", *REQUEST["id"]),
    "channel": REQUEST["channel"],
    "type": (
        "流转类型", "环节", "操作", "流转环节", "操作类型", "办理环节", "环节名称", "当前环节", "步骤", "动作",
    ),
    "time": ("流转时间", "操作时间", "环节时间", "时间", "办理时间"),
    "unit": ("接收单位", "接收部门", *REQUEST["unit"], "下一环节单位"),
    "actor": ("操作部门", "操作单位"),
    "note": ("处理意见", "办理意见", "操作意见", "备注", "说明", "退单原因", "退回原因"),
    "contacted": WORK_ORDER["contacted"],
    "solved": WORK_ORDER["solved"],
    "satisfied": WORK_ORDER["satisfied"],
}
"""The steps of requests. `actor` is who acts, `unit` who is to act next or in charge: of a dispatch, the receiver."""
POST: Mapping[str, tuple[str, ...]] = {
    "id": (
        "推文编号", "文章编号", "编号", "文章id", "图文id", "文章链接", "链接", "内容url", "原文链接", "推文链接",
        "url",
    ),
    "account": (
        "公众号", "账号", "公众号名称", "账号名称", "公众号id", "作者", "发布账号", "账号主体", "来源公众号",
    ),
    "published": (
        "发布时间", "发布日期", "推送时间", "日期", "时间", "发表时间", "群发时间", "发表日期", "推送日期",
    ),
    "title": ("标题", "文章标题", "推文标题", "图文标题", "内容标题"),
    "body": ("正文", "内容", "文章内容", "推文内容", "文章正文", "图文内容", "正文内容", "文章详情"),
}
ISSUE: Mapping[str, tuple[str, ...]] = {
    "issue": ("问题编号", "共性问题编号"),
    "title": ("问题标题", "标题", "共性问题"),
    "requests": ("诉求编号列表", "诉求"),
    "messages": ("诉求列表",),
}
MASK: Mapping[str, tuple[str, ...]] = {"id": ("编号", *REQUEST["id"]), "text": ("文本", *REQUEST["text"])}

# fmt: on
EVERY = (WORK_ORDER, POST, EVENT, ISSUE)
"""All maps, for a look at a file of which nobody said what it holds."""

FIELD_NAMES: Mapping[str, str] = {
    "id": "编号", "title": "标题", "text": "内容", "time": "时间", "channel": "渠道", "area": "区域", "site": "点位",
    "user": "用户编号", "likes": "点赞数", "dislikes": "反对数", "reply": "答复", "reply_time": "答复时间",
    "unit": "承办单位", "received_time": "受理时间", "dispatched_time": "派单时间", "dispatched_unit": "派单单位",
    "returned_time": "退单时间", "closed_time": "办结时间", "due": "办理时限", "callback_time": "回访时间",
    "contacted": "是否联系", "solved": "是否解决", "satisfied": "是否满意", "returned": "退单次数",
    "history": "退单或流转记录",
    "status": "工单状态", "address": "事发地址", "phone": "来电号码", "name": "来电人", "request": "诉求编号",
    "type": "流转类型", "actor": "操作部门", "note": "备注", "account": "公众号", "published": "发布时间",
    "body": "正文", "issue": "问题编号", "requests": "诉求编号列表", "messages": "诉求列表", "open_id": "OpenID",
    "replied": "是否回复", "direction": "消息方向", "article": "文章标题", "sender": "昵称",
}  # fmt: skip
"""Every field that `--map` may name, with what it means, as a user reads it."""

_NOISE = re.compile(r"[\s:：*＊()（）\[\]【】_\-\ufeff\u200b?？]+")
_BRACKETS = re.compile(r"[(（\[【〔][^()（）\[\]【】〔〕]*[)）\]】〕]")

_ENDS = re.compile(
    r"(编号|号码|时间|日期|内容|标题|单位|部门|地址|电话|姓名|结果|情况|状态|类型|渠道|次数|名称|来源|备注|序号)$"
)
_DIGITS = re.compile(r"\d{4,}")
_SHOWN_NAME = 12  # characters of a name that a message may quote
_SHOWN_NAMES = 12  # names, and places of others, that it lists


def plain_header(name: object) -> str:
    """Fold a column name: NFKC, lower case, without spaces, colons, brackets, stars."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", str(name)).lower())


_KNOWN = frozenset(plain_header(n) for fields in EVERY for field, known in fields.items() for n in (field, *known))


def match_headers(
    names: Sequence[object], fields: Mapping[str, tuple[str, ...]], *, column_map: Mapping[str, str] | None = None
) -> dict[int, str]:
    """Say which column holds which field: {column index: field}.

    An explicit `column_map` (column name → field) wins, then the field's own English name, then the Chinese names in
    their order. Where that finds nothing, what stands in brackets is dropped: 诉求内容(限500字). A field is given to
    one column only; unknown columns are left out.
    """
    plain = [plain_header(n) for n in names]
    found: dict[int, str] = {}
    for column, field in (column_map or {}).items():
        wanted = plain_header(column)
        found.update({i: field for i, name in enumerate(plain) if name == wanted})
    _match(plain, fields, found)
    _match([plain_header(_BRACKETS.sub("", str(n))) for n in names], fields, found)
    return found


def shown_names(cells: Sequence[object]) -> str:
    """Say which columns came, for a message: known names and what ends like one are quoted, the others counted.

    A file without a header shows somebody's words in its first row, and masking misses names such as 建国.
    """
    places = {i: str(c).strip() for i, c in enumerate(cells, 1) if c is not None and str(c).strip()}
    names = {i: _shown_name(name) for i, name in places.items()}
    quoted = [name for name in names.values() if name]
    others = [str(i) for i, name in names.items() if not name]
    parts = ["、".join(quoted[:_SHOWN_NAMES]) + (f"等 {len(quoted)} 列" if len(quoted) > _SHOWN_NAMES else "")]
    if others:
        listed = "、".join(others[:_SHOWN_NAMES]) + ("等" if len(others) > _SHOWN_NAMES else "")
        parts.append(f"{'另' if quoted else ''}有 {len(others)} 列不认识(第 {listed} 列)")
    return ",".join(part for part in parts if part) or "空"


def _shown_name(name: str) -> str:
    """Give a column name without what no map knows in brackets; empty where it may be somebody's words."""
    if plain_header(name) in _KNOWN:
        return name
    bare = _BRACKETS.sub("", name).strip()
    plain = plain_header(bare)
    named = len(bare) <= _SHOWN_NAME and not _DIGITS.search(plain) and _ENDS.search(plain) is not None
    return bare if plain in _KNOWN or named else ""


def _match(plain: Sequence[str], fields: Mapping[str, tuple[str, ...]], found: dict[int, str]) -> None:
    at: dict[str, int] = {}
    for i, name in enumerate(plain):
        if i not in found:
            at.setdefault(name, i)
    for field, known in fields.items():
        if field in found.values():
            continue
        for candidate in (field, *known):
            column = at.get(plain_header(candidate))
            if column is not None and column not in found:
                found[column] = field
                break
