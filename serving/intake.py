"""The copy that is kept of what came in: personal data masked, the user a keyed HMAC, the area a code of the site."""

from __future__ import annotations

from dataclasses import replace

from nlp.privacy import mask
from nlp.records import Post, RepliedRequest, ResidentRequest
from nlp.site import Site
from serving.keys import hash_user, keyed_hash
from serving.store.events import RequestEvent


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

    It is taken before the masking, so that a better masking does not make old replies new.
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
