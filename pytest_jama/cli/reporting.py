"""``pytest-jama report``: the record of sessions, as a page or for programs, from journals."""

from __future__ import annotations

import gc
import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_jama.cli.jama_alone import require_jama_file, require_jama_journals
from pytest_jama.cli.upload_settings import find_journal_folder
from pytest_jama.config import JAMA, find_kinds, load_owned
from pytest_jama.core.errors import Problem, PytestJamaError, SettingsError
from pytest_jama.core.redaction import Redactor
from pytest_jama.core.shown_results import ShownResults
from pytest_jama.core.text import counted
from pytest_jama.journal.folder import shown
from pytest_jama.report.evidence.journal_sources import find_sources
from pytest_jama.report.evidence.writing import check_suffixes
from pytest_jama.report.upload_lines import Line, Tone
from pytest_jama.session.exit_status import ExitStatus, exit_status_of
from pytest_jama.session.session_report import make_record, write_files

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_jama.config import Flags, LoadedSettings, Settings
    from pytest_jama.report.evidence.cycle_now import CycleNow
    from pytest_jama.report.evidence.evidence_record import EvidenceRecord
    from pytest_jama.report.evidence.journal_sources import JournalSource
    from pytest_jama.report.evidence.trace_record import TraceRecord
    from pytest_jama.session.command_line import OutputOptions

PROGRAM = "pytest-jama report"


@dataclass(frozen=True, slots=True)
class ReportOptions:
    """The command line.

    Attributes:
        journals: Files and folders; empty takes the newest journal.
        outputs: The files to write, each in the format that its name ends with.
        config: The settings file that says where the journals are.
        cycle: The cycle that is read from the server, by its name or as ``id:N``; None reads none.
        plan: Its test plan, in the same form.
        flags: What the flags say, by setting.
        traces: Whether Jama is asked for the requirements.
        types: The item types that count as requirements; empty for all ordinary ones.
        only_deviations: Whether the annex of a page has only cases with deviations.
    """

    journals: tuple[Path, ...]
    outputs: tuple[Path, ...]
    config: Path | None = None
    cycle: str | None = None
    plan: str | None = None
    flags: Flags = field(default_factory=dict)
    traces: bool = False
    types: tuple[str, ...] = ()
    only_deviations: bool = False


@dataclass(frozen=True, slots=True)
class _Found:
    """What a record is made from.

    Attributes:
        sources: The journals.
        cycle: What their cycle shows; None when it was not asked for.
        settings: How Jama was asked for it; None when it was not.
    """

    sources: Sequence[JournalSource]
    cycle: CycleNow | None = None
    settings: Settings | None = None


@dataclass(slots=True)
class _Reported:
    """What the command has so far, and what hides secrets in it."""

    record: EvidenceRecord | None = None
    written: list[Path] = field(default_factory=list)
    redactor: Redactor = field(default_factory=Redactor)
    error: str = ""


def run_report(options: ReportOptions, output: OutputOptions) -> int:
    """Write the reports; a server is asked only for a cycle and for requirements.

    Args:
        options: What to write, from what.
        output: Form of the output.

    Returns:
        The exit status.
    """
    answer = _Reported()
    status = ExitStatus.WELL
    try:
        with output.logging():
            check_suffixes(options.outputs)
            with _without_collector():
                _report(options, answer, output)
    except PytestJamaError as error:
        output.complain(error, program=PROGRAM)
        status, answer.error = exit_status_of(error), str(error)
    if not output.as_json:
        return int(status)
    document = {**_facts(answer), "exit_status": int(status)}
    return output.write_json(document, status=int(status), redactor=answer.redactor)


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


def _report(options: ReportOptions, answer: _Reported, output: OutputOptions) -> None:
    asks_jama = options.cycle is not None or options.plan is not None or options.traces
    if asks_jama:
        require_jama_file(options.config, "can be asked for a report")
    kind = JAMA if asks_jama else find_kinds(Path.cwd(), options.config)[0]
    owned: LoadedSettings[Any] = load_owned(
        start=Path.cwd(),
        file=options.config,
        flags=options.flags,
        environ=os.environ,
        kind=kind,
    )
    answer.redactor = owned.settings.redactor
    found = _find(options, owned, output)
    if found.settings:
        answer.redactor = found.settings.redactor
    shown_results = ShownResults(answer.redactor)
    record = make_record(found.sources, shown_results=shown_results, cycle=found.cycle)
    if options.traces:
        require_jama_journals((each.recording for each in found.sources), "knows requirements")
        record.trace = _trace(record, found, owned, options, output)
    answer.record = record
    written = write_files(
        record, options.outputs, found.sources, only_deviations=options.only_deviations
    )
    failures = []
    for path, failure in written:
        if failure is None:
            answer.written.append(path)
        else:
            failures.append(failure)
    names = ", ".join(shown(each.recording.path) for each in found.sources)
    output.announce(f"report of {names}: {_sum_up(record)}")
    output.announce(*(f"written: {shown(path)}" for path in answer.written))
    if failures:
        raise failures[0]


def _find(options: ReportOptions, owned: LoadedSettings[Any], output: OutputOptions) -> _Found:
    """Return the journals, and their cycle where one is to be read."""
    if options.cycle is None:
        if options.plan is not None:
            remedy = "name the cycle, too: --cycle=NAME"
            raise SettingsError(Problem("says where a cycle is looked for", remedy, "--plan"))
        folder = None if options.journals else find_journal_folder(owned)
        return _Found(find_sources(options.journals, folder=folder))
    from pytest_jama.cli.cycle_reporting import CycleOptions, read_cycle  # noqa: PLC0415 (requests)

    wanted = CycleOptions(options.cycle, options.plan, options.flags)
    reading = read_cycle(wanted, options.journals, owned)
    for text in reading.left_out:
        output.say(Line("not in the report", text, Tone.WARNING))
    return _Found(reading.sources, reading.now, reading.settings)


def _trace(
    record: EvidenceRecord,
    found: _Found,
    owned: LoadedSettings[Any],
    options: ReportOptions,
    output: OutputOptions,
) -> TraceRecord:
    """Ask Jama for the requirements, as it was asked for the cycle where it was."""
    from pytest_jama.cli import tracing  # noqa: PLC0415 (it asks a server)

    settings = found.settings or tracing.load_for_trace(found.sources, owned, flags=options.flags)
    cycle_id = found.cycle.cycle_id if found.cycle else None
    observer = output.make_progress()
    try:
        return tracing.trace_sources(
            record,
            found.sources,
            settings,
            cycle_id=cycle_id,
            types=options.types,
            observer=observer,
        )
    finally:
        observer.stopped()


def _facts(answer: _Reported) -> dict[str, Any]:
    """Return what scripts may want to know of a record; without one, that there is none."""
    record = answer.record
    return {
        "passed": record is not None and record.is_passed,
        "verdict": record.sentence if record else "",
        "cases": len(record.cases) if record else 0,
        "deviations": len(record.deviations) if record else 0,
        "journals": [each.name for each in record.sources] if record else [],
        "cycle": record.cycle or None if record else None,
        "requirements": len(record.trace.requirements) if record and record.trace else None,
        "written": list(map(str, answer.written)),
        "error": answer.error,
    }


def _sum_up(record: EvidenceRecord) -> str:
    verdict = "passed" if record.is_passed else "not passed"
    # a server that judges the results itself knows no cases
    cases = f"; {counted(len(record.cases), 'case')}" if record.documents is None else ""
    return f"{verdict}{cases}; {record.sentence}"
