"""Cases that are not what jama.lock has of them: their tests were written for something else.

Pure. It costs no request: runs come with their steps, and items that were looked up with theirs.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_jama.core.lock import FILE_NAME, CaseText, LockedCase, StepText
from pytest_jama.core.lock_differences import IN_RUN, Drift, find_drift
from pytest_jama.core.test_ids import normal_base_of, normal_form
from pytest_jama.core.verdicts import Verdict, unless_final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Literal

    from pytest_jama.core.cases import CaseRef
    from pytest_jama.core.lock import Lock
    from pytest_jama.core.verdicts import CaseVerdict, StepVerdict
    from pytest_jama.targets.jama.runs import TestRun
    from pytest_jama.targets.jama.wire import Item, Json

_DIFFERS = f"it differs from {FILE_NAME} (review its tests, then `pytest-jama lock`)"
_BOTH_DIFFER = (
    f"it differs from {FILE_NAME}, and its run is older "
    "(review its tests, then `pytest-jama lock`, then start a new cycle)"
)
_RUN_DIFFERS = (
    f"its run was made from another version of the test case than {FILE_NAME} (start a new cycle)"
)


class LockGuard:
    """Compares each run that is to be written to, and its case, with the lock.

    Args:
        lock: What was reviewed; None when there is no lock.
        items: The items that had to be looked up.
        mode: What happens to a case that differs, see the setting `drift`.
        incomplete: What is said of a case whose tests do not tell all.

    Attributes:
        warnings: A sentence for each case that differs, and is PASSED or left alone all the same.
    """

    def __init__(
        self,
        lock: Lock | None,
        items: Mapping[CaseRef, Item],
        *,
        mode: Literal["incomplete", "warn", "off"],
        incomplete: Verdict | None,
    ) -> None:
        self._lock = None if mode == "off" else lock
        self._items = items
        self._is_strict = mode == "incomplete"
        self._incomplete = incomplete
        self.warnings: list[str] = []

    def check(self, run: TestRun, case: CaseVerdict) -> CaseVerdict:
        """Return the verdict that is to be written into a run.

        A verdict that a difference could only improve, such as FAILED, stays.
        """
        locked = self._lock.find(case.case_ref) if self._lock else None
        if locked is None:
            return case
        what, drift = self._find_drift(locked, run, case)
        if not drift.sentences:
            return case
        case = replace(case, reasons=(*case.reasons, what, *drift.sentences))
        if self._is_strict:
            case = self._made_incomplete(case, drift)
        if case.verdict in (None, Verdict.PASSED):  # others are named anyway, with their reasons
            self.warnings.append(f"{case.case_ref}: {'; '.join((what, *drift.sentences))}")
        return case

    def _made_incomplete(self, case: CaseVerdict, drift: Drift) -> CaseVerdict:
        return replace(
            case,
            verdict=unless_final(case.verdict, incomplete=self._incomplete),
            steps=tuple(
                self._capped(step) if step.number in drift.steps else step for step in case.steps
            ),
        )

    def _find_drift(self, locked: LockedCase, run: TestRun, case: CaseVerdict) -> tuple[str, Drift]:
        """Return what differs from the lock, and a line that says what to do."""
        text = _text_of_run(run, locked)
        item = self._items.get(case.case_ref)
        item_text = None if item is None else text_of_item(item)
        unlinked = _find_unlinked(locked, case)
        if not _is_older(run, text, item_text):
            drift = find_drift(locked, text)
            if item_text is not None:  # a run does not have everything
                drift = drift._replace(sentences=find_drift(locked, item_text).sentences)
            return _DIFFERS, drift._replace(sentences=(*drift.sentences, *unlinked))
        of_run = find_drift(locked, text, IN_RUN)
        of_item = Drift() if item_text is None else find_drift(locked, item_text)
        is_reviewed = not (of_item.sentences or unlinked)
        if item_text is None:
            is_reviewed = is_reviewed and locked.version == run.current_case_version
        what = _RUN_DIFFERS if is_reviewed else _BOTH_DIFFER
        return what, Drift((*of_item.sentences, *of_run.sentences, *unlinked), of_run.steps)

    def _capped(self, step: StepVerdict) -> StepVerdict:
        """Return what may be said of a step that the test was not written for."""
        verdict = unless_final(step.verdict, incomplete=self._incomplete) or step.verdict
        return replace(step, verdict=verdict)


def _is_older(run: TestRun, text: CaseText, item_text: CaseText | None) -> bool:
    """Return whether a run was made from another text than its case has now."""
    if item_text is None:
        return run.is_stale
    return bool(find_drift(LockedCase.of(item_text, tests=()), text).sentences)


def _find_unlinked(locked: LockedCase, case: CaseVerdict) -> list[str]:
    """Name the tests of the lock that were collected, but are not evidence of the case any more."""
    judged = case.judged or case  # a hook may have dropped results
    linked = {normal_base_of(result.test_id) for result in judged.results}
    return [
        f"{test} is not linked to it any more"
        for test in locked.tests
        if normal_form(test) not in linked
    ]


def text_of_item(item: Item) -> CaseText:
    """Return what a test case says."""
    return CaseText(item.name, item.description, _step_texts(item.steps))


def _text_of_run(run: TestRun, locked: LockedCase) -> CaseText:
    """Return what a run says; a server may not copy the description, or not list it."""
    name = run.name or locked.name.shown
    return CaseText(name, run.description or None, _step_texts(step.as_read for step in run.steps))


def _step_texts(steps: Iterable[Json]) -> tuple[StepText, ...]:
    return tuple(StepText(_text(step, "action"), _text(step, "expectedResult")) for step in steps)


def _text(step: Json, name: str) -> str:
    value = step.get(name)
    return value if isinstance(value, str) else ""
