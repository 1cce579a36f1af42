"""The pages: what they show, that every link leads somewhere, and that nothing comes from outside."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from datetime import datetime, timedelta
from html import unescape
from types import SimpleNamespace

import pytest
from fastapi import FastAPI, Request

from nlp.errors import InputError
from nlp.lifecycle import Step, trace_life
from nlp.records import CHINA, Post, RepliedRequest, ResidentRequest
from nlp.site import Area
from serving.analysis import NewReply, regroup, take_posts, take_replies, take_requests
from serving.page.filters import cut_page, filter_requests
from serving.page.marks import Mark, highlight
from serving.page.places import place_requests
from serving.page.render import STATIC, render_error
from serving.store.events import RequestEvent, record_events
from serving.store.requests import load_analysed
from serving.wording import (
    describe_end,
    draw_blocks,
    format_lateness,
    format_percent,
    format_time,
    name_of,
    name_rule,
)

MONDAY = datetime(2026, 11, 9, 8, 0, tzinfo=CHINA)
OUTSIDE = re.compile(r"<(script|iframe|img|object|style)\b|\sstyle=|\son\w+=|(?:src|href|action)=\"(?:https?:)?//")


@pytest.fixture
def page(state, client):
    """Two weeks of requests, a reply, posts and events; returns a function that gets an address."""
    titles = ["停电了", "停电了", "路灯", "停电了", "电梯困人", "<script>alert(1)</script>", "停电了"]
    days = [0, 1, 2, 7, 8, 9, 10]
    requests = [
        ResidentRequest(f"x-{n}", "三号楼<b>一直</b>没人管", t, MONDAY + timedelta(days=d), "board", user=f"u{n}")
        for n, (t, d) in enumerate(zip(titles, days, strict=True))
    ]
    with state.session() as session, session.begin():
        take_requests(session, requests, state=state)
        regroup(session, state=state)
        pairs = [("已收悉", 7), ("今天下午四点已经派两名电工上门更换了保险并送电,电话回访已恢复", 8)]
        replies = [
            NewReply(n, RepliedRequest(requests[n - 1], text, MONDAY + timedelta(days=d)), "供电所")
            for n, (text, d) in enumerate(pairs, 1)
        ]
        take_replies(session, replies, state=state)
        posts = [
            Post("t-1", "某街道", "停电了怎么办", "已安排抢修", MONDAY + timedelta(days=8)),
            Post("t-2", "某街道", "运动会开幕", "热烈祝贺", MONDAY + timedelta(days=9)),
        ]
        take_posts(session, posts, state=state)
        steps = [RequestEvent("dispatched", MONDAY + timedelta(days=9), "供电所", "请速办")]
        record_events(session, [(4, s) for s in steps])
    return client.get


def links(html):
    return {unescape(h).partition("#")[0] for h in re.findall(r'href="(/[^"]*)"', html)} - {""}


def test_home_is_the_latest_week_with_requests(page):
    html = page("/").text
    assert "2026年第47周" in html
    assert "本周收到诉求 4 件，比上周的 3 件多 1 件。" in html
    assert [w for w in re.findall(r'<option value="([^"]+)"', html)] == ["2026-W47", "2026-W46"]


def test_a_week_can_be_picked(page):
    html = page("/?week=2026-W46").text
    assert "本周收到诉求 3 件" in html
    assert '<option value="2026-W46" selected>' in html


def test_every_link_leads_to_a_page_that_keeps_to_itself(page):
    seen, waiting = set(), {"/", "/?week=2026-W46"}
    while waiting:
        path = waiting.pop()
        seen.add(path)
        answer = page(path)
        assert answer.status_code == 200, path
        if not answer.headers["content-type"].startswith("text/html"):
            continue
        assert not OUTSIDE.search(answer.text), path
        assert answer.headers["content-security-policy"].startswith("default-src 'none'"), path
        waiting |= links(answer.text) - seen
    kinds = {re.sub(r"[\d?].*", "", p) for p in seen}
    assert {"/", "/issues/i-", "/requests/q", "/posts/p", "/gaps", "/requests", "/replies", "/posts"} <= kinds


def test_pages_are_built_for_assistive_technology(page):
    for path in ("/", "/issues", "/issues/i-000001", "/requests", "/requests/q000001", "/posts/p000001", "/gaps"):
        html = page(path).text
        assert '<html lang="zh-CN">' in html
        assert html.index('class="skip" href="#main"') < html.index("<header") < html.index('<main id="main"')
        assert len(re.findall("<h1[ >]", html)) == 1
        ids = re.findall(r'\sid="([^"]+)"', html)
        assert ids == list(dict.fromkeys(ids)), path
        assert all("aria-" in svg for svg in re.findall(r"<svg[^>]*>", html))


def test_what_a_resident_wrote_stays_text(page):
    html = page("/requests/q000006").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "三号楼&lt;b&gt;一直&lt;/b&gt;没人管" in html


def test_a_request_shows_what_happened_to_it(page):
    html = page("/requests/q000004").text
    assert "派单" in html
    assert "请速办" in html
    assert "紧急（3天内）" in unescape(html)


@pytest.fixture
def lived(state, client):
    """A matter that was closed and came back, one order of it returned and late, one called back as not solved."""
    first = datetime(2026, 9, 7, 8, 0, tzinfo=CHINA)
    titles = ["污水返溢", "污水返溢", "污水返溢", "污水返溢", "路灯"]
    requests = [
        ResidentRequest(f"y-{n}", "请来看看", t, first + timedelta(days=d), "hotline", user=f"u{n}")
        for n, (t, d) in enumerate(zip(titles, (0, 1, 20, 21, 21), strict=True))
    ]
    steps = [
        (1, "dispatched", 0.1, "街道办"), (1, "closed", 3, "街道办"), (2, "closed", 3, ""),
        (3, "dispatched", 20.1, "街道办"), (3, "returned", 21, "街道办"), (3, "dispatched", 21.2, "城管局"),
        (5, "closed", 23, "路灯所"),
    ]  # fmt: skip
    events = [(n, RequestEvent(kind, first + timedelta(days=d), unit)) for n, kind, d, unit in steps]
    events.append((1, RequestEvent("called_back", first + timedelta(days=4), solved=True)))
    events.append(
        (5, RequestEvent("called_back", first + timedelta(days=24), "热线办", "还是黑的", True, False, False))
    )
    with state.session() as session, session.begin():
        take_requests(session, requests, state=state)
        regroup(session, state=state)
        record_events(session, events)
    return client.get


def test_a_week_counts_what_became_of_requests_and_leads_to_them(lived):
    html = lived("/?week=2026-W40").text
    for name, count, path in (
        ("超期未办结", 0, "/requests?week=2026-W40&amp;state=late"),
        ("退单", 1, "/requests?week=2026-W40&amp;state=returned"),
        ("回访未解决", 1, "/requests?week=2026-W40&amp;state=unsolved"),
        ("复发问题", 1, "/issues?week=2026-W40&amp;show=back"),
    ):
        assert f'<dt>{name}</dt><dd><a href="{path}">{count}</a></dd>' in html
        listed = lived(unescape(path)).text
        assert f"共 {count} 件" in listed or f"的 {count} 个" in listed, path
    assert "“污水返溢”办结后又有人反映（2 件）" in html


def test_late_requests_of_earlier_weeks_are_listed_with_how_late_they_are(lived):
    html = lived("/requests?week=2026-W43&state=late").text
    assert "共 2 件，超期最久的在前" in html
    assert "已过" in html
    assert "退过 1 次" in html
    assert html.index("q000003") < html.index("q000004")
    assert "共 1 件" in lived("/requests?week=2026-W43&state=late&status=dispatched").text
    assert lived("/requests?status=x").status_code == 400


def test_a_past_week_knows_nothing_of_what_came_later(lived):
    html = lived("/?week=2026-W37").text
    assert re.search(r"<dt>复发问题</dt><dd><a [^>]+>0</a>", html)
    assert "待处理" not in lived("/requests?week=2026-W39&status=dispatched").text.split("</nav>")[-1]


def test_a_request_shows_its_timeline(lived):
    html = unescape(lived("/requests/q000003").text)
    names = re.findall(r"<li[^>]*><time [^>]+>[^<]+</time> <strong>([^<，]+)", html)
    assert names[:6] == ["受理", "派单", "退单", "派单", "时限到期", "至今没有办结"]
    assert "21 小时后" in html
    assert "现在由 <strong>城管局</strong> 办理" in html
    assert "退单 1 次" in html


def test_a_call_back_shows_what_was_answered(lived):
    html = lived("/requests/q000005").text
    assert "已联系上，没有解决，不满意" in html
    assert '<li class="bad">' in html


def test_a_reply_alone_is_no_closing_on_the_page(page):
    listed = page("/requests?q=停电&all=1").text.split("</form>")[-1]
    assert "已答复（未办结）" in listed
    assert "答复</span>" in listed
    assert "按期办结" not in listed
    assert 'badge answered">已答复' not in listed
    html = page("/requests/q000001").text
    assert re.search('badge (plain|none)">(按期|超期)答复', html)


def test_a_request_that_was_closed_in_time_says_so(lived):
    assert "按期办结" in lived("/requests/q000001").text


def test_how_a_request_ended():
    day = timedelta(days=1)

    def ended(*steps, due=10):
        found = trace_life(steps, (), received=MONDAY, due=MONDAY + due * day, now=MONDAY + 30 * day)
        return describe_end(found)

    reply, early, late = (
        Step("replied", MONDAY + day),
        Step("closed", MONDAY + 2 * day),
        Step("closed", MONDAY + 12 * day),
    )
    assert (ended(), ended(reply), ended(reply, due=0)) == ("", "按期答复", "超期答复")
    assert (ended(early), ended(late), ended(reply, late)) == ("按期办结", "超期办结", "按期答复，超期办结")


def test_a_step_told_twice_is_one_line_of_the_timeline(state, client):
    with state.session() as session, session.begin():
        take_requests(session, [ResidentRequest("z-1", "灯坏了", time=MONDAY, channel="hotline")], state=state)
        seconds = timedelta(seconds=30)
        twice = [RequestEvent("received", MONDAY), RequestEvent("received", MONDAY + seconds, "热线中心")]
        back = MONDAY + timedelta(days=2)
        calls = [RequestEvent("called_back", back, solved=True), RequestEvent("called_back", back + seconds, "热线办",
                                                                              satisfied=True)]  # fmt: skip
        record_events(session, [(1, e) for e in (*twice, *calls)])
    html = client.get("/requests/q000001").text
    assert html.count("<strong>受理</strong> 热线中心") == html.count("<strong>受理</strong>") == 1
    assert html.count("<strong>回访</strong>") == 1
    assert "已解决，满意" in html


def test_requests_are_found_by_number_and_words(page):
    for query, count in {
        "week=2026-W47&q=x-3": 1,
        "week=2026-W47&q=停电": 2,
        "week=2026-W47&q=停电 三号楼": 2,
        "week=2026-W47&q=q000004": 1,
        "week=2026-W47&q=停电&all=1": 4,
        "week=2026-W46&q=停电": 2,
        "week=2026-W47&q=%25": 0,
        "week=2026-W47&q=%25&all=1": 0,
        "week=2026-W47&q=停电&state=urgent": 2,
        "week=2026-W47&unit=供电所": 1,
        "week=2026-W47&area=天上": 0,
        "week=2026-W47&channel=留言板": 4,
    }.items():
        html = page(f"/requests?{query}").text
        assert f"共 {count} 件" in html, query
    assert 'value="停电"' in page("/requests?week=2026-W47&q=停电&all=1").text
    assert "<option selected>供电所</option>" in page("/requests?week=2026-W47&unit=供电所").text


def test_requests_are_narrowed_by_area_and_show_its_name(state, client):
    state.site = replace(
        state.site,
        areas=(Area("A", "东城", None, "city"), Area("A1", "柳桥街道", "A", "street"), Area("B", "西城", None, "city")),
    )
    with state.session() as session, session.begin():
        requests = [
            ResidentRequest(f"a-{n}", "灯坏了", time=MONDAY, channel="hotline", area=a)
            for n, a in enumerate(("A1", "B"))
        ]
        take_requests(session, requests, state=state)
    with state.session() as session:
        found = load_analysed(session)
    places = place_requests(found, units={}, site=state.site)
    assert dict(places.names) == {"A": "东城", "B": "西城", "A1": "柳桥街道"}
    facts = SimpleNamespace(requests=found, start=MONDAY, now=MONDAY, issues=())
    for area, count in (("A", 1), ("A1", 1), ("B", 1), ("C", 0)):
        kept, _ = filter_requests(facts, {"area": area}, places=places)
        assert len(kept) == count
    html = client.get("/requests?week=2026-W46&area=B").text
    assert "共 1 件" in html
    assert '<option value="B" selected>' in html
    assert "<dt>区域</dt><dd>B</dd>" in client.get("/requests/q000002").text


def test_deadline_rules_are_read_in_words():
    names = {
        "ordinary-15wd": "一般事项 15 个工作日", "urgent-72h": "紧急事项 72 小时", "LX-thanks-5wd": "表扬 5 个工作日",
        "X-60": "X-60", "whatever-3d": "whatever-3d",
    }  # fmt: skip
    assert {rule: name_rule(rule) for rule in names} == names
    assert name_rule(None) == ""


def test_an_issue_that_came_back_says_so(lived):
    html = lived("/issues/i-000001").text
    assert "9月27日以后又有 2 件（9月10日答复已办结）" in html
    assert "退过单 1" in html
    assert '<span class="badge rising">复发</span>' in lived("/issues?week=2026-W40&show=back").text


def test_an_issue_shows_its_requests_replies_and_posts(page):
    html = page("/issues/i-000001").text
    assert html.count('href="/requests/q0000') >= 4
    assert "供电所" in html
    assert "停电了怎么办" in html
    assert "诉求数量" in html


def test_a_figure_leads_to_as_many_things(page):
    for path, count in {
        "/requests?week=2026-W47": 4,
        "/requests?week=2026-W47&state=urgent": 3,
        "/requests?week=2026-W47&need=ji": 3,
        "/requests?week=2026-W47&channel=hotline": 0,
        "/requests?week=2026-W46&state=unsettled": 3,
        "/requests?week=2026-W46&issue=i-000001": 2,
        "/posts?week=2026-W47&show=answering": 1,
        "/replies?week=2026-W47&verdict=weak": 1,
    }.items():
        assert re.search(rf"共 {count} [件条篇]", page(path).text), path


def test_what_is_not_there_is_a_chinese_404(client):
    for path in ("/issues/i-999999", "/requests/q999999", "/posts/x", "/issues/i-1%27"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert "没有找到" in answer.text
        assert answer.headers["content-security-policy"]


def test_an_unknown_address_is_a_page_for_a_browser_only(client):
    assert "没有这个地址" in client.get("/nowhere", headers={"Accept": "text/html"}).text
    assert client.get("/nowhere", headers={"Accept": "*/*"}).json()["error"] == "not_found"


def test_a_wrong_value_is_a_chinese_400(client):
    for path in (
        "/?week=2026-46",
        "/?week=x",
        "/gaps?week=2026-W99",
        "/requests?state=x",
        "/requests?page=0",
        "/posts?page=9",
    ):
        answer = client.get(path)
        assert answer.status_code == 400, path
        assert "应为" in answer.text


def test_an_empty_site_says_so(client):
    for path in ("/", "/issues", "/requests", "/replies", "/posts", "/gaps"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert re.search("没有", answer.text)
    assert "本周没有诉求。" in client.get("/").text


def test_a_week_without_requests_keeps_the_picker(page):
    html = page("/?week=2026-W20").text
    assert "本周没有诉求。" in html
    assert '<option value="2026-W20" selected>' in html


def test_the_sheet_is_local_and_fetches_nothing(client):
    answer = client.get("/static/page.css")
    assert answer.headers["content-type"].startswith("text/css")
    assert not re.search(r"url\(|@import", answer.text)
    assert client.get("/static/../render.py").status_code == 404


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_text_stands_out_from_its_ground(theme):
    """WCAG 2.2, 1.4.3: a contrast of 4.5 to 1 at least."""
    sheet = (STATIC / "page.css").read_text("utf-8")
    block = re.findall(r":root \{(.*?)\}", sheet, re.DOTALL)[theme]
    colours = dict(re.findall(r"--([\w-]+): #([0-9a-f]{6})", block))
    grounds = {"ground": ("ink", "muted", "accent", "bad"), "paper": ("ink", "muted", "accent", "bad", "good")}
    grounds |= {f"{tone}-soft": (tone, "ink") for tone in ("accent", "bad", "warn", "good")}
    grounds |= {need: ("paper",) for need in ("ji", "nan", "chou", "pan", "accent", "muted")}
    grounds |= {f"mark-{need}": ("ink",) for need in ("ji", "nan", "chou", "pan")}
    pairs = [(ground, text) for ground, texts in grounds.items() for text in texts]
    assert {(g, t) for g, t in pairs if contrast(colours[g], colours[t]) < 4.5} == set()


def contrast(first, second):
    def luminance(colour):
        parts = [int(colour[n : n + 2], 16) / 255 for n in (0, 2, 4)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("demo", [True, False])
def test_the_demo_carries_a_banner(demo):
    app = FastAPI()
    app.state.minsheng = SimpleNamespace(settings=SimpleNamespace(demo=demo))
    request = Request({"type": "http", "app": app, "path": "/", "headers": [], "query_string": b"", "root_path": "/ms"})
    html = bytes(render_error(request, status=404, message="没有").body).decode()
    assert ('class="demo"' in html) is demo
    assert 'href="/ms/static/page.css' in html


def test_marks_are_around_their_slice():
    marks = [Mark(3, 5, "place", "地点"), Mark(4, 7, "need-ji", "依据:急")]
    html = highlight("<东塘里停水了", marks, offset=0)
    assert re.sub("<[^>]+>", "", html) == "&lt;东塘里停水了"
    assert re.findall(r'class="([^"]+)" title="[^"]+">([^<]+)', html) == [
        ("place", "里"), ("place need-ji", "停"), ("need-ji", "水了"),
    ]  # fmt: skip


def test_marks_of_title_and_text_are_told_apart():
    marks = [Mark(0, 2, "place", "地点"), Mark(4, 6, "place", "地点")]
    assert "<mark" in highlight("东塘里", marks)
    assert highlight("停水", marks, offset=4) == '<mark class="place" title="地点">停水</mark>'


def test_a_page_of_a_list_is_cut():
    found = cut_page(list(range(120)), {"page": "3", "state": "urgent"})
    assert (found.items, found.pages, found.query) == (list(range(100, 120)), 3, {"state": "urgent"})
    with pytest.raises(InputError, match="1 到 3"):
        cut_page(list(range(120)), {"page": "4"})


def test_wording_of_times_and_numbers():
    assert format_time(MONDAY) == "11月9日 08:00"
    assert (format_time(None), format_percent(None), format_percent(0.314)) == ("—", "—", "31%")
    assert format_lateness(MONDAY, MONDAY + timedelta(days=2, hours=3)) == "已过 2 天"
    assert format_lateness(MONDAY, MONDAY - timedelta(hours=5)) == "还剩 5 小时"
    assert (name_of("hotline", "channel"), name_of(3, "urgency"), name_of("x", "channel")) == (
        "热线", "特急（24小时内）", "x",
    )  # fmt: skip
    assert (draw_blocks([0, 4, 8]), draw_blocks([0, 0]), draw_blocks([])) == ("▁▅█", "▁▁", "")


@pytest.mark.browser
@pytest.mark.skipif(shutil.which("chromedriver") is None, reason="needs Debian's chromium and chromium-driver")
def test_pages_fit_a_phone_and_break_no_rule_of_their_policy(page, client, tmp_path):
    webdriver = pytest.importorskip("selenium.webdriver", reason="needs selenium (the dev extra)")
    options = webdriver.ChromeOptions()
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for flag in ("headless", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-dev-shm-usage",
                 "disable-background-networking", "disable-component-update", "disable-sync",
                 f"user-data-dir={tmp_path}"):  # fmt: skip
        options.add_argument(f"--{flag}")
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
    try:
        metrics = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        for path in ("/", "/gaps", "/issues/i-000001", "/requests/q000004", "/posts/p000001", "/requests", "/replies"):
            driver.get(f"{client.base_url}{path}")
            assert driver.execute_script("return document.documentElement.scrollWidth") <= 390, path
            assert driver.get_log("browser") == [], path
    finally:
        driver.quit()
