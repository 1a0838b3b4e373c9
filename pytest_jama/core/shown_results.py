"""The results of one session as they are written, printed and sent: also their IDs hold no secret.

Links depend on the true IDs, so that they are found before. Pure.
"""

from __future__ import annotations

from collections import Counter
from itertools import chain, islice
from typing import TYPE_CHECKING

from pytest_jama.core.redaction import Hidden
from pytest_jama.core.results import Outcome, ReportedName
from pytest_jama.core.secret_signs import HIDDEN

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_jama.core.redaction import Redactor
    from pytest_jama.core.results import TestResult


class ShownResults:
    """The results of one session as they are written, printed and sent.

    Two tests whose IDs differ in a secret alone stay two: ``test[password=***]`` and
    ``test[password=***2]``, in the order in which they are met.

    Args:
        redactor: Hides secrets.
    """

    def __init__(self, redactor: Redactor) -> None:
        self.redactor = redactor
        self._by_id: dict[str, Hidden] = {}
        self._taken: set[str] = set()
        self._numbers: Counter[str] = Counter()
        self._plain: dict[str, None] = {}  # smaller than a set, and no garbage is sought in it

    def learn(self, *test_ids: Iterable[str]) -> None:
        """Meet tests in an order that does not depend on how they are run.

        Many are looked at as one text: most sessions have no secret in any of their IDs.
        """
        remaining = chain.from_iterable(test_ids)
        while some := list(islice(remaining, _AT_ONCE)):
            if self.redactor.may_hide(some):
                for test_id in some:
                    self._look_at(test_id)
            else:
                self._plain.update(dict.fromkeys(some))

    @property
    def hides_any(self) -> bool:
        """Whether one of the tests that were met has another name now."""
        return bool(self._by_id)

    def name_of(self, test_id: str) -> str:
        """Return a test ID as it is shown."""
        return self._find(test_id).text

    def results(self, results: Sequence[TestResult]) -> list[TestResult]:
        """Return results of which all IDs may be shown."""
        self.learn(each.test_id for each in results if each.test_id not in self._plain)
        return list(map(self.result, results)) if self._by_id else list(results)

    def result(self, result: TestResult) -> TestResult:
        """Return a result whose ID, too, may be shown; its texts were tidied when it was made."""
        test_id = result.test_id
        if test_id in self._plain:
            return result
        name, passages = self._find(test_id)
        count = passages if result.outcome not in _NEVER_BEGUN else 0
        reported = result.reported
        if reported is not None and passages:
            reported = ReportedName(*(self.redactor.hide(each).text for each in reported))
        return result._replace(test_id=name, redacted=result.redacted + count, reported=reported)

    def _find(self, test_id: str) -> Hidden:
        hidden = self._by_id.get(test_id)
        if hidden is None and test_id not in self._plain:
            self._look_at(test_id)
            hidden = self._by_id.get(test_id)
        return hidden or Hidden(test_id, 0)

    def _look_at(self, test_id: str) -> None:
        hidden = self.redactor.hide(test_id)
        if HIDDEN not in hidden.text:
            self._plain[test_id] = None
        elif test_id not in self._by_id:
            name = self._name_apart(hidden.text)
            self._taken.add(name)
            self._by_id[test_id] = Hidden(name, hidden.passages)

    def _name_apart(self, shown: str) -> str:
        name = shown
        while name in self._taken:
            self._numbers[shown] += 1
            name = shown.replace(HIDDEN, f"{HIDDEN}{self._numbers[shown] + 1}", 1)
        return name


_AT_ONCE = 500
_NEVER_BEGUN = frozenset({Outcome.NOT_REACHED, Outcome.DESELECTED, Outcome.NOT_COLLECTED})
"""What the journal lists among the tests that there are, and not as a result."""
