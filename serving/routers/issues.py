"""Issues, hottest first."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from serving.errors import not_found, to_response
from serving.objects import issue_object
from serving.routers.access import CursorQuery, LimitQuery, StateDep
from serving.schemas import ErrorAnswer, IssueDetail, IssuePage
from serving.store.issues import get_stored_issue, list_issues
from serving.store.lives import load_issue_lives
from serving.store.pages import DEFAULT_LIMIT
from serving.store.posts import get_posts_of_issue

router = APIRouter(prefix="/v1/issues", tags=["共性问题"])


@router.get("", summary="共性问题列表", responses={200: {"model": IssuePage}, 400: {"model": ErrorAnswer}})
def get_issues(
    state: StateDep,
    topic: Annotated[str | None, Query(description="类别:一级,或“一级/二级”")] = None,
    limit: LimitQuery = DEFAULT_LIMIT,
    cursor: CursorQuery = None,
) -> Response:
    """未并入其他问题的共性问题和办理情况,热度从高到低。"""
    with state.session() as session:
        page = list_issues(session, topic=topic, limit=limit, cursor=cursor)
        lives = load_issue_lives(session, [i.summary.issue for i in page.items], now=state.now())
    issues = [issue_object(i, lives.get(i.summary.issue)) for i in page.items]
    return to_response({"issues": issues, "next": page.next})


@router.get("/{issue_id}", summary="一个共性问题", responses={200: {"model": IssueDetail}, 404: {"model": ErrorAnswer}})
def get_one(issue_id: str, state: StateDep) -> Response:
    """共性问题、办理情况和回应它的推文;已并入别的问题时,`merged_into` 是那个问题。"""
    with state.session() as session:
        found = get_stored_issue(session, issue_id)
        if found is None:
            raise not_found("共性问题", issue_id)
        lives = load_issue_lives(session, [issue_id], now=state.now())
        posts = [p.post.id for p in get_posts_of_issue(session, issue_id)]
    row: dict[str, Any] = issue_object(found, lives.get(found.summary.issue))
    return to_response({**row, "posts": posts})
