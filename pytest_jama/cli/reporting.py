"""``pytest-jama report``: the record of sessions, as a page or for programs, from journals."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_jama import __version__
from pytest_jama.cli.upload_settings import find_journal_folder
from pytest_jama.config import load_owned
from pytest_jama.core.shown_results import ShownResults
from pytest_jama.core.text import counted, printable
from pytest_jama.journal.file_store import FileStore, find_in
from pytest_jama.journal.folder import shown
from pytest_jama.report.evidence.gather import gather
from pytest_jama.report.evidence.journal_sources import find_sources
from pytest_jama.report.evidence.writing import check_suffixes, write_record
from pytest_jama.session.exit_status import ExitStatus

if TYPE_CHECKING:
    from pytest_jama.report.evidence.evidence_record import EvidenceRecord


@dataclass(frozen=True, slots=True)
class ReportOptions:
    """The command line.

    Attributes:
        journals: Files and folders; empty takes the newest journal.
        outputs: The files to write, each in the format that its name ends with.
        config: The settings file that says where the journals are.
        traces: Whether Jama is asked for the requirements.
        types: The item types that count as requirements; empty for all ordinary ones.
        url: Where Jama is; None for what the settings say.
    """

    journals: tuple[Path, ...]
    outputs: tuple[Path, ...]
    config: Path | None = None
    traces: bool = False
    types: tuple[str, ...] = ()
    url: str | None = None


def run_report(options: ReportOptions) -> int:
    """Write the reports; no server is asked, but for the requirements where they are wanted.

    Returns:
        The exit status.

    Raises:
        PytestJamaError: When a journal cannot be used, or a report cannot be written.
    """
    check_suffixes(options.outputs)
    flags = {"url": options.url}
    owned = load_owned(start=Path.cwd(), file=options.config, flags=flags, environ=os.environ)
    folder = None if options.journals else find_journal_folder(owned)
    sources = find_sources(options.journals, folder=folder)
    record = gather(
        sources,
        shown_results=ShownResults(owned.settings.redactor),
        made_at=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        reporter=f"pytest-jama {__version__}",
    )
    if options.traces:
        from pytest_jama.cli import tracing  # noqa: PLC0415 (it asks a server)

        settings = tracing.load_for_trace(sources, owned, flags=flags)
        record.trace = tracing.trace_sources(record, sources, settings, types=options.types)
    stores = [FileStore.of_journal(each.recording.path) for each in sources]
    for path in dict.fromkeys(options.outputs):
        write_record(record, path, find_file=partial(find_in, stores))
    names = ", ".join(shown(each.recording.path) for each in sources)
    click.echo(printable(f"report of {names}: {_sum_up(record)}"))
    for path in dict.fromkeys(options.outputs):
        click.echo(printable(f"written: {shown(path)}"))
    return ExitStatus.WELL


def _sum_up(record: EvidenceRecord) -> str:
    verdict = "passed" if record.is_passed else "not passed"
    return f"{verdict}; {counted(len(record.cases), 'case')}; {record.sentence}"
