"""``pytest-jama verify``: whether Jama still shows what journals say was sent, and they are whole.

It only reads, and changes no journal.
"""

from __future__ import annotations

import os
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_jama.cli.upload_settings import load_for_upload
from pytest_jama.config import load_owned
from pytest_jama.core.errors import Problem, PytestJamaError, SettingsError
from pytest_jama.core.redaction import Redactor
from pytest_jama.core.text import counted
from pytest_jama.core.trust import read_own
from pytest_jama.journal.candidates import named_files
from pytest_jama.journal.folder import shown
from pytest_jama.journal.read import read_journal
from pytest_jama.journal.upload_record import UploadRecord, read_uploads
from pytest_jama.report.upload_lines import Line, Tone
from pytest_jama.session.exit_status import ExitStatus, exit_status_of
from pytest_jama.targets.http.connection import READ_TIMEOUT_S
from pytest_jama.targets.jama.client import JamaClient
from pytest_jama.targets.jama.connect import open_api
from pytest_jama.targets.jama.run_audit import ARRIVED, RunAudit, RunDifference, SentRun

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_jama.config import Flags, Settings
    from pytest_jama.journal.record import Recording
    from pytest_jama.session.command_line import OutputOptions

PROGRAM = "pytest-jama verify"


@dataclass(frozen=True, slots=True)
class VerifyOptions:
    """The command line.

    Attributes:
        journals: Files, and folders, of which those are taken that have something to send.
        config: The settings file that says where the server is.
        flags: What the flags say, by setting.
    """

    journals: tuple[Path, ...]
    config: Path | None
    flags: Flags


@dataclass
class _Finding:
    """What was found.

    Attributes:
        edits: Changes of the journals, a sentence each.
        differences: What Jama shows otherwise.
        checked: How many runs were compared.
        only_status: How many of them by their status alone, since the journal has no more.
        redactor: Hides secrets.
        error: Why it did not come to its end.
    """

    edits: list[str] = field(default_factory=list)
    differences: list[RunDifference] = field(default_factory=list)
    checked: int = 0
    only_status: int = 0
    redactor: Redactor = field(default_factory=Redactor)
    error: str = ""


def run_verify(options: VerifyOptions, output: OutputOptions) -> int:
    """Compare what Jama shows with what was sent.

    Args:
        options: Which journals, and where Jama is.
        output: Form of the output.

    Returns:
        The exit status.
    """
    found = _Finding()
    try:
        with output.logging():
            _verify(options, found)
            status = ExitStatus.WELL
            if found.edits or found.differences:
                status = ExitStatus.INCOMPLETE
    except PytestJamaError as error:
        output.complain(error, program=PROGRAM)
        found.error = str(error)
        status = exit_status_of(error)
    for line in _lines(found):
        output.say(line._replace(text=found.redactor.hide_certain(line.text)))
    if not output.as_json:
        return int(status)
    return output.write_json(
        {**_facts(found), "exit_status": int(status)}, status=int(status), redactor=found.redactor
    )


def _verify(options: VerifyOptions, found: _Finding) -> None:
    journals = [_read(path) for path in named_files(options.journals, {})]
    recordings = [recording for recording, _ in journals]
    if not recordings:
        where = ", ".join(map(shown, options.journals))
        raise SettingsError(Problem("no journal to compare", "name the files themselves", where))
    for recording in recordings:
        found.edits += [f"{shown(recording.path)}: {edit}" for edit in recording.edits]
        if recording.damaged:
            lines = ", ".join(map(str, recording.damaged))
            found.edits.append(f"{shown(recording.path)}: line {lines} cannot be read")
    owned = load_owned(
        start=Path.cwd(), file=options.config, flags=options.flags, environ=os.environ
    )
    loaded = load_for_upload(recordings, owned=owned, flags=options.flags, environ=os.environ)
    found.redactor = loaded.settings.redactor
    _compare(sent_by_cycle(journals), loaded.settings, found)


def _read(path: Path) -> tuple[Recording, tuple[UploadRecord, ...]]:
    try:
        with read_own(path) as file:
            recording = read_journal(file, path)
            file.seek(0)
            return recording, read_uploads(file)
    except OSError as exc:
        what = f"cannot read {path}: {exc.strerror or exc}"
        raise SettingsError(Problem(what, "check the path", shown(path))) from exc


def _compare(
    cycles: dict[int | None, dict[str, SentRun]], settings: Settings, found: _Finding
) -> None:
    if settings.target != "jama":
        what = f"the target is {settings.target!r}, and only Jama can be compared"
        raise SettingsError(Problem(what, "leave `target` out", "setting target"))
    api = open_api(settings, clocks=None, read_timeout_s=READ_TIMEOUT_S)
    client = JamaClient(api, at_once=settings.upload.concurrency)
    with closing(api.connection):
        audit = RunAudit(client)
        for cycle_id, runs in cycles.items():
            sent = list(runs.values())
            found.differences += audit.compare(cycle_id or 0, sent)
            arrived = [each for each in sent if each.state in ARRIVED]
            found.checked += len(arrived)
            found.only_status += sum(each.sent is None for each in arrived)


def sent_by_cycle(
    journals: Sequence[tuple[Recording, Sequence[UploadRecord]]],
) -> dict[int | None, dict[str, SentRun]]:
    """Return what was last said to each run, by its cycle; later sessions count for more."""
    cycles: dict[int | None, dict[str, SentRun]] = {}
    for recording, uploads in sorted(journals, key=lambda each: each[0].header.order):
        unsent = _statuses_of(recording)
        for upload in uploads:
            place = upload.place or {}
            cycle = place.get("cycle")
            known = cycles.setdefault(cycle if isinstance(cycle, int) else None, {})
            for run in _runs_of(upload):
                known[str(run.run_id or run.case)] = run
                unsent.pop(run.case, None)
                known.pop(run.case, None)
            for case, reason, *_ in place.get("unresolved", ()):
                known[case] = SentRun(0, case, "", "no test run", error=reason)
                unsent.pop(case, None)
            for left in place.get("left", ()):
                unsent.pop(left.get("case"), None)
        for case, status in unsent.items():
            run = SentRun(0, case, status, "not sent", error="no upload of it is recorded")
            cycles.setdefault(None, {})[case] = run
    return {cycle: runs for cycle, runs in cycles.items() if runs}


def _statuses_of(recording: Recording) -> dict[str, str]:
    """Return what a session concluded of each case that it wants to report."""
    if recording.verdicts:
        found = {str(ref): said.verdict for ref, said in recording.verdicts.items()}
        return {case: verdict.value for case, verdict in found.items() if verdict is not None}
    results = recording.results.values()
    return {str(link.case_ref): "its result" for each in results for link in each.links}


def _runs_of(upload: UploadRecord) -> Iterator[SentRun]:
    for key in dict.fromkeys((*upload.updates, *upload.receipts)):
        update = upload.updates.get(key, {})
        receipt = upload.receipts.get(key, {})
        said = {**update, **receipt}
        run_id, sent = said.get("run"), receipt.get("sent")
        yield SentRun(
            run_id if isinstance(run_id, int) else 0,
            str(said.get("case", "")),
            str(said.get("status", "")),
            str(receipt.get("state", "not sent")),
            name=str(update.get("run_key", "")),
            error=str(receipt.get("error", "")),
            sent=sent if isinstance(sent, dict) else None,
        )


def _lines(found: _Finding) -> Iterator[Line]:
    for text in found.edits:
        yield Line("EDITED", text, Tone.BAD)
    for difference in found.differences:
        yield Line("DIFFERS", str(difference), Tone.BAD)
    if found.only_status:
        runs = counted(found.only_status, "run")
        why = "its journal does not tell steps and account, so that only the status was compared"
        yield Line("older", f"{runs}: {why}", Tone.WARNING)
    if not found.error and not found.edits and not found.differences:
        runs = counted(found.checked, "test run")
        yield Line("verified", f"{runs} as sent; the journal is whole", Tone.GOOD)


def _facts(found: _Finding) -> dict[str, Any]:
    return {
        "checked": found.checked,
        "only_status": found.only_status,
        "edited": found.edits,
        "differences": [
            {
                "run": each.run.run_id or None,
                "run_key": each.run.name,
                "case": each.run.case,
                "what": each.what,
                "sent": each.sent,
                "now": each.now,
                "who": each.who,
                "when": each.when,
            }
            for each in found.differences
        ],
        "error": found.error,
    }
