"""The flags of the command line."""

from __future__ import annotations

import argparse

from junit_uploader import PROGRAM

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

SHARED_FLAGS = ("url", "journal", "report", "strict")
"""The flags that beat the settings file whatever the target is."""

SETTING_FLAGS = {
    "project": ("KEY", "project key or API ID"),
    "plan": ("NAME", "test plan, by name or id:N"),
    "cycle": ("NAME", "test cycle, by name or id:N"),
}
"""The flags that beat jama.yaml, by setting: what stands for the value, and what it is."""

OCTANE_FLAGS = {
    "space": ("NAME", "shared space, by name or ID"),
    "workspace": ("NAME", "workspace, by name or ID"),
    "release": ("NAME", "release of the runs, by name or ID; _default_ is the default release"),
    "milestone": ("NAME", "milestone of the runs, by name or ID"),
    "suite": ("NAME", "test suite whose suite run gathers the runs, by name or ID"),
    "wait": ("S", "wait so long until the server has worked off what it took"),
}
"""The same of octane.yaml."""

OCTANE_LISTS = {
    "module": ("NAME", "application module that the tests belong to, by name or ID"),
    "environment": ("TYPE=VALUE", "environment of the runs: OS=Linux"),
    "field": ("TYPE=VALUE", "field of the tests: Framework=pytest"),
}
"""Those of octane.yaml that may be given several times."""

OCTANE_OTHERS = ("skip-errors", "output")
"""What else only results for Octane have."""

_EPILOG = """\
Settings come from flags, the environment (JAMA_URL, OCTANE_URL, ...; credentials only from there)
and jama.yaml or octane.yaml, which is looked for in this folder and then above.

Exit status: 0 all sent, 1 something was not sent or a report could not be read, 2 wrong use or
settings, 3 the server is out of reach or refuses the credentials.

Examples:
  junit-uploader report.xml
  junit-uploader --list 'reports/**/*.xml'
  junit-uploader --dry-run --cycle "Build 17" reports/
"""


class WrongUseError(Exception):
    """The command line cannot be understood.

    Args:
        message: Why.
        usage: How it is used.
    """

    def __init__(self, message: str, usage: str) -> None:
        super().__init__(message)
        self.usage = usage


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise WrongUseError(message, self.format_usage())


def parse_options(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line; reports and flags may stand in any order.

    Raises:
        WrongUseError: When it cannot be understood.
        SystemExit: After ``--help``.
    """
    return make_parser().parse_intermixed_args(arguments)


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line.

    argparse, not click as in the toolbox: click alone costs four times as much as Python itself.
    """
    parser = _Parser(
        prog=PROGRAM,
        usage=f"{PROGRAM} [FLAGS] REPORT...\n       {PROGRAM} --list [--json] REPORT...",
        description="Report the JUnit XML of any test framework to Jama Connect or ALM Octane.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "reports",
        nargs="+",
        metavar="REPORT",
        help="a file, a folder (every *.xml below), a pattern ('reports/**/*.xml') or - for stdin; "
        "files may be packed (.gz); several reports are one session",
    )
    parser.add_argument(
        "--files-root",
        metavar="FOLDER",
        default="",
        help="files that reports name are taken from below this folder alone; without it, from "
        "below that of the report. Relative paths begin in either",
    )
    parser.add_argument(
        "--no-files",
        action="store_true",
        help="leave the files that reports name where they are",
    )
    _add_settings(parser)
    _add_manners(parser)
    parser.add_argument("--version", action="store_true", help="print the version")
    return parser


def _add_settings(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--target",
        choices=("jama", "octane"),
        help="where the results go; without it, to the server of the settings file that is there",
    )
    parser.add_argument(
        "--config", metavar="FILE", help="settings file instead of jama.yaml or octane.yaml"
    )
    parser.add_argument("--url", metavar="URL", help="base URL of the server")
    parser.add_argument(
        "--journal",
        metavar="DIR",
        help="folder of the journals; without it .jama beside the settings file",
    )
    jama = parser.add_argument_group("only for Jama Connect")
    for name, (metavar, text) in SETTING_FLAGS.items():
        jama.add_argument(f"--{name}", metavar=metavar, help=text)
    _add_octane(parser.add_argument_group("only for ALM Octane"))
    parser.add_argument(
        "--report",
        metavar="FILE",
        action="append",
        help="write the record of the session there at its end, by suffix: .html, .md, .json, "
        ".csv, .xml; several times",
    )
    parser.add_argument(
        "--commit",
        metavar="SHA",
        default="",
        help="the commit that was tested, for the account of each run; without it a property of "
        "the reports (git.commit, ...) or a variable of the CI system tells it",
    )


def _add_octane(group: argparse._ArgumentGroup) -> None:
    for name, (metavar, text) in OCTANE_FLAGS.items():
        group.add_argument(f"--{name}", metavar=metavar, help=text)
    for name, (metavar, text) in OCTANE_LISTS.items():
        group.add_argument(
            f"--{name}", metavar=metavar, action="append", help=f"{text}; several times"
        )
    group.add_argument(
        "--skip-errors",
        action="store_true",
        default=None,
        help="take what refers to something that does not exist without that reference",
    )


def _add_manners(parser: argparse.ArgumentParser) -> None:
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--list",
        action="store_true",
        help="only print outcome, seconds, test ID and case references of every test; "
        "needs no settings and no server",
    )
    what.add_argument(
        "--dry-run",
        action="store_true",
        help="read from the server and print the exact changes, write nothing there",
    )
    what.add_argument("--no-upload", action="store_true", help="only write the journal")
    what.add_argument(
        "--output",
        metavar="FILE",
        help="only for ALM Octane: write what would be sent into this file, several documents into "
        "numbered ones; needs no server and no credentials",
    )
    parser.add_argument(
        "--strict",
        action="store_true",
        help="send nothing when anything is wrong with any report; fail when no test is linked",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document on stdout")
    loudness = parser.add_mutually_exclusive_group()
    loudness.add_argument(
        "-v",
        "--verbose",
        action="count",
        default=0,
        help="name every single thing; -vv logs each request, too",
    )
    loudness.add_argument("-q", "--quiet", action="store_true", help="print only what is wrong")
