"""The walk over one document: testcases in their order, whatever holds them.

Elements are thrown away as they are read. Only the names of elements count: testcases may stand in
any element, and suites in suites. What a suite declares is compared with what it holds.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from junit_uploader.junit import elements
from junit_uploader.junit.elements import FAILING, ResultKind, read_findings
from junit_uploader.junit.notes import NoteKind
from junit_uploader.junit.reported_test import NOWHERE, SuiteFacts, bounded
from junit_uploader.junit.scenarios import TAG_PROPERTIES, find_listed_tags
from junit_uploader.junit.testcase import TestcaseReader, read_suite_result
from pytest_jama.core.cases import LINK_PROPERTIES
from pytest_jama.core.properties import MARKERS
from pytest_jama.core.results import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from lxml import etree

    from junit_uploader.junit.dialects import Dialects
    from junit_uploader.junit.notes import Notes
    from junit_uploader.junit.reported_test import ReadOptions, ReportedTest


_TESTCASE = elements.TESTCASE


class SuiteWalk:
    """Takes the finished elements of one document, inner before outer.

    Args:
        options: How to read testcases.
        notes: Collects what is odd.
        testcases: Collects what is read.
        report: The number of the report.

    Attributes:
        has_ended: Whether the root has ended.
    """

    def __init__(
        self,
        options: ReadOptions,
        notes: Notes,
        testcases: list[ReportedTest],
        report: int = 0,
    ) -> None:
        self.has_ended = False
        self._closed = 0
        self._testcases = testcases
        self._options = options
        self._notes = notes
        self._reader = TestcaseReader(options, notes)
        self._open: dict[etree._Element, Suite] = {}
        self._parent: etree._Element | None = None
        self._nowhere = self._suite_facts = SuiteFacts(report=report)
        self._add_outcome: Callable[[Outcome], None] = Suite().own.append
        self._content: dict[etree._Element, list[etree._Element]] = {}

    def take(self, ended: Iterable[etree._Element], *, has_marks: bool) -> None:
        """Read elements that have ended.

        Args:
            ended: Those of `elements.ENDING`.
            has_marks: Whether outputs may hold marks, so that they have to be looked at.
        """
        testcases, content_of, read = self._testcases, self._content, self._reader.read
        takes_all = has_marks or self._options.captured is not None
        for element in ended:
            tag = element.tag
            if tag != _TESTCASE:
                name = elements.local_name(tag)
                if name != _TESTCASE:
                    self._take_other(element, name)
                    continue
            # the one long loop of this package: no call that is not needed for every testcase
            parent = element.getparent()
            if parent is not self._parent or parent is None:
                self._enter(element, parent)
            content = content_of.pop(element, ()) if content_of else ()
            testcase = read(element, self._suite_facts, list(element) if takes_all else content)
            testcases.append(testcase)
            self._add_outcome(testcase.outcome)
            if len(testcases) % _FORGOTTEN_AT_ONCE == 0 or parent is None:
                self._forget(element, parent)

    def _take_other(self, element: etree._Element, name: str) -> None:
        if name in elements.SUITES:
            self._close_suite(element)
        else:
            self._take_content(element)

    def _take_content(self, element: etree._Element) -> None:
        """Keep a result or block of properties until what it stands in has ended."""
        parent = element.getparent()
        if parent is None:
            return
        tag = parent.tag
        if tag in elements.ROOTS or elements.local_name(tag) in elements.ROOTS:
            self._content.setdefault(parent, []).append(element)

    def _enter(self, element: etree._Element, parent: etree._Element | None) -> None:
        """Keep the suite around a testcase, for it and for those that follow."""
        suite = self._suite_around(element)
        self._parent = parent
        self._suite_facts = suite.facts
        self._add_outcome = suite.own.append

    def _forget(self, element: etree._Element, parent: etree._Element | None) -> None:
        """Throw away what stands before an element that was read."""
        if parent is None:
            self.has_ended = True
        while parent is not None and elements.local_name(parent.tag) != elements.TESTCASE:
            del parent[: parent.index(element)]
            element, parent = parent, parent.getparent()

    @property
    def finished(self) -> int:
        """How many testcases and suites have ended."""
        return len(self._testcases) + self._closed

    def _suite_around(self, element: etree._Element) -> Suite:
        """Return the nearest suite around an element; opens it when this is its first content."""
        for ancestor in element.iterancestors():
            if ancestor in self._open:
                return self._open[ancestor]
            if elements.local_name(ancestor.tag) in elements.SUITES:
                suite = Suite(self._read_facts(ancestor))
                self._open[ancestor] = suite
                return suite
        return Suite(self._nowhere)

    def _read_facts(self, element: etree._Element) -> SuiteFacts:
        """Read what a suite says of itself; a root of several suites lends them no name."""
        facts = self._suite_around(element).facts
        own = bounded((element.get("name") or "").strip())
        started = self._reader.read_started(element.get("timestamp"))
        host = bounded(self._options.dialects.host_in(element.get("hostname") or ""))
        if own and elements.local_name(element.tag) == elements.TESTSUITE:
            path = bounded(f"{facts.path} > {own}" if facts.path else own)
            facts = facts._replace(name=own, path=path)
        if own in self._options.dialects.suites_of_attempts:
            facts = facts._replace(holds_attempts=True)
        commit = " + ".join(self._commits_before(element))
        if commit:
            facts = facts._replace(commit=commit)
        if started is not None or host:
            facts = facts._replace(started=started or facts.started, host=host or facts.host)
        rootdir = elements.find_rootdir(self._content.get(element, ()))
        if rootdir:
            self._notes.add_rootdir(rootdir)
            facts = facts._replace(rootdir=rootdir)
        return facts

    def _commits_before(self, suite: etree._Element) -> Iterator[str]:
        """Yield the commits that properties of a suite name before its first testcase."""
        for block in self._content.get(suite, ()):
            if elements.local_name(block.tag) == elements.PROPERTIES:
                yield from elements.find_commits(block)

    def _close_suite(self, element: etree._Element) -> None:
        self._closed += 1
        suite = self._open.pop(element, None) or Suite(self._read_facts(element))
        own = self._content.pop(element, ())
        properties = set(self._property_names(own))
        self._take_own(element, suite, own, properties)
        for kind, numbers in suite.contradictions(element.get, properties, self._options.dialects):
            name = suite.facts.path or element.get("name") or "the root"
            self._notes.add(kind, f"{name}: {numbers}")
        self._suite_around(element).add(suite)
        element.clear(keep_tail=True)
        self._parent = None
        self._forget(element, element.getparent())

    def _take_own(
        self,
        element: etree._Element,
        suite: Suite,
        own: Sequence[etree._Element],
        properties: AbstractSet[str],
    ) -> None:
        """Read what stands in a suite itself, and not in a testcase."""
        facts = suite.facts
        if not facts.name:
            facts = facts._replace(name=bounded((element.get("name") or "").strip()))
        for finding in read_findings(own):
            if finding.kind is ResultKind.SKIPPED:
                self._notes.add(NoteKind.SKIPPED_SUITE, facts.name)
            elif not finding.kind.is_earlier:
                result = read_suite_result(finding, facts, self._options)
                self._testcases.append(result)
                suite.itself[result.outcome] += 1
                self._notes.add(NoteKind.FAILED_SUITE, facts.name)
        if not LINK_PROPERTIES.isdisjoint(properties):
            self._notes.add(NoteKind.SUITE_REFERENCE, facts.name)

    def _property_names(self, content: Iterable[etree._Element]) -> Iterator[str]:
        """Yield the names of the properties of a suite; keep the commit that they tell."""
        for block in content:
            if elements.local_name(block.tag) == elements.PROPERTIES:
                self._notes.add_commits(elements.find_commits(block))
                for item in block:
                    name = item.get("name") or ""
                    yield name
                    if name in TAG_PROPERTIES and any(find_listed_tags(item.get("value") or "")):
                        yield MARKERS


_FORGOTTEN_AT_ONCE = 32


@dataclass(slots=True)
class Suite:
    """A suite whose end has not been read.

    Attributes:
        facts: What it and the suites around it say of themselves.
        own: The outcomes of the testcases in it.
        below: How many of the testcases in the suites in it have each outcome.
        itself: The same of the failures that stand in it, or in a suite in it, without a testcase.
    """

    facts: SuiteFacts = NOWHERE
    own: list[Outcome] = field(default_factory=list)
    below: Counter[Outcome] = field(default_factory=Counter)
    itself: Counter[Outcome] = field(default_factory=Counter)

    def add(self, inner: Suite) -> None:
        """Add what a suite inside this one holds; suites may be nested 250 deep."""
        self.below.update(inner.own)
        self.below.update(inner.below)
        self.itself.update(inner.itself)

    def contradictions(
        self,
        find: Callable[[str], str | None],
        properties: Collection[str],
        dialects: Dialects,
    ) -> Iterator[tuple[NoteKind, str]]:
        """Yield where declared totals fit neither the suite itself nor all below it.

        Args:
            find: Finds an attribute of the suite by its name.
            properties: The names of its properties.
            dialects: Know how suites count.

        Returns:
            What kind of contradiction it is, and the numbers.
        """
        totals, counts_tests = dialects.totals_of(find, properties)
        for word, names, outcomes in totals:
            declared = _declared(find, names)
            if declared is None or self._is_less_by_attempts(declared, outcomes):
                continue
            own = sum(map(self.own.count, outcomes))
            together = own + sum(map(self.below.__getitem__, outcomes))
            itself = sum(map(self.itself.__getitem__, outcomes))
            if declared not in (own, together, own + itself, together + itself):
                is_unseen = outcomes is FAILING and not together
                if not (is_unseen or counts_tests):
                    continue
                kind = NoteKind.UNSEEN_FAILURES if is_unseen else NoteKind.WRONG_TOTALS
                yield kind, f"{declared} {word} declared, {together} found"

    def _is_less_by_attempts(self, declared: int, outcomes: Collection[Outcome]) -> bool:
        """Return whether a total may be right as the framework counts no repeated attempt."""
        counts_attempts = self.facts.holds_attempts and Outcome.PASSED in outcomes
        return counts_attempts and declared <= sum(map(self.own.count, outcomes))


_COUNT = re.compile("[0-9]{1,18}")


def _declared(find: Callable[[str], str | None], names: tuple[str, ...]) -> int | None:
    """Return the sum of some totals; None when none of them is declared."""
    texts = {name: find(name) or "" for name in names}
    numbers = {name: text for name, text in texts.items() if _COUNT.fullmatch(text)}
    if not numbers or numbers.keys() == {"disabled"}:  # googletest's root declares only those
        return None
    return sum(map(int, numbers.values()))
