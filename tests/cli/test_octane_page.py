"""docs/octane-flows.md says what the flows of ALM Octane print and ask for, and leaves none out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_jama.targets.octane.flow_table import FLOWS
from tests.cli.octane_page import PAGE, page_text

if TYPE_CHECKING:
    from tests.cli.octane_world import OctaneWorld


def _without_ids(text: str) -> str:
    """Return a text without IDs, which depend on how much a new workspace holds."""
    return re.sub(r"\b\d{4,}\b", "#", text)


def test_the_examples_are_what_the_commands_print_and_ask_for() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert _without_ids(page_text(text)) == _without_ids(text)


def test_every_flow_has_an_example() -> None:
    commands = re.findall(
        r"^\$ pytest-jama octane ([\w-]+)", PAGE.read_text(encoding="utf-8"), re.MULTILINE
    )
    assert set(commands) == {*FLOWS, "status"}


def test_every_option_of_a_flow_is_on_its_page() -> None:
    text = PAGE.read_text(encoding="utf-8")
    options = {
        option.shown for flow in FLOWS.values() for option in flow.options if not option.is_argument
    }
    assert [each for each in sorted(options) if each not in text] == []


def test_the_flow_that_is_not_public_is_said_on_the_page_and_in_the_help(
    octane_world: OctaneWorld,
) -> None:
    said = octane_world.run("--help")
    assert "A document report with descendants is not here" in " ".join(said.out.split())
    assert "## 25. A document report with descendants\n\nIt is not here." in PAGE.read_text(
        encoding="utf-8"
    )
