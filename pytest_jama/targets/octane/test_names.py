"""Tests as the server knows them: by package, class and name. Pure.

The server begins a new history for each other split. Ours is that of the vendor's collection tool,
so that pytest directly, pytest's JUnit file and that tool on that file name the same tests.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

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
    return TestName(*_split_class(result.reported.classname), result.reported.name)


def split_test_id(test_id: str) -> TestName:
    """Split a test ID of pytest as its JUnit XML does.

    ``tests/test_a.py::TestX::test_y[1.5]`` is ``tests.test_a``, ``TestX``, ``test_y[1.5]``. A file
    has a name alone, ``tests.test_a``: pytest could not collect it, or skipped it as a whole.

    Source: pytest, ``_pytest/junitxml.py``, ``mangle_test_address``.
    """
    address, bracket, parameters = test_id.partition("[")
    parents, separator, name = address.rpartition("::")
    if not separator:
        return TestName("", "", _dotted(address) + bracket + parameters)
    path, _, classes = parents.partition("::")
    return TestName(*_class_of(path, classes), name + bracket + parameters)


@lru_cache(maxsize=256)
def _class_of(path: str, classes: str) -> tuple[str, str]:
    """Return package and class of the tests in a class of a file; most tests have neighbours."""
    parts = filter(None, (_dotted(path), classes.replace("::", ".")))
    return _split_class(".".join(parts))


def _dotted(path: str) -> str:
    return path.replace("\\", "/").replace("/", ".").removesuffix(".py")


@lru_cache(maxsize=256)
def _split_class(classname: str) -> tuple[str, str]:
    """Split a class name as the collection tool does."""
    package, _, class_name = classname.rpartition(".")
    return package, class_name
