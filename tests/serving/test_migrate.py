"""Migrations make exactly the tables that the program knows, once, whoever runs them."""

from __future__ import annotations

import subprocess
import sys
from importlib.resources import files

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from nlp.errors import StoreError
from serving.database import Database
from serving.settings import Settings
from serving.store import migrate
from serving.store.engine import check_server, open_engine
from serving.store.schema import REVISION, Base

SQL = migrate.MIGRATIONS.parent / "sql"


@pytest.fixture
def empty(database_server, tmp_path):
    url = database_server.start(f"empty_{tmp_path.name}")
    found = Database.open(Settings(database_url=url, data_dir=tmp_path), migrate=False)
    yield found
    found.close()


def is_ours(_object, name, _kind, _reflected, _other):
    return not str(name).startswith(("procrastinate", "alembic"))


def test_migrating_from_empty_gives_the_tables_of_the_program(empty):
    assert not empty.is_current
    assert empty.migrate()
    assert empty.is_current
    with empty.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": is_ours})
        assert compare_metadata(context, Base.metadata) == []


def test_a_second_migration_finds_nothing_to_do(empty):
    empty.migrate()
    assert not empty.migrate()
    migrate.migrate(empty.engine)
    assert empty.is_current


def test_the_revision_that_the_program_expects_is_the_last_migration():
    config = Config()
    config.set_main_option("script_location", str(migrate.MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_current_head() == REVISION


def test_the_job_tables_are_those_of_the_installed_procrastinate():
    ours = (SQL / "procrastinate-3.10.0.sql").read_text("utf-8")
    assert ours == files("procrastinate.sql").joinpath("schema.sql").read_text("utf-8")


def test_a_database_newer_than_the_program_is_refused(empty):
    empty.migrate()
    with empty.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert not empty.is_current


def test_an_unreachable_server_is_said_without_the_password():
    engine = open_engine("postgresql://u:s3cret@127.0.0.1:1/d")
    with pytest.raises(StoreError, match="连不上") as caught:
        check_server(engine)
    assert "s3cret" not in str(caught.value)
    engine.dispose()


def test_the_api_loads_neither_alembic_nor_scikit_learn():
    code = "import sys, serving.app; print([m for m in ('alembic', 'sklearn', 'torch') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "[]", done.stderr
