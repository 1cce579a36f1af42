"""What nobody answered in a week, and the digest of a week."""

from __future__ import annotations

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from nlp.digest import build_digest
from nlp.digest_values import Digest
from serving.errors import to_response
from serving.routers.access import StateDep, WeekQuery
from serving.schemas import ErrorAnswer, GapAnswer
from serving.state import State
from serving.store.week import WeekMaterial, load_week
from serving.weeks import Week

router = APIRouter(prefix="/v1", tags=["报告"])


@router.get("/gaps", summary="回应缺口", responses={200: {"model": GapAnswer}, 400: {"model": ErrorAnswer}})
def get_gaps(state: StateDep, week: WeekQuery = None) -> Response:
    """到该周末为止,哪些共性问题没有得到回应,各账号回应得怎样;默认是现在所在的一周。"""
    with state.session() as session:
        found = _load(session, week or Week.of(state.now()).name, state)
    return to_response(
        {
            "week": found.week,
            "now": found.now,
            "gaps": found.gaps.gaps,
            "unasked_posts": found.gaps.unasked_posts,
            "accounts": found.accounts,
        }
    )


@router.get("/digests/{week}", summary="周报", responses={200: {"model": Digest}, 400: {"model": ErrorAnswer}})
def get_digest(week: str, state: StateDep) -> Response:
    """一周的周报内容,如 2026-W46。"""
    with state.session() as session:
        found = _load(session, week, state)
    return to_response(build_digest(found, account_names=state.account_names))


def _load(session: Session, week: str, state: State) -> WeekMaterial:
    return load_week(session, week, now=state.now(), site=state.site)
