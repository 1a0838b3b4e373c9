"""From pytest's reports to test results: one test, several phases, several attempts.

Runs in the controlling process only; knows nothing of files, settings or Jama.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pytest_jama.core.cases import LINK_PROPERTIES, parse_links
from pytest_jama.core.results import WORST_FIRST, Outcome, StepResult, TestResult
from pytest_jama.core.text import clean, shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    import pytest

    from pytest_jama.core.cases import CaseLink

MESSAGE_CHARACTERS = 1000
"""Longest message of a result, in characters; the whole traceback stays in pytest's own output."""

WORKER_CRASHED = "???"
"""`report.when` of the report that pytest-xdist makes for the test a dead worker was running."""


@dataclass(slots=True)
class _Attempt:
    """What is known of a test that has begun and not ended."""

    outcome: Outcome = Outcome.NOT_REACHED
    duration_s: float = 0.0
    messages: tuple[str, ...] = ()
    earlier: tuple[str, ...] = ()
    said: Mapping[str, Any] | None = None
    has_begun: bool = False

    def count(self, outcome: Outcome, message: str) -> None:
        """Let one phase count: the worst one stands."""
        if self.outcome is Outcome.NOT_REACHED:
            self.outcome = outcome
        else:
            self.outcome = min(self.outcome, outcome, key=WORST_FIRST.index)
        if message and message not in self.messages:
            self.messages += (message,)


class ResultCollector:
    """Turns a stream of reports into results.

    Args:
        find_links: Which cases a test without references of its own is evidence of.

    Attributes:
        results: The final result of each test that has ended, by test ID, in the order of ending.
        uncollected: For each file or folder that could not be collected, what stands in its place.
        has_begun: Whether any test has begun to run.
        bad_links: Why the references of a test could not be understood, by test ID.
    """

    def __init__(self, find_links: Callable[[TestResult], tuple[CaseLink, ...]]) -> None:
        self.results: dict[str, TestResult] = {}
        self.uncollected: dict[str, TestResult] = {}
        self._find_links = find_links
        self._running: dict[tuple[str, int], _Attempt] = {}
        self._links: dict[str, tuple[CaseLink, ...]] = {"": ()}
        self._selected: dict[str, str] = {}
        self._deselected: dict[str, str] = {}
        self._renamed: Mapping[str, str] = {}
        self.bad_links: dict[str, str] = {}
        self.has_begun = False

    def add_collected(self, collected: Mapping[str, Any]) -> bool:
        """Take the list of tests that a worker sent; all workers send the same, the first counts.

        Returns:
            Whether this was the first.
        """
        if self._selected or self._deselected:
            return False
        self._selected = dict(collected["selected"])
        self._deselected = dict(collected["deselected"])
        self._renamed = collected["renamed"]
        return True

    def add_uncollected(self, address: str, links: tuple[CaseLink, ...]) -> None:
        """Take a file or folder that could not be collected; its tests are unknown.

        Args:
            address: Its node ID.
            links: The cases that the map names for tests at or below it.
        """
        self.uncollected[address] = TestResult(
            address,
            Outcome.DESELECTED,
            message="could not be collected",
            links=links,
        )

    def add_report(self, report: pytest.TestReport) -> TestResult | None:
        """Take one report; return the result of the test when this was the last one of it."""
        self.has_begun = True
        key = (report.nodeid, id(getattr(report, "node", None)))
        attempt = self._running.get(key)
        if attempt is None:
            attempt = self._running[key] = _Attempt()
        if report.when == "teardown" and attempt.earlier and not attempt.has_begun:
            return None  # it belongs to the attempt before, and the next one is still to come
        attempt.has_begun = True
        attempt.said = getattr(report, "pytest_jama", None) or attempt.said
        if report.outcome not in _KNOWN_OUTCOMES:
            self._running[key] = _next_attempt(attempt, report)
            return None
        attempt.duration_s += report.duration or 0.0
        outcome = _outcome_of(report)
        if outcome is not None:
            attempt.count(outcome, _message_of(report, outcome))
        if report.when not in ("teardown", WORKER_CRASHED):
            return None
        del self._running[key]
        return self._finish(report, attempt)

    def break_off(self) -> Iterator[TestResult]:
        """Yield the results of tests that had failed already when the session broke off."""
        for (node_id, _), attempt in self._running.items():
            test_id = self._original(node_id)
            if attempt.outcome in (Outcome.FAILED, Outcome.ERROR) and test_id not in self.results:
                self.results[test_id] = self._result(test_id, attempt, links=())
                yield self.results[test_id]
        self._running.clear()

    def all_results(self) -> Iterator[TestResult]:
        """Yield a result for every test, also for those that did not run.

        They come in the order of collection: with xdist tests end in any order, and what is made of
        the results must not depend on that.
        """
        for outcome, tests in self._collected():
            for test_id, text in tests.items():
                yield self.results.get(test_id) or self._not_run(test_id, outcome, text)
        for test_id, result in self.results.items():
            if test_id not in self._selected and test_id not in self._deselected:
                yield result
        yield from self.uncollected.values()

    def collected(self) -> Iterator[TestResult]:
        """Yield what each collected test counts as until it runs."""
        for outcome, tests in self._collected():
            for test_id, text in tests.items():
                yield self._not_run(test_id, outcome, text)

    def _collected(self) -> tuple[tuple[Outcome, Mapping[str, str]], ...]:
        return (
            (Outcome.NOT_REACHED, self._selected),
            (Outcome.DESELECTED, self._deselected),
        )

    def _not_run(self, test_id: str, outcome: Outcome, text: str) -> TestResult:
        return self._linked(TestResult(test_id, outcome, links=self.parse(text, test_id)))

    def parse(self, text: str, test_id: str) -> tuple[CaseLink, ...]:
        """Return the links of a property text; remembers texts that cannot be understood."""
        links = self._links.get(text)
        if links is None:
            try:
                links = parse_links(text)
            except ValueError as exc:
                links = ()
                self.bad_links[test_id] = str(exc)
            else:
                self._links[text] = links
        return links

    def _finish(self, report: pytest.TestReport, attempt: _Attempt) -> TestResult:
        test_id = self._original(report.nodeid)
        texts = [str(value) for name, value in report.user_properties if name in LINK_PROPERTIES]
        links = self.parse(texts[0], test_id) if len(texts) == 1 else self._union(texts, test_id)
        result = self._result(test_id, attempt, links=links)
        known = self.results.get(test_id)
        if known is not None:
            result = min(known, result, key=lambda each: WORST_FIRST.index(each.outcome))
        self.results[test_id] = result
        return result

    def _union(self, texts: Iterable[str], test_id: str) -> tuple[CaseLink, ...]:
        links = (link for text in texts for link in self.parse(text, test_id))
        return tuple(dict.fromkeys(links))

    def _original(self, node_id: str) -> str:
        return self._renamed.get(node_id, node_id)

    def _result(
        self,
        test_id: str,
        attempt: _Attempt,
        *,
        links: tuple[CaseLink, ...],
    ) -> TestResult:
        said = attempt.said or {}
        steps = [
            StepResult(number, Outcome(name), note) for number, name, note in said.get("steps", ())
        ]
        result = TestResult(
            test_id=test_id,
            outcome=attempt.outcome,
            duration_s=attempt.duration_s,
            message="\n".join(attempt.messages),
            notes=(*said.get("notes", ()), *attempt.earlier),
            steps=tuple(steps),
            links=links or self.parse(self._selected.get(test_id, ""), test_id),
        )
        return self._linked(result)

    def _linked(self, result: TestResult) -> TestResult:
        return result if result.links else replace(result, links=self._find_links(result))


_KNOWN_OUTCOMES = frozenset({"passed", "failed", "skipped"})


def _next_attempt(attempt: _Attempt, report: pytest.TestReport) -> _Attempt:
    """Begin anew after a report of ``rerun``; what went wrong becomes a note."""
    number = len(attempt.earlier) + 1
    why = _message_of(report, Outcome.FAILED) or "; ".join(attempt.messages)
    note = f"attempt {number} failed" + (f": {why}" if why else "")
    return _Attempt(duration_s=attempt.duration_s, earlier=(*attempt.earlier, note))


def _outcome_of(report: pytest.TestReport) -> Outcome | None:
    """Return what one phase says; None when it says nothing."""
    if hasattr(report, "context"):  # a subtest: it can fail its test and do nothing else to it
        return Outcome.FAILED if report.outcome == "failed" else None
    if report.outcome == "failed":
        return Outcome.FAILED if report.when == "call" else Outcome.ERROR
    if report.outcome == "skipped":
        return Outcome.XFAILED if hasattr(report, "wasxfail") else Outcome.SKIPPED
    if report.when != "call":
        return None
    return Outcome.XPASSED if hasattr(report, "wasxfail") else Outcome.PASSED


def _message_of(report: pytest.TestReport, outcome: Outcome) -> str:
    """Return why a phase did not pass, without traceback."""
    if outcome is Outcome.PASSED:
        return ""
    text = getattr(report, "wasxfail", "") or _crash_message(report)
    if report.when == WORKER_CRASHED:
        text = f"worker crashed: {text}"
    elif outcome is Outcome.ERROR:
        text = f"{report.when} failed: {text}"
    return shorten(clean(text), at_most=MESSAGE_CHARACTERS)


def _crash_message(report: pytest.TestReport) -> str:
    longrepr = report.longrepr
    if isinstance(longrepr, tuple):
        return longrepr[2].removeprefix("Skipped: ")
    crash = getattr(longrepr, "reprcrash", None)
    if crash is not None:
        return str(crash.message)
    return str(longrepr or "").strip()
