"""The sample city as offices would send it: six exports and a sheet of steps, made from datasets/sample.

    python tests/e2e/office_exports.py        # writes datasets/exports anew

Nothing is random and no clock is read: the same sample gives the same files. What does not fit a format is left out, as
in a real export: a work order has one reply and one time a step, chats and inboxes have no order numbers and no steps.
"""

from __future__ import annotations

import csv
import hashlib
import html
import io
import json
import re
import sys
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import xlwt
from docx import Document
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

ROOT = Path(__file__).resolve().parents[2]
SAMPLE, EXPORTS = ROOT / "datasets" / "sample", ROOT / "datasets" / "exports"
STAMP = datetime(2026, 11, 15, 23, 50, 12)
HOTLINE, BOARD, QR = "12345热线工单导出(11月).xls", "网上留言板.csv", "扫码诉求.xlsx"
INBOX, STEPS, CHATS, POSTS = "公众号后台消息.xlsx", "流转记录.xlsx", "微信群聊天记录", "推文"
# fmt: off
HOTLINE_COLUMNS = (
    "序号", "工单编号", "来电人", "来电号码", "受理时间", "诉求标题", "诉求内容", "事发地址", "所属区域",
    "承办单位", "派单时间", "办结时间", "答复内容", "答复时间", "回访时间", "是否联系", "是否解决", "满意度",
)
BOARD_COLUMNS = (
    "留言编号", "留言主题", "留言内容", "留言时间", "留言用户", "所属区域", "点赞数", "点踩数", "答复单位",
    "答复内容", "答复时间", "办理状态",
)
QR_COLUMNS = (
    "点位", "诉求编号", "提交时间", "诉求内容", "所属区域", "扫码用户", "处置单位", "回复内容", "回复时间",
)
INBOX_COLUMNS = ("用户昵称", "OpenID", "消息类型", "消息内容", "发送时间", "是否回复", "回复内容", "回复时间")
STEP_COLUMNS = (
    "诉求编号", "来源渠道", "流转环节", "流转时间", "操作单位", "备注", "是否联系", "是否解决", "是否满意",
)
STEP_NAMES = {
    "received": "受理", "dispatched": "派单", "returned": "退单", "replied": "答复", "closed": "办结",
    "reopened": "重办", "called_back": "回访",
}
CHANNEL_NAMES = {"hotline": "12345热线", "board": "网上留言板", "qr_form": "扫码诉求"}
SURNAMES = "贺费邵柯鲍庄阎包左石崔翟谭文路盛车侯宓蓬全郗班仰秋仲伊宫宁仇栾暴甘斜厉戎祖武符刘景詹束龙叶幸司韶郜黎蓟薄印"
GIVEN = (
    "阿芳", "老周", "小满", "丁丁妈", "阿杰", "老姚", "静静", "大刘", "木子", "小雨", "老范", "婷婷", "阿明",
    "豆豆爸", "老顾", "晓晓",
)
SMALL_TALK = (
    "早上好邻居们", "早", "今天降温大家多穿点", "收到", "谢谢", "👍👍", "哈哈哈哈", "有没有拼车去高铁站的 明早七点",
    "出一张儿童床 九成新 自提", "团购的橙子到了 在门卫拿", "谁家的快递拿错了 圆通的小箱子", "晚上一起打羽毛球吗",
    "好的", "[图片]", "[表情]", "祝大家周末愉快", "今天菜场鲫鱼便宜 八块五", "孩子班上让带卡纸 谁家有多的",
    "可以可以", "求推荐一个修手表的师傅", "钥匙捡到一串 放门卫了", "饺子馅谁要 我多剁了两斤", "嗯嗯", "恭喜恭喜",
    "群里新来的邻居改下备注哈", "今晚球赛几点", "出去遛弯了", "[语音]", "明天赶集去不去",
    "刚蒸的发糕 谁家有小孩来拿", "早啊 今天雾大", "好看", "晚安",
)
# fmt: on
# Beside the lists: some posts as saved web pages, some as the Word files they were written in.
PAGE_EVERY, WORD_EVERY = 8, 13
NOTICES = (
    "【通知】本周六上午九点活动室免费量血压,有需要的居民可以来。",
    "【温馨提示】近日气温下降,请照看好家中老人和孩子。",
    "各位邻居,人口抽样调查这周开始,入户人员都带证件,请配合。",
    "【招募】周末捡拾垃圾志愿活动,愿意来的邻居找我报名。",
    "旧书交换角挪到一楼大厅了,欢迎来换。",
)


@dataclass(frozen=True)
class City:
    """The sample: requests in order, and what belongs to each."""

    requests: list[dict[str, Any]]
    replies: dict[str, dict[str, Any]]
    events: dict[str, list[dict[str, Any]]]
    posts: list[dict[str, Any]]
    areas: dict[str, dict[str, str]]
    homes: dict[str, dict[str, Any]]
    phones: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path) -> City:
        """Read the files of a sample folder."""
        events: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for event in _rows(folder / "events.jsonl"):
            events[event["request"]].append(event)
        with (folder / "areas.csv").open(encoding="utf-8", newline="") as file:
            areas = {row["code"]: row for row in csv.DictReader(file)}
        truth = json.loads((folder / "truth.json").read_text("utf-8"))
        return cls(
            requests=_rows(folder / "requests.jsonl"),
            replies={r["request"]: r for r in _rows(folder / "replies.jsonl")},
            events=events,
            posts=_rows(folder / "posts.jsonl"),
            areas=areas,
            homes={r: issue for issue in truth["issues"] for r in issue["requests"]},
        )

    def of(self, channel: str) -> list[dict[str, Any]]:
        """Return the requests of a channel, by time."""
        return [r for r in self.requests if r["channel"] == channel]

    def area_name(self, value: str | None) -> str:
        """Return the name behind a code; a name stays."""
        return self.areas[value]["name"] if value in self.areas else value or ""

    def code_of(self, request: Mapping[str, Any]) -> str:
        """Return the code of the area of a request, or of its issue; empty where neither is known."""
        names = {row["name"]: code for code, row in self.areas.items()}
        found = request.get("area") or self.homes.get(request["id"], {}).get("area") or ""
        return names.get(found, found)

    def phone(self, request: Mapping[str, Any]) -> str:
        """Return the number of a caller: the one named in the text, else an invented one; one number a caller."""
        user = str(request["user"])
        if user not in self.phones:
            said = re.search(r"1[3-9]\d00\d{6}", request["text"])
            made = (f"1380000{(int(user[1:]) * 7919 + n) % 10_000:04d}" for n in range(10_000))
            self.phones[user] = said[0] if said else next(p for p in made if p not in self.phones.values())
        return self.phones[user]


def write_exports(folder: Path, sample: Path = SAMPLE) -> None:
    """Write all exports of a sample into a folder."""
    city = City.read(sample)
    for name in (CHATS, POSTS):
        (folder / name).mkdir(parents=True, exist_ok=True)
    told = _write_hotline(folder / HOTLINE, city)
    _write_board(folder / BOARD, city)
    _write_qr(folder / QR, city)
    _write_inbox(folder / INBOX, city)
    _write_chats(folder / CHATS, city)
    _write_posts(folder / POSTS, city)
    _write_steps(folder / STEPS, city, told)


def chat_lines(city: City) -> dict[str, list[tuple[str, str]]]:
    """Return for each chat request who says what: its own words, and those of neighbours that its text quotes."""
    found = {}
    for request in city.of("wechat_group"):
        name = _nickname(request, city)
        first, *lines = request["text"].split("\n")
        said = [(name, first)]
        for line in lines:
            other = re.match(r"(\d{0,2}\D{0,8}?[^\d\W：]{1,8})：(.+)", line)
            if other is None and said[-1][0] == name:
                said[-1] = name, f"{said[-1][1]}\n{line}"
            else:
                said.append((other[1], other[2]) if other else (name, line))
        found[request["id"]] = said
    return found


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def _time(value: str) -> datetime:
    return datetime.fromisoformat(value).replace(tzinfo=None)


def _pick(items: Sequence[str], key: str) -> str:
    return items[int(hashlib.sha256(key.encode()).hexdigest(), 16) % len(items)]


def _caller(request: Mapping[str, Any]) -> str:
    said = re.search(r"我姓(\w)|(?<=[，。])姓(\w)[，,]|(\w)女士|(\w)先生", request["text"])
    surname = next((g for g in said.groups() if g), "") if said else _pick(SURNAMES, request["user"])
    return surname + _pick(("先生", "女士"), request["user"] + "?")


# --- (a) work orders of the hotline: .xls, two months, title rows, 合计


def _write_hotline(path: Path, city: City) -> set[tuple[str, str, str]]:
    """Write the work orders; return the steps that they tell, as (request, type, time)."""
    book = xlwt.Workbook(encoding="utf-8")
    told: set[tuple[str, str, str]] = set()
    months: dict[str, list[dict[str, Any]]] = {"10月": [], "11月": []}
    for request in city.of("hotline"):
        months["11月" if request["time"] >= "2026-11" else "10月"].append(request)
    for name, requests in months.items():
        sheet = book.add_sheet(name)
        bold = xlwt.easyxf("font: bold on, height 280; align: horiz center")
        sheet.write_merge(0, 0, 0, len(HOTLINE_COLUMNS) - 1, f"澜溪市12345政务服务便民热线工单明细表({name})", bold)
        sheet.write_merge(1, 1, 0, 7, f"导出时间:{STAMP:%Y-%m-%d %H:%M:%S}    导出科室:数据科")
        for column, title in enumerate(HOTLINE_COLUMNS):
            sheet.write(2, column, title, xlwt.easyxf("font: bold on; border: bottom thin"))
        for number, request in enumerate(requests, start=1):
            _write_order(sheet, number, request, city=city, told=told)
        sheet.write(len(requests) + 3, 0, "合计")
        sheet.write(len(requests) + 3, 1, f"{len(requests)}件")
    notes = book.add_sheet("填表说明")
    notes.write(0, 0, "一、本表由热线系统导出,请勿改动工单编号。")
    notes.write(1, 0, "二、满意度以回访结果为准。")
    book.save(str(path))
    return told


def _write_order(
    sheet: Any, number: int, request: Mapping[str, Any], *, city: City, told: set[tuple[str, str, str]]
) -> None:
    reply, place = city.replies.get(request["id"]), city.homes.get(request["id"], {}).get("place", "")
    steps = city.events[request["id"]]
    sent = next((e for e in steps if e["type"] == "dispatched"), {})
    unit = (reply or sent).get("unit", "")
    area, address = city.area_name(request.get("area")), place if place in request["title"] + request["text"] else ""
    time = _as_office_writes(request["time"], number)
    caller = number, request["id"], _caller(request), city.phone(request)
    asked = time, request["title"], request["text"], address, area, unit
    row: dict[str, Any] = dict(zip(HOTLINE_COLUMNS, (*caller, *asked), strict=False))
    if reply:
        row |= {"答复内容": reply["reply"], "答复时间": _as_office_writes(reply["reply_time"], number)}
    for column, kind in (("派单时间", "dispatched"), ("办结时间", "closed")):
        step = next((e for e in steps if e["type"] == kind), None)
        if step and step["unit"] == unit:
            row[column] = _as_office_writes(step["time"], number)
            told.add((request["id"], kind, step["time"]))
    called = next((e for e in steps if e["type"] == "called_back"), None)
    if called:
        row |= {"回访时间": _as_office_writes(called["time"], number), **_called_back(called)}
        told.add((request["id"], "called_back", called["time"]))
    if any(row.get(name) for name in ("派单时间", "办结时间", "回访时间")):
        told.update((request["id"], "received", e["time"]) for e in steps if e["type"] == "received")
    for at, value in enumerate(row.get(name, "") for name in HOTLINE_COLUMNS):
        style = [xlwt.easyxf(num_format_str="yyyy-mm-dd hh:mm:ss")] if isinstance(value, datetime) else []
        sheet.write(number + 2, at, value, *style)


def _called_back(event: Mapping[str, Any]) -> dict[str, str]:
    solved, satisfied = ("是否解决", "已解决", "未解决"), ("满意度", "满意", "不满意")
    words = {"contacted": ("是否联系", "是", "否"), "solved": solved, "satisfied": satisfied}
    return {column: yes if event[name] else no for name, (column, yes, no) in words.items() if name in event}


def _as_office_writes(value: str, number: int) -> Any:
    """Return a time as a date cell, as the bare number behind one, or as text: clerks paste all three."""
    time = _time(value)
    if number % 5 == 0:
        return (time - datetime(1899, 12, 30)) / timedelta(days=1)
    return time if number % 3 == 0 else f"{time:%Y/%m/%d %H:%M:%S}"


# --- (b) message board: GB18030, full-width digits, likes


def _write_board(path: Path, city: City) -> None:
    wide = str.maketrans("0123456789", "０１２３４５６７８９")
    out = io.StringIO(newline="")
    table = csv.writer(out)
    table.writerow(BOARD_COLUMNS)
    for number, request in enumerate(city.of("board")):
        reply = city.replies.get(request["id"], {})
        time = f"{_time(request['time']):%Y-%m-%d %H:%M:%S}"
        answered = f"{_time(reply['reply_time']):%Y-%m-%d %H:%M:%S}" if reply else ""
        if number % 4 == 1:
            time, answered = time.translate(wide), answered.translate(wide)
        user, area = "网友" + request["user"].removeprefix("u"), city.area_name(request.get("area"))
        votes = request.get("likes", 0), request.get("dislikes", 0)
        answer = reply.get("unit", ""), reply.get("reply", ""), answered, "已答复" if reply else "办理中"
        table.writerow([request["id"], request["title"], request["text"], time, user, area, *votes, *answer])
    path.write_bytes(out.getvalue().encode("gb18030"))


# --- (c) scanned codes: one sheet a street, the place merged over its rows


def _write_qr(path: Path, city: City) -> None:
    streets: dict[str, list[dict[str, Any]]] = defaultdict(list)
    sites = {r["site"]: r["area"] for r in city.of("qr_form") if r.get("area")}
    for request in city.of("qr_form"):
        code = request.get("area") or sites.get(request["site"], "")
        streets[city.area_name(code[:6]) if len(code) >= 6 else "其他点位"].append(request)
    book = Workbook()
    book.remove(book.active)
    for street, requests in sorted(streets.items()):
        sheet = book.create_sheet(street)
        sheet.append([f"{street}“码上反映”诉求台账"])
        sheet.merge_cells(start_row=1, end_row=1, start_column=1, end_column=len(QR_COLUMNS))
        sheet["A1"].font, sheet["A1"].alignment = Font(bold=True, size=14), Alignment(horizontal="center")
        sheet.append(QR_COLUMNS)
        requests.sort(key=lambda r: (r["site"], r["time"]))
        for request in requests:
            reply, area = city.replies.get(request["id"], {}), city.area_name(request.get("area"))
            answer = reply.get("unit"), reply.get("reply"), _time(reply["reply_time"]) if reply else None
            sent = _time(request["time"]), request["text"], area, request["user"]
            sheet.append([request["site"], request["id"], *sent, *answer])
        _merge_sites(sheet, [r["site"] for r in requests])
        _set_widths(sheet, (14, 12, 20, 50, 14, 10, 24, 40, 20))
    _save_book(book, path)


def _merge_sites(sheet: Any, sites: Sequence[str]) -> None:
    first = 0
    for end in range(1, len(sites) + 1):
        if end == len(sites) or sites[end] != sites[first]:
            if end - first > 1:
                sheet.merge_cells(start_row=first + 3, end_row=end + 2, start_column=1, end_column=1)
            first = end


# --- (d) chat logs


def _group(request: Mapping[str, Any], city: City) -> str:
    code = city.code_of(request)
    own = {"LX01010102": "锦汀苑业主群", "LX01020201": "云帆家园业主群", "LX01020101": "渡口花园业主群"}
    streets = {"LX0101": "柳桥街道邻里群", "LX0102": "望渡街道邻里群", "LX0103": "青坊街道邻里群"}
    return own.get(code) or streets.get(code[:6]) or ("河埠区街坊群" if code.startswith("LX02") else "望渡街道邻里群")


def _nickname(request: Mapping[str, Any], city: City) -> str:
    estate = city.area_name(request.get("area"))
    number = int(request["user"][1:])
    name = f"{GIVEN[number % len(GIVEN)]}{number % 97}"
    is_shared = not _group(request, city).endswith("业主群")
    return f"{estate}{name}" if is_shared and len(city.code_of(request)) == 10 and estate else name


def _write_chats(folder: Path, city: City) -> None:
    words = chat_lines(city)
    groups: dict[str, list[tuple[datetime, str, str]]] = defaultdict(list)
    for request in city.of("wechat_group"):
        log, at = groups[_group(request, city)], _time(request["time"])
        log += [(at + timedelta(minutes=n), name, text) for n, (name, text) in enumerate(words[request["id"]])]
        reply = city.replies.get(request["id"])
        if reply:
            quoted = words[request["id"]][0]
            text = f"「{quoted[0]}：{quoted[1]}」\n- - - - - - - - - - - - - - -\n{reply['reply']}"
            log.append((_time(reply["reply_time"]), reply["unit"], text))
    for style, (name, log) in enumerate(sorted(groups.items())):
        _add_small_talk(log, name)
        log.sort(key=lambda message: message[0])
        (folder / f"{name}.txt").write_text(_format_log(log, name, style=style % 3), "utf-8")


def _add_small_talk(log: list[tuple[datetime, str, str]], group: str) -> None:
    """Put talk between the messages, hours away from most, and a notice of the community now and then."""
    place = re.sub("(业主|邻里|街坊)群", "", group)
    for number, day in enumerate(sorted({time.date() for time, _, _ in log})):
        noon = datetime(day.year, day.month, day.day, 13, 5)
        for n in range(3):
            time = noon + timedelta(minutes=7 * n + number % 5)
            speaker = f"{(number * 7 + n) % 19 + 1}幢{_pick(GIVEN, f'{group}{day}{n}')}"
            log.append((time, speaker, SMALL_TALK[(number * 3 + n + len(group)) % len(SMALL_TALK)]))
        if number % 6 == 2:
            log.append((noon + timedelta(minutes=55), place + "网格员", NOTICES[number // 6 % len(NOTICES)]))


def _format_log(log: Iterable[tuple[datetime, str, str]], group: str, *, style: int) -> str:
    lines = [f"群聊:{group}", f"导出时间:{STAMP:%Y-%m-%d %H:%M:%S}", ""]
    for time, name, text in log:
        clock = f"{time.year}/{time.month}/{time.day} {time:%H:%M}"
        head = (f"{time:%Y-%m-%d %H:%M:%S} {name}", f"{name} {clock}", f"[{time:%Y-%m-%d %H:%M:%S}] {name}")[style]
        lines += [head, text, ""]
    return "\n".join(lines)


# --- (e) messages of the accounts' inboxes


def _write_inbox(path: Path, city: City) -> None:
    book = Workbook()
    sheet = book.active
    sheet.title = "用户消息"
    sheet.append(INBOX_COLUMNS)
    for number, request in enumerate(city.of("account_inbox")):
        reply, time = city.replies.get(request["id"], {}), _time(request["time"])
        who = _pick(GIVEN, request["user"]), "o" + hashlib.sha256(request["user"].encode()).hexdigest()[:27]
        answer = "是" if reply else "否", reply.get("reply"), _time(reply["reply_time"]) if reply else None
        sheet.append([*who, "文本", request["text"], time, *answer])
        if number % 12 == 5:
            sheet.append([*who, "图片", "[图片]", time + timedelta(minutes=1), "否"])
    _set_widths(sheet, (14, 32, 10, 60, 20, 10, 40, 20))
    _save_book(book, path)


# --- (f) posts: lists of two accounts each, saved pages, Word files


def _write_posts(folder: Path, city: City) -> None:
    single = {p["id"] for n, p in enumerate(city.posts) if n % PAGE_EVERY == 3 or n % WORD_EVERY == 6}
    lists = (("东屏区发布", "柳桥街道"), ("河埠区住建", "望渡街道"), ("澜溪交通", "梅园社区"))
    for number, accounts in enumerate(lists):
        rows = [p for p in city.posts if p["account"] in accounts and p["id"] not in single]
        _write_list(folder / f"推文清单{number + 1}.xlsx", rows, accounts, has_sheets=number == 0)
    for number, post in enumerate(city.posts):
        name = re.sub(r"[^\w]+", "", post["title"])[:24]
        if number % PAGE_EVERY == 3:
            (folder / f"{name}.html").write_text(_page(post), "utf-8")
        elif number % WORD_EVERY == 6:
            _write_word(folder / f"{name}.docx", post)


def _write_list(path: Path, posts: Sequence[Mapping[str, Any]], accounts: Sequence[str], *, has_sheets: bool) -> None:
    book = Workbook()
    book.remove(book.active)
    names = accounts if has_sheets else ("推文清单",)
    for name in names:
        sheet = book.create_sheet(name)
        sheet.append(["推文编号", *([] if has_sheets else ["公众号"]), "文章标题", "发布时间", "正文", "阅读数"])
        for post in posts:
            if not has_sheets or post["account"] == name:
                account = [] if has_sheets else [post["account"]]
                date = _time(post["published"]).date() if not has_sheets else post["published"]
                reads = int(hashlib.sha256(post["id"].encode()).hexdigest(), 16) % 4000 + 60
                sheet.append([post["id"], *account, post["title"], date, _markup(post["body"]), reads])
    _save_book(book, path)


def _markup(body: str) -> str:
    blocks = (f'<p style="line-height:1.75em;"><span>{html.escape(line)}</span></p>' for line in body.split("\n"))
    return f"<section>{''.join(blocks)}</section>"


def _page(post: Mapping[str, Any]) -> str:
    title = html.escape(post["title"])
    head = f'<a id="js_name">{post["account"]}</a> <em id="publish_time">{post["published"]}</em>'
    return (
        f'<!DOCTYPE html>\n<html><head><meta charset="utf-8"><title>{title}</title></head><body>\n'
        f'<div id="img-content"><h1 class="rich_media_title" id="activity-name">{title}</h1>\n'
        f'<div id="meta_content">{head}</div>\n'
        f'<div class="rich_media_content" id="js_content">{_markup(post["body"])}</div></div>\n'
        "<script>var biz = 1;</script></body></html>\n"
    )


def _write_word(path: Path, post: Mapping[str, Any]) -> None:
    document = Document()
    document.core_properties.created = document.core_properties.modified = STAMP
    document.core_properties.author = ""
    document.add_heading(post["title"], level=0)
    document.add_paragraph(f"来源：{post['account']}  发布时间：{post['published']}")
    for line in post["body"].split("\n"):
        document.add_paragraph(line)
    held = io.BytesIO()
    document.save(held)
    path.write_bytes(_without_clock(held.getvalue()))


# --- (g) what the others have no column for


def _write_steps(path: Path, city: City, told: set[tuple[str, str, str]]) -> None:
    book = Workbook()
    sheet = book.active
    sheet.title = "流转记录"
    sheet.append(STEP_COLUMNS)
    rows = [e for events in city.events.values() for e in events if (e["request"], e["type"], e["time"]) not in told]
    said = {True: "是", False: "否", None: None}
    for event in sorted(rows, key=lambda e: (e["time"], e["request"])):
        if event["channel"] in CHANNEL_NAMES:
            step = CHANNEL_NAMES[event["channel"]], STEP_NAMES[event["type"]], _time(event["time"])
            answers = (said[event.get(name)] for name in ("contacted", "solved", "satisfied"))
            sheet.append([event["request"], *step, event.get("unit"), event.get("note"), *answers])
    _set_widths(sheet, (20, 14, 10, 20, 28, 40, 10, 10, 10))
    _save_book(book, path)


def _set_widths(sheet: Any, widths: Sequence[int]) -> None:
    for number, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = width


def _save_book(book: Workbook, path: Path) -> None:
    book.properties.created = book.properties.modified = STAMP
    held = io.BytesIO()
    book.save(held)
    path.write_bytes(_without_clock(held.getvalue()))


def _without_clock(data: bytes) -> bytes:
    """Return a zip with one time for all members: both libraries write when they were called."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.infolist():
            content = old.read(member)
            if member.filename == "docProps/core.xml":
                content = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>2026-11-15T23:50:12Z", content)
            new.writestr(zipfile.ZipInfo(member.filename, STAMP.timetuple()[:6]), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


if __name__ == "__main__":
    write_exports(Path(sys.argv[1]) if len(sys.argv) > 1 else EXPORTS)
