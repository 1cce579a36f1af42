"""Refuse and record every attempt of this process to leave the machine.

What it sees is what Python's own `socket` does (audit events of CPython: connect, sends, name look-ups). Unseen are
child processes (the embedded PostgreSQL, which listens on a Unix socket only) and C libraries with sockets of their own
(libpq: an external database is where the operator put it). tests/e2e/test_offline.py closes that gap: there the whole
product runs in a network namespace with nothing but loopback.
"""

from __future__ import annotations

import ipaddress
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_TO_ADDRESS = ("socket.connect", "socket.sendto", "socket.sendmsg")
_LOOK_UPS = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo")


@contextmanager
def watched_network() -> Iterator[list[str]]:
    """Refuse every connection and name look-up that leaves this machine while the block runs; yields those tried.

    The attempt raises PermissionError where it is made.
    """
    attempts: list[str] = []
    watching = True

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if not watching or (event not in _TO_ADDRESS and event not in _LOOK_UPS):
            return
        host = _find_host(event, arguments)
        if host is not None and not _is_here(host):
            attempts.append(host)
            raise PermissionError(f"离线检查不许访问外部网络:{host}")

    sys.addaudithook(hook)  # cannot be removed: `watching` switches it off
    try:
        yield attempts
    finally:
        watching = False


def _find_host(event: str, arguments: tuple[Any, ...]) -> str | None:
    if event in _LOOK_UPS:
        target = arguments[0]
    elif arguments[0].family not in (socket.AF_INET, socket.AF_INET6):
        return None
    else:
        target = arguments[-1]
    host = target[0] if isinstance(target, tuple) else target
    return host.decode("utf-8", "replace") if isinstance(host, bytes) else host


def _is_here(host: str) -> bool:
    """Tell whether a host is this machine; names other than localhost are not."""
    if host in ("", "localhost"):
        return True
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback or address.is_unspecified
