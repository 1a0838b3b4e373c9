"""Which journals ``pytest-jama upload`` is about, where there are settings of several servers.

They are held while it goes on; without credentials they may only be kept.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_jama.cli.upload_settings import find_journal_folder, require_one_kind
from pytest_jama.config import find_kinds, load_owned
from pytest_jama.core.errors import (
    Problem,
    PytestJamaError,
    SettingsError,
    Unusable,
    UnusableKind,
)
from pytest_jama.core.plan import Mode
from pytest_jama.journal.folder import FOLDER, shown
from pytest_jama.journal.select import Choice, choose_named, choose_newest
from pytest_jama.report.summary import unusable_lines
from pytest_jama.report.upload_lines import Line, Tone
from pytest_jama.session.destination import kept_line
from pytest_jama.session.ending import Ending
from pytest_jama.session.exit_status import ExitStatus

if TYPE_CHECKING:
    from pytest_jama.cli.edited_journals import EditedJournals
    from pytest_jama.cli.upload import UploadOptions
    from pytest_jama.config import LoadedSettings, SharedSettings, TargetKind
    from pytest_jama.session.command_line import OutputOptions


def _load_owned(options: UploadOptions, kind: TargetKind[Any]) -> LoadedSettings[SharedSettings]:
    return load_owned(
        start=Path.cwd(), file=options.config, flags=options.flags, environ=os.environ, kind=kind
    )


def _may_be_sent_to(
    kind: TargetKind[Any], owned: LoadedSettings[SharedSettings], options: UploadOptions
) -> bool:
    """Return whether credentials of another kind are meant: a journal does not decide it."""
    if kind is owned.settings.kind or options.config is not None:
        return False
    return kind in find_kinds(Path.cwd()) or bool(os.environ.get(f"{kind.variables}URL"))


def choose_journals(options: UploadOptions) -> tuple[LoadedSettings[SharedSettings], Choice]:
    """Choose journals, where two settings files may each name a folder of them.

    Args:
        options: The command line.

    Returns:
        The settings that name a folder, or of the first kind, and the journals.

    Raises:
        PytestJamaError: When that is impossible.
    """
    kinds = find_kinds(Path.cwd(), options.config)
    for kind in kinds:
        owned = _load_owned(options, kind)
        choice = _choose(options, owned)
        if choice.taken or kind is kinds[-1]:
            break
    return owned, choice


def _choose(options: UploadOptions, owned: LoadedSettings[SharedSettings]) -> Choice:
    try:
        return _find_choice(options, find_journal_folder(owned), owned)
    except OSError as exc:
        what = f"cannot read {exc.filename}: {exc.strerror or exc}"
        raise PytestJamaError(f"{what}; check the path and its permissions") from exc


def _find_choice(
    options: UploadOptions, folder: Path | None, owned: LoadedSettings[SharedSettings]
) -> Choice:
    if options.journals:
        return choose_named(options.journals, folder=folder)
    if folder is not None:
        return choose_newest(folder)
    if owned.file:
        expected = shown(owned.settings.journal.folder)
        return Choice(notes=(f"{expected}: no session has kept a journal there",))
    raise SettingsError(
        Problem(
            f"there is no folder {FOLDER} and no jama.yaml here",
            "name the journals, or go where jama.yaml is",
            str(Path.cwd()),
        ),
    )


def owned_for(
    choice: Choice, owned: LoadedSettings[SharedSettings], options: UploadOptions
) -> LoadedSettings[SharedSettings]:
    """Return the settings of the kind of server that journals are for.

    Args:
        choice: The journals.
        owned: What `choose_journals` returned.
        options: The command line.

    Raises:
        SettingsError: When the journals are for several kinds, or the settings are wrong.
    """
    kind = require_one_kind(each.recording for each in choice.taken)
    is_meant = kind is not None and _may_be_sent_to(kind, owned, options)
    return _load_owned(options, kind) if kind is not None and is_meant else owned


def without_sent(choice: Choice, settings: SharedSettings) -> Choice:
    """Return journals without those that are sent already, where results cannot be told apart.

    What is sent for a test case twice is the same once. A document that also holds what another one
    brought would bring it again.

    Args:
        choice: The journals.
        settings: What kind of server they are for.
    """
    unsent = tuple(each for each in choice.taken if not each.recording.is_finished)
    if settings.judges_cases or not unsent:
        return choice
    notes = (
        f"{shown(each.recording.path)}: is sent already, and left out"
        for each in choice.taken
        if each.recording.is_finished
    )
    return replace(choice, taken=unsent, notes=(*choice.notes, *notes))


class HeldJournals:
    """Journals that must be given back, whatever happens."""

    def __init__(self, choice: Choice) -> None:
        self._choice = choice

    def close(self) -> None:
        """Give them back."""
        for taken in self._choice.taken:
            taken.writer.close()


def end_with_journal(choice: Choice, settings: SharedSettings, output: OutputOptions) -> int:
    """Say that journals keep their results, since there are no credentials.

    Args:
        choice: The journals.
        settings: The settings that let it be.
        output: Where to say it.

    Returns:
        The exit status.
    """
    paths = [taken.recording.path for taken in choice.taken]
    ending = Ending(
        exit_status=ExitStatus.WELL,
        lines=(
            *(Line("journal", text, Tone.WARNING) for text in choice.notes),
            kept_line(settings, "nothing is sent"),
            *(Line("journal", shown(path)) for path in paths),
        ),
        redactor=settings.redactor,
        target=settings.kind.name,
        mode=Mode.NO_UPLOAD,
    )
    return output.end(ending, about={"journals": list(map(str, paths)), "sessions": []})


def end_without_journal(
    choice: Choice, edited: EditedJournals, output: OutputOptions, options: UploadOptions
) -> int:
    """Say why there is nothing to do.

    Args:
        choice: Why there is no journal.
        edited: Those that were changed, and are not sent.
        output: How it is said.
        options: The command line.

    Returns:
        The exit status.
    """
    unusable = (*unreadable(choice), *edited.unusable())
    lines = [Line("journal", text, Tone.WARNING) for text in choice.notes]
    lines += unusable_lines(unusable, verbose=True)
    lines += edited.summary_lines()
    is_asked = options.map_file is not None or bool(options.cases)
    status = ExitStatus.INCOMPLETE if unusable or is_asked else ExitStatus.WELL
    if not (unusable or choice.others):
        text = (
            "to send: there is no journal of a session that ran tests; run one, or name a journal"
        )
        lines.append(Line("nothing", text, Tone.WARNING if is_asked else Tone.PLAIN))
    elif is_asked and not unusable:
        text = "is linked anew: every journal is finished; name it, and its results are sent again"
        lines.append(Line("nothing", text, Tone.WARNING))
    elif not unusable:
        others = "other " if choice.notes else ""
        lines.append(Line("nothing", f"to send: every {others}journal is finished"))
    if options.flags.get("report"):
        text = "none is written: nothing is sent; pytest-jama report makes it from a journal"
        lines.append(Line("report", text, Tone.WARNING))
    ending = Ending(exit_status=status, lines=tuple(lines), unusable=unusable)
    return output.end(ending, about={"journals": [], "sessions": [], **edited.facts()})


def unreadable(choice: Choice) -> list[Unusable]:
    """Return the journals of a choice that cannot be read."""
    return [Unusable(UnusableKind.JOURNAL, where, why) for where, why in choice.unreadable]
