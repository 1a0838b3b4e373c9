"""Scenarios of pytest-bdd: each step becomes a line of the test's account.

Source: https://pytest-bdd.readthedocs.io/en/latest/, "Hooks".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.plugin.guard import Guarded, guarded

if TYPE_CHECKING:
    from pytest_jama.plugin.attempts import Attempts


class _Line:
    """One step of a scenario, and what became of it; a skip ends it without a word."""

    def __init__(self, step: Any, outcome: str = "not completed") -> None:
        keyword = getattr(step, "keyword", "") or step.type.capitalize()
        self._text = f"{keyword} {step.name}"
        self.outcome = outcome

    def __str__(self) -> str:
        return f"{self._text}: {self.outcome}"


class ScenarioSteps(Guarded):
    """Writes the steps of scenarios down.

    Args:
        attempts: Has the evidence of the test that runs.
    """

    def __init__(self, attempts: Attempts) -> None:
        super().__init__(attempts.errors)
        self._attempts = attempts
        self._line: _Line | None = None

    @pytest.hookimpl(optionalhook=True)
    @guarded
    def pytest_bdd_before_step(self, request: pytest.FixtureRequest, step: Any) -> None:
        """Begin a line."""
        self._line = self._add(request, step)

    @pytest.hookimpl(optionalhook=True)
    @guarded
    def pytest_bdd_after_step(self) -> None:
        """Complete it."""
        if self._line is not None:
            self._line.outcome = "passed"

    @pytest.hookimpl(optionalhook=True)
    @guarded
    def pytest_bdd_step_error(
        self, request: pytest.FixtureRequest, scenario: Any, step: Any
    ) -> None:
        """Complete it, and say what does not run any more."""
        if self._line is not None:
            self._line.outcome = "failed"
        self._add_rest(request, scenario, step)

    @pytest.hookimpl(optionalhook=True)
    @guarded
    def pytest_bdd_step_func_lookup_error(
        self, request: pytest.FixtureRequest, scenario: Any, step: Any
    ) -> None:
        """Add a step that nobody has implemented."""
        self._add(request, step, "failed, it is not implemented")
        self._add_rest(request, scenario, step)

    def _add(self, request: pytest.FixtureRequest, step: Any, *outcome: str) -> _Line:
        line = _Line(step, *outcome)
        self._attempts.evidence_of(request.node).add_line(line)
        return line

    def _add_rest(self, request: pytest.FixtureRequest, scenario: Any, failed: Any) -> None:
        is_behind = False
        for step in scenario.steps:
            if is_behind:
                self._add(request, step, "not run")
            is_behind = is_behind or step is failed
