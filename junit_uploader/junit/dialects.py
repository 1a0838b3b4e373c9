"""What each framework writes in its own way: one record for each dialect of JUnit XML. Pure.

To add a dialect, add its record to `DIALECTS`, and a report of it to ``tests/junit/dialects/`` with
what it is to be read as. Nothing else knows the name of a framework.

What frameworks share needs no record. A report may mix dialects, and few say who wrote them: so all
records hold for every report, and what one says must not be wrong for the others.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from junit_uploader.junit.elements import FAILING, ResultKind, Subject
from pytest_jama.core.results import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from junit_uploader.junit.elements import Finding

    Find: TypeAlias = Callable[[str], str | None]


class Total(NamedTuple):
    """A number that suites declare of what they hold.

    Attributes:
        word: What is counted, for people.
        attributes: The attributes whose sum it is.
        outcomes: The outcomes that count.
    """

    word: str
    attributes: tuple[str, ...]
    outcomes: frozenset[Outcome]


_FAILURES = Total("failures and errors", ("failures", "errors"), FAILING)
TOTALS = (
    Total("tests", ("tests",), frozenset(Outcome)),
    _FAILURES,
    Total(
        "skipped",
        ("skipped", "skip", "skips", "ignored", "disabled"),
        frozenset({Outcome.SKIPPED, Outcome.XFAILED}),
    ),
)
"""What the suites of most frameworks declare."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteCounts:
    """How the suites of a dialect count.

    Attributes:
        is_ours: Recognises such a suite: finds its attributes by name, and holds the names of its
            properties.
        totals: The totals that can be compared.
        counts_tests: Whether they are numbers of tests; else only failures without any failed test
            are worth a note.
    """

    is_ours: Callable[[Find, Collection[str]], bool]
    totals: tuple[Total, ...]
    counts_tests: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    r"""What a framework writes in its own way; what its record leaves out is as everywhere.

    Attributes:
        name: The framework.
        class_attribute: What it writes instead of ``classname``.
        time_attribute: What it writes instead of ``time``.
        only_classname: What it writes as the class of every test; the suites around stand for it.
        attribute_order: How its attributes begin, to tell it from a class that is called so.
        not_run: By attribute, the words that say that a test did not run.
        expected_failures: The types of skips that are expected failures.
        skip_types: Its own types of skips, which are not a reason for anyone to read.
        uncollected_file: The message of an error that stands for the tests of a file.
        skipped_file: The message of a skip that stands for the tests of a file.
        phase: A pattern of messages that tell of a ``phase``, setup or teardown, and ``why``.
        crash: A pattern of how a message begins that tells of a crashed worker.
        escape: How it writes the ESC before a colour, which XML forbids.
        character: A pattern of how it writes other characters that XML forbids.
        counts: How its suites count, where that is not tests.
        suites_of_attempts: The names of its suites, where testcases of one test ID are attempts, in
            their order, and an attempt that was repeated has no result inside.
        unknown_host: What it writes as ``hostname`` of every suite.
    """

    name: str
    class_attribute: str = ""
    time_attribute: str = ""
    only_classname: str = ""
    attribute_order: tuple[str, ...] = ()
    not_run: Mapping[str, frozenset[str]] = field(default_factory=dict)
    expected_failures: frozenset[str] = frozenset()
    skip_types: frozenset[str] = frozenset()
    uncollected_file: str = ""
    skipped_file: str = ""
    phase: str = ""
    crash: str = ""
    escape: str = ""
    character: str = ""
    counts: SuiteCounts | None = None
    suites_of_attempts: frozenset[str] = frozenset()
    unknown_host: str = ""


DIALECTS = (
    Dialect(
        name="pytest",
        expected_failures=frozenset({"pytest.xfail"}),
        skip_types=frozenset({"pytest.skip", "pytest.xfail"}),
        # Source: pytest, `_pytest/junitxml.py`, `append_collect_error`, `append_collect_skipped`
        uncollected_file="collection failure",
        skipped_file="collection skipped",
        # since 9.2 pytest cuts long messages, and the closing quote with them
        phase=r'failed on (?P<phase>setup|teardown) with "(?P<why>.*?)"?',
        crash=r"worker '[^']*' crashed while running\b",  # pytest-xdist
        escape="#x1B",
        # Source: pytest, `_pytest/junitxml.py`, `bin_xml_escape`
        character=r"#x(?:0[0-8BCEF]|1[0-9A-F]|7F)",
        # pytest-rerunfailures and flaky; the root is called so whatever `junit_suite_name` says
        suites_of_attempts=frozenset({"pytest", "pytest tests"}),
    ),
    Dialect(name="unittest-xml-reporting", expected_failures=frozenset({"XFAIL"})),
    Dialect(
        name="node",
        only_classname="test",  # a `test.py` of pytest has another order
        attribute_order=("name", "time", "classname"),
    ),
    Dialect(name="PHPUnit", class_attribute="class"),
    Dialect(name="Bazel", time_attribute="duration"),
    Dialect(
        name="googletest",
        not_run={"status": frozenset({"notrun"}), "result": frozenset({"suppressed", "skipped"})},
    ),
    Dialect(
        name="CTest",
        not_run={"status": frozenset({"notrun", "disabled"})},
        escape="[NON-XML-CHAR-0x1B]",
    ),
    # whoever writes "ignored", action-junit-report reads it so, too
    Dialect(name="openQA", not_run={"status": frozenset({"skipped", "ignored"})}),
    Dialect(
        name="Catch2",  # its totals are numbers of assertions
        unknown_host="tbd",
        counts=SuiteCounts(
            is_ours=lambda find, _: find("hostname") == "tbd",
            totals=(_FAILURES,),
            counts_tests=False,
        ),
    ),
    Dialect(
        name="Qt Test",
        # Qt 5 counts messages in `errors` and rows in `failures`; Qt 6, with a time stamp, tests
        counts=SuiteCounts(
            is_ours=lambda find, names: "QTestVersion" in names and find("timestamp") is None,
            totals=(Total("failures", ("failures",), FAILING),),
            counts_tests=False,
        ),
    ),
    Dialect(name="Surefire", escape="&#27;"),
    Dialect(name="meson", escape=r"\x1b"),
    Dialect(name="RSpec", escape=r"\e"),
    Dialect(name="jest-junit", escape="\N{REPLACEMENT CHARACTER}"),  # nose2 as well
)
"""All that is known; which of them wrote a report is not asked."""


class Dialects:
    """Dialects made ready to be asked, each question at once for all.

    Args:
        dialects: Their records.

    Attributes:
        class_attributes: What may stand instead of ``classname``.
        time_attributes: What may stand instead of ``time``.
        only_classnames: The classes that may say nothing.
        telling_attributes: The attributes, beyond names and ``time``, that may say something.
        expected_failures: The types of skips that are expected failures.
        skip_types: The types of skips that are not a reason.
        suites_of_attempts: The names of suites where testcases of one test ID are attempts.
    """

    def __init__(self, dialects: Sequence[Dialect]) -> None:
        self.class_attributes = _texts(each.class_attribute for each in dialects)
        self.time_attributes = _texts(each.time_attribute for each in dialects)
        self.only_classnames = frozenset(_texts(each.only_classname for each in dialects))
        self.expected_failures = frozenset[str]().union(
            *(each.expected_failures for each in dialects)
        )
        self.skip_types = frozenset[str]().union(*(each.skip_types for each in dialects))
        self.suites_of_attempts = frozenset[str]().union(
            *(each.suites_of_attempts for each in dialects)
        )
        self._unknown_hosts = _texts(each.unknown_host for each in dialects)
        self._orders = [(each.only_classname, each.attribute_order) for each in dialects]
        self._not_run: dict[str, frozenset[str]] = {}
        for attribute, words in chain.from_iterable(each.not_run.items() for each in dialects):
            self._not_run[attribute] = self._not_run.get(attribute, frozenset()) | words
        self.telling_attributes = frozenset((*self.time_attributes, *self._not_run))
        uncollected = _texts(each.uncollected_file for each in dialects)
        skipped = _texts(each.skipped_file for each in dialects)
        self._subjects: dict[str | None, tuple[ResultKind, Subject]] = {
            **dict.fromkeys(uncollected, (ResultKind.ERROR, Subject.UNCOLLECTED_FILE)),
            **dict.fromkeys(skipped, (ResultKind.SKIPPED, Subject.SKIPPED_FILE)),
        }
        phases = _texts(each.phase for each in dialects)
        self._phases = [re.compile(pattern, re.DOTALL) for pattern in phases]
        self._crash = _any_of(_texts(each.crash for each in dialects))
        escapes = _texts(re.escape(each.escape) for each in dialects)
        self._colour = re.compile(rf"(?:{_any_of(escapes).pattern})\[[0-9;]*m")
        self._character = _any_of(_texts(each.character for each in dialects))
        self._counts = [each.counts for each in dialects if each.counts is not None]

    def has_no_class(self, attributes: Mapping[str, str]) -> bool:
        """Return whether the class of a testcase says nothing, so that its suites have to."""
        classname = attributes.get("classname")
        if classname not in self.only_classnames:
            return False
        keys = tuple(attributes)
        return any(
            only == classname and keys[: len(order)] == order for only, order in self._orders
        )

    def host_in(self, hostname: str) -> str:
        """Return the host that an attribute names; empty when it names none."""
        host = hostname.strip()
        return "" if host in self._unknown_hosts else host

    def says_not_run(self, attributes: Mapping[str, str]) -> bool:
        """Return whether attributes say that a test did not run, without a child that says so."""
        return any(
            attribute in attributes and attributes[attribute].strip().lower() in words
            for attribute, words in self._not_run.items()
        )

    def subject_of(self, findings: Sequence[Finding]) -> Subject:
        """Return what a testcase stands for: for a file, when the only result in it says so."""
        known = self._subjects.get(findings[0].message) if len(findings) == 1 else None
        return known[1] if known and known[0] is findings[0].kind else _TEST

    def find_phase(self, message: str) -> tuple[str, str] | None:
        """Return the phase that a message tells of, and why that failed; None when of the test."""
        found = (pattern.fullmatch(message) for pattern in self._phases)
        match = next(filter(None, found), None)
        return match and (match["phase"], match["why"])

    def is_crash(self, message: str) -> bool:
        """Return whether a message tells of a crashed worker."""
        return self._crash.match(message) is not None

    def readable(self, message: str) -> str:
        """Return a message without colours, and without characters that had to be escaped."""
        return self._character.sub("\N{REPLACEMENT CHARACTER}", self._colour.sub("", message))

    def totals_of(self, find: Find, properties: Collection[str]) -> tuple[tuple[Total, ...], bool]:
        """Return the totals of a suite that can be compared, and whether they count tests.

        Args:
            find: Finds an attribute of the suite by its name.
            properties: The names of its properties.
        """
        for counts in self._counts:
            if counts.is_ours(find, properties):
                return counts.totals, counts.counts_tests
        return TOTALS, True


def _texts(texts: Iterator[str]) -> tuple[str, ...]:
    """Return the texts that are not empty, each once."""
    return tuple(dict.fromkeys(filter(None, texts)))


def _any_of(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """Return a pattern for one of several; without any, one that matches nothing."""
    return re.compile("|".join(patterns) or r"(?!)")


_TEST = Subject.TEST
KNOWN = Dialects(DIALECTS)
