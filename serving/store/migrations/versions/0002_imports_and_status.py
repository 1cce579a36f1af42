"""A ledger of imported files; status and end of a request kept beside it, as its events and replies give them."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SQL = Path(__file__).parents[2] / "sql"


def upgrade() -> None:
    """Run the frozen SQL file."""
    driver = op.get_bind().connection.driver_connection
    assert driver is not None
    driver.execute((SQL / "0002_imports_and_status.sql").read_text("utf-8"))
