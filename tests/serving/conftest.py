"""A client of the whole application, served by a real server on a free port."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager

import httpx
import pytest
import uvicorn

from serving.app import create_app


@contextmanager
def serve(app):
    """Serve an application in a thread and yield a client of it."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the application did not start"
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
def client(settings, keyword_pipeline):
    with serve(create_app(settings, pipeline=keyword_pipeline)) as found:
        yield found


@pytest.fixture
def serve_app():
    """The context manager that serves an application."""
    return serve
