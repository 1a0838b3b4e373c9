"""What stands inside a ``<testcase>`` or suite: results and properties, one element at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from junit_uploader.junit import tags
from junit_uploader.junit.outcomes import Finding, ResultKind
from pytest_jama.core.properties import USED_PROPERTIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lxml import etree

_KIND_BY_TAG = {kind.value: kind for kind in ResultKind}
"""A call of an Enum takes four times as long."""


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
    message = element.get("message")
    is_told = not with_text or (message and not message.isspace())
    text = "" if is_told else "".join(element.itertext("*"))
    return Finding(_KIND_BY_TAG[tag], message, element.get("type"), text)


def read_properties(block: etree._Element) -> list[tuple[str, str]]:
    """Return the properties of a block that mean something here; a value may also be a text."""
    properties = []
    for child in block:
        name = child.get("name")
        if name in USED_PROPERTIES:
            value = child.get("value")
            properties.append((name, (child.text or "") if value is None else value))
    return properties
