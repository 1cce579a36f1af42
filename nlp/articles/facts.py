"""Facts that stand in an article's own lines: when and by whom; and the lines that every article carries (套话)."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import parse_qs, urlsplit

from nlp.records import CHINA, parse_time

HEAD_LINES = 6  # where a heading block ends; a date further down belongs to the matter
TAIL_LINES = 8
MAX_TITLE_LINE = 45
MAX_FACT_LINE = 120  # 发布时间, 来源, 浏览次数, 字号 and 打印 together
MAX_LISTED = 12

_DIGITS = str.maketrans("〇零○O一二三四五六七八九", "0000123456789")
_DATE = r"\d{4}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}\s*日?(?:\s*\d{1,2}:\d{2}(?::\d{2})?)?"
_LABELLED_DATE = re.compile(
    rf"(?:发布时间|发布日期|发表时间|发文日期|成文日期|推送时间)\s*[:：]\s*({_DATE})"
    # 时间 and 日期 alone are as often those of an event: only beside what else stands under a headline.
    rf"|(?:时\s*间|日\s*期)\s*[:：]\s*({_DATE})(?=.{{0,20}}(?:来\s*源|浏览|阅读|点击|字号|字体|作者))"
)
_DATE_LINE = re.compile(rf"[(（\[]?\s*({_DATE})\s*[)）\]]?")
_CHINESE_DATE = re.compile(
    r"([二〇零○O一三四五六七八九]{4})年(十[一二]?|[一二三四五六七八九])月([二三]?十[一二三四五六七八九]?|[一二三四五六七八九])日"
)
_SOURCE = re.compile(
    r"(?:信息来源|文章来源|稿件来源|来\s*源|公众号|发布单位|发布机构|账号)\s*[:：|丨]\s*"
    r"([^\s|丨:：,，。;；]{2,40}?)(?=$|[\s|丨,，;；。]|发布(?:时间|日期|单位|机构)|浏览|作者|编辑|责任|字号|点击)"
)
_HEAD_FACT = re.compile(
    r"(?:发布时间|发布日期|发表时间|发文日期|成文日期|推送时间|信息来源|文章来源|稿件来源|来\s*源|公众号|发布单位"
    r"|发布机构|账号|浏览(?:次数|量)?|阅读(?:次数|量)?|点击(?:次数|量)?|访问量|作\s*者|责任编辑)\s*[:：|丨]"
    r"|[【\[]?\s*字(?:体|号)\s*[:：]|打印(?:本页)?$|分享到"
)
_VAGUE_SOURCE = frozenset(["本站", "本网", "原创", "网络", "互联网", "本站原创", "综合"])

_INTERFACE = re.compile(
    r"(?:微信扫一扫.{0,14}|预览时标签不可点|继续滑动看下一个|轻触阅读原文|向上滑动看下一个|向上滑动看下一篇"
    r"|(?:点击|戳)?[“「\"【]?阅读原文[”」\"】]?|长按(?:识别)?(?:上方|下方|图中)?二维码.{0,10}|扫码关注我们"
    r"|[↑▲☝👆⬆↓▼👇]*\s*点击(?:上方|下方)?(?:蓝字|蓝色字体|名片).{0,10}|喜欢此内容的人还喜欢|点击关闭|知道了"
    r"|微信号\s*[:：]?\s*[A-Za-z][\w\-]{5,19}|视频小程序赞.*|已关注\s*关注.*|使用小程序|取消 允许|× 分析)"
)
_TAIL_WORD = re.compile(
    r"(?:赞|在看|分享|收藏|点赞|留言|写留言|转发|关注|喜欢作者|赞赏|THE\s*END|[-—·*\s]*END[-—·*\s]*|end|[-—·*=_#~…]{2,}"
    r"|分享、?收藏、?点赞、?在看|[点给]{1,2}个?[“\"「]?(?:赞|在看)[”\"」]?(?:再走|吧|呗)?[!！~]?|(?:赞|在看|分享|收藏)(?:\s+(?:赞|在看|分享|收藏))+)"
)
_ROLE = (
    r"(?:责任编辑|执行编辑|值班编辑|本期编辑|编辑|责编|审核|初审|复审|终审|一审|二审|三审|校对|监制|总监制|排版|美编"
    r"|制图|撰稿|撰文|供稿|文字|图文|图片|摄影|值班编委|制作|统筹|策划|签发|编审)"
)
_SIGN = r"\s*[:：丨|/／│▏]\s*"
_HAN = rf"(?:(?!{_ROLE}{_SIGN})[\u4e00-\u9fff·])"  # of a name: no role begins here
_NAMES = rf"{_HAN}{{1,4}}(?:[\s、,，/]+{_HAN}{{1,4}}){{0,5}}"
_UNIT = (
    rf"(?:{_HAN}|[A-Za-z()（）]){{2,20}}"
    r"(?:局|办|中心|部|室|科|社|街道|社区|委|委会|发布|融媒|网|站|组|公司|党支部)"
)
# (?>…): without it, roles and names that could be either are tried in every combination.
_CREDIT = re.compile(rf"(?>{_ROLE}{_SIGN}(?:{_UNIT}|{_NAMES})[\s;；,，]*(?={_ROLE}{_SIGN}|$))+$")
_CREDIT_AFTER_SOURCE = re.compile(rf"(?<=\S)[\s;；,，]+(?:{_ROLE}{_SIGN}.{{1,24}})$")
_MORE = re.compile(
    r"[^\w\u4e00-\u9fff]*(?:往期推荐|往期回顾|往期精彩|往期精选|精彩回顾|推荐阅读|相关阅读|延伸阅读|热门推荐|更多推荐|往期链接"
    r"|猜你喜欢)[^\w\u4e00-\u9fff]*"
)


@dataclass(frozen=True, slots=True)
class ArticleFacts:
    """What a reader of one format found. `warnings` are Chinese sentences; `id` None where the file names none."""

    title: str
    lines: tuple[str, ...]
    account: str | None = None
    published: datetime | None = None
    id: str | None = None
    warnings: tuple[str, ...] = ()


def article_id(account: object, title: object, published: object) -> str:
    """Make an id for an article whose export has none: the same for every export of it.

    Only the day of `published` counts, because lists and pages differ in the hour; white space, width and case of
    account and title do not count.
    """
    time = parse_time(published) if isinstance(published, (str, datetime)) else None
    if time is not None:
        day = time.astimezone(CHINA).date().isoformat()
    else:
        day = published.isoformat() if isinstance(published, date) else _folded(published)
    whole = "\n".join((_folded(account), _folded(title), day))
    return "a-" + hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def link_id(link: str | None) -> str | None:
    """Read the identity of a public-account article from its address: mid-idx-sn, or the short key; else None."""
    try:
        parts = urlsplit((link or "").replace("&amp;", "&").replace("\\x26amp;", "&").replace("\\x26", "&").strip())
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    except ValueError:
        return None
    if not (parts.hostname or "").endswith("weixin.qq.com"):
        return None
    found = [query.get("mid") or query.get("appmsgid"), query.get("idx") or query.get("itemidx"), query.get("sn")]
    if found[2] or found[0]:
        return "wx-" + "-".join(re.sub(r"\W", "", part)[:40] for part in found if part)
    key = re.fullmatch(r"/s/([\w\-]{8,40})", parts.path)
    return f"wx-{key[1]}" if key else None


def find_published(lines: Sequence[str], *, title: str = "") -> datetime | None:
    """Find when an article came out: a labelled date anywhere near the ends, else a line that is only a date."""
    near = (*lines[:HEAD_LINES], *lines[HEAD_LINES:][-TAIL_LINES:])
    for match in (_LABELLED_DATE.search, _DATE_LINE.fullmatch):
        for line in near:
            found = match(_plain_date(line)) if line != title else None
            if found and (time := parse_time(_tight(found[found.lastindex or 0]))) is not None:
                return time
    return None


def find_account(lines: Sequence[str]) -> str | None:
    """Find 来源, 公众号 or 发布单位 near the ends of an article."""
    for line in (*lines[:HEAD_LINES], *lines[HEAD_LINES:][-TAIL_LINES:]):
        for found in _SOURCE.finditer(line):
            if found[1] not in _VAGUE_SOURCE:
                return found[1]
    return None


def trim_head(lines: Sequence[str], *, title: str) -> list[str]:
    """Drop the title and the line of date and source above the words of an article."""
    kept: list[str] = []
    for at, line in enumerate(lines):
        is_date = _DATE_LINE.fullmatch(_plain_date(line)) or _LABELLED_DATE.match(_plain_date(line))
        is_fact = bool(is_date or _HEAD_FACT.match(line)) and len(line) <= MAX_FACT_LINE
        if _folded(line) == _folded(title) or is_fact:
            continue
        kept.append(line)
        if at >= HEAD_LINES or len(line) > MAX_TITLE_LINE or line.endswith("。"):
            return [*kept, *lines[at + 1 :]]
    return kept


def trim_furniture(lines: Sequence[str]) -> list[str]:
    """Drop what the platform and the editors put around every article: buttons, follow-us lines, credits, 往期推荐.

    Only known words go: a line that says anything else stays.
    """
    rest = [line for line in lines if not _INTERFACE.fullmatch(line)]
    rest = _trim_tail(rest)
    return _trim_tail(_trim_more(rest))


def _trim_tail(lines: list[str]) -> list[str]:
    kept: list[str] = []
    rest = list(lines)
    for _ in range(2 * TAIL_LINES):
        if not rest:
            break
        last = rest.pop()
        if _TAIL_WORD.fullmatch(last) or _CREDIT.fullmatch(last):
            continue
        if _SOURCE.match(last) and len(last) <= 60:
            kept.append(_CREDIT_AFTER_SOURCE.sub("", last))
            continue
        rest.append(last)
        break
    return rest + kept[::-1]


def _trim_more(lines: list[str]) -> list[str]:
    for at in range(len(lines) - 1, 0, -1):
        if _MORE.fullmatch(lines[at]):
            after = lines[at + 1 :]
            listed = len(after) <= MAX_LISTED and all(len(x) <= MAX_TITLE_LINE and not x.endswith("。") for x in after)
            return lines[:at] if listed else lines
    return lines


def _folded(value: object) -> str:
    return "" if value is None else re.sub(r"\s+", "", unicodedata.normalize("NFKC", str(value))).lower()


def _tight(value: str) -> str:
    return re.sub(r"(?<=\d)\s*([-/.年月])\s*(?=\d)", r"\1", value)


def _plain_date(line: str) -> str:
    """Write 二〇二六年十一月九日 with digits, full-width digits and colons as plain ones; only in a short line."""
    text = unicodedata.normalize("NFKC", line) if len(line) <= 200 else line
    return _CHINESE_DATE.sub(lambda m: f"{m[1].translate(_DIGITS)}年{_number(m[2])}月{_number(m[3])}日", text)


def _number(value: str) -> int:
    tens, ten, ones = value.rpartition("十")
    if not ten:
        return int(value.translate(_DIGITS))
    return 10 * int((tens or "一").translate(_DIGITS)) + int((ones or "〇").translate(_DIGITS))
