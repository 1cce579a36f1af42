"""Stored values as the API's objects: `id` is the external id, `request`, `reply` and `post` are ours."""

from __future__ import annotations

from typing import Any

from nlp.records import ResidentRequest
from nlp.results import AnalysedRequest, Life, LifeCounts, ReviewedPost, ReviewedReply, to_json
from serving.store.events import RequestEvent
from serving.store.ids import REQUEST
from serving.store.issues import StoredIssue
from serving.store.lives import IssueLife
from serving.store.requests import UnanalysedRequest
from serving.store.saving import Saved


def request_object(found: AnalysedRequest | UnanalysedRequest, life: Life) -> dict[str, Any]:
    """Return a stored request with its life; `triage` is null while it waits for its analysis."""
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
        "life": to_json(life),
    }
    return {**row, "warnings": list(request.warnings)} if request.warnings else row


def saved_object(request: ResidentRequest, saved: Saved, found: AnalysedRequest | None) -> dict[str, Any]:
    """Return what became of a request that was sent: its ids, whether it was new, issue and triage."""
    return {
        "id": request.id,
        "request": saved.public(REQUEST),
        "created": saved.created,
        "issue": None if found is None else found.issue,
        "duplicate_of": None if found is None else found.duplicate_of,
        "triage": None if found is None else {**to_json(found.triage), "id": found.external_id},
    }


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


def issue_object(issue: StoredIssue, life: IssueLife | None) -> dict[str, Any]:
    """Return an issue: the contract's object, its status, the issue it was merged into, what became of its requests."""
    return {
        **to_json(issue.summary),
        "status": issue.status,
        "merged_into": issue.merged_into,
        "counts": to_json(LifeCounts() if life is None else life.counts),
        "came_back": None if life is None else to_json(life.came_back),
    }


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
