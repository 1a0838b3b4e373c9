"""What a settings file may cost: its size, what its aliases make of it, its depth.

A hostile or broken file ends as one sentence that names it, before any test runs: never as a crash
of pytest, and never after minutes or gigabytes.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from pytest_jama.core.errors import Problem, PytestJamaError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_SETTINGS_BYTES = 16 * 1024**2
"""Largest settings file; a map of 100,000 tests has some 8 MB."""

MOST_LOCK_BYTES = 64 * 1024**2
"""Largest jama.lock; one of 10,000 cases with ten steps each has some 20 MB."""

MOST_NODES = 500_000
"""Most keys and values that stand in a settings file."""

MOST_REPEATED = 100_000
"""Most keys and values that aliases add to these."""

DEEPEST = 20
"""Most levels of a settings file; the settings themselves have five."""


@contextmanager
def surprises_told(label: str) -> Iterator[None]:
    """Turn what no one has foreseen into a mistake of the settings, which ends a session in order.

    The text of such an error is not repeated: it may hold a secret.

    Args:
        label: The file, as messages name it.

    Raises:
        SettingsError: Instead of any other error.
    """
    try:
        yield
    except PytestJamaError:
        raise
    except Exception as exc:
        problem = Problem(
            f"cannot be understood: {type(exc).__name__}",
            "make it simpler; if nothing in it is odd, report this as a fault of pytest-jama",
            label,
        )
        raise SettingsError(problem) from exc


def too_big(at_most: int) -> str:
    """Say that a file is too big."""
    return f"has more than {at_most // 1024**2} MB"
