"""What is done with a document that the server has worked off: read back, then the files.

Neither costs a result. Runs are read back without being asked for where one may have been left out,
or where that takes one request; `pytest-jama verify` compares all of them at any time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from pytest_jama.core.text import clean, counted, shorten
from pytest_jama.targets.octane.arrivals import read_back
from pytest_jama.targets.octane.context import items_of
from pytest_jama.targets.octane.entities import PAGE_SIZE
from pytest_jama.targets.octane.evidence_files import EvidenceSender

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_jama.core.plan import Findings, Update
    from pytest_jama.core.port import Observer
    from pytest_jama.core.results import TestResult
    from pytest_jama.targets.octane.arrivals import RunGap
    from pytest_jama.targets.octane.document import ResultDocument
    from pytest_jama.targets.octane.document_head import BuildIds
    from pytest_jama.targets.octane.entities import Entities

_LOOKS_S = (0.5, 1.0, 2.0)
"""Pauses after which it is looked once more for runs that are not there: they may show late."""

_MOST_NAMED = 3
_LONGEST_GAP = 300


class TakenDocuments:
    """Reads documents back, and attaches the files of their tests.

    Args:
        entities: The workspace.
        findings: What the session found.
        build: The build that the runs belong to; None for none.
        skip_errors: Whether the server takes runs without references that do not exist.
        observer: Told how far each file got.
    """

    def __init__(
        self,
        entities: Entities,
        findings: Findings,
        *,
        build: BuildIds | None,
        skip_errors: bool,
        observer: Observer,
    ) -> None:
        self._entities = entities
        self._build = build
        self._skip_errors = skip_errors
        self._covering = {each.test_id for each in findings.results if items_of((each,))}
        self._with_files: dict[str, list[TestResult]] = {}
        for result in findings.results:
            if result.files:
                self._with_files.setdefault(result.test_id, []).append(result)
        self._files = EvidenceSender(entities, findings, observer)

    def follow_up(self, update: Update) -> str:
        """Compare the runs of a document and attach files; return what is missing, empty for none.

        Raises:
            RefusedError: When the runs may not be read.
            TargetError: When the server cannot be used.
        """
        tests = cast("ResultDocument", update).tests
        files = [result for test in tests for result in self._with_files.get(test.test_id, ())]
        covers_items = any(test.test_id in self._covering for test in tests)
        is_read = is_due(runs=len(tests), covers_items=covers_items, skip_errors=self._skip_errors)
        if not (is_read or files):
            return ""
        if not is_read:  # only for the IDs of the runs that get files
            tests = tuple(test for test in tests if test.test_id in self._with_files)
        arrivals = read_back(self._entities, tests, build=self._build, waits_s=_LOOKS_S)
        if files:
            self._files.send(files, arrivals.run_ids)
        return describe_gaps(arrivals.gaps, len(tests))


def is_due(*, runs: int, covers_items: bool, skip_errors: bool) -> bool:
    """Return whether runs are read back after a push that succeeded, without being asked for it.

    Args:
        runs: How many were sent.
        covers_items: Whether one of them refers to backlog items: where such an item does not
            exist, the server leaves its run out and says nothing.
        skip_errors: Whether it takes the run without it.
    """
    return runs <= PAGE_SIZE or (covers_items and not skip_errors)


def describe_gaps(gaps: Sequence[RunGap], of: int) -> str:
    """Say which runs the server does not have as they were sent; empty for none.

    Args:
        gaps: They.
        of: How many runs were sent.
    """
    if not gaps:
        return ""
    named = "; ".join(shorten(clean(str(gap)), at_most=_LONGEST_GAP) for gap in gaps[:_MOST_NAMED])
    more = f"; and {len(gaps) - _MOST_NAMED} more" if len(gaps) > _MOST_NAMED else ""
    return f"the server lacks {len(gaps)} of {counted(of, 'run')}: {named}{more}"
