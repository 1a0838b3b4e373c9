"""What the exception that ends a step says of it: it failed, it was skipped, or nothing at all."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from pytest_jama.core.results import Outcome
from pytest_jama.core.text import first_line

ENDS_OF_ALL = (KeyboardInterrupt, pytest.exit.Exception)
"""What ends the session instead of a step or test."""

_CONTROL_FLOW = frozenset(
    {
        ("asyncio.exceptions", "CancelledError"),
        ("trio", "Cancelled"),
        ("greenlet", "GreenletExit"),
        ("builtins", "GeneratorExit"),
        ("builtins", "StopIteration"),
        ("builtins", "StopAsyncIteration"),
    }
)
"""Module and name of what ends code before its end without saying that anything is wrong. By name,
so that no library is imported to look."""

_REJECTED_EXAMPLES = frozenset(
    ("hypothesis.errors", name)
    for name in (
        "UnsatisfiedAssumption",
        "StopTest",
        "Frozen",
        "BackendCannotProceed",
        "RewindRecursive",
    )
)
"""What ends an example of a hypothesis test that is not to count: `assume`, and the like."""

_SKIPS = frozenset({("unittest.case", "SkipTest")})

_SAYS_ITSELF = (pytest.skip.Exception, pytest.fail.Exception, pytest.xfail.Exception)


class StepEnd(NamedTuple):
    """What an exception says of the step that it ends.

    Attributes:
        outcome: What became of the step; None when the exception says nothing of it.
        reason: The exception in one line.
        is_rejected: Whether what was done in the step is not to count at all.
    """

    outcome: Outcome | None
    reason: str
    is_rejected: bool = False


def read_end(exc: BaseException) -> StepEnd:
    """Tell what an exception says of the step that it ends."""
    names = {(cls.__module__, cls.__qualname__) for cls in type(exc).__mro__}
    if isinstance(exc, pytest.skip.Exception) or names & _SKIPS:
        return StepEnd(Outcome.SKIPPED, _describe(exc))
    if isinstance(exc, pytest.xfail.Exception):
        return StepEnd(Outcome.XFAILED, _describe(exc))
    if names & _REJECTED_EXAMPLES:
        return StepEnd(None, _describe(exc), is_rejected=True)
    if names & _CONTROL_FLOW or _is_all_control_flow(exc):
        return StepEnd(None, _describe(exc))
    return StepEnd(Outcome.FAILED, _describe(exc))


def _is_all_control_flow(exc: BaseException) -> bool:
    """Whether this is a group of exceptions, none of which says anything."""
    parts = _parts_of(exc)
    return bool(parts) and all(read_end(part).outcome is None for part in parts)


def _parts_of(exc: BaseException) -> tuple[BaseException, ...]:
    """Return the exceptions of a group; by its attribute, since Python 3.10 has no groups."""
    parts = getattr(exc, "exceptions", ())
    if isinstance(parts, tuple) and all(isinstance(part, BaseException) for part in parts):
        return parts
    return ()


def _describe(exc: BaseException) -> str:
    name = "" if isinstance(exc, _SAYS_ITSELF) else type(exc).__name__
    text = ": ".join(part for part in (name, first_line(str(exc))) if part)
    parts = _parts_of(exc)
    return f"{text}: {'; '.join(map(_describe, parts))}" if parts else text
