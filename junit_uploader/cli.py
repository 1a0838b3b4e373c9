"""The command line. Imports what it needs when it needs it: ``--help`` is asked for often."""

from __future__ import annotations

import gc
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterable, Sequence

    from junit_uploader.session import Session

PROGRAM = "junit-uploader"
EXIT_DONE = 0
EXIT_INCOMPLETE = 1
EXIT_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: The command line without the program's name; None takes that of this process.

    Returns:
        The exit status: 0 all done, 1 a report could not be read or something was not sent, 2 wrong
        use or settings, 3 Jama out of reach or credentials refused.
    """
    given = sys.argv[1:] if arguments is None else list(arguments)
    if given[:1] == ["--version"]:
        return _print_version()
    try:
        options = make_parser().parse_args(given)
    except SystemExit as exc:  # how argparse ends after --help and after wrong use
        return exc.code if isinstance(exc.code, int) else EXIT_INCOMPLETE
    is_collecting = gc.isenabled()
    gc.disable()  # it would look again and again through a million values that hold no cycle
    try:
        return _list(options)
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:  # `| head`
        _forget_stdout()
        return EXIT_INCOMPLETE
    finally:
        if is_collecting:
            gc.enable()


def make_parser() -> ArgumentParser:
    """Return the parser of the command line.

    argparse, not click as in the toolbox: click alone costs four times as much as Python itself.
    """
    import argparse  # noqa: PLC0415 (--version needs none of it)

    parser = argparse.ArgumentParser(
        prog=PROGRAM,
        description="Report the JUnit XML of any test framework.",
        epilog="Exit status: 0 all done, 1 a report could not be read, 2 wrong use.",
    )
    parser.add_argument(
        "reports",
        nargs="+",
        metavar="REPORT",
        help="a file, a folder (every *.xml below), a pattern ('reports/**/*.xml') or - for stdin; "
        "files may be packed (.gz); several reports are one session",
    )
    parser.add_argument(
        "--list",
        action="store_true",
        required=True,
        help="print outcome, seconds, test ID and case references of every test",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document on stdout")
    parser.add_argument("--version", action="store_true", help="print the version")
    return parser


def _print_version() -> int:
    from pytest_jama import __version__  # noqa: PLC0415 (it imports pluggy)

    print(f"{PROGRAM}, version {__version__}")  # noqa: T201 (a front-end)
    return EXIT_DONE


def _list(options: Namespace) -> int:
    from junit_uploader.listing import (  # noqa: PLC0415 (imports lxml)
        file_lines,
        json_pieces,
        list_lines,
        summary_line,
    )
    from junit_uploader.readers.values import ReadOptions  # noqa: PLC0415
    from junit_uploader.session import read_reports  # noqa: PLC0415

    session = read_reports(options.reports, ReadOptions(keeps_messages=False))
    if options.json:
        _write(json_pieces(session))
    else:
        _write(f"{line}\n" for line in list_lines(session))
    for file in session.files:
        for line in file_lines(file):
            _say(line)
    _say(summary_line(session))
    return _status(session)


def _status(session: Session) -> int:
    if session.is_complete:
        return EXIT_DONE
    if not session.tests:
        _say("error: there is no testcase in any report: did the tests run at all?")
    return EXIT_INCOMPLETE


def _write(pieces: Iterable[str]) -> None:
    """Write to stdout; many pieces at once, which is much faster than one by one."""
    from itertools import islice  # noqa: PLC0415

    remaining = iter(pieces)
    while some := "".join(islice(remaining, 1000)):
        sys.stdout.write(some)
    sys.stdout.flush()


def _say(line: str) -> None:
    print(f"{PROGRAM}: {line}", file=sys.stderr)  # noqa: T201 (a front-end)


def _forget_stdout() -> None:
    """Keep Python from complaining of the closed pipe at its end."""
    import os  # noqa: PLC0415

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
