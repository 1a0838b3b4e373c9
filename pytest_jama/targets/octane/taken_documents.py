"""What is done with a document that the server has taken: its runs are compared, its files follow.

Neither costs a result. Runs are read back without being asked for where one may have been left out,
or where that takes one request; `pytest-jama verify` compares all of them at any time.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, cast

from pytest_jama.core.text import clean, counted, shorten
from pytest_jama.targets.octane.arrivals import read_back
from pytest_jama.targets.octane.entities import PAGE_SIZE
from pytest_jama.targets.octane.evidence_files import EvidenceSender

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_jama.core.plan import Findings, Update
    from pytest_jama.core.port import Observer
    from pytest_jama.core.results import TestResult
    from pytest_jama.targets.octane.arrivals import RunGap
    from pytest_jama.targets.octane.document import ResultDocument
    from pytest_jama.targets.octane.document_head import BuildIds
    from pytest_jama.targets.octane.entities import Entities
    from pytest_jama.targets.octane.run_element import SentTest

_WAITS_S = (1.0, 2.0, 4.0)
"""Pauses before it is looked again for runs that are not there: a list may show them late."""

_LONGEST_GAP = 300
_TOLD = 5
"""So many runs are named that are not there as they were sent."""


class TakenDocuments:
    """The documents of one upload that the server has taken.

    Args:
        entities: The workspace.
        findings: The results, where their files are, and what earlier uploads did with those.
        observer: Told how far each file got.
        build: The build that the runs belong to.
        skip_errors: Whether the server takes runs without references that do not exist.
        reads_all: Whether all runs are compared, though that may take many requests.
    """

    def __init__(
        self,
        entities: Entities,
        findings: Findings,
        *,
        observer: Observer,
        build: BuildIds | None,
        skip_errors: bool,
        reads_all: bool = False,
    ) -> None:
        self._entities = entities
        self._build = build
        self._skip_errors = skip_errors
        self._reads_all = reads_all
        self._results: defaultdict[str, list[TestResult]] = defaultdict(list)
        for result in findings.results:
            self._results[result.test_id].append(result)
        self._files = EvidenceSender(entities, findings, observer)
        self._run_ids: dict[str, str] = {}
        self._gaps: dict[str, list[RunGap]] = {}

    def follow_up(self, update: Update, attempts: int, *others: tuple[Update, int]) -> str:
        """Compare the runs of a document and attach files; say what is missing, empty for nothing.

        Args:
            update: The document.
            attempts: How many requests have handed it in; what only an earlier upload has handed in
                is always compared.
            others: The same of those that come after it: their runs are in the same lists.

        Raises:
            RefusedError: When its runs may not be read.
            TargetError: When the server cannot be used any more.
        """
        document = cast("ResultDocument", update)
        if document.key not in self._gaps and self._is_due(document, attempts):
            self._compare([document, *self._due_of(others)])
        gaps = self._gaps.pop(document.key, ())
        self.attach(document)
        return describe_gaps(gaps, of=len(document.tests))

    def _due_of(self, documents: Iterable[tuple[Update, int]]) -> Iterator[ResultDocument]:
        for update, attempts in documents:
            document = cast("ResultDocument", update)
            if self._is_due(document, attempts):
                yield document

    def _is_due(self, document: ResultDocument, attempts: int) -> bool:
        if self._reads_all or not attempts:
            return True
        results = (each for test in document.tests for each in self._results[test.test_id])
        covers_items = any(each.links for each in results)
        runs = len(document.tests)
        return is_due(runs=runs, covers_items=covers_items, skip_errors=self._skip_errors)

    def _compare(self, documents: Sequence[ResultDocument]) -> None:
        """Learn which runs of documents are not there as they were sent."""
        key_by_test = {test.test_id: each.key for each in documents for test in each.tests}
        gaps = self._read_back([test for each in documents for test in each.tests])
        self._gaps.update((each.key, []) for each in documents)
        for gap in gaps:
            self._gaps[key_by_test[gap.test.test_id]].append(gap)

    def attach(self, document: ResultDocument) -> None:
        """Attach the files of the tests of a document to their runs; a refusal is told.

        Args:
            document: The document.

        Raises:
            TargetError: When the server cannot be used any more.
        """
        sent = [test for test in document.tests if self._has_files(test.test_id)]
        if not sent:
            return
        if not_looked_for := [test for test in sent if test.test_id not in self._run_ids]:
            self._read_back(not_looked_for)
        results = [each for test in sent for each in self._results[test.test_id]]
        self._files.send(results, self._run_ids)

    def _read_back(self, tests: Sequence[SentTest]) -> Sequence[RunGap]:
        """Learn the IDs of runs, empty for those that are not there; return what is missing."""
        found = read_back(self._entities, tests, build=self._build, waits_s=_WAITS_S)
        self._run_ids.update(dict.fromkeys((test.test_id for test in tests), ""))
        self._run_ids.update(found.run_ids)
        return found.gaps

    def _has_files(self, test_id: str) -> bool:
        return any(each.files for each in self._results[test_id])


def is_due(*, runs: int, covers_items: bool, skip_errors: bool) -> bool:
    """Return whether runs are read back after a push that succeeded, without being asked for it.

    Args:
        runs: How many were sent.
        covers_items: Whether one of them refers to backlog items: where such an item does not
            exist, the server leaves its run out and says nothing.
        skip_errors: Whether it takes the run without it.
    """
    return runs <= PAGE_SIZE or (covers_items and not skip_errors)


def describe_gaps(gaps: Sequence[RunGap], *, of: int) -> str:
    """Say which runs are not there as they were sent; empty for none.

    Args:
        gaps: Those runs.
        of: How many were sent.
    """
    if not gaps:
        return ""
    some = "; ".join(shorten(clean(str(gap)), at_most=_LONGEST_GAP) for gap in gaps[:_TOLD])
    more = f"; and {len(gaps) - _TOLD} more" if len(gaps) > _TOLD else ""
    return f"{len(gaps)} of {counted(of, 'run')} not there as sent: {some}{more}"
