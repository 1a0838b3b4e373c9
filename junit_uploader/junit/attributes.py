"""What the attributes of a testcase say: where they stand, and how long it took. Pure.

They stand nearly always as in the testcase before.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

from junit_uploader.junit.unreadable import UnreadableError
from pytest_jama.core.properties import USED_PROPERTIES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from junit_uploader.junit.dialects import Dialects

Places: TypeAlias = tuple[int, int, int]
"""Of classname, name and time among the attributes, counted from 0; without time `ABSENT`."""

ABSENT = -1

MOST_ATTRIBUTES = 1000


def find_places(keys: Sequence[str], dialects: Dialects) -> Places | None:
    """Find where the attributes of a usual testcase stand.

    Args:
        keys: The names of its attributes, in their order.
        dialects: Know the others that may say something; rare.

    Returns:
        The places; None when a name is missing, or another attribute has to be looked at.

    Raises:
        UnreadableError: When there are too many: lxml's time grows with the square of their number.
    """
    if len(keys) > MOST_ATTRIBUTES:
        raise UnreadableError(f"a testcase with {len(keys):,} attributes", is_final=True)
    places = {key: place for place, key in enumerate(keys)}
    is_usual = (
        {"classname", "name"} <= places.keys()
        and USED_PROPERTIES.isdisjoint(places)
        and dialects.telling_attributes.isdisjoint(places)
    )
    if not is_usual:
        return None
    return places["classname"], places["name"], places.get("time", ABSENT)


_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d*)?", re.ASCII)
_DECIMAL_COMMA = re.compile(r"\d*,\d+", re.ASCII)
_CLOCK = re.compile(r"(\d{1,9}):([0-5]?\d):([0-5]?\d(?:\.\d*)?)", re.ASCII)
_LONGEST_S = 366 * 24 * 3600.0
"""A larger number is not in seconds: container-structure-test writes nanoseconds."""


def read_time_s(attributes: Mapping[str, str], dialects: Dialects) -> float | None:
    """Return the seconds of a testcase; None when unknown or unreadable, never a guess of 0.

    Args:
        attributes: Those of the testcase.
        dialects: Know what stands instead of ``time``.
    """
    others = map(attributes.get, dialects.time_attributes)
    return parse_time_s(attributes.get("time") or next(filter(None, others), ""))


def parse_time_s(text: str) -> float | None:
    """Return the seconds that a text says; None when it is empty or unreadable.

    Surefire up to 3.1 writes ``1,234.5`` (SUREFIRE-2176), xUnit.net ``0,014``, mamba
    ``0:00:00.693097``.
    """
    try:
        time_s = float(text)
    except ValueError:
        time_s = _read_odd_time_s(text.strip())
    return time_s if 0 <= time_s <= _LONGEST_S and "_" not in text else None


def _read_odd_time_s(text: str) -> float:
    """Return the seconds, or -1 when the text is not a time."""
    if _THOUSANDS.fullmatch(text):
        return float(text.replace(",", ""))
    if _DECIMAL_COMMA.fullmatch(text):
        return float(text.replace(",", "."))
    clock = _CLOCK.fullmatch(text)
    if clock:
        hours, minutes, seconds = clock.groups()
        return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    return -1
