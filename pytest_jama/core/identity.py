"""The one normal form in which test IDs of pytest and of JUnit files are compared. Pure."""

from __future__ import annotations

SEPARATOR = "/"
"""What `/`, `::`, `.py` and `.` of a test ID become, up to the bracket of its parameters."""


def normal_form(test_id: str) -> str:
    """Return the form in which two spellings of one test are equal.

    ``tests/test_a.py::TestX::test_y[1.5]`` and ``tests.test_a.TestX.test_y[1.5]`` both become
    ``tests/test_a/TestX/test_y[1.5]``. Parameters, from the first bracket on, are kept as they are:
    pytest itself divides an ID there when it writes JUnit XML.

    Source: pytest, ``_pytest/junitxml.py``, ``mangle_test_address``.
    """
    address, bracket, parameters = test_id.partition("[")
    if ".py" in address:
        address = address.replace(".py::", "/").removesuffix(".py")
    address = address.replace("::", "/").replace(".", "/")
    if address[:1] == "/" or address[-1:] == "/" or "//" in address:
        address = "/".join(part for part in address.split("/") if part)
    return address + bracket + parameters
