"""Test runs as Jama lists them, and which of the rows are runs of the cycle that was asked for.

Runs are written to, so a row is one of ours only if nothing in it says something else.

They are asked for among all runs of the server, by cycle and case. A server that refuses that is
asked for the runs of the cycle; one that takes cycle and cases for alternatives, or refuses to look
for many cases, for all runs of the cycle. Either is remembered.
Source: Jama's API document has both paths; how the filters combine is not documented.
"""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_jama.core.errors import LockedError, RefusedError
from pytest_jama.targets.jama.answer_checks import is_list
from pytest_jama.targets.jama.paging import ask_ahead, batches, read_all, read_pages
from pytest_jama.targets.jama.wire import (
    find_id,
    is_of_a_case,
    is_readable_run,
    may_be_in_cycle,
    read_item,
    read_run,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from pytest_jama.targets.http.api import HttpApi
    from pytest_jama.targets.http.request import Query
    from pytest_jama.targets.jama.answer_checks import Check
    from pytest_jama.targets.jama.paging import Page
    from pytest_jama.targets.jama.runs import TestRun
    from pytest_jama.targets.jama.waits import Patience
    from pytest_jama.targets.jama.wire import Cycle, Json

    Together = Callable[[Sequence[Callable[[], Any]]], list[Any]]

RUNS_PATH = "/testruns"

_NOT_SO = frozenset({400, 404, 405, 414, 431})
"""What a server may say to a question that it does not take in this form, or in this length."""


class ListedRuns(NamedTuple):
    """Test runs of a cycle.

    Attributes:
        runs: Those that came.
        missing: How many others the list should have, and did not give when it was asked again.
    """

    runs: list[TestRun]
    missing: int = 0


class RunLists:
    """Lists the runs of cycles, in the way that the server takes.

    Args:
        api: Makes the requests.
        together: Makes several of them at the same time.
        patience: Returns the time for what a list has beyond what it announced.

    Attributes:
        case_names: Document key and global ID of test cases by their API ID, as far as they were
            asked for and told.
    """

    def __init__(
        self, api: HttpApi, *, together: Together, patience: Callable[[], Patience]
    ) -> None:
        self._api = api
        self._together = together
        self._patience = patience
        self._is_below_cycle = False
        self._filters_cases = True
        self._links_cases = False
        self._ahead: dict[Query, Json] = {}
        self.case_names: dict[int, tuple[str, str]] = {}

    def with_case_names(self, cycle: Cycle) -> ListedRuns:
        """Return the runs of a cycle, and learn how their cases are named.

        Source: Jama's API document, `include` of lists, and the cookbook, `linked` of answers; a
        server that does not take it is asked without.
        """
        try:
            self._links_cases = True
            first = self.first(cycle)
        except RefusedError as refusal:
            if not _is_not_so(refusal):
                raise
            self._links_cases = False
            first = self.first(cycle)
        try:
            return self.all(cycle, total=first.total, first=first)
        finally:
            self._links_cases = False

    @contextmanager
    def ahead(self, cycle: Cycle, count: int) -> Iterator[None]:
        """Ask for the pages of so many runs of a cycle at once; inside, each is given out once."""
        get, query = partial(self._get, cycle), _of_cycle(cycle)
        self._ahead = ask_ahead(get, RUNS_PATH, query, count, together=self._together)
        try:
            yield
        finally:
            self._ahead = {}

    def first(self, cycle: Cycle) -> Page:
        """Return the first page of the runs of a cycle; it tells how many there are."""
        return next(
            read_pages(
                partial(self._get, cycle),
                RUNS_PATH,
                _of_cycle(cycle),
                patience=self._patience(),
                again=partial(self._api.again, RUNS_PATH),
            )
        )

    def all(self, cycle: Cycle, *, total: int | None, first: Page | None = None) -> ListedRuns:
        """Return the runs of a cycle.

        Args:
            cycle: The cycle.
            total: How many it should have.
            first: The first page, if that is known.
        """
        page = read_all(
            partial(self._get, cycle),
            RUNS_PATH,
            _of_cycle(cycle),
            first=first,
            total=total,
            together=self._together,
            patience=self._patience(),
            again=partial(self._api.again, RUNS_PATH),
        )
        return read_listed(page.rows, cycle, missing=page.missing)

    def of_cases(self, cycle: Cycle, case_ids: Sequence[int]) -> ListedRuns:
        """Return the runs of some test cases in a cycle; where that is not possible, of all."""
        if self._filters_cases and not self._is_below_cycle:
            jobs = [partial(self._of_batch, cycle, batch) for batch in batches(case_ids)]
            try:
                parts = self._together(jobs)
            except RefusedError as refusal:
                if not _is_not_so(refusal):
                    raise
                self._filters_cases = False
            if self._filters_cases:
                runs = [run for part in parts for run in part.runs]
                return ListedRuns(runs, sum(part.missing for part in parts))
        first = self.first(cycle)
        return self.all(cycle, total=first.total, first=first)

    def _of_batch(self, cycle: Cycle, case_ids: Sequence[int]) -> ListedRuns:
        check = is_list(
            "testruns",
            some_fit=lambda row: may_be_in_cycle(row, cycle) or is_of_a_case(row, case_ids),
        )
        query: Query = (*_of_cycle(cycle), *(("testCase", case_id) for case_id in case_ids))
        rows: list[Json] = []
        missing = 0
        for page in read_pages(
            partial(self._api.get, check=check),
            RUNS_PATH,
            query,
            patience=self._patience(),
            again=partial(self._api.again, RUNS_PATH),
        ):
            rows += page.rows
            missing = page.missing
            if not all(
                may_be_in_cycle(row, cycle) and is_of_a_case(row, case_ids) for row in page.rows
            ):
                self._filters_cases = False
                break  # those of the cycle are listed anew, without foreign ones between them
        return read_listed(rows, cycle, missing=missing, case_ids=case_ids)

    def _get(self, cycle: Cycle, path: str, query: Query) -> Json:
        """Ask for a page of all runs of a cycle, and for their cases where that is wanted."""
        if not self._links_cases:
            return self._get_page(cycle, path, query)
        answer = self._get_page(cycle, path, (*query, ("include", "data.fields.testCase")))
        self.case_names.update(_names_linked(answer))
        return answer

    def _get_page(self, cycle: Cycle, path: str, query: Query) -> Json:
        """Ask for a page of all runs of a cycle; of those below it, where it is not found so."""
        if known := self._ahead.pop(query, None):
            return known
        below = f"/testcycles/{cycle.id}{path}", query[len(_of_cycle(cycle)) :]
        check = _check_runs(cycle)
        if self._is_below_cycle:
            return self._api.get(*below, check=check)
        try:
            return self._api.get(path, query, check=check)
        except RefusedError as refusal:
            if not _is_not_so(refusal):
                raise
            try:
                answer = self._api.get(*below, check=check)
            except RefusedError:
                raise refusal from None
        self._is_below_cycle = True
        return answer


def _names_linked(answer: Json) -> Iterator[tuple[int, tuple[str, str]]]:
    linked = answer.get("linked")
    for rows in linked.values() if isinstance(linked, dict) else ():
        for row in rows.values() if isinstance(rows, dict) else ():
            if isinstance(row, dict) and find_id(row.get("id")):
                item = read_item(row)
                yield item.id, (item.key, item.global_id)


def _is_not_so(refusal: RefusedError) -> bool:
    return refusal.http_status in _NOT_SO and not isinstance(refusal, LockedError)


def _of_cycle(cycle: Cycle) -> Query:
    """Return how the runs of a cycle are asked for."""
    return (("testCycle", cycle.id),)


def _check_runs(cycle: Cycle) -> Check:
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
