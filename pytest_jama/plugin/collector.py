"""From pytest's reports to test results, for every test that was collected.

Runs in the controlling process only; knows nothing of files, settings or Jama.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pytest_jama.core.cases import NO_CASE, read_links, without_none
from pytest_jama.core.properties import MARKERS, NO_EVIDENCE, Evidence, read_evidence
from pytest_jama.core.redaction import Redactor
from pytest_jama.core.results import FAILURES, WORST_FIRST, Outcome, TestResult
from pytest_jama.plugin.phases import LAST_PHASES, ends_attempt, sum_up, why_skipped, with_trace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import pytest

    from pytest_jama.core.cases import CaseLink
    from pytest_jama.core.properties import Offered
    from pytest_jama.plugin.phases import Phases

Links = tuple["CaseLink", ...]

AddFiles = Callable[[TestResult, "Sequence[Offered]", "Sequence[pytest.TestReport]"], TestResult]

_HIDES_NOTHING = Redactor(has_builtin=False)
_NOT_COLLECTED = "collection failure"
"""What pytest's JUnit XML says of a file that could not be collected."""


class ResultCollector:
    """Turns a stream of reports into results.

    Args:
        find_links: Which cases a test without references of its own is evidence of.
        find_by_id: The same from the ID alone; it returns None when that depends on the result.
        refuse_link: Told of references that cannot be understood: test ID and why.
        redactor: Hides secrets in what tests say; test IDs stay, since links depend on them.
        add_files: Returns a result with its files; it gets what the test attached, and its reports.
        keeps_traces: Whether to keep the whole texts of failures.
        reads_references: Whether markers and properties of the tests name cases; they are Jama's.

    Attributes:
        results: The final result of each test that has ended, by test ID, in the order of ending.
        collected: The cases of each test that was collected, as far as known before it runs: by
            what the test counts as unless it runs, then by test ID, in the order of collection.
        uncollected: For each file or folder that could not be collected, what stands in its place.
        skipped: For each file that was skipped as a whole, what stands in its place.
        missing: What stands in the place of tests that are known from elsewhere alone.
        has_begun: Whether any test has begun to run.
        taken_out: The tests that are to be evidence of no case.
        asked: The tests of which a hook tells the cases, for certain only once they have run.
    """

    def __init__(
        self,
        find_links: Callable[[TestResult], Links],
        find_by_id: Callable[[str], Links | None] = lambda _: None,
        refuse_link: Callable[[str, str], object] = lambda _, __: None,
        redactor: Redactor = _HIDES_NOTHING,
        add_files: AddFiles | None = None,
        *,
        keeps_traces: bool = False,
        reads_references: bool = True,
    ) -> None:
        self._keeps_traces = keeps_traces
        self._redactor = redactor
        self._add_files = add_files
        self._reads_references = reads_references
        self.results: dict[str, TestResult] = {}
        self._selected: dict[str, Links] = {}
        self._deselected: dict[str, Links] = {}
        self.collected: Mapping[Outcome, dict[str, Links]] = {
            Outcome.NOT_REACHED: self._selected,
            Outcome.DESELECTED: self._deselected,
        }
        self.uncollected: dict[str, TestResult] = {}
        self.skipped: dict[str, TestResult] = {}
        self.missing: tuple[TestResult, ...] = ()
        self.taken_out: set[str] = set()
        self._ambiguous: Mapping[str, Mapping[str, str]] = {}
        self._refuse_link = refuse_link
        self.has_begun = False
        self._find_links = find_links
        self._find_by_id = find_by_id
        self.asked: set[str] = set()
        self._own: dict[str, None] = {}  # smaller than a set, and no garbage is sought in it
        self._running: dict[object, list[pytest.TestReport]] = {}
        self._links: dict[str, Links] = {"": ()}
        self._renamed: Mapping[str, str] = {}

    def add_collected(
        self,
        collected: Mapping[str, Any],
        links: Mapping[str, Links] = MappingProxyType({}),
    ) -> bool:
        """Take the list of tests that a worker sent; all workers send the same, the first counts.

        Args:
            collected: See `CollectedPlain`.
            links: What texts in there mean, as far as known: it spares reading them again.

        Returns:
            Whether this was the first.
        """
        if any(self.collected.values()):
            return False
        self._renamed = collected["renamed"]
        self._ambiguous = collected.get("ambiguous", {})
        self._links.update(links)
        for outcome, tests in self.collected.items():
            for test_id, text in collected[outcome.name]:
                if test_id in self._selected:  # a file that was named twice
                    continue
                found = self.parse(text, test_id)
                if found:
                    self._own[test_id] = None
                else:
                    found = self._find(test_id, outcome)
                tests[test_id] = self._take_out(test_id, found) if NO_CASE in found else found
        for node_id, test_ids in self._ambiguous.items():
            self._find_by_node_id(node_id, test_ids.values())
        return True

    def _find(self, test_id: str, outcome: Outcome) -> Links:
        links = self._find_by_id(test_id)
        if links is None:
            self.asked.add(test_id)
            links = self._find_links(TestResult(test_id, outcome))
        return links

    def _take_out(self, test_id: str, links: Links) -> Links:
        """Return the links without `NO_CASE`; remember the test when it has no others."""
        links = without_none(links)
        if not links:
            self.taken_out.add(test_id)
        return links

    def _find_by_node_id(self, node_id: str, test_ids: Iterable[str]) -> None:
        """Link tests that share a node ID, and have another test ID, by the shared one, too."""
        links = without_none(self._find_by_id(node_id) or ())
        for tests in self.collected.values():
            for test_id in test_ids:
                if tests.get(test_id) == () and test_id not in self.taken_out:
                    tests[test_id] = links

    def linked(self) -> Iterator[TestResult]:
        """Yield what each test with a case counts as unless it runs."""
        for outcome, tests in self.collected.items():
            for test_id, links in tests.items():
                if links:
                    yield self._not_run(test_id, outcome, links)
        yield from self.skipped.values()
        yield from self.missing

    def _not_run(self, test_id: str, outcome: Outcome, links: Links) -> TestResult:
        """Return the result of a test that did not run."""
        result = TestResult(test_id, outcome, None, links, None, test_id in self._own)
        return result._replace(is_taken_out=True) if test_id in self.taken_out else result

    def add_skipped(self, address: str, links: Links, why: str) -> None:
        """Take a file or class that was skipped as a whole, so that its tests are unknown.

        Args:
            address: Its node ID.
            links: The cases that the map names for tests at or below it; without one it is left.
            why: The reason.
        """
        if links:
            why = self._redactor.tidy(why).text
            result = TestResult(address, Outcome.SKIPPED, message=why, links=links)
            self.skipped.setdefault(address, result)

    def add_uncollected(self, address: str, links: Links) -> TestResult:
        """Take a file or folder that could not be collected; its tests are unknown.

        Args:
            address: Its node ID.
            links: The cases that the map names for tests at or below it.

        Returns:
            What stands in their place.
        """
        return self.uncollected.setdefault(address, TestResult.of_uncollected(address, links))

    def add_file(self, report: pytest.CollectReport) -> TestResult | None:
        """Take a file or folder as a test of its name, as pytest's own JUnit XML does.

        Args:
            report: That it could not be collected, or was skipped as a whole.

        Returns:
            Its result; None when it was told before, by another worker of xdist.

        Source: pytest, ``_pytest/junitxml.py``, ``append_collect_error``.
        """
        if report.nodeid in self.results:
            return None
        self.has_begun = True
        why = _NOT_COLLECTED if report.failed else self._redactor.tidy(why_skipped(report)).text
        result = TestResult(
            report.nodeid, Outcome.ERROR if report.failed else Outcome.SKIPPED, message=why
        )
        result = result._replace(links=without_none(self._find_links(result)))
        if report.failed:
            result = with_trace(result, [report], self._redactor)
        self.results[report.nodeid] = result
        return result

    def add_report(self, report: pytest.TestReport) -> TestResult | None:
        """Take one report; return the result of the test when this was the last one of it."""
        self.has_begun = True
        node_id = report.nodeid
        worker = getattr(report, "node", None)  # with xdist several may run one test
        key = node_id if worker is None else (node_id, id(worker))
        reports = self._running.get(key)
        if reports is None:
            reports = self._running[key] = [report]
        elif report.when == "teardown" and ends_attempt(reports[-1]):
            return None  # it belongs to the attempt before; the next one follows
        elif report is not reports[-1]:  # pytest-retry changes and reports one object twice
            reports.append(report)
        if report.when not in LAST_PHASES or ends_attempt(report):
            return None
        for each in reports:  # a call of `any` costs more, and this is done for each test
            if each.when == "call" or each.outcome != "passed":
                break
        else:  # flaky says nothing of an attempt, and another one follows
            return None
        del self._running[key]
        return self._finish(node_id, reports)

    def break_off(self) -> Iterator[TestResult]:
        """Yield the results of tests that had failed already when the session broke off."""
        for reports in self._running.values():
            result = self._result(reports[0].nodeid, reports)
            has_failed = result.outcome in (Outcome.FAILED, Outcome.ERROR)
            if has_failed and self.results.setdefault(result.test_id, result) is result:
                yield result
        self._running.clear()

    def all_results(self) -> Iterator[TestResult]:
        """Yield a result for every test, also for those that did not run.

        They come in the order of collection: with xdist tests end in any order, and what is made of
        the results must not depend on that.
        """
        results = self.results
        for outcome, tests in self.collected.items():
            for test_id, links in tests.items():
                yield results.get(test_id) or self._not_run(test_id, outcome, links)
        for address, skipped in self.skipped.items():
            if address not in results:  # see `add_file`
                yield skipped
        yield from self.missing
        selected, deselected = self._selected, self._deselected
        for test_id, result in results.items():
            if test_id not in selected and test_id not in deselected:
                yield result
        yield from self.uncollected.values()

    def parse(self, text: str, test_id: str) -> Links:
        """Return the links of a property text; report texts that cannot be understood."""
        links = self._links.get(text) if self._reads_references else ()
        if links is None:
            links, problems = read_links(text)
            if problems:
                self._refuse_link(test_id, f"property {MARKERS}: {'; '.join(problems)}")
            else:
                self._links[text] = links
        return links

    def _finish(self, node_id: str, reports: Sequence[pytest.TestReport]) -> TestResult:
        result = self._result(node_id, reports)
        known = self.results.get(result.test_id)
        if known is not None:
            result = min(known, result, key=lambda each: WORST_FIRST.index(each.outcome))
        self.results[result.test_id] = result
        return result

    def _result(self, node_id: str, reports: Sequence[pytest.TestReport]) -> TestResult:
        test_id = self._renamed.get(node_id, node_id)
        if node_id in self._ambiguous:
            test_id = self._ambiguous[node_id].get(reports[-1].location[0], node_id)
        phases = sum_up(reports)
        links, said = self._read(reports[-1].user_properties, test_id, phases.outcome)
        names_cases, is_known = bool(links) or test_id in self._own, True
        if not links:
            known = None if test_id in self.asked else self._known_links(test_id)
            links, is_known = known or (), known is not None
        # as the journal keeps it; a report that was made up for a crashed worker has 0
        started = round(getattr(reports[0], "start", 0.0), 3) or None
        outcome = phases.outcome
        result = TestResult(test_id, outcome, phases.duration_s, links, started, names_cases)
        if phases.messages or phases.earlier or said is not NO_EVIDENCE:
            result = self._with_texts(result, phases, said)
        if not is_known:
            links = self._find_links(result)
            result = result._replace(links=links)
        if NO_CASE in links:
            links = self._take_out(test_id, links)
            result = result._replace(links=links)
        if not links and test_id in self.taken_out:
            result = result._replace(is_taken_out=True)
        if self._keeps_traces and outcome in FAILURES:
            result = with_trace(result, reports, self._redactor)
        if self._add_files is not None:
            result = self._add_files(result, said.attachments, reports)
        return result

    def _with_texts(self, result: TestResult, phases: Phases, said: Evidence) -> TestResult:
        messages, redacted = self._redactor.tidy_all(phases.messages)
        earlier = (note for note in phases.earlier if note not in said.notes)
        notes = (*said.notes, *earlier)
        result = result._replace(
            message="\n".join(messages), notes=notes, steps=said.steps, redacted=redacted
        )
        return self._redactor.tidy_result(result)

    def _read(
        self,
        properties: Sequence[tuple[str, object]],
        test_id: str,
        outcome: Outcome,
    ) -> tuple[Links, Evidence]:
        """Read which cases a test names, and what else it says; report what is not understood."""
        if not properties:
            return (), NO_EVIDENCE
        if len(properties) == 1 and properties[0][0] == MARKERS:
            return self.parse(str(properties[0][1]), test_id), NO_EVIDENCE
        said = read_evidence([(name, str(value)) for name, value in properties], outcome)
        if said.problems:
            self._refuse_link(test_id, "; ".join(map(str, said.problems)))
        return said.links if self._reads_references else (), said

    def _known_links(self, test_id: str) -> Links | None:
        """Return the cases that its markers or the map name; None for an unknown test."""
        links = self._selected.get(test_id)
        return self._deselected.get(test_id) if links is None else links
