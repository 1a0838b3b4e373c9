"""``pytest-jama octane FLOW``: the commands and their options, made of the table of flows.

The table is imported when the group is called: `pytest-jama --help` does not need it.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pytest_jama.cli.commands import ToolboxCommand, ToolboxGroup, toolbox
from pytest_jama.session.interrupts import second_interrupt_ends_all

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_jama.targets.octane.flow_table import Flow
    from pytest_jama.targets.octane.wishes import FlowOption

_FILE = click.Path(dir_okay=False, path_type=Path)

_EXIT_STATUS = (
    "Exit status: 0 done, 1 something was refused or not done, 2 wrong use or settings, 3 the "
    "server out of reach or credentials refused."
)
_WISH = "wish_"
"""What the parameters of a flow begin with, beside those of all flows."""


class FlowGroup(ToolboxGroup):
    """The flows as commands; made when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the flows, in the order of their tables, and those beside them."""
        from pytest_jama.targets.octane.flow_table import FLOWS  # noqa: PLC0415 (see the module)

        return [*FLOWS, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of a flow, or one beside them."""
        from pytest_jama.targets.octane.flow_table import FLOWS  # noqa: PLC0415 (see the module)

        flow = FLOWS.get(cmd_name)
        return _command_of(flow) if flow else super().get_command(ctx, cmd_name)


@toolbox.group(cls=FlowGroup, short_help="Ask ALM Octane, and what became of a push.")
def octane() -> None:
    """Ask ALM Octane what its documented flows ask, or do what they do.

    \b
    pytest-jama octane failed --release 2.4 --since 24h
    pytest-jama octane suite Regression 1001 1002
    pytest-jama octane status 1103

    Server and credentials are those of octane.yaml and the variables OCTANE_*. A document report
    with descendants is not here: nothing public says how a server is asked for one.
    """  # noqa: D301 (click wants the character itself)


def _command_of(flow: Flow) -> click.Command:
    example = f"\b\npytest-jama octane {flow.name} {flow.example}".rstrip()
    return ToolboxCommand(
        flow.name,
        params=[*map(_parameter, flow.options), *_common()],
        callback=partial(_run, flow),
        help=f"{flow.text}\n\n{example}\n\n{_EXIT_STATUS}",
        short_help=flow.text,
    )


def _common() -> list[click.Parameter]:
    """Return the options that all of these commands have."""
    return [
        click.Option(["--url"], help="Address of ALM Octane."),
        click.Option(["--config"], type=_FILE, help="The settings file, instead of octane.yaml."),
        click.Option(["--json", "as_json"], is_flag=True, help="Print a JSON list on stdout."),
        click.Option(["--csv", "as_csv"], is_flag=True, help="Print CSV on stdout."),
        click.Option(["--verbose", "-v"], count=True, help="-vv logs each request."),
        click.Option(["--quiet", "-q"], is_flag=True, help="Print only rows and errors."),
    ]


def _parameter(option: FlowOption) -> click.Parameter:
    from pytest_jama.targets.octane.wishes import OptionKind  # noqa: PLC0415 (see the module)

    name = _WISH + option.name.replace("-", "_")
    kind: Any = click.Path(path_type=Path) if option.kind is OptionKind.FILE else str
    is_several = option.kind is OptionKind.TEXTS
    if option.is_argument:
        shown = f"{option.shown}..." if is_several else option.shown
        return click.Argument(
            [name],
            type=kind,
            nargs=-1 if is_several else 1,
            required=option.is_required,
            metavar=shown if option.is_required else f"[{shown}]",
        )
    if option.kind is OptionKind.FLAG:
        return click.Option([option.shown, name], is_flag=True, help=option.text)
    return click.Option(
        [option.shown, name],
        type=kind,
        multiple=is_several,
        metavar=option.value,
        required=option.is_required,
        help=f"{option.text} [default: {option.default}]" if option.default else option.text,
    )


def _run(flow: Flow, **given: Any) -> int:
    from pytest_jama.cli.octane_flows import FlowOptions, run_flow  # noqa: PLC0415

    wishes: Mapping[str, Any] = {
        option.name: given[_WISH + option.name.replace("-", "_")] for option in flow.options
    }
    with second_interrupt_ends_all():
        return run_flow(flow, wishes, FlowOptions.of(given))


@octane.command(short_help="What became of a push of results.")
@click.argument("task", type=click.IntRange(1))
@click.option(
    "--wait",
    type=click.FloatRange(0, 86_400),
    default=0.0,
    metavar="SECONDS",
    help="Wait so long until the server is done with it.",
)
def status(task: int, wait: float, **given: Any) -> int:
    """Tell what became of the results that a server took as TASK.

    \b
    pytest-jama octane status 1103
    pytest-jama octane status 1103 --wait 60

    Exit status: 0 success, 1 warning, failed or not done yet, 2 wrong use or settings, 3 the server
    out of reach or credentials refused.
    """  # noqa: D301 (click wants the character itself)
    from pytest_jama.cli.octane_flows import FlowOptions, run_status  # noqa: PLC0415

    with second_interrupt_ends_all():
        return run_status(task, wait_s=wait, options=FlowOptions.of(given))


status.params += _common()
