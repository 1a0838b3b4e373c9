"""How a command reports a session: lines for people, or one JSON document for scripts.

Lines for people go to stdout; with ``--json`` stdout gets the document and they go to stderr.
"""

from __future__ import annotations

import json
import sys
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pytest_jama.core.plan import Mode
from pytest_jama.core.text import printable, printable_json
from pytest_jama.report.json_report import json_report
from pytest_jama.report.progress import make_progress
from pytest_jama.report.streams import (
    columns_of,
    make_tolerant,
    requests_logged,
    takes_colours,
    why_unwritten,
)
from pytest_jama.report.summary import Style
from pytest_jama.report.summary_layout import laid_out, wrapped
from pytest_jama.report.upload_lines import Line, Tone
from pytest_jama.session.ending import refuse
from pytest_jama.session.exit_status import ExitStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from typing import TextIO

    from pytest_jama.core.errors import PytestJamaError
    from pytest_jama.core.port import Observer
    from pytest_jama.core.redaction import Redactor
    from pytest_jama.session.ending import Ending

_COLOURS = {
    Tone.GOOD: "green",
    Tone.WARNING: "yellow",
    Tone.BAD: "red",
    Tone.FAILURE: "red",
}

_WRONG = frozenset({Tone.WARNING, Tone.BAD, Tone.FAILURE})

_INDENT = 4
"""How far the second row of a header line or of an error stands to the right."""

_LOGGING = 2
"""How often ``-v`` is given for a log of the requests."""


@dataclass(frozen=True, slots=True)
class OutputOptions:
    """What a command line says of mode and output.

    Attributes:
        mode: What is done with the verdicts.
        as_json: One JSON document on stdout.
        verbosity: 0, 1 to name every single thing, or 2 to log each request to stderr, too.
        quiet: Print only what is wrong.
    """

    mode: Mode = Mode.SEND
    as_json: bool = False
    verbosity: int = 0
    quiet: bool = False

    @property
    def verbose(self) -> bool:
        """Whether to name every single thing."""
        return self.verbosity > 0

    @property
    def stream(self) -> TextIO:
        """Where lines for people go; the upload goes on when it cannot be written any more."""
        return make_tolerant(sys.stderr if self.as_json else sys.stdout)

    @property
    def style(self) -> Style:
        """How the summary is wanted."""
        return Style(verbose=self.verbose, start=Path.cwd(), root=Path.cwd())

    def logging(self) -> AbstractContextManager[None]:
        """Return a context that logs each request, where that is wanted."""
        return requests_logged(sys.stderr) if self.verbosity >= _LOGGING else nullcontext()

    def make_progress(self, label: str = "jama") -> Observer:
        """Return what shows how an upload proceeds.

        Args:
            label: What its lines begin with: the name of the kind of server.
        """
        is_quiet = self.quiet or self.mode is Mode.DRY_RUN
        return make_progress(self.stream, quiet=is_quiet, label=label)

    def say(self, *lines: Line) -> None:
        """Print lines laid out as those of a summary, however many there are.

        A quiet command prints only warnings and worse.
        """
        self._lay_out(lines, verbose=True)

    def say_summary(self, *lines: Line) -> None:
        """Print a summary, as `laid_out` says; a quiet command prints only warnings and worse."""
        self._lay_out(lines, verbose=self.verbose)

    def _lay_out(self, lines: Sequence[Line], *, verbose: bool) -> None:
        said = [line for line in lines if not self.quiet or line.tone in _WRONG]
        for row in laid_out(said, verbose=verbose, width=columns_of(self.stream)):
            self._print(row.text, colour=_COLOURS.get(row.tone))

    def announce(self, *lines: str) -> None:
        """Print lines of the header, unless the command is quiet."""
        width = columns_of(self.stream)
        for line in () if self.quiet else lines:
            for row in wrapped(line, width=width, indent=_INDENT):
                self._print(row)

    def end(self, ending: Ending, *, about: Mapping[str, Any]) -> int:
        """Print how a session ended; return the exit status.

        Args:
            ending: The ending.
            about: What this command adds to the JSON document.
        """
        self.say_summary(*ending.lines)
        if ending.commands:
            from pytest_jama.session.ci_output import print_commands  # noqa: PLC0415 (in CI alone)

            print_commands(ending.commands, self.stream)
        return self._write_document(ending, about)

    def refuse(
        self, error: PytestJamaError, *, program: str, about: Mapping[str, Any] | None = None
    ) -> int:
        """Print on stderr why a command does nothing; return the exit status.

        Args:
            error: Why.
            program: The command, as messages begin.
            about: What it adds to the JSON document; a refusal is one, too, where one is wanted.
        """
        self.complain(error, program=program)
        ending = refuse(error)
        return self._write_document(ending, about or {})

    def complain(self, error: PytestJamaError, *, program: str) -> None:
        """Print on stderr why a command does not go on.

        Args:
            error: Why.
            program: The command, as messages begin.
        """
        stderr = make_tolerant(sys.stderr)
        for text in error.lines:
            said = f"{program}: error: {printable(text)}"
            for row in wrapped(said, width=columns_of(stderr), indent=_INDENT):
                _print_to(stderr, row, colour=_COLOURS[Tone.BAD])

    def _write_document(self, ending: Ending, about: Mapping[str, Any]) -> int:
        """Print the JSON document where one is wanted; return the exit status."""
        status = int(ending.exit_status)
        if not self.as_json:
            return status
        document = json_report(
            ending.report,
            ending.judgement,
            mode=ending.mode or self.mode,
            journal=ending.journal,
            exit_status=status,
            unusable=ending.unusable,
            unmatched=ending.unmatched,
            redacted=ending.redacted,
            target=ending.target,
        )
        return self.write_json({**document, **about}, status=status, redactor=ending.redactor)

    def write_json(
        self, document: Mapping[str, Any] | Sequence[Any], *, status: int, redactor: Redactor
    ) -> int:
        """Print a JSON document; return the exit status.

        A document that cannot be written changes nothing of what was done, but it was asked for.

        Args:
            document: The document.
            status: What the command exits with otherwise.
            redactor: Hides secrets in it.
        """
        text = json.dumps(document, indent=2)
        if redactor.may_hide_certain(text):
            text = json.dumps(redactor.hide_in(json.loads(text)), indent=2)
        stdout = make_tolerant(sys.stdout)
        click.echo(printable_json(text), file=stdout)
        return self._written(stdout, status, lost="the JSON document is lost")

    def write_lines(self, lines: Iterable[str], *, status: int, redactor: Redactor) -> int:
        """Print the lines of a table, or of CSV, on stdout; return the exit status.

        Args:
            lines: The lines.
            status: What the command exits with otherwise.
            redactor: Hides secrets in them.
        """
        stdout = make_tolerant(sys.stdout)
        for line in lines:
            click.echo(printable(redactor.hide_certain(line)), file=stdout)
        return self._written(stdout, status, lost="lines are lost")

    def _written(self, stdout: TextIO, status: int, *, lost: str) -> int:
        failure = why_unwritten(stdout)
        if not failure:
            return status
        text = f"standard output cannot be written: {failure}; {lost}"
        self.say(Line("ERROR", text, Tone.BAD))
        return status or int(ExitStatus.INCOMPLETE)

    def _print(self, text: str, colour: str | None = None) -> None:
        _print_to(self.stream, printable(text), colour=colour)  # names may hold control characters


def _print_to(stream: TextIO, text: str, *, colour: str | None) -> None:
    is_coloured = colour is not None and takes_colours(stream)
    click.echo(click.style(text, fg=colour) if is_coloured else text, file=stream)
