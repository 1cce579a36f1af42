"""Warnings in words on the terminal, for commands that people run; a service logs them as JSON (`serving/logs.py`)."""

from __future__ import annotations

import logging
import sys


class NoticeHandler(logging.Handler):
    """Writes a warning to standard error in one Chinese line."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print one line: event and fields, or the place and problem of a site table."""
        problem = getattr(record, "problem", None)
        if problem is None:
            said = record.getMessage()
        else:
            row = getattr(record, "row", None)
            said = f"站点表 {getattr(record, 'table', '')}{f' 第 {row} 行' if row else ''}:{problem}"
        sys.stderr.write(f"提醒:{said}\n")


def show_notices() -> None:
    """Show warnings in words until a service configures its own log. For the command line only."""
    root = logging.getLogger()
    if not root.handlers:
        root.addHandler(NoticeHandler(logging.WARNING))
