"""The digest as a mail: both parts say the same, nothing is fetched, a phone can show it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import unescape

import pytest

from nlp.digest import build_digest
from nlp.digest_values import WeekLife
from nlp.errors import ConfigError
from nlp.records import CHINA, Post, ResidentRequest
from nlp.results import (
    AccountReport,
    AnalysedRequest,
    Gap,
    GapReport,
    IssueSummary,
    PostAddress,
    PostReview,
    ReplyReview,
    ReviewedPost,
    ReviewedReply,
    ReviewEvidence,
    TopicScore,
    Triage,
    WeekCount,
)
from serving.mail.render import render_digest

START = datetime(2026, 11, 9, tzinfo=CHINA)
TOPIC = "城乡建设/物业管理"
NO_GAPS = GapReport((), ())
NO_LIFE = WeekLife()


@dataclass(frozen=True)
class Facts:
    requests: tuple = ()
    answered: tuple = ()
    previous_week_total: int = 4
    issues: tuple = ()
    replies: tuple = ()
    posts: tuple = ()
    gaps: GapReport = NO_GAPS
    accounts: tuple = ()
    life: WeekLife = NO_LIFE
    week: str = "2026-W46"
    start: datetime = START
    end: datetime = START + timedelta(days=7)
    now: datetime = START + timedelta(days=6)
    demo: bool = False


def full_week(*, title="东塘里停水", demo=False):
    """A week in which every section has something, at its longest."""
    requests, issues, gaps, replies, posts = [], [], [], [], []
    for n in range(12):
        name, ids = f"i-{n}", tuple(f"q{n}-{m}" for m in range(4))
        for public in ids:
            judged = Triage(
                public, "投诉", 0.9, TOPIC, 0.8, (), (TopicScore(TOPIC, 0.8),), {"ji": 0.9}, ("ji", "nan"), 3,
                (0.0, 0.0, 0.1, 0.9), START + timedelta(days=n % 8), "r", "119", 0.5, (), (), (), True, "t",
            )  # fmt: skip
            asked = ResidentRequest(public, "水管裂了", f"{title}{n}", START + timedelta(days=1), "hotline")
            requests.append(AnalysedRequest(asked, public, judged, name, None, "open"))
        trend = (WeekCount("2026-W45", 1), WeekCount("2026-W46", 4))
        issues.append(
            IssueSummary(name, f"{title}{n}", None, TOPIC, 5, 5, START, START, 9.0 - n, {}, trend, (), ids[0], ids)
        )
        gaps.append(
            Gap(name, f"{title}{n}", None, TOPIC, 5, 5, 3, START, None, None, None, 0.0, 6, 1.0, "none", ids, ())
        )
        bad = n % 2
        review = ReplyReview(
            f"r{n}", 1.4 if bad else 4.6, 10 if bad else 90, True, {"evasion": 0.9 * bad, "downplay": 0.8 * bad}, 0,
            1.0, 1, (), (), ("没有写明由谁去修",), (ReviewEvidence("evasion", "我们会" * 60, 0, 180),),
        )  # fmt: skip
        replies.append(ReviewedReply(f"r{n}", ids[0], "水务所", "", START + timedelta(days=2), review))
        address = PostAddress(name, 2.0, 1.0, 1.0, 1.0, 0.9, 0.9, 3, False, ())
        posts.append(
            ReviewedPost(Post(f"p{n}", "a", f"说明{n}", "文", START), PostReview(f"p{n}", "response", (address,)))
        )
    accounts = tuple(AccountReport(f"账号{n}", True, 3, 1, 0.3, 0.2, 5, 2.0, 0, 0, 1, {}) for n in range(6))
    return Facts(
        tuple(requests), issues=tuple(issues), gaps=GapReport(tuple(gaps), ()), replies=tuple(replies),
        posts=tuple(posts), accounts=accounts, demo=demo,
    )  # fmt: skip


def words(html):
    """What a reader sees of the HTML, one piece a line."""
    body = re.sub(r"<head>.*?</head>", "", html, flags=re.DOTALL)
    return unescape(re.sub(r"<[^>]+>", "\n", body))


@pytest.fixture
def mail():
    return render_digest(build_digest(full_week()))


def test_subject_is_one_line_and_says_what_matters(mail):
    assert mail.subject == "民声周报 2026年第46周：诉求48件，紧急未办结48件"


def test_html_fetches_nothing_and_runs_nothing(mail):
    assert not re.search(r"<(script|img|link|iframe|form|svg|style)\b|https?:|url\(|@import|\son\w+=", mail.html)


def test_styles_are_inline(mail):
    assert "style=" in mail.html
    assert re.search(r"<h1[^>]*font-size", mail.html)


def test_html_stays_below_what_webmail_cuts_off(mail):
    assert len(mail.html.encode()) < 100_000


def test_both_parts_say_the_same(mail):
    said = set(re.findall(r"[\u4e00-\u9fff]+|\d+", words(mail.html)))
    assert {piece for piece in said if piece not in mail.text} == set()
    assert set(re.findall(r"[\u4e00-\u9fff]+|\d+", mail.text)) - said <= {"已等", "民声"}


def test_demo_is_marked_in_every_part():
    mail = render_digest(build_digest(full_week(demo=True)))
    assert mail.subject.startswith("【演示】")
    assert mail.text.startswith("【演示】")
    assert "演示" in words(mail.html)


def test_suspicions_are_called_suspicions(mail):
    assert "疑似回避" in mail.text
    assert "疑似轻描淡写" in mail.text
    assert not re.search("(?<!疑似)回避", mail.text)


def test_an_empty_week_is_a_short_honest_mail():
    mail = render_digest(build_digest(Facts()))
    assert "本周没有诉求。" in mail.text
    assert "本周没有诉求。" in words(mail.html)
    assert "紧急事项" not in mail.text


def test_what_a_resident_wrote_stays_text():
    mail = render_digest(build_digest(full_week(title='<b onclick="x">&')))
    assert "<b onclick" not in mail.html
    assert '<b onclick="x">&0' in mail.text


def test_items_link_to_the_page_where_there_is_one():
    mail = render_digest(build_digest(full_week()), page_url="https://minsheng.example.cn/")
    assert "https://minsheng.example.cn/issues/i-0" in mail.text
    assert 'href="https://minsheng.example.cn/issues/i-0"' in mail.html


@pytest.mark.parametrize("url", ["javascript:alert(1)", "minsheng.example.cn", "https://", "https://a.cn/?x=1"])
def test_a_wrong_page_address_is_refused(url):
    with pytest.raises(ConfigError, match="页面地址"):
        render_digest(build_digest(Facts()), page_url=url)
