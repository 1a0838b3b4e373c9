"""The tests that the commands on test cases look at, and what they can be told."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_jama.cli.collecting import CollectedSession, collect_tests, read_report_tests
from pytest_jama.cli.jama_alone import require_jama_file, require_jama_server
from pytest_jama.config import load_settings, with_lock
from pytest_jama.core.cases import CaseLink, CaseRef
from pytest_jama.core.errors import Problem, SettingsError
from pytest_jama.core.results import Outcome, TestResult
from pytest_jama.report.upload_lines import Line, Tone

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_jama.config import Flags, LoadedSettings

PROGRAM = "pytest-jama cases"


@dataclass(frozen=True, slots=True)
class CaseOptions:
    """What these commands can be told.

    Attributes:
        arguments: What pytest gets for its collection; or the JUnit reports.
        is_junit: Whether they are reports.
        collects: Whether tests are looked for; otherwise map and lock say which cases have some.
        config: The settings file.
        flags: What the flags say, by setting.
        container: The set or folder whose cases are meant.
        filter_name: The filter whose cases are meant.
        takes_all: Whether all cases of the project are meant.
        as_csv: Rows as CSV.
    """

    arguments: tuple[str, ...] = ()
    is_junit: bool = False
    collects: bool = True
    config: Path | None = None
    flags: Flags = field(default_factory=dict)
    container: str | None = None
    filter_name: str | None = None
    takes_all: bool = False
    as_csv: bool = False


def load_for_cases(options: CaseOptions) -> LoadedSettings:
    """Load the settings of a command that looks at test cases.

    Args:
        options: The command line.

    Raises:
        SettingsError: With every mistake.
    """
    require_jama_file(options.config, "has test cases")
    loaded = load_settings(
        start=Path.cwd(),
        file=options.config,
        flags={**options.flags, "cycle": "not-used"},
        environ=os.environ,
        needs_target=False,
        unused=("plan", "cycle", "run"),
        flag_prefix="--",
    )
    require_jama_server(loaded.settings, "these commands read test cases of Jama", PROGRAM)
    return loaded


def collect(options: CaseOptions, loaded: LoadedSettings) -> CollectedSession:
    """Return the tests that are meant.

    Args:
        options: The command line.
        loaded: The settings.
    """
    if options.is_junit:
        return read_report_tests(options.arguments, loaded.settings)
    if options.collects:
        redactor = loaded.settings.redactor
        return collect_tests(options.arguments, redactor=redactor, config=loaded.file)
    if options.arguments:
        what = f"{' '.join(options.arguments)} is for pytest, and --no-collect does not ask it"
        raise SettingsError(Problem(what, "leave one of them out", "command line"))
    return CollectedSession(tuple(_written_tests(loaded)))


def _written_tests(loaded: LoadedSettings) -> Iterator[TestResult]:
    """Yield the keys of the map and the tests of the lock, as tests."""
    for key, entry in loaded.settings.tests.items():
        yield TestResult(key, Outcome.NOT_REACHED, links=entry.links)
    lock = with_lock(loaded, start=Path.cwd(), flag_prefix="--").lock
    for name, case in lock.cases.items() if lock else ():
        link = CaseLink(CaseRef.parse(name))
        yield from (TestResult(test, Outcome.NOT_REACHED, links=(link,)) for test in case.tests)


def uncollected_lines(session: CollectedSession) -> Iterator[Line]:
    """Yield what could not be collected or understood."""
    for where, why in session.uncollected:
        yield Line("UNREADABLE", f"{where}: {why}", Tone.BAD)
    for mistake in session.mistakes:
        yield Line("NOT LINKED", mistake, Tone.BAD)


def unlinked_tests(session: CollectedSession) -> list[TestResult]:
    """Return the tests without a case that a session would run, unless they are to have none."""
    return [
        test
        for test in session.tests
        if not test.links and not test.is_taken_out and test.outcome is not Outcome.DESELECTED
    ]
