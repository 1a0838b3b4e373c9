"""The record of a selftest as one HTML file, to be read, printed and signed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

if TYPE_CHECKING:
    from collections.abc import Mapping

TEMPLATE = "selftest.html"
_CLASSES = {"passed": "passed", "failed": "failed", "not_run": "notrun"}
_WORDS = {"passed": "Passed", "failed": "Failed", "not_run": "Not run"}
FEW = 4
"""So many facts of a check are shown at once; more are folded, but on paper."""


def render(document: Mapping[str, Any]) -> str:
    """Return the page.

    Args:
        document: The JSON document of the record.
    """
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["fact"] = _show_fact
    environment.filters["css"] = _as_css
    scenes: dict[str, list[Mapping[str, Any]]] = {}
    for check in document["checks"]:
        scenes.setdefault(check["scene"], []).append(check)
    return environment.get_template(TEMPLATE).render(
        doc=document, scenes=scenes, classes=_CLASSES, words=_WORDS, few=FEW
    )


def _show_fact(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _as_css(text: str) -> str:
    """Return a text for a string of CSS: all but letters, digits and blanks by its number."""
    return "".join(
        each if each.isascii() and (each.isalnum() or each in " .,:-") else f"\\{ord(each):06x}"
        for each in text
    )
