"""Door-level parts of addresses (门牌号): 7栋2单元1103室, 路156号, 5组23号; not the estate before, not a bare building.

Works on folded text (`nlp.identifiers.fold_width`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from nlp.results import MaskEntity

_ORDINAL = r"[一二三四五六七八九十]{1,3}"
_BUILDING = rf"(?:[A-Za-z]?\d{{1,3}}[A-Za-z]?|[A-Za-z]|{_ORDINAL})(?:号?[栋幢座]楼?|号楼|#楼?|号院|舍)"
_UNIT = (
    rf"(?:(?:\d{{1,2}}|[A-Za-z]|{_ORDINAL}|[甲乙丙丁东西中])(?:单元|门(?![口前卫面诊店禁市])|梯)"
    r"|\d{1,2}(?=[\-–—]\d{3}))"
)
_FLOOR = rf"(?:\d{{1,2}}|{_ORDINAL})[楼层]"
# What makes digits an amount, a year, a count or a clock instead of a room.
_NO_ROOM = (
    r"(?![\d年月日元块万千米m%％度平㎡人个名多余点分斤吨次栋幢楼层路线:：]|天(?!天)|户(?!主)|号[线楼栋院]"
    r"|\.\d|[-—]\d|小时)"
)  # fmt: skip
_ROOM = (
    r"(?:\d{3,4}[A-Za-z]?(?:号房|[室房号](?![产价屋型租东]))?"
    r"|\d{1,4}[A-Za-z]?(?:室|号房|房(?![产价屋租子间地东]))"
    rf"|[一二三四五六七八九][零〇一二三四五六七八九]{{2,3}}(?:室|号?房)?){_NO_ROOM}"
)
_MORE_ROOMS = rf"(?:[、,，/和及](?:{_ROOM}))?"
_J = r"[\-–— ,，的]?"
_FLAT = re.compile(
    rf"(?<![A-Za-z\d.\-])(?:(?:{_BUILDING}){_J}(?:(?:{_UNIT}){_J})?|(?:{_UNIT}){_J})"
    rf"(?:(?:{_FLOOR}){_J})?(?:{_ROOM}){_MORE_ROOMS}"
)
_FLOOR_ROOM = re.compile(rf"(?<![A-Za-z\d.\-号栋幢座]){_FLOOR}{_J}{_ROOM}")
_HYPHENS = re.compile(
    r"(?<![\d.\-–—A-Za-z:：])[A-Za-z]?\d{1,3}(?:[栋幢座]|号楼|#)?[-–—][A-Za-z\d]{1,2}(?:单元)?[-–—]\d{3,4}[室号房]?"
    r"(?![\d年月日元\-])"
)
_SHORT_HYPHEN = re.compile(
    r"(?:(?<=[住家是在区苑园府城院湾庭居])|(?<=业主)|(?<=房号))(?P<at>\d{1,3}-\d{3,4}[室房]?)(?![\d元年米平人号\-.])"
    r"|^(?P<line>[A-Za-z]?\d{1,3}(?:-\d{1,2})?-\d{3,4})(?=[^\d\s：:，,]{0,6}[：:])",
    re.M,
)
_OWN_ROOM = re.compile(
    r"(?:家住|我住|住在|住的?|我家|家在|家是|楼上|楼下|隔壁|对门|业主|住户|我是|房号|门牌号?|房间号?|室号)"
    r"[是为在：: ]{0,2}"
    rf"(?P<room>\d{{3,4}}[A-Za-z]?(?:室|号?房(?![产价屋东])|号(?![线楼栋院]))?){_NO_ROOM}"
)
_ANY_HINT = re.compile(
    r"[栋幢座楼#院舍元门梯层住家是在主号下上壁室组队社牌路街巷弄坊同道村\-–—]"
    r"[\-–— ,，的是为：:]{0,2}[\d一二三四五六七八九]"
)
_FLAT_HINT = re.compile(r"[栋幢座楼#院舍元门梯层][\-–— ,，的]?[\d一二三四五六七八九]")
_DASH_HINT = re.compile(r"\d[栋幢座楼#]?[-–—][A-Za-z\d]")
_LANE = re.compile(r"\d{1,4}弄\d{1,4}号(?:\d{3,4}室?)?")
_HAMLET_HINT = re.compile(r"[组队社牌]\d")
_ANY_ROOM = re.compile(r"(?<![\d.\-A-Za-z])\d{3,4}[A-Za-z]?室")
_DWELLING = re.compile(r"[住家户租]|业主|楼上|楼下|邻居|单元|隔壁|对门")
_DWELLER = re.compile(r"的?(?:业主|住户|租户|租客|邻居|老人|家|房主|那户|这户|阿姨|大爷)")
_OFFICE = re.compile(r"大厅|[局院厅校站所]|中心|办公|政府|教学楼|大楼|门诊|窗口|科室|教室|会议|大厦|商场|食堂|病房")
# Starts with a digit so that the search skips quickly; the lookbehinds then read what stands before it.
_STREET = re.compile(
    r"\d(?:(?<=[^修马公铁条段线]路\d)|(?<=[街巷弄坊]\d)|(?<=胡同\d)|(?<=大道\d)|(?<=[一-鿿]村\d)"
    r"|(?<=[^街车赛隧通管频渠人轨轮河]道\d))"
    r"(?:\d{0,3}弄\d)?\d{0,3}号(?:之[一二三四五六\d]|附\d{1,3}号?|-\d{1,3}号?)?(?:\d{1,3}[栋幢])?(?:\d{3,4}室?)?"
    r"(?![线楼院库桥馆门机井口台厅车展仓坑地塔早晚上下中凌停来去开])"
)
_HAMLET = re.compile(rf"(?:\d{{1,2}}|{_ORDINAL})(?:村民小组|[组队社])(?:门牌)?\d{{1,4}}号(?![线楼])")
_PUBLIC_AFTER = re.compile(
    r"[^，。；,;\n]{0,8}(?:店|公司|局|派出所|医院|馆|中心|超市|大厦|广场|学校|幼儿园|酒店|KTV|网吧|市场|工地|厂|银行|门面|商铺|大厅|政府|机关|网点|站)"
)
_PUBLIC_BEFORE = re.compile(
    r"(?:局|中心|派出所|医院|店|公司|学校|大厅|政府|法院|办公|银行|网点|站|窗口|大厦|仲裁委|居委会)[^，。；\n]{0,4}(?:地址|位于|在|：|:|，|,|\()[^，。；\n]{0,14}$"
)


def find_doors(text: str) -> Iterator[MaskEntity]:
    """Yield door-level address parts of `text` (folded); spans may overlap, the first has priority."""
    if not _ANY_HINT.search(text) and "室" not in text:
        return
    if _FLAT_HINT.search(text):
        yield from (_door(m) for m in _FLAT.finditer(text))
        yield from (_door(m) for m in _FLOOR_ROOM.finditer(text) if not _is_public_room(text, m.start()))
    if _DASH_HINT.search(text):
        yield from (_door(m) for m in _HYPHENS.finditer(text))
        yield from (_door(m, m.lastgroup) for m in _SHORT_HYPHEN.finditer(text))
    if _HAMLET_HINT.search(text):
        yield from (_door(m) for m in _HAMLET.finditer(text))
    if "弄" in text:
        yield from (_door(m) for m in _LANE.finditer(text))
    for match in _STREET.finditer(text):
        if not _PUBLIC_AFTER.match(text, match.end()) and not _PUBLIC_BEFORE.search(
            text, max(0, match.start() - 30), match.start()
        ):
            yield _door(match)
    yield from (_door(m, "room") for m in _OWN_ROOM.finditer(text))
    for match in _ANY_ROOM.finditer(text) if "室" in text else ():
        if _is_public_room(text, match.start()):
            continue
        if _DWELLING.search(text, max(0, match.start() - 12), match.start()) or _DWELLER.match(text, match.end()):
            yield _door(match)


def _is_public_room(text: str, start: int) -> bool:
    return _OFFICE.search(text, max(0, start - 8), start) is not None


def _door(match: re.Match[str], group: str | None = None) -> MaskEntity:
    return MaskEntity("address", *match.span(group or 0))
