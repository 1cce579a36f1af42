"""The copy that is kept of what came in: personal data masked, the user a keyed HMAC, the area a code of the site."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from nlp.errors import RowError
from nlp.privacy import find_personal_data, mask
from nlp.records import Post, RepliedRequest, ResidentRequest
from nlp.site import Site
from serving.keys import hash_user, keyed_hash
from serving.store.events import RequestEvent

ID_DIGITS = 20  # 80 bits: two of a million requests share an id with a probability below 1e-12
# An order number of a district's code, a date and a serial has the form of an identity number, and one in eleven its
# check digit; nobody born since this year writes to an office.
LATEST_BIRTH = 2015
_LETTERS = re.compile("[A-Za-z]")


def read_request(row: Mapping[str, Any]) -> ResidentRequest:
    """Build a request that is to be stored. Raises RowError, also for an id that is a person's number."""
    request = ResidentRequest.from_row(row)
    refuse_personal_id(request.id)
    return request


def refuse_personal_id(name: str) -> None:
    """Raise RowError for an external id that is, or holds, a phone or identity number: ids are stored in clear."""
    for entity in find_personal_data(name):
        rest = name[: entity.start] + name[entity.end :]
        if entity.type == "mobile":
            beside = name[max(0, entity.start - 1) : entity.start] + name[entity.end : entity.end + 1]
            # Eleven such digits also stand in hexadecimal ids, between letters and further digits.
            is_personal = not _LETTERS.search(beside) or not any(c.isdigit() for c in rest)
        elif entity.type == "id_card":
            is_personal = not (name[6:10].isdigit() and int(name[6:10]) >= LATEST_BIRTH)
        else:
            is_personal = entity.type in ("plate", "email") and not rest
        if is_personal:
            raise RowError("编号像是手机号、身份证号等个人信息,没有保存;请改用工单编号", row_id=mask(name).masked)


def hide_derived_id(name: str, *, key: str) -> str:
    """Return an id that was made from a text or nickname, hashed with the site's key; what stands before "-" stays.

    Without the key, whoever has the masked text could find the masked number by trying.
    """
    return f"{name.partition('-')[0]}-{keyed_hash(name, key=key)[:ID_DIGITS]}"


def mask_request(request: ResidentRequest, *, site: Site, user_key: str) -> ResidentRequest:
    """Return the copy of a request that may be stored."""
    title, text = _mask_together(request.title, request.text)
    return replace(
        request,
        title=title,
        text=text,
        site=None if request.site is None else mask(request.site).masked,
        area=_area(request.area, site),
        user=hash_user(request.user, key=user_key),
    )


def mask_reply(pair: RepliedRequest) -> str:
    """Return the copy of a reply that may be stored."""
    return mask(pair.reply).masked


def fingerprint_reply(pair: RepliedRequest, *, unit: str | None, user_key: str) -> str:
    """Return what tells replies to one request apart: a keyed hash of unit, time and the text as it was sent.

    It is taken before the masking, so that a better masking does not make old replies new. A time that is only a guess
    is left out by the caller.
    """
    time = "" if pair.reply_time is None else str(pair.reply_time.timestamp())
    return keyed_hash("\x00".join((unit or "", time, pair.reply)), key=user_key)


def mask_event(event: RequestEvent) -> RequestEvent:
    """Return the copy of an event that may be stored."""
    return replace(event, unit=mask(event.unit).masked, note=mask(event.note).masked)


def mask_unit(unit: str | None) -> str | None:
    """Return the copy of a unit's name that may be stored: offices write a person and a number beside it."""
    return None if unit is None else mask(unit).masked


def mask_post(post: Post, *, site: Site) -> Post:
    """Return the copy of a post that may be stored; its account becomes the site's id where the site knows it."""
    known = {name: a.id for a in reversed(site.accounts) for name in (a.name, a.id)}
    title, body = _mask_together(post.title, post.body)
    return replace(post, account=known.get(post.account) or mask(post.account).masked, title=title, body=body)


def _mask_together(title: str, body: str) -> tuple[str, str]:
    """Mask a title with its text, as the models read them: a name that the text introduces is known in the title."""
    masked_title, _, masked_body = mask(f"{' '.join(title.splitlines())}\n{body}").masked.partition("\n")
    return masked_title, masked_body


def _area(given: str | None, site: Site) -> str | None:
    if given is None:
        return None
    return site.area_of(given) or mask(given).masked
