"""What the attributes of a testcase say: where they stand, how long it took, its test ID. Pure.

They stand nearly always as in the testcase before. In which form test IDs are compared with the
keys of a map is known to `pytest_jama.core` alone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from junit_uploader.junit.notes import UnreadableError
from junit_uploader.junit.reported_test import UNNAMED, collapse
from pytest_jama.core.properties import USED_PROPERTIES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from junit_uploader.junit.dialects import Dialects


Places: TypeAlias = tuple[int, int, int, int]
"""Of classname, name, time and timestamp among the attributes, counted from 0; the last two may be
`ABSENT`."""

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
    time, timestamp = places.get("time", ABSENT), places.get("timestamp", ABSENT)
    return places["classname"], places["name"], time, timestamp


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
    return time_s if 0.0 <= time_s <= _LONGEST_S and "_" not in text else None


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


class Identity(NamedTuple):
    """What a testcase is called.

    Attributes:
        test_id: ``classname.name``, in one line.
        classname: As written; empty when there is none.
        odd_name: The name as written, or `UNNAMED`; None when it simply follows the classname.
    """

    test_id: str
    classname: str
    odd_name: str | None


def identify(attributes: Mapping[str, str], suite: str, dialects: Dialects) -> Identity:
    """Name a testcase.

    The test ID is ``classname.name``. Without ``classname`` the attribute counts that a dialect has
    for it, then the name of the suite, then nothing: the name stands alone. White space is
    collapsed, so that names with line breaks can be matched.

    Args:
        attributes: Those of the testcase.
        suite: The name of the nearest suite that has one; may be empty.
        dialects: Know what stands instead of ``classname``.
    """
    classname = attributes.get("classname", "")
    name = attributes.get("name", "")
    if not classname.strip():
        others = (attributes.get(each, "") for each in dialects.class_attributes)
        classname = next((each for each in others if each.strip()), "")
    if not name.strip():
        name = UNNAMED
    qualifier, short = collapse(classname), collapse(name)
    if qualifier:
        is_regular = qualifier == classname and short == name != UNNAMED
        return Identity(f"{qualifier}.{short}", classname, None if is_regular else name)
    qualifier = collapse(suite)
    return Identity(f"{qualifier}.{short}" if qualifier else short, "", name)


def identify_by_suites(attributes: Mapping[str, str], suites: str) -> Identity:
    """Name a testcase whose class says nothing: by all suites around it, if there is one.

    Args:
        attributes: Those of the testcase.
        suites: Their names, outermost first, with `` > `` between them; may be empty.
    """
    classname, name = attributes["classname"], attributes.get("name", "")
    qualifier = collapse(suites.replace(" > ", ".")) or classname
    short = collapse(name)
    if not short:
        return Identity(f"{qualifier}.{UNNAMED}", classname, UNNAMED)
    return Identity(f"{qualifier}.{short}", classname, name)


def is_plain(name: str) -> bool:
    """Return whether there is a name, and nothing of it is to be collapsed."""
    return collapse(name) == name != ""


def name_suite_result(suite: str) -> Identity:
    """Name a result that stands in a suite itself: after the suite."""
    name = collapse(suite) or UNNAMED
    return Identity(name, "", name)
