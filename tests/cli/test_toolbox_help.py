"""The toolbox without a command shows what there is; help ends with examples that can be given."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import click
import pytest

from docs.site.commands_page import all_commands
from junit_uploader.options import make_parser, parse_options
from pytest_jama.cli import main
from pytest_jama.cli.commands import toolbox
from pytest_jama.session.exit_status import ExitStatus

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

COMMANDS = all_commands()
OCTANE_PAGE = "docs/octane-flows.md"


@pytest.mark.parametrize("arguments", [[], ["octane"]], ids=["toolbox", "octane"])
def test_a_group_without_a_command_shows_its_help_in_lines(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(arguments)

    said = "".join(capsys.readouterr())
    assert status == ExitStatus.WRONG_USE
    assert said.startswith("Usage: pytest-jama")
    assert "\nCommands:\n" in said
    assert "\\n" not in said
    assert "Error" not in said


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_every_command_ends_with_examples_of_it(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main([*name.split()[1:], "--help"])

    said = capsys.readouterr().out
    assert said.count("Examples:\n") == 1
    examples = said.partition("Examples:\n")[2].splitlines()
    assert examples
    assert [each for each in examples if not each.startswith(f"  {name}")] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_the_examples_in_the_help_of_a_command_can_be_given(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "jama.yaml").touch()  # some options want a file that is there
    text = COMMANDS[name].get_help(click.Context(COMMANDS[name], info_name=name))
    for example in text.partition("Examples:\n")[2].splitlines():
        _understand(shlex.split(example)[1:])


def test_the_help_of_junit_uploader_ends_with_examples_that_can_be_given() -> None:
    help_text = make_parser().format_help()
    examples = help_text.partition("\nExamples:\n")[2].splitlines()
    assert examples
    for example in examples:
        program, *arguments = shlex.split(example)
        assert (program, parse_options(arguments).version) == ("junit-uploader", False)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_is_told_which_command_begins_so(
    shell: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("_PYTEST_JAMA_COMPLETE", f"{shell}_complete")
    monkeypatch.setenv("COMP_WORDS", "pytest-jama octane fa")
    monkeypatch.setenv("COMP_CWORD", "fa" if shell == "fish" else "2")

    with pytest.raises(SystemExit):
        main([])

    assert re.findall(r"\w+", capsys.readouterr().out)[:2] == ["plain", "failed"]


def _understand(arguments: Sequence[str]) -> None:
    """Let click read a command line, as though it were given, and do nothing."""
    group: click.Group = toolbox
    words = list(arguments)
    while isinstance(command := group.get_command(click.Context(group), words[0]), click.Group):
        group = command
        del words[0]
    assert command is not None, words
    command.make_context(words[0], words[1:])


def test_the_page_of_octane_shows_every_example_of_a_flow_run(pytestconfig: pytest.Config) -> None:
    page = (pytestconfig.rootpath / OCTANE_PAGE).read_text(encoding="utf-8")
    flows = [name for name in COMMANDS if re.match("pytest-jama octane .", name)]
    assert flows
    texts = {name: COMMANDS[name].help or "" for name in flows if not name.endswith(" status")}
    examples = [line for text in texts.values() for line in text.splitlines() if "octane " in line]
    assert [each for each in examples if each.startswith("pytest-jama") and each not in page] == []
