"""Cases that are not what jama.lock has of them: their tests were written for something else.

Pure. It costs no request: runs come with their steps, and items that were looked up with theirs.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_jama.core.lock import FILE_NAME, CaseText, StepText
from pytest_jama.core.lock_differences import Drift, find_drift
from pytest_jama.core.test_ids import normal_base_of, normal_form
from pytest_jama.core.verdicts import unless_final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Literal

    from pytest_jama.core.cases import CaseRef
    from pytest_jama.core.lock import Lock, LockedCase
    from pytest_jama.core.verdicts import CaseVerdict, StepVerdict, Verdict
    from pytest_jama.targets.jama.runs import TestRun
    from pytest_jama.targets.jama.wire import Item, Json

REVIEW = "review its tests, then `pytest-jama lock`"
_NEW_CYCLE = "the run was made from another version of the test case; start a new cycle"

_SHOWN = 3
"""How many differences a line of the summary names; the account has all."""


class LockGuard:
    """Compares each run that is to be written to, and its case, with the lock.

    Args:
        lock: What was reviewed; None when there is no lock.
        items: The items that had to be looked up.
        mode: What happens to a case that differs, see the setting `drift`.
        incomplete: What is said of a case whose tests do not tell all.

    Attributes:
        warnings: A sentence for each case that differs.
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
        drift, remedy = self._find_drift(locked, run, case)
        if not drift.sentences:
            return case
        self._warn(f"{case.case_ref} differs from {FILE_NAME}", drift, remedy)
        reasons = (*(f"{FILE_NAME}: {each}" for each in drift.sentences), f"{FILE_NAME}: {remedy}")
        case = replace(case, reasons=(*case.reasons, *reasons))
        if not self._is_strict:
            return case
        return replace(
            case,
            verdict=unless_final(case.verdict, incomplete=self._incomplete),
            steps=tuple(
                self._capped(step) if step.number in drift.steps else step for step in case.steps
            ),
        )

    def _find_drift(self, locked: LockedCase, run: TestRun, case: CaseVerdict) -> tuple[Drift, str]:
        """Return how run, case and tests differ from the lock, and what can be done."""
        text = _text_of_run(run, locked)
        of_run = of_item = find_drift(locked, text)
        item = self._items.get(case.case_ref)
        if item is not None and text_of_item(item) != text:
            of_item = find_drift(locked, text_of_item(item))
        unlinked = _find_unlinked(locked, case)
        sentences = dict.fromkeys((*of_item.sentences, *of_run.sentences, *unlinked))
        is_old_run = of_run.sentences and not (of_item.sentences or unlinked)
        return Drift(tuple(sentences), of_run.steps), _NEW_CYCLE if is_old_run else REVIEW

    def _warn(self, what: str, drift: Drift, remedy: str) -> None:
        shown = list(drift.sentences[:_SHOWN])
        if len(drift.sentences) > _SHOWN:
            shown.append(f"and {len(drift.sentences) - _SHOWN} more")
        warning = f"{what}: {'; '.join(shown)}; {remedy}"
        if warning not in self.warnings:
            self.warnings.append(warning)

    def _capped(self, step: StepVerdict) -> StepVerdict:
        """Return what may be said of a step that the test was not written for."""
        verdict = unless_final(step.verdict, incomplete=self._incomplete) or step.verdict
        return replace(step, verdict=verdict)


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
