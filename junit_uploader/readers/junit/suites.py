"""The suites of a report while they are open, and what they declare of themselves."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

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

    def contradictions(self, find: Callable[[str], str | None]) -> Iterator[tuple[str, str]]:
        """Yield where declared totals fit neither the suite itself nor all below it.

        Args:
            find: Finds an attribute of the suite by its name.

        Returns:
            What kind of contradiction it is, and the numbers.
        """
        for word, names, outcomes in _TOTALS:
            declared = _declared(find, names)
            if declared is None:
                continue
            own = _count(self.own, outcomes)
            together = own + _count(self.below, outcomes)
            itself = _count(self.itself, outcomes)
            if declared not in (own, together, own + itself, together + itself):
                is_unseen = outcomes is FAILING and not together
                kind = UNSEEN_FAILURES if is_unseen else CONTRADICTION
                yield kind, f"{declared} {word} declared, {together} found"


CONTRADICTION = "declared totals contradict the testcases"
UNSEEN_FAILURES = "failures are declared, but no testcase failed: look at the log of the tests"

_TOTALS = (
    ("tests", ("tests",), frozenset(Outcome)),
    ("failures and errors", ("failures", "errors"), FAILING),
    ("skipped", ("skipped", "skip", "skips", "ignored", "disabled"), _SKIPPED),
)


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
