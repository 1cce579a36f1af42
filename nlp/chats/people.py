"""Who speaks in a chat: residents or staff by their nicknames, whom a message calls, what it quotes.

A nickname is personal data: it leaves here only as an office ("梅园社区") or as the placeholder of a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from nlp.privacy import PLACEHOLDERS

# The office a nickname names. Role words alone (管家) are enough; place words (社区) need a nickname without a door.
_ROLE = (
    r"物业(?!费|群)(?:公司|服务中心|中心|客服|管家|经理|前台|工程部?)?|管家|客服|网格(?:员|长)|居委会?|村委会?|"
    r"村两委|村支书|支书|"
    r"居民委员会|村民委员会|办事处|(?:镇|乡|区|县|市)政府|政府办|党群服务中心|便民服务中心|服务专员|城管(?:中队|"
    r"局|队)?|派出所|民警|"
    r"专干|驻村(?:干部|工作队)|第一书记|书记|教务处|德育处|总务处|校办|后勤处|班主任|管委会|管理处|管理办|"
    r"市场办|运营中心|商管|"
    r"供电(?:所|局)|自来水公司|水务(?:公司|局|集团)?|燃气公司|热力公司|供热公司|市监所|市场监管所|司法所|卫生院|"
    r"交警(?:队|中队)?|环卫所"
)
_PLACE = r"(?:[\u4e00-\u9fff]{2,8})(?:社区|街道(?:办)?|小学|中学|幼儿园|学校)"
_STAFF = re.compile(_ROLE)
_STAFF_PLACE = re.compile(_PLACE)
_DOOR = re.compile(r"\d{1,3}[-－—#栋幢座号]|\d{3,4}(?:室|$)")
_RESIDENT = re.compile(
    r"居民|业主|住户|租户|家长|家的|团购|团长|超市|物流|侄|媳|他[舅爹妈爸叔哥]|[爸妈爷奶](?:爸|妈|爷|奶)?$|宝妈|"
    r"业委会|班[)）]?[^\d]{0,4}[爸妈]$"
)
_PERSON = re.compile(
    r"[-_—·|/:：\s~]+[\u4e00-\u9fffA-Za-z]{1,4}$|(?<=.)(?:小|老|阿)[\u4e00-\u9fff]$|"
    r"(?<=[\u4e00-\u9fff])[\u4e00-\u9fff]{1,2}(?:姐|哥|工|总|叔|姨|师傅|主任|书记|经理|老师|警官)$"
)
_MENTION = re.compile(r"@([^\s@,,。!！?？:：;；、\u2005]{1,20})[\u2005 ]?")
_EVERYONE = frozenset({"所有人", "全体成员", "all", "群主"})
_BAR = re.compile(r"^[ \t]*[-—–─=]{3,}[ \t]*$|^[ \t]*(?:-[ ]){3,}-?[ \t]*$")
_QUOTED = re.compile(r"^「(?P<sender>[^:：」]{1,40})[:：]\s*(?P<text>.*?)」?$", re.DOTALL)
_CITED = re.compile(
    r"^[\[【「]?(?:引用|"
    r"回复)[ :：]*@?(?P<sender>[^:：\n]{1,40}?)(?:的消息)?[:：][ ]*(?P<text>[^\n\]】」]*)[\]】」]?$",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Spoken:
    """A message taken apart: the speaker's own words, the quoted message ("" without one), the nicknames it calls."""

    own: str
    quoted_sender: str = ""
    quoted_text: str = ""
    called: tuple[str, ...] = ()


def is_staff(nickname: str) -> bool:
    """Say whether a nickname is an office's: property company, community, village, street, school office.

    Example:
        is_staff("梅园社区网格员-王"), is_staff("7-1103 李姐"), is_staff("老支书家的")  # True, False, False
    """
    if _RESIDENT.search(nickname):
        return False
    return bool(_STAFF.search(nickname) or (_STAFF_PLACE.match(nickname) and not _DOOR.search(nickname)))


def office_of(nickname: str) -> str:
    """Return the office part of a staff nickname, without the person ("柳桥花苑物业小李" → "柳桥花苑物业")."""
    end = 0
    for pattern in (_STAFF, _STAFF_PLACE):
        for match in pattern.finditer(nickname):
            end = max(end, match.end())
    head = nickname[:end]
    tail = nickname[end:].strip("()（）[]【】-_—·|/:： ")
    if _STAFF_PLACE.fullmatch(tail):
        return tail
    pieces = [p for p in re.split(r"[-_—·|/:：()（）\s]+", head) if _STAFF.search(p) or _STAFF_PLACE.search(p)]
    name = max(pieces, key=len) if pieces else head
    return re.sub(r"^(?:[小老阿][\u4e00-\u9fff]|[\u4e00-\u9fff](?=书记|主任|支书))(?=\S)", "", name) or name


def take_apart(text: str, known: Iterable[str]) -> Spoken:
    """Split a message into own words and quote, and find whom it calls. `known`: the nicknames of the log."""
    own, sender, quoted = _split_quote(text)
    if "@" not in own:
        return Spoken(own.strip(), sender.strip(), quoted.strip())
    called = [n for n in known if n and f"@{n}" in own]
    rest = own
    for name in called:
        rest = rest.replace(f"@{name}", " ")
    called += [m[1] for m in _MENTION.finditer(rest)]
    return Spoken(own.strip(), sender.strip(), quoted.strip(), tuple(called))


def mask_calls(text: str, known: Iterable[str]) -> str:
    """Put 〔姓名〕 for each called person; an office stays, for it is evidence of who was called.

    known: nicknames of the log, the longest first, so that one with spaces is found whole.
    """
    if "@" not in text:
        return text.strip()
    for name in known:
        if name and f"@{name}" in text:
            text = text.replace(f"@{name}", _shown(name))
    return _MENTION.sub(lambda m: m[0] if m[1].startswith("〔") else _shown(m[1]) + " ", text).strip()


def without_calls(text: str, known: Iterable[str]) -> str:
    """Take the called nicknames away: what is left is what was said."""
    if "@" not in text:
        return text.strip()
    for name in known:
        if name:
            text = text.replace(f"@{name}", " ")
    return _MENTION.sub(" ", text).strip()


def _shown(name: str) -> str:
    if name in _EVERYONE:
        return f"@{name}"
    if not is_staff(name):
        return f"@{PLACEHOLDERS['name']}"
    office = office_of(name)
    return f"@{office}" if office == name else f"@{office}{PLACEHOLDERS['name']}"


def _split_quote(text: str) -> tuple[str, str, str]:
    lines = text.split("\n")
    bar = next((n for n, line in enumerate(lines) if _BAR.match(line)), None)
    if bar is not None:
        match = _QUOTED.match("\n".join(lines[:bar]).strip())
        if match:
            return "\n".join(lines[bar + 1 :]), match["sender"], match["text"]
    match = _CITED.search(text)
    if match:
        return (text[: match.start()] + text[match.end() :]).strip(), match["sender"], match["text"]
    return text, "", ""
