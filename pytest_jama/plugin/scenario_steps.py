"""Scenarios of pytest-bdd: tags are references, each step becomes a line of the test's account.

Source: https://pytest-bdd.readthedocs.io/en/latest/, "Hooks".
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.core.results import Outcome
from pytest_jama.plugin.guard import Guarded, guarded
from pytest_jama.plugin.step_ends import read_end

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_jama.plugin.attempts import Attempts


class ScenarioTags:
    """Takes the tag ``@jama:KEY`` of a feature file for the marker, also with strict markers."""

    @pytest.hookimpl(optionalhook=True, tryfirst=True)
    def pytest_bdd_apply_tag(self, tag: str, function: Callable[..., object]) -> bool | None:
        """Mark a scenario with the cases of a tag; leave other tags to pytest-bdd."""
        if not tag.startswith("jama:"):
            return None
        for text in tag.removeprefix("jama:").split(","):
            case, hash_sign, step = text.partition("#")
            mark = pytest.mark.jama
            (mark(case, step=step) if hash_sign else mark(case))(function)
        return True


class _Line:
    """One step of a scenario, and what became of it."""

    def __init__(self, step: Any, outcome: str = "") -> None:
        keyword = getattr(step, "keyword", "") or step.type.capitalize()
        self.step = step
        self.outcome = outcome
        self._text = f"{keyword} {step.name}"

    def __str__(self) -> str:
        return f"{self._text}: {self.outcome or 'not completed'}"


class ScenarioSteps(Guarded):
    """Writes the steps of scenarios down.

    Args:
        attempts: Has the evidence of the test that runs.
    """

    def __init__(self, attempts: Attempts) -> None:
        super().__init__(attempts.errors)
        self._attempts = attempts
        self._last: _Line | None = None

    @pytest.hookimpl(optionalhook=True)
    @guarded
    def pytest_bdd_before_scenario(self) -> None:
        """Begin."""
        self._last = None

    @pytest.hookimpl(optionalhook=True)
    @guarded
    def pytest_bdd_before_step(self, request: pytest.FixtureRequest, step: Any) -> None:
        """Begin a line."""
        self._last = self._add(request, _Line(step))

    @pytest.hookimpl(optionalhook=True)
    @guarded
    def pytest_bdd_after_step(self) -> None:
        """Complete it."""
        if self._last is not None:
            self._last.outcome = Outcome.PASSED.value

    @pytest.hookimpl(optionalhook=True)
    @guarded
    def pytest_bdd_step_func_lookup_error(self, request: pytest.FixtureRequest, step: Any) -> None:
        """Add a step that nobody has implemented."""
        self._last = self._add(request, _Line(step, "failed, it is not implemented"))

    @pytest.hookimpl(optionalhook=True)
    @guarded
    def pytest_bdd_after_scenario(self, request: pytest.FixtureRequest, scenario: Any) -> None:
        """Say how the scenario broke off, and what did not run any more.

        The hook for errors does not see what is not an `Exception`, such as a skip.
        """
        exc = sys.exc_info()[1]
        if exc is None or self._last is None:
            return
        if not self._last.outcome:
            outcome = read_end(exc).outcome
            self._last.outcome = outcome.value if outcome else ""
        steps = iter(scenario.steps)
        _ = any(step is self._last.step for step in steps)  # go there
        for step in steps:
            self._add(request, _Line(step, "not run"))

    def _add(self, request: pytest.FixtureRequest, line: _Line) -> _Line:
        self._attempts.evidence_of(request.node).add_line(line)
        return line
