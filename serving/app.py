"""The web application: API, page and health, over one typed state that the lifespan builds."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.metadata import version

import uvicorn
from fastapi import FastAPI

from nlp.errors import ConfigError
from nlp.pipeline import Pipeline
from serving.documentation import add_documentation
from serving.errors import add_error_handlers
from serving.jobs import running_worker
from serving.logs import configure_logging
from serving.page.routes import router as page_router
from serving.routers import external, health, issues, posts, reports, requests, triage
from serving.settings import Settings
from serving.state import State, open_state
from serving.tracing import Tracing

DESCRIPTION = "研判居民诉求、归并共性问题、评价答复与推文、报告回应缺口。错误一律为 {error, detail}。"


def create_app(
    settings: Settings,
    *,
    pipeline: Pipeline | None = None,
    opened: State | None = None,
    with_worker: bool = False,
    prepare: Callable[[State], None] | None = None,
) -> FastAPI:
    """Build the application. Its lifespan opens model, site and database, and refuses to start without them.

    opened: a state that is open already; the caller closes it
    prepare: called with the state before the first request (the demo loads its sample here)
    with_worker: also run one worker for background jobs in this process
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            state = opened or stack.enter_context(open_state(settings, pipeline=pipeline))
            app.state.minsheng = state
            if prepare is not None:
                prepare(state)
            if with_worker:
                await stack.enter_async_context(running_worker(state))
            yield

    app = FastAPI(
        title="民声 Minsheng",
        version=version("minsheng"),
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    app.add_middleware(Tracing)
    add_error_handlers(app)
    add_documentation(app)
    for module in (health, triage, requests, external, issues, posts, reports):
        app.include_router(module.router)
    app.include_router(page_router)
    return app


def run_server(settings: Settings, *, prepare: Callable[[State], None] | None = None) -> None:
    """Serve until stopped; the demo also works off its own jobs. Access is logged without query strings.

    Raises ConfigError (the port is taken), ArtifactError, SiteError or StoreError before anything is served.
    """
    configure_logging(settings.log_level)
    with bind_address(settings.host, settings.port) as listener, open_state(settings) as state:
        app = create_app(settings, opened=state, with_worker=settings.demo, prepare=prepare)
        config = uvicorn.Config(
            app,
            access_log=False,
            log_config=None,
            server_header=False,
            timeout_graceful_shutdown=20,
        )
        uvicorn.Server(config).run(sockets=[listener])


def bind_address(host: str, port: int) -> socket.socket:
    """Take the address to listen on. Raises ConfigError where it is taken or not ours."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as exc:
        raise ConfigError(f"不能监听 {host}:{port}({exc.strerror});端口可能已被占用,请用 --port 换一个") from exc
    return listener
