"""What the runs of a cycle show now, beside what journals tell of them. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.core.text import counted
from pytest_jama.core.verdicts import Verdict
from pytest_jama.report.evidence.case_evidence import (
    STATUS_OF,
    CaseEvidence,
    CaseStatus,
    Execution,
    RunEvidence,
    ShownRun,
    StepEvidence,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


class RunNow(NamedTuple):
    """A test run, as it was read.

    Attributes:
        run_id: Its API ID.
        case_id: That of its test case.
        case_key: The document key of the case; the API ID where it is not known.
        run_key: Its document key.
        name: Its name, which is that of the case.
        version: The version of the case that it was made from.
        current_version: The version that the case has now.
        steps: Its steps, with the actual results as they stand there.
        shown: Its status, who wrote it, and what is not as it was sent.
    """

    run_id: int
    case_id: int
    case_key: str
    run_key: str
    name: str
    version: int | None
    current_version: int | None
    steps: tuple[StepEvidence, ...]
    shown: ShownRun


class CycleNow(NamedTuple):
    """A cycle, as it was read for the record.

    Attributes:
        cycle_id: Its API ID.
        read_at: When that was, in UTC, as people read it.
        runs: Its runs.
        missing: How many more it has, and did not give.
        case_ids: The API IDs of cases by their document keys and global IDs, as far as known.
    """

    cycle_id: int
    read_at: str
    runs: Sequence[RunNow] = ()
    missing: int = 0
    case_ids: Mapping[str, int] = {}

    def __str__(self) -> str:
        runs = counted(len(self.runs), "test run")
        short = f"; {self.missing} more did not come" if self.missing else ""
        return f"{runs}, read {self.read_at} UTC{short}"


_GONE = ShownRun("", differs=(("run", "the cycle does not have it any more"),))
_UNREAD = ShownRun("", differs=(("run", "Jama did not give it when the cycle was read"),))


def add_cycle(cases: Iterable[CaseEvidence], cycle: CycleNow) -> list[CaseEvidence]:
    """Return cases with what Jama shows of them, and those that only the cycle has.

    Args:
        cases: The cases of the journals.
        cycle: Their cycle.
    """
    unclaimed = {str(run.run_id): run for run in cycle.runs}
    found = list(cases)
    ids: dict[int, CaseEvidence] = {}
    for case in found:
        case.runs = tuple(_with_now(run, unclaimed.get(run.key), cycle) for run in case.runs)
        known = [unclaimed.pop(run.key) for run in case.runs if run.key in unclaimed]
        case_id = known[0].case_id if known else _id_of(case, cycle)
        if case_id:
            ids.setdefault(case_id, case)
    silent: dict[int, CaseEvidence] = {}
    for run in unclaimed.values():
        case_id = run.case_id or -run.run_id  # which case it is of may not be told
        if case_id not in ids:
            key = run.case_key if run.case_id else run.run_key or f"run {run.run_id}"
            ids[case_id] = CaseEvidence(0, key, "", CaseStatus.NOT_RUN, "", Execution.NONE)
            found.append(ids[case_id])
        case = ids[case_id]
        if not case.judged and case.execution is Execution.NONE:
            silent[case_id] = case
        _add_run(case, run)
    for case in silent.values():
        _conclude(case)
    return found


def _with_now(run: RunEvidence, now: RunNow | None, cycle: CycleNow) -> RunEvidence:
    if now is not None:
        return run._replace(now=now.shown, current_version=now.current_version)
    return run._replace(now=_UNREAD if cycle.missing else _GONE)


def _id_of(case: CaseEvidence, cycle: CycleNow) -> int:
    """Return the API ID of a case of which no run is known; 0 when it is not known, either."""
    return int(case.key) if case.key.isdigit() else cycle.case_ids.get(case.key, 0)


def _add_run(case: CaseEvidence, run: RunNow) -> None:
    """Add a run of which the journals tell nothing."""
    case.name = case.name or run.name
    case.steps = case.steps or run.steps
    case.is_planned, case.unresolved = True, ""
    case.runs += (
        RunEvidence(
            str(run.run_id),
            run_key=run.run_key,
            name=run.name,
            version=run.version,
            current_version=run.current_version,
            now=run.shown,
        ),
    )


def _conclude(case: CaseEvidence) -> None:
    """Let what Jama shows count for a case of which the journals have no result."""
    shown = {run.now.status for run in case.runs if run.now is not None}
    if shown - _UNTOUCHED:
        found = {STATUS_OF.get(status, CaseStatus.INCOMPLETE) for status in shown}
        case.status = min(found, key=list(CaseStatus).index)
        case.execution = Execution.ELSEWHERE


_UNTOUCHED = frozenset({"", Verdict.NOT_RUN.value})
