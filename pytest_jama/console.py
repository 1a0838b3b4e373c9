"""The end of a command that uploads: verdicts, delivery, what is printed, the exit status.

`junit-uploader` and ``pytest-jama upload`` come here with their results and an open journal. Lines
for people go to stdout; with ``--json`` stdout gets one JSON document and they go to stderr.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_jama.delivery import Delivery, why_unfinished, write_verdicts
from pytest_jama.document import report_document
from pytest_jama.exits import EXIT_NOT_SENT, EXIT_SENT, exit_status_of
from pytest_jama.journal.format import end_line
from pytest_jama.progress import make_progress
from pytest_jama.render import (
    Line,
    Tone,
    dry_run_lines,
    journal_line,
    judgement_lines,
    report_lines,
    trouble_lines,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO

    from pytest_jama.config import Settings
    from pytest_jama.core.report import UploadReport
    from pytest_jama.core.verdicts import Judgement
    from pytest_jama.extensions import Extensions
    from pytest_jama.journal import JournalWriter
    from pytest_jama.troubles import Troubles

_COLOURS = {Tone.GOOD: "green", Tone.WARNING: "yellow", Tone.BAD: "red"}


@dataclass(frozen=True, slots=True)
class Manner:
    """How a command talks, and whether it writes to the server.

    Attributes:
        dry_run: Only read, and print the exact changes.
        as_json: One JSON document on stdout.
        verbose: Name every single thing.
        quiet: Print only what is wrong.
    """

    dry_run: bool = False
    as_json: bool = False
    verbose: bool = False
    quiet: bool = False

    @property
    def stream(self) -> TextIO:
        """Where lines for people go."""
        return sys.stderr if self.as_json else sys.stdout

    def say(self, line: Line) -> None:
        """Print a line; a quiet command prints only warnings and worse."""
        if not self.quiet or line.tone in (Tone.WARNING, Tone.BAD):
            click.secho(str(line), fg=_COLOURS.get(line.tone), file=self.stream)


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
    """

    settings: Settings
    extensions: Extensions
    troubles: Troubles
    journal: JournalWriter
    provenance: str
    manner: Manner
    is_complete: bool = True


def close_session(judgement: Judgement, closing: Closing) -> int:
    """Deliver a judgement, end the journal, print what became of it.

    Returns:
        The exit status.
    """
    manner, journal = closing.manner, closing.journal
    write_verdicts(judgement, journal.write)
    report = _deliver(judgement, closing)
    reason = why_unfinished(report, closing.troubles, dry_run=manner.dry_run)
    journal.write(end_line(finished=not reason, reason=reason))
    journal.close()
    status = _status(report, closing)
    for line in _lines(report, judgement, closing):
        manner.say(line)
    if manner.as_json:
        document = report_document(
            report,
            judgement,
            dry_run=manner.dry_run,
            journal=str(journal.path),
            exit_status=status,
        )
        click.echo(json.dumps(document, indent=2))
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
    )
    return delivery.run(judgement, provenance=closing.provenance, dry_run=manner.dry_run)


def _status(report: UploadReport, closing: Closing) -> int:
    if report.stopped is not None:
        return exit_status_of(report.stopped)
    has_all = closing.is_complete and not closing.troubles.may_cost_results
    is_delivered = closing.manner.dry_run or report.is_complete
    return EXIT_SENT if has_all and is_delivered else EXIT_NOT_SENT


def _lines(report: UploadReport, judgement: Judgement, closing: Closing) -> Iterator[Line]:
    if closing.manner.dry_run:
        yield from dry_run_lines(report, judgement)
    else:
        yield from report_lines(report, verbose=closing.manner.verbose)
    if not judgement.to_write:
        why = "no case has a verdict" if judgement.cases else "no test is linked to a test case"
        yield Line("nothing", f"to send: {why}", Tone.WARNING)
    yield from judgement_lines(judgement, verbose=closing.manner.verbose)
    yield from trouble_lines(closing.troubles)
    yield journal_line(closing.journal.path, closing.journal.trouble, start=Path.cwd())
