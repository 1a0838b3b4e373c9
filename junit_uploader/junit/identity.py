"""How a testcase is called: its test ID, from what its attributes say. Pure.

In which form test IDs are compared with the keys of a map is known to `pytest_jama.core` alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from junit_uploader.junit.reported_test import UNNAMED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from junit_uploader.junit.dialects import Dialects


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
    qualifier, short = _collapse(classname), _collapse(name)
    if qualifier:
        is_regular = qualifier == classname and short == name != UNNAMED
        return Identity(f"{qualifier}.{short}", classname, None if is_regular else name)
    qualifier = _collapse(suite)
    return Identity(f"{qualifier}.{short}" if qualifier else short, "", name)


def identify_by_suites(attributes: Mapping[str, str], suites: str) -> Identity:
    """Name a testcase whose class says nothing: by all suites around it, if there is one.

    Args:
        attributes: Those of the testcase.
        suites: Their names, outermost first, with `` > `` between them; may be empty.
    """
    classname, name = attributes["classname"], attributes.get("name", "")
    qualifier = _collapse(suites.replace(" > ", ".")) or classname
    short = _collapse(name)
    if not short:
        return Identity(f"{qualifier}.{UNNAMED}", classname, UNNAMED)
    return Identity(f"{qualifier}.{short}", classname, name)


def join_plain(classname: str, name: str) -> str:
    """Return the test ID where both parts are there and nothing is to be collapsed; else nothing.

    Nearly all are so, and this takes a third of the time of `identify`.
    """
    if not classname or not name:
        return ""
    test_id = f"{classname}.{name}"
    words = test_id.split()
    if words == [test_id]:
        return test_id
    is_plain = " ".join(words) == test_id and classname[-1] != " " != name[0]
    return test_id if is_plain else ""


def name_suite_result(suite: str) -> Identity:
    """Name a result that stands in a suite itself: after the suite."""
    name = _collapse(suite) or UNNAMED
    return Identity(name, "", name)


def _collapse(text: str) -> str:
    return " ".join(text.split())
