"""The connection to PostgreSQL: engine, what the server must offer, which revision its tables have."""

from __future__ import annotations

from typing import Any

import orjson
from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.exc import ArgumentError, OperationalError, ProgrammingError
from sqlalchemy.orm import Session

from nlp.errors import ConfigError, StoreError

MIN_SERVER = 15
POOL_SIZE, POOL_OVERFLOW = 5, 10
# Times come back in the zone that residents and offices live in.
OPTIONS = "-c timezone=Asia/Shanghai"


def open_engine(dsn: str) -> Engine:
    """Return an engine for a `postgresql://` address. Nothing is connected yet. Raises ConfigError."""
    try:
        url = make_url(dsn)
    except (ArgumentError, ValueError):
        # The error would repeat the address, and with it the password.
        raise ConfigError("MINSHENG_DATABASE_URL 应为 postgresql://用户:口令@主机:端口/数据库") from None
    if url.get_backend_name() not in ("postgresql", "postgres"):
        raise ConfigError(f"只支持 PostgreSQL:应为 postgresql://…,收到 {url.drivername}://…")
    return create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=POOL_SIZE,
        max_overflow=POOL_OVERFLOW,
        pool_pre_ping=True,
        hide_parameters=True,  # an error message must not hold a resident's words
        json_serializer=_dump_json,
        json_deserializer=orjson.loads,
        connect_args={"options": OPTIONS, "application_name": "minsheng", "connect_timeout": 10},
    )


def check_server(engine: Engine) -> None:
    """Raise StoreError where the server is unreachable, older than 15, not UTF-8 or without pgvector."""
    try:
        with engine.connect() as connection:
            number = int(connection.scalar(text("SHOW server_version_num")) or 0)
            encoding = connection.scalar(text("SHOW server_encoding"))
            vector = connection.scalar(text("SELECT 1 FROM pg_available_extensions WHERE name = 'vector'"))
    except OperationalError as exc:
        raise StoreError(f"连不上数据库({str(exc.orig).strip().splitlines()[-1]});请检查地址、口令和网络") from None
    if number // 10_000 < MIN_SERVER:
        raise StoreError(f"数据库版本太旧:需要 PostgreSQL {MIN_SERVER} 以上,收到 {number // 10_000}")
    if encoding != "UTF8":
        raise StoreError(f"数据库的编码应为 UTF8,收到 {encoding};请用 ENCODING 'UTF8' 新建数据库")
    if vector is None:
        raise StoreError("数据库没有 pgvector 扩展:请在服务器上安装 pgvector(如 postgresql-18-pgvector 软件包)")


def read_revision(session: Session) -> str | None:
    """Return the revision of the tables, None for an empty database."""
    if session.scalar(text("SELECT to_regclass('alembic_version')")) is None:
        return None
    found: str | None = session.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def ensure_database(dsn: str, name: str, *, template: str | None = None) -> str:
    """Return `dsn` for the database `name` of the same server, made where it is absent. Raises StoreError.

    template: a database that nobody uses; the new one starts as its copy
    """
    url = make_url(dsn)
    engine = open_engine(dsn).execution_options(isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            if connection.scalar(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name}) is None:
                quote = engine.dialect.identifier_preparer.quote_identifier
                source = f" TEMPLATE {quote(template)} STRATEGY file_copy" if template else ""
                connection.execute(text(f"CREATE DATABASE {quote(name)} ENCODING 'UTF8'{source}"))
    except (OperationalError, ProgrammingError) as exc:
        raise StoreError(f"数据库 {name} 不存在也建不了({str(exc.orig).strip().splitlines()[-1]})") from None
    finally:
        engine.dispose()
    return url.set(database=name).render_as_string(hide_password=False)


def _dump_json(value: Any) -> str:
    return orjson.dumps(value).decode()
