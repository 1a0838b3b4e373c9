"""Counting what SQLite does for a request: it says how many instructions it ran."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_jama.sandbox.database import Database

AT_MOST = 1.05
"""Ratio of the work for one request among four times as many; what is linear has 2 to 4."""


@contextmanager
def counted(database: Database) -> Iterator[list[int]]:
    """Count SQLite's instructions."""
    steps = [0]

    def step() -> int:
        steps[0] += 1
        return 0

    connection = database._connection  # noqa: SLF001 - SQLite tells nobody else
    connection.set_progress_handler(step, 1)
    yield steps
    connection.set_progress_handler(None, 1)
