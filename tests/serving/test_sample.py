"""The demo: the sample city is loaded once and never into a real site's database."""

from __future__ import annotations

import time

import pytest
from sqlalchemy import text

from nlp.errors import ConfigError
from nlp.records import ResidentRequest
from nlp.site import Site
from serving.analysis import take_requests
from serving.database import Database
from serving.sample import load_sample
from serving.settings import Settings
from serving.state import SAMPLE, State, site_folder

TABLES = ("requests", "triages", "events", "replies", "reply_reviews", "posts", "post_reviews")


@pytest.fixture
def demo(database_url, tmp_path, keyword_pipeline):
    settings = Settings(database_url=database_url, data_dir=tmp_path, hmac_key="k" * 32, demo=True)
    database = Database.open(Settings(database_url=database_url, data_dir=tmp_path))
    yield State(settings, database, keyword_pipeline, Site.load(site_folder(settings)), "k" * 32)
    database.close()


def counts(state):
    with state.engine.connect() as connection:
        return {t: connection.scalar(text(f"SELECT count(*) FROM {t}")) for t in TABLES}


def lines(name):
    return len((SAMPLE / name).read_text("utf-8").splitlines())


def test_sample_is_loaded_whole(demo):
    report = load_sample(demo)
    found = counts(demo)
    assert report.changed
    assert found["requests"] == found["triages"] == report.requests == lines("requests.jsonl")
    assert found["events"] == lines("events.jsonl")
    assert found["replies"] == found["reply_reviews"] == lines("replies.jsonl")
    assert found["posts"] == found["post_reviews"] == lines("posts.jsonl")


def test_a_second_start_loads_nothing_twice_and_is_quick(demo):
    load_sample(demo)
    before = counts(demo)
    began = time.monotonic()
    report = load_sample(demo)
    assert not report.changed
    assert counts(demo) == before
    assert time.monotonic() - began < 3


def test_now_is_the_last_minute_of_the_latest_week_of_the_sample(demo):
    load_sample(demo)
    assert demo.now().isoformat() == "2026-11-15T23:59:00+08:00"
    later = State(demo.settings, demo.database, demo.pipeline, demo.site, demo.user_key)
    assert later.now() == demo.now()


def test_no_personal_data_of_the_sample_is_stored_in_the_clear(demo):
    load_sample(demo)
    with demo.engine.connect() as connection:
        found = connection.scalar(text("SELECT count(*) FROM requests WHERE text ~ '1[3-9][0-9]{9}'"))
    assert found == 0


def test_a_real_site_never_gets_the_sample(state):
    with pytest.raises(ConfigError, match="演示"):
        load_sample(state)


def test_a_second_start_uses_up_no_public_ids(demo):
    load_sample(demo)
    load_sample(demo)
    with demo.session() as session, session.begin():
        (saved,) = take_requests(session, [ResidentRequest("neu", "路灯不亮")], state=demo)
    assert saved.number == lines("requests.jsonl") + 1
