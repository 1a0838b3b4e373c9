"""docs/commands.md: all commands and their options, from click and argparse; see `make docs`."""

from __future__ import annotations

import argparse
import contextlib
import inspect
import io
from pathlib import Path
from typing import TYPE_CHECKING

import click

from junit_uploader.options import make_parser
from pytest_jama.cli import main as run_toolbox
from pytest_jama.cli.commands import toolbox
from pytest_jama.config.reference import table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PAGE = Path(__file__).parents[1] / "commands.md"
_COLUMNS = ("option", "meaning")
_HEAD = """\
# Commands

Generated from the commands themselves. [The plugin](pytest.md#options) has the options of `pytest`,
[exit status](exit-status.md) has the numbers. The
[completion of your shell](completion.md) knows all of this.
"""


def all_commands() -> dict[str, click.Command]:
    """Return each command of the toolbox by its words, groups before what is in them."""
    with contextlib.redirect_stdout(io.StringIO()):
        run_toolbox(["--version"])  # registers all of them
    return dict(_below(toolbox, "pytest-jama"))


def page_text() -> str:
    """Return the page."""
    sections = [_section(name, command) for name, command in all_commands().items()]
    return "\n".join([_HEAD, _uploader(), *sections])


def _below(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    yield name, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for each in command.list_commands(context):
            if found := command.get_command(context, each):
                yield from _below(found, f"{name} {each}")


def _section(name: str, command: click.Command) -> str:
    """Return what a command does, its options and examples."""
    paragraphs = inspect.cleandoc(command.help or "").split("\n\n")
    texts = [each for each in paragraphs if not each.startswith("\b\n")]
    examples = "\n".join(each[2:] for each in paragraphs if each.startswith("\b\n"))
    context = click.Context(command, info_name=name)
    usage = " ".join(command.collect_usage_pieces(context))
    return _as_markdown(
        name, usage=usage, texts=texts, options=_options(command), examples=examples
    )


def _as_markdown(
    name: str, *, usage: str, texts: Iterable[str], options: str, examples: str
) -> str:
    said = "\n\n".join(_escaped(each) for each in texts)
    code = f"```text\n{name} {usage}\n```\n\n```sh\n{examples}\n```\n"
    return f"## {name}\n\n{said}\n\n{code}" + (f"\n{options}" if options else "")


def _options(command: click.Command) -> str:
    rows = [
        (f"`{', '.join(sorted(each.opts, key=len))}{_value(each)}`", _cell(each.help or ""))
        for each in command.params
        if isinstance(each, click.Option)
    ]
    return table(_COLUMNS, rows) if rows else ""


def _value(option: click.Option) -> str:
    if option.is_flag or option.count:
        return ""
    if isinstance(option.type, click.Choice):
        return f" {{{','.join(map(str, option.type.choices))}}}"
    return f" {option.metavar or option.type.name.upper()}"


def _uploader() -> str:
    """Return the section of junit-uploader."""
    parser = make_parser()
    name = parser.prog
    epilog, _, examples = (parser.epilog or "").partition("Examples:\n")
    rows = [
        (f"`{', '.join(each.option_strings) or each.metavar}{_argument(each)}`", _cell(each.help))
        for each in parser._actions  # noqa: SLF001 (argparse tells its options nowhere else)
        if not isinstance(each, argparse._HelpAction)  # noqa: SLF001
    ]
    texts = [parser.description or "", *epilog.strip().split("\n\n")]
    return _as_markdown(
        name,
        usage="[FLAGS] REPORT...",
        texts=texts,
        options=table(_COLUMNS, rows),
        examples=inspect.cleandoc(examples),
    )


def _argument(action: argparse.Action) -> str:
    if action.nargs == 0 or not action.option_strings:
        return ""
    return f" {action.metavar or '{' + ','.join(map(str, action.choices or ())) + '}'}"


def _cell(text: str | None) -> str:
    said = _escaped(text or "").replace("|", r"\|")
    return said[:1].upper() + said[1:].rstrip(".")


def _escaped(text: str) -> str:
    return " ".join(text.split()).replace("<", "&lt;").replace("*", r"\*").replace("_", r"\_")


def main() -> None:
    """Write the page anew."""
    PAGE.write_text(page_text(), encoding="utf-8")


if __name__ == "__main__":
    main()
