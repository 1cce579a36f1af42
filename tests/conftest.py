"""What tests of several packages share: a pipeline, and databases of an own embedded PostgreSQL."""

from __future__ import annotations

import importlib.util
import itertools
import shutil
import tempfile
from collections import defaultdict
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest

from nlp.issues import IssueMatch
from nlp.pipeline import Pipeline
from nlp.results import (
    IssueAssignment,
    IssueGrouping,
    IssueSummary,
    PostAddress,
    PostReview,
    ReplyReview,
    Span,
    TopicScore,
    Triage,
    WeekCount,
)
from nlp.site import Site
from serving.database import Database
from serving.postgres import EmbeddedPostgres
from serving.settings import Settings
from serving.state import State
from serving.store.engine import ensure_database
from serving.weeks import Week

TOPIC = "城乡建设/物业管理"


class KeywordPipeline:
    """A small pipeline of which a test knows what it says: keywords decide, requests of one title are one issue."""

    manifest = SimpleNamespace(version="keyword-1")

    def triage(self, requests, *, site, taxonomy=None):
        return [self._triage(r, site) for r in requests]

    def issues(self, requests, *, triages, now=None):
        groups = defaultdict(list)
        for request in requests:
            groups[request.title].append(request)
        found = [self._issue(f"i-{n}", g) for n, g in enumerate(groups.values(), 1) if len(g) > 1]
        found.sort(key=lambda i: -i.heat)
        home = {r: i.issue for i in found for r in i.requests}
        return IssueGrouping(tuple(IssueAssignment(r.id, home.get(r.id)) for r in requests), tuple(found))

    def best_issue(self, request, *, triage, candidates):
        for issue, members in candidates:
            if any(m.title == request.title for m in members):
                same = next((m.id for m in members if m.text == request.text and m.user == request.user), None)
                return IssueMatch(issue, 0.9, same if request.user else None)
        return None

    def summarise_issues(self, members, requests, *, triages, now=None):
        return tuple(self._issue(issue, [requests[row] for row in rows]) for issue, rows in members.items())

    def review_replies(self, pairs, *, site):
        return [self._reply(p) for p in pairs]

    def review_posts(self, posts, issues):
        return [self._post(p, issues) for p in posts]

    def _triage(self, request, site):
        urgency = 3 if "困人" in request.full_text else 2 if "停电" in request.full_text else 1
        due = site.due(request.time, urgency=urgency, topic=TOPIC, kind="投诉")
        scores = tuple(0.91 if u == urgency else 0.03 for u in range(4))
        return Triage(
            id=request.id,
            kind="投诉",
            kind_score=0.9,
            topic=TOPIC,
            topic_score=0.8,
            topic_codes=(),
            topics=(TopicScore(TOPIC, 0.8),),
            needs={"ji": 0.9 if urgency > 1 else 0.1, "nan": 0.7, "chou": 0.2, "pan": 0.1},
            labels=("ji", "nan") if urgency > 1 else ("nan",),
            urgency=urgency,
            urgency_scores=scores,
            due=due.at,
            due_rule=due.rule,
            handoff="none",
            group=0.5,
            places=(),
            evidence=(),
            department=site.departments(TOPIC),
            review=False,
            model=self.manifest.version,
        )

    def _issue(self, name, group):
        times = sorted(r.time for r in group if r.time)
        weeks = defaultdict(int)
        for time in times:
            weeks[Week.of(time).name] += 1
        return IssueSummary(
            issue=name,
            title=group[0].title,
            place=None,
            topic=TOPIC,
            size=len(group),
            residents=len({r.user or r.id for r in group}),
            first=times[0] if times else None,
            last=times[-1] if times else None,
            heat=float(len(group)),
            heat_parts={"volume": float(len(group))},
            trend=tuple(WeekCount(w, n) for w, n in sorted(weeks.items())),
            keywords=(),
            representative=group[0].id,
            requests=tuple(r.id for r in group),
        )

    def _reply(self, pair):
        good = len(pair.reply) > 20
        return ReplyReview(
            id=pair.id,
            overall=4.0 if good else 2.0,
            score=75 if good else 25,
            assessable=True,
            dimensions={"relevance": 1.5, "evasion": 0.1, "downplay": 0.1},
            resolved=1,
            days_to_reply=1.0,
            working_days=1,
            asks=(),
            commitments=(),
            reasons=(),
            evidence=(),
        )

    def _post(self, post, issues):
        named = [i for i in issues if i.title and i.title in post.full_text]
        addresses = tuple(
            PostAddress(i.issue, 3.5, 1.5, 1.0, 1.0, 0.1, 0.1, 2, False, (Span(post.title, 0, len(post.title)),))
            for i in named
        )
        return PostReview(post.id, "response" if named else "activity", addresses)


@pytest.fixture(scope="session")
def pipeline():
    """The bundled model."""
    return Pipeline.from_artifact()


@pytest.fixture(scope="session")
def keyword_pipeline():
    """A pipeline whose judgements a test can predict."""
    return KeywordPipeline()


@pytest.fixture(scope="session")
def site():
    return Site.load()


@pytest.fixture(scope="session")
def database_server():
    """An embedded PostgreSQL for the session, with a migrated database `template_minsheng` to copy."""
    folder = Path(tempfile.mkdtemp(prefix="ms-"))
    folder.chmod(0o755)  # the system user must be able to enter
    server = EmbeddedPostgres(folder / "site")
    server.start()
    server.stop()
    with (server.cluster / "data" / "postgresql.conf").open("a") as conf:
        conf.write(
            "autovacuum = off\nfsync = off\nsynchronous_commit = off\nfull_page_writes = off\n"
        )  # nothing here must last
    url = server.start("template_minsheng")
    Database.open(Settings(database_url=url, data_dir=folder / "keys"), migrate=True).close()
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def _database_numbers():
    return itertools.count(1)


@pytest.fixture
def database_url(database_server, _database_numbers):
    """Address of a fresh, migrated, empty database."""
    name = f"t{next(_database_numbers)}"
    yield ensure_database(database_server.dsn("postgres"), name, template="template_minsheng")
    with psycopg.connect(database_server.dsn("postgres"), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def settings(database_url, tmp_path):
    return Settings(database_url=database_url, data_dir=tmp_path / "data", hmac_key="k" * 32)


@pytest.fixture
def state(settings, keyword_pipeline, site):
    """The state of a running site with an empty database and predictable judgements."""
    database = Database.open(settings)
    yield State(settings, database, keyword_pipeline, site, "k" * 32)
    database.close()


@pytest.fixture(scope="session")
def spoilt_files():
    """The builder of spoilt exports (tests/spoilt_files.py), which importlib mode cannot import by name."""
    spec = importlib.util.spec_from_file_location("spoilt_files", Path(__file__).with_name("spoilt_files.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def spoilt_exports(spoilt_files, tmp_path_factory):
    """A folder of spoilt exports and {file name: part of the refusal, "" where its rows are read}."""
    folder = tmp_path_factory.mktemp("exports")
    return SimpleNamespace(folder=folder, expected=spoilt_files.write_spoilt(folder))
