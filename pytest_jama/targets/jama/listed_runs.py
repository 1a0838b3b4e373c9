"""Test runs as Jama lists them: which of the rows are runs of the cycle that was asked for. Pure.

Runs are written to, so a row is one of ours only if nothing in it says something else.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.targets.jama.answer_checks import is_list
from pytest_jama.targets.jama.wire import is_of_a_case, is_readable_run, may_be_in_cycle, read_run

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_jama.targets.http.request import Query
    from pytest_jama.targets.jama.answer_checks import Check
    from pytest_jama.targets.jama.runs import TestRun
    from pytest_jama.targets.jama.wire import Cycle, Json


class ListedRuns(NamedTuple):
    """Test runs of a cycle.

    Attributes:
        runs: Those that came.
        missing: How many others the list should have, and did not give when it was asked again.
    """

    runs: list[TestRun]
    missing: int = 0


def of_cycle(cycle: Cycle) -> Query:
    """Return how the runs of a cycle are asked for."""
    return (("testCycle", cycle.id),)


def check_runs(cycle: Cycle) -> Check:
    """Return a check for a page of runs: at least one of them must be of the cycle."""
    return is_list("testruns", some_fit=lambda row: may_be_in_cycle(row, cycle))


def read_listed(
    rows: Sequence[Json], cycle: Cycle, *, missing: int, case_ids: Sequence[int] | None = None
) -> ListedRuns:
    """Return the runs among rows that are of a cycle and that can be written to.

    A row that nobody asked for stands where another one may have stood. So does one that is listed
    as two different runs, or whose steps cannot be read.

    Args:
        rows: What came, each with an ID.
        cycle: The cycle.
        missing: How many rows did not come.
        case_ids: The test cases that were asked for; None for all of the cycle.
    """
    ours = [row for row in rows if may_be_in_cycle(row, cycle)]
    foreign = [row for row in rows if not may_be_in_cycle(row, cycle)]
    times = Counter(row["id"] for row in rows)
    good = [row for row in ours if times[row["id"]] == 1 and is_readable_run(row)]
    strange = len({row["id"] for row in ours}) - len(good)
    # Whether several parameters must fit together or one by one is not documented.
    strange += sum(not is_of_a_case(row, case_ids or ()) for row in foreign)
    return ListedRuns([read_run(row) for row in good], missing + strange)


def group_by_case(
    runs: Iterable[TestRun],
    case_ids: Iterable[int],
) -> dict[int, tuple[TestRun, ...]]:
    """Sort runs by their test cases, each case's by ascending ID; others are left out."""
    found: dict[int, list[TestRun]] = {case_id: [] for case_id in case_ids}
    for run in sorted(runs, key=lambda run: run.run_id or 0):
        if run.case_id in found:
            found[run.case_id].append(run)
    return {case_id: tuple(runs) for case_id, runs in found.items() if runs}
