"""How a testcase is called: its test ID, from what its attributes say. Pure.

The one module of this package that knows which form map keys and test IDs are compared in is
`pytest_jama.core`; here is only what makes a test ID of a JUnit testcase.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from junit_uploader.junit.reported_test import UNNAMED

if TYPE_CHECKING:
    from collections.abc import Mapping


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


def identify(attributes: Mapping[str, str], suite: str) -> Identity:
    """Name a testcase.

    The test ID is ``classname.name``. Without ``classname``, ``class`` counts (PHPUnit), then the
    name of the suite, then nothing: the name stands alone. White space is collapsed, so that names
    with line breaks can be matched.

    Args:
        attributes: Those of the testcase.
        suite: The name of the nearest suite that has one; may be empty.
    """
    classname = attributes.get("classname", "")
    name = attributes.get("name", "")
    if not classname.strip():
        classname = attributes.get("class", "")
        classname = classname if classname.strip() else ""
    if not name.strip():
        name = UNNAMED
    qualifier, short = _collapse(classname), _collapse(name)
    if qualifier:
        is_regular = qualifier == classname and short == name != UNNAMED
        return Identity(f"{qualifier}.{short}", classname, None if is_regular else name)
    qualifier = _collapse(suite)
    return Identity(f"{qualifier}.{short}" if qualifier else short, "", name)


NODE_CLASSNAME = "test"
"""What ``node --test`` writes as the class of every test."""

_NODE_ATTRIBUTES = ["name", "time", "classname"]


def is_of_node(attributes: Mapping[str, str]) -> bool:
    """Recognise a testcase of ``node --test``; a ``test.py`` of pytest has another order."""
    if attributes.get("classname") != NODE_CLASSNAME:
        return False
    return list(attributes)[:3] == _NODE_ATTRIBUTES


def identify_by_suites(name: str, suites: str) -> Identity:
    """Name a testcase whose class says nothing: by all suites around it, if there is one.

    Args:
        name: As written.
        suites: Their names, outermost first, with `` > `` between them; may be empty.
    """
    qualifier = _collapse(suites.replace(" > ", ".")) or NODE_CLASSNAME
    short = _collapse(name)
    if not short:
        return Identity(f"{qualifier}.{UNNAMED}", NODE_CLASSNAME, UNNAMED)
    return Identity(f"{qualifier}.{short}", NODE_CLASSNAME, name)


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
