"""From verdicts and runs to the changes that a session asks for, with the step array. Pure.

A reported step gets its verdict; steps after a failed one are NOT_RUN; every other unreported step
keeps what the server has. Jama derives the status of the run from its steps, so a case that is
worse than all its steps together needs one step that says so: see `_with_verdict_of_case`.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.core.plan import Overlap
from pytest_jama.core.verdicts import (
    CaseVerdict,
    StepVerdict,
    Verdict,
    merge_steps,
    unless_final,
    worst,
)
from pytest_jama.targets.jama.account import account_of
from pytest_jama.targets.jama.actual_results import below
from pytest_jama.targets.jama.runs import RunUpdate
from pytest_jama.targets.jama.standing import (
    UNFINISHED,
    Writer,
    describe_replaced,
    describe_unknown,
    find_reason_to_leave,
    is_partial,
    is_unknown,
    look_at,
    with_earlier_result,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from pytest_jama.core.cases import CaseRef
    from pytest_jama.core.verdicts import CaseVerdict
    from pytest_jama.targets.jama.runs import RunStep, TestRun


class PlannedUpdates(NamedTuple):
    """The changes to test runs that verdicts ask for.

    Attributes:
        updates: One for each run to change, in the order of the runs.
        warnings: Sentences for the summary: stale runs, step numbers that a run does not have.
        left: The runs that are not written to, since what they hold counts for more.
        replaced: The runs of which a person should know what is replaced.
    """

    updates: tuple[RunUpdate, ...] = ()
    warnings: tuple[str, ...] = ()
    left: tuple[Overlap, ...] = ()
    replaced: tuple[Overlap, ...] = ()


_NOBODY = Writer()


def plan_updates(
    verdicts: Sequence[CaseVerdict],
    runs: Mapping[CaseRef, Sequence[TestRun]],
    *,
    incomplete: Verdict | None = Verdict.INPROGRESS,
    writer: Writer = _NOBODY,
    check: Callable[[TestRun, CaseVerdict], CaseVerdict] = lambda _, case: case,
) -> PlannedUpdates:
    """Decide what is to be written into which run.

    Args:
        verdicts: The verdicts of a session. Those of `leave` are passed over, unless the case has
            a verdict under another name, too.
        runs: The test runs of each case reference.
        incomplete: What is said of a case of which some evidence is missing.
        writer: Who writes.
        check: Returns the verdict that may be written into a run, see `LockGuard.check`.
    """
    updates: list[RunUpdate] = []
    warnings: list[str] = []
    left: list[Overlap] = []
    replaced: list[Overlap] = []
    for run, merged in _verdict_by_run(verdicts, runs, incomplete):
        verdict = check(run, merged)
        if verdict.verdict is None:
            continue
        standing = look_at(run, writer)
        update, missing = _plan_update(run, verdict, writer, incomplete)
        why = find_reason_to_leave(update, standing, writer, incomplete=incomplete)
        if why:
            said = replace(update, status=verdict.verdict) if describe_unknown(update) else update
            left.append(_overlap(said, why))
            continue
        update = replace(update, earlier=below(standing.entries, f"<p>{writer.over}</p>"))
        why = describe_replaced(update, standing)
        if why:
            replaced.append(_overlap(update, why))
        updates.append(update)
        if missing:
            warnings.append(_missing_step_warning(run, verdict, missing))
        kept = [number for number, step in enumerate(run.steps, 1) if is_unknown(step.status)]
        warnings.extend(_kept_step_warning(run, verdict, number) for number in kept)
        if run.is_stale:
            warnings.append(_stale_warning(run, verdict))
    return PlannedUpdates(tuple(updates), tuple(warnings), tuple(left), tuple(replaced))


def _overlap(update: RunUpdate, why: str) -> Overlap:
    return Overlap(update.key, update.title, update.was, update.will_be, why, update.verdict)


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
    reasons = [reason for each in verdicts for reason in each.reasons]
    silent = [each for each in verdicts if not each.verdict]
    if silent:
        verdict = unless_final(verdict, incomplete=incomplete)
        names = ", ".join(str(each.case_ref) for each in silent)
        reasons.append(f"no test ran and passed that is linked to {names}")
    steps: dict[int, list[StepVerdict]] = defaultdict(list)
    for each in verdicts:
        for step in each.steps:
            steps[step.number].append(step)
    return replace(
        first,
        verdict=verdict,
        steps=tuple(merge_steps(steps[number]) for number in sorted(steps)),
        results=results,
        reasons=tuple(dict.fromkeys(reasons)),
        also=tuple(each.case_ref for each in verdicts if each is not first),
    )


def _plan_update(
    run: TestRun, case: CaseVerdict, writer: Writer, incomplete: Verdict | None
) -> tuple[RunUpdate, tuple[int, ...]]:
    status = case.verdict or Verdict.NOT_RUN
    new = NewSteps((), status, tuple(step.number for step in case.steps))
    if run.steps:
        new = update_steps(run.steps, case, status, keeps_finished=is_partial(case, incomplete))
    account = account_of(
        case,
        status=new.status,
        provenance=writer.provenance,
        steps=[step.status for step in new.steps],
    )
    steps = tuple(
        with_earlier_result(step, stored, writer.over) if step.result is not None else step
        for step, stored in zip(new.steps, run.steps, strict=False)
    )
    update = RunUpdate(run, case, new.status, steps, account, writer.provenance, writer.signature)
    return update, new.missing


def _missing_step_warning(run: TestRun, case: CaseVerdict, missing: Sequence[int]) -> str:
    count = len(run.steps)
    has = "no steps" if not count else "only step 1" if count == 1 else f"only steps 1 to {count}"
    told = ", ".join(map(str, missing[:_NAMED]))
    more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
    steps, number = ("steps", "numbers") if len(missing) > 1 else ("step", "number")
    return (
        f"{case.case_ref}: a test reports {steps} {told}{more}, but {run} ({run.name}) has {has}; "
        f"correct the {number}, or update the test case in Jama and start a new cycle"
    )


_NAMED = 5


def _kept_step_warning(run: TestRun, case: CaseVerdict, number: int) -> str:
    told = next((step.verdict.value for step in case.steps if step.number == number), "")
    report = f"; a test reports it {told}" if told else ""
    return (
        f"{case.case_ref}: step {number} of {run} stays {run.steps[number - 1].status}, which is "
        f"not a status that tests give: a person has set it in Jama{report}"
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


def update_steps(
    steps: Sequence[RunStep], case: CaseVerdict, verdict: Verdict, *, keeps_finished: bool = False
) -> NewSteps:
    """Return the step array that says what a session found.

    Args:
        steps: The steps of the run as they are stored, at least one.
        case: The judgement on the run's case.
        verdict: Its verdict, which is not `leave`.
        keeps_finished: Whether the evidence is incomplete: then what is said of a whole step stays,
            unless a test reports on that step. A status that tests do not give stays always.
    """
    fixed = {number for number, step in enumerate(steps, start=1) if is_unknown(step.status)}
    finished = fixed | {
        number
        for number, step in enumerate(steps, start=1)
        if keeps_finished and step.status not in UNFINISHED
    }
    if not case.steps:
        new_steps = tuple(
            step if number in finished else replace(step, status=verdict.value)
            for number, step in enumerate(steps, start=1)
        )
        return NewSteps(new_steps, status_from_steps(step.status for step in new_steps))
    reported = {step.number: _capped(step, verdict) for step in case.steps}
    missing = tuple(number for number in reported if number > len(steps))
    for number in missing:
        del reported[number]
    for number in finished & reported.keys():
        if number in fixed or reported[number].verdict.value in UNFINISHED:
            del reported[number]
    new_steps = _apply(steps, reported)
    if verdict.severity > status_from_steps(step.status for step in new_steps).severity:
        number = _carrier_of(reported, finished, len(steps))
        new_steps = _apply(steps, _with_verdict_of_case(reported, case, verdict, number))
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
    if is_unknown(step.status):
        return step
    if report is not None:
        return replace(step, status=report.verdict.value, result="\n".join(report.notes))
    return replace(step, status=Verdict.NOT_RUN.value) if is_after_failed else step


def _carrier_of(reported: Mapping[int, StepVerdict], finished: set[int], count: int) -> int:
    """Return the step that carries what no reported step tells: where the test must have been.

    A test whose steps all passed and that failed afterwards, or never came to an end, was at the
    step after its last reported one, or else still at that one.
    """
    number = min(max(reported, default=0) + 1, count)
    unfinished = [each for each in range(1, count + 1) if each not in finished]
    if number not in finished or not unfinished:
        return number
    return next((each for each in unfinished if each > number), unfinished[0])


def _with_verdict_of_case(
    reported: Mapping[int, StepVerdict],
    case: CaseVerdict,
    verdict: Verdict,
    number: int,
) -> dict[int, StepVerdict]:
    before = reported[number].notes if number in reported else ()
    why = tuple(result.message for result in case.results if result.message)
    return {**reported, number: StepVerdict(number, verdict, (*before, *why))}
