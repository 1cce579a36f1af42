"""Who the embedded PostgreSQL runs as: the current user; for root, the system user `minsheng`."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from nlp.errors import ConfigError, StoreError

SYSTEM_USER = "minsheng"
_ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "LANG": "C"}


@dataclass(frozen=True, slots=True)
class ServerAccount:
    """The account of the server process. `switch` is true where we are root and must step down to it."""

    name: str
    uid: int
    gid: int
    switch: bool

    @classmethod
    def current(cls) -> ServerAccount:
        """Return the current user, or, as root, the system user, which is made where it is absent.

        Raises ConfigError where it cannot be made.
        """
        uid = os.geteuid()
        if uid != 0:
            return cls(_name_of(uid), uid, os.getegid(), switch=False)
        try:
            entry = pwd.getpwnam(SYSTEM_USER)
        except KeyError:
            entry = _add_system_user()
        if entry.pw_uid == 0:
            raise ConfigError(f"系统用户 {SYSTEM_USER} 的 uid 是 0,内置数据库不能以 root 运行;请改正这个用户")
        return cls(entry.pw_name, entry.pw_uid, entry.pw_gid, switch=True)

    def run(
        self, *command: str | Path, text: str | None = None, timeout_s: float = 120
    ) -> subprocess.CompletedProcess[str]:
        """Run a command as this account, without our environment and groups; `text` goes to its standard input.

        Raises OSError where the account may not run it, StoreError after `timeout_s`.
        """
        identity = {"user": self.uid, "group": self.gid, "extra_groups": []} if self.switch else {}
        # Without input the command must not hold our terminal: the server it starts outlives us.
        source = {"stdin": subprocess.DEVNULL} if text is None else {"input": text}
        try:
            return subprocess.run(  # type: ignore[call-overload,no-any-return]
                [str(c) for c in command],
                capture_output=True,
                text=True,
                env=_ENVIRONMENT,
                cwd="/",
                umask=0o077,
                timeout=timeout_s,
                **source,
                **identity,
            )
        except subprocess.TimeoutExpired as exc:
            raise StoreError(f"{Path(command[0]).name} 在 {timeout_s:.0f} 秒内没有完成") from exc

    def write(self, path: Path, text: str) -> None:
        """Write a file of mode 600 as this account, so that root never writes where the account may place links."""
        done = self.run("/bin/sh", "-c", 'cat > "$1"', "sh", path, text=text)
        if done.returncode != 0:
            raise StoreError(f"写不了 {path}:{done.stderr.strip()}")


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _add_system_user() -> pwd.struct_passwd:
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin")
    advice = (
        f"以 root 运行内置数据库需要系统用户 {SYSTEM_USER}:请执行 useradd --system --user-group {SYSTEM_USER},"
        "或改用普通用户运行,或用 MINSHENG_DATABASE_URL 指定外部数据库"
    )
    if useradd is None:
        raise ConfigError(f"找不到 useradd。{advice}")
    options = ["--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
    done = subprocess.run(
        [useradd, *options, "--shell", "/usr/sbin/nologin", SYSTEM_USER], capture_output=True, text=True, check=False
    )
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError as exc:
        raise ConfigError(f"建立系统用户 {SYSTEM_USER} 失败({done.stderr.strip()})。{advice}") from exc
