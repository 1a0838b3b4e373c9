"""Short ways to write down the reports that pytest makes of a test."""

from __future__ import annotations

from typing import Any, Literal

import pytest

When = Literal["setup", "call", "teardown"]
Outcome = Literal["passed", "failed", "skipped"]


def report_of(
    when: When,
    outcome: Outcome = "passed",
    *,
    test: str = "test_a.py::test_a",
    why: Any = None,
    properties: tuple[tuple[str, object], ...] = (),
    **extra: Any,
) -> pytest.TestReport:
    """Make the report of one phase."""
    return pytest.TestReport(
        nodeid=test,
        location=("test_a.py", 1, "test_a"),
        keywords={},
        outcome=outcome,
        longrepr=why,
        when=when,
        user_properties=properties,
        duration=0.5,
        **extra,
    )


def other_report(outcome: str, **named: Any) -> pytest.TestReport:
    """Make the report of a call with an outcome that is not one of pytest's own."""
    report = report_of("call", why=named.pop("why", None), **named)
    report.outcome = outcome  # type: ignore[assignment]
    return report


def crash_report(why: str) -> pytest.TestReport:
    """Make the report that pytest-xdist makes when a worker died."""
    report = report_of("call", "failed", why=why)
    report.when = "???"  # type: ignore[assignment]
    return report
