"""Secrets of a site: made once, closed to others, and a user's id cannot be read back."""

from __future__ import annotations

import stat

import pytest

from nlp.errors import ConfigError
from serving.keys import hash_user, load_secret


def test_secret_is_made_once_with_mode_600(tmp_path):
    path = tmp_path / "user.key"
    first = load_secret(path)
    assert len(first) == 64
    assert load_secret(path) == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_secret_that_others_can_read_is_refused(tmp_path):
    path = tmp_path / "user.key"
    load_secret(path)
    path.chmod(0o644)
    with pytest.raises(ConfigError, match="不安全"):
        load_secret(path)


def test_a_link_is_refused(tmp_path):
    load_secret(tmp_path / "real.key")
    (tmp_path / "user.key").symlink_to(tmp_path / "real.key")
    with pytest.raises(ConfigError):
        load_secret(tmp_path / "user.key")


def test_an_empty_file_is_refused(tmp_path):
    path = tmp_path / "user.key"
    path.touch(0o600)
    with pytest.raises(ConfigError, match="空"):
        load_secret(path)


def test_users_stay_equal_under_one_key_only():
    assert hash_user("甲", key="k1") == hash_user("甲", key="k1") != hash_user("甲", key="k2")
    assert hash_user("甲", key="k1") != hash_user("乙", key="k1")
    assert hash_user(None, key="k1") is None
