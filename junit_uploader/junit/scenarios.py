"""What tools of behaviour-driven development write: tags, and the steps of scenarios. Pure.

A tag ``@jama:KEY`` names a case, in whatever way it gets into a report: in the name of a test
(Playwright, Cypress), in a property (xUnit.net, Robot with a listener), in the output that behave
writes. It is worded as the properties that say the same.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_jama.core.properties import NOTE, TAG

if TYPE_CHECKING:
    from collections.abc import Iterator

SIGNS = (b"@scenario.begin", b'name="Cucumber"')
"""What stands near the beginning of reports that tell the steps of scenarios: behave, Cucumber."""

TAG_PROPERTIES = frozenset(
    spelling
    for name in ("tag", "tags", "label", "labels", "category", "categories")
    for spelling in (name, name.capitalize())
)
"""The names of properties that hold tags."""

_TAG = re.compile(r"(?<![\w@.])@jama:(\S*)", re.IGNORECASE)
_LISTED_TAG = re.compile(r"(?:^|[\s,;\[\"'])@?jama:([^\s,;\]\"']*)", re.IGNORECASE)
_AROUND = ",.;:!?)]}'\""


def find_tags(text: str) -> Iterator[tuple[str, str]]:
    """Yield the cases that tags in a name name, as properties; ``@jama:A-1,A-2`` are two."""
    for found in _TAG.finditer(text):
        yield TAG, found[1].rstrip(_AROUND)


def find_listed_tags(text: str) -> Iterator[tuple[str, str]]:
    """Yield the same for a list of tags, where the ``@`` may be missing."""
    for found in _LISTED_TAG.finditer(text):
        yield TAG, found[1]


def read_scenario(output: str) -> Iterator[tuple[str, str]]:
    """Yield what an output says of a scenario: cases by its tags, a note for each step.

    Args:
        output: Of behave, or Cucumber; of others there is nothing to yield.
    """
    _, begin, after = output.partition("@scenario.begin")
    if begin:
        block = after.partition("@scenario.end")[0]
        for line in block.splitlines():
            if line.lstrip().startswith("@"):
                yield from find_tags(line)
        steps = _BEHAVE_STEP.findall(block)
    else:
        steps = _CUCUMBER_STEP.findall(output) if _CUCUMBER_STEP.match(output.lstrip()) else []
    for step, outcome in steps[:_MOST_STEPS]:
        yield NOTE, f"{step}: {outcome}"


_BEHAVE_STEP = re.compile(r"^[ \t]*(\S.*?) \.\.\. (\w+)(?: in [0-9.]+s)?[ \t\r]*$", re.MULTILINE)
_CUCUMBER_STEP = re.compile(
    r"^(\S.*?)(?<!\.)\.{3,}(passed|failed|skipped|undefined|pending|ambiguous)[ \t\r]*$",
    re.MULTILINE,
)
_MOST_STEPS = 100
