"""Case references in the names of tests, where ``names:`` of jama.yaml asks for them. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.core.cases import parse_links

if TYPE_CHECKING:
    import re

    from pytest_jama.core.cases import CaseLink

GROUP = "case"
"""The group of the pattern that holds the reference."""

SEARCHED_CHARACTERS = 1000
"""How much of a name is searched: no pattern shall take minutes for a name of a megabyte."""


class FoundInName(NamedTuple):
    """What a name says.

    Attributes:
        links: The cases it names, each once.
        problems: What matched and is no reference, a line each.
    """

    links: tuple[CaseLink, ...]
    problems: tuple[str, ...]


def find_links_in_name(pattern: re.Pattern[str], name: str) -> FoundInName:
    """Return the cases that a name holds, one or several for each match of the pattern.

    Args:
        pattern: With a group named `GROUP`.
        name: The name of a test, parameters included.
    """
    links: list[CaseLink] = []
    problems: list[str] = []
    for match in pattern.finditer(name, 0, SEARCHED_CHARACTERS):
        try:
            links += parse_links(match[GROUP] or "")
        except ValueError as exc:  # noqa: PERF203 (the others still count)
            problems.append(str(exc))
    return FoundInName(tuple(dict.fromkeys(links)), tuple(problems))


def name_in(node_id: str) -> str:
    """Return the name in a node ID of pytest: ``test_x[1]`` of ``tests/test_a.py::test_x[1]``.

    It is what pytest writes as the name into JUnit XML.
    """
    address, bracket, parameters = node_id.partition("[")
    return address.rpartition("::")[2] + bracket + parameters
