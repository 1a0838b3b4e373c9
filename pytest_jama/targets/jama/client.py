"""One short method for each request that we make at Jama; nothing else talks to it.

Source: Jama REST API cookbook, and the operations of the published OpenAPI documents.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from pytest_jama.core.errors import RefusedError
from pytest_jama.targets.jama import wire
from pytest_jama.targets.jama.paging import PAGE_SIZE, read_pages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date

    from pytest_jama.core.runs import TestRun
    from pytest_jama.targets.connection import Query
    from pytest_jama.targets.http import HttpApi
    from pytest_jama.targets.jama.paging import Page
    from pytest_jama.targets.jama.wire import Cycle, Group, Item, ItemType, Json, Plan, Project

T = TypeVar("T")

_NOT_FOUND = 404


class JamaClient:
    """The part of Jama's REST API that brings results to test runs.

    Every method raises `TargetError` as `HttpApi.send` does.

    Args:
        api: Makes the requests.
    """

    def __init__(self, api: HttpApi) -> None:
        self.api = api

    def get_current_user_id(self) -> int:
        """Return the ID of the user that the credentials belong to."""
        return wire.find_integer(self._get("/users/current").get("id")) or 0

    def projects(self) -> Iterator[Project]:
        """Yield all projects and folders of projects; reads on as far as it is asked to."""
        return self._list("/projects", wire.read_project)

    def find_project(self, project_id: int) -> Project | None:
        """Return a project by its ID."""
        return self._find(f"/projects/{project_id}", wire.read_project)

    def plans(self, project_id: int) -> Iterator[Plan]:
        """Yield the test plans of a project, also archived ones."""
        return self._list("/testplans", wire.read_plan, (("project", project_id),))

    def find_plan(self, plan_id: int) -> Plan | None:
        """Return a test plan by its ID."""
        return self._find(f"/testplans/{plan_id}", wire.read_plan)

    def create_plan(self, project_id: int, name: str) -> int:
        """Create a test plan; Jama gives it its default group."""
        return self.api.create(
            "/testplans",
            {"project": project_id, "fields": {"name": name}},
            find_existing=lambda: _lowest_id(self.plans(project_id), name),
        )

    def groups(self, plan_id: int) -> Iterator[Group]:
        """Yield the test groups of a plan."""
        return self._list(f"/testplans/{plan_id}/testgroups", wire.read_group)

    def create_group(self, plan_id: int, name: str) -> int:
        """Create a test group in a plan."""
        return self.api.create(
            f"/testplans/{plan_id}/testgroups",
            {"name": name},
            find_existing=lambda: _lowest_id(self.groups(plan_id), name),
        )

    def cases(self, plan_id: int, group_id: int) -> Iterator[Item]:
        """Yield the test cases of a group."""
        path = f"/testplans/{plan_id}/testgroups/{group_id}/testcases"
        return self._list(path, wire.read_item)

    def add_case(self, plan_id: int, group_id: int, case_id: int) -> None:
        """Add a test case to a group; Jama takes one at a time."""
        path = f"/testplans/{plan_id}/testgroups/{group_id}/testcases"

        def find_existing() -> int | None:
            case = self._find(f"{path}/{case_id}", wire.read_item)
            return case.id if case else None

        self.api.create(path, {"testCase": case_id}, find_existing=find_existing)

    def cycles(self, plan_id: int) -> Iterator[Cycle]:
        """Yield the test cycles of a plan."""
        return self._list(f"/testplans/{plan_id}/testcycles", wire.read_cycle)

    def find_cycle(self, cycle_id: int) -> Cycle | None:
        """Return a test cycle by its ID."""
        return self._find(f"/testcycles/{cycle_id}", wire.read_cycle)

    def create_cycle(self, plan_id: int, name: str, *, start: date, end: date) -> int:
        """Create a test cycle, with a run for every test case of the plan."""
        return self.api.create(
            f"/testplans/{plan_id}/testcycles",
            _cycle_body({"name": name}, start=start, end=end),
            find_existing=lambda: _lowest_id(self.cycles(plan_id), name),
        )

    def regenerate_runs(self, cycle: Cycle, *, start: date, end: date) -> None:
        """Write a cycle as it is, which makes Jama generate the runs that it lacks.

        Nobody says whether existing results survive: callers have asked for it and check.
        """
        fields = {"name": cycle.name}
        if cycle.description:
            fields["description"] = cycle.description
        body = _cycle_body(fields, start=start, end=end)
        self.api.put(f"/testcycles/{cycle.id}", body)

    def run_pages(self, cycle_id: int) -> Iterator[tuple[tuple[TestRun, ...], int | None]]:
        """Yield the test runs of a cycle, a page at a time, with how many there are in all."""
        for page in self._pages("/testruns", (("testCycle", cycle_id),)):
            rows = [row for row in page.rows if wire.may_be_in_cycle(row, cycle_id)]
            yield tuple(map(wire.read_run, rows)), page.total

    def runs_of_cases(self, cycle_id: int, case_ids: Sequence[int]) -> Iterator[TestRun]:
        """Yield the test runs of at most 50 test cases in a cycle."""
        query: Query = (("testCycle", cycle_id), *(("testCase", case_id) for case_id in case_ids))
        for page in self._pages("/testruns", query):
            rows = (row for row in page.rows if wire.may_be_in_cycle(row, cycle_id))
            yield from map(wire.read_run, rows)

    def patch_run(
        self,
        run_id: int,
        operations: Sequence[Json],
        *,
        on_attempt: Callable[[int], None],
    ) -> None:
        """Change a test run."""
        self.api.patch(f"/testruns/{run_id}", operations, on_attempt=on_attempt)

    def find_item(self, item_id: int) -> Item | None:
        """Return any item by its ID; None when there is none, or it was deleted."""
        return self._find(f"/abstractitems/{item_id}", wire.read_item)

    def items_by_key(self, project_id: int, keys: Sequence[str]) -> Iterator[Item]:
        """Yield the items of at most 50 document keys."""
        query: Query = (("project", project_id), *(("documentKey", key) for key in keys))
        return self._list("/abstractitems", wire.read_item, query)

    def items_with_words(self, project_id: int, words: Sequence[str]) -> Iterator[Item]:
        """Yield what a full-text search finds for any of the words: that and similar things."""
        query: Query = (("project", project_id), *(("contains", word) for word in words))
        return self._list("/abstractitems", wire.read_item, query)

    def item_types(self) -> Iterator[ItemType]:
        """Yield all item types of the server."""
        return self._list("/itemtypes", wire.read_item_type)

    def _get(self, path: str) -> Json:
        data = self.api.get(path).get("data")
        return data if isinstance(data, dict) else {}

    def _find(self, path: str, read: Callable[[Json], T]) -> T | None:
        try:
            data = self._get(path)
        except RefusedError as refusal:
            if refusal.http_status == _NOT_FOUND:
                return None
            raise
        return read(data) if wire.find_integer(data.get("id")) else None

    def _pages(self, path: str, query: Query = ()) -> Iterator[Page]:
        return read_pages(self.api.get, path, query)

    def _list(self, path: str, read: Callable[[Json], T], query: Query = ()) -> Iterator[T]:
        for page in self._pages(path, query):
            yield from map(read, page.rows)


def batches(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """Cut a sequence into parts that fit one request: what it asks for then fits one page."""
    return (values[start : start + PAGE_SIZE] for start in range(0, len(values), PAGE_SIZE))


def _lowest_id(found: Iterator[Plan] | Iterator[Group] | Iterator[Cycle], name: str) -> int | None:
    return min((each.id for each in found if each.name == name), default=None)


def _cycle_body(fields: dict[str, str], *, start: date, end: date) -> Json:
    return {
        "fields": {**fields, "startDate": start.isoformat(), "endDate": end.isoformat()},
        "testRunGenerationConfig": {},
    }
