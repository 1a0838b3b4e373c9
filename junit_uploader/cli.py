"""The command line. Imports what it needs when it needs it: ``--help`` is asked for often."""

from __future__ import annotations

import sys

from junit_uploader import PROGRAM

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable, Sequence

    from junit_uploader.merged_reports import MergedReports
    from junit_uploader.options import WrongUseError
    from pytest_jama.config import SharedSettings
    from pytest_jama.core.redaction import Redactor


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: The command line without the program's name; None takes that of this process.

    Returns:
        The exit status: 0 all done, 1 a report could not be read or something was not sent, 2 wrong
        use or settings, 3 Jama out of reach or credentials refused.
    """
    given = sys.argv[1:] if arguments is None else list(arguments)
    try:
        if given[:1] == ["--version"]:
            return _print_version()
        _escape_what_cannot_be_shown()
        return _run(given)
    except KeyboardInterrupt:
        return _status("INTERRUPTED")
    except BrokenPipeError:  # `| head`
        _forget_stdout()
        return _status("INCOMPLETE")
    except StdoutError as exc:
        _say(f"error: standard output cannot be written: {exc}")
        _forget_stdout()
        return _status("INCOMPLETE")


def _status(name: str) -> int:
    """Return an exit status by its name, from the one table there is."""
    from pytest_jama.session.exit_status import ExitStatus  # noqa: PLC0415 (``--version`` needs none)

    return int(ExitStatus[name])


class StdoutError(Exception):
    """Standard output cannot be written."""


def _run(given: Sequence[str]) -> int:
    from junit_uploader.options import WrongUseError, parse_options  # noqa: PLC0415 (argparse)

    try:
        options = parse_options(given)
    except WrongUseError as exc:
        return _refuse(exc, given)
    except SystemExit:  # how argparse ends after --help; which needs no table of exit statuses
        return 0
    if options.version:
        return _print_version()
    from pytest_jama.session.interrupts import (  # noqa: PLC0415 (``--help`` needs none)
        second_interrupt_ends_all,
    )

    with second_interrupt_ends_all():
        return _list(options) if options.list else _upload(options, given)


def _refuse(error: WrongUseError, given: Sequence[str]) -> int:
    """Say how the command is used, and print the JSON of an upload where that is wanted."""
    sys.stderr.write(error.usage)
    if "--json" not in given or "--list" in given:
        _say(f"error: {error}")
        return _status("WRONG_USE")
    from pytest_jama.core.errors import Problem, SettingsError  # noqa: PLC0415
    from pytest_jama.session.command_line import OutputOptions  # noqa: PLC0415 (click)

    problem = Problem(str(error), f"see {PROGRAM} --help", "command line")
    return OutputOptions(as_json=True).refuse(SettingsError(problem), program=PROGRAM)


def _print_version() -> int:
    from pytest_jama import __version__  # noqa: PLC0415 (another package)

    _write_as_it_is(f"{PROGRAM}, version {__version__}\n")
    return 0


def _upload(options: Namespace, given: Sequence[str]) -> int:
    from junit_uploader.command import run_upload  # noqa: PLC0415 (imports much)

    return run_upload(options, given)


def _list(options: Namespace) -> int:
    from junit_uploader.merged_reports import no_garbage_collection  # noqa: PLC0415 (imports lxml)

    redactor, settings = _find_settings(options)
    with no_garbage_collection():  # when it is on again, all tests are gone
        return _list_tests(options, redactor, settings)


def _list_tests(options: Namespace, redactor: Redactor, settings: SharedSettings | None) -> int:
    from junit_uploader.junit.reported_test import ReadOptions  # noqa: PLC0415
    from junit_uploader.listing import (  # noqa: PLC0415
        MappedTests,
        file_lines,
        json_pieces,
        list_lines,
        summary_line,
    )
    from junit_uploader.merged_reports import read_reports  # noqa: PLC0415
    from pytest_jama.core.shown_results import ShownResults  # noqa: PLC0415

    named = ShownResults(redactor)
    session = read_reports(options.reports, ReadOptions(keeps_messages=False))
    mapped = MappedTests(session, settings)
    if options.json:
        _write(json_pieces(session, named, mapped))
    else:
        _write(list_lines(session, named, mapped), end="\n")
    for line in mapped.unmatched_lines(redactor):
        _say(line)
    for file in session.files:
        for line in file_lines(file, named.redactor):
            _say(line)
    _say(summary_line(session))
    return _status_of(session)


def _find_settings(options: Namespace) -> tuple[Redactor, SharedSettings | None]:
    """Return what hides secrets, and the settings file with its map where there is one.

    A list needs no settings, so that wrong ones do not stop it.
    """
    import os  # noqa: PLC0415 (Python has it already)
    from pathlib import Path  # noqa: PLC0415

    from pytest_jama.core.redaction import Redactor  # noqa: PLC0415
    from pytest_jama.core.test_ids import OCTANE_FILES, SETTINGS_FILES  # noqa: PLC0415

    here = Path.cwd()
    folders = (here, *here.parents)
    files = (folder / name for folder in folders for name in (*SETTINGS_FILES, *OCTANE_FILES))
    has_secrets = any(
        name.startswith(("JAMA_", "OCTANE_")) or "_PROXY" in name.upper() for name in os.environ
    )
    if not (options.config or has_secrets or any(map(os.path.lexists, files))):
        return Redactor(), None
    from pytest_jama.config import find_kinds, find_redactor, load_settings  # noqa: PLC0415 (pydantic)
    from pytest_jama.core.errors import SettingsError  # noqa: PLC0415

    file = Path(options.config) if options.config else None
    (kind, *_) = find_kinds(here, file)
    unused = kind.load_model().model_fields.keys() - {"redact", "tests", "names"}
    try:
        loaded = load_settings(
            start=here,
            file=file,
            flags={},
            environ=os.environ,
            needs_target=False,
            unused=unused,
            kind=kind,
            flag_prefix="--",
        )
    except SettingsError as exc:
        _say(f"note: {exc.problems[0]}; the map is not shown")
    else:
        return loaded.settings.redactor, loaded.settings
    redactor, problem = find_redactor(start=here, file=file, environ=os.environ, kind=kind)
    if problem:
        _say(f"note: {problem}; what the setting redact names is not hidden here")
    return redactor, None


def _status_of(session: MergedReports) -> int:
    if session.is_complete:
        return _status("WELL")
    if not session.tests:
        from junit_uploader.listing import NO_TESTCASE  # noqa: PLC0415 (imported already)

        _say(f"error: {NO_TESTCASE}")
    return _status("INCOMPLETE")


def _write(pieces: Iterable[str], end: str = "") -> None:
    """Write to stdout; many pieces at once, which is much faster than one by one."""
    from itertools import islice  # noqa: PLC0415

    remaining = iter(pieces)
    while some := list(islice(remaining, 1000)):
        _write_at_once(end.join((*some, "")))


def _write_at_once(text: str) -> None:
    """Write lines in which nothing is for the terminal or a CI system, whoever wrote it."""
    from pytest_jama.core.text import printable_lines  # noqa: PLC0415 (``--version`` needs none)

    _write_as_it_is(printable_lines(text))


def _write_as_it_is(text: str) -> None:
    if sys.stdout is None:
        raise StdoutError("it is closed")
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as exc:
        raise StdoutError(exc.strerror or exc) from exc


def _say(line: str) -> None:
    from pytest_jama.core.text import printable  # noqa: PLC0415 (``--version`` needs none)

    print(printable(f"{PROGRAM}: {line}"), file=sys.stderr)  # noqa: T201 (a front-end)


def _escape_what_cannot_be_shown() -> None:
    """Escape characters that the terminal cannot show, as JSON does, instead of failing."""
    import codecs  # noqa: PLC0415 (Python has it already)

    codecs.register_error("json-escapes", _escape)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="json-escapes")


def _escape(error: UnicodeError) -> tuple[str, int]:
    import json  # noqa: PLC0415 (rarely needed)

    if not isinstance(error, UnicodeEncodeError):
        raise error
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


def _forget_stdout() -> None:
    """Keep Python from complaining about the closed pipe when it ends."""
    from pytest_jama.report.streams import silence  # noqa: PLC0415 (rarely needed)

    if sys.stdout is not None:
        silence(sys.stdout)
