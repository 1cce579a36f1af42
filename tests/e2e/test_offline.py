"""The product never leaves the machine: watched in every process, and run where there is nothing but loopback."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from serving.offline import watched_network

TOUR = Path(__file__).with_name("offline_tour.py")
ROOT = Path(__file__).parents[2]
OUTSIDE = re.compile(
    r"(?:\b(?:src|href|action|srcset|poster|data)\s*=\s*[\"']?|url\(\s*[\"']?|@import\s+[\"']?)((?:https?:)?//[^\s\"')]+)"
)
# As root the embedded database steps down to a system user, whom a user namespace would not know.
NAMESPACE = ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "-nc", "--keep-caps"]


@pytest.fixture
def folder():
    """A short folder that the system user of the database can enter."""
    path = Path(tempfile.mkdtemp(prefix="ms-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


def tour(folder: Path, *options: str, inside: list[str] | None = None) -> dict[str, list]:
    command = [*(inside or []), sys.executable, str(TOUR), str(folder), *options]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads((folder / "tour.json").read_text("utf-8"))


@pytest.mark.slow
def test_no_process_tries_to_leave_the_machine_and_no_page_asks_a_browser_to(folder: Path) -> None:
    seen = tour(folder, "--watch")
    assert (folder / "attempts.txt").read_text() == ""
    assert {a: s for a, (s, _, _) in seen.items() if s != 200} == {}
    assert {"/static/page.css", "/docs/files/swagger-ui-bundle.js", "/docs/files/swagger-ui.css"} <= {
        a.partition("?")[0] for a in seen
    }
    loaded = {a: OUTSIDE.findall(t) for a, (_, media, t) in seen.items() if media in ("text/html", "text/css")}
    loaded["week.html"] = OUTSIDE.findall((folder / "week.html").read_text("utf-8"))
    assert {a: found for a, found in loaded.items() if found} == {}
    assert json.loads(seen["POST /v1/triage"][2])["results"][0]["urgency"] >= 2


@pytest.mark.slow
def test_everything_works_where_there_is_only_loopback(folder: Path) -> None:
    probe = "import socket; socket.create_connection(('192.0.2.1', 80), 5)"  # TEST-NET-1 of RFC 5737
    try:
        cut = subprocess.run([*NAMESPACE, sys.executable, "-c", probe], capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("no unshare on this machine")
    if "unreachable" not in cut.stderr:
        pytest.skip(f"no network namespaces here: {cut.stderr.strip()[-100:]}")
    seen = tour(folder, inside=NAMESPACE)
    assert {a: s for a, (s, _, _) in seen.items() if s != 200} == {}
    assert (folder / "week.txt").stat().st_size > 0


@pytest.mark.parametrize("host", ["192.0.2.1", "127.0.0.1.example.cn", "2001:db8::1", "example.cn"])
def test_an_attempt_is_refused_and_named(host: str) -> None:
    with watched_network() as attempts, pytest.raises(PermissionError, match="外部网络"):
        socket.create_connection((host, 80), timeout=1)
    assert attempts == [host]


def test_a_datagram_is_refused_too() -> None:
    with watched_network() as attempts, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        with pytest.raises(PermissionError):
            sender.sendto(b"x", ("192.0.2.1", 53))
        with pytest.raises(PermissionError):
            sender.sendmsg([b"x"], [], 0, ("192.0.2.1", 53))
    assert attempts == ["192.0.2.1"] * 2


@pytest.mark.parametrize("host", ["127.0.0.1", "127.3.2.1", "localhost", "::1", "::ffff:127.0.0.1"])
def test_the_machine_itself_may_be_asked(host: str) -> None:
    with watched_network() as attempts:
        socket.getaddrinfo(host, 80)
    assert attempts == []
