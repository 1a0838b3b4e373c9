"""The step array of a run after a session. Pure.

A reported step gets its verdict; steps after a failed one are NOT_RUN; every other unreported step
keeps what the server has. Jama derives the status of the run from its steps, so a case that is
worse than all its steps together needs one step that says so: see `_with_verdict_of_case`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_jama.core.verdicts import StepVerdict, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pytest_jama.core.verdicts import CaseVerdict
    from pytest_jama.targets.jama.runs import RunStep


@dataclass(frozen=True, slots=True)
class NewSteps:
    """What the step array of a run becomes.

    Attributes:
        steps: The whole array in the original order.
        status: What the steps amount to, the status the run must show.
        missing: Step numbers that tests reported on and the run does not have.
    """

    steps: tuple[RunStep, ...]
    status: Verdict
    missing: tuple[int, ...] = ()


def status_from_steps(statuses: Iterable[str]) -> Verdict:
    """Return the status of a run whose steps have the given ones.

    Source: the rule is not published; Jama's 2017 test runner app and the cookbook's examples agree
    with this one, and the read-back after an upload shows where a server does not.
    """
    given = {status for status in statuses if status in Verdict.__members__}
    for verdict in (Verdict.FAILED, Verdict.BLOCKED):
        if verdict in given:
            return verdict
    if given <= {Verdict.PASSED} and given:
        return Verdict.PASSED
    return Verdict.NOT_RUN if given <= {Verdict.NOT_RUN} else Verdict.INPROGRESS


def update_steps(steps: Sequence[RunStep], case: CaseVerdict, verdict: Verdict) -> NewSteps:
    """Return the step array that says what a session found.

    Args:
        steps: The steps of the run as they are stored, at least one.
        case: The judgement on the run's case.
        verdict: Its verdict, which is not `leave`.
    """
    if not case.steps:
        return NewSteps(tuple(replace(step, status=verdict.value) for step in steps), verdict)
    reported = {step.number: _capped(step, verdict) for step in case.steps}
    missing = tuple(number for number in reported if number > len(steps))
    for number in missing:
        del reported[number]
    new_steps = _apply(steps, reported)
    if verdict.severity > status_from_steps(step.status for step in new_steps).severity:
        new_steps = _apply(steps, _with_verdict_of_case(reported, case, verdict, len(steps)))
    status = status_from_steps(step.status for step in new_steps)
    return NewSteps(new_steps, status, missing)


def _capped(step: StepVerdict, verdict: Verdict) -> StepVerdict:
    """Keep a step from being worse than its case, whose verdict an extension adjusted."""
    return replace(step, verdict=verdict) if step.verdict.severity > verdict.severity else step


def _apply(steps: Sequence[RunStep], reported: Mapping[int, StepVerdict]) -> tuple[RunStep, ...]:
    failed = [number for number, step in reported.items() if step.verdict is Verdict.FAILED]
    first_failed = min(failed, default=len(steps))
    return tuple(
        _updated(step, reported.get(number), is_after_failed=number > first_failed)
        for number, step in enumerate(steps, start=1)
    )


def _updated(step: RunStep, report: StepVerdict | None, *, is_after_failed: bool) -> RunStep:
    if report is not None:
        return replace(step, status=report.verdict.value, result="\n".join(report.notes))
    return replace(step, status=Verdict.NOT_RUN.value) if is_after_failed else step


def _with_verdict_of_case(
    reported: Mapping[int, StepVerdict],
    case: CaseVerdict,
    verdict: Verdict,
    count: int,
) -> dict[int, StepVerdict]:
    """Let the step at which the test must have been carry what no reported step tells.

    A test whose steps all passed and that failed afterwards, or never came to an end, was at the
    step after its last reported one, or else still at that one.
    """
    last = max(reported, default=0)
    number = min(last + 1, count)
    before = reported[number].notes if number in reported else ()
    why = tuple(result.message for result in case.results if result.message)
    return {**reported, number: StepVerdict(number, verdict, (*before, *why))}
