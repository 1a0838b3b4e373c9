"""``pytest-jama upload``: finish what sessions have left, from their journals."""

from __future__ import annotations

import os
import platform
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_jama import __version__
from pytest_jama.cli.edited_journals import EditedJournals
from pytest_jama.cli.relinking import RelinkedJournals
from pytest_jama.cli.upload_choice import (
    HeldJournals,
    choose_journals,
    end_with_journal,
    end_without_journal,
    owned_for,
    unreadable,
    without_sent,
)
from pytest_jama.cli.upload_settings import (
    describe_run_differences,
    load_for_upload,
)
from pytest_jama.config import OCTANE, keeps_without_credentials, kind_of
from pytest_jama.core.errors import NotUsableError, PytestJamaError, Unusable, UnusableKind
from pytest_jama.core.lock import merge_locks
from pytest_jama.core.plan import Findings, Mode, SendState, UploadReport
from pytest_jama.core.text import counted
from pytest_jama.core.verdicts import Judgement
from pytest_jama.journal import Journals
from pytest_jama.journal.folder import shown
from pytest_jama.journal.lines import shown_text
from pytest_jama.journal.merge import merge_results, merge_unmatched
from pytest_jama.journal.prior_uploads import PriorUploads, server_of
from pytest_jama.journal.record import by_session
from pytest_jama.journal.rejudge import count_unadjusted, judge_recordings
from pytest_jama.journal.sending_lines import upload_line
from pytest_jama.report.upload_lines import Line, Tone
from pytest_jama.session.destination import describe_destination
from pytest_jama.session.provenance import (
    find_provenance,
    recorded_provenance,
    session_facts,
)
from pytest_jama.session.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_jama.config import Flags, LoadedSettings, SharedSettings, TargetKind
    from pytest_jama.core.prior_state import EarlierStatus
    from pytest_jama.journal.lines import JournalLine
    from pytest_jama.journal.record import Recording
    from pytest_jama.journal.select import Choice
    from pytest_jama.session.command_line import OutputOptions
    from pytest_jama.session.ending import Ending

PROGRAM = "pytest-jama upload"


@dataclass(frozen=True, slots=True)
class UploadOptions:
    """The command line.

    Attributes:
        journals: Files and folders; empty takes the newest unfinished journal.
        config: The settings file that says where the server and the journals are.
        flags: What the flags say, by setting.
        accepts_edited: Whether journals that were changed are sent all the same.
        map_file: The settings file whose map links the tests anew; None for their own links.
        cases: Which case takes the place of which one, ``OLD=NEW``.
    """

    journals: tuple[Path, ...]
    config: Path | None
    flags: Flags
    accepts_edited: bool = False
    map_file: Path | None = None
    cases: tuple[str, ...] = ()


def run_upload(
    options: UploadOptions,
    output: OutputOptions,
    *,
    command: Sequence[str],
    plugins: Sequence[object] = (),
) -> int:
    """Send what the journals hold and the server does not have yet.

    Args:
        options: Which journals, and where to.
        output: Mode and form of the output.
        command: The command line, word by word, for the journals.
        plugins: Hooks that take part besides those of installed distributions.

    Returns:
        The exit status.
    """
    try:
        owned, choice = choose_journals(options)
        with closing(HeldJournals(choice)), output.logging():
            owned = owned_for(choice, owned, options)
            choice = without_sent(choice, owned.settings)
            if choice.taken and keeps_without_credentials(owned.settings, os.environ):
                return end_with_journal(choice, owned.settings, output)
            edited = EditedJournals(choice, are_accepted=options.accepts_edited)
            if not choice.taken or edited.forbid_upload:
                return end_without_journal(choice, edited, output, options)
            upload = _Upload(choice, edited, options, output, owned)
            return output.end(upload.run(command, plugins), about=upload.about)
    except PytestJamaError as error:
        return output.refuse(error, program=PROGRAM)


class _Upload:
    """One upload.

    Args:
        choice: The journals.
        edited: Which of them were changed.
        options: Where to.
        output: Mode and form of the output.
        owned: What `load_owned` found.

    Attributes:
        about: What this command adds to the JSON document.
    """

    def __init__(
        self,
        choice: Choice,
        edited: EditedJournals,
        options: UploadOptions,
        output: OutputOptions,
        owned: LoadedSettings[SharedSettings],
    ) -> None:
        self._choice = choice
        self._edited = edited
        self._owned = owned
        self._options = options
        self._output = output
        self._relinked = RelinkedJournals(
            [taken.recording for taken in choice.taken],
            map_file=options.map_file,
            cases=options.cases,
        )
        self._files = self._relinked.recordings
        self._recordings = by_session(self._files)
        self.about: dict[str, Any] = {
            "journals": [str(recording.path) for recording in self._files],
            "sessions": [],
            **edited.facts(),
            **self._relinked.facts(),
        }

    def run(self, command: Sequence[str], plugins: Sequence[object]) -> Ending:
        """Judge and send; see `run_upload`."""
        loaded = load_for_upload(
            self._recordings,
            owned=self._owned,
            flags=self._options.flags,
            environ=os.environ,
        )
        loaded = self._relinked.adopt(loaded)
        loaded = replace(loaded, lock=merge_locks(each.lock for each in self._recordings))
        settings, output = loaded.settings, self._output
        output.announce(
            *describe_destination(
                loaded, root=Path.cwd(), mode=output.mode.value, verbose=output.verbose
            )
        )
        output.announce(f"{settings.kind.name}: {self._describe_journals()}")
        session = Session(loaded, mode=output.mode, nearest=self._nearest(settings))
        self._recordings = tuple(each.as_shown(session.shown) for each in self._recordings)
        self.about["sessions"] = [session_facts(each.header) for each in self._recordings]
        session.take_unmatched(merge_unmatched(self._recordings))
        session.extensions.register(*plugins)
        session.begin(self._open_journals(), self._upload_line(settings, command))
        self._write_links(session)
        for unusable in self._unusable():  # the journals have them already
            session.errors.unusable[session.errors.as_shown(unusable)] = None
        ending = session.end(
            lambda: self._judge(session),
            observers=[output.make_progress(settings.kind.name)],
            prior=PriorUploads(self._files, server=settings.url, others=self._others(settings)),
            extra=lambda: tuple(self._warnings()),
            style=output.style,
        )
        return ending._replace(lines=(*ending.lines, *_corrections(ending.report, settings.kind)))

    def _nearest(self, settings: SharedSettings) -> str | None:
        """Return which key the sessions found most like a test; None where today's map is asked."""
        if self._relinked.today is not None:
            return None
        nearest = next((each.nearest for each in self._recordings if each.nearest), "")
        return settings.redactor.hide(nearest).text

    def _write_links(self, session: Session) -> None:
        """Let each journal keep its new links: a later upload must not take the old ones."""
        if self._output.mode is Mode.DRY_RUN:
            return
        for taken, lines in zip(self._choice.taken, self._relinked.journal_lines(), strict=False):
            taken.writer.write(*(shown_text(each, session.settings.redactor) for each in lines))

    def _others(self, settings: SharedSettings) -> list[Recording]:
        """Return the journals of other sessions for the same kind of server."""
        others = self._choice.others
        return [each for each in others if kind_of(_target_of(each)) is settings.kind]

    def _judge(self, session: Session) -> Findings:
        rules = session.settings.rules()
        judgement = Judgement()
        if session.settings.judges_cases:
            judgement = judge_recordings(
                self._recordings,
                rules=rules,
                adjust=lambda case: session.extensions.adjust_all((case,))[0],
            )
        origin = recorded_provenance([each.header for each in self._recordings])
        provenance = "\n".join((origin, *self._edited.account_lines()))
        results = merge_results(self._recordings, rules=rules)
        known = dict.fromkeys(ref for recording in self._recordings for ref in recording.known)
        begun: dict[str, float] = {}
        for recording in self._files:
            for what, at in recording.begun.items():
                begun[what] = max(at, begun.get(what, at))
        here = server_of(session.settings.url)
        filed = (each for recording in self._files for each in recording.filed)
        tasks = (each for recording in self._files for each in recording.tasks.items())
        statuses: dict[str, tuple[EarlierStatus, ...]] = {}
        for recording in self._files:
            for (server, key), found in recording.statuses.items():
                if server == here:
                    statuses[key] = (*statuses.get(key, ()), *found)
        return Findings(
            results,
            judgement,
            provenance,
            known=tuple(known),
            begun=begun,
            filed=tuple(each for each in filed if each.server == here),
            tasks={key: task for (server, key), task in tasks if server == here},
            statuses=statuses,
            started=min(each.header.started for each in self._recordings).timestamp(),
            is_resumed=any(each.is_planned for each in self._files),
        )

    def _open_journals(self) -> Journals:
        if self._output.mode is Mode.DRY_RUN:
            return Journals([], paths=[recording.path for recording in self._files])
        journals = Journals([taken.writer for taken in self._choice.taken])
        journals.begin_lines()
        return journals

    def _upload_line(self, settings: SharedSettings, command: Sequence[str]) -> JournalLine:
        effective = settings.for_journal()
        return upload_line(
            started=datetime.now(timezone.utc).isoformat(timespec="seconds"),
            versions={"pytest-jama": __version__, "python": platform.python_version()},
            command=settings.redactor.hide_words(command),
            sessions=[recording.header.session for recording in self._recordings],
            settings={name: effective[name] for name in settings.kind.destination},
            provenance=settings.redactor.hide_provenance(
                find_provenance(settings, folder=None)._replace(branch="")
            ),
            accepted_edits=self._edited.accepted(),
        )

    def _describe_journals(self) -> str:
        tests = sum(len(recording.results) for recording in self._recordings)
        names = ", ".join(shown(recording.path) for recording in self._files)
        return f"{counted(tests, 'result')} from {names}"

    def _unusable(self) -> Iterator[Unusable]:
        """Yield what the sessions could not use, and what of their journals cannot be read."""
        yield from unreadable(self._choice)
        yield from self._edited.unusable()
        for recording in self._files:
            yield from recording.unusable
            for number in recording.damaged:
                where = f"{shown(recording.path)}:{number}"
                why = "cannot be read; a result may be missing"
                yield Unusable(UnusableKind.JOURNAL, where, why)

    def _warnings(self) -> Iterator[Line]:
        for text in self._choice.notes:
            yield Line("journal", text, Tone.WARNING)
        yield from self._relinked.summary_lines(verbose=self._output.verbose)
        yield from self._edited.summary_lines()
        differences = describe_run_differences(self._recordings)
        if differences:
            yield Line("warning", differences, Tone.WARNING)
        unadjusted = count_unadjusted(self._recordings)
        if unadjusted:
            yield Line("warning", _describe_unadjusted(unadjusted, self._recordings), Tone.WARNING)


def _describe_unadjusted(count: int, recordings: Sequence[Recording]) -> str:
    hooks = sorted({hook for recording in recordings for hook in recording.header.hooks})
    if any(recording.relinked for recording in recordings):
        why = f"{counted(count, 'case')} with other tests than before, or that had no verdict, are"
        return f"{why} judged by the rules alone: adjust_verdict of {', '.join(hooks)} is not asked"
    return (
        f"the session broke off before adjust_verdict of {', '.join(hooks)} could adjust "
        f"{counted(count, 'verdict')}; they are those of the rules"
    )


def _corrections(report: UploadReport, kind: TargetKind[Any]) -> Iterator[Line]:
    """Say how to correct what is not at the server: a change of the settings file does nothing."""
    is_refused = any(each.state is SendState.REFUSED for each in report.receipts)
    if kind is OCTANE and (is_refused or isinstance(report.stopped, NotUsableError)):
        text = "release, milestone, suite and the like are those of the journal, not of octane.yaml"
        remedy = (
            "--release, --milestone and --suite name others, "
            "and --skip-errors leaves out what is not there"
        )
        yield Line("correct", f"{text}; {remedy}", Tone.WARNING)


def _target_of(recording: Recording) -> object:
    return recording.header.settings.get("target")
