"""Is the process alive, and may it be sent work?"""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from sqlalchemy.exc import SQLAlchemyError

from serving.errors import to_response
from serving.routers.access import StateDep
from serving.schemas import HealthAnswer
from serving.state import State

router = APIRouter(prefix="/health", tags=["运行"])


@router.get("/live", summary="进程在运行", responses={200: {"model": HealthAnswer}})
async def live(request: Request) -> Response:
    """进程在运行。"""
    return to_response({"status": "ok", "checks": {}})


@router.get("/ready", summary="可以接受请求", responses={200: {"model": HealthAnswer}, 503: {"model": HealthAnswer}})
def ready(state: StateDep) -> Response:
    """模型已加载,数据库可用,表的版本相符;否则 503。"""
    checks = {"model": state.model, "database": _check_database(state)}
    fit = checks["database"] == "ok"
    return to_response({"status": "ok" if fit else "unavailable", "checks": checks}, status=200 if fit else 503)


def _check_database(state: State) -> str:
    try:
        return "ok" if state.database.is_current else "表的版本不符,请运行 minsheng migrate"
    except SQLAlchemyError:
        return "连不上"
