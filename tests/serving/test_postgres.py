"""The embedded PostgreSQL: closed to everybody else, safe to start twice, back after a crash."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from nlp.errors import ConfigError, StoreError
from serving.postgres import EmbeddedPostgres

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: other users are tried")


@contextmanager
def open_folder():
    # pytest's own folders are 700: the system user could not enter them.
    folder = Path(tempfile.mkdtemp(prefix="ms-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def base():
    with open_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def only_server():
    with open_folder() as folder:
        found = EmbeddedPostgres(folder / "site")
        found.start()
        yield found
        assert found.stop()


@pytest.fixture
def server(only_server):
    only_server.start()
    yield only_server
    only_server.start()  # a test may have given it up


def postmaster_pid(server):
    return int((server.cluster / "data" / "postmaster.pid").read_text().split("\n")[0])


def mode_of(path):
    return stat.S_IMODE(path.stat().st_mode)


def start_in_child(folder, queue):
    server = EmbeddedPostgres(folder)
    try:
        server.start()
        queue.put("started")
        time.sleep(0.3)
        queue.put("stopped" if server.stop() else "left")
    except Exception as exc:
        queue.put(repr(exc))


def start_and_die(folder):
    EmbeddedPostgres(folder).start()
    os._exit(9)


def test_folders_of_the_cluster_are_closed_to_others(server):
    assert mode_of(server.cluster) == 0o700
    assert mode_of(server.cluster / "data") == 0o700
    assert mode_of(server.data_dir) & 0o027 == 0
    assert mode_of(server.data_dir / "database.password") == 0o600
    assert (server.cluster / ".s.PGSQL.5432").is_socket()


def test_folders_above_keep_their_mode(base):
    base.chmod(0o751)
    server = EmbeddedPostgres(base / "site")
    server.start()
    server.stop()
    assert mode_of(base) == 0o751


@as_root
@pytest.mark.root
def test_server_and_its_folder_belong_to_the_system_user(server):
    owner = server.cluster.stat().st_uid
    assert owner != 0
    assert Path(f"/proc/{postmaster_pid(server)}").stat().st_uid == owner


@as_root
@pytest.mark.root
def test_another_uid_cannot_connect(server):
    # Imports come first: the interpreter may lie where nobody cannot read.
    code = (
        "import os, sys, psycopg\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "try: psycopg.connect(sys.argv[1])\n"
        "except psycopg.OperationalError: sys.exit(7)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, server.dsn()], check=False)
    assert done.returncode == 7


def test_the_right_user_without_the_password_is_refused(server):
    host = parse_qs(urlsplit(server.dsn()).query)["host"][0]
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(host=host, user="minsheng", dbname="minsheng", password="wrong")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(host=host, user="postgres", dbname="minsheng", password="wrong")


def test_server_opens_no_tcp_port(server):
    inodes = {
        str(f.readlink()).removeprefix("socket:[").rstrip("]")
        for f in Path(f"/proc/{postmaster_pid(server)}/fd").iterdir()
        if str(f.readlink()).startswith("socket:")
    }
    tcp = [line.split() for n in ("tcp", "tcp6") for line in Path(f"/proc/net/{n}").read_text().splitlines()[1:]]
    assert not [row for row in tcp if row[9] in inodes]


def test_role_is_no_superuser_and_the_cluster_is_utf8_with_checksums(server):
    with psycopg.connect(server.dsn()) as connection:
        row = connection.execute(
            "SELECT current_setting('is_superuser'), current_setting('server_encoding'),"
            " current_setting('data_checksums'), current_setting('listen_addresses'),"
            " (SELECT count(*) FROM pg_extension WHERE extname = 'vector')"
        ).fetchone()
    assert row == ("off", "UTF8", "on", "", 1)


def test_second_start_takes_less_than_a_second(server):
    server.stop()
    began = time.monotonic()
    server.start()
    assert time.monotonic() - began < 1


def test_server_survives_as_long_as_somebody_uses_it(server):
    other = EmbeddedPostgres(server.data_dir)
    other.start()
    assert not server.stop()
    with psycopg.connect(other.dsn()) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert other.stop()


def test_a_user_that_was_killed_keeps_nothing_up(server):
    child = multiprocessing.get_context("spawn").Process(target=start_and_die, args=(server.data_dir,))
    child.start()
    child.join()
    assert child.exitcode == 9
    assert server.stop()


def test_start_after_the_server_was_killed(server):
    pid = postmaster_pid(server)
    os.kill(pid, signal.SIGKILL)
    server.start()
    assert postmaster_pid(server) != pid


def test_stale_pid_file_of_a_process_that_is_another_program_now(server):
    server.stop()
    pid_file = server.cluster / "data" / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{server.cluster / 'data'}\n1\n5432\n\n\n")
    shutil.chown(pid_file, server.cluster.owner(), server.cluster.group())
    server.start()
    assert postmaster_pid(server) != os.getpid()


def test_two_processes_that_start_at_once_share_one_server(base):
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    children = [context.Process(target=start_in_child, args=(base / "site", queue)) for _ in range(3)]
    for child in children:
        child.start()
    said = sorted(queue.get(timeout=60) for _ in range(6))
    for child in children:
        child.join()
    assert said.count("started") == 3
    assert said.count("stopped") >= 1
    assert said.count("stopped") + said.count("left") == 3


def test_each_database_is_made_once(server):
    assert server.start("minsheng_demo") == server.start("minsheng_demo")


def test_a_path_too_long_for_a_socket_is_refused(base):
    with pytest.raises(ConfigError, match="107"):
        EmbeddedPostgres(base / ("很长" * 20)).start()


def test_a_folder_that_others_may_write_is_refused(base):
    folder = base / "site"
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(ConfigError, match="不安全"):
        EmbeddedPostgres(folder).start()


def test_a_cluster_of_another_version_is_refused(server):
    server.stop()
    stamp = server.cluster / "data" / "PG_VERSION"
    stamp.write_text("17\n")
    with pytest.raises(StoreError, match="17"):
        server.start()
    stamp.write_text("18\n")


def test_a_lost_password_is_said_clearly(server):
    password = server.data_dir / "database.password"
    kept = password.read_text()
    password.write_text("0" * 64)
    with pytest.raises(StoreError, match="口令"):
        EmbeddedPostgres(server.data_dir).start()
    password.write_text(kept)


@as_root
@pytest.mark.root
def test_programs_that_the_system_user_cannot_reach_are_copied(base):
    original = EmbeddedPostgres(base / "a")
    original.start()
    original.stop()
    hidden = base / "hidden"
    hidden.mkdir(mode=0o700)
    assert original._programs is not None
    (hidden / "programs").symlink_to(original._programs)
    server = EmbeddedPostgres(base / "b", programs=hidden / "programs")
    server.start()
    copies = list((base / "b").glob("postgresql-18-*"))
    assert server.stop()
    assert len(copies) == 1
    assert copies[0].stat().st_uid == 0
    assert mode_of(copies[0]) == 0o755


@as_root
@pytest.mark.root
def test_a_folder_that_the_system_user_cannot_enter_is_said_clearly(base):
    closed = base / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(ConfigError, match="进不了"):
        EmbeddedPostgres(closed / "site").start()
