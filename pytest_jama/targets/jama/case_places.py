"""Where test cases are: in a plan, in a set, in what a filter finds, or anywhere in a project.

Source: Jama REST API cookbook, items and test runs chapters; the operations of the published
OpenAPI documents for filters.
"""

from __future__ import annotations

from difflib import get_close_matches
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.core.cases import CaseRef, RefKind
from pytest_jama.core.errors import Problem, SettingsError
from pytest_jama.core.port import Observer
from pytest_jama.core.text import quoted
from pytest_jama.targets.jama.answer_checks import is_list
from pytest_jama.targets.jama.case_reasons import name_of
from pytest_jama.targets.jama.client import RUNS_PATH
from pytest_jama.targets.jama.paging import ShortListError, batches, read_pages
from pytest_jama.targets.jama.places import active_plans, get_project
from pytest_jama.targets.jama.traceability import category_of, items_of_types, read_rows
from pytest_jama.targets.jama.waits import Patience
from pytest_jama.targets.jama.wire import NOT_RUN, find_id, id_of, read_item, read_run, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pytest_jama.targets.http.request import Query
    from pytest_jama.targets.jama.client import JamaClient
    from pytest_jama.targets.jama.type_fields import ItemType
    from pytest_jama.targets.jama.wire import Item, Json, Project, TestPlan

CONTAINERS = frozenset({"SET", "FOLDER", "COMPONENT"})
"""Categories of what holds other items."""

_CASE = "TEST_CASE"
_NO_CASES = frozenset({*CONTAINERS, "TEST_PLAN", "TEST_CYCLE", "TEST_RUN", "ATTACHMENT"})
_NAMED_AT_MOST = 10


class CasePlace(NamedTuple):
    """Some test cases, and what holds them.

    Attributes:
        title: What that is, for people.
        cases: The test cases, each once, in the order that Jama gives.
    """

    title: str
    cases: tuple[Item, ...]


class LastRun(NamedTuple):
    """The run of a test case in the newest cycle in which it was run.

    Attributes:
        status: Its status; NOT_RUN when no cycle has run it.
        cycle_id: The API ID of the cycle.
        cycle: The name of the cycle.
        modified: When the run was changed last, as Jama writes it.
    """

    status: str
    cycle_id: int = 0
    cycle: str = ""
    modified: str = ""


def case_types(types: Iterable[ItemType]) -> list[ItemType]:
    """Return the item types that are test cases: administrators choose which are.

    On a server that says it of none, these are the types that have steps.
    """
    known = list(types)
    said = [each for each in known if category_of(each) == _CASE]
    return said or [
        each
        for each in known
        if category_of(each) not in _NO_CASES and any(f.kind == "STEPS" for f in each.fields)
    ]


def cases_of_plan(
    client: JamaClient, project: str | int, wanted: Mapping[str, str], *, origin: str
) -> CasePlace:
    """Return the test cases of the groups of a plan.

    Args:
        client: Reads from Jama.
        project: The key or ID of the project.
        wanted: The plan; see `identity_of`.
        origin: Where it is named.

    Raises:
        SettingsError: When there is no such plan.
    """
    plan = _find_plan(client, project, wanted, origin=origin)
    found: dict[int, Item] = {}
    for group in client.groups(plan.id):
        found.update((item.id, item) for item in client.cases(plan.id, group.id))
    return CasePlace(f"test plan {quoted(plan.name)}", tuple(found.values()))


def _find_plan(
    client: JamaClient, project: str | int, wanted: Mapping[str, str], *, origin: str
) -> TestPlan:
    name = wanted.get("name", "")
    listed = list(client.plans(get_project(client, project, ()).id)) if name else []
    plan = client.find_plan(int(wanted["id"])) if not name else None
    plan = plan or min(active_plans(listed, name), key=lambda each: each.id, default=None)
    if plan is not None:
        return plan
    alike = get_close_matches(name, [each.name for each in listed], n=3, cutoff=0.6)
    meant = f"did you mean {' or '.join(map(quoted, alike))}? " if alike else ""
    what = f"project {project} has no test plan {quoted(name or 'id:' + wanted['id'])}"
    raise SettingsError(Problem(what, f"{meant}{_NO_PLAN_YET}", origin))


_NO_PLAN_YET = "a session or `pytest-jama prepare` creates it; --all takes all cases of the project"


def cases_of_project(client: JamaClient, project: Project) -> CasePlace:
    """Return all test cases of a project."""
    ids = sorted(each.id for each in case_types(client.item_types()))
    cases = items_of_types(client, project.id, ids, Observer())
    return CasePlace(f"project {project.key or project.id}", tuple(cases))


def cases_of_container(client: JamaClient, project: Project, name: str) -> CasePlace:
    """Return the test cases of a set or folder, and of the folders in it.

    Args:
        client: Reads from Jama.
        project: Where it is.
        name: Its document key, API ID, global ID or exact name.

    Raises:
        SettingsError: When there is none, or several.
    """
    container = find_container(client, project, name)
    wanted = {each.id for each in case_types(client.item_types())}
    found = (item for item in items_below(client, container.id) if item.type_id in wanted)
    return CasePlace(describe_container(container), tuple(found))


def cases_of_filter(client: JamaClient, project: Project, name: str) -> CasePlace:
    """Return the test cases that a filter of Jama finds.

    Args:
        client: Reads from Jama.
        project: Where it looks.
        name: Its exact name or API ID.

    Raises:
        SettingsError: When there is none, or several.
    """
    of_project: Query = (("project", project.id),)
    rows = read_rows(client, "/filters", of_project, Observer())
    alike = [row for row in rows if name in (str(id_of(row)), text_of(row.get("name")))]
    if len(alike) != 1:
        raise SettingsError(_not_one("filter", name, "--filter", alike, rows))
    wanted = {each.id for each in case_types(client.item_types())}
    path = f"/filters/{id_of(alike[0])}/results"
    items = map(read_item, read_rows(client, path, of_project, Observer()))
    title = f"filter {quoted(text_of(alike[0].get('name')) or name)}"
    return CasePlace(title, tuple(item for item in items if item.type_id in wanted))


def _not_one(
    kind: str, name: str, origin: str, alike: Sequence[Json], known: Sequence[Json]
) -> Problem:
    if alike:
        what = f"{len(alike)} {kind}s are named {quoted(name)}"
        ids = ", ".join(str(id_of(row)) for row in alike)
        return Problem(what, f"name one of them by its ID: {ids}", origin)
    what = f"there is no {kind} {quoted(name)} that the account may see"
    return Problem(what, _nearest(name, [text_of(row.get("name")) for row in known]), origin)


def _nearest(name: str, known: Iterable[str]) -> str:
    names = list(dict.fromkeys(filter(None, known)))
    close = get_close_matches(name, names, n=3, cutoff=0.5)
    if close:
        return f"did you mean {' or '.join(map(quoted, close))}?"
    more = ", ..." if len(names) > _NAMED_AT_MOST else ""
    return f"there are: {', '.join(map(quoted, names[:_NAMED_AT_MOST])) or 'none'}{more}"


def describe_container(container: Item) -> str:
    """Return how a set or folder is named to people."""
    return f"{container.key or container.id} {quoted(container.name)}"


def find_container(client: JamaClient, project: Project, name: str) -> Item:
    """Return the set, folder or component that users name.

    Args:
        client: Reads from Jama.
        project: Where it is.
        name: Its document key, API ID, global ID or exact name.

    Raises:
        SettingsError: When there is none, or several, or it is something else.
    """
    types = {each.id for each in client.item_types() if category_of(each) in CONTAINERS}
    found = _by_reference(client, project, name)
    if found is not None and (found.type_id in types or found.child_type_id):
        return found
    if found is not None:
        what = f"{describe_container(found)} does not hold other items"
        raise SettingsError(Problem(what, _NAME_A_SET, _SET))
    listed = items_of_types(client, project.id, sorted(types), Observer())
    alike = [each for each in listed if each.name == name]
    if len(alike) == 1:
        return alike[0]
    where = f"project {project.key or project.id}"
    if alike:
        keys = ", ".join(each.key or str(each.id) for each in alike)
        what = f"{len(alike)} sets or folders of {where} are named {quoted(name)}"
        raise SettingsError(Problem(what, f"name one of them by its key: {keys}", _SET))
    what = f"{where} has no set or folder {quoted(name)}"
    remedy = list_containers(listed, name) or "make a set for test cases in Jama"
    raise SettingsError(Problem(what, remedy, _SET))


_SET = "--set"
_NAME_A_SET = "name a set or folder, by its key or name"


def list_containers(containers: Sequence[Item], name: str = "") -> str:
    """Return which sets and folders there are, those that are named alike first."""
    names = [each.name for each in containers] + [each.key for each in containers]
    close = get_close_matches(name, list(filter(None, names)), n=3, cutoff=0.6) if name else []
    alike = [each for each in containers if each.name in close or each.key in close]
    some = (alike or containers)[:_NAMED_AT_MOST]
    more = ", ..." if len(containers) > len(some) else ""
    head = "did you mean" if alike else "there are"
    named = " or ".join if alike else ", ".join
    end = "?" if alike else more
    return f"{head} {named(map(describe_container, some))}{end}" if some else ""


def _by_reference(client: JamaClient, project: Project, name: str) -> Item | None:
    """Return the item of a key or ID; None for a name, and for what is not there."""
    try:
        ref = CaseRef.parse(name)
    except ValueError:
        return None
    if ref.kind is RefKind.API_ID:
        item = client.find_item(int(ref.text))
        return item if item and item.project_id in (None, project.id) else None
    is_key = ref.kind is RefKind.DOCUMENT_KEY
    search = client.items_by_key if is_key else client.items_with_words
    return next(
        (each for each in search(project.id, [ref.text]) if name_of(each, ref.kind) == ref.text),
        None,
    )


def items_below(client: JamaClient, item_id: int) -> Iterator[Item]:
    """Yield what stands below an item, at any depth; of what is in others only of containers.

    Lists of children need no search index: what was just created is in them.
    """
    containers = {each.id for each in client.item_types() if category_of(each) in CONTAINERS}
    seen, waiting = {item_id}, [item_id]
    while waiting:
        for row in read_rows(client, children_path(waiting.pop(0)), (), Observer()):
            item = read_item(row)
            if item.id not in seen:
                seen.add(item.id)
                yield item
                if item.type_id in containers:
                    waiting.append(item.id)


def children_path(item_id: int) -> str:
    """Return where the items directly below an item are."""
    return f"/items/{item_id}/children"


def last_runs(client: JamaClient, case_ids: Sequence[int]) -> dict[int, LastRun]:
    """Return the last run of each case that has one.

    Args:
        client: Reads from Jama.
        case_ids: The API IDs of the cases.
    """
    jobs = [partial(_last_of_some, client, batch) for batch in batches(sorted(case_ids))]
    found: dict[int, LastRun] = {}
    for some in client.together(jobs):
        found.update(some)
    return found


def _last_of_some(client: JamaClient, case_ids: Sequence[int]) -> dict[int, LastRun]:
    """Read the runs of cases, the newest cycle first, until each case has one that was run."""
    query: Query = (*(("testCase", each) for each in case_ids), ("sortBy", "testCycle.desc"))
    get = partial(client.api.get, check=is_list("testruns"))
    patience = Patience(client.give_up_after_s, client.api.connection.clock)
    found: dict[int, LastRun] = {}
    newest_first, last_seen = True, float("inf")
    pages = read_pages(get, RUNS_PATH, query, patience=patience, again=client.again(RUNS_PATH))
    for page in pages:
        for row in page.rows:
            case_id, run = _read_last(row)
            newest_first = newest_first and run.cycle_id <= last_seen
            last_seen = run.cycle_id
            if case_id in case_ids:
                found[case_id] = max(found.get(case_id, run), run, key=_age)
        done = (each for each in found.values() if each.status != NOT_RUN)
        if newest_first and len(list(done)) == len(case_ids):
            break
        if page.missing:
            raise ShortListError(RUNS_PATH, total=page.total or 0, missing=page.missing)
    return found


def _read_last(row: Json) -> tuple[int, LastRun]:
    run = read_run(row)
    cycle_id = find_id(run.as_read.get("testCycle")) or 0
    cycle = text_of(run.as_read.get("testRunSetName"))
    return run.case_id, LastRun(run.status, cycle_id, cycle, run.modified)


def _age(run: LastRun) -> tuple[bool, int]:
    return run.status != NOT_RUN, run.cycle_id
