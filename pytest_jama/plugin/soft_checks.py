"""Checks that fail without raising anything: those of pytest-check, where it is loaded."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from pytest_jama.core.text import clean, first_line

if TYPE_CHECKING:
    from collections.abc import Callable


class SoftChecks:
    """Sees the failed checks of the test that runs.

    pytest-check (3.0) calls a function for each failed check, in the context of the check; which
    step it belongs to is known only there. Older versions, and tests that have set a function of
    their own, only let failures be counted.

    Args:
        tell: Told of a failed check, with its reason.

    Source: https://github.com/okken/pytest-check, ``call_on_fail`` and ``check_log``.
    """

    def __init__(self, tell: Callable[[str], object]) -> None:
        self._log: Any = sys.modules.get("pytest_check.check_log")
        self._tell = tell
        self._told: list[str] = []  # threads append to it
        self.before: Callable[[str], object] | None = None
        """What the test itself wants to be called."""
        find_state = getattr(self._log, "_current_state", None)
        state: Any = find_state() if find_state is not None else None
        if hasattr(state, "fail_function"):
            before = state.fail_function
            ours = getattr(before, "__self__", None)  # pytest-check keeps it for the next test
            self.before = ours.before if isinstance(ours, SoftChecks) else before
            state.fail_function = self._hear

    def count(self) -> int:
        """Return how many checks have failed that this was not told of."""
        return 0 if self._log is None else self._count_all() - len(self._told)

    def find_failed_since(self, before: int) -> str:
        """Return why a check failed that this was not told of; empty when none did.

        Args:
            before: What `count` said then.
        """
        if self._log is None or self.count() <= before:
            return ""
        failures = self._log.get_failures()
        return _reason(str(failures[-1])) if failures else "a check failed"

    def _count_all(self) -> int:
        count = getattr(self._log, "get_num_failures", None)
        if count is not None:
            return int(count())
        return int(getattr(self._log, "_num_failures", len(self._log.get_failures())))

    def _hear(self, message: str) -> None:
        reason = _reason(message)
        self._told.append(reason)
        self._tell(reason)
        if self.before is not None:
            self.before(message)


def _reason(message: str) -> str:
    return first_line(clean(message).replace("FAILURE:", "", 1))
