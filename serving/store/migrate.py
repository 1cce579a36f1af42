"""Bring the tables of a database up to date. The only module that imports Alembic: load it when there is work."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, text

from serving.store.engine import check_server

MIGRATIONS = Path(__file__).parent / "migrations"
# One migration at a time, whoever starts it: the first seven bytes of the name.
LOCK = int.from_bytes(b"minshen", "big")


def migrate(engine: Engine, revision: str = "head") -> None:
    """Apply all migrations up to `revision`; a second caller waits and finds nothing to do. Raises StoreError."""
    check_server(engine)
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": LOCK})
        connection.commit()
        try:
            config = Config()
            config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
            connection.commit()
        finally:
            connection.rollback()
            connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": LOCK})
            connection.commit()
