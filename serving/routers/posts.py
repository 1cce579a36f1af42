"""Posts of public accounts and what they answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from sqlalchemy.orm import Session

from nlp.errors import RowError
from nlp.records import Post
from nlp.results import ReviewedPost
from serving.analysis import take_posts
from serving.bodies import describe_body, good_of, items_of, parse_items, place_results
from serving.errors import not_found, to_response
from serving.item_keys import describe_unknown_keys
from serving.objects import post_object
from serving.routers.access import CursorQuery, LimitQuery, StateDep, WeekQuery
from serving.schemas import ErrorAnswer, PostItem, PostPage, SavedPosts, StoredPost
from serving.state import State
from serving.store.bulk import among
from serving.store.ids import POST
from serving.store.pages import DEFAULT_LIMIT
from serving.store.posts import get_post, list_posts, load_external_ids, load_reviewed_posts
from serving.store.schema import PostRow

router = APIRouter(prefix="/v1/posts", tags=["推文"])


@router.post(
    "",
    summary="提交推文(保存)",
    responses={200: {"model": SavedPosts}, 422: {"model": ErrorAnswer}},
    openapi_extra=describe_body("posts", PostItem),
)
def post_posts(items: Annotated[list[Any], Depends(items_of("posts"))], state: StateDep) -> Response:
    """保存 1 到 256 篇推文并对照共性问题评价。同一账号同一编号再次提交,返回已存的,`created` 为 false。"""
    slots = parse_items(items, _post, identity=lambda p: (p.account, p.id))
    good = good_of(slots)
    with state.session() as session, session.begin():
        saved = take_posts(session, good, state=state)
        found = load_reviewed_posts(session, among(PostRow.id, [s.number for s in saved]))
        objects = {row["post"]: row for row in _objects(session, found, state)}
    results = [{**objects[s.public(POST)], "created": s.created} for s in saved]
    return to_response(place_results(slots, results, notes=describe_unknown_keys(items, PostItem)))


@router.get("", summary="推文列表", responses={200: {"model": PostPage}, 400: {"model": ErrorAnswer}})
def get_posts(
    state: StateDep,
    week: WeekQuery = None,
    account: Annotated[str | None, Query(description="账号的编号")] = None,
    genre: Annotated[str | None, Query(description="体裁,如 response")] = None,
    limit: LimitQuery = DEFAULT_LIMIT,
    cursor: CursorQuery = None,
) -> Response:
    """已评价的推文,从新到旧。"""
    with state.session() as session:
        page = list_posts(session, account=account, week=week, genre=genre, limit=limit, cursor=cursor)
        objects = _objects(session, page.items, state)
    return to_response({"posts": objects, "next": page.next})


@router.get("/{post_id}", summary="一篇推文", responses={200: {"model": StoredPost}, 404: {"model": ErrorAnswer}})
def get_one(post_id: str, state: StateDep) -> Response:
    """推文和它的评价。"""
    with state.session() as session:
        found = get_post(session, post_id)
        if found is None:
            raise not_found("推文", post_id)
        return to_response(_objects(session, [found], state)[0])


def _objects(session: Session, posts: Sequence[ReviewedPost], state: State) -> list[dict[str, Any]]:
    external, names = load_external_ids(session, [p.post.id for p in posts]), state.account_names
    return [
        post_object(p, external_id=external[p.post.id], account_name=names.get(p.post.account, p.post.account))
        for p in posts
    ]


def _post(row: Any) -> Post:
    post = Post.from_row(row)
    if not post.account:
        raise RowError("推文缺少账号:应有 account(账号的编号或名称)", row_id=post.id)
    return post
