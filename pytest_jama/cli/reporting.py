"""``pytest-jama report``: the record of sessions, as a page or for programs, from journals."""

from __future__ import annotations

import gc
import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_jama import __version__
from pytest_jama.cli.upload_settings import find_journal_folder
from pytest_jama.config import load_owned
from pytest_jama.core.errors import Problem, PytestJamaError, SettingsError
from pytest_jama.core.redaction import Redactor
from pytest_jama.core.shown_results import ShownResults
from pytest_jama.core.text import counted
from pytest_jama.journal.file_store import FileStore, find_in
from pytest_jama.journal.folder import shown
from pytest_jama.report.evidence.gather import gather
from pytest_jama.report.evidence.journal_sources import find_sources
from pytest_jama.report.evidence.writing import check_suffixes, write_record
from pytest_jama.report.upload_lines import Line, Tone
from pytest_jama.session.command_line import OutputOptions
from pytest_jama.session.exit_status import ExitStatus, exit_status_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_jama.config import Flags, LoadedSettings
    from pytest_jama.report.evidence.cycle_now import CycleNow
    from pytest_jama.report.evidence.evidence_record import EvidenceRecord
    from pytest_jama.report.evidence.journal_sources import JournalSource

PROGRAM = "pytest-jama report"


@dataclass(frozen=True, slots=True)
class ReportOptions:
    """The command line.

    Attributes:
        journals: Files and folders; empty takes the newest journal.
        outputs: The files to write, each in the format that its name ends with.
        config: The settings file that says where the journals are.
        cycle: The cycle that is read from the server, by its name or as ``id:N``; None asks none.
        plan: Its test plan, in the same form.
        flags: What the flags say, by setting.
        only_deviations: Whether the annex of a page has only cases with deviations.
    """

    journals: tuple[Path, ...]
    outputs: tuple[Path, ...]
    config: Path | None = None
    cycle: str | None = None
    plan: str | None = None
    flags: Flags = field(default_factory=dict)
    only_deviations: bool = False


def run_report(options: ReportOptions, output: OutputOptions | None = None) -> int:
    """Write the reports; a server is asked only for a cycle.

    Args:
        options: What to write, from what.
        output: Form of the output.

    Returns:
        The exit status.
    """
    output = output or OutputOptions()
    owned, record = None, None
    status, said = ExitStatus.WELL, ""
    try:
        with output.logging():
            check_suffixes(options.outputs)
            owned = load_owned(
                start=Path.cwd(), file=options.config, flags=options.flags, environ=os.environ
            )
            with _without_collector():
                record = _report(options, owned, output)
    except PytestJamaError as error:
        output.complain(error, program=PROGRAM)
        status, said = exit_status_of(error), str(error)
    if not output.as_json:
        return int(status)
    document = {**_facts(record, options), "error": said, "exit_status": int(status)}
    redactor = owned.settings.redactor if owned else Redactor()
    return output.write_json(document, status=int(status), redactor=redactor)


@contextmanager
def _without_collector() -> Iterator[None]:
    """Keep the garbage collector away: what a record is made of stays in use to its end.

    It would look through all of it again and again, a fifth of the time of 10,000 cases.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _report(options: ReportOptions, owned: LoadedSettings, output: OutputOptions) -> EvidenceRecord:
    sources, cycle = _find(options, owned, output)
    record = gather(
        sources,
        shown_results=ShownResults(owned.settings.redactor),
        made_at=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        reporter=f"pytest-jama {__version__}",
        cycle=cycle,
    )
    stores = [FileStore.of_journal(each.recording.path) for each in sources]
    for path in dict.fromkeys(options.outputs):
        write_record(
            record,
            path,
            find_file=partial(find_in, stores),
            only_deviations=options.only_deviations,
        )
    names = ", ".join(shown(each.recording.path) for each in sources)
    output.announce(f"report of {names}: {_sum_up(record)}")
    output.announce(*(f"written: {shown(path)}" for path in dict.fromkeys(options.outputs)))
    return record


def _find(
    options: ReportOptions, owned: LoadedSettings, output: OutputOptions
) -> tuple[Sequence[JournalSource], CycleNow | None]:
    """Return the journals, and their cycle where one is to be read."""
    if options.cycle is None:
        if options.plan is not None:
            remedy = "name the cycle, too: --cycle=NAME"
            raise SettingsError(Problem("says where a cycle is looked for", remedy, "--plan"))
        folder = None if options.journals else find_journal_folder(owned)
        return find_sources(options.journals, folder=folder), None
    from pytest_jama.cli.cycle_reporting import CycleOptions, read_cycle  # noqa: PLC0415 (requests)

    wanted = CycleOptions(options.cycle, options.plan, options.flags)
    reading = read_cycle(wanted, options.journals, owned)
    for text in reading.left_out:
        output.say(Line("not in the report", text, Tone.WARNING))
    return reading.sources, reading.now


def _facts(record: EvidenceRecord | None, options: ReportOptions) -> dict[str, Any]:
    """Return what scripts may want to know of a record; without one, that there is none."""
    return {
        "passed": record is not None and record.is_passed,
        "verdict": record.sentence if record else "",
        "cases": len(record.cases) if record else 0,
        "deviations": len(record.deviations) if record else 0,
        "journals": [each.name for each in record.sources] if record else [],
        "cycle": record.cycle or None if record else None,
        "written": list(map(str, dict.fromkeys(options.outputs))) if record else [],
    }


def _sum_up(record: EvidenceRecord) -> str:
    verdict = "passed" if record.is_passed else "not passed"
    return f"{verdict}; {counted(len(record.cases), 'case')}; {record.sentence}"
