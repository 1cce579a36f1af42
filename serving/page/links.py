"""Where a figure or a sentence leads: the list or the thing behind it, as a path without the site's prefix."""

from __future__ import annotations

from urllib.parse import urlencode

from nlp.digest_values import Statement


def with_query(path: str, **values: str | int | None) -> str:
    """Return a path with the values that are not None as its query."""
    query = urlencode({k: v for k, v in values.items() if v is not None})
    return f"{path}?{query}" if query else path


def statement_link(statement: Statement, week: str) -> str:
    """Return where the ids of a statement can be read."""
    match statement.topic:
        case "overdue" | "urgent" | "review":
            return with_query("/requests", week=week, state=statement.topic)
        case "life":
            return with_query("/requests", week=week, state="late")
        case "back":
            return with_query("/issues", week=week, show="back")
        case "reply":
            return with_query("/replies", week=week, verdict="weak")
        case "rising":
            return with_query("/issues", week=week, show="rising")
        case "promise":
            return with_query("/", week=week) + "#promises"
        case "issue" | "gap":
            return f"/issues/{statement.issues[0]}"
    return with_query("/requests", week=week)
