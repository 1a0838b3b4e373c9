"""``pytest-jama verify``: whether Jama still shows what was sent, and the records are whole.

It only reads, and changes no journal.
"""

from __future__ import annotations

import os
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_jama.cli.edited_journals import add_contradictions
from pytest_jama.cli.sent_by_cycle import SentByCycle
from pytest_jama.cli.stated_files import (
    Alteration,
    compare_kept,
    compare_stated,
    is_manifest,
    require_compared,
)
from pytest_jama.cli.upload_settings import find_journal_folder, load_for_reading, require_jama
from pytest_jama.config import load_owned
from pytest_jama.core.errors import Problem, PytestJamaError, RefusedError, SettingsError
from pytest_jama.core.redaction import Redactor
from pytest_jama.core.shown_results import ShownResults
from pytest_jama.core.text import counted
from pytest_jama.journal.candidates import named_files, require_trusted
from pytest_jama.journal.folder import find_journals, shown
from pytest_jama.journal.read import EmptyJournalError
from pytest_jama.report.evidence.journal_sources import read_content, read_source, source_of
from pytest_jama.report.evidence.statement_check import read_manifest
from pytest_jama.report.upload_lines import Line, Tone, exposure_lines
from pytest_jama.session.exit_status import ExitStatus, exit_status_of
from pytest_jama.targets.http.connection import READ_TIMEOUT_S
from pytest_jama.targets.jama.client import JamaClient
from pytest_jama.targets.jama.connect import open_api
from pytest_jama.targets.jama.run_audit import ARRIVED, RunAudit, RunDifference

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_jama.config import Flags, Settings
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


@dataclass
class _Finding:
    """What was found.

    Attributes:
        edits: Changes of the journals that no upload was told to accept, a sentence each.
        accepted: Those that one was told to accept.
        unended: Journals whose last lines are missing, be it that a process was killed.
        alterations: What is not as a manifest states, and files that are not as a journal does.
        missing: What a manifest names and was not found.
        notes: What else people should know.
        differences: What Jama shows otherwise.
        checked: How many runs were compared.
        files: How many attached files were compared.
        only_status: How many runs by their status alone, since the journal has no more.
        left: The runs that sessions left as they were.
        journals: How many journals were read.
        manifests: How many manifests were compared.
        is_stated: Whether a manifest was all there was, without its journals.
        is_offline: See `VerifyOptions`.
        redactor: Hides secrets.
        error: Why it did not come to its end.
    """

    edits: list[str] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)
    unended: list[str] = field(default_factory=list)
    alterations: list[Alteration] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    differences: list[RunDifference] = field(default_factory=list)
    checked: int = 0
    files: int = 0
    only_status: int = 0
    left: list[str] = field(default_factory=list)
    journals: int = 0
    manifests: int = 0
    is_stated: bool = False
    is_offline: bool = False
    redactor: Redactor = field(default_factory=Redactor)
    error: str = ""

    @property
    def is_as_sent(self) -> bool:
        return not (self.edits or self.unended or self.alterations or self.differences)


def run_verify(options: VerifyOptions, output: OutputOptions) -> int:
    """Compare what Jama shows with what was sent.

    Args:
        options: Which records, and where Jama is.
        output: Form of the output.

    Returns:
        The exit status.
    """
    found = _Finding(is_offline=options.is_offline)
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
    for line in _lines(found):
        output.say(line._replace(text=found.redactor.hide_certain(line.text)))
    if not output.as_json:
        return int(status)
    return output.write_json(
        {**_facts(found), "exit_status": int(status)}, status=int(status), redactor=found.redactor
    )


def _status_of(error: PytestJamaError) -> ExitStatus:
    """Return the exit status of what broke off: an answer of no use says nothing of the runs."""
    has_judged = not isinstance(error, RefusedError) or 400 <= error.http_status < 500  # noqa: PLR2004
    return exit_status_of(error) if has_judged else ExitStatus.OUT_OF_REACH


def _verify(
    options: VerifyOptions, found: _Finding, output: OutputOptions, progress: Observer
) -> None:
    owned = load_owned(
        start=Path.cwd(), file=options.config, flags=options.flags, environ=os.environ
    )
    found.redactor = owned.settings.redactor
    manifests, sources = _read_all(options.records, found)
    found.manifests = len(manifests)
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
    found.journals = len(sources)
    sent.add(sources.values())
    found.left += sent.left.values()
    if options.is_offline:
        require_compared(manifests, missing=found.missing, sources=sources)
        return
    settings = load_for_reading(said, owned=owned, flags=options.flags, environ=os.environ)
    output.say(*exposure_lines(settings))
    _compare(sent, settings, found, options, progress)


def _read_all(
    paths: tuple[Path, ...], found: _Finding
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


def _read_folder(folder: Path, found: _Finding) -> Iterator[tuple[Path, JournalSource]]:
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


def _note_edits(recording: Recording, found: _Finding) -> None:
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
    found: _Finding,
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


def _lines(found: _Finding) -> Iterator[Line]:
    for text in found.edits:
        yield Line("EDITED", text, Tone.BAD)
    for text in found.accepted:
        yield Line("edited", f"{text}; an upload was told to accept it", Tone.WARNING)
    for text in found.unended:
        yield Line("cut off", f"{text}: it was killed, or lines were taken away", Tone.BAD)
    for each in (*found.alterations, *found.differences):
        yield Line("DIFFERS", str(each), Tone.BAD)
    for name in found.missing:
        yield Line("missing", f"{name} of the manifest was not found", Tone.WARNING)
    for text in found.notes:
        yield Line("note", text, Tone.WARNING)
    for text in found.left:
        yield Line("left", f"{text}; nothing was sent, so nothing is compared")
    if found.only_status:
        runs = counted(found.only_status, "run")
        why = "its journal does not tell steps and account, so that only the status was compared"
        yield Line("older", f"{runs}: {why}", Tone.WARNING)
    if not found.error and found.is_as_sent:
        yield Line("verified", _sum_up(found), Tone.GOOD)


def _sum_up(found: _Finding) -> str:
    one = found.journals == 1
    journals = "journal is whole" if one else f"{found.journals} journals are whole"
    whole = f"the {journals}"
    if found.manifests == 1:
        whole = f"the manifest is as it was made, and its {journals}"
    elif found.manifests:
        whole = f"the {found.manifests} manifests are as they were made, and the {journals}"
    if found.is_stated:
        whole = "the manifest alone was compared"
    if found.is_offline:
        whole = "what was found of it is as stated" if found.is_stated else whole
        return f"{whole}; Jama was not asked"
    files = f" and {counted(found.files, 'file')}" if found.files else ""
    return f"{counted(found.checked, 'test run')}{files} as sent; {whole}"


def _facts(found: _Finding) -> dict[str, Any]:
    return {
        "checked": found.checked,
        "manifests": found.manifests,
        "files": found.files,
        "only_status": found.only_status,
        "offline": found.is_offline,
        "edited": found.edits,
        "accepted": found.accepted,
        "unended": found.unended,
        "altered": [each._asdict() for each in found.alterations],
        "missing": found.missing,
        "notes": found.notes,
        "left": found.left,
        "differences": [each.facts() for each in found.differences],
        "error": found.error,
    }
