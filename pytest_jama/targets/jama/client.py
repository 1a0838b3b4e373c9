"""One short method for each request that we make at Jama; nothing else talks to it.

Source: Jama REST API cookbook, and the operations of the published OpenAPI documents.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from pytest_jama.core.errors import RefusedError
from pytest_jama.targets.http.creation import Seen
from pytest_jama.targets.jama import listed_runs, wire
from pytest_jama.targets.jama.answer_checks import is_list, is_object, is_page
from pytest_jama.targets.jama.named_creation import create_named
from pytest_jama.targets.jama.paging import ask_ahead, complete, read_list, read_pages
from pytest_jama.targets.jama.parallel import gather
from pytest_jama.targets.jama.type_fields import read_item_type, read_option
from pytest_jama.targets.jama.waits import LEAST_WAIT_S, Patience

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date

    from pytest_jama.targets.http.api import HttpApi
    from pytest_jama.targets.http.creation import Wary
    from pytest_jama.targets.http.in_order import Turn
    from pytest_jama.targets.http.request import Query
    from pytest_jama.targets.jama.answer_checks import Check
    from pytest_jama.targets.jama.listed_runs import ListedRuns
    from pytest_jama.targets.jama.paging import Again, Page
    from pytest_jama.targets.jama.runs import TestRun
    from pytest_jama.targets.jama.type_fields import ItemType, Option
    from pytest_jama.targets.jama.wire import Cycle, Group, Item, Json, Project, TestPlan

T = TypeVar("T")
U = TypeVar("U")

PLANS_PATH = "/testplans"
RUNS_PATH = listed_runs.RUNS_PATH

_NOT_FOUND = 404


class JamaClient:
    """The part of Jama's REST API that brings results to test runs.

    Every method raises `TargetError` as `HttpApi.send` does. Every list raises `ShortListError` at
    its end when it is not complete: what was not in it may be there.

    Args:
        api: Makes the requests.
        at_once: How many requests are under way at most when several are needed.
    """

    def __init__(self, api: HttpApi, *, at_once: int = 1) -> None:
        self.api = api
        self.at_once = at_once
        self._item_types: tuple[ItemType, ...] | None = None
        self.run_lists = listed_runs.RunLists(api, together=self.together, patience=self._patience)

    def together(self, jobs: Sequence[Callable[[], T]]) -> list[T]:
        """Make requests of which none needs the answer to another one; see `gather`."""
        return gather(jobs, at_once=self.at_once)

    def both(self, one: Callable[[], T], other: Callable[[], U]) -> tuple[T, U]:
        """Do two things that take several requests each at the same time."""
        jobs: list[Callable[[], Any]] = [one, other]
        first, second = self.together(jobs)
        return first, second

    def again(self, path: str, *, method: str = "GET") -> Again:
        """Return what waits before a request is made again, and notes why; see `HttpApi.again`."""
        return partial(self.api.again, path, method=method)

    @property
    def give_up_after_s(self) -> float:
        """For how many seconds nothing need succeed until the server counts as out of reach."""
        return self.api.connection.give_up.after_s

    @property
    def waits_s(self) -> float:
        """For how many seconds at most something is waited for that a replica may show late."""
        return max(self.give_up_after_s / 2, LEAST_WAIT_S)

    def get_current_user_id(self) -> int:
        """Return the ID of the user that the credentials belong to."""
        return wire.find_id(self._get("/users/current")["id"]) or 0

    def projects(self) -> Iterator[tuple[list[Project], int | None]]:
        """Yield the pages of the list of all projects and folders of projects; reads lazily.

        Yields:
            The projects of a page, and how many the list has; None when Jama does not say.
        """
        path = "/projects"
        for page in complete(path, self._pages(path, check=is_list("projects"))):
            yield [wire.read_project(row) for row in page.rows], page.total

    def find_project(self, project_id: int) -> Project | None:
        """Return a project by its ID."""
        return self._find("/projects/", project_id, wire.read_project)

    def plans(self, project_id: int) -> Iterator[TestPlan]:
        """Yield the test plans of a project, also archived ones."""
        check = is_list(
            "testplans", all_fit=lambda row: wire.read_plan(row).project_id in (None, project_id)
        )
        return self._list(PLANS_PATH, wire.read_plan, (("project", project_id),), check=check)

    def find_plan(self, plan_id: int) -> TestPlan | None:
        """Return a test plan by its ID."""
        return self._find("/testplans/", plan_id, wire.read_plan)

    def create_plan(self, project_id: int, name: str, fields: Json, wary: Wary) -> int:
        """Create a test plan; Jama gives it its default group."""
        body = {"project": project_id, "fields": {**fields, "name": name}}
        list_all = partial(self.plans, project_id)
        return create_named(self.api, PLANS_PATH, name, body, list_all=list_all, wary=wary)

    def groups(self, plan_id: int) -> Iterator[Group]:
        """Yield the test groups of a plan."""
        path = groups_path(plan_id)
        return self._list(path, wire.read_group, check=is_list("testgroups"))

    def create_group(self, plan_id: int, name: str, wary: Wary) -> int:
        """Create a test group in a plan."""
        path, list_all = groups_path(plan_id), partial(self.groups, plan_id)
        return create_named(self.api, path, name, {"name": name}, list_all=list_all, wary=wary)

    def cases(
        self, plan_id: int, group_id: int, *, at_least: int | None = None, ahead: int = 0
    ) -> Iterator[Item]:
        """Yield the cases of a group, see `read_list`; pages of `ahead` of them come together."""
        path, check = cases_path(plan_id, group_id), is_list("items")
        return self._list(path, wire.read_item, check=check, at_least=at_least, ahead=ahead)

    def find_case_count(self, plan_id: int, group_id: int) -> int | None:
        """Return how many test cases a group has; None when Jama does not say."""
        return next(self._pages(cases_path(plan_id, group_id), check=is_list("items"))).total

    def add_case(self, plan_id: int, group_id: int, case_id: int, turn: Turn | None = None) -> None:
        """Add a test case to a group; Jama takes one at a time."""
        self.api.create(
            cases_path(plan_id, group_id),
            {"testCase": case_id},
            look=lambda: Seen(case_id if self.has_case(plan_id, group_id, case_id) else None),
            turn=turn,
        )

    def has_case(self, plan_id: int, group_id: int, case_id: int) -> bool:
        """Return whether a group has a test case."""
        path = f"{cases_path(plan_id, group_id)}/"
        return self._find(path, case_id, wire.read_item) is not None

    def cycles(self, plan_id: int) -> Iterator[Cycle]:
        """Yield the test cycles of a plan."""
        check = is_list(
            "testcycles", all_fit=lambda row: wire.read_cycle(row).plan_id in (None, plan_id)
        )
        for cycle in self._list(cycles_path(plan_id), wire.read_cycle, check=check):
            yield replace(cycle, plan_id=plan_id)

    def find_cycle(self, cycle_id: int) -> Cycle | None:
        """Return a test cycle by its ID."""
        return self._find("/testcycles/", cycle_id, wire.read_cycle)

    def create_cycle(
        self, plan_id: int, name: str, fields: Json, wary: Wary, *, start: date, end: date
    ) -> int:
        """Create a test cycle, with a run for every test case of the plan."""
        path = cycles_path(plan_id)
        body = _cycle_body({**fields, "name": name}, start=start, end=end)
        list_all = partial(self.cycles, plan_id)
        return create_named(self.api, path, name, body, list_all=list_all, wary=wary)

    def regenerate_runs(self, cycle: Cycle, *, start: date, end: date) -> None:
        """Write a cycle as it is, which makes Jama generate the runs that it lacks.

        Whether existing results survive is not documented: callers were asked for it, and check.
        """
        fields = {"name": cycle.name}
        if cycle.description:
            fields["description"] = cycle.description
        body = _cycle_body(fields, start=start, end=end)
        self.api.put(f"/testcycles/{cycle.id}", body)

    def first_runs(self, cycle: Cycle) -> Page:
        """Return the first page of the test runs of a cycle; it tells how many there are."""
        return self.run_lists.first(cycle)

    def runs(self, cycle: Cycle, *, total: int | None, first: Page | None = None) -> ListedRuns:
        """Return the test runs of a cycle; see `RunLists.all`."""
        return self.run_lists.all(cycle, total=total, first=first)

    def runs_of_cases(self, cycle: Cycle, case_ids: Sequence[int]) -> ListedRuns:
        """Return the test runs of some test cases in a cycle; see `RunLists.of_cases`."""
        return self.run_lists.of_cases(cycle, case_ids)

    def find_run(self, run_id: int, cycle: Cycle) -> TestRun | None:
        """Return a test run as it is now; None when it is gone, or of another cycle."""
        rows = [self._find(f"{RUNS_PATH}/", run_id, lambda row: row)]
        found = listed_runs.read_listed([row for row in rows if row], cycle, missing=0).runs
        return found[0] if found else None

    def patch_run(
        self,
        run_id: int,
        operations: Sequence[Json],
        *,
        on_attempt: Callable[[int], None],
        is_trial: bool = False,
    ) -> None:
        """Change a test run."""
        path = f"{RUNS_PATH}/{run_id}"
        self.api.patch(path, operations, on_attempt=on_attempt, is_trial=is_trial)

    def put_run(
        self,
        run_id: int,
        fields: Json,
        *,
        on_attempt: Callable[[int], None],
        is_trial: bool = False,
    ) -> None:
        """Replace what a test run holds."""
        path = f"{RUNS_PATH}/{run_id}"
        self.api.put(path, {"fields": fields}, on_attempt=on_attempt, is_trial=is_trial)

    def find_item(self, item_id: int) -> Item | None:
        """Return any item by its ID; None when there is none, or it was deleted."""
        return self._find("/abstractitems/", item_id, wire.read_item)

    def find_version(self, item_id: int) -> int | None:
        """Return how many versions an item has, which it does not tell; None when Jama does not."""
        query: Query = (("startAt", 0), ("maxResults", 1))
        try:
            answer = self.api.get(f"/items/{item_id}/versions", query, check=is_page)
        except RefusedError:
            return None
        return wire.find_count(answer["meta"]["pageInfo"].get("totalResults"))

    def items_by_key(self, project_id: int | None, keys: Sequence[str]) -> Iterator[Item]:
        """Yield the items of at most 50 document keys, of one project or of all."""
        query: Query = (*_of_project(project_id), *(("documentKey", key) for key in keys))
        check = is_list(some_fit=lambda row: wire.read_item(row).key in keys)
        return self._list("/abstractitems", wire.read_item, query, check=check)

    def items_with_words(self, project_id: int | None, words: Sequence[str]) -> Iterator[Item]:
        """Yield what a full-text search finds for any of the words: that and similar things."""
        query: Query = (*_of_project(project_id), *(("contains", word) for word in words))
        return self._list("/abstractitems", wire.read_item, query, check=is_list())

    def newest_items(self, project_id: int, type_ids: Sequence[int]) -> list[Item]:
        """Return what was created last in a project, as far as the search has it.

        Args:
            project_id: The project.
            type_ids: The item types; none for all.
        """
        types = (("itemType", type_id) for type_id in type_ids)
        query: Query = (*_of_project(project_id), *types, ("sortBy", "createdDate.desc"))
        pages = self._pages("/abstractitems", query, check=is_list())
        return [wire.read_item(row) for row in next(pages).rows]

    def item_types(self) -> Sequence[ItemType]:
        """Return all item types of the server, which are asked for once."""
        if self._item_types is None:
            found = self._list("/itemtypes", read_item_type, check=is_list("itemtypes"))
            self._item_types = tuple(found)
        return self._item_types

    @property
    def knows_item_types(self) -> bool:
        """Whether asking for the item types takes no request."""
        return self._item_types is not None

    def options(self, pick_list: int) -> Iterator[Option]:
        """Yield the options of a pick list."""
        return self._list(f"/picklists/{pick_list}/options", read_option, check=is_list())

    def _get(self, path: str, wanted_id: int | None = None) -> Json:
        data: Json = self.api.get(path, check=is_object(wanted_id))["data"]
        return data

    def _find(self, collection: str, wanted_id: int, read: Callable[[Json], T]) -> T | None:
        try:
            return read(self._get(f"{collection}{wanted_id}", wanted_id))
        except RefusedError as refusal:
            if refusal.http_status == _NOT_FOUND:
                return None
            raise

    def _pages(self, path: str, query: Query = (), *, check: Check) -> Iterator[Page]:
        get = partial(self.api.get, check=check)
        return read_pages(get, path, query, patience=self._patience(), again=self.again(path))

    def _patience(self) -> Patience:
        return Patience(self.give_up_after_s, self.api.connection.clock)

    def _list(
        self,
        path: str,
        read: Callable[[Json], T],
        query: Query = (),
        *,
        check: Check,
        at_least: int | None = None,
        ahead: int = 0,
    ) -> Iterator[T]:
        get = partial(self.api.get, check=check)
        known = ask_ahead(get, path, query, ahead, together=self.together)
        pages = read_list(
            lambda path, query: known.pop(query, None) or get(path, query),
            path,
            query,
            at_least=at_least,
            together=self.together,
            patience=self._patience(),
            again=self.again(path),
        )
        for page in complete(path, pages):
            yield from map(read, page.rows)


def _of_project(project_id: int | None) -> Query:
    return () if project_id is None else (("project", project_id),)


def groups_path(plan_id: int) -> str:
    """Return where the test groups of a plan are."""
    return f"{PLANS_PATH}/{plan_id}/testgroups"


def cycles_path(plan_id: int) -> str:
    """Return where the test cycles of a plan are."""
    return f"{PLANS_PATH}/{plan_id}/testcycles"


def cases_path(plan_id: int, group_id: int) -> str:
    """Return where the test cases of a group are."""
    return f"{groups_path(plan_id)}/{group_id}/testcases"


def _cycle_body(fields: Json, *, start: date, end: date) -> Json:
    return {
        "fields": {**fields, "startDate": start.isoformat(), "endDate": end.isoformat()},
        "testRunGenerationConfig": {},
    }
