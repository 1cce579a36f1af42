"""Secrets that a site makes for itself: random, kept in a file that only its owner may read."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import stat
from pathlib import Path

from nlp.errors import ConfigError

SECRET_BYTES = 32


def load_secret(path: Path) -> str:
    """Return the secret in `path` (64 hex digits), made on first use with mode 600.

    Two processes that make it at once agree on one. Raises ConfigError where the file is a link, belongs to somebody
    else, can be read by others or is empty.
    """
    if not path.exists() and not path.is_symlink():
        _create(path)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as exc:
        raise ConfigError(f"密钥文件 {path} 读不出来({exc.strerror});它应属于当前用户,权限为 600") from exc
    with os.fdopen(descriptor, encoding="ascii") as file:
        found = os.fstat(file.fileno())
        if found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077:
            raise ConfigError(f"密钥文件 {path} 不安全:应属于当前用户且权限为 600;请执行 chown 和 chmod 600 后重试")
        secret = file.read().strip()
    if not secret:
        raise ConfigError(f"密钥文件 {path} 是空的;请从备份恢复,没有备份时删除它会另生成一个(旧的用户标识将对不上)")
    return secret


def hash_user(user: str | None, *, key: str) -> str | None:
    """Return HMAC-SHA256 of an opaque user id as 64 hex digits: equal users stay equal, nobody can look them up."""
    return None if user is None else keyed_hash(user, key=key)


def keyed_hash(text: str, *, key: str) -> str:
    """Return HMAC-SHA256 of a text as 64 hex digits."""
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()


def _create(path: Path) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(SECRET_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
