"""Several journals that get the same lines, from any thread."""

from __future__ import annotations

import os
import weakref
from functools import partial
from threading import RLock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pytest_jama.journal.file import JournalWriter
    from pytest_jama.journal.lines import JournalLine


class Journals:
    """The journals of an upload, mostly one; each gets every line.

    Args:
        writers: Of each journal; none for a dry run, after which everything is still to be sent.
        paths: The files, where there are no writers.
    """

    def __init__(self, writers: Sequence[JournalWriter], *, paths: Sequence[Path] = ()) -> None:
        self._writers = writers
        self._paths = paths
        self._writing = RLock()
        if hasattr(os, "register_at_fork"):  # a thread that held it is not there in the child
            os.register_at_fork(after_in_child=partial(_unlock, weakref.ref(self)))

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files; one that lacks lines may have got another name."""
        return tuple(writer.path for writer in self._writers) or tuple(self._paths)

    @property
    def path(self) -> Path:
        """The last one."""
        return self.paths[-1]

    @property
    def failure(self) -> str:
        """Why lines are missing in one of them; empty while none are."""
        return next((writer.failure for writer in self._writers if writer.failure), "")

    def begin_lines(self) -> None:
        """Begin a new line in each, also after a torn one."""
        for writer in self._writers:
            writer.begin_line()

    def write(self, *lines: JournalLine | str) -> None:
        """Append lines to each, see `JournalWriter`; several threads may do so at one time."""
        with self._writing:
            for writer in self._writers:
                writer.write(*lines)

    def write_encoded(self, *lines: str) -> None:
        """Append lines that are JSON already to each."""
        with self._writing:
            for writer in self._writers:
                writer.write_encoded(*lines)

    def put_back(self) -> None:
        """Write each anew that is gone."""
        with self._writing:
            for writer in self._writers:
                writer.put_back()

    def close(self) -> None:
        """Close all of them."""
        with self._writing:
            for writer in self._writers:
                writer.close()

    def unlock(self) -> None:
        """Begin with a new lock in a forked process."""
        self._writing = RLock()


def _unlock(reference: weakref.ref[Journals]) -> None:
    journals = reference()
    if journals is not None:
        journals.unlock()
