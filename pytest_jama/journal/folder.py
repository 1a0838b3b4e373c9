"""The folder of the journals: their names, the one order of their sessions, which are removed.

Every session gets a number in its header. It is the time in microseconds, but always more than the
number of any journal that lies in the folder already. So sessions of one folder are in the order in
which they came, whatever their clocks say; those of several machines are in the order of their
clocks, since nothing else is known of them.
"""

from __future__ import annotations

import errno
import json
import os
import secrets
import stat
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_jama.core.trust import (
    BINARY,
    NEW_FILE,
    NEW_FOLDER,
    UntrustedError,
    check_folder,
    is_ours,
    is_shared,
    kind_of,
    open_own,
    read_own,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_jama.journal.lines import JournalLine
    from pytest_jama.journal.record import Recording


FOLDER = ".jama"
"""The folder of the journals unless a setting says otherwise."""

INCOMPLETE = ".incomplete"
"""The ending of a journal's name when it lacks lines of its session."""

FILES = ".files"
"""The ending of the folder of the files of a session, in the place of that of its journal."""

_ENDINGS = frozenset({".jsonl", INCOMPLETE})
_TAIL_BYTES = 4096
_PADDING = b"\0\r\n\t \xef\xbb\xbf"
_UNREADABLE = (
    *(ValueError, OverflowError, RecursionError),
    *(KeyError, TypeError, AttributeError),
)
_MOST_ORDER = 1 << 63
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_IN_USE = frozenset({"EBUSY", "ETXTBSY"})
_IN_USE_ON_WINDOWS = frozenset({32, 33})
"""ERROR_SHARING_VIOLATION and ERROR_LOCK_VIOLATION."""


def prepare_folder(folder: Path) -> None:
    """Create the folder of the journals, ignored by git.

    Raises:
        UntrustedError: When it is there, and is not trusted.
        OSError: When it cannot be created or written.
    """
    folder.mkdir(NEW_FOLDER, parents=True, exist_ok=True)
    check_folder(folder)
    with suppress(FileExistsError):
        # Whatever is there stays: a link, too, which must not be written through.
        new = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        ignore = os.open(folder / ".gitignore", new | BINARY, NEW_FILE)
        with os.fdopen(ignore, "wb") as file:
            file.write(b"*\n")


def new_journal_path(folder: Path, started: datetime) -> Path:
    """Return a file name that no other session uses: ``20261122T043016Z-9f2c1ab0.jsonl``.

    Args:
        folder: The folder of the journals.
        started: When the session started, in UTC.
    """
    return folder / f"{started:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}.jsonl"


def find_journals(folder: Path) -> Iterator[Path]:
    """Yield all journals of a folder, in no order, also those that are set aside."""
    for path, mode in _listed(folder):
        if stat.S_ISREG(mode):
            yield path


def find_untrusted(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield what is named as a journal and is not taken for one, with why, in order.

    In a folder as ``/tmp`` what others have is theirs, and says nothing of our sessions. A link to
    a journal of the folder is that journal once more.
    """
    has_others = is_shared(folder.stat())
    for path, mode in sorted(_listed(folder)):
        if (has_others and not _is_ours(path)) or (stat.S_ISLNK(mode) and _is_name_within(path)):
            continue
        kind = kind_of(mode)
        if kind:
            yield path, kind
            continue
        try:
            os.close(open_own(path))
        except UntrustedError as error:
            yield path, f"{error.why}; {error.remedy}"
        except OSError:
            continue  # who reads it says why it cannot be read


def _is_ours(path: Path) -> bool:
    try:
        return is_ours(path.lstat())
    except FileNotFoundError:
        return False


def _is_name_within(link: Path) -> bool:
    target = Path(os.path.realpath(link))  # which no loop stops
    is_beside = target.parent == link.parent.resolve() and target.suffix in _ENDINGS
    return is_beside and target.is_file()


def _listed(folder: Path) -> Iterator[tuple[Path, int]]:
    """Yield what has the name of a journal, with its mode; a link itself."""
    for path in folder.iterdir():
        if path.suffix in _ENDINGS:
            with suppress(FileNotFoundError):
                yield path, path.lstat().st_mode


def next_order(folder: Path, started: datetime) -> int:
    """Return the number of a session that starts now: more than that of all before it.

    Args:
        folder: The folder of the journals.
        started: When the session started.

    Raises:
        OSError: When the folder cannot be read.
    """
    return max([_microseconds(started), *(find_order(path) + 1 for path in find_journals(folder))])


def find_order(path: Path) -> int:
    """Return the number of the session of a journal; 0 when its header cannot be read."""
    with suppress(OSError, *_UNREADABLE):
        with read_own(path) as file:
            header = json.loads(file.readline().strip(_PADDING))
        if header["line"] == "session":
            return order_in(header)
    return 0


def order_in(header: JournalLine) -> int:
    """Return the number of a session; journals before 0.2 lack it, and have only their time."""
    order = header.get("order")
    if isinstance(order, int) and not isinstance(order, bool) and 0 <= order < _MOST_ORDER:
        return order
    return _microseconds(datetime.fromisoformat(header["started"]))


def order_of_name(name: str) -> int:
    """Return what the name of a journal tells of the number of its session; 0 for nothing."""
    with suppress(ValueError):
        return _microseconds(datetime.strptime(name.partition("Z")[0] + "Z", "%Y%m%dT%H%M%S%z"))
    return 0


def _microseconds(moment: datetime) -> int:
    return (moment.astimezone(timezone.utc) - _EPOCH) // timedelta(microseconds=1)


def is_finished(path: Path) -> bool:
    """Return whether the last line of a journal says that nothing is left to send.

    Raises:
        OSError: When the file cannot be read.
    """
    with read_own(path) as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _TAIL_BYTES))
        # A machine that lost its power may leave a tail of NUL bytes.
        last = file.read().rstrip(b"\0\r\n").rpartition(b"\n")[2]
    try:
        line = json.loads(last)
    except (ValueError, RecursionError):
        return False
    return isinstance(line, dict) and line.get("line") == "end" and line.get("finished") is True


def remove_old_journals(folder: Path, *, keep: int) -> None:
    """Remove finished journals but for the newest, and those that an older one must not undo.

    Another session may be removing the same ones at the same time. What another process has open,
    where the system keeps such files from being removed, is left for the next time.

    Args:
        folder: The folder of the journals.
        keep: How many finished journals stay.

    Raises:
        UntrustedError: When the folder is not trusted.
        OSError: When the folder cannot be read or a file cannot be removed.
    """
    check_folder(folder)
    finished: list[Path] = []
    unfinished: list[Path] = []
    for path in find_journals(folder):
        if path.suffix == INCOMPLETE:
            continue
        with suppress(FileNotFoundError, UntrustedError), _leaving_what_is_in_use():
            (finished if is_finished(path) else unfinished).append(path)
    ours = sorted((path for path in finished if "Z-" in path.name), key=_by_order)
    surplus = ours[: max(0, len(ours) - keep)]
    if surplus and unfinished:
        needed = _find_needed(ours, surplus, unfinished)
        surplus = [path for path in surplus if path not in needed]
    for path in surplus:
        with _leaving_what_is_in_use():
            path.unlink(missing_ok=True)
            _remove_files(path)


def _remove_files(journal: Path) -> None:
    """Remove the files that were kept beside a journal."""
    folder = journal.with_name(f"{journal.name.partition('.')[0]}{FILES}")
    if folder.is_symlink() or not folder.is_dir():
        return
    for path in folder.iterdir():
        path.unlink(missing_ok=True)
    folder.rmdir()


@contextmanager
def _leaving_what_is_in_use() -> Iterator[None]:
    """Pass over a file that another process has open: Windows and some network shares keep it."""
    try:
        yield
    except OSError as exc:
        on_windows = getattr(exc, "winerror", None) in _IN_USE_ON_WINDOWS
        if not on_windows and errno.errorcode.get(exc.errno or 0) not in _IN_USE:
            raise


def _by_order(path: Path) -> tuple[int, str]:
    return find_order(path), path.name


def _find_needed(
    finished: Sequence[Path],
    surplus: Sequence[Path],
    unfinished: Sequence[Path],
) -> set[Path]:
    """Return which of the surplus ones are needed to finish an upload.

    They are the partners of an unfinished journal, and those of later sessions that were the last
    to write into some run: without them, the older results would replace theirs.
    """
    waiting = [each for path in unfinished if (each := _read(path)) and each.has_begun]
    if not waiting:
        return set()
    partners = {name for each in waiting for name in each.partners}
    oldest = min(each.header.rank for each in waiting)
    needed = set()
    written: set[tuple[str, str]] = set()
    for path in reversed(finished):
        recording = _read(path)
        if recording is None:
            continue
        is_last = not written.issuperset(recording.arrivals)
        written.update(recording.arrivals)
        is_later = recording.header.rank > oldest
        if path in surplus and ((is_later and is_last) or recording.header.session in partners):
            needed.add(path)
    return needed


def _read(path: Path) -> Recording | None:
    from pytest_jama.core.errors import PytestJamaError  # noqa: PLC0415
    from pytest_jama.journal.read import read_journal  # noqa: PLC0415 (few sessions need it)

    with suppress(OSError, PytestJamaError), read_own(path) as file:
        return read_journal(file, path)
    return None


def shown(path: Path) -> str:
    """Return a path as messages name it: relative where that is shorter."""
    try:
        return min(os.path.relpath(path), str(path), key=len)
    except ValueError:  # Windows: another drive
        return str(path)
