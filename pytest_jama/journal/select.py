"""Which journals an upload is about; it takes them up again, to append what becomes of them."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_jama.core.errors import Problem, PytestJamaError, SettingsError
from pytest_jama.journal.file import JournalWriter, is_finished, try_to_lock
from pytest_jama.journal.read import EmptyJournalError, JournalError, read_journal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from pytest_jama.journal.record import Recording


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
        OSError: When it cannot be read.
    """
    writer = _reopen(path)
    try:
        with path.open("rb") as file:
            recording = read_journal(file, path)
    except BaseException:  # also on Ctrl-C: a lock must not stay
        writer.close()
        raise
    return TakenUp(recording, writer)


def _reopen(path: Path) -> JournalWriter:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND)
    except FileNotFoundError:
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


FOLDER = ".jama"
"""The folder of the journals unless a setting says otherwise."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Journals to upload.

    Attributes:
        taken: The journals, read and locked.
        notes: What was passed over, as sentences.
        unreadable: What the user named and cannot be read: path and why.
        later: Journals of later sessions, unless the user named the journals to send.
    """

    taken: tuple[TakenUp, ...] = ()
    later: tuple[Recording, ...] = ()
    notes: tuple[str, ...] = ()
    unreadable: tuple[tuple[str, str], ...] = ()


def find_folder(start: Path) -> Path | None:
    """Return the folder of the journals of a folder, or of the nearest one above it."""
    above = (start, *start.parents)
    return next((each / FOLDER for each in above if (each / FOLDER).is_dir()), None)


def choose_newest(folder: Path) -> Choice:
    """Take up the newest journal of a folder that is not finished.

    Those that were last uploaded together with it are taken up, too. A session that still runs is
    passed over: it will upload its results itself.

    Raises:
        InUseError: When another upload uses it.
        PytestJamaError: When one of those that belong to it is not there any more.
        OSError: When the folder or a journal cannot be read.
    """
    notes: list[str] = []
    for path in sorted(_unfinished(folder), reverse=True):
        taken = _find_usable(path, notes)
        if taken is not None:
            whole = _with_partners([taken], folder)
            newest = max(each.recording.path.name for each in whole)
            later = tuple(_read_later(folder, newest))
            return Choice(whole, later=later, notes=tuple(notes))
    return Choice(notes=tuple(notes))


def _find_usable(path: Path, notes: list[str]) -> TakenUp | None:
    """Take up a journal if it has something to send and no other process uses it."""
    try:
        taken = take_up(path)
    except InUseError:
        if _is_uploading(path):
            raise
        notes.append(f"{shown(path)}: passed over, its session is still running")
    except (EmptyJournalError, JournalError) as error:
        notes.append(f"passed over: {error}")
    else:
        if taken.recording.has_begun:
            return taken
        taken.writer.close()
    return None


def choose_named(paths: Iterable[Path]) -> Choice:
    """Take up the journals that a user named; of a folder, those that are not finished.

    Raises:
        SettingsError: When one of them is not a journal.
        InUseError: When another process writes one of them.
        PytestJamaError: When one that belongs to them is not there any more.
        OSError: When one of them cannot be read.
    """
    taken: list[TakenUp] = []
    unreadable = []
    try:
        for path in dict.fromkeys(each.resolve() for each in _files(paths)):
            try:
                taken.append(take_up(path))
            except EmptyJournalError as error:  # noqa: PERF203 (files, not numbers)
                unreadable.append((shown(path), str(error).removeprefix(f"{path}: ")))
        for folder in filter(os.path.isdir, paths):
            taken = list(_with_partners(taken, folder.resolve()))
    except BaseException:  # also on Ctrl-C: a lock must not stay
        _close(taken)
        raise
    return Choice(tuple(taken), unreadable=tuple(unreadable))


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            if not any(path.glob("*.jsonl")):
                remedy = "name a folder that holds *.jsonl, or the files themselves"
                raise SettingsError(Problem("holds no journal", remedy, shown(path)))
            yield from sorted(_unfinished(path))
        elif path.is_file():
            yield path
        else:
            what = "is not a regular file" if path.exists() else "there is no such file"
            remedy = "check the path; journals are kept as .jama/*.jsonl"
            raise SettingsError(Problem(what, remedy, shown(path)))


def _unfinished(folder: Path) -> Iterator[Path]:
    for path in folder.glob("*.jsonl"):
        if path.is_file() and not is_finished(path):
            yield path


def _with_partners(taken: Sequence[TakenUp], folder: Path) -> tuple[TakenUp, ...]:
    """Add the journals that the last upload of these was about, of which some may be finished.

    Without them, a test case would be judged by fewer tests than those sent already.
    """
    names = {each.recording.header.session for each in taken}
    missing = {name for each in taken for name in each.recording.partners} - names
    added: list[TakenUp] = []
    try:
        added.extend(
            take_up(_require_partner(folder, name, of=taken[0])) for name in sorted(missing)
        )
    except BaseException:  # also on Ctrl-C: a lock must not stay
        _close([*taken, *added])
        raise
    return (*taken, *added)


def _require_partner(folder: Path, name: str, *, of: TakenUp) -> Path:
    path = folder / f"{name}.jsonl"
    if not path.is_file():
        raise PytestJamaError(
            f"{shown(of.recording.path)}: was last uploaded together with {name}, "
            f"which is not in {shown(folder)}; name all journals that belong together",
        )
    return path


def _read_later(folder: Path, name: str) -> Iterator[Recording]:
    for path in sorted(folder.glob("*.jsonl")):
        if path.name > name:
            with suppress(PytestJamaError), path.open("rb") as file:
                yield read_journal(file, path)


def _is_uploading(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return read_journal(file, path).is_taken_up
    except PytestJamaError:
        return False


def _close(taken: Iterable[TakenUp]) -> None:
    for each in taken:
        each.writer.close()


def shown(path: Path) -> str:
    """Return a path as messages name it: relative where that is shorter."""
    try:
        return min(os.path.relpath(path), str(path), key=len)
    except ValueError:  # Windows: another drive
        return str(path)
