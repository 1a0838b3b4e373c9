"""Where the attributes of a testcase stand: nearly always as in the testcase before it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from junit_uploader.readers.junit.unreadable import UnreadableError
from pytest_jama.core.properties import USED_PROPERTIES

if TYPE_CHECKING:
    from collections.abc import Sequence

Places: TypeAlias = tuple[int, int, int]
"""Of classname, name and time among the attributes, counted from 0; without time `NOWHERE`."""

NOWHERE = -1

MOST_ATTRIBUTES = 1000

_TELLING = USED_PROPERTIES | {"status", "result", "duration"}
"""The attributes, beyond names and time, that may say something; rare."""


def find_places(keys: Sequence[str]) -> Places | None:
    """Find where the attributes of a usual testcase stand.

    Args:
        keys: The names of its attributes, in their order.

    Returns:
        The places; None when a name is missing, or another attribute has to be looked at.

    Raises:
        UnreadableError: When there are too many: lxml's time grows with the square of their number.
    """
    if len(keys) > MOST_ATTRIBUTES:
        raise UnreadableError(f"a testcase with {len(keys):,} attributes", is_final=True)
    places = {key: place for place, key in enumerate(keys)}
    if not {"classname", "name"} <= places.keys() or not _TELLING.isdisjoint(places):
        return None
    return places["classname"], places["name"], places.get("time", NOWHERE)
