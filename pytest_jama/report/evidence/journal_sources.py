"""Finds and reads the journals that a record is made from; writes nothing."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_jama.core.errors import Problem, SettingsError
from pytest_jama.core.trust import UntrustedError, read_own
from pytest_jama.journal.candidates import find_planted_folder, require_trusted
from pytest_jama.journal.folder import find_journals, find_order, shown
from pytest_jama.journal.read import EmptyJournalError, read_journal
from pytest_jama.journal.upload_record import read_uploads
from pytest_jama.report.evidence.identification import name_place

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_jama.journal.record import Recording
    from pytest_jama.journal.upload_record import UploadRecord


@dataclass(frozen=True, slots=True)
class JournalSource:
    """One journal, as it was read once.

    Attributes:
        recording: What the session said.
        uploads: What was sent, and what became of it.
        size: Bytes of the file.
        sha256: Of these bytes.
        lines: How many there are.
    """

    recording: Recording
    uploads: tuple[UploadRecord, ...]
    size: int
    sha256: str
    lines: int

    def uploads_to(self, cycle_id: int | None) -> tuple[UploadRecord, ...]:
        """Return the uploads that came to a cycle; without one, all."""
        if cycle_id is None:
            return self.uploads
        return tuple(each for each in self.uploads if each.cycle_id == cycle_id)


def find_sources(paths: Sequence[Path], *, folder: Path | None) -> tuple[JournalSource, ...]:
    """Read the journals that a user named, and those that were last sent together with them.

    Args:
        paths: Files and folders; of a folder the newest journal, finished or not. Empty takes that
            of `folder`.
        folder: Where this repository keeps its journals; None when it has no such folder.

    Raises:
        SettingsError: When one of them cannot be used, or there is none.
    """
    if not paths and folder is None:
        remedy = "name a journal, or go where jama.yaml is"
        raise SettingsError(Problem("there is no folder of journals here", remedy, str(Path.cwd())))
    named = paths or (folder,)
    files = [_newest_of(each) if each.is_dir() else each for each in named if each is not None]
    sources = [read_source(path) for path in dict.fromkeys(each.resolve() for each in files)]
    known = {each.recording.header.session for each in sources}
    for source in tuple(sources):
        for name in source.recording.partners:
            beside = source.recording.path.parent / f"{name}.jsonl"
            if name not in known and beside.name == f"{name}.jsonl" and beside.is_file():
                known.add(name)
                sources.append(read_source(beside))
    return tuple(sources)


def _newest_of(folder: Path) -> Path:
    require_trusted(folder)
    journals = sorted(find_journals(folder), key=lambda path: (find_order(path), path.stem))
    if not journals:
        remedy = "name a folder that holds *.jsonl, or the files themselves"
        raise SettingsError(Problem("holds no journal", remedy, shown(folder)))
    return journals[-1]


def read_source(path: Path) -> JournalSource:
    """Read a journal.

    Raises:
        SettingsError: When it is not a journal, cannot be read, or is not to be trusted.
    """
    try:
        return source_of(read_content(path), path)
    except EmptyJournalError as exc:
        why = "ends before its header does: nothing is known of the session"
        raise SettingsError(Problem(why, "name another journal", shown(path))) from exc


def read_content(path: Path) -> bytes:
    """Read a file that may be a journal.

    Raises:
        SettingsError: When it cannot be read, or is not to be trusted.
    """
    planted = find_planted_folder(path)
    if planted is not None:
        where, why = planted
        why, _, remedy = why.partition("; ")
        raise SettingsError(Problem(why, remedy, where))
    try:
        with read_own(path) as file:
            return file.read()
    except UntrustedError as exc:
        raise SettingsError(Problem(exc.why, exc.remedy, shown(path))) from exc
    except FileNotFoundError as exc:
        remedy = "check the path; journals are kept as .jama/*.jsonl"
        raise SettingsError(Problem("there is no such file", remedy, shown(path))) from exc
    except OSError as exc:
        why, remedy = f"cannot be read: {exc.strerror or exc}", "check the path and its permissions"
        raise SettingsError(Problem(why, remedy, shown(path))) from exc


def source_of(content: bytes, path: Path) -> JournalSource:
    """Read the content of a journal, or of its beginning.

    Raises:
        JournalError: When it is not a journal, or of a newer format.
        EmptyJournalError: When it ends before its header does.
    """
    recording = read_journal(io.BytesIO(content), path)
    uploads = read_uploads(io.BytesIO(content))
    digest = hashlib.sha256(content).hexdigest()
    return JournalSource(recording, uploads, len(content), digest, content.count(b"\n"))


def require_one_place(sources: Iterable[JournalSource], *, is_known: bool = False) -> None:
    """Refuse journals that do not belong to one record.

    Args:
        sources: The journals.
        is_known: Whether their uploads are known to have come to one cycle, however it was named.

    Raises:
        SettingsError: When they went to different projects, plans or cycles, or were judged by
            different rules.
    """
    first, *others = (each.recording for each in sources)
    problems = []
    for other in others:
        for name in _RULES if is_known else (*_PLACE, *_RULES):
            mine, its = (each.header.settings.get(name) for each in (first, other))
            if name in _PLACE:  # whether it is created, and how, makes it no other place
                mine, its = name_place(mine), name_place(its)
            if mine != its:
                message = f"{name} is {its!r}, and {shown(first.path)} says {mine!r}"
                remedy = "make a report of each of them"
                problems.append(Problem(message, remedy, shown(other.path)))
    if problems:
        raise SettingsError(*problems)


_PLACE = ("url", "project", "plan", "cycle", "space", "workspace")
_RULES = ("verdicts", "drift")
