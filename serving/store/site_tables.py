"""The site's areas and accounts, kept beside the requests that name them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from nlp.site import Site
from serving.store.schema import AccountRow, AreaRow


def sync_site(session: Session, site: Site) -> None:
    """Make the tables equal to the site's."""
    areas = [
        {
            "code": a.code,
            "name": a.name,
            "parent": a.parent,
            "level": a.level,
            "aliases": list(a.aliases),
            "households": a.households,
        }
        for a in site.areas
    ]
    accounts = [
        {
            "id": a.id,
            "name": a.name,
            "owner": a.owner,
            "kind": a.kind,
            "areas": list(a.areas),
            "topics": list(a.topics),
            "opened": a.opened,
            "closed": a.closed,
            "merged_into": a.merged_into,
            "interaction": a.interaction,
        }
        for a in site.accounts
    ]
    _replace(session, AreaRow, "code", areas)
    _replace(session, AccountRow, "id", accounts)


def _replace(session: Session, table: type[AreaRow] | type[AccountRow], key: str, rows: list[dict[str, Any]]) -> None:
    column = table.__table__.c[key]
    session.execute(delete(table).where(column.not_in([row[key] for row in rows])))
    if rows:
        statement = insert(table).values(rows)
        updated = {name: statement.excluded[name] for name in rows[0] if name != key}
        session.execute(statement.on_conflict_do_update(index_elements=[column], set_=updated))
