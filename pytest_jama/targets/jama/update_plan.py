"""From verdicts and runs to the changes that a session asks for. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.core.results import WORST_FIRST
from pytest_jama.core.verdicts import (
    CaseVerdict,
    StepVerdict,
    Verdict,
    merge_steps,
    unless_incomplete,
    worst,
)
from pytest_jama.targets.jama.runs import RunUpdate
from pytest_jama.targets.jama.step_rules import update_steps

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_jama.core.cases import CaseRef
    from pytest_jama.core.results import TestResult
    from pytest_jama.targets.jama.runs import TestRun


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
) -> PlannedUpdates:
    """Decide what is to be written into which run.

    Args:
        verdicts: The verdicts of a session. Those of `leave` are passed over, unless the case has
            a verdict under another name, too.
        runs: The test runs of each case reference.
        incomplete: What is said of a case of which tests were deselected under another name.
        provenance: One line that opens each account: tool, commit, time. Empty writes no accounts.
    """
    updates = []
    warnings: list[str] = []
    for run, verdict in _verdict_by_run(verdicts, runs, incomplete):
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
        verdict = unless_incomplete(verdict, results, incomplete=incomplete)
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
    # first as the journal keeps it: rounding twice can differ in the last digit
    duration = "" if result.duration_s is None else f" ({round(result.duration_s, 6):.3f} s)"
    yield f"{result.test_id}: {result.outcome.value}{duration}"
    steps = (
        f"step {step.number} {step.outcome.value}" + (f": {step.note}" if step.note else "")
        for step in result.steps
    )
    for text in (result.message, *result.notes, *steps):
        yield from (f"  {line}" for line in text.splitlines())


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
