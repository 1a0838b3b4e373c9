"""What stands inside a ``<testcase>``, read by junitparser's classes, one element at a time.

junitparser's own walk would not do: it takes the results of all descendants, also those inside a
``flakyFailure``, for those of the testcase, and reads the first block of properties only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from junitparser import Error, Failure, Skipped, xunit2
from junitparser.junitparser import Element

from junit_uploader.junit import tags
from junit_uploader.junit.outcomes import Finding, Kind
from pytest_jama.core.properties import USED_PROPERTIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from junitparser.junitparser import Result
    from lxml import etree

_CLASS_BY_KIND: dict[Kind, type[Result]] = {
    Kind.ERROR: Error,
    Kind.FAILURE: Failure,
    Kind.SKIPPED: Skipped,
    Kind.FLAKY_ERROR: xunit2.FlakyError,
    Kind.FLAKY_FAILURE: xunit2.FlakyFailure,
    Kind.RERUN_ERROR: xunit2.RerunError,
    Kind.RERUN_FAILURE: xunit2.RerunFailure,
}
_KIND_AND_CLASS_BY_TAG = {kind.value: (kind, cls) for kind, cls in _CLASS_BY_KIND.items()}

_Kind = TypeVar("_Kind", bound=Element)


def read_findings(children: Iterable[etree._Element]) -> Iterator[Finding]:
    """Yield the results among the children of a suite."""
    for child in children:
        tag = tags.local_name(child.tag)
        if tag in tags.RESULTS:
            yield read_finding(child, tag, with_text=True)


def read_finding(element: etree._Element, tag: str, *, with_text: bool) -> Finding:
    """Read one result.

    Args:
        element: It.
        tag: Its name, one of `tags.RESULTS`.
        with_text: Whether to read the text inside, where there is no message.
    """
    kind, cls = _KIND_AND_CLASS_BY_TAG[tag]
    result = _wrap(cls, element)
    message = result.message
    is_told = not with_text or (message and not message.isspace())
    return Finding(kind, message, result.type, "" if is_told else "".join(element.itertext("*")))


def read_properties(block: etree._Element) -> list[tuple[str, str]]:
    """Return the properties of a block that mean something here; a value may also be a text."""
    properties = []
    for child in block:
        name = child.get("name")
        if name in USED_PROPERTIES:
            value = child.get("value")
            properties.append((name, (child.text or "") if value is None else value))
    return properties


def _wrap(cls: type[_Kind], element: etree._Element) -> _Kind:
    """Do what ``fromelem`` does, but for the element that it makes and throws away."""
    wrapped = cls.__new__(cls)
    wrapped._elem = element  # noqa: SLF001
    return wrapped
