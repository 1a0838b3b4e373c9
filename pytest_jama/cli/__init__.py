"""The toolbox ``pytest-jama COMMAND``: a module or a room per command, imported when called."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the toolbox.

    Args:
        arguments: The command line without the program's name; None takes that of this process.

    Returns:
        The exit status: 0 all done, 1 something not sent, 2 wrong use or settings, 3 Jama out of
        reach or credentials refused; of ``sandbox -- COMMAND``, that of the command.
    """
    import click  # noqa: PLC0415 (pytest imports nothing of this)

    from pytest_jama.cli import (  # noqa: PLC0415 (they add their commands)
        evidence_commands,  # noqa: F401
        octane_commands,  # noqa: F401
        sandbox_command,  # noqa: F401
    )
    from pytest_jama.cli.cases import case_commands  # noqa: F401, PLC0415
    from pytest_jama.cli.check import check_command  # noqa: F401, PLC0415
    from pytest_jama.cli.commands import toolbox  # noqa: PLC0415
    from pytest_jama.cli.init import init_command  # noqa: F401, PLC0415
    from pytest_jama.core.errors import PytestJamaError  # noqa: PLC0415
    from pytest_jama.core.text import printable  # noqa: PLC0415
    from pytest_jama.report.streams import columns_of, tolerant_output  # noqa: PLC0415
    from pytest_jama.report.summary_layout import wrapped  # noqa: PLC0415
    from pytest_jama.session.exit_status import ExitStatus, exit_status_of  # noqa: PLC0415

    given = None if arguments is None else list(arguments)
    with tolerant_output():
        try:
            status = toolbox.main(args=given, prog_name="pytest-jama", standalone_mode=False)
        except click.ClickException as exc:
            context: click.Context | None = getattr(exc, "ctx", None)
            if context is not None and exc.format_message() == context.get_help():
                click.echo(context.get_help(), file=sys.stderr)  # a group without a command
                return ExitStatus.WRONG_USE
            click.UsageError(printable(exc.format_message()), context).show(sys.stderr)
            return ExitStatus.WRONG_USE
        except click.exceptions.Abort:
            return ExitStatus.INTERRUPTED
        except PytestJamaError as exc:
            width = columns_of(sys.stderr)
            for text in exc.lines:
                for row in wrapped(printable(f"pytest-jama: {text}"), width=width, indent=4):
                    click.echo(row, file=sys.stderr)
            return exit_status_of(exc)
    return status if isinstance(status, int) else 0
