"""Which journals an upload is about; it takes them up again, to append what becomes of them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_jama.core.errors import PytestJamaError
from pytest_jama.core.trust import UntrustedError, open_own, read_own
from pytest_jama.journal.candidates import (
    find_planted_folder,
    find_set_aside,
    find_trusted,
    find_unfinished,
    named_files,
    refused_in,
    require_trusted,
)
from pytest_jama.journal.file import APPENDING, JournalWriter, is_locked, try_to_lock
from pytest_jama.journal.folder import (
    INCOMPLETE,
    find_journals,
    find_order,
    order_of_name,
    shown,
)
from pytest_jama.journal.read import EmptyJournalError, JournalError, read_journal
from pytest_jama.journal.record import Header, Recording

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


class InUseError(PytestJamaError):
    """Another process writes the journal: a session that still runs, or another upload."""


@dataclass(frozen=True, slots=True)
class TakenUp:
    """A journal that is read and locked, so that no other process uploads it at the same time.

    Attributes:
        recording: What it told when it was locked.
        writer: Where further lines go.
    """

    recording: Recording
    writer: JournalWriter


def take_up(path: Path) -> TakenUp:
    """Lock a journal, read it, and make ready to append to it.

    One that cannot be written can still be read; then the writer says why.

    Raises:
        InUseError: When another process writes it.
        JournalError: When it cannot be used.
        EmptyJournalError: When it ends before its header does.
        UntrustedError: When it is not to be taken.
        OSError: When it cannot be read.
    """
    writer = _reopen(path)
    try:
        with read_own(path) as file:
            recording = read_journal(file, path)
    except BaseException:  # also on Ctrl-C: a lock must not stay
        writer.close()
        raise
    writer.continue_chain(recording.chain if recording.is_chained else None)
    return TakenUp(recording, writer)


def _reopen(path: Path) -> JournalWriter:
    try:
        descriptor = open_own(path, APPENDING)
    except (FileNotFoundError, UntrustedError):
        raise
    except OSError as exc:
        failure = f"cannot write {path}: {exc.strerror or exc}"
        return JournalWriter(path, -1, failure=failure, tidies=False)
    if not try_to_lock(descriptor):
        os.close(descriptor)
        raise InUseError(
            f"{path}: in use: a session that still runs, or another upload, writes it; "
            "wait for its end, it will say what became of it",
        )
    return JournalWriter(path, descriptor, tidies=False)


@dataclass(frozen=True, slots=True)
class Choice:
    """Journals to upload.

    Attributes:
        taken: The journals, read and locked.
        others: All other journals beside them: their sessions may have written later.
        notes: What was passed over, as sentences.
        unreadable: What cannot be read: path and why.
    """

    taken: tuple[TakenUp, ...] = ()
    others: tuple[Recording, ...] = ()
    notes: tuple[str, ...] = ()
    unreadable: tuple[tuple[str, str], ...] = ()


def choose_newest(folder: Path) -> Choice:
    """Take up the journal of the newest session of a folder that is not finished.

    Those that were last uploaded together with it are taken up, too. A session that still runs is
    passed over: it will upload its results itself.

    Raises:
        SettingsError: When the folder is not trusted.
        InUseError: When another upload uses it.
        PytestJamaError: When one of those that belong to it is not there any more.
        OSError: When the folder cannot be read.
    """
    require_trusted(folder)
    notes = [
        f"{shown(path)}: passed over, it lacks lines that could not be written; "
        "run its session again unless its summary said that everything was sent"
        for path in find_set_aside(folder)
    ]
    damage = dict(refused_in([folder]))
    unfinished = sorted(find_unfinished(folder), key=lambda path: (find_order(path), path.stem))
    taken: tuple[TakenUp, ...] = ()
    for path in reversed(unfinished):
        usable = _find_usable(path, notes, damage)
        if usable is not None:
            taken = _with_partners([usable], folder)
            break
    others = tuple(_read_others([folder], taken, damage))
    return Choice(taken, others, tuple(notes), tuple(damage.items()))


def _find_usable(path: Path, notes: list[str], damage: dict[str, str]) -> TakenUp | None:
    """Take up a journal if it has something to send and no other process uses it."""
    try:
        taken = take_up(path)
    except InUseError:
        if _is_uploading(path):
            raise
        notes.append(f"{shown(path)}: passed over, its session is still running")
    except (EmptyJournalError, JournalError, OSError) as error:
        damage.update([_describe(path, error)])
    else:
        if taken.recording.has_begun:
            return taken
        taken.writer.close()
    return None


def choose_named(paths: Sequence[Path], *, folder: Path | None = None) -> Choice:
    """Take up the journals that a user named; of a folder, those that are not finished.

    Args:
        paths: Files and folders.
        folder: Where this repository keeps its journals; None when it has no such folder.

    Raises:
        SettingsError: When one of them cannot be a journal, or is a folder that is not trusted.
        InUseError: When another process writes one of them.
        PytestJamaError: When one that belongs to them is not there any more.
        OSError: When a folder cannot be read.
    """
    taken: list[TakenUp] = []
    damage: dict[str, str] = {}
    try:
        for path in dict.fromkeys(each.resolve() for each in named_files(paths, damage)):
            if path.suffix == INCOMPLETE:
                damage[shown(path)] = _LACKS_LINES
                continue
            planted = find_planted_folder(path)
            if planted is not None:
                damage.update([planted])
                continue
            try:
                taken.append(take_up(path))
            except (EmptyJournalError, JournalError, OSError) as error:
                damage.update([_describe(path, error)])
        for named in filter(os.path.isdir, paths):
            taken = list(_with_partners(taken, named.resolve()))
        beside = dict.fromkeys(each.recording.path.parent for each in taken)
        for each in beside:
            taken = list(_with_partners(taken, each, are_required=False))
        folders = dict.fromkeys([*beside, *find_trusted(folder, damage)])
        damage.update(refused_in(folders))
        others = tuple(_read_others(folders, taken, damage))
    except BaseException:  # also on Ctrl-C: a lock must not stay
        _close(taken)
        raise
    return Choice(tuple(taken), others, unreadable=tuple(damage.items()))


_LACKS_LINES = (
    "lacks lines that could not be written, so that tests that ran would count as not run; "
    "run its session again, and remove it"
)


def _describe(path: Path, error: Exception) -> tuple[str, str]:
    """Return where and why a journal cannot be read."""
    if isinstance(error, JournalError):
        (problem,) = error.problems
        line = problem.origin.removeprefix(str(path))
        return shown(path) + line, f"{problem.message}; {problem.remedy}"
    if isinstance(error, OSError):
        if isinstance(error, UntrustedError):
            return shown(path), f"{error.why}; {error.remedy}"
        why = f"cannot be read: {error.strerror or error}; check the path and its permissions"
        return shown(path), why
    return shown(path), str(error).removeprefix(f"{path}: ")


def _with_partners(
    taken: Sequence[TakenUp], folder: Path, *, are_required: bool = True
) -> tuple[TakenUp, ...]:
    """Add the journals that the last upload of these was about, of which some may be finished.

    Without them, a test case would be judged by fewer tests than those sent already.

    Raises:
        InUseError: When another process writes one of them.
        PytestJamaError: When one of them cannot be taken up, for whatever reason.
    """
    names = {each.recording.header.session for each in taken}
    missing = {name for each in taken for name in each.recording.partners} - names
    if not are_required:
        missing = {name for name in missing if os.path.lexists(_partner(folder, name))}
    added: list[TakenUp] = []
    try:
        added.extend(
            _take_up_partner(name, folder, first=_who_names(name, taken))
            for name in sorted(missing)
        )
    except BaseException:  # also on Ctrl-C: a lock must not stay
        _close([*taken, *added])
        raise
    return (*taken, *added)


def _partner(folder: Path, name: str) -> Path:
    """Return where a journal is that another one names; its name leads to no other folder."""
    return folder / Path(f"{name}.jsonl").name


def _who_names(name: str, taken: Iterable[TakenUp]) -> Path:
    return next(each.recording.path for each in taken if name in each.recording.partners)


def _take_up_partner(name: str, folder: Path, *, first: Path) -> TakenUp:
    """Take up a journal that belongs to another one; without it, nothing of that one is sent."""
    path = _partner(folder, name)
    together = f"{shown(first)}: was last uploaded together with {name}, "
    if not os.path.lexists(path):
        raise PytestJamaError(
            f"{together}which is not in {shown(folder)}; name all journals that belong together",
        )
    try:
        return take_up(path)
    except (EmptyJournalError, JournalError, OSError) as error:
        where, why = _describe(path, error)
        raise PytestJamaError(
            f"{together}which cannot be taken, so that nothing is sent: {where}: {why}. To send "
            f"{shown(first)} without it, move it to another folder, and name that one"
        ) from error


def _read_others(
    folders: Iterable[Path],
    taken: Iterable[TakenUp],
    damage: dict[str, str],
) -> Iterator[Recording]:
    """Yield the journals that are not taken up; keep why others cannot be read."""
    known = {each.recording.path.resolve() for each in taken}
    for folder in folders:
        for path in sorted(find_journals(folder)):
            if path.resolve() in known:
                continue
            try:
                with read_own(path) as file:
                    yield read_journal(file, path)
            except UntrustedError:
                continue  # it is among those that were passed over
            except (EmptyJournalError, JournalError, OSError) as error:
                if path.suffix == INCOMPLETE:
                    yield _unknown(path)
                elif not is_locked(path):
                    where, why = _describe(path, error)
                    damage.setdefault(where, why)


def _unknown(path: Path) -> Recording:
    """Return what is known of a session whose journal has not even a header."""
    name = path.stem
    started = datetime.fromtimestamp(0, timezone.utc)
    return Recording(path, Header(name, started, {}, "", "", {}, order=order_of_name(name)))


def _is_uploading(path: Path) -> bool:
    try:
        with read_own(path) as file:
            return read_journal(file, path).is_taken_up
    except PytestJamaError:
        return False


def _close(taken: Iterable[TakenUp]) -> None:
    for each in taken:
        each.writer.close()
