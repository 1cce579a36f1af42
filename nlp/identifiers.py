"""Numbers and accounts of a person: phones, identity and bank cards, passports, permits, plates, e-mail, chat.

Everything here works on text whose full-width letters and digits are folded (`fold_width`, same length), so spans hold
for the original as well. What a number is, its form, its checksum and the words around it decide together.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from nlp.results import MaskEntity

_WIDE = re.compile("[０-９Ａ-Ｚａ-ｚ＋－＠．\ud800-\udfff]")
_FOLD = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_FOLD |= dict.fromkeys(range(0xD800, 0xE000), 0xFFFD)
_SPOKEN_DIGITS = "零〇○一二两三四五六七八九幺壹贰叁肆伍陆柒捌玖"
_SPOKEN_VALUES = str.maketrans(_SPOKEN_DIGITS, "00012234567891123456789")
_SEPARATORS = str.maketrans("", "", " \t\n-–—·.()+")

# Form. A digit may stand beside neither end; `_G` is what people put between groups of digits.
_G = r"[ \-–—·.]{0,2}"
_ANY_RUN = re.compile(rf"\d(?:{_G}[()]?{_G}\d){{6}}")
# Patterns start with the digit itself, so that the search skips quickly; what may stand before is looked up after.
_LONG_RUN = re.compile(rf"\d(?:{_G}\d){{13}}")
_MOBILE = re.compile(rf"1(?:(?<!\d1)|(?<=(?<!\d)861)|(?<=(?<!\d)00861))[3-9]\d(?:{_G}\d){{8}}(?!\d)")
_ABROAD = re.compile(rf"8(?<!\d8)(?:52|53|86){_G}[2-9]\d{{3}}{_G}\d{{4}}(?!\d)")
_COUNTRY_CODE = re.compile(rf"(?:\+|(?<!\d)00)?[(（]?\+?(?<!\d)(?:0?0?86|0086)[)）]?{_G}$|\+$")
_SPOKEN_MOBILE = re.compile(
    rf"[1一幺壹](?<![\dA-Za-z].)(?:[ \-–—，,]{{0,2}}[\d{_SPOKEN_DIGITS}]){{10}}(?![\d{_SPOKEN_DIGITS}])"
)
_EXTENSION = r"(?:\s?(?:转|分机|ext\.?|[\-–—])\s?\d{1,6}(?!\d))?"
_LANDLINE = re.compile(rf"0(?<![\d.]0)(?:10|2\d|[3-9]\d\d)[)）]?{_G}[2-9]\d{{2,3}}[ \-–—]?\d{{4}}(?!\d){_EXTENSION}")
_LOCAL_LINE = re.compile(rf"[2-8](?<![\d.\-–—A-Za-z].)\d{{2,3}}[ \-–—]?\d{{4}}(?!\d){_EXTENSION}")
_IDENTITY = re.compile(r"[1-9](?<![\dA-Za-z].)(?:[ \-–—·]{0,2}\d){16}[ \-–—·]{0,2}[\dXx](?![\dA-Za-z])")
_OLD_IDENTITY = re.compile(
    r"[1-9](?<![\dA-Za-z].)\d{5} ?\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]) ?\d{3}(?![\dA-Za-z])"
)
_CARD = re.compile(r"[2-9](?<![\dA-Za-z].)(?:[ \-–—]{0,2}\d){14,18}(?![\dA-Za-z])")
_PASSPORT = re.compile(r"(?<![A-Za-z\d])(?:[A-Z]{1,2} ?\d{7,8}|1[45]\d{7}|[A-Z]\d{6})(?![A-Za-z\d])", re.I)
_PERMIT = re.compile(r"(?<![A-Za-z\d])[CHMWTLKJ][A-Z]? ?\d{7,10}(?![A-Za-z\d])", re.I)
_DIGIT_PERMIT = re.compile(r"(?<=[证码号是为：: ])\d{8}(?:\d{2})?(?:\([A-Z\d]\))?(?![A-Za-z\d])")
_SERVICE_CARD = re.compile(r"(?:军官|士兵|警官|文职)证[号码编是为：: ]{0,4}([\u4e00-\u9fff]{1,3}字第? ?\d{5,8}号?)")
_PLATE = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-Z][ ·•.．・\-]{0,2}(?=[A-Z]{0,3}\d)"
    r"(?:[A-HJ-NP-Z\d]{4}[A-HJ-NP-Z\d挂学警港澳试超领]|[A-HJ-NP-Z\d]{6})(?![A-Za-z\d])",
    re.I,
)
_BARE_PLATE = re.compile(
    r"(?:车牌号?|牌照号?|车号|牌号)[码是为：: ]{0,3}([A-HJ-Z][ ·\-]?(?=[A-Z]{0,3}\d)[A-HJ-NP-Z\d]{5,6})(?![A-Za-z\d])"
)
_EMAIL = re.compile(
    r"[A-Za-z\d][\w.+\-]*(?:@| ?[(\[](?:at|艾特)[)\]] ?)[A-Za-z\d\-]+(?:\.[A-Za-z\d\-]+)+", re.ASCII | re.I
)

# Chat: a cue, up to nine filler characters, the account.
_CHAT_HINT = re.compile("[微薇威徽维扣球企VvWwQq]")
_CHAT_CUE = re.compile(
    r"(?P<wechat>[微薇威徽维]信|[Ww](?:[Ee][Cc][Hh][Aa][Tt]|[Ee][Ii][Xx][Ii][Nn])"
    r"|[VvWw](?<![A-Za-z].)(?:信|[Xx](?![A-Za-z])|(?<=[加我].)(?=[:： 号是])|(?<=[Vv])(?=[:：号])))"
    r"|(?P<qq>[Qq](?<![A-Za-z].)[Qq]?(?=[ :：号是为我也加同\d])|扣扣|球球|企鹅)"
)
_FILLER = r"(?:同号|id|[号码账帐也都就是为叫：: ,，（(“\"'加搜我他她的联系添一下])"
_WECHAT_ID = re.compile(rf"(?P<filler>{_FILLER}{{0,9}})(?P<id>[A-Za-z][\w\-]{{5,19}})(?![\w\-@])", re.ASCII | re.I)
_QQ_ID = re.compile(rf"(?P<filler>{_FILLER}{{0,9}})(?P<id>[1-9]\d{{4,10}})(?![\d.@])", re.ASCII | re.I)
_WXID = re.compile(r"wxid_\w{6,24}", re.ASCII)

# Words around a number.
_DIGIT_BEFORE = re.compile(r"\d[ \-–—]$")
_LINE_CUE = re.compile(r"(?:座机|固话|电话|宅电)[号码是为：: ]{0,3}$")
_PERMIT_NAMES = ("通行证", "台胞证", "回乡证", "台证", "返乡证", "居住证", "居留证", "永居证")
_PERMIT_CUES = (*_PERMIT_NAMES, "护照", "闸机", "口岸", "过关", "证件", "港澳", "香港", "澳门", "台湾")
_OFFICER_CUES = ("军官证", "士兵证", "警官证", "文职证")
_SERIAL = re.compile(
    r"(?:单号?|订单|编号|编码|流水号?|受理号?|工单|户号|表号|卡密|密码|条码|条形码|序列号|批号|货号|案号|文号|许可证号?|代码|"
    r"工号|票号|税号|型号|合同号?|凭证号?|设备号|执照号?|备案号?|登记号|查询码|取件码|验证码|桩号|标号|单据|公众号)"
    r"[号码是为：: #№(]{0,4}[A-Za-z\d\-]{0,6}$"
)
_BANK = re.compile(
    r"银行|[工建农中交招邮]行|邮储|信用社|农商|卡号|账号|帐号|账户|储蓄|借记|信用卡|社保卡|工资卡|收款|户名|转账|打款|打到|汇[款到]|存折|[的我张]卡"
)
_OTHER_CARD = re.compile(
    r"卡密|充值卡|加油卡|购物卡|会员卡|公交卡|一卡通|ETC|储值卡|电话卡|礼品卡|积分|信用代码|订单|单号|流水|编号|编码"
)
_IDENTITY_CUE = re.compile(r"身份|证件|证号|户口|实名|老证|证")
_PRIVATE = re.compile(
    r"我|家|座机|固话|本人|单位|联系(?:方式|电话|人)|回电|回拨|老人|[父母]亲|老公|老婆|儿子|女儿|姓名|电联|[他她]|先生|女士|业主|租客|房东"
)
_PUBLIC = re.compile(
    r"热线|客服|投诉|举报|监督|咨询|服务|值班|窗口|大厅|前台|总机|办公|官方|官网|公示|公布|公开|[局委院所厂店站]|中心|公司|物业|社区|"
    r"街道办?|政府|学校|营业厅|供[电水气热]|自来水|燃气|保险|银行|超市|项目部|售楼|开发商|[抢报维]修|预约|挂号|商家|协会|部门|办事处|村部|机关|大队|平台"
)
_REGIONS = frozenset(
    (*range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47), *range(50, 55), *range(61, 66), 71, 81, 82, 83)
)
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def fold_width(text: str) -> str:
    """Fold full-width ASCII to plain ASCII, and lone surrogates to U+FFFD; the length stays the same."""
    return text.translate(_FOLD) if _WIDE.search(text) else text


def find_identifiers(text: str) -> Iterator[MaskEntity]:
    """Yield numbers and accounts of `text` (folded). Spans may overlap: the one yielded first has priority."""
    if "@" in text or "艾特" in text or "(at)" in text:
        yield from (_entity("email", m) for m in _EMAIL.finditer(text) if not _official_mail(m[0]))
    yield from _plates(text)
    if _CHAT_HINT.search(text):
        yield from _chat_accounts(text)
    if _ANY_RUN.search(text):
        if _LONG_RUN.search(text):
            yield from _cards(text)
        yield from _documents(text)
        yield from _phones(text)
    yield from _spoken_mobiles(text)


def is_identity_number(digits: str) -> bool:
    """Say whether 18 characters are a citizen identity number: region, date and check digit.

    Source: GB 11643-1999, check digit after ISO 7064:1983 MOD 11-2.
    """
    if len(digits) != 18 or not digits[:17].isdigit() or int(digits[:2]) not in _REGIONS:
        return False
    if not ("1800" < digits[6:10] < "2100" and "01" <= digits[10:12] <= "12" and "01" <= digits[12:14] <= "31"):
        return False
    total = sum(int(d) * w for d, w in zip(digits, _ID_WEIGHTS, strict=False))
    return "10X98765432"[total % 11] == digits[17].upper()


def passes_luhn(digits: str) -> bool:
    """Say whether the last digit checks the others. Source: ISO/IEC 7812-1, annex B."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 * (value > 9)
    return total % 10 == 0


def _entity(kind: str, match: re.Match[str], group: int | str = 0) -> MaskEntity:
    return MaskEntity(kind, *match.span(group))


def _official_mail(address: str) -> bool:
    return address.lower().endswith((".gov.cn", "12345.cn"))


def _plates(text: str) -> Iterator[MaskEntity]:
    for match in _PLATE.finditer(text):
        if sum(c.isdigit() for c in match[0][2:]) >= 2:
            yield _entity("plate", match)
    if "牌" in text or "车号" in text:
        yield from (_entity("plate", m, 1) for m in _BARE_PLATE.finditer(text))


def _chat_accounts(text: str) -> Iterator[MaskEntity]:
    for cue in _CHAT_CUE.finditer(text):
        kind = cue.lastgroup
        assert kind is not None
        match = (_WECHAT_ID if kind == "wechat" else _QQ_ID).match(text, cue.end())
        if match is None:
            continue
        named = bool(re.search(r"[号是为：:]", match["filler"])) or bool(re.search(r"[\d_\-]", match["id"]))
        if named and not _is_serial(text, match, "id"):
            yield _entity(kind, match, "id")
    if "wxid_" in text:
        yield from (_entity("wechat", m) for m in _WXID.finditer(text))


def _cards(text: str) -> Iterator[MaskEntity]:
    for match in _IDENTITY.finditer(text):
        if is_identity_number(match[0].translate(_SEPARATORS)):
            yield _entity("id_card", match)
    for match in _CARD.finditer(text):
        digits = match[0].translate(_SEPARATORS)
        if passes_luhn(digits) and _nearest(text, match, _BANK, other=_OTHER_CARD, default=digits.startswith("62")):
            yield _entity("bank_card", match)
    for match in _OLD_IDENTITY.finditer(text):
        known = int(match[0][:2]) in _REGIONS and not _is_serial(text, match)
        if known and _IDENTITY_CUE.search(text, max(0, match.start() - 20), match.end() + 12):
            yield _entity("id_card", match)


def _documents(text: str) -> Iterator[MaskEntity]:
    if "护照" in text:
        yield from (_entity("passport", m) for m in _PASSPORT.finditer(text) if _follows(text, m, ("护照",), reach=60))
    if any(cue in text for cue in _PERMIT_CUES):
        yield from (_entity("permit", m) for m in _PERMIT.finditer(text) if not _is_serial(text, m))
        found = _DIGIT_PERMIT.finditer(text)
        yield from (_entity("permit", m) for m in found if _follows(text, m, _PERMIT_NAMES, reach=40))
    if any(cue in text for cue in _OFFICER_CUES):
        yield from (_entity("permit", m, 1) for m in _SERVICE_CARD.finditer(text))


def _follows(text: str, match: re.Match[str], cues: tuple[str, ...], *, reach: int) -> bool:
    before = text[max(0, match.start() - reach) : match.start()]
    return any(cue in before for cue in cues) and not _SERIAL.search(before)


def _phones(text: str) -> Iterator[MaskEntity]:
    for match in (*_MOBILE.finditer(text), *_ABROAD.finditer(text)):
        spaced = not match[0].isdigit() and _DIGIT_BEFORE.search(text, max(0, match.start() - 2), match.start())
        if not spaced and not _is_serial(text, match):
            yield MaskEntity("mobile", _with_prefix(text, match), match.end())
    for match in _LANDLINE.finditer(text):
        if not _is_serial(text, match) and _is_private_line(text, match):
            yield MaskEntity("landline", _with_prefix(text, match), match.end())
    for match in _LOCAL_LINE.finditer(text):
        if _LINE_CUE.search(text, max(0, match.start() - 8), match.start()) and _is_private_line(text, match):
            yield _entity("landline", match)


def _with_prefix(text: str, match: re.Match[str]) -> int:
    """Return where the number begins with its country code or opening bracket."""
    prefix = _COUNTRY_CODE.search(text, max(0, match.start() - 10), match.start())
    if prefix:
        return prefix.start()
    bracketed = text[max(0, match.start() - 1) : match.start()] in ("(", "（") and re.search("[)）]", match[0])
    return match.start() - bool(bracketed)


def _is_serial(text: str, match: re.Match[str], group: int | str = 0) -> bool:
    start = match.start(group)
    return _SERIAL.search(text, max(0, start - 20), start) is not None


def _spoken_mobiles(text: str) -> Iterator[MaskEntity]:
    for match in _SPOKEN_MOBILE.finditer(text):
        digits = re.sub(r"[ \-–—，,]", "", match[0]).translate(_SPOKEN_VALUES)
        if digits[1] >= "3" and sum(not c.isascii() for c in match[0]) >= 3:
            yield _entity("mobile", match)


def _is_private_line(text: str, match: re.Match[str]) -> bool:
    return _nearest(text, match, _PRIVATE, other=_PUBLIC, default=True)


def _nearest(text: str, match: re.Match[str], cue: re.Pattern[str], *, other: re.Pattern[str], default: bool) -> bool:
    """Say whether `cue` stands nearer than `other` before the number, in its sentence; `default` where neither does."""
    start = max(0, match.start() - 24)
    before = re.split(r"[。！？!?；;\n]", text[start : match.start()])[-1]
    own = max((m.end() for m in cue.finditer(before)), default=-1)
    foreign = max((m.end() for m in other.finditer(before)), default=-1)
    if own == foreign == -1:
        after = text[match.end() : match.end() + 8]
        return default if not other.match(after) else False
    return own >= foreign
