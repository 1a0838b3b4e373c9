"""Who writes a journal: a lock that the system releases when its process dies."""

from __future__ import annotations

import errno
import os
import sys

_TAKEN = frozenset({errno.EACCES, errno.EAGAIN, errno.EWOULDBLOCK, errno.EDEADLK})


def try_to_lock(descriptor: int) -> bool:
    """Lock an open file until it is closed, also by the death of the process.

    Where a file system has no locks, everybody gets one: no lock is worth a lost journal.

    Args:
        descriptor: The file, open for writing.

    Returns:
        False when somebody else has the lock.
    """
    try:
        _lock(descriptor)
    except OSError as exc:
        return exc.errno not in _TAKEN
    return True


if sys.platform == "win32":
    import msvcrt

    # Windows keeps others from reading what is locked, so it is a byte that never holds anything.
    _FAR_AWAY = 2**40

    def _lock(descriptor: int) -> None:
        os.lseek(descriptor, _FAR_AWAY, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        # Not `lockf`: that lock is lost as soon as this process reads the file and closes it.
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
