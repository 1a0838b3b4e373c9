"""How long a testcase took, from what frameworks write. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d*)?", re.ASCII)
_DECIMAL_COMMA = re.compile(r"\d*,\d+", re.ASCII)
_CLOCK = re.compile(r"(\d{1,9}):([0-5]?\d):([0-5]?\d(?:\.\d*)?)", re.ASCII)
_LONGEST_S = 366 * 24 * 3600.0
"""More is no time in seconds: container-structure-test writes nanoseconds."""


def read_time_s(attributes: Mapping[str, str]) -> float | None:
    """Return the seconds of a testcase; None when unknown or unreadable, never a guess of 0.

    Bazel writes ``duration``, everybody else ``time``. Surefire up to 3.1 writes ``1,234.5``
    (SUREFIRE-2176), xUnit.net ``0,014``, mamba ``0:00:00.693097``.
    """
    return parse_time_s(attributes.get("time") or attributes.get("duration") or "")


def parse_time_s(text: str) -> float | None:
    """Return the seconds that a text says; None when it is empty or unreadable."""
    try:
        time_s = float(text)
    except ValueError:
        time_s = _read_odd_time_s(text.strip())
    return time_s if 0 <= time_s <= _LONGEST_S and "_" not in text else None


def _read_odd_time_s(text: str) -> float:
    """Return the seconds, or -1 when the text is no time."""
    if _THOUSANDS.fullmatch(text):
        return float(text.replace(",", ""))
    if _DECIMAL_COMMA.fullmatch(text):
        return float(text.replace(",", "."))
    clock = _CLOCK.fullmatch(text)
    if clock:
        hours, minutes, seconds = clock.groups()
        return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    return -1
