"""Hand a rendered mail to an SMTP server. The password is never part of an error or a log line."""

from __future__ import annotations

import logging
import re
import ssl
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from urllib.parse import unquote, urlsplit

import aiosmtplib

from nlp.errors import ConfigError, MinshengError
from serving.mail.render import RenderedMail

logger = logging.getLogger(__name__)

TIMEOUT_S = 30.0
PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
LOOPBACK = ("localhost", "127.0.0.1", "::1")
_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\]+@[^\s@<>,;:\"()\[\]\\]+")


class MailError(MinshengError):
    """A mail could not be handed over."""


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where and how to hand over mail. `tls`: none, starttls (required), implicit, or auto (STARTTLS where offered)."""

    host: str
    port: int
    tls: str
    username: str | None = None
    password: str | None = None

    @classmethod
    def parse(cls, url: str) -> SmtpServer:
        """Read `smtps://user:password@host:465`; also smtp:// and smtp+starttls://. Raises ConfigError."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise ConfigError(_EXPECTED) from None
        if parts.scheme not in PORTS or not parts.hostname or parts.path not in ("", "/") or parts.fragment:
            raise ConfigError(_EXPECTED)
        tls = {"smtp": "auto", "smtp+starttls": "starttls", "smtps": "implicit"}[parts.scheme]
        if parts.query:
            if (parts.scheme, parts.query) != ("smtp", "starttls=required"):
                raise ConfigError(_EXPECTED)
            tls = "starttls"
        user = unquote(parts.username) if parts.username else None
        password = unquote(parts.password) if parts.password else None
        if user and tls == "auto" and parts.hostname not in LOOPBACK:
            # A login must never cross a network in the clear because a server stopped offering STARTTLS.
            tls = "starttls"
        return cls(parts.hostname, port or PORTS[parts.scheme], tls, user, password)

    def __repr__(self) -> str:
        return f"SmtpServer({self.host}:{self.port}, {self.tls})"


_EXPECTED = (
    "邮件服务器地址应写成 smtps://用户:口令@主机:465、smtp+starttls://用户:口令@主机:587 或 smtp://主机:25；"
    "口令里的特殊字符要用百分号编码"
)


async def send_digest(
    mail: RenderedMail,
    *,
    to: str,
    smtp_url: str,
    sender: str,
    now: datetime | None = None,
    unsubscribe: str | None = None,
) -> str:
    """Send a mail to one address and return its Message-ID. `sender` may be `民声 <noreply@example.cn>`.

    unsubscribe: an https or mailto address for List-Unsubscribe; left out where there is none
    Raises ConfigError for a wrong address or URL, MailError where the server cannot be reached or refuses.
    """
    server = SmtpServer.parse(smtp_url)
    message = build_message(mail, to=to, sender=sender, now=now, unsubscribe=unsubscribe)
    try:
        await aiosmtplib.send(
            message,
            recipients=[check_address(to)],
            sender=_bare(sender),
            hostname=server.host,
            port=server.port,
            username=server.username,
            password=server.password,
            use_tls=server.tls == "implicit",
            start_tls={"starttls": True, "auto": None}.get(server.tls, False),
            timeout=TIMEOUT_S,
        )
    except (aiosmtplib.SMTPException, OSError, ValueError) as exc:
        raise MailError(_explain(exc, server, to)) from None
    logger.info("mail sent", extra={"message_id": message["Message-ID"], "host": server.host})
    return str(message["Message-ID"])


def build_message(
    mail: RenderedMail, *, to: str, sender: str, now: datetime | None = None, unsubscribe: str | None = None
) -> EmailMessage:
    """Build the message: plain text first, HTML as the better alternative, both base64. Raises ConfigError."""
    bare = _bare(sender)
    message = EmailMessage()
    message["Subject"] = mail.subject
    message["From"] = Address(_display(sender), addr_spec=bare)
    message["To"] = Address(addr_spec=check_address(to))
    message["Date"] = format_datetime(now or datetime.now().astimezone())
    message["Message-ID"] = make_msgid(domain=bare.partition("@")[2])
    # RFC 3834: nobody's absence notice should answer a digest.
    message["Auto-Submitted"] = "auto-generated"
    if unsubscribe:
        if not re.fullmatch(r"(https|mailto):[\x21-\x7e]+", unsubscribe) or ">" in unsubscribe:
            raise ConfigError("退订地址应以 https: 或 mailto: 开头，不含空格")
        message["List-Unsubscribe"] = f"<{unsubscribe}>"
    message.set_content(mail.text, cte="base64")
    message.add_alternative(mail.html, subtype="html", cte="base64")
    return message


def check_address(address: str) -> str:
    """Return the address without surrounding space. Raises ConfigError where it is none."""
    found = address.strip()
    if not _ADDRESS.fullmatch(found) or not found.isascii() or len(found) > 254:
        raise ConfigError(f"邮件地址应写成 name@example.cn，收到 {address[:80]!r}")
    return found


def _bare(sender: str) -> str:
    name, bracket, rest = sender.partition("<")
    return check_address(rest.rstrip().removesuffix(">") if bracket else name)


def _display(sender: str) -> str:
    name, bracket, _ = sender.partition("<")
    return "".join(c for c in name if c.isprintable()).strip().strip('"') if bracket else ""


def _explain(exc: Exception, server: SmtpServer, to: str) -> str:
    where = f"邮件服务器 {server.host}:{server.port}"
    match exc:
        case aiosmtplib.SMTPAuthenticationError():
            return f"{where} 不接受用户名或口令（{exc.code}）"
        case aiosmtplib.SMTPRecipientsRefused():
            codes = "、".join(f"{r.code} {_plain(r.message, server)}" for r in exc.recipients)
            return f"{where} 不接收给 {to} 的信（{codes}）：请核对收件地址"
        case aiosmtplib.SMTPSenderRefused():
            return f"{where} 不接受发件人 {exc.sender}（{exc.code} {_plain(exc.message, server)}）：请核对发件地址"
        case _ if isinstance(exc.__cause__ or exc, ssl.SSLCertVerificationError):
            return f"{where} 的证书不受信任：请检查主机名，或在本机安装签发它的根证书"
        case aiosmtplib.SMTPTimeoutError():
            return f"{where} 在 {TIMEOUT_S:.0f} 秒内没有回答：请检查地址、端口和网络"
        case aiosmtplib.SMTPConnectError() | aiosmtplib.SMTPServerDisconnected() | OSError():
            return f"连不上{where}：请检查地址、端口、加密方式（smtp、smtp+starttls、smtps）和网络"
        case aiosmtplib.SMTPResponseException():
            return f"{where} 拒绝了这封信（{exc.code} {_plain(exc.message, server)}）"
        case aiosmtplib.SMTPNotSupported() | aiosmtplib.SMTPException():
            return f"{where} 不支持所需的加密或登录方式（{_plain(str(exc), server)}）"
    return f"{where} 的设置不对（{type(exc).__name__}）"


def _plain(text: str, server: SmtpServer) -> str:
    said = " ".join("".join(c if c.isprintable() else " " for c in text).split())[:200]
    for secret in (server.password, server.username):
        if secret:
            said = said.replace(secret, "***")
    return said
