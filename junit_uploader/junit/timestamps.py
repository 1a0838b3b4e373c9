"""When suites and testcases began, as reports say it. Pure.

The schema of JUnit asks for a local time without a zone, and Ant, Surefire, jest-junit, Robot and
googletest write one; which of them mean UTC is not in the file. It is taken as UTC, wherever the
report is read: so the account shows the digits that stand in the report.
"""

from __future__ import annotations

import re
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import NamedTuple

_ISO = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)[Tt ](?P<time>\d\d:\d\d(?::\d\d)?)(?:[.,](?P<fraction>\d+))?"
    r" ?(?P<zone>[Zz]|UTC|GMT|[+-]\d\d(?::?\d\d)?)?",
    re.ASCII,
)
_FIRST_YEAR = 1971
"""What is older stands for an unknown time: frameworks write the years 1 and 1970."""


class Timestamp(NamedTuple):
    """A moment that a report names.

    Attributes:
        seconds: Since 1970 (UTC).
        has_zone: Whether the report says the zone.
    """

    seconds: float
    has_zone: bool


@lru_cache(maxsize=1024)
def read_timestamp(text: str) -> Timestamp | None:
    """Read the value of an attribute ``timestamp``; None when it does not tell a moment.

    Args:
        text: ISO 8601 as most write it, or ``Sun, 22 Nov 2026 03:08:43 GMT`` (mocha, TestNG).
    """
    moment = _read_moment(text.strip())
    if moment is None or moment.year < _FIRST_YEAR:
        return None
    has_zone = moment.tzinfo is not None
    moment = moment if has_zone else moment.replace(tzinfo=timezone.utc)
    return Timestamp(moment.timestamp(), has_zone)


def _read_moment(text: str) -> datetime | None:
    found = _ISO.fullmatch(text)
    try:
        if found is None:
            return parsedate_to_datetime(text)
        time = found["time"]
        if found["fraction"] and time.count(":") > 1:
            time += f".{found['fraction'][:6]:0<6}"
        return datetime.fromisoformat(f"{found['day']}T{time}{_offset(found['zone'])}")
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _offset(zone: str | None) -> str:
    """Return a zone as every Python reads it."""
    if not zone:
        return ""
    if zone[0] not in "+-":
        return "+00:00"
    digits = zone[1:].replace(":", "")
    return f"{zone[0]}{digits[:2]}:{digits[2:] or '00'}"
