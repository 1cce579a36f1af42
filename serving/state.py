"""What a running process has at hand: database, model, site tables, key, clock. Built once, passed around."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from nlp.errors import ConfigError
from nlp.pipeline import Pipeline
from nlp.records import CHINA
from nlp.site import Site, check_site, refuse_errors
from nlp.taxonomy import Taxonomy
from serving.database import Database
from serving.keys import load_secret
from serving.settings import Settings
from serving.store.requests import list_weeks
from serving.store.site_tables import sync_site
from serving.weeks import Week

logger = logging.getLogger(__name__)
SAMPLE = Path(__file__).resolve().parents[1] / "datasets" / "sample"


@dataclass
class State:
    """The typed state of an application; `app.state.minsheng`."""

    settings: Settings
    database: Database
    pipeline: Pipeline
    site: Site
    user_key: str
    _demo_now: datetime | None = field(default=None, repr=False)

    @property
    def engine(self) -> Engine:
        return self.database.engine

    @property
    def model(self) -> str:
        """Version of the model in force."""
        return self.pipeline.manifest.version

    @property
    def account_names(self) -> dict[str, str]:
        """Name of each account by its id."""
        return {a.id: a.name for a in self.site.accounts}

    def session(self) -> Session:
        """Return a session; use it as a context manager."""
        return self.database.session()

    def now(self) -> datetime:
        """Return the time; in the demo, the last minute of the latest week of the sample."""
        if self.settings.demo and self._demo_now is None:
            with self.session() as session:
                weeks = list_weeks(session)
            self._demo_now = Week.parse(weeks[0]).last_moment if weeks else None
        return self._demo_now or datetime.now(CHINA)

    def set_demo_now(self, time: datetime) -> None:
        """Fix the demo's time while its sample is being loaded."""
        if self.settings.demo:
            self._demo_now = time


@contextmanager
def open_state(settings: Settings, *, pipeline: Pipeline | None = None) -> Iterator[State]:
    """Build the state; what can be wrong with model, site or settings is said before the server starts.

    Raises ArtifactError, SiteError, ConfigError or StoreError.
    """
    site = open_site(settings)
    loaded = pipeline or Pipeline.from_artifact(settings.model)
    database = Database.open(settings)
    try:
        if database.is_current:
            with database.session() as session, session.begin():
                sync_site(session, site)
        yield State(settings, database, loaded, site, user_key(settings))
    finally:
        database.close()


def open_site(settings: Settings) -> Site:
    """Read and check the site tables; warnings are logged. Raises SiteError naming each wrong row."""
    site = Site.read(site_folder(settings))
    problems = check_site(site, Taxonomy.load(), today=datetime.now(CHINA).date())
    refuse_errors(problems)
    for problem in problems:
        logger.warning("site table", extra={"table": problem.table, "row": problem.line, "problem": problem.message})
    return site


def site_folder(settings: Settings) -> Path | None:
    """Return the folder of the site tables; the demo's are the sample's. Raises ConfigError without the sample."""
    if settings.site is not None or not settings.demo:
        return settings.site
    if not SAMPLE.is_dir():
        raise ConfigError("演示需要示例数据 datasets/sample,安装包里没有它:请在源码目录里运行,或去掉 --demo")
    return SAMPLE


def user_key(settings: Settings) -> str:
    """Return the key of user ids: the one given, or the data folder's own, made on first use."""
    if settings.hmac_key is not None:
        return settings.hmac_key.get_secret_value()
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    return load_secret(settings.data_dir / "user.key")
