"""The toolbox without a command shows what there is."""

from __future__ import annotations

import pytest

from pytest_jama.cli import main


@pytest.mark.parametrize("arguments", [[], ["octane"]], ids=["toolbox", "octane"])
def test_a_group_without_a_command_shows_its_help_in_lines(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    main(arguments)

    said = "".join(capsys.readouterr())
    assert said.startswith("Usage: pytest-jama")
    assert "\nCommands:\n" in said
    assert "\\n" not in said
    assert "Error" not in said
