"""Run the whole product once and write down what it did: `python offline_tour.py FOLDER [--watch]`.

A program of its own, because it also runs inside a network namespace, whose loopback nobody else reaches.
--watch: every process of the product refuses what leaves the machine, and names it in FOLDER/attempts.txt
Writes FOLDER/tour.json: {address: [status, media type, text]} of everything the pages and /docs load or link to.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import socket
import struct
import subprocess
import sys
import time
from html import unescape
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urldefrag, urljoin, urlsplit
from urllib.request import ProxyHandler, Request, build_opener

SAMPLE = Path(__file__).parents[2] / "datasets" / "sample"
START_TIMEOUT_S = 120
# Of addresses that differ only in an id or a query, so many are fetched.
EACH_KIND = 2
WATCHED = """
import sys
from pathlib import Path
from serving.offline import watched_network
record = Path(sys.argv.pop())
with watched_network() as attempts:
    from serving.cli import main
    try:
        main()
    finally:
        with record.open("a") as file:
            file.writelines(f"{a}\\n" for a in attempts)
"""
ROW = {"id": "1", "text": "三单元电梯困人了,物业电话没人接", "time": "2026-11-09 08:30", "channel": "hotline"}


def main(folder: Path, *, watch: bool) -> None:
    """Analyse a file, import it, write a digest, serve the demo and fetch all it shows."""
    raise_loopback()
    environment = {**os.environ, "MINSHENG_DATA_DIR": str(folder / "data")}
    (folder / "in.jsonl").write_text(json.dumps(ROW) + "\n", "utf-8")
    for command in (
        "triage in.jsonl out.jsonl",
        "import in.jsonl",
        "digest --html week.html --text week.txt",
        "doctor --offline",
    ):
        subprocess.run(product(command, folder, watch=watch), cwd=folder, env=environment, check=True)
    port = find_free_port()
    serve = product(f"serve --demo --port {port}", folder, watch=watch)
    with subprocess.Popen(serve, cwd=folder, env=environment) as server:
        try:
            seen = fetch_all(f"http://127.0.0.1:{port}", server)
        finally:
            server.terminate()
    (folder / "tour.json").write_text(json.dumps(seen), "utf-8")


def product(arguments: str, folder: Path, *, watch: bool) -> list[str]:
    """Return the command line of a sub-command."""
    if not watch:
        return [sys.executable, "-m", "serving", *arguments.split()]
    return [sys.executable, "-c", WATCHED, *arguments.split(), str(folder / "attempts.txt")]


def fetch_all(base: str, server: subprocess.Popen) -> dict[str, list]:
    """Fetch the page, /docs and whatever they load or link to on this host; triage one request."""
    wait_until_ready(base, server)
    seen: dict[str, list] = {}
    kinds: dict[str, int] = {}
    todo = ["/", "/docs", "/openapi.json", "/issues", "/requests", "/replies", "/posts", "/gaps"]
    while todo:
        address = todo.pop(0)
        kind = re.sub(r"[a-z]-?[0-9]{3,}", "#", urlsplit(address).path)
        if address in seen or kinds.get(kind, 0) >= EACH_KIND:
            continue
        kinds[kind] = kinds.get(kind, 0) + 1
        seen[address] = fetch(base + address)
        todo += find_links(base, address, seen[address])
    seen["POST /v1/triage"] = fetch(f"{base}/v1/triage", {"requests": [ROW]})
    return seen


def find_links(base: str, address: str, answer: list) -> list[str]:
    """Return what a page or a style sheet refers to on the own host."""
    _, media, text = answer
    if "html" not in media and "css" not in media:
        return []
    found = re.findall(r"(?:src|href)\s*=\s*[\"']([^\"']+)|url\(\s*[\"']?([^\"')]+)|\burl:\s*'([^']+)'", text)
    full = (urldefrag(urljoin(base + address, unescape("".join(f)))).url for f in found)
    return [f.removeprefix(base) for f in full if f.startswith(base + "/")]


def fetch(address: str, body: dict | None = None) -> list:
    """Return status, media type and text."""
    request = Request(address, data=None if body is None else json.dumps(body).encode())
    request.add_header("accept", "text/html" if body is None else "application/json")
    request.add_header("content-type", "application/json")
    try:
        with build_opener(ProxyHandler({})).open(request, timeout=60) as answer:
            return [answer.status, answer.headers.get_content_type(), answer.read().decode("utf-8", "replace")]
    except HTTPError as exc:
        return [exc.code, exc.headers.get_content_type(), exc.read().decode("utf-8", "replace")]


def wait_until_ready(base: str, server: subprocess.Popen) -> None:
    give_up = time.monotonic() + START_TIMEOUT_S
    while server.poll() is None and time.monotonic() < give_up:
        try:
            if fetch(f"{base}/health/ready")[0] == 200:
                return
        except URLError:
            time.sleep(0.2)
    raise SystemExit("the service did not start")


def find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def raise_loopback() -> None:
    """Switch the loopback device on, as `ip link set lo up` does: in a new network namespace it is off."""
    get_flags, set_flags, up = 0x8913, 0x8914, 0x1  # SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP of linux/sockios.h, linux/if.h
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as device:
        question = struct.pack("16sH14x", b"lo", 0)
        _, flags = struct.unpack("16sH14x", fcntl.ioctl(device, get_flags, question))
        if not flags & up:
            fcntl.ioctl(device, set_flags, struct.pack("16sH14x", b"lo", flags | up))


if __name__ == "__main__":
    main(Path(sys.argv[1]), watch="--watch" in sys.argv)
