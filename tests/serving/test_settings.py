"""Settings come from arguments, the environment and one file; what is unknown or wrong is refused by name."""

from __future__ import annotations

import pytest

from nlp.errors import ConfigError
from serving.settings import DEMO_DATABASE, load_settings


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch):
    for name in ("MINSHENG_CONFIG", "MINSHENG_PORT", "MINSHENG_DATABASE_URL", "MINSHENG_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)


def test_environment_is_read(monkeypatch):
    monkeypatch.setenv("MINSHENG_PORT", "8123")
    assert load_settings().port == 8123


def test_an_argument_wins_over_the_environment(monkeypatch):
    monkeypatch.setenv("MINSHENG_PORT", "8123")
    assert load_settings(port=9000, host=None).port == 9000


def test_file_is_read_and_the_environment_wins(monkeypatch, tmp_path):
    (tmp_path / "site.toml").write_text('port = 8001\nhost = "0.0.0.0"\n')
    monkeypatch.setenv("MINSHENG_CONFIG", str(tmp_path / "site.toml"))
    monkeypatch.setenv("MINSHENG_PORT", "8002")
    found = load_settings()
    assert (found.host, found.port) == ("0.0.0.0", 8002)


def test_unknown_key_in_the_file_is_refused(monkeypatch, tmp_path):
    (tmp_path / "site.toml").write_text("prot = 8001\n")
    monkeypatch.setenv("MINSHENG_CONFIG", str(tmp_path / "site.toml"))
    with pytest.raises(ConfigError, match="MINSHENG_PROT"):
        load_settings()


def test_a_file_that_is_no_toml_is_refused(monkeypatch, tmp_path):
    (tmp_path / "site.toml").write_text("port: 8001\n")
    monkeypatch.setenv("MINSHENG_CONFIG", str(tmp_path / "site.toml"))
    with pytest.raises(ConfigError, match="TOML"):
        load_settings()


def test_a_missing_file_is_refused(monkeypatch, tmp_path):
    monkeypatch.setenv("MINSHENG_CONFIG", str(tmp_path / "none.toml"))
    with pytest.raises(ConfigError, match="不存在"):
        load_settings()


def test_unknown_variable_is_refused(monkeypatch):
    monkeypatch.setenv("MINSHENG_DATABSE_URL", "postgresql://x")
    with pytest.raises(ConfigError, match="MINSHENG_DATABSE_URL"):
        load_settings()


def test_a_wrong_value_names_its_key_and_not_the_value(monkeypatch):
    monkeypatch.setenv("MINSHENG_PORT", "secret-thing")
    with pytest.raises(ConfigError, match="MINSHENG_PORT") as caught:
        load_settings()
    assert "secret-thing" not in str(caught.value)


def test_secrets_are_not_shown():
    assert "s3cret" not in repr(load_settings(database_url="postgresql://u:s3cret@h/d"))


def test_the_demo_has_its_own_database():
    assert load_settings(demo=True).database == DEMO_DATABASE != load_settings().database
