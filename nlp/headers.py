"""The one map from the column names that offices use to the contract's field names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

REQUEST: Mapping[str, tuple[str, ...]] = {
    "id": ("工单编号", "留言编号", "诉求编号", "受理编号", "工单号", "编号", "件号", "登记编号", "事件编号", "流水号"),
    "title": ("诉求标题", "留言主题", "留言标题", "工单标题", "标题", "主题", "事件标题", "诉求主题"),
    "text": (
        "诉求内容",
        "留言详情",
        "留言内容",
        "工单内容",
        "内容",
        "问题描述",
        "来电内容",
        "反映内容",
        "诉求描述",
        "事件描述",
        "诉求详情",
        "主要内容",
        "受理内容",
        "描述",
        "信件内容",
        "来信内容",
    ),
    "time": (
        "来电时间",
        "留言时间",
        "受理时间",
        "诉求时间",
        "提交时间",
        "时间",
        "登记时间",
        "上报时间",
        "来信时间",
        "创建时间",
        "反映时间",
        "发送时间",
    ),
    "channel": ("渠道", "诉求来源", "受理渠道", "来源", "诉求渠道", "工单来源", "来源渠道"),
    "area": ("区域", "所属区域", "事发区域", "区县", "街道", "所属街道", "社区", "所属社区", "行政区划", "镇街"),
    "site": ("点位", "点位编码", "二维码编号"),
    "user": ("留言用户", "用户编号", "用户", "用户id"),
    "likes": ("点赞数", "点赞", "赞同数"),
    "dislikes": ("反对数", "点踩数"),
    "reply": ("答复意见", "答复内容", "回复内容", "答复", "回复", "办理结果", "处理结果", "办理意见", "回复意见"),
    "reply_time": ("答复时间", "回复时间", "办结时间", "办理时间", "办复时间"),
    "unit": ("承办单位", "答复单位", "主办单位", "办理单位", "处置单位"),
}
POST: Mapping[str, tuple[str, ...]] = {
    "id": ("推文编号", "文章编号", "编号", "文章id"),
    "account": ("公众号", "账号", "公众号名称", "账号名称"),
    "published": ("发布时间", "发布日期", "推送时间", "日期", "时间", "发表时间"),
    "title": ("标题", "文章标题", "推文标题"),
    "body": ("正文", "内容", "文章内容", "推文内容", "文章正文"),
}
ISSUE: Mapping[str, tuple[str, ...]] = {
    "issue": ("问题编号", "共性问题编号"),
    "title": ("问题标题", "标题", "共性问题"),
    "requests": ("诉求编号列表", "诉求"),
    "messages": ("诉求列表",),
}
MASK: Mapping[str, tuple[str, ...]] = {"id": ("编号", *REQUEST["id"]), "text": ("文本", *REQUEST["text"])}

_NOISE = re.compile(r"[\s:：*＊()（）\[\]【】_\-]+")


def plain_header(name: object) -> str:
    """Fold a column name: NFKC, lower case, without spaces, colons, brackets, stars."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", str(name)).lower())


def match_headers(
    names: Sequence[object], fields: Mapping[str, tuple[str, ...]], *, column_map: Mapping[str, str] | None = None
) -> dict[int, str]:
    """Say which column holds which field: {column index: field}.

    An explicit `column_map` (column name → field) wins, then the field's own English name, then the Chinese names in
    their order. A field is given to one column only; unknown columns are left out.
    """
    plain = [plain_header(n) for n in names]
    found: dict[int, str] = {}
    for column, field in (column_map or {}).items():
        wanted = plain_header(column)
        found.update({i: field for i, name in enumerate(plain) if name == wanted})
    for field, known in fields.items():
        if field in found.values():
            continue
        for candidate in (field, *known):
            at = next((i for i, name in enumerate(plain) if i not in found and name == plain_header(candidate)), None)
            if at is not None:
                found[at] = field
                break
    return found
