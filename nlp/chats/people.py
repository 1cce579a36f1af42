"""Who speaks in a chat: residents or staff by their nicknames, whom a message calls, what it quotes.

A nickname is personal data: it leaves here only as an office ("梅园社区") or as the placeholder of a name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from nlp.chats.words import content_pairs
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
_MENTION = re.compile(r"@([^\s@,,。!！?？:：;；、\u2005]{1,20})[\u2005 ]?")
_EVERYONE = frozenset({"所有人", "全体成员", "all", "群主"})
_BAR = re.compile(r"^[ \t]*[-—–─=]{3,}[ \t]*$|^[ \t]*(?:-[ ]){3,}-?[ \t]*$")
_QUOTED = re.compile(r"^「(?P<sender>[^:：」]{1,40})[:：]\s*(?P<text>.*?)」?$", re.DOTALL)
_CITED = re.compile(
    r"^[\[【「]?(?:引用|"
    r"回复)[ :：]*@?(?P<sender>[^:：\n]{1,40}?)(?:的消息)?[:：](?P<text>[^\n\]】」]*)[\]】」]?$",
    re.MULTILINE,
)

# Who speaks, before a colon at the beginning of a line: a known nickname, or what only a person is called. The words
# that begin as such a name does (小区, 老人) are not people.
_LINE_SPEAKER = re.compile(r"^(?P<speaker>[^\n:：「」@]{1,40})(?P<rest>[ ]?[:：])", re.MULTILINE)
_SPEAKER = re.compile(
    r"(?P<place>(?:[\u4e00-\u9fff]{0,8}[\dA-Za-z][\dA-Za-z栋幢座号楼单元室组门区\-－—#]{0,12}[-_—·|/\s]*)?)"
    r"(?:[老小阿大][\u4e00-\u9fffA-Za-z](?<!小区|小学|小时|小孩|小车|小组|小结|小计|小店|小心|老人|老师|老板|老乡|老婆"
    r"|老公|老家|大家|大人|大门|大厅|大概|大意|大致|大小)"
    r"|(?![我你他她咱俺这那谁])[\u4e00-\u9fffA-Za-z]{1,4}(?:妈妈|爸爸|爷爷|奶奶|外婆|外公|姥姥|姥爷|阿姨|大爷|大妈|大叔|大姐|大哥"
    r"|师傅|妈|爸|爷|奶|姐|哥|叔|婶|姨|伯|嫂))"
)


@dataclass(frozen=True, slots=True)
class Nicknames:
    """The nicknames of a log, to be found after an @ in a time that does not depend on how many there are."""

    names: frozenset[str] = frozenset()
    lengths: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "lengths", tuple(sorted({len(name) for name in self.names if name}, reverse=True)))

    def called_in(self, text: str) -> list[str]:
        """Return every nickname that stands after an @, the longest first; one that begins another counts too."""
        found = {name for at in _ats(text) for name in self._names_at(text, at)}
        return sorted(found, key=lambda name: (-len(name), name))

    def replace_in(self, text: str, shown: Callable[[str], str]) -> str:
        """Put `shown(name)` for each "@name", the longest name that fits."""
        pieces: list[str] = []
        done = 0
        for at in _ats(text):
            name = next(self._names_at(text, at), None)
            if name is not None and at > done:
                pieces += (text[done : at - 1], shown(name))
                done = at + len(name)
        return "".join((*pieces, text[done:]))

    def _names_at(self, text: str, at: int) -> Iterator[str]:
        return (name for n in self.lengths if len(name := text[at : at + n]) == n and name in self.names)


@dataclass(slots=True)
class HomeWords:
    """The pairs of characters that tell where a group lives, from its name and what two nicknames share.

    In a group of the neighbours of 南埠新苑 every other message names it: it ties no message to a matter. Looks back
    only, so that a longer export decides the same.
    """

    pairs: set[str]
    once: set[str] = field(default_factory=set)
    nicknames: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, group: str) -> HomeWords:
        return cls(set(content_pairs(group)))

    def see(self, nickname: str) -> None:
        if nickname not in self.nicknames:
            self.nicknames.add(nickname)
            found = content_pairs(nickname)
            self.pairs |= found & self.once
            self.once |= found

    def strip(self, text: str) -> frozenset[str]:
        """Return the pairs of a text without those of the home."""
        return content_pairs(text) - self.pairs


def _ats(text: str) -> Iterator[int]:
    return (match.end() for match in re.finditer("@", text))


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


def take_apart(text: str, known: Nicknames) -> Spoken:
    """Split a message into own words and quote, and find whom it calls. `known`: the nicknames of the log."""
    own, sender, quoted = _split_quote(text)
    if "@" not in own:
        return Spoken(own.strip(), sender.strip(), quoted.strip())
    rest = known.replace_in(own, lambda _: " ")
    called = [*known.called_in(own), *(m[1] for m in _MENTION.finditer(rest))]
    return Spoken(own.strip(), sender.strip(), quoted.strip(), tuple(called))


def mask_people(text: str, known: Nicknames) -> str:
    """Put 〔姓名〕 for each called person and each speaker that a line begins with ("果果妈:"); offices stay.

    An office is evidence of who was called; so is the building before a speaker's name.
    """
    text = _LINE_SPEAKER.sub(lambda m: _shown_speaker(m["speaker"], known) + m["rest"], text)
    if "@" not in text:
        return text.strip()
    text = known.replace_in(text, _shown)
    return _MENTION.sub(lambda m: m[0] if m[1].startswith("〔") else _shown(m[1]) + " ", text).strip()


def without_calls(text: str, known: Nicknames) -> str:
    """Take the called nicknames away: what is left is what was said."""
    if "@" not in text:
        return text.strip()
    return _MENTION.sub(" ", known.replace_in(text, lambda _: " ")).strip()


def _shown(name: str) -> str:
    return f"@{name if name in _EVERYONE else _shown_person(name)}"


def _shown_person(name: str) -> str:
    if not is_staff(name):
        return PLACEHOLDERS["name"]
    office = office_of(name)
    return office if office == name else f"{office}{PLACEHOLDERS['name']}"


def _shown_speaker(speaker: str, known: Nicknames) -> str:
    if speaker in known.names:
        return _shown_person(speaker)
    match = None if is_staff(speaker) else _SPEAKER.fullmatch(speaker)
    return f"{match['place']}{PLACEHOLDERS['name']}" if match else speaker


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
