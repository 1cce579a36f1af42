"""The database of a site, embedded or external, opened by its settings."""

from __future__ import annotations

import importlib

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from nlp.errors import StoreError
from serving.postgres import EmbeddedPostgres
from serving.settings import Settings
from serving.store.engine import check_server, ensure_database, open_engine, read_revision
from serving.store.schema import REVISION

MIGRATE_MODULE = "serving.store.migrate"


class Database:
    """An engine and, where it is ours, the server behind it. Close it: the last one to do so stops the server."""

    def __init__(self, engine: Engine, server: EmbeddedPostgres | None = None) -> None:
        self.engine = engine
        self._server = server

    @classmethod
    def open(cls, settings: Settings, *, migrate: bool | None = None) -> Database:
        """Start or find the server. `migrate` (default: only the embedded one and the demo's) brings tables up to date.

        An external server is not migrated behind its owner's back: `minsheng migrate` does it.
        Raises ConfigError or StoreError.
        """
        server = None
        if settings.database_url is None:
            server = EmbeddedPostgres(settings.data_dir)
            dsn = server.start(settings.database)
        else:
            dsn = settings.database_url.get_secret_value()
            if settings.demo:
                dsn = ensure_database(dsn, settings.database)
        found = cls(open_engine(dsn), server)
        try:
            if server is None:
                check_server(found.engine)
            if migrate or (migrate is None and (server is not None or settings.demo)):
                found.migrate()
        except BaseException:
            found.close()
            raise
        return found

    def session(self) -> Session:
        """Return a session; use it as a context manager and commit, or `begin` it."""
        return Session(self.engine, expire_on_commit=False)

    @property
    def is_current(self) -> bool:
        """Say whether the tables are those this program needs."""
        with self.session() as session:
            return read_revision(session) == REVISION

    def migrate(self) -> bool:
        """Bring the tables up to date; says whether there was work. Alembic is loaded only then."""
        if self.is_current:
            return False
        importlib.import_module(MIGRATE_MODULE).migrate(self.engine)
        if not self.is_current:
            raise StoreError("数据库的表比本程序新:请升级程序,或从备份恢复旧的数据库")
        return True

    def close(self) -> None:
        """Close all connections and give up the server."""
        self.engine.dispose()
        if self._server is not None:
            self._server.stop()
