"""``pytest-jama verify``: whether servers still show what was sent, and the records are whole.

It only reads, and changes no journal.
"""

from __future__ import annotations

import os
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_jama.cli.edited_journals import add_contradictions
from pytest_jama.cli.sent_by_cycle import SentByCycle
from pytest_jama.cli.stated_files import (
    compare_kept,
    compare_stated,
    is_manifest,
    require_compared,
)
from pytest_jama.cli.upload_settings import (
    find_journal_folder,
    load_for_reading,
    require_jama,
    require_one_kind,
)
from pytest_jama.cli.verify_report import VerifyFinding, finding_facts, finding_lines
from pytest_jama.config import JAMA, OCTANE, find_kinds, kind_of, load_owned
from pytest_jama.core.errors import Problem, PytestJamaError, RefusedError, SettingsError
from pytest_jama.core.shown_results import ShownResults
from pytest_jama.core.text import counted
from pytest_jama.journal.candidates import named_files, require_trusted
from pytest_jama.journal.folder import find_journals, shown
from pytest_jama.journal.read import EmptyJournalError
from pytest_jama.report.evidence.journal_sources import read_content, read_source, source_of
from pytest_jama.report.evidence.statement_check import read_manifest
from pytest_jama.report.upload_lines import exposure_lines
from pytest_jama.session.exit_status import ExitStatus, exit_status_of
from pytest_jama.targets.http.connection import READ_TIMEOUT_S
from pytest_jama.targets.jama.client import JamaClient
from pytest_jama.targets.jama.connect import open_api
from pytest_jama.targets.jama.run_audit import ARRIVED, RunAudit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_jama.config import Flags, LoadedSettings, Settings, SharedSettings, TargetKind
    from pytest_jama.core.port import Observer
    from pytest_jama.journal.record import Recording
    from pytest_jama.report.evidence.journal_sources import JournalSource
    from pytest_jama.report.evidence.statement_check import Manifest
    from pytest_jama.session.command_line import OutputOptions

PROGRAM = "pytest-jama verify"

_MANY_RUNS = 100
_MANY_FILES = 50
"""From so many on it is said what takes its time."""


@dataclass(frozen=True, slots=True)
class VerifyOptions:
    """The command line.

    Attributes:
        records: Journals and manifests; of a folder all journals are taken.
        config: The settings file that says where the server is.
        flags: What the flags say, by setting.
        reads_files: Whether the content of attached files is compared, too.
        is_offline: Whether no server is asked: only what is on this machine is compared.
    """

    records: tuple[Path, ...]
    config: Path | None
    flags: Flags
    reads_files: bool = False
    is_offline: bool = False


def run_verify(options: VerifyOptions, output: OutputOptions) -> int:
    """Compare what servers show with what was sent.

    Args:
        options: Which records, and where the servers are.
        output: Form of the output.

    Returns:
        The exit status.
    """
    found = VerifyFinding(is_offline=options.is_offline)
    progress = output.make_progress()
    try:
        with output.logging():
            _verify(options, found, output, progress)
            status = ExitStatus.WELL if found.is_as_sent else ExitStatus.INCOMPLETE
    except PytestJamaError as error:
        output.complain(error, program=PROGRAM)
        found.error = str(error)
        status = _status_of(error)
    finally:
        progress.stopped()
    for line in finding_lines(found):
        output.say(line._replace(text=found.redactor.hide_certain(line.text)))
    if not output.as_json:
        return int(status)
    return output.write_json(
        {**finding_facts(found), "exit_status": int(status)},
        status=int(status),
        redactor=found.redactor,
    )


def _status_of(error: PytestJamaError) -> ExitStatus:
    """Return the exit status of what broke off: an answer of no use says nothing of the runs."""
    has_judged = not isinstance(error, RefusedError) or 400 <= error.http_status < 500  # noqa: PLR2004
    return exit_status_of(error) if has_judged else ExitStatus.OUT_OF_REACH


def _verify(
    options: VerifyOptions, found: VerifyFinding, output: OutputOptions, progress: Observer
) -> None:
    manifests, sources = _read_all(options.records, found)
    found.manifests = len(manifests)
    if options.flags.get("url"):  # it is the address of one server
        require_one_kind(each.recording for each in sources.values())
    of_octane = {path: each for path, each in sources.items() if _kind_of(each) is OCTANE}
    of_jama = {path: each for path, each in sources.items() if path not in of_octane}
    if manifests or of_jama:
        _verify_jama(manifests, of_jama, options, found, output=output, progress=progress)
    if of_octane:
        some = list(of_octane.values())
        _verify_octane(some, options, found, output=output, progress=progress)
    found.journals = len(of_jama) + len(of_octane)


def _kind_of(source: JournalSource) -> TargetKind[Any]:
    return kind_of(source.recording.header.settings.get("target"))


def _load_owned(options: VerifyOptions, kind: TargetKind[Any]) -> LoadedSettings[Any]:
    file = options.config
    if file is not None and find_kinds(Path.cwd(), file)[0] is not kind:
        file = None
    return load_owned(
        start=Path.cwd(), file=file, flags=options.flags, environ=os.environ, kind=kind
    )


def _verify_octane(
    sources: Sequence[JournalSource],
    options: VerifyOptions,
    found: VerifyFinding,
    *,
    output: OutputOptions,
    progress: Observer,
) -> None:
    owned = _load_owned(options, OCTANE)
    found.redactor, found.server, found.noun = owned.settings.redactor, OCTANE.title, "run"
    for source in sources:
        _note_edits(source.recording, found)
        kept = compare_kept(source)
        found.alterations += kept.alterations
        found.notes += kept.notes
    if options.is_offline:
        return
    from pytest_jama.cli.octane_verifying import compare_documents  # noqa: PLC0415 (its users alone)

    said = [(shown(each.recording.path), each.recording.header.settings) for each in sources]

    def load(where: Mapping[str, str]) -> SharedSettings:
        settings: SharedSettings = load_for_reading(
            said, owned=owned, flags=options.flags, environ=os.environ, where=where
        )
        output.say(*exposure_lines(settings))
        return settings

    compare_documents(sources, load, found, reads_files=options.reads_files, progress=progress)


def _verify_jama(
    manifests: Mapping[Path, Manifest],
    sources: dict[Path, JournalSource],
    options: VerifyOptions,
    found: VerifyFinding,
    *,
    output: OutputOptions,
    progress: Observer,
) -> None:
    owned = _load_owned(options, JAMA)
    found.redactor = owned.settings.redactor
    sent = SentByCycle()
    said: list[tuple[str, Mapping[str, Any]]] = [
        (shown(path), {"url": each.server}) for path, each in manifests.items()
    ]
    for path, manifest in manifests.items():
        stated = compare_stated(
            path,
            manifest,
            named=list(sources),
            folder=find_journal_folder(owned),
            shown_results=ShownResults(owned.settings.redactor),
        )
        found.alterations += stated.alterations
        found.missing += stated.missing
        found.notes += stated.notes
        for journal in stated.journals:
            sources.setdefault(journal, read_source(journal))
        if not stated.has_all_journals:
            found.is_stated = True
            sent.add_stated(manifest)
    for source in sources.values():
        _note_edits(source.recording, found)
        kept = compare_kept(source)
        found.alterations += kept.alterations
        found.notes += kept.notes
        said.append((shown(source.recording.path), source.recording.header.settings))
    sent.add(sources.values())
    found.left += sent.left.values()
    if options.is_offline:
        require_compared(manifests, missing=found.missing, sources=sources)
        return
    settings = load_for_reading(said, owned=owned, flags=options.flags, environ=os.environ)
    output.say(*exposure_lines(settings))
    _compare(sent, settings, found, options, progress)


def _read_all(
    paths: tuple[Path, ...], found: VerifyFinding
) -> tuple[dict[Path, Manifest], dict[Path, JournalSource]]:
    """Read the records that a user named: manifests and journals, by their paths."""
    manifests: dict[Path, Manifest] = {}
    sources: dict[Path, JournalSource] = {}
    for path in paths:
        if path.is_dir():
            sources.update(_read_folder(path, found))
            continue
        for file in named_files([path], {}):
            content, place = read_content(file), file.resolve()
            if is_manifest(file, content):
                manifests[file] = read_manifest(content, shown(file))
            else:
                sources[place] = read_source(place)
    if not manifests and not sources:
        where = ", ".join(map(shown, paths))
        raise SettingsError(Problem("no journal to compare", "name the files themselves", where))
    return manifests, sources


def _read_folder(folder: Path, found: VerifyFinding) -> Iterator[tuple[Path, JournalSource]]:
    """Read all journals of a folder, finished or not."""
    require_trusted(folder)
    journals = sorted(find_journals(folder))
    if not journals:
        remedy = "name a folder that holds *.jsonl, or the files themselves"
        raise SettingsError(Problem("holds no journal", remedy, shown(folder)))
    for path in journals:
        try:
            yield path.resolve(), source_of(read_content(path), path)
        except EmptyJournalError:  # noqa: PERF203 (a folder has few)
            found.notes.append(f"{shown(path)} ends before its header does: it was passed over")


def _note_edits(recording: Recording, found: VerifyFinding) -> None:
    name = shown(recording.path)
    add_contradictions(recording)
    for edit in recording.edits:
        is_accepted = edit.line in recording.accepted
        (found.accepted if is_accepted else found.edits).append(f"{name}: {edit}")
    if recording.damaged:
        lines = ", ".join(map(str, recording.damaged))
        found.edits.append(f"{name}: line {lines} cannot be read")
    if recording.is_open:
        found.unended.append(f"{name}: it does not end with the end of a session or upload")


def _compare(
    sent: SentByCycle,
    settings: Settings,
    found: VerifyFinding,
    options: VerifyOptions,
    progress: Observer,
) -> None:
    require_jama(settings, "can be compared")
    api = open_api(settings, clocks=None, read_timeout_s=READ_TIMEOUT_S)
    client = JamaClient(api, at_once=settings.upload.concurrency)
    with closing(api.connection):
        audit = RunAudit(
            client, reads_bytes=options.reads_files, on_files=partial(_tell_files, progress)
        )
        for cycle_id, runs in sent.runs():
            arrived = [each for each in runs if each.state in ARRIVED]
            if len(arrived) >= _MANY_RUNS:
                progress.waits(f"comparing {counted(len(arrived), 'test run')}")
            found.differences += audit.compare(cycle_id or 0, runs)
            found.checked += len(arrived)
            found.only_status += sum(each.sent is None for each in arrived)
        for plan_id, plan in sent.plans():
            found.differences += audit.compare_files(plan, f"/testplans/{plan_id}", (None, ""))
        found.files = audit.files.checked
        found.notes += [
            f"{name} is too large to be read: its bytes were not compared"
            for name in audit.files.unread
        ]


def _tell_files(progress: Observer, done: int, of: int) -> None:
    if of > _MANY_FILES:
        progress.waits(f"files of {done} of {of} test runs read")
