"""Send a week's digest to an address once: claimed in the store before, written down after."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from serving.mail.render import RenderedMail
from serving.mail.send import MailError, SmtpServer, check_address, send_digest
from serving.store.deliveries import Claim, DeliveryKey, claim_delivery, finish_delivery
from serving.wording import format_full_time

DIGEST = "weekly"


class AlreadySent(MailError):
    """This week went to this address before."""


async def deliver(
    session: Session,
    mail: RenderedMail,
    *,
    week: str,
    to: str,
    smtp_url: str,
    sender: str,
    now: datetime,
    again: bool = False,
) -> str:
    """Send a digest and return its Message-ID; the session is committed before and after the sending.

    Raises AlreadySent where the week went to the address before and `again` is false; ConfigError, MailError as
    `send_digest`. What failed may be tried again without `again`.
    """
    SmtpServer.parse(smtp_url)
    recipient = check_address(to)
    claim = claim_delivery(session, DeliveryKey(DIGEST, week, recipient.lower()), again=again)
    session.commit()
    if claim.number is None:
        raise AlreadySent(_refusal(claim, week=week, to=recipient))
    try:
        message_id = await send_digest(mail, to=recipient, smtp_url=smtp_url, sender=sender, now=now)
    except MailError as exc:
        finish_delivery(session, claim.number, now=now, error=str(exc))
        session.commit()
        raise
    finish_delivery(session, claim.number, now=now)
    session.commit()
    return message_id


def _refusal(claim: Claim, *, week: str, to: str) -> str:
    if claim.status == "pending":
        return f"{week} 的周报正在发往 {to}，或上次发送中断、不知是否送达；确认没有收到再加 --again"
    return f"{week} 的周报已于 {format_full_time(claim.sent_at)} 发给 {to}；要再发一次请加 --again"
