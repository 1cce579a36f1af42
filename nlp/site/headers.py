"""Column names of the site tables in Chinese, the columns each needs, and the Chinese words for their values."""

from __future__ import annotations

from collections.abc import Mapping

_FROM, _TO = ("有效期起", "生效日期", "启用日期", "有效期自"), ("有效期止", "失效日期", "停用日期", "有效期至")
_TOPIC, _AREA = ("类别", "诉求类别", "分类", "事项"), ("区域", "区域编码", "所属区域", "范围")
HEADERS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "areas": {
        "code": ("编码", "区域编码", "代码"),
        "name": ("名称", "区域名称"),
        "parent": ("上级", "上级编码", "上级区域"),
        "level": ("层级", "级别"),
        "aliases": ("别名", "俗称", "曾用名"),
        "households": ("户数",),
    },
    "accounts": {
        "id": ("编号", "账号编号", "账号ID"),
        "name": ("名称", "账号名称", "公众号"),
        "owner": ("主办单位", "运营单位", "主体"),
        "kind": ("类型", "账号类型"),
        "areas": _AREA,
        "topics": ("职责类别", "职责", *_TOPIC),
        "opened": ("开通日期", "开通时间"),
        "closed": ("关停日期", "停更日期", "注销日期"),
        "merged_into": ("并入", "并入账号"),
        "interaction": ("互动", "留言互动", "能否留言"),
    },
    "dispatch": {
        "topic": _TOPIC,
        "area": _AREA,
        "unit_code": ("单位编码", "单位代码"),
        "unit": ("单位", "承办单位", "单位名称"),
        "role": ("角色", "主协办", "承办方式"),
        "level": ("层级", "单位层级"),
        "valid_from": _FROM,
        "valid_to": _TO,
    },
    "deadlines": {
        "urgency": ("紧急程度", "紧急度"),
        "topic": _TOPIC,
        "kind": ("诉求类型", "类型"),
        "contact_due": ("联系时限", "首次联系"),
        "finish_due": ("办结时限", "办理时限"),
        "rule": ("规则", "规则编号"),
    },
    "holidays": {"date": ("日期",), "workday": ("上班", "是否上班")},
    "topic_codes": {
        "topic": _TOPIC,
        "code": ("编码", "平台编码", "代码"),
        "standard": ("标准", "编码标准", "平台"),
        "valid_from": _FROM,
        "valid_to": _TO,
    },
    "gazetteer": {
        "name": ("名称", "地名"),
        "kind": ("类型", "种类"),
        "area": _AREA,
        "aliases": ("别名", "俗称", "曾用名"),
    },
}
NEEDED: Mapping[str, tuple[str, ...]] = {
    "areas": ("code", "name", "level"),
    "accounts": ("id", "name"),
    "dispatch": ("topic", "unit", "role"),
    "deadlines": ("urgency", "finish_due", "rule"),
    "holidays": ("date", "workday"),
    "topic_codes": ("topic", "code"),
    "gazetteer": ("name",),
}
WORDS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "level": {"city": ("市", "地市"), "district": ("区县", "区", "县", "县区", "县级市"),
              "street": ("街道", "镇", "乡", "乡镇", "镇街"), "community": ("社区", "村", "村居", "行政村"),
              "estate": ("小区", "自然村", "楼盘", "院落")},
    "role": {"lead": ("主办", "牵头", "主责"), "assist": ("协办", "配合", "会办")},
    "interaction": {"yes": ("有", "是", "能"), "no": ("无", "否", "没有", "不能"), "unknown": ("不详", "未知")},
    "workday": {"1": ("上班", "是", "补班"), "0": ("放假", "否", "休", "休息")},
    "account_kind": {"city": ("市", "市级"), "district": ("区县", "区县级"), "street": ("街道", "镇街"),
                     "community": ("社区", "村居"), "department": ("部门", "委办局")},
}  # fmt: skip
