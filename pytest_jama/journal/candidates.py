"""Which files are taken for journals, of those that a user names and those that lie in a folder."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from pytest_jama.core.errors import Problem, PytestJamaError, SettingsError
from pytest_jama.core.trust import UntrustedError, check_folder, check_place, kind_of, read_own
from pytest_jama.journal.folder import (
    INCOMPLETE,
    find_journals,
    find_untrusted,
    is_finished,
    shown,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path


def require_trusted(folder: Path) -> None:
    """Refuse a folder that is not trusted.

    Raises:
        SettingsError: When it is not.
    """
    try:
        check_folder(folder)
    except UntrustedError as exc:
        raise SettingsError(Problem(exc.why, exc.remedy, shown(folder))) from exc


def find_trusted(folder: Path | None, damage: dict[str, str]) -> Iterator[Path]:
    """Yield the folder in which later sessions may be, if it is trusted."""
    if folder is None:
        return
    try:
        check_folder(folder)
    except UntrustedError as error:
        damage[shown(folder)] = f"{error.why}; {error.remedy}"
    else:
        yield folder.resolve()


def refused_in(folders: Iterable[Path]) -> Iterator[tuple[str, str]]:
    """Yield what in folders is named as a journal and is not taken for one, and why.

    Something of it may be unsent, or be of a later session, as of one that cannot be read.
    """
    for folder in folders:
        for path, why in find_untrusted(folder):
            yield shown(path), why


def find_planted_folder(path: Path) -> tuple[str, str] | None:
    """Return why a file is not taken that was named, for the folder that it lies in; else None."""
    try:
        check_place(path.parent)
    except UntrustedError as error:
        why = f"lies in a folder that {error.why}, so that others may have put it there"
        return shown(path), f"{why}; copy it to a folder of yours if you know that it is right"
    return None


def named_files(paths: Iterable[Path], damage: dict[str, str]) -> Iterator[Path]:
    """Yield the journals that a user named; of a folder, those that are not finished.

    Args:
        paths: Files and folders.
        damage: Gets why files of the folders are not taken.

    Raises:
        SettingsError: When one of them cannot be a journal, or is a folder that is not trusted.
    """
    for path in paths:
        if path.is_dir():
            require_trusted(path)
            untrusted = dict(refused_in([path]))
            damage.update(untrusted)
            if not untrusted and not any(find_journals(path)):
                remedy = "name a folder that holds *.jsonl, or the files themselves"
                raise SettingsError(Problem("holds no journal", remedy, shown(path)))
            yield from sorted(find_unfinished(path))
            yield from find_set_aside(path)
        elif path.is_file() and path.resolve().parent == path.parent.resolve():
            yield path
        else:
            raise SettingsError(Problem(*_why_no_journal(path), shown(path)))


def _why_no_journal(path: Path) -> tuple[str, str]:
    """Return what is wrong with a path that was named, and what to do about it."""
    if path.is_file():
        target = path.resolve()
        return f"is a symbolic link out of its folder, to {target}", "name the file itself"
    what = kind_of(path.stat().st_mode) if path.exists() else "there is no such file"
    return what, "check the path; journals are kept as .jama/*.jsonl"


def find_unfinished(folder: Path) -> Iterator[Path]:
    """Yield the journals of a folder that may have something to send, in no order."""
    for path in find_journals(folder):
        if path.suffix != INCOMPLETE and not _is_finished(path):
            yield path


def _is_finished(path: Path) -> bool:
    """Return whether nothing of a journal is to be sent; one that cannot be read may have some."""
    try:
        return is_finished(path)
    except UntrustedError:
        return True
    except OSError:
        return False


LATELY_S = 300.0
"""A server may be at work on what a session began to create for so long, after its end, too."""
_CREATION = b'"line":"creation"'


def find_begun(own: Iterable[Path], *, now_s: float | None = None) -> dict[str, float]:
    """Return what other sessions began to create lately, and what may come to be still.

    Only journals that are not finished, and that were written to lately, are read: mostly none.

    Args:
        own: The journals of this session; the others lie beside them.
        now_s: The time, in seconds since 1970; None for now.

    Returns:
        See `Findings.begun`.
    """
    own = frozenset(own)
    since_s = (time.time() if now_s is None else now_s) - LATELY_S
    begun: dict[str, float] = {}
    for folder in {path.parent for path in own}:
        with suppress(OSError):
            for path in find_journals(folder):
                is_late = path.lstat().st_mtime < since_s
                if is_late or path in own or path.suffix == INCOMPLETE or _is_finished(path):
                    continue
                for what, at in _read_begun(path).items():
                    begun[what] = max(at, begun.get(what, at))
    return begun


def _read_begun(path: Path) -> Mapping[str, float]:
    from pytest_jama.journal.read import read_journal  # noqa: PLC0415 (few sessions need it)

    with suppress(OSError, PytestJamaError), read_own(path) as file:
        if _CREATION in file.read():
            file.seek(0)
            return read_journal(file, path).begun
    return {}


def find_set_aside(folder: Path) -> list[Path]:
    """Return the journals of a folder that lack lines."""
    return sorted(path for path in find_journals(folder) if path.suffix == INCOMPLETE)
