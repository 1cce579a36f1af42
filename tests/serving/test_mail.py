"""A digest reaches a real SMTP server, once."""

from __future__ import annotations

import asyncio
import socket
from datetime import datetime
from email import message_from_bytes, policy

import pytest

from nlp.errors import ConfigError
from nlp.records import CHINA
from serving.mail.deliver import AlreadySent, deliver
from serving.mail.render import RenderedMail
from serving.mail.send import MailError, SmtpServer, build_message, send_digest
from serving.store.deliveries import DeliveryKey, claim_delivery

aiosmtpd = pytest.importorskip("aiosmtpd.controller", reason="needs aiosmtpd (the dev extra)")
pytestmark = pytest.mark.mail_server

NOW = datetime(2026, 11, 16, 8, 0, tzinfo=CHINA)
MAIL = RenderedMail("【演示】民声周报:本周没有诉求", "<p>本周没有诉求。</p>", "本周没有诉求。\n")
SENDER = "民声 <digest@example.cn>"


class Inbox:
    """Keeps what arrives; refuses who is not there; can be told to be out of order."""

    def __init__(self):
        self.messages = []
        self.broken = False

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody"):
            return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if self.broken:
            return "451 4.3.0 try later"
        self.messages.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"


@pytest.fixture
def inbox():
    return Inbox()


@pytest.fixture
def smtp_url(inbox):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = aiosmtpd.Controller(inbox, hostname="127.0.0.1", port=port)
    controller.start()
    yield f"smtp://127.0.0.1:{port}"
    controller.stop()


def send(smtp_url, *, to="leader@example.cn", **more):
    return asyncio.run(send_digest(MAIL, to=to, smtp_url=smtp_url, sender=SENDER, now=NOW, **more))


def test_both_parts_arrive_and_the_subject_decodes(inbox, smtp_url):
    message_id = send(smtp_url)
    (message,) = inbox.messages
    assert message["Subject"] == MAIL.subject
    assert message["From"].addresses[0].display_name == "民声"
    assert message["Message-ID"] == message_id
    parts = {p.get_content_type(): p.get_content() for p in message.iter_parts()}
    assert parts["text/plain"].strip() == MAIL.text.strip()
    assert parts["text/html"].strip() == MAIL.html
    assert [p.get_content_type() for p in message.iter_parts()] == ["text/plain", "text/html"]


def test_headers_say_date_and_that_a_machine_sent_it(inbox, smtp_url):
    send(smtp_url)
    (message,) = inbox.messages
    assert message["Date"].datetime == NOW
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Unsubscribe"] is None


def test_a_way_to_unsubscribe_is_named_where_there_is_one(inbox, smtp_url):
    send(smtp_url, unsubscribe="mailto:stop@example.cn")
    assert inbox.messages[0]["List-Unsubscribe"] == "<mailto:stop@example.cn>"


def test_the_subject_is_encoded_for_old_servers():
    raw = build_message(MAIL, to="a@example.cn", sender=SENDER, now=NOW).as_bytes()
    assert raw.isascii()
    assert b"Subject: =?utf-8?" in raw


def test_a_refused_recipient_is_named(smtp_url):
    with pytest.raises(MailError, match=r"不接收给 nobody@example\.cn 的信.*550"):
        send(smtp_url, to="nobody@example.cn")


def test_a_server_that_is_not_there_is_named_without_the_password():
    with pytest.raises(MailError, match=r"连不上邮件服务器 127\.0\.0\.1:9") as caught:
        send("smtp://user:geheim-1@127.0.0.1:9")
    assert "geheim-1" not in str(caught.value)


def test_a_server_without_the_encryption_asked_for_is_refused(inbox, smtp_url):
    with pytest.raises(MailError, match="加密"):
        send(smtp_url.replace("smtp:", "smtp+starttls:"))
    assert inbox.messages == []


def test_a_login_that_the_server_does_not_offer_is_refused(smtp_url):
    with pytest.raises(MailError) as caught:
        send(smtp_url.replace("//", "//user:geheim-2@"))
    assert "geheim-2" not in str(caught.value)


@pytest.mark.parametrize(
    "to", ["", "leader", "a@b@c", "a@example.cn\nBcc: x@example.cn", "张@例子.cn", "a b@example.cn"]
)
def test_what_is_no_address_is_refused(to):
    with pytest.raises(ConfigError, match="邮件地址"):
        build_message(MAIL, to=to, sender=SENDER)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example.cn", ("mail.example.cn", 25, "auto", None, None)),
        ("smtps://u:p%40ss@mail.example.cn", ("mail.example.cn", 465, "implicit", "u", "p@ss")),
        ("smtp+starttls://u:p@mail.example.cn", ("mail.example.cn", 587, "starttls", "u", "p")),
        ("smtp://mail.example.cn:26?starttls=required", ("mail.example.cn", 26, "starttls", None, None)),
        ("smtp://u:p@mail.example.cn", ("mail.example.cn", 25, "starttls", "u", "p")),
        ("smtp://u:p@127.0.0.1", ("127.0.0.1", 25, "auto", "u", "p")),
    ],
)
def test_a_server_address_is_read(url, expected):
    found = SmtpServer.parse(url)
    assert (found.host, found.port, found.tls, found.username, found.password) == expected


@pytest.mark.parametrize(
    "url", ["", "mail.example.cn", "http://x", "smtp://", "smtp://x:99999", "smtp://x/y", "smtps://x?z=1"]
)
def test_a_wrong_server_address_is_refused_without_repeating_it(url):
    with pytest.raises(ConfigError, match="smtps://"):
        SmtpServer.parse(url)


def test_a_server_never_shows_its_password():
    assert "geheim" not in repr(SmtpServer.parse("smtps://u:geheim@mail.example.cn"))


@pytest.fixture
def post(state, smtp_url):
    """Deliver the mail of a week through the store."""

    def run(*, week="2026-W46", to="leader@example.cn", again=False):
        with state.session() as session:
            return asyncio.run(
                deliver(session, MAIL, week=week, to=to, smtp_url=smtp_url, sender=SENDER, now=NOW, again=again)
            )

    return run


def test_a_week_goes_to_an_address_once(inbox, post):
    post()
    with pytest.raises(AlreadySent, match=r"2026年11月16日 08:00.*--again"):
        post(to="Leader@example.cn")
    assert len(inbox.messages) == 1


def test_another_week_or_address_is_another_delivery(inbox, post):
    post()
    post(week="2026-W45")
    post(to="second@example.cn")
    assert len(inbox.messages) == 3


def test_again_sends_again(inbox, post):
    post()
    post(again=True)
    assert len(inbox.messages) == 2


def test_what_failed_may_be_tried_again(inbox, post):
    inbox.broken = True
    with pytest.raises(MailError, match="451"):
        post()
    inbox.broken = False
    post()
    assert len(inbox.messages) == 1


def test_what_was_cut_off_is_not_sent_twice(inbox, post, state):
    with state.session() as session, session.begin():
        claim_delivery(session, DeliveryKey("weekly", "2026-W46", "leader@example.cn"))
    with pytest.raises(AlreadySent, match="不知是否送达"):
        post()
    assert inbox.messages == []
