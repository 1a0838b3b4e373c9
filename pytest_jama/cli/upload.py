"""``pytest-jama upload``: finish what sessions have left, from their journals."""

from __future__ import annotations

import os
import platform
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_jama import __version__
from pytest_jama.cli.upload_settings import (
    describe_run_differences,
    find_journal_folder,
    load_for_upload,
)
from pytest_jama.core.errors import ErrorLog, Problem, PytestJamaError, SettingsError
from pytest_jama.core.port import UploadReport
from pytest_jama.core.verdicts import Judgement
from pytest_jama.hooks.extensions import Extensions
from pytest_jama.journal.lines import upload_line
from pytest_jama.journal.prior_state import PriorUploads
from pytest_jama.journal.record import by_session
from pytest_jama.journal.rejudge import count_unadjusted, judge_recordings
from pytest_jama.journal.reopen import NoJournal, SeveralJournals
from pytest_jama.journal.select import Choice, choose_named, choose_newest, shown
from pytest_jama.report.summary import Line, Tone
from pytest_jama.session.exit_status import EXIT_NOT_SENT, EXIT_SENT
from pytest_jama.session.provenance import describe_destination, recall_provenance
from pytest_jama.session.session import Closing, close_session, refuse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_jama.config import Settings
    from pytest_jama.journal.record import Recording
    from pytest_jama.session.session import Journal, OutputOptions

PROGRAM = "pytest-jama upload"


@dataclass(frozen=True, slots=True)
class UploadOptions:
    """The command line.

    Attributes:
        journals: Files and folders; empty takes the newest unfinished journal.
        config: The settings file that says where journals are.
        flags: Setting -> flag as typed and its value.
    """

    journals: tuple[Path, ...]
    config: Path | None
    flags: Mapping[str, tuple[str, str]]


def run_upload(
    options: UploadOptions,
    manner: OutputOptions,
    *,
    command: Sequence[str],
    plugins: Sequence[object] = (),
) -> int:
    """Send what the journals hold and the server has not got yet.

    Args:
        options: Which journals, and where to.
        manner: How to talk.
        command: The command line, word by word, for the journals.
        plugins: Hooks that take part besides those of installed distributions.

    Returns:
        The exit status.
    """
    try:
        choice = _choose(options)
        if not choice.taken:
            return _end_without_journal(choice, manner)
        with closing(_Held(choice)):
            return _Upload(choice, options, manner).run(command, plugins)
    except PytestJamaError as error:
        return refuse(error, manner, program=PROGRAM)


class _Held:
    """Journals that must be given back, whatever happens."""

    def __init__(self, choice: Choice) -> None:
        self._choice = choice

    def close(self) -> None:
        for taken in self._choice.taken:
            taken.writer.close()


def _choose(options: UploadOptions) -> Choice:
    try:
        return _find_choice(options)
    except OSError as exc:
        what = f"cannot read {exc.filename}: {exc.strerror or exc}"
        raise PytestJamaError(f"{what}; check the path and its permissions") from exc


def _find_choice(options: UploadOptions) -> Choice:
    if options.journals:
        return choose_named(options.journals)
    folder = find_journal_folder(config=options.config, flags=options.flags, environ=os.environ)
    if folder is None:
        raise SettingsError(
            Problem(
                "there is no folder .jama here or above",
                "name the journals, or go where jama.yaml is",
                str(Path.cwd()),
            ),
        )
    if not folder.is_dir():
        return Choice(notes=(f"{shown(folder)}: no session has kept a journal there",))
    return choose_newest(folder)


def _end_without_journal(choice: Choice, manner: OutputOptions) -> int:
    for text in (*choice.notes, *choice.unreadable):
        manner.say(Line("journal", text, Tone.WARNING))
    status = EXIT_NOT_SENT if choice.unreadable else EXIT_SENT
    if not choice.unreadable:
        others = "other " if choice.notes else ""
        manner.say(Line("nothing", f"to send: every {others}journal is finished"))
    manner.write_document(
        UploadReport(), Judgement(), journal="", exit_status=status, about={"journals": []}
    )
    return status


class _Upload:
    """One upload.

    Args:
        choice: The journals.
        options: Where to.
        manner: How to talk.
    """

    def __init__(self, choice: Choice, options: UploadOptions, manner: OutputOptions) -> None:
        self._choice = choice
        self._options = options
        self._manner = manner
        self._files = [taken.recording for taken in choice.taken]
        self._recordings = by_session(self._files)

    def run(self, command: Sequence[str], plugins: Sequence[object]) -> int:
        """Judge and send; see `run_upload`."""
        loaded = load_for_upload(self._recordings, flags=self._options.flags, environ=os.environ)
        settings, manner = loaded.settings, self._manner
        manner.announce(describe_destination(loaded, root=Path.cwd(), mode=manner.mode))
        manner.announce(f"jama: {self._describe_journals()}")
        troubles = ErrorLog()
        extensions = Extensions(settings, complain=troubles.add)
        extensions.register(*plugins)
        judgement = judge_recordings(
            self._recordings,
            rules=settings.verdicts.rules(),
            adjust=lambda case: extensions.adjust_all((case,))[0],
        )
        journal = self._open_journal(settings, command)
        damaged = list(self._damaged())
        return close_session(
            judgement,
            Closing(
                settings=settings,
                extensions=extensions,
                troubles=troubles,
                journal=journal,
                provenance=recall_provenance([each.header for each in self._recordings]),
                manner=manner,
                is_complete=not damaged,
                lines=(*damaged, *self._warnings()),
                about={"journals": [str(recording.path) for recording in self._files]},
                journals=tuple(recording.path for recording in self._files),
                recall=PriorUploads(self._files, server=settings.url, later=self._choice.later),
            ),
        )

    def _open_journal(self, settings: Settings, command: Sequence[str]) -> Journal:
        if self._manner.dry_run:
            return NoJournal(self._recordings[-1].path)
        journal = SeveralJournals([taken.writer for taken in self._choice.taken])
        effective = settings.for_journal()
        journal.write(
            upload_line(
                started=datetime.now(timezone.utc).isoformat(timespec="seconds"),
                versions={"pytest-jama": __version__, "python": platform.python_version()},
                command=command,
                sessions=[recording.header.session for recording in self._recordings],
                settings={name: effective[name] for name in ("url", "project", "plan", "cycle")},
            ),
        )
        return journal

    def _describe_journals(self) -> str:
        tests = sum(len(recording.results) for recording in self._recordings)
        names = ", ".join(shown(recording.path) for recording in self._files)
        return f"{tests} result{'' if tests == 1 else 's'} from {names}"

    def _damaged(self) -> Iterator[Line]:
        for text in self._choice.unreadable:
            yield Line("DAMAGED", text, Tone.BAD)
        for recording in self._files:
            for number in recording.damaged:
                text = f"{shown(recording.path)}:{number}: cannot be read; a result may be missing"
                yield Line("DAMAGED", text, Tone.BAD)

    def _warnings(self) -> Iterator[Line]:
        for text in self._choice.notes:
            yield Line("journal", text, Tone.WARNING)
        differences = describe_run_differences(self._recordings)
        if differences:
            yield Line("warning", differences, Tone.WARNING)
        unadjusted = count_unadjusted(self._recordings)
        if unadjusted:
            yield Line("warning", _describe_unadjusted(unadjusted, self._recordings), Tone.WARNING)


def _describe_unadjusted(count: int, recordings: Sequence[Recording]) -> str:
    hooks = sorted({hook for recording in recordings for hook in recording.header.hooks})
    return (
        f"the session broke off before adjust_verdict of {', '.join(hooks)} could adjust "
        f"{count} verdict{'' if count == 1 else 's'}; they are those of the rules"
    )
