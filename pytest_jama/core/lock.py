"""jama.lock: what the test cases said when their tests were reviewed, and which tests those are.

Texts are compared as people read them: Jama cleans rich text when it stores it, so tags, entities
and blanks do not count. The file keeps a fingerprint of each text, and its beginning for people.
Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_jama.core.cases import CaseLink, CaseRef
from pytest_jama.core.results import Outcome, TestResult
from pytest_jama.core.test_ids import base_of, normal_base_of, normal_form, seen_from
from pytest_jama.core.text import quoted, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

FILE_NAME = "jama.lock"

SHOWN_CHARACTERS = 60

_TOO_HIGH = 2**63

SEVERAL_IDS = 0
"""Stands for the API ID of a case when sessions that are uploaded together had different ones."""


class StepText(NamedTuple):
    """One step, as Jama has it.

    Attributes:
        action: What is to be done.
        expected: What is to come of it.
    """

    action: str
    expected: str


class CaseText(NamedTuple):
    """What a test case says, or a test run, which is a copy of it.

    Attributes:
        name: Its name.
        description: Its description; None when that is not known.
        steps: Its steps in their order.
    """

    name: str
    description: str | None
    steps: tuple[StepText, ...] = ()


class LockedText(NamedTuple):
    """One text.

    Attributes:
        shown: Its beginning.
        digest: The fingerprint of all of it.
    """

    shown: str
    digest: str

    @classmethod
    def of(cls, text: str) -> LockedText:
        """Lock a text."""
        # Its imports cost more than all of this module, and most sessions have no lock.
        from pytest_jama.core.folding import fingerprint, fold  # noqa: PLC0415

        folded = fold(text)
        return cls(shorten(folded, at_most=SHOWN_CHARACTERS), fingerprint(folded))


class LockedStep(NamedTuple):
    """One step: its action and its expected result."""

    action: LockedText
    expected: LockedText


class LockedCase(NamedTuple):
    """One test case.

    Attributes:
        name: Its name.
        description: Its description.
        steps: Its steps in their order.
        tests: The tests that are linked to it, without their parameters, sorted.
        version: The version that it had; None when Jama did not say.
        is_disputed: Whether sessions that are uploaded together had different locks of it.
        api_id: Its API ID, which decides what it is: admins can change document keys, and use them
            again. None when the lock is older; `SEVERAL_IDS` when sessions had different ones.
    """

    name: LockedText
    description: LockedText
    steps: tuple[LockedStep, ...] = ()
    tests: tuple[str, ...] = ()
    version: int | None = None
    is_disputed: bool = False
    api_id: int | None = None

    @classmethod
    def of(
        cls,
        text: CaseText,
        *,
        tests: Iterable[str],
        version: int | None = None,
        api_id: int | None = None,
    ) -> LockedCase:
        """Lock a case.

        Args:
            text: What Jama says of it.
            tests: The IDs of the tests that are linked to it.
            version: Its version.
            api_id: Its API ID.
        """
        return cls(
            LockedText.of(text.name),
            LockedText.of(text.description or ""),
            tuple(LockedStep(*map(LockedText.of, step)) for step in text.steps),
            tuple(sorted({base_of(test) for test in tests})),
            version,
            api_id=api_id,
        )

    def says_the_same(self, other: LockedCase) -> bool:
        """Return whether two have the same texts, whatever their IDs, versions and tests are."""
        return self[:3] == other[:3]

    def is_another(self, other: LockedCase) -> bool:
        """Return whether two are certainly not the same item."""
        return None not in (self.api_id, other.api_id) and self.api_id != other.api_id

    def with_id_of(self, other: LockedCase) -> LockedCase:
        """Return it with the API ID of another one, if it has none: an older lock."""
        return self if self.api_id is not None else self._replace(api_id=other.api_id)

    def plain(self) -> dict[str, Any]:
        """Return it in lists and strings."""
        return {
            **({} if self.api_id is None else {"id": self.api_id}),
            "version": self.version,
            "name": list(self.name),
            "description": list(self.description),
            "steps": [[*step.action, *step.expected] for step in self.steps],
            "tests": list(self.tests),
        }

    @classmethod
    def read(cls, plain: Mapping[str, Any]) -> LockedCase:
        """Return what `plain` made.

        Raises:
            TypeError: When it is something else.
            ValueError: When a part is missing, or something else; it says which.
        """
        if not isinstance(plain, dict):
            raise TypeError(f"is {quoted(plain)}")
        version = plain.get("version")
        if version is not None and not isinstance(version, int):
            raise ValueError(f"version is {quoted(version)}")
        api_id = plain.get("id")
        if api_id is not None and (type(api_id) is not int or not 0 <= api_id < _TOO_HIGH):
            raise ValueError(f"id is {quoted(api_id)}")
        return cls(
            LockedText(*_texts(plain.get("name"), "name", 2)),
            LockedText(*_texts(plain.get("description"), "description", 2)),
            tuple(
                LockedStep(LockedText(action, digest), LockedText(expected, expected_digest))
                for action, digest, expected, expected_digest in (
                    _texts(row, "steps", 4) for row in _require_list(plain, "steps")
                )
            ),
            tuple(_texts(plain.get("tests"), "tests")),
            version,
            api_id=api_id,
        )


def _require_list(plain: Mapping[str, Any], name: str) -> list[Any]:
    value = plain.get(name)
    if not isinstance(value, list):
        raise TypeError(f"{name} is missing" if value is None else f"{name} is {quoted(value)}")
    return value


def _texts(value: object, name: str, count: int | None = None) -> list[str]:
    """Return a list of texts; of many, so that it must be quick."""
    try:
        if isinstance(value, list) and (count is None or len(value) == count):
            "".join(value)
            return value
    except TypeError:
        pass
    raise ValueError(f"{name} has {quoted(value)}" if value is not None else f"{name} is missing")


_LEFT_OUT = frozenset({Outcome.DESELECTED, Outcome.NOT_COLLECTED})


class Lock(NamedTuple):
    """What jama.lock holds.

    In the file tests are named relative to its folder, whatever the rootdir was.

    Attributes:
        cases: Each locked case, by its reference as users write it.
    """

    cases: Mapping[str, LockedCase]

    def find(self, case_ref: CaseRef) -> LockedCase | None:
        """Return what is locked of a case; None when it is not known here."""
        return self.cases.get(case_ref.text)

    def seen_from(self, folder: str) -> Lock:
        """Return the lock for a session whose test IDs are relative to a folder below it.

        Args:
            folder: Its path, relative to the folder of the lock.
        """
        return Lock(
            {
                name: case._replace(tests=tuple(seen_from(folder, test) for test in case.tests))
                for name, case in self.cases.items()
            }
        )

    def of_results(self, results: Iterable[TestResult]) -> Lock:
        """Return the part that is about the cases of tests that were not left out."""
        linked = (result.links for result in results if result.outcome not in _LEFT_OUT)
        texts = {link.case_ref.text for links in linked for link in links}
        return Lock({text: self.cases[text] for text in sorted(texts & self.cases.keys())})

    def missing_tests(self, test_ids: Iterable[str]) -> Iterator[TestResult]:
        """Yield what stands for each test that a session should have come across, and did not.

        Args:
            test_ids: The tests that the session knows, also those that it left out.
        """
        missing: dict[str, list[CaseLink]] = {}
        known = set(map(normal_base_of, test_ids))
        for text, case in self.cases.items():
            for test in case.tests:
                if normal_form(test) not in known:
                    missing.setdefault(test, []).append(CaseLink(CaseRef.parse(text)))
        for test, links in missing.items():
            why = f"{FILE_NAME} names it, but this session did not come across it"
            yield TestResult(test, Outcome.NOT_COLLECTED, message=why, links=tuple(links))

    def find_unknown(self, results: Iterable[TestResult]) -> Lock:
        """Return what is linked and not locked: the cases, with the tests that are unknown there.

        Args:
            results: Every test of a session, with its cases; those left out do not count.
        """
        tests_of: dict[str, set[str]] = {}
        for result in results:
            if result.outcome not in _LEFT_OUT:
                base = base_of(result.test_id)
                for link in result.links:
                    tests_of.setdefault(link.case_ref.text, set()).add(base)
        nothing = LockedText.of("")
        unknown = {}
        for text, tests in tests_of.items():
            case = self.cases.get(text)
            locked = set(map(normal_form, case.tests)) if case else ()
            new = [test for test in tests if normal_form(test) not in locked]
            if new:
                unknown[text] = LockedCase(nothing, nothing, tests=tuple(sorted(new)))
        return Lock(unknown)


def merge_locks(locks: Iterable[Lock | None]) -> Lock | None:
    """Return what several sessions know together; None when none of them had a lock.

    It is the same in whatever order they come: where they differ, the case is disputed.
    """
    merged: dict[str, LockedCase] = {}
    is_locked = False
    for lock in locks:
        if lock is None:
            continue
        is_locked = True
        for text, case in lock.cases.items():
            known = merged.setdefault(text, case)
            if known is not case:
                merged[text] = known._replace(
                    tests=tuple(sorted({*known.tests, *case.tests})),
                    is_disputed=known.is_disputed or not known.says_the_same(case),
                    api_id=_merge_ids(known.api_id, case.api_id),
                )
    return Lock(merged) if is_locked else None


def _merge_ids(one: int | None, other: int | None) -> int | None:
    """Return what two sessions know of an API ID."""
    if one is None or other is None:
        return other if one is None else one
    return one if one == other else SEVERAL_IDS
