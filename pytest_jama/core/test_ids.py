"""The one normal form in which test IDs of pytest and of JUnit files are compared. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

SETTINGS_FILES = ("jama.yaml", "jama.yml")
"""What is written down of tests is relative to the folder in which one of these is."""

OCTANE_FILES = ("octane.yaml", "octane.yml")
"""The same for ALM Octane."""


def normal_form(test_id: str) -> str:
    r"""Return the form in which two spellings of one test are equal.

    ``tests/test_a.py::TestX::test_y[1.5]`` and ``tests.test_a.TestX.test_y[1.5]`` both become
    ``tests/test_a/TestX/test_y[1.5]``, and so does a ``\\`` of Windows paths and PHP namespaces.
    Parameters, from the first bracket on, are kept as they are: pytest itself divides an ID there
    when it writes JUnit XML.

    Source: pytest, ``_pytest/junitxml.py``, ``mangle_test_address``.
    """
    address, bracket, parameters = test_id.partition("[")
    if "\\" in address:
        address = address.replace("\\", "/")
    if ".py" in address:
        address = address.replace(".py::", "/").removesuffix(".py")
    if "::" in address:
        address = address.replace("::", "/")
    if "." in address:
        address = address.replace(".", "/")
    if "//" in f"/{address}/":
        address = "/".join(part for part in address.split("/") if part)
    return address + bracket + parameters


def boundaries(normal: str) -> list[int]:
    """Return where a name ends inside a normal form, from the right.

    Args:
        normal: A test ID in normal form.

    That is before its parameters, before each ``/``, and before the ``$`` of Java's nested classes.
    """
    bracket = normal.find("[")
    address = normal[: LONGEST_ADDRESS if bracket < 0 else min(bracket, LONGEST_ADDRESS)]
    ends = {at for at, character in enumerate(address) if character in "/$" and at}
    return sorted(ends.union(parameter_starts(normal)), reverse=True)


LONGEST_ADDRESS = 2000
"""Characters of a test ID in which the names of folders, files and classes are looked for."""


def parameter_starts(normal: str) -> Iterator[int]:
    """Yield where the parameters of a test may begin; the text before is its name without them.

    Args:
        normal: The test ID in normal form.

    Source: what frameworks write: ``f[x]`` pytest, ``f (x=1)`` unittest, ``f(String)[1]`` and
    ``f{String}[1]`` JUnit 5, ``f<int>`` doctest, ``f with data set "x"`` PHPUnit, ``f with (1)``
    Pest, ``f -- @1.1`` behave, ``f - #1.1`` and ``f - Example #1.1`` Cucumber. A blank
    before ``<`` does not count: ``renders <App />`` is a title.
    """
    bracket = normal.find("[")
    if bracket >= 0:
        yield len(normal[:bracket].rstrip())
    head = normal[:bracket].rstrip() if bracket >= 0 else normal
    if head[-1:] in _OPENING:
        at = _find_opening(head)
        if at > 0 and head[at - 1 : at + 1] != " <":
            yield len(head[:at].rstrip())
    if " " in head:
        yield from (found.start() for found in _ROW.finditer(head))


_OPENING = {")": "(", "}": "{", ">": "<"}
_ROW = re.compile(r" (?:with (?:data ?set [\"#]|\()|-- @[0-9]|- (?:Example )?#[0-9])")


def _find_opening(head: str) -> int:
    """Return where the bracket that closes the text was opened; -1 when it was not."""
    closing = head[-1]
    depth = 0
    for at in range(len(head) - 1, -1, -1):
        depth += (head[at] == closing) - (head[at] == _OPENING[closing])
        if not depth:
            return at
    return -1


def seen_from(folder: str, test_id: str) -> str:
    """Return a test ID as a session has it whose IDs are relative to a folder.

    What does not lie in the folder is left as it is.

    Args:
        folder: Relative to the same folder as the test ID.
        test_id: In whatever spelling.
    """
    above, normal = f"{normal_form(folder)}/", normal_form(test_id)
    if not normal.startswith(above):
        return test_id
    rest = test_id[len(above) :]  # as it is written, unless something odd stands before it
    return rest if normal_form(rest) == normal[len(above) :] else normal[len(above) :]


_DAY = r"(?:[0-9]{4}[-/][0-9]{2}[-/][0-9]{2}|[0-9]{2}[-/.][0-9]{2}[-/.][0-9]{4})"
_CLOCK = r"[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?"
_UNSTEADY = re.compile(
    rf"{_DAY}[T _]{_CLOCK}|{_CLOCK}[ _]{_DAY}|{_DAY}|{_CLOCK}"
    r"|0x[0-9a-fA-F]{6,16}|datetime\.(?:date|time)+\([^()]*\)"
)
"""Clock times, days, and addresses in memory, as parameters have them that are an object's text."""


def steady_form(test_id: str) -> str:
    """Return a key for a test whose ID has clock times, days or addresses in it: ``**`` for each.

    Such an ID may be another one in each session. Without them the ID itself is returned.
    """
    address, bracket, parameters = test_id.partition("[")
    return address + bracket + _UNSTEADY.sub("**", parameters)


def base_of(test_id: str) -> str:
    """Return a test ID without its parameters, in the spelling that it has.

    Compare two of them in `normal_form`.
    """
    return test_id[: min(parameter_starts(test_id), default=len(test_id))]


def normal_base_of(test_id: str) -> str:
    """Return a test ID without its parameters, in normal form."""
    return normal_form(base_of(test_id))
