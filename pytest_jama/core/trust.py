"""Whose files are taken, and the one way to open them: the rule against planted files.

A journal says what is written into Jama, and jama.yaml says where credentials go. So both are taken
only from the user, from root, or from whom the working folder belongs to (root in a container works
in a checkout of another user), and only when not everyone may write them. Members of their group
may: with the umask of many systems, each user is a group.

What is opened is a regular file, whatever the path becomes in between: the open file is looked at,
not the path. Windows has no such owners and modes, so that there only the kind of file counts.

And the one way to replace a file: all of it, or nothing.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, BinaryIO

from pytest_jama.core.errors import Problem, SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator
    from pathlib import Path


class UntrustedError(OSError):
    """A file or folder is not taken; `strerror` says why.

    Args:
        path: The file or folder.
        why: What is wrong with it; completes its name.
        remedy: What the user can do about it.
    """

    def __init__(self, path: Path, why: str, remedy: str) -> None:
        super().__init__(errno.EPERM, why, str(path))
        self.why = why
        self.remedy = remedy


class OddFileError(UntrustedError):
    """It is of another kind: a pipe, a folder, a device."""


NEW_FILE, NEW_FOLDER = 0o600, 0o700
"""The modes of what only its user needs to read."""

BINARY = getattr(os, "O_BINARY", 0)
"""Without it, which only Windows has, each end of a line would become CR LF there."""

_COPY = "copy it to a folder of yours if you know that it is right"


def why_untrusted(
    facts: os.stat_result, *, users: Container[int], keeps_modes: Callable[[], bool]
) -> tuple[str, str] | None:
    """Return why a file or folder is not taken, and what to do about it; None when it is.

    Args:
        facts: What the system knows of it.
        users: Who may own it.
        keeps_modes: Returns whether its mode means anything.
    """
    if facts.st_uid not in users:
        return f"belongs to another user ({_name_of(facts.st_uid)})", _COPY
    if facts.st_mode & stat.S_IWOTH and keeps_modes():
        mode = f"{stat.S_IMODE(facts.st_mode):04o}"
        return f"is writable by everyone (mode {mode})", "look into it, then `chmod o-w` it"
    return None


def check_folder(folder: Path) -> None:
    """Refuse a folder that another user made, or that everyone may write.

    A folder may be a symbolic link: then both the link and what it leads to must be trusted.

    Raises:
        UntrustedError: When it is not trusted, or not a folder.
        OSError: When there is none.
    """
    facts = folder.lstat()
    if stat.S_ISLNK(facts.st_mode):
        _check_link(folder, facts)
        facts = folder.stat()
    if not stat.S_ISDIR(facts.st_mode):
        kind = (kind_of(facts.st_mode) or "is a file").partition(",")[0]
        raise OddFileError(folder, f"{kind}, where a folder should be", "remove it")
    _check(folder, facts, folder)


def check_place(folder: Path) -> None:
    """Refuse the folder of a file that is trusted itself, where others may put one in its place.

    Where everyone may write, as in ``/tmp``, the sticky bit keeps each file to its owner.

    Raises:
        UntrustedError: When it is not trusted.
        OSError: When there is none.
    """
    if not is_shared(facts := folder.stat()):
        _check(folder, facts, folder)


def is_shared(facts: os.stat_result) -> bool:
    """Return whether a folder is one as ``/tmp``: of the system, and each file is its owner's."""
    return bool(facts.st_mode & stat.S_IWOTH and facts.st_mode & stat.S_ISVTX and is_ours(facts))


def is_ours(facts: os.stat_result) -> bool:
    """Return whether a file or folder belongs to a user who is trusted; on Windows all do."""
    return not hasattr(os, "geteuid") or facts.st_uid in _trusted_users()


def open_own(path: Path, flags: int = os.O_RDONLY, *, follows: bool = False) -> int:
    """Open a file that is trusted, in binary mode.

    Args:
        path: The file.
        flags: As for `os.open`; nothing is created.
        follows: Whether it may be a symbolic link; then the link must be trusted, too.

    Raises:
        UntrustedError: When it is not trusted, or not a regular file.
        OSError: When it cannot be opened.
    """
    if follows:
        _follow(path)
    descriptor = open_regular(path, flags, follows=follows)
    try:
        _check(path, os.fstat(descriptor), path.parent)
    except BaseException:  # also on Ctrl-C: the file must not stay open
        os.close(descriptor)
        raise
    return descriptor


def check_file(path: Path) -> None:
    """Refuse a file that is not trusted, without opening it; it may be a symbolic link.

    Raises:
        UntrustedError: When it is not trusted, or not a regular file.
        OSError: When there is none.
    """
    _follow(path)
    facts = path.stat()
    _check_kind(path, facts.st_mode)
    _check(path, facts, path.parent)


def _follow(path: Path) -> None:
    facts = path.lstat()
    if stat.S_ISLNK(facts.st_mode):
        _check_link(path, facts)


def read_own(path: Path) -> BinaryIO:
    """Open a file that is trusted for reading; see `open_own`."""
    return os.fdopen(open_own(path), "rb")


def open_regular(path: Path, flags: int = os.O_RDONLY, *, follows: bool = True) -> int:
    """Open a file of anyone, in binary mode; nothing else: a pipe would block, a device may act.

    Args:
        path: The file.
        flags: As for `os.open`; nothing is created.
        follows: Whether it may be a symbolic link.

    Raises:
        UntrustedError: When it is not a regular file.
        OSError: When it cannot be opened.
    """
    facts = path.stat() if follows else path.lstat()
    _check_kind(path, facts.st_mode)  # some devices act when they are opened
    safely = _NONBLOCK | (0 if follows else _NOFOLLOW)
    try:
        descriptor = os.open(path, flags | safely | BINARY)
    except OSError as exc:
        if exc.errno in _NO_FILE:  # it became a link or a socket in between
            raise _odd(path, "is not a regular file") from exc
        raise
    try:
        _check_kind(path, os.fstat(descriptor).st_mode)
    except BaseException:  # also on Ctrl-C: the file must not stay open
        os.close(descriptor)
        raise
    return descriptor


def kind_of(mode: int) -> str:
    """Return what is at a path that is not a regular file; empty for one."""
    if stat.S_ISREG(mode):
        return ""
    return next((words for is_kind, words in _KINDS if is_kind(mode)), "is not a regular file")


_KINDS: tuple[tuple[Callable[[int], bool], str], ...] = (
    (stat.S_ISLNK, "is a symbolic link, which is not followed"),
    (stat.S_ISDIR, "is a folder"),
    (stat.S_ISFIFO, "is a pipe, not a regular file"),
    (stat.S_ISSOCK, "is a socket, not a regular file"),
)

_NONBLOCK = getattr(os, "O_NONBLOCK", 0)
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_NO_FILE = frozenset({errno.ELOOP, errno.ENXIO})


def _check_kind(path: Path, mode: int) -> None:
    kind = kind_of(mode)
    if kind:
        raise _odd(path, kind)


def _odd(path: Path, kind: str) -> OddFileError:
    return OddFileError(path, kind, "remove it, or name a regular file")


def _check_link(path: Path, facts: os.stat_result) -> None:
    if not is_ours(facts):
        why = f"is a symbolic link of another user ({_name_of(facts.st_uid)})"
        raise UntrustedError(path, why, "remove it, or name what it leads to")


def _check(path: Path, facts: os.stat_result, folder: Path) -> None:
    if not hasattr(os, "geteuid"):  # Windows
        return
    found = why_untrusted(
        facts, users=_trusted_users(), keeps_modes=lambda: not _is_open_to_all(folder)
    )
    if found is not None:
        raise UntrustedError(path, *found)


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Replace a file when all of it is written: yield where to write, a new file beside it.

    Raises:
        SettingsError: When it cannot be written.
    """
    import secrets  # noqa: PLC0415 (only who writes)

    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield part
        part.replace(path)
    except OSError as exc:
        remedy = "check the folder, its permissions and its space"
        raise SettingsError(
            Problem(f"cannot be written: {exc.strerror or exc}", remedy, str(path))
        ) from exc
    finally:
        with suppress(OSError):
            part.unlink()


def _trusted_users() -> frozenset[int]:
    users = {os.geteuid(), 0}
    with suppress(OSError):
        users.add(os.stat(".").st_uid)  # noqa: PTH116 (also where that folder was removed)
    return frozenset(users)


def _is_open_to_all(folder: Path) -> bool:
    """Return whether everyone's right to write says nothing in a folder.

    Runners of GitLab check out, and unpack artifacts, with ``umask 0000`` into a container that the
    job has for itself. Source: https://gitlab.com/gitlab-org/gitlab-runner/-/issues/1736

    Other file systems have no modes and show the same one for all files, as those of Windows do in
    WSL: a new file of mode 0600 tells.
    """
    if os.environ.get("GITLAB_CI"):
        return True
    import tempfile  # noqa: PLC0415 (rarely needed, imports a lot)

    try:
        with tempfile.NamedTemporaryFile(prefix=".jama-", dir=folder) as file:
            return bool(os.fstat(file.fileno()).st_mode & stat.S_IWOTH)
    except OSError:
        return False


def _name_of(user: int) -> str:
    with suppress(ImportError, KeyError):
        import pwd  # noqa: PLC0415 (not on Windows)

        return f"{pwd.getpwuid(user).pw_name}, uid {user}"
    return f"uid {user}"
