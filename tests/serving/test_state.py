"""What a process has at hand when it starts."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from nlp.errors import ArtifactError, SiteError
from nlp.records import CHINA
from serving.settings import Settings
from serving.state import SAMPLE, open_state

LINE = "code,name,parent,level,aliases,households\n"


def codes(state):
    with state.engine.connect() as connection:
        return set(connection.scalars(text("SELECT code FROM areas")))


def with_areas(settings, folder, *rows):
    folder.mkdir(exist_ok=True)
    (folder / "areas.csv").write_text(LINE + "".join(f"{row}\n" for row in rows), "utf-8")
    return Settings(**{**settings.model_dump(exclude_none=True), "site": folder})


def test_the_site_tables_are_kept_beside_the_requests(settings, keyword_pipeline, tmp_path):
    first = with_areas(settings, tmp_path / "s", "A,甲区,,district,,", "B,乙区,,district,,10")
    with open_state(first, pipeline=keyword_pipeline) as state:
        assert codes(state) == {"A", "B"}
    second = with_areas(settings, tmp_path / "s", "B,乙区,,district,,10")
    with open_state(second, pipeline=keyword_pipeline) as state:
        assert codes(state) == {"B"}


def test_a_wrong_site_table_stops_the_start(settings, keyword_pipeline, tmp_path):
    wrong = with_areas(settings, tmp_path / "s", "A,甲区,,planet,,")
    with pytest.raises(SiteError, match="第 2 行"), open_state(wrong, pipeline=keyword_pipeline):
        pass


def test_a_missing_model_stops_the_start(settings, tmp_path):
    missing = Settings(**{**settings.model_dump(exclude_none=True), "model": tmp_path / "none"})
    with pytest.raises(ArtifactError), open_state(missing):
        pass


def test_now_of_a_real_site_is_now(state):
    assert abs(state.now() - datetime.now(CHINA)) < timedelta(minutes=1)


def test_the_demo_has_a_database_and_site_of_its_own(settings, keyword_pipeline):
    demo = Settings(**{**settings.model_dump(exclude_none=True), "demo": True})
    with open_state(demo, pipeline=keyword_pipeline) as state:
        assert state.engine.url.database == "minsheng_demo"
        assert codes(state) == {line.split(",")[0] for line in (SAMPLE / "areas.csv").read_text("utf-8").split()[1:]}
