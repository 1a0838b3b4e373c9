"""The end of a command that uploads: verdicts, delivery, what is printed, the exit status.

`junit-uploader` and ``pytest-jama upload`` come here with their results and an open journal. Lines
for people go to stdout; with ``--json`` stdout gets one JSON document and they go to stderr.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import click

from pytest_jama.core.port import UploadReport
from pytest_jama.core.text import printable
from pytest_jama.core.verdicts import Judgement
from pytest_jama.journal.lines import end_line
from pytest_jama.report.json_report import json_report
from pytest_jama.report.progress import make_progress
from pytest_jama.report.streams import make_patient
from pytest_jama.report.summary import (
    Line,
    Tone,
    count_verdicts,
    dry_run_lines,
    journal_line,
    judgement_lines,
    next_line,
    report_lines,
    trouble_lines,
)
from pytest_jama.session.deliver import Delivery, always_new, why_unfinished
from pytest_jama.session.exit_status import EXIT_NOT_SENT, EXIT_SENT, exit_status_of
from pytest_jama.session.judge import write_verdicts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import TextIO

    from pytest_jama.config import Settings
    from pytest_jama.core.errors import ErrorLog, PytestJamaError
    from pytest_jama.core.runs import RunUpdate
    from pytest_jama.hooks.extensions import Extensions
    from pytest_jama.session.deliver import PriorState

_COLOURS = {Tone.GOOD: "green", Tone.WARNING: "yellow", Tone.BAD: "red"}


@dataclass(frozen=True, slots=True)
class OutputOptions:
    """How a command talks, and whether it writes to the server.

    Attributes:
        dry_run: Only read, and print the exact changes.
        no_upload: Only write the journal; nothing is asked of the server.
        as_json: One JSON document on stdout.
        verbose: Name every single thing.
        quiet: Print only what is wrong.
    """

    dry_run: bool = False
    no_upload: bool = False
    as_json: bool = False
    verbose: bool = False
    quiet: bool = False

    @property
    def mode(self) -> str:
        """What the header line says of it; empty when everything is sent."""
        return "dry run" if self.dry_run else "no upload" if self.no_upload else ""

    @property
    def stream(self) -> TextIO:
        """Where lines for people go; a reader that goes away stops no upload."""
        return make_patient(sys.stderr if self.as_json else sys.stdout)

    def say(self, line: Line) -> None:
        """Print a line; a quiet command prints only warnings and worse."""
        if not self.quiet or line.tone in (Tone.WARNING, Tone.BAD):
            self._print(str(line), colour=_COLOURS.get(line.tone))

    def announce(self, text: str) -> None:
        """Print a line of the header, unless the command is quiet."""
        if not self.quiet:
            self._print(text)

    def _print(self, text: str, colour: str | None = None) -> None:
        text = printable(text)  # names in it may hold what does something to a terminal
        click.echo(click.style(text, fg=colour) if colour else text, file=self.stream)

    def write_document(
        self,
        report: UploadReport,
        judgement: Judgement,
        *,
        journal: str,
        exit_status: int,
        about: Mapping[str, Any],
    ) -> None:
        """Print the JSON document, where one is wanted.

        Args:
            report: What became of the upload.
            judgement: The verdicts behind it.
            journal: The path of the journal; empty when there is none.
            exit_status: What the command exits with.
            about: What the command adds.
        """
        if self.as_json:
            document = json_report(
                report,
                judgement,
                dry_run=self.dry_run,
                no_upload=self.no_upload,
                journal=journal,
                exit_status=exit_status,
            )
            text = json.dumps({**document, **about}, indent=2)
            click.echo(text, file=make_patient(sys.stdout))


@dataclass(frozen=True, slots=True)
class Closing:
    """Everything the end of a command needs.

    Attributes:
        settings: All settings.
        extensions: Who makes the target.
        troubles: Errors of extensions and of ours.
        journal: Where verdicts, updates and receipts are written.
        provenance: One line for the account of each run.
        manner: How the command talks.
        is_complete: Whether all reports or journals that were asked for could be read.
        lines: What the command itself has to say in the summary.
        about: What it adds to the JSON document.
        recall: Knows what earlier uploads sent.
        journals: What the command works on, when that is more than one journal.
    """

    settings: Settings
    extensions: Extensions
    troubles: ErrorLog
    journal: Journal
    provenance: str
    manner: OutputOptions
    is_complete: bool = True
    lines: tuple[Line, ...] = ()
    about: Mapping[str, Any] = field(default_factory=dict)
    recall: Callable[[RunUpdate], PriorState] = always_new
    journals: tuple[Path, ...] = ()


class Journal(Protocol):
    """Where a command writes what it does: a journal, or several at once."""

    @property
    def path(self) -> Path:
        """The file; of several, one of them."""

    @property
    def trouble(self) -> str:
        """Why lines are missing; empty while none is."""

    def write(self, *lines: dict[str, Any]) -> None:
        """Append lines."""

    def write_encoded(self, *lines: str) -> None:
        """Append lines that are JSON already."""

    def close(self) -> None:
        """Close the file."""


def close_session(judgement: Judgement, closing: Closing) -> int:
    """Deliver a judgement, end the journal, print what became of it.

    Returns:
        The exit status.
    """
    manner, journal = closing.manner, closing.journal
    write_verdicts(judgement, journal.write_encoded)
    report = UploadReport() if manner.no_upload else _deliver(judgement, closing)
    reason = _why_unfinished(report, closing)
    journal.write(end_line(finished=not reason, reason=reason))
    journal.close()
    status = _status(report, closing)
    for line in _lines(report, judgement, closing):
        manner.say(line)
    manner.write_document(
        report,
        judgement,
        journal=str(journal.path),
        exit_status=status,
        about=closing.about,
    )
    return status


def refuse(
    error: PytestJamaError,
    manner: OutputOptions,
    *,
    program: str,
    about: Mapping[str, Any] | None = None,
) -> int:
    """Say on stderr why a command does nothing.

    Args:
        error: Why.
        manner: How the command talks; also a refusal is a JSON document where one is wanted.
        program: The command, as messages begin.
        about: What it adds to the JSON document.

    Returns:
        The exit status.
    """
    for text in str(error).splitlines():
        click.secho(f"{program}: error: {printable(text)}", fg=_COLOURS[Tone.BAD], file=sys.stderr)
    status = exit_status_of(error)
    manner.write_document(
        UploadReport(stopped=error),
        Judgement(),
        journal="",
        exit_status=status,
        about=about or {},
    )
    return status


def _deliver(judgement: Judgement, closing: Closing) -> UploadReport:
    manner = closing.manner
    is_quiet = manner.quiet or manner.dry_run
    delivery = Delivery(
        settings=closing.settings,
        extensions=closing.extensions,
        troubles=closing.troubles,
        write=closing.journal.write,
        progress=make_progress(manner.stream, quiet=is_quiet),
        before_progress=lambda: None,
        recall=closing.recall,
    )
    return delivery.run(judgement, provenance=closing.provenance, dry_run=manner.dry_run)


def _why_unfinished(report: UploadReport, closing: Closing) -> str:
    if closing.manner.no_upload:
        return "nothing was to be sent"
    return why_unfinished(report, closing.troubles, dry_run=closing.manner.dry_run)


def _status(report: UploadReport, closing: Closing) -> int:
    if report.stopped is not None:
        return exit_status_of(report.stopped)
    has_all = closing.is_complete and not closing.troubles.may_cost_results
    if closing.manner.no_upload:
        is_delivered = not closing.journal.trouble
    else:
        is_delivered = closing.manner.dry_run or report.is_complete
    return EXIT_SENT if has_all and is_delivered else EXIT_NOT_SENT


def _lines(report: UploadReport, judgement: Judgement, closing: Closing) -> Iterator[Line]:
    manner = closing.manner
    if manner.dry_run:
        yield from dry_run_lines(report, judgement)
    else:
        yield from report_lines(report, verbose=manner.verbose)
    if not judgement.to_write:
        yield Line("nothing", f"to send: {_why_nothing(judgement)}", Tone.WARNING)
    elif manner.no_upload:
        counts = count_verdicts(case.verdict for case in judgement.to_write if case.verdict)
        yield Line("journaled", f"{counts}; nothing is sent with --no-upload")
    yield from judgement_lines(judgement, verbose=manner.verbose)
    yield from closing.lines
    yield from trouble_lines(closing.troubles)
    yield journal_line(closing.journal.path, closing.journal.trouble, start=Path.cwd())
    if not manner.dry_run and (manner.no_upload or not report.is_complete):
        paths = closing.journals or (closing.journal.path,)
        yield next_line(*paths, trouble=closing.journal.trouble, start=Path.cwd())


def _why_nothing(judgement: Judgement) -> str:
    if judgement.cases:
        return "no case has a verdict"
    if not judgement.unlinked:
        return "no test was run"
    return "no test is linked to a test case; name them under `tests:` in jama.yaml"
