"""The object behind the fixture ``jama``: what a test says of its steps, and its notes."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from pytest_jama.core.cases import parse_step
from pytest_jama.core.properties import evidence_properties
from pytest_jama.core.results import MESSAGE_CHARACTERS, Outcome
from pytest_jama.core.text import clean, first_line, shorten
from pytest_jama.plugin.guard import Guarded, guarded
from pytest_jama.plugin.phases import ends_attempt, is_failed_subtest, message_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_jama.core.errors import ErrorLog


@dataclass(slots=True)
class _OpenStep:
    notes: list[str]
    has_failed: bool = False


class JamaFixture:
    """Collects the steps and notes of one attempt of one test."""

    def __init__(self) -> None:
        self._steps: list[tuple[int, str, str]] = []
        self._notes: list[str] = []
        self._open_steps: list[_OpenStep] = []

    @contextmanager
    def step(self, number: int, note: str | None = None) -> Iterator[None]:
        """Say that the code inside is the evidence of one step of the test's cases.

        The step passes when the code ends, and fails with any exception, which goes on. A step that
        is entered several times gets the worst of its outcomes.

        Args:
            number: The step as counted in Jama, from 1.
            note: A text for the step's actual result.

        Raises:
            ValueError: When `number` is not a step number.
        """
        number = parse_step(number)
        step = _OpenStep([note] if note else [])
        self._open_steps.append(step)
        try:
            yield
        except _ENDS_OF_ALL:  # the step did not end
            self._open_steps.pop()
            raise
        except BaseException as exc:  # whatever it is, pytest reports it as the end of the test
            self._close_step(number, _outcome_of(exc), [*step.notes, _reason(exc)])
            raise
        else:
            self._close_step(number, "failed" if step.has_failed else "passed", step.notes)

    def note(self, text: str) -> None:
        """Add a note: to the step that is open, or else to the account of the test."""
        target = self._open_steps[-1].notes if self._open_steps else self._notes
        target.append(str(text))

    def fail_open_steps(self, reason: str) -> None:
        """Fail the open steps: a subtest in them has failed, which raises nothing."""
        for step in self._open_steps:
            step.has_failed = True
            step.notes.append(reason)

    def properties(self) -> Iterator[tuple[str, str]]:
        """Yield everything as properties of the test."""
        return evidence_properties(self._steps, map(_short, self._notes))

    def _close_step(self, number: int, outcome: str, notes: list[str]) -> None:
        self._open_steps.pop()
        self._steps.append((number, outcome, _short("\n".join(filter(None, notes)))))


class FixtureCarrier(Guarded):
    """Puts what tests say of themselves on their reports, before xdist or ``--junitxml`` see these.

    The first test that uses the fixture has it registered, so that no other session pays for it.
    """

    def __init__(self, errors: ErrorLog) -> None:
        super().__init__(errors)
        self._node_id = ""
        self._evidence: JamaFixture | None = None

    def begin(self, node_id: str, evidence: JamaFixture) -> None:
        """Carry the evidence of the test that runs now; what an earlier attempt said is dropped."""
        self._node_id, self._evidence = node_id, evidence

    @pytest.hookimpl(tryfirst=True)
    @guarded
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Put it on the report when it belongs to that test."""
        if self._evidence is None or report.nodeid != self._node_id:
            return
        if is_failed_subtest(report):
            self._evidence.fail_open_steps(first_line(message_of(report, Outcome.FAILED)))
        if report.when != "setup":
            report.user_properties.extend(self._evidence.properties())
        if report.when == "teardown" or ends_attempt(report):
            self._evidence = None


def start_fixture(item: pytest.Item) -> JamaFixture:
    """Begin the evidence of a new attempt of a test."""
    evidence = JamaFixture()
    plugins = item.config.pluginmanager
    reporting = plugins.get_plugin(COLLECTION)
    if reporting is not None:
        carrier = plugins.get_plugin(_CARRIER)
        if carrier is None:
            carrier = FixtureCarrier(reporting.errors)
            plugins.register(carrier, _CARRIER)
        carrier.begin(item.nodeid, evidence)
    return evidence


COLLECTION = "jama-collection"
"""Name of the plugin that is there in each process that reports, see `activation`."""

_CARRIER = "jama-evidence"

_ENDS_OF_ALL = (KeyboardInterrupt, pytest.exit.Exception)
"""What ends the session instead of a step or test."""

_OUTCOMES = (pytest.skip.Exception, pytest.fail.Exception, pytest.xfail.Exception)


def _outcome_of(exc: BaseException) -> str:
    if isinstance(exc, pytest.skip.Exception):
        return "skipped"
    return "xfailed" if isinstance(exc, pytest.xfail.Exception) else "failed"


def _reason(exc: BaseException) -> str:
    name = "" if isinstance(exc, _OUTCOMES) else type(exc).__name__
    return ": ".join(part for part in (name, first_line(str(exc))) if part)


def _short(text: str) -> str:
    return shorten(clean(text), at_most=MESSAGE_CHARACTERS)
