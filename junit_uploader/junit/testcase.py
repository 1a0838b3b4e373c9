"""From one ``<testcase>``, or a result in a suite itself, to its values.

Plain testcases are read straight from their attributes; those that hold results or properties, or
have an unusual attribute, more closely.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from junit_uploader.junit import elements
from junit_uploader.junit.attributes import (
    find_places,
    identify,
    identify_by_suites,
    is_plain,
    name_suite_result,
    parse_time_s,
    read_time_s,
)
from junit_uploader.junit.elements import (
    Subject,
    find_properties,
    read_finding,
    read_properties,
)
from junit_uploader.junit.failure_texts import NO_FAILURE, log_parts, read_failures
from junit_uploader.junit.messages import NO_ACCOUNT, account_of_attempts, read_account
from junit_uploader.junit.notes import NoteKind
from junit_uploader.junit.outcomes import decide_outcome, find_contradiction
from junit_uploader.junit.reported_test import UNNAMED, Extras, ReportedTest
from junit_uploader.junit.same_test import read_attempts
from junit_uploader.junit.scenarios import find_tags, read_scenario
from junit_uploader.junit.timestamps import read_timestamp
from pytest_jama.core.errors import Unusable, UnusableKind
from pytest_jama.core.properties import (
    ATTEMPT,
    NO_EVIDENCE,
    USED_PROPERTIES,
    read_evidence,
)
from pytest_jama.core.results import Outcome, TestResult

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from lxml import etree

    from junit_uploader.junit.attributes import Places
    from junit_uploader.junit.captured import WaitingText
    from junit_uploader.junit.elements import Finding
    from junit_uploader.junit.notes import Notes
    from junit_uploader.junit.reported_test import ReadOptions, SuiteFacts
    from pytest_jama.core.results import StepResult


class _Inside(NamedTuple):
    """What stands inside a testcase and matters."""

    findings: Sequence[Finding] = ()
    properties: Sequence[tuple[str, str]] = ()
    commit: str = ""
    log: Sequence[str] = ()
    failures: Sequence[etree._Element] = ()

    @property
    def is_superseded(self) -> bool:
        """Whether this is an attempt before the last, as only pytest-jama tells."""
        return ATTEMPT in dict(self.properties)


_NOTHING = _Inside()
_make = tuple.__new__
"""What a call of a NamedTuple does in the end, in half the time."""

_PASSED, _TEST = Outcome.PASSED, Subject.TEST
"""A member of an Enum is slow to look up, and these are needed for each test."""


class TestcaseReader:
    """Reads the testcases of one document.

    Args:
        options: How to read them.
        notes: Collects what is odd about them.
    """

    __test__ = False

    def __init__(self, options: ReadOptions, notes: Notes) -> None:
        self._options = options
        self._notes = notes
        self._dialects = options.dialects
        self._classname = self._prefix = ""
        self._is_tagged = False
        self._keys: list[str] = []
        self._places: Places | None = None

    def read(
        self,
        element: etree._Element,
        suite: SuiteFacts,
        content: Collection[etree._Element],
    ) -> ReportedTest:
        """Read one testcase.

        Args:
            element: The ``<testcase>``, complete.
            suite: Where it stands.
            content: What stands inside that may matter: nothing, for most testcases.
        """
        keys = element.keys()
        if keys != self._keys:
            self._keys, self._places = keys, find_places(keys, self._dialects)
        values = element.values()
        if self._places is None:
            return self._read_closely(keys, values, suite, content)
        at_classname, at_name, at_time, at_timestamp = self._places
        classname, name = values[at_classname], values[at_name]
        if classname != self._classname:
            self._begin_class(classname)
        # as nearly all are: without a call
        if not self._prefix or (name.split() != [name] and not is_plain(name)):
            return self._read_closely(keys, values, suite, content)
        test_id = self._prefix + name
        time_s = parse_time_s(values[at_time]) if at_time >= 0 else None
        started = suite.started
        if at_timestamp >= 0:
            started = self.read_started(values[at_timestamp]) or started
        outcome, extras = _PASSED, None
        is_tagged = self._is_tagged or "@" in name
        if content or is_tagged:
            inside = self._look_at(content, f"{classname} {name}" if is_tagged else "")
            if inside is not _NOTHING:
                outcome = self._decide(test_id, inside, {})
                extras = self._read_extras(test_id, None, outcome, inside, suite)
        return _make(
            ReportedTest,
            (test_id, self._classname, suite, outcome, time_s, started, extras),
        )

    def _begin_class(self, classname: str) -> None:
        """Keep a classname: one object for all tests of a class.

        Their IDs begin with it, unless they have to be read closely.
        """
        self._classname = classname
        is_usual = is_plain(classname) and classname not in self._dialects.only_classnames
        self._prefix = f"{classname}." if is_usual else ""
        self._is_tagged = "@" in classname

    def _read_closely(
        self,
        keys: Sequence[str],
        values: Sequence[str],
        suite: SuiteFacts,
        content: Collection[etree._Element],
    ) -> ReportedTest:
        """Read a testcase that has more than a plain classname, name and time."""
        attributes = dict(zip(keys, values, strict=True))
        name = f"{attributes.get('classname', '')} {attributes.get('name', '')}"
        inside = self._look_at(content, name)
        findings = inside.findings
        has_no_class = self._dialects.has_no_class(attributes)
        if has_no_class:
            identity = identify_by_suites(attributes, suite.path)
        else:
            is_test = self._dialects.subject_of(findings[:1]) is _TEST
            identity = identify(attributes, suite.name if is_test else "", self._dialects)
        properties = [*inside.properties, *_properties_in(attributes)]
        if len(properties) > len(inside.properties):
            inside = inside._replace(properties=properties)
        outcome = self._decide(identity.test_id, inside, attributes)
        extras = None
        if inside is not _NOTHING or identity.odd_name:
            extras = self._read_extras(identity.test_id, identity.odd_name, outcome, inside, suite)
        if not has_no_class and identity.classname != self._classname:
            self._begin_class(identity.classname)
        test = ReportedTest(
            identity.test_id,
            identity.classname if has_no_class else self._classname,
            suite,
            outcome,
            read_time_s(attributes, self._dialects),
            self.read_started(attributes.get("timestamp")) or suite.started,
            extras,
        )
        if not self._options.keeps_traces:
            return test
        return test.called(attributes.get("classname", ""), attributes.get("name", ""))

    def read_started(self, text: str | None) -> float | None:
        """Return when something began, in seconds since 1970 (UTC); None when that is unknown.

        Args:
            text: The attribute ``timestamp``, if any.
        """
        timestamp = read_timestamp(text) if text else None
        if timestamp is None:
            return None
        if not timestamp.has_zone:
            self._notes.lacks_zone = True
        return timestamp.seconds

    def _decide(
        self,
        test_id: str,
        inside: _Inside,
        attributes: Mapping[str, str],
    ) -> Outcome:
        if not (inside.findings or attributes):
            return Outcome.NOT_REACHED if inside.is_superseded else _PASSED
        outcome = decide_outcome(inside.findings, attributes, self._options)
        if outcome is Outcome.PASSED:
            if inside.is_superseded:
                return Outcome.NOT_REACHED
            kind = find_contradiction(inside.findings, attributes)
            if kind is not None:
                self._notes.add(kind, test_id, detail=attributes.get("status", ""))
        return outcome

    def _read_extras(
        self,
        test_id: str,
        odd_name: str | None,
        outcome: Outcome,
        inside: _Inside,
        suite: SuiteFacts,
    ) -> Extras | None:
        """Read what only some testcases have; None when this one has none of it."""
        if odd_name == UNNAMED:
            self._notes.add(NoteKind.UNNAMED, test_id)
        properties = inside.properties
        read = read_attempts if suite.holds_attempts else read_evidence
        evidence = read(properties, outcome) if properties else NO_EVIDENCE
        links, steps, problems, notes, files = evidence
        for problem in problems:
            self._notes.add_unusable(Unusable(UnusableKind.REFERENCE, test_id, str(problem)))
        redacted = 0
        if notes or steps:
            notes, steps, redacted = self._tidy(notes, steps)
        account, earlier, subject = NO_ACCOUNT, 0, _TEST
        if inside.findings:
            subject = self._dialects.subject_of(inside.findings)
            attempts = [finding for finding in inside.findings if finding.kind.is_earlier]
            earlier = len(attempts)
            if self._options.keeps_messages:
                account = read_account(inside.findings, outcome, self._options)
                of_attempts, count = account_of_attempts(attempts, self._options)
                notes += of_attempts
                redacted += count
        told = NO_FAILURE
        if inside.failures:
            told = read_failures(inside.failures, outcome, self._options)
        message, is_teardown, count = account
        is_plain = subject is _TEST and not (earlier or odd_name)
        commit, log = inside.commit, self._keep_log(inside.log, outcome) if inside.log else ()
        if is_plain and not (message or links or steps or notes or commit or files or log):
            return None
        # by position, which takes half the time
        return Extras(
            odd_name,
            message,
            links,
            steps,
            notes,
            earlier,
            is_teardown,
            subject,
            commit,
            redacted + count + told.redacted,
            files,
            log,
            told.trace,
            told.error_type,
        )

    def _keep_log(self, parts: Sequence[str], outcome: Outcome) -> tuple[WaitingText, ...]:
        """Keep what a test printed and why it failed, where that is wanted."""
        captured = self._options.captured
        if captured is None or not captured.wants(outcome):
            return ()
        return (captured.put("\n\n".join(parts)),)

    def _tidy(
        self, notes: tuple[str, ...], steps: tuple[StepResult, ...]
    ) -> tuple[tuple[str, ...], tuple[StepResult, ...], int]:
        """Hide secrets in what a test says of itself, and shorten it."""
        said = TestResult("", _PASSED, notes=notes, steps=steps)
        tidy = self._options.redactor.tidy_result(said)
        return tidy.notes, tidy.steps, tidy.redacted

    def _look_at(self, content: Collection[etree._Element], name: str) -> _Inside:
        """Read what stands inside a testcase, or as tags in its name; of most there is nothing."""
        properties: list[tuple[str, str]] = [*find_tags(name)] if "@" in name else []
        findings: list[Finding] = []
        failures: list[etree._Element] = []
        commits: list[str] = []
        for child in content:
            tag = elements.local_name(child.tag)
            if tag == elements.PROPERTIES:
                own, told = read_properties(child)
                properties += own
                commits += told
            elif tag in elements.RESULTS:
                findings.append(read_finding(child, tag, with_text=self._options.keeps_messages))
                if self._options.keeps_traces:
                    failures.append(child)
            elif tag in elements.OUTPUTS:
                text = child.text or ""
                properties += find_properties(text)
                properties += read_scenario(text)
        log = [] if self._options.captured is None else list(log_parts(content))
        if not (findings or properties or commits or log):
            return _NOTHING
        stated = ""
        if commits:
            self._notes.add_commits(commits)
            stated = " + ".join(dict.fromkeys(commits))
        return _make(_Inside, (findings, properties, stated, log, failures))


def _properties_in(attributes: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the properties that are attributes: so googletest wrote them before 1.12."""
    for key in attributes:
        if key in USED_PROPERTIES:
            yield key, attributes[key]


def read_suite_result(finding: Finding, suite: SuiteFacts, options: ReadOptions) -> ReportedTest:
    """Read a failure or error that stands in a suite itself: a suite that died.

    Args:
        finding: The failure or error.
        suite: Where it stands; the result is named after it.
        options: How to read it.
    """
    identity = name_suite_result(suite.name)
    outcome = decide_outcome([finding], {}, options)
    account = NO_ACCOUNT
    if options.keeps_messages:
        account = read_account([finding], outcome, options)
    extras = Extras(name=identity.odd_name, message=account.message, redacted=account.redacted)
    return ReportedTest(identity.test_id, "", suite, outcome, None, suite.started, extras)
