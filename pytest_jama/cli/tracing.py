"""``pytest-jama trace``: requirement, cases, tests, verdict; from journals and what Jama knows.

It only reads, and changes no journal.
"""

from __future__ import annotations

import os
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timezone
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_jama import __version__
from pytest_jama.cli.jama_alone import require_jama_file, require_jama_journals
from pytest_jama.cli.upload_settings import find_journal_folder, load_for_upload, require_jama
from pytest_jama.config import load_owned
from pytest_jama.core.errors import PytestJamaError
from pytest_jama.core.redaction import Redactor
from pytest_jama.core.shown_results import ShownResults
from pytest_jama.core.text import counted
from pytest_jama.journal.folder import shown
from pytest_jama.report.evidence.flat_formats import trace_json
from pytest_jama.report.evidence.gather import gather
from pytest_jama.report.evidence.journal_sources import find_sources
from pytest_jama.report.evidence.sent_runs import sum_up_uploads
from pytest_jama.report.evidence.trace_graph import trace
from pytest_jama.report.evidence.trace_record import Rank
from pytest_jama.report.evidence.writing import TRACE_SUFFIXES, check_suffixes, write_trace
from pytest_jama.report.upload_lines import LISTED, Line, Tone
from pytest_jama.session.exit_status import ExitStatus, exit_status_of
from pytest_jama.targets.http.connection import READ_TIMEOUT_S
from pytest_jama.targets.jama.client import JamaClient
from pytest_jama.targets.jama.connect import open_api
from pytest_jama.targets.jama.places import find_cycle, find_plan, get_project
from pytest_jama.targets.jama.traceability import read_traceability
from pytest_jama.targets.jama.wire import Cycle

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_jama.config import Flags, LoadedSettings, Settings
    from pytest_jama.core.port import Observer
    from pytest_jama.report.evidence.evidence_record import EvidenceRecord
    from pytest_jama.report.evidence.journal_sources import JournalSource
    from pytest_jama.report.evidence.trace_record import TracedRequirement, TraceRecord
    from pytest_jama.session.command_line import OutputOptions

PROGRAM = "pytest-jama trace"


@dataclass(frozen=True, slots=True)
class TraceOptions:
    """The command line.

    Attributes:
        journals: Files and folders; empty takes the newest journal.
        outputs: The files to write, each in the format that its name ends with.
        config: The settings file that says where the server and the journals are.
        types: The item types that count as requirements; empty for all ordinary ones.
        must_be_complete: Whether anything that is not shown makes the exit status 1.
        flags: What the flags say, by setting.
    """

    journals: tuple[Path, ...]
    outputs: tuple[Path, ...]
    config: Path | None
    types: tuple[str, ...]
    must_be_complete: bool
    flags: Flags


@dataclass(slots=True)
class _TraceAnswer:
    """What the command has so far, and what hides secrets in it."""

    trace: TraceRecord | None = None
    redactor: Redactor | None = None
    error: str = ""


def run_trace(options: TraceOptions, output: OutputOptions) -> int:
    """Write the trace, or print it in short.

    Args:
        options: Which journals, which files, and where Jama is.
        output: Form of the output.

    Returns:
        The exit status.
    """
    answer = _TraceAnswer()
    written: list[Path] = []
    try:
        with output.logging():
            check_suffixes(options.outputs, TRACE_SUFFIXES)
            answer.trace = _trace(options, answer, output)
            for path in dict.fromkeys(options.outputs):
                write_trace(answer.trace, path)
                written.append(path)
        is_missing = options.must_be_complete and not answer.trace.is_complete
        status = ExitStatus.INCOMPLETE if is_missing else ExitStatus.WELL
    except PytestJamaError as error:
        output.complain(error, program=PROGRAM)
        answer.error, status = str(error), exit_status_of(error)
    redactor = answer.redactor or Redactor()
    for line in _lines(answer.trace, output, written):
        output.say(line._replace(text=redactor.hide_certain(line.text)))
    if not output.as_json:
        return int(status)
    document: dict[str, Any] = trace_json(answer.trace) if answer.trace else {}
    document |= {"error": answer.error, "exit_status": int(status)}
    return output.write_json(document, status=int(status), redactor=redactor)


_ABILITY = "knows requirements"


def _trace(options: TraceOptions, answer: _TraceAnswer, output: OutputOptions) -> TraceRecord:
    if not options.journals:
        require_jama_file(options.config, _ABILITY)
    owned = load_owned(
        start=Path.cwd(), file=options.config, flags=options.flags, environ=os.environ
    )
    answer.redactor = owned.settings.redactor
    folder = None if options.journals else find_journal_folder(owned)
    sources = find_sources(options.journals, folder=folder)
    require_jama_journals((each.recording for each in sources), _ABILITY)
    settings = load_for_trace(sources, owned, flags=options.flags)
    answer.redactor = settings.redactor
    record = gather(
        sources,
        shown_results=ShownResults(settings.redactor),
        made_at=_now(),
        reporter=f"pytest-jama {__version__}",
    )
    observer = output.make_progress()
    try:
        return trace_sources(record, sources, settings, types=options.types, observer=observer)
    finally:
        observer.stopped()


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def load_for_trace(
    sources: Sequence[JournalSource], owned: LoadedSettings, *, flags: Flags
) -> Settings:
    """Load the settings of journals, which do not decide where the credentials go.

    Args:
        sources: The journals.
        owned: What `load_owned` found.
        flags: What the flags say, by setting.

    Raises:
        SettingsError: With every mistake, or when it is not Jama that would be asked.
    """
    recordings = [each.recording for each in sources]
    settings = load_for_upload(recordings, owned=owned, flags=flags, environ=os.environ).settings
    return require_jama(settings, _ABILITY)


def trace_sources(
    record: EvidenceRecord,
    sources: Sequence[JournalSource],
    settings: Settings,
    *,
    types: Sequence[str] = (),
    cycle_id: int | None = None,
    observer: Observer | None = None,
) -> TraceRecord:
    """Ask Jama for the requirements of the project that journals went to.

    Args:
        record: The record of the journals.
        sources: The journals.
        settings: What `load_for_trace` found.
        types: The item types that count as requirements.
        cycle_id: The API ID of the cycle that the record is of; None takes that of the last upload.
        observer: Told when there is much to read.

    Raises:
        PytestJamaError: When Jama cannot be asked.
    """
    api = open_api(settings, clocks=None, read_timeout_s=READ_TIMEOUT_S)
    client = JamaClient(api, at_once=settings.upload.concurrency)
    with closing(api.connection):
        project_id, cycle = _find_place(client, settings, sources, cycle_id)
        known = read_traceability(client, project_id, cycle, type_names=types, observer=observer)
    return trace(record, known, read_at=_now())


def _find_place(
    client: JamaClient,
    settings: Settings,
    sources: Iterable[JournalSource],
    wanted: int | None,
) -> tuple[int, Cycle | None]:
    """Return project and cycle: of the last upload, else those that the settings name."""
    place = sum_up_uploads(chain.from_iterable(each.uploads_to(wanted) for each in sources)).place
    project_id, cycle_id = place.get("project"), place.get("cycle")
    if isinstance(project_id, int) and isinstance(cycle_id, int) and project_id and cycle_id:
        return project_id, Cycle(cycle_id, "")
    refs = [
        link.case_ref
        for each in sources
        for result in each.recording.results.values()
        for link in result.links
    ]
    project = get_project(client, settings.project, refs)
    plan = find_plan(client, project, settings.plan, warn=_ignore)
    cycle = find_cycle(client, plan, settings.cycle, warn=_ignore) if plan else None
    return project.id, cycle


def _ignore(_: str) -> None:
    """Pass over that a name is ambiguous: what an upload would take is read."""


_TONES = {Rank.SHOWN: Tone.GOOD, Rank.SUSPECT: Tone.WARNING, Rank.OPEN: Tone.WARNING}


def _lines(
    found: TraceRecord | None, output: OutputOptions, written: Iterable[Path]
) -> Iterator[Line]:
    """Yield the trace in short: counts, requirements that are not shown, what else is to know."""
    if found is None:
        return
    yield Line("traced", found.sentence, Tone.GOOD if found.is_complete else Tone.BAD)
    listed = [each for each in found.requirements if each.rank is not Rank.SHOWN or output.verbose]
    some = listed if output.verbose else listed[:LISTED]
    for each in some:
        yield Line(each.rank.value, _describe(each), _TONES.get(each.rank, Tone.BAD))
    if len(some) < len(listed):
        yield Line("...", f"{len(listed) - len(some)} more; -v names all of them", Tone.WARNING)
    for note in found.notes:
        yield Line("note", note, Tone.WARNING)
    for path in written:
        yield Line("written", shown(path))


_CASES_NAMED = 5


def _describe(each: TracedRequirement) -> str:
    cases = [f"{path.case.key} {path.case.rank.value.lower()}" for path in each.paths]
    named = ", ".join(islice(cases, _CASES_NAMED))
    if len(cases) > _CASES_NAMED:
        named += f" and {counted(len(cases) - _CASES_NAMED, 'more case')}"
    head = f"{each.key} {each.name}".strip()
    return "; ".join(filter(None, (f"{head}: {named}" if named else head, each.why)))
