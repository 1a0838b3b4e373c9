"""The summary of a session in pytest's own output, and the lines of the plugin alone."""

from __future__ import annotations

import os
import sys
from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING

from pytest_jama.core.left_out import describe_deselected
from pytest_jama.core.plan import Mode
from pytest_jama.core.port import Observer
from pytest_jama.core.results import Outcome, linked_cases
from pytest_jama.report.progress import make_progress
from pytest_jama.report.streams import columns_of, make_tolerant, requests_logged
from pytest_jama.report.summary import Style
from pytest_jama.report.summary_layout import laid_out, wrapped
from pytest_jama.report.upload_lines import NAMED, Line, Tone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager

    import pytest

    from pytest_jama.core.case_map import CaseMap
    from pytest_jama.core.left_out import DeselectingOption
    from pytest_jama.core.plan import Change, Plan
    from pytest_jama.core.results import TestResult
    from pytest_jama.session.ending import Ending

_MARKUP: dict[Tone, dict[str, bool]] = {
    Tone.PLAIN: {},
    Tone.GOOD: {"green": True},
    Tone.WARNING: {"yellow": True},
    Tone.BAD: {"red": True},
    Tone.FAILURE: {"red": True},
}


_INDENT = 4
"""How far the second row of a header line stands to the right."""


def write_summary(terminal: pytest.TerminalReporter, title: str, ending: Ending) -> None:
    """Print the summary as a section of pytest's own, and what a CI system reads below it."""
    terminal.write_sep("=", title)
    width = terminal_width(terminal.config)
    for row in laid_out(ending.lines, verbose=verbosity_of(terminal.config) > 0, width=width):
        terminal.write_line(row.text, **_MARKUP[row.tone])
    for command in ending.commands:
        terminal.write_line(command)


def terminal_width(config: pytest.Config) -> int:
    """Return how wide the terminal is that pytest writes to; 0 where it is not one."""
    terminal: pytest.TerminalReporter | None
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    is_terminal = terminal is not None and terminal.isatty
    return config.get_terminal_writer().fullwidth if is_terminal else 0


def verbosity_of(config: pytest.Config) -> int:
    """Return how verbose a session is; pytest itself tells it only where it has a terminal."""
    verbosity: int = config.getoption("verbose", 0)
    return verbosity


def print_summary(title: str, ending: Ending, config: pytest.Config) -> None:
    """Print the summary to stderr, for sessions without pytest's own (``-p no:terminal``)."""
    capturing = config.pluginmanager.get_plugin("capturemanager")
    with capturing.global_and_fixture_disabled() if capturing else nullcontext():
        stderr = make_tolerant(sys.stderr)
        rows = laid_out(ending.lines, verbose=verbosity_of(config) > 0, width=columns_of(stderr))
        stderr.write("\n".join((title, *(row.text for row in rows), "")))
        stderr.flush()
        if ending.commands:
            from pytest_jama.session.ci_output import print_commands  # noqa: PLC0415 (in CI alone)

            print_commands(ending.commands, sys.stderr)


def plugin_lines(
    *,
    uncollected: Iterable[str],
    map_conflicts: Iterable[str],
    ignored_hooks: Iterable[str],
) -> Iterator[Line]:
    """Yield what only the summary of a pytest session says.

    Args:
        uncollected: Files and folders that could not be collected.
        map_conflicts: Tests whose marker says something else than the map.
        ignored_hooks: Conftests whose hooks come too late to count.
    """
    for address in uncollected:
        yield Line("uncollected", f"{address}: its tests did not run", Tone.WARNING)
    for text in map_conflicts:
        yield Line("marker", f"beats the map: {text}", Tone.WARNING)
    for path in ignored_hooks:
        text = f"hooks in {path} are not called: move them to the conftest.py of the rootdir"
        yield Line("warning", text, Tone.WARNING)


def links_against_map(results: Iterable[TestResult], tests: CaseMap) -> Sequence[str]:
    """Name the tests whose marker says something else than the map."""
    found = ((result, tests.find(result.test_id)) for result in results if tests)
    return [
        f"{result.test_id}: marker {', '.join(map(str, result.links)) or 'none'}, "
        f"map {', '.join(map(str, links))}"
        for result, links in found
        if links and links != result.links
    ]


def left_out_lines(
    results: Sequence[TestResult], options: Sequence[DeselectingOption], *, is_told: bool
) -> Iterator[Line]:
    """Yield which tests were deselected, and the cases that lack tests for it.

    Args:
        results: All results.
        options: What deselected them.
        is_told: Whether another line says already that cases were left out.
    """
    told = _deselected_lines(results, options)
    yield from (each for each in told if not is_told or each.label != "untouched")


def _deselected_lines(
    results: Iterable[TestResult], options: Sequence[DeselectingOption]
) -> Iterator[Line]:
    """Yield how many linked tests were deselected, by what, and which cases lack them.

    Args:
        results: All tests of the session.
        options: What deselected some.
    """
    linked = [result for result in results if result.links]
    deselected = [result for result in linked if result.outcome is Outcome.DESELECTED]
    if not deselected:
        return
    others = (each for each in linked if each.outcome is not Outcome.DESELECTED)
    lacking = linked_cases(deselected).keys() & linked_cases(others).keys()
    text = describe_deselected(len(deselected), options)
    if lacking:
        names = [str(ref) for ref in linked_cases(deselected) if ref in lacking]
        some = ", ".join(names[:NAMED]) + (", ..." if len(names) > NAMED else "")
        noun = "this case" if len(names) == 1 else "these cases"
        text += f"; without {'it' if len(deselected) == 1 else 'them'} {noun} cannot be PASSED"
        text += f": {some}"
    label = "incomplete" if lacking else "untouched"
    tone = Tone.WARNING if lacking else Tone.PLAIN
    yield Line(label, text, tone, things=len(deselected))


def relative_names(plugins: Iterable[object], config: pytest.Config) -> list[str]:
    """Return the files of conftests relative to the rootdir; other plugins as they print."""
    files = (str(getattr(plugin, "__file__", plugin)) for plugin in plugins)
    return [os.path.relpath(file, config.rootpath) for file in files]


def plugin_versions(config: pytest.Config) -> dict[str, str]:
    """Return the version of each distribution whose plugins take part."""
    found = config.pluginmanager.list_plugin_distinfo()
    return {dist.project_name: dist.version for _, dist in found}


class PluginOutput:
    """What pytest itself prints, which our own output stands in.

    Args:
        config: The session.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    @property
    def is_verbose(self) -> bool:
        """Whether to name every single thing."""
        return verbosity_of(self._config) > 0

    def style(self, option: str) -> Style:
        """Return how a summary looks.

        Args:
            option: The option that wants the report, see `ServerKind`.
        """
        return Style(
            verbose=self.is_verbose,
            root=self._config.rootpath,
            start=self._config.invocation_params.dir,
            no_upload_flag=f"--{option}-no-upload",
            error_hint="details with --log-file=FILE --log-file-level=DEBUG",
        )

    def fit(self, lines: Iterable[str]) -> list[str]:
        """Return lines of the header in the width of the terminal."""
        width = terminal_width(self._config)
        return [row for line in lines for row in wrapped(line, width=width, indent=_INDENT)]

    def find_terminal(self) -> pytest.TerminalReporter | None:
        """Return pytest's own output; None with ``-p no:terminal``."""
        terminal: pytest.TerminalReporter | None
        terminal = self._config.pluginmanager.get_plugin("terminalreporter")
        return terminal

    def observers(self, mode: Mode, *, label: str) -> list[Observer]:
        """Return what shows how an upload proceeds.

        Args:
            mode: What is done with the verdicts.
            label: What the lines begin with.
        """
        is_quiet = self.find_terminal() is None or verbosity_of(self._config) < 0
        is_quiet = is_quiet or mode is Mode.DRY_RUN
        file = sys.stderr if self.find_terminal() is None else sys.stdout
        progress = make_progress(file, quiet=is_quiet, label=label)
        return [AfterTheDots(self.end_the_line), progress]

    def end_the_line(self) -> None:
        """Leave the line of dots, which pytest ends only after this."""
        terminal = self.find_terminal()
        if terminal is not None and self._config.get_terminal_writer().width_of_current_line:
            with suppress(OSError, ValueError):  # the reader may be gone, as with `| head`
                terminal.line("")

    def log_shown(self) -> AbstractContextManager[None]:
        """Show the log of the requests, where pytest itself would show nothing of it."""
        if not _wants_log(self._config):
            return nullcontext()
        self.end_the_line()
        return requests_logged(sys.stderr)


class AfterTheDots(Observer):
    """Ends the line of dots before the display of the progress begins.

    Args:
        end_the_line: Does it, if there is one.
    """

    def __init__(self, end_the_line: Callable[[], None]) -> None:
        self._end_the_line = end_the_line

    def begins(self, change: Change) -> None:  # noqa: ARG002
        """End it before the first creation is shown."""
        self._end_the_line()

    def waits(self, why: str) -> None:  # noqa: ARG002
        """End it before a wait is explained."""
        self._end_the_line()

    def troubled(self, why: str) -> None:  # noqa: ARG002
        """End it before trouble is told."""
        self._end_the_line()

    def changed(self, change: Change) -> None:  # noqa: ARG002
        """End it before the first change is shown."""
        self._end_the_line()

    def planned(self, plan: Plan) -> None:
        """End it before the updates are counted."""
        if plan.updates:
            self._end_the_line()


def _wants_log(config: pytest.Config) -> bool:
    """Return whether pytest is to log everything, but shows no log of the end of a session."""
    level = str(config.getoption("log_level", None) or "").upper()
    has_own_display = config.getoption("log_cli_level", None) or config.getoption("log_file", None)
    return level in ("DEBUG", "10") and not has_own_display
