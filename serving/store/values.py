"""Stored JSON back into the values of `nlp.results`: the inverse of `to_json`."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from nlp.results import IssueSummary, PostReview, ReplyReview, Triage

_TRIAGE = TypeAdapter(Triage)
_ISSUE = TypeAdapter(IssueSummary)
_REPLY = TypeAdapter(ReplyReview)
_POST = TypeAdapter(PostReview)


def to_triage(stored: dict[str, Any]) -> Triage:
    """Rebuild a triage."""
    return _TRIAGE.validate_python(stored)


def to_issue_summary(stored: dict[str, Any]) -> IssueSummary:
    """Rebuild the summary of an issue."""
    return _ISSUE.validate_python(stored)


def to_reply_review(stored: dict[str, Any]) -> ReplyReview:
    """Rebuild the review of a reply."""
    return _REPLY.validate_python(stored)


def to_post_review(stored: dict[str, Any]) -> PostReview:
    """Rebuild the review of a post."""
    return _POST.validate_python(stored)
