"""First tables, the extension vector, and the job queue of procrastinate 3.10.0."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SQL = Path(__file__).parents[2] / "sql"


def upgrade() -> None:
    """Run the frozen SQL files, on the driver's own connection: SQLAlchemy would read their `%` as placeholders."""
    driver = op.get_bind().connection.driver_connection
    assert driver is not None
    for name in ("0001_tables.sql", "procrastinate-3.10.0.sql"):
        driver.execute((SQL / name).read_text("utf-8"))
