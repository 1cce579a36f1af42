"""ISO weeks in the zone of the residents, Asia/Shanghai: what digests, gaps and pages go by."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from nlp.errors import InputError
from nlp.records import CHINA, YEARS

_NAME = re.compile(r"(\d{4})-W(\d{2})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Week:
    """An ISO week: `name` is 2026-W46; it holds the times from `start` (Monday 00:00) up to, not including, `end`."""

    name: str
    start: datetime
    end: datetime

    @classmethod
    def parse(cls, name: str) -> Week:
        """Read `2026-W46`. Raises InputError."""
        match = _NAME.fullmatch(name)
        try:
            if match is None or not YEARS[0] <= int(match[1]) < YEARS[1]:
                raise ValueError
            start = datetime.fromisocalendar(int(match[1]), int(match[2]), 1).replace(tzinfo=CHINA)
        except ValueError:
            raise InputError("周的写法不对:应为 2026-W46 这样的 ISO 周") from None
        return cls(name, start, start + timedelta(days=7))

    @classmethod
    def of(cls, time: datetime) -> Week:
        """Return the week that holds a time."""
        year, number, _ = time.astimezone(CHINA).isocalendar()
        return cls.parse(f"{year}-W{number:02d}")

    @property
    def last_moment(self) -> datetime:
        """Return the last minute of the week: 2026-11-15T23:59+08:00 for 2026-W46."""
        return self.end - timedelta(minutes=1)

    def back(self, weeks: int = 1) -> Week:
        """Return the week that many weeks before."""
        return Week.of(self.start - timedelta(days=7 * weeks))
