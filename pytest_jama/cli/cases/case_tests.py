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
from pytest_jama.core.redaction import Redactor
from pytest_jama.core.results import Outcome, TestResult
from pytest_jama.report.upload_lines import Line, Tone
from pytest_jama.session.exit_status import exit_status_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_jama.config import Flags, LoadedSettings
    from pytest_jama.core.errors import PytestJamaError
    from pytest_jama.session.command_line import OutputOptions

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
        return read_report_tests(options.arguments, loaded.seen_in(Path.cwd()).settings)
    if options.collects:
        redactor = loaded.settings.redactor
        return collect_tests(options.arguments, redactor=redactor, config=loaded.file)
    if options.arguments:
        what = f"{' '.join(options.arguments)} is for pytest, and --no-collect does not ask it"
        raise SettingsError(Problem(what, "leave one of them out", "command line"))
    return CollectedSession(tuple(_written_tests(loaded)))


def _written_tests(loaded: LoadedSettings) -> Iterator[TestResult]:
    """Yield the keys of the map and the tests of the lock, as tests."""
    for entry in dict(loaded.settings.tests.items()).values():
        yield TestResult(entry.key, Outcome.NOT_REACHED, links=entry.links)
    lock = with_lock(loaded, start=Path.cwd(), flag_prefix="--").lock
    for name, case in lock.cases.items() if lock else ():
        link = CaseLink(CaseRef.parse(name))
        yield from (TestResult(test, Outcome.NOT_REACHED, links=(link,)) for test in case.tests)


def file_of_map(loaded: LoadedSettings) -> Path:
    """Return the file with the map, which is to get further entries.

    Args:
        loaded: The settings.

    Raises:
        SettingsError: When there is none, or it cannot be written.
    """
    if loaded.file is None:
        what, remedy = "there is no jama.yaml to write the keys into", "make one: pytest-jama init"
        raise SettingsError(Problem(what, remedy, PROGRAM))
    if not os.access(loaded.file, os.W_OK):
        what = "it cannot be written, and the keys of new test cases go into it"
        raise SettingsError(Problem(what, "check its permissions", str(loaded.file)))
    return loaded.file


def uncollected_lines(session: CollectedSession) -> Iterator[Line]:
    """Yield what could not be collected or understood."""
    for where, why in session.uncollected:
        yield Line("UNREADABLE", f"{where}: {why}", Tone.BAD)
    for mistake in session.mistakes:
        yield Line("NOT LINKED", mistake, Tone.BAD)


def unlinked_tests(session: CollectedSession) -> list[TestResult]:
    """Return the tests without a case that a session would run, unless they are to have none.

    They come as they stand in their files, whatever plugin shuffles them.
    """
    found = [
        test
        for test in session.tests
        if not test.links and not test.is_taken_out and test.outcome is not Outcome.DESELECTED
    ]
    places = {test_id: (each.file, each.line) for test_id, each in session.sources.items()}
    return sorted(found, key=lambda test: (*places.get(test.test_id, ("", 0)), _of_source(test)))


def _of_source(test: TestResult) -> str:
    """Return what parameters of one test are sorted by; tests of reports keep their order."""
    return test.test_id if "::" in test.test_id else ""


def refuse(
    error: PytestJamaError, options: CaseOptions, output: OutputOptions, *, program: str
) -> int:
    """Say why a command on test cases ends; return the exit status.

    Args:
        error: Why.
        options: The command line.
        output: Form of the output.
        program: The command, as messages begin.
    """
    output.complain(error, program=program)
    status = int(exit_status_of(error))
    if not output.as_json or options.as_csv:
        return status
    document = {"error": str(error), "exit_status": status}
    return output.write_json(document, status=status, redactor=Redactor())
