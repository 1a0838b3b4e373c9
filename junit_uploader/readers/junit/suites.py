"""The suites of a report while they are open, and what they declare of themselves."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from junit_uploader.readers.junit.elements import NOWHERE, SuiteName
from junit_uploader.readers.values import FAILING
from pytest_jama.core.results import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

_SKIPPED = frozenset({Outcome.SKIPPED, Outcome.XFAILED})


@dataclass(slots=True)
class Suite:
    """A suite whose end has not been read.

    Attributes:
        name: What it and the suites around it are called.
        own: The outcomes of the testcases in it.
        below: Those of the suites in it.
        itself: Those of the failures that stand in it, or in a suite in it, without a testcase.
    """

    name: SuiteName = NOWHERE
    own: list[Outcome] = field(default_factory=list)
    below: list[Outcome] = field(default_factory=list)
    itself: list[Outcome] = field(default_factory=list)

    def add(self, inner: Suite) -> None:
        """Add what a suite inside this one holds."""
        self.below += inner.own
        self.below += inner.below
        self.itself += inner.itself

    def contradictions(
        self,
        find: Callable[[str], str | None],
        properties: Collection[str],
    ) -> Iterator[tuple[str, str]]:
        """Yield where declared totals fit neither the suite itself nor all below it.

        Args:
            find: Finds an attribute of the suite by its name.
            properties: The names of its properties.

        Returns:
            What kind of contradiction it is, and the numbers.
        """
        counts_tests = True
        totals = _TOTALS
        if find("hostname") == _CATCH2_HOST:
            counts_tests, totals = False, _TOTALS_OF_ASSERTIONS
        elif _QT_PROPERTY in properties and find("timestamp") is None:
            counts_tests, totals = False, _TOTALS_OF_QT5
        for word, names, outcomes in totals:
            declared = _declared(find, names)
            if declared is None:
                continue
            own = _count(self.own, outcomes)
            together = own + _count(self.below, outcomes)
            itself = _count(self.itself, outcomes)
            if declared not in (own, together, own + itself, together + itself):
                is_unseen = outcomes is FAILING and not together
                if not (is_unseen or counts_tests):
                    continue
                kind = UNSEEN_FAILURES if is_unseen else CONTRADICTION
                yield kind, f"{declared} {word} declared, {together} found"


CONTRADICTION = "declared totals contradict the testcases"
UNSEEN_FAILURES = "failures are declared, but no testcase failed: look at the log of the tests"

_Total: TypeAlias = tuple[str, tuple[str, ...], frozenset[Outcome]]

_TOTALS: tuple[_Total, ...] = (
    ("tests", ("tests",), frozenset(Outcome)),
    ("failures and errors", ("failures", "errors"), FAILING),
    ("skipped", ("skipped", "skip", "skips", "ignored", "disabled"), _SKIPPED),
)

_CATCH2_HOST = "tbd"
"""What Catch2 always calls its host; its totals are numbers of assertions."""

_QT_PROPERTY = "QTestVersion"
"""Qt 5 counts messages in ``errors`` and rows in ``failures``; Qt 6, with a time stamp, tests."""

_TOTALS_OF_ASSERTIONS = tuple(total for total in _TOTALS if total[2] is FAILING)
_TOTALS_OF_QT5: tuple[_Total, ...] = (("failures", ("failures",), FAILING),)


_COUNT = re.compile("[0-9]{1,18}")


def _declared(find: Callable[[str], str | None], names: tuple[str, ...]) -> int | None:
    """Return the sum of some totals; None when none of them is declared."""
    texts = {name: find(name) or "" for name in names}
    numbers = {name: text for name, text in texts.items() if _COUNT.fullmatch(text)}
    if not numbers or numbers.keys() == {"disabled"}:  # googletest's root declares only those
        return None
    return sum(map(int, numbers.values()))


def _count(found: list[Outcome], outcomes: Collection[Outcome]) -> int:
    return sum(map(found.count, outcomes))
