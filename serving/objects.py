"""Stored values as the API's objects: `id` is the external id, `request`, `reply` and `post` are ours."""

from __future__ import annotations

from typing import Any

from nlp.results import AnalysedRequest, ReviewedPost, ReviewedReply, to_json
from serving.store.events import RequestEvent
from serving.store.issues import StoredIssue
from serving.store.requests import UnanalysedRequest


def request_object(found: AnalysedRequest | UnanalysedRequest) -> dict[str, Any]:
    """Return a stored request; `triage` is null while it waits for its analysis."""
    request = found.request
    analysed = found if isinstance(found, AnalysedRequest) else None
    triage = None if analysed is None else {**to_json(analysed.triage), "id": found.external_id}
    row = {
        "id": found.external_id,
        "request": request.id,
        "channel": request.channel,
        "time": to_json(request.time),
        "title": request.title,
        "text": request.text,
        "area": request.area,
        "site": request.site,
        "likes": request.likes,
        "dislikes": request.dislikes,
        "status": found.status,
        "issue": None if analysed is None else analysed.issue,
        "duplicate_of": None if analysed is None else analysed.duplicate_of,
        "triage": triage,
    }
    return {**row, "warnings": list(request.warnings)} if request.warnings else row


def event_object(event: RequestEvent) -> dict[str, Any]:
    """Return an event."""
    found: dict[str, Any] = to_json(event)
    return found


def reply_object(reply: ReviewedReply) -> dict[str, Any]:
    """Return a reply with its review."""
    return {
        "reply": reply.id,
        "request": reply.request,
        "unit": reply.unit,
        "text": reply.reply,
        "time": to_json(reply.reply_time),
        "review": to_json(reply.review),
    }


def issue_object(issue: StoredIssue) -> dict[str, Any]:
    """Return an issue: the contract's object, its status, and the issue it was merged into."""
    return {**to_json(issue.summary), "status": issue.status, "merged_into": issue.merged_into}


def post_object(found: ReviewedPost, *, external_id: str, account_name: str | None) -> dict[str, Any]:
    """Return a post with its review."""
    post = found.post
    return {
        "post": post.id,
        "id": external_id,
        "account": post.account,
        "account_name": account_name,
        "published": to_json(post.published),
        "title": post.title,
        "body": post.body,
        "review": {**to_json(found.review), "id": external_id},
    }
