"""From one ``<testcase>``, or a result in a suite itself, to its values.

Plain testcases are read straight from their attributes; junitparser reads those that carry results
or properties.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from junit_uploader.readers.evidence import (
    NO_EVIDENCE,
    USED_PROPERTIES,
    find_links_in_name,
    read_evidence,
)
from junit_uploader.readers.identity import find_plain_test_id, identify, name_suite_result
from junit_uploader.readers.junit import tags
from junit_uploader.readers.junit.findings import (
    read_findings,
    read_properties,
)
from junit_uploader.readers.marks import find_properties
from junit_uploader.readers.messages import word_message
from junit_uploader.readers.outcomes import decide_outcome, find_contradiction
from junit_uploader.readers.times import read_time_s
from junit_uploader.readers.values import (
    MESSAGE_CHARACTERS,
    MOST_NOTES,
    UNNAMED,
    Extras,
    ReportedTest,
)
from pytest_jama.core.results import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from lxml import etree

    from junit_uploader.readers.evidence import Evidence
    from junit_uploader.readers.identity import Identity
    from junit_uploader.readers.notes import Notes
    from junit_uploader.readers.outcomes import Finding
    from junit_uploader.readers.values import ReadOptions


class SuiteName(NamedTuple):
    """Where a testcase stands.

    Attributes:
        name: The name of the nearest suite that has one; may be empty.
        path: The names of all suites around it, with `` > `` between them.
    """

    name: str = ""
    path: str = ""


NOWHERE = SuiteName()


class _Inside(NamedTuple):
    """What stands inside a testcase and matters."""

    findings: Sequence[Finding] = ()
    properties: Sequence[tuple[str, str]] = ()


_NOTHING = _Inside()


class TestcaseReader:
    """Reads the testcases of one document.

    Args:
        options: How to read them.
        notes: Gets told what is odd about them.
    """

    __test__ = False

    def __init__(self, options: ReadOptions, notes: Notes) -> None:
        self._options = options
        self._notes = notes
        self._takes_names_as_they_are = options.case_in_name is None
        self._classname = ""

    def read(
        self,
        element: etree._Element,
        suite: SuiteName,
        content: Iterable[etree._Element],
    ) -> ReportedTest:
        """Read one testcase.

        Args:
            element: The ``<testcase>``, complete.
            suite: Where it stands.
            content: What stands inside that may matter: nothing, for most testcases.
        """
        attributes = dict(element.items())
        if not content and self._takes_names_as_they_are and _TELLING.isdisjoint(attributes):
            test_id = find_plain_test_id(attributes)
            if test_id:
                classname = attributes["classname"]
                if classname != self._classname:
                    self._classname = classname
                classname, time_s = self._classname, read_time_s(attributes)
                return ReportedTest(test_id, classname, suite.path, Outcome.PASSED, time_s)
        return self._read_closely(_look_at(content), attributes, suite)

    def _read_closely(
        self,
        inside: _Inside,
        attributes: Mapping[str, str],
        suite: SuiteName,
    ) -> ReportedTest:
        if not _TELLING.isdisjoint(attributes):
            inside = inside._replace(properties=(*inside.properties, *_properties_in(attributes)))
        findings = inside.findings
        is_file = bool(findings) and _is_pytest_collection(findings[0])
        identity = identify(attributes, "" if is_file else suite.name)
        outcome = Outcome.PASSED
        if findings or "status" in attributes or "result" in attributes:
            outcome = self._decide(identity, findings, attributes)
        return ReportedTest(
            identity.test_id,
            self._one_object(identity.classname),
            suite.path,
            outcome,
            read_time_s(attributes),
            self._read_extras(identity, outcome, inside, attributes),
        )

    def _one_object(self, classname: str) -> str:
        """Return the same object for all tests of a class, which mostly follow each other."""
        if classname != self._classname:
            self._classname = classname
        return self._classname

    def _decide(
        self,
        identity: Identity,
        findings: Sequence[Finding],
        attributes: Mapping[str, str],
    ) -> Outcome:
        outcome = decide_outcome(findings, attributes, skipped_wins=self._options.skipped_wins)
        if outcome is Outcome.PASSED:
            contradiction = find_contradiction(findings, attributes)
            if contradiction:
                self._notes.add(contradiction, identity.test_id)
        return outcome

    def _read_extras(
        self,
        identity: Identity,
        outcome: Outcome,
        inside: _Inside,
        attributes: Mapping[str, str],
    ) -> Extras | None:
        """Read what only some testcases have; None when this one has nothing of it."""
        if inside is _NOTHING and identity.odd_name is None and self._takes_names_as_they_are:
            return None
        if identity.odd_name == UNNAMED:
            self._notes.add("a testcase without a name", identity.test_id)
        evidence = self._read_evidence(outcome, attributes.get("name", ""), inside.properties)
        for problem in evidence.problems:
            example = f"{identity.test_id}: {problem}"
            self._notes.add("a reference or step cannot be used", example)
        earlier = [finding for finding in inside.findings if finding.kind.is_earlier]
        message = ""
        notes: tuple[str, ...] = ()
        if self._options.keeps_messages:
            message, notes = _join_messages(inside.findings, outcome), _account_of(earlier)
        if not (identity.odd_name or message or evidence.links or evidence.steps or earlier):
            return None
        return Extras(
            name=identity.odd_name,
            message=message,
            links=evidence.links,
            steps=evidence.steps,
            notes=notes,
            earlier=len(earlier),
        )

    def _read_evidence(
        self,
        outcome: Outcome,
        name: str,
        properties: Sequence[tuple[str, str]],
    ) -> Evidence:
        """Read the properties; without a reference there, the name if that is wanted."""
        evidence = read_evidence(properties, outcome) if properties else NO_EVIDENCE
        pattern = self._options.case_in_name
        if evidence.links or pattern is None:
            return evidence
        in_name = find_links_in_name(pattern, name)
        problems = (*evidence.problems, *in_name.problems)
        return evidence._replace(links=in_name.links, problems=problems)


_TELLING = USED_PROPERTIES | {"status", "result"}
"""The attributes, beyond name and time, that may say something; rare."""


def _properties_in(attributes: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the properties that are attributes: so googletest wrote them before 1.12."""
    for key in attributes:
        if key in USED_PROPERTIES:
            yield key, attributes[key]


def _is_pytest_collection(finding: Finding) -> bool:
    """Recognise a module that pytest could not collect: it is named by its own path.

    Source: pytest, ``_pytest/junitxml.py``, ``append_collect_error``.
    """
    return finding.message in ("collection failure", "collection skipped")


def _look_at(content: Iterable[etree._Element]) -> _Inside:
    """Read what stands inside a testcase; of plain ones there is nothing to read."""
    properties: list[tuple[str, str]] = []
    results: list[etree._Element] = []
    for child in content:
        tag = tags.local_name(child.tag)
        if tag in tags.RESULTS:
            results.append(child)
        elif tag == tags.PROPERTIES:
            properties += read_properties(child)
        elif tag in tags.OUTPUTS:
            properties += find_properties(child.text or "")
    if results:
        return _Inside(tuple(read_findings(results)), properties)
    return _Inside((), properties) if properties else _NOTHING


def read_suite_result(finding: Finding, suite: SuiteName, options: ReadOptions) -> ReportedTest:
    """Read a failure or error that stands in a suite itself: a suite that died.

    Args:
        finding: The failure or error.
        suite: Where it stands; the result is named after it.
        options: How to read it.
    """
    identity = name_suite_result(suite.name)
    outcome = decide_outcome([finding], {}, skipped_wins=False)
    message = _join_messages([finding], outcome) if options.keeps_messages else ""
    extras = Extras(name=identity.odd_name, message=message)
    return ReportedTest(identity.test_id, "", suite.path, outcome, None, extras)


def _join_messages(findings: Sequence[Finding], outcome: Outcome) -> str:
    """Join the messages of all results that count; there may be any number of them."""
    messages: dict[str, None] = {}
    length = 0
    for finding in findings:
        if finding.kind.counts_for(outcome) and length < MESSAGE_CHARACTERS:
            message = word_message(finding.message, finding.text, finding.type_name)
            length += len(message)
            messages.setdefault(message)
    return "\n".join(filter(None, messages))


def _account_of(earlier: Sequence[Finding]) -> tuple[str, ...]:
    """Word the attempts that failed and were repeated, as ``pytest --jama`` does."""
    whys = [word_message(each.message, each.text, each.type_name) for each in earlier[:MOST_NOTES]]
    return tuple(
        f"attempt {number} failed" + (f": {why}" if why else "")
        for number, why in enumerate(whys, start=1)
    )
