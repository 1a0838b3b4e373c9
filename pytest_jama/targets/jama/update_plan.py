"""From verdicts and runs to the changes that a session asks for, with the step array. Pure.

A reported step gets its verdict; steps after a failed one are NOT_RUN; every other unreported step
keeps what the server has. Jama derives the status of the run from its steps, so a case that is
worse than all its steps together needs one step that says so: see `_with_verdict_of_case`.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.core.results import WORST_FIRST
from pytest_jama.core.verdicts import (
    CaseVerdict,
    StepVerdict,
    Verdict,
    merge_steps,
    unless_final,
    worst,
)
from pytest_jama.targets.jama.runs import RunUpdate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from pytest_jama.core.cases import CaseRef
    from pytest_jama.core.results import TestResult
    from pytest_jama.core.verdicts import CaseVerdict
    from pytest_jama.targets.jama.runs import RunStep, TestRun


class PlannedUpdates(NamedTuple):
    """The changes to test runs that verdicts ask for.

    Attributes:
        updates: One for each run to change, in the order of the runs.
        warnings: Sentences for the summary: stale runs, step numbers that a run does not have.
    """

    updates: tuple[RunUpdate, ...] = ()
    warnings: tuple[str, ...] = ()


def plan_updates(
    verdicts: Sequence[CaseVerdict],
    runs: Mapping[CaseRef, Sequence[TestRun]],
    *,
    incomplete: Verdict | None = Verdict.INPROGRESS,
    provenance: str = "",
    check: Callable[[TestRun, CaseVerdict], CaseVerdict] = lambda _, case: case,
) -> PlannedUpdates:
    """Decide what is to be written into which run.

    Args:
        verdicts: The verdicts of a session. Those of `leave` are passed over, unless the case has
            a verdict under another name, too.
        runs: The test runs of each case reference.
        incomplete: What is said of a case of which tests were deselected under another name.
        provenance: One line that opens each account: tool, commit, time. Empty writes no accounts.
        check: Returns the verdict that may be written into a run, see `LockGuard.check`.
    """
    updates = []
    warnings: list[str] = []
    for run, merged in _verdict_by_run(verdicts, runs, incomplete):
        verdict = check(run, merged)
        if verdict.verdict is None:
            continue
        update, missing = _plan_update(run, verdict, provenance)
        updates.append(update)
        warnings.extend(_missing_step_warning(run, verdict, number) for number in missing)
        if run.is_stale:
            warnings.append(_stale_warning(run, verdict))
    return PlannedUpdates(tuple(updates), tuple(warnings))


def _verdict_by_run(
    verdicts: Sequence[CaseVerdict],
    runs: Mapping[CaseRef, Sequence[TestRun]],
    incomplete: Verdict | None,
) -> Iterator[tuple[TestRun, CaseVerdict]]:
    """Yield each run to write to once, also when users named its case in two ways."""
    by_id: dict[tuple[int | None, int], list[CaseVerdict]] = defaultdict(list)
    run_by_id = {}
    for verdict in verdicts:
        for run in runs.get(verdict.case_ref, ()):
            key = (run.run_id, run.case_id)
            by_id[key].append(verdict)
            run_by_id[key] = run
    for key, found in by_id.items():
        merged = _merged(found, incomplete)
        if merged.verdict is not None:
            yield run_by_id[key], merged


def _merged(verdicts: Sequence[CaseVerdict], incomplete: Verdict | None) -> CaseVerdict:
    if len(verdicts) == 1:
        return verdicts[0]
    first = next((each for each in verdicts if each.verdict), verdicts[0])
    results = tuple(dict.fromkeys(result for each in verdicts for result in each.results))
    verdict = worst(each.verdict for each in verdicts)
    if not all(each.verdict for each in verdicts):
        verdict = unless_final(verdict, incomplete=incomplete)
    steps: dict[int, list[StepVerdict]] = defaultdict(list)
    for each in verdicts:
        for step in each.steps:
            steps[step.number].append(step)
    return replace(
        first,
        verdict=verdict,
        steps=tuple(merge_steps(steps[number]) for number in sorted(steps)),
        results=results,
    )


def _plan_update(
    run: TestRun,
    case: CaseVerdict,
    provenance: str,
) -> tuple[RunUpdate, tuple[int, ...]]:
    verdict = case.verdict or Verdict.NOT_RUN
    if not run.steps:
        account = account_of(case, status=verdict, provenance=provenance)
        missing = tuple(step.number for step in case.steps)
        return RunUpdate(run, case, verdict, account=account), missing
    new = update_steps(run.steps, case, verdict)
    account = account_of(case, status=new.status, provenance=provenance)
    return RunUpdate(run, case, new.status, new.steps, account), new.missing


def account_of(case: CaseVerdict, *, status: Verdict, provenance: str) -> tuple[str, ...]:
    """Say in plain lines which tests led to a status, the gravest first.

    Args:
        case: The judgement, with the results behind it.
        status: What the run will show.
        provenance: Tool, commit, time; empty for no account at all.
    """
    if not provenance:
        return ()
    results = sorted(case.results, key=lambda result: WORST_FIRST.index(result.outcome))
    lines = [f"{status.value}: {provenance}"]
    for result in results:
        lines.extend(_lines_of(result))
    return tuple(lines)


def _lines_of(result: TestResult) -> Iterator[str]:
    yield f"{result.test_id}: {result.outcome.value}{_run_of(result)}"
    steps = (
        f"step {step.number} {step.outcome.value}" + (f": {step.note}" if step.note else "")
        for step in result.steps
    )
    for text in (result.message, *result.notes, *steps):
        yield from (f"  {line}" for line in text.splitlines())


def _run_of(result: TestResult) -> str:
    """Say how long a test took, when it began and where, as far as that is known."""
    # first as the journal keeps it: rounding twice can differ in the last digit
    took = "" if result.duration_s is None else f"{round(result.duration_s, 6):.3f} s"
    began = "" if result.started is None else _moment(int(round(result.started, 3)))
    where = f"on {result.host}" if result.host else ""
    run = ", ".join(filter(None, (took, f"{began} {where}".strip())))
    return f" ({run})" if run else ""


@lru_cache(maxsize=4096)
def _moment(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, timezone.utc):%Y-%m-%d %H:%M:%S} UTC"


def _missing_step_warning(run: TestRun, case: CaseVerdict, number: int) -> str:
    count = len(run.steps)
    has = "no steps" if not count else "only step 1" if count == 1 else f"only steps 1 to {count}"
    return (
        f"{case.case_ref}: a test reports step {number}, but {run} ({run.name}) has {has}; "
        "correct the number, or update the test case in Jama and start a new cycle"
    )


def _stale_warning(run: TestRun, case: CaseVerdict) -> str:
    return (
        f"{case.case_ref}: {run} was made from version {run.case_version} of the test case, "
        f"which is at version {run.current_case_version} now; "
        "its result counts for the old version, a new cycle takes the new one"
    )


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
