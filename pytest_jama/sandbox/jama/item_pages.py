"""The pages of a project: its tree of sets, its test cases and requirements, its test groups."""

from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from pytest_jama.sandbox.database import Database
from pytest_jama.sandbox.jama.accounts import USERS, all_item_types, find_project
from pytest_jama.sandbox.jama.calls import base_url_of, site_of
from pytest_jama.sandbox.jama.long_lists import find_ids, find_in_order, find_page
from pytest_jama.sandbox.jama.model import Json, Node, StoredProject
from pytest_jama.sandbox.jama.nodes import find_node
from pytest_jama.sandbox.jama.page import (
    RUNS_PER_PAGE,
    labelled_fields,
    missing,
    pages_of,
    pieces_of,
    rendered,
)
from pytest_jama.sandbox.jama.plan_groups import find_cases, find_group
from pytest_jama.sandbox.jama.project_tree import ProjectTree, TreePart, last_runs
from pytest_jama.sandbox.jama.relations import RELATIONSHIP_TYPES, list_relations
from pytest_jama.sandbox.jama.selection import Window, of_kind
from pytest_jama.sandbox.jama.stored_files import files_by_holder

router = APIRouter(include_in_schema=False)

ITEMS_PER_PAGE = 100
_MOST_RELATIONS = 200
_NEWEST_FIRST = "n.id DESC"


@router.get("/projects/{project_id}")
async def show_project(request: Request, project_id: int, page: int = 1) -> HTMLResponse:
    """Show the tree of a project with all its items."""
    project = find_project(site_of(request).database, id=project_id)
    if project is None:
        return missing(request, "project", project_id)
    return _tree_page(request, project, None, page)


@router.get("/items/{item_id}")
async def show_item(request: Request, item_id: int, page: int = 1) -> HTMLResponse:
    """Show what is in a set or folder; of any other item all that is known of it."""
    database = site_of(request).database
    item = find_node(database, item_id, "items")
    project = find_project(database, id=item.project) if item else None
    if item is None or project is None:
        return missing(request, "item", item_id)
    tree = ProjectTree(database, project.id)
    if tree.is_container(item):
        return _tree_page(request, project, item, page)
    return _item_page(request, project, item, page)


@router.get("/groups/{group_id}")
async def show_group(request: Request, group_id: int, page: int = 1) -> HTMLResponse:
    """Show the cases of a test group, in its order."""
    database = site_of(request).database
    row = database.find("test_groups", id=group_id)
    plan = find_node(database, row["plan"], "testplans") if row else None
    group = find_group(database, plan.id, group_id) if plan else None
    if plan is None or group is None:
        return missing(request, "test group", group_id)
    case_ids = find_cases(database, group.id)
    pages = pages_of(len(case_ids), wanted=page, size=ITEMS_PER_PAGE)
    window = Window(start=(pages.number - 1) * ITEMS_PER_PAGE, size=ITEMS_PER_PAGE)
    cases = find_in_order(database, window.of(case_ids))
    return rendered(
        request,
        "group.html",
        project=find_project(database, id=plan.project),
        plan=plan,
        group=group,
        case_count=len(case_ids),
        pages=pages,
        **_rows(database, (TreePart(path=(), items=cases),)),
    )


def _tree_page(
    request: Request, project: StoredProject, container: Node | None, page: int
) -> HTMLResponse:
    database = site_of(request).database
    tree = ProjectTree(database, project.id)
    total = tree.count_items(container)
    pages = pages_of(total, wanted=page, size=ITEMS_PER_PAGE)
    window = Window(start=(pages.number - 1) * ITEMS_PER_PAGE, size=ITEMS_PER_PAGE)
    return rendered(
        request,
        "tree.html",
        project=project,
        container=container,
        path=tree.path_to(container) if container else (),
        branches=tree.branches(container),
        total=total,
        pages=pages,
        **_rows(database, tree.sections(container, window)),
    )


def _rows(database: Database, sections: tuple[TreePart, ...]) -> Json:
    """Return the rows of a table of items, and what they need beside themselves."""
    items = [item for section in sections for item in section.items]
    return {"sections": sections, "last_runs": last_runs(database, items), "users": _USERNAMES}


def _item_page(request: Request, project: StoredProject, item: Node, page: int) -> HTMLResponse:
    database = site_of(request).database
    kinds = {each.id: each for each in all_item_types(database).values()}
    selection = of_kind("testruns").where("n.test_case = ?", item.id)
    total = len(find_ids(database, selection, _NEWEST_FIRST))
    pages = pages_of(total, wanted=page, size=RUNS_PER_PAGE)
    window = Window(start=(pages.number - 1) * RUNS_PER_PAGE, size=RUNS_PER_PAGE)
    runs, _ = find_page(database, selection, window, order=_NEWEST_FIRST)
    return rendered(
        request,
        "item.html",
        project=project,
        item=item,
        kind=kinds[item.item_type],
        path=ProjectTree(database, project.id).path_to(item),
        fields=labelled_fields(kinds[item.item_type], item),
        users=_USERNAMES,
        upstream=_related(database, "from_item", to_item=item.id),
        downstream=_related(database, "to_item", from_item=item.id),
        runs=runs,
        run_count=total,
        plans={each.id: each for each in find_in_order(database, [run.plan_id for run in runs])},
        groups=_group_names(database, runs),
        files=files_by_holder(database, [item.id]).get(item.id),
        pages=pages,
        pieces_of=partial(pieces_of, database, base_url_of(request, site_of(request))),
    )


_USERNAMES = {user.id: user.username for user in USERS}


def _related(database: Database, other_end: str, **wanted: int) -> list[dict[str, Any]]:
    rows = list_relations(database, window=Window(start=0, size=_MOST_RELATIONS), **wanted)
    items = {each.id: each for each in find_in_order(database, [row[other_end] for row in rows])}
    return [
        {
            "item": items[row[other_end]],
            "type": RELATIONSHIP_TYPES[row["relationship_type"]],
            "is_suspect": bool(row["suspect"]),
        }
        for row in rows
        if row[other_end] in items
    ]


def _group_names(database: Database, runs: tuple[Node, ...]) -> dict[int, str]:
    ids = {run.test_group_id for run in runs}
    marks = ", ".join("?" * len(ids))
    rows = database.all(f"SELECT id, name FROM test_groups WHERE id IN ({marks})", tuple(ids))  # noqa: S608 - marks only
    return {row["id"]: row["name"] for row in rows}
