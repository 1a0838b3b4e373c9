"""Tests as the server knows them: by package, class and name. Pure.

The server begins a new history for each other split. Ours is that of the vendor's collection tool,
so that pytest directly, pytest's JUnit file and that tool on that file name the same tests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.core.test_ids import parameter_starts

if TYPE_CHECKING:
    from pytest_jama.core.results import TestResult


class TestName(NamedTuple):
    """What the server knows a test by, beside the module, which we leave empty.

    Attributes:
        package: The class name of JUnit XML before its last dot; empty without one.
        class_name: What is behind that dot.
        name: The name of the test, with its parameters.
    """

    package: str
    class_name: str
    name: str


TestName.__test__ = False  # type: ignore[attr-defined]  # pytest shall not collect it


def name_of(result: TestResult) -> TestName:
    """Return what the server knows the test of a result by.

    A report tells where the class ends; a test ID made of it does not, since names hold dots.
    """
    if result.reported is None:
        return split_test_id(result.test_id)
    return _split(result.reported.classname, result.reported.name)


def split_test_id(test_id: str) -> TestName:
    """Split a test ID of pytest, or the ``classname.name`` of a report that is all there is.

    ``tests/test_a.py::TestX::test_y[1.5]`` is ``tests.test_a``, ``TestX``, ``test_y[1.5]``, and so
    is ``tests.test_a.TestX.test_y[1.5]``.

    Source: pytest, ``_pytest/junitxml.py``, ``mangle_test_address``.
    """
    path, separator, rest = test_id.partition("::")
    if not separator or ("[" in path and not path.endswith(".py")):
        return _split_bare(test_id)
    address, bracket, parameters = rest.partition("[")
    *classes, name = address.split("::")
    return _split(".".join((_dotted(path), *classes)), name + bracket + parameters)


def _split_bare(test_id: str) -> TestName:
    """Split an ID without a node in it: of a file, or of a report."""
    if test_id.endswith(".py"):
        return TestName("", "", _dotted(test_id))
    end = min(parameter_starts(test_id), default=len(test_id))
    classname, dot, name = test_id[:end].rpartition(".")
    return _split(classname, name + test_id[end:]) if dot else TestName("", "", test_id)


def _dotted(path: str) -> str:
    return path.replace("\\", "/").replace("/", ".").removesuffix(".py")


def _split(classname: str, name: str) -> TestName:
    """Split a class name as the collection tool does."""
    package, _, class_name = classname.rpartition(".")
    return TestName(package, class_name, name)
