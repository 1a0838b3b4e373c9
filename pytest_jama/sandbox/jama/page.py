"""The read-only page: plans, cycles, runs, steps, files, without scripts or outside resources."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, PackageLoader

from pytest_jama.sandbox.database import Database
from pytest_jama.sandbox.jama.accounts import USERS, all_item_types, find_project, find_projects
from pytest_jama.sandbox.jama.calls import Site, base_url_of, site_of
from pytest_jama.sandbox.jama.item_types import FieldDefinition, TypeDefinition
from pytest_jama.sandbox.jama.long_lists import find_ids, find_page
from pytest_jama.sandbox.jama.model import Node, StoredProject
from pytest_jama.sandbox.jama.nodes import find_node, find_nodes
from pytest_jama.sandbox.jama.plan_groups import find_cases, find_groups
from pytest_jama.sandbox.jama.rich_text import plain, words_and_images
from pytest_jama.sandbox.jama.selection import Selection, Window, of_kind, order_by
from pytest_jama.sandbox.jama.statuses import (
    BLOCKED,
    FAILED,
    INPROGRESS,
    NOT_APPLICABLE,
    NOT_RUN,
    PASSED,
)
from pytest_jama.sandbox.jama.stored_files import (
    StoredFile,
    content_of,
    file_at,
    files_by_holder,
    find_file,
    shown_headers,
)

_LOOKS = {
    PASSED: ("passed", "✓"),
    FAILED: ("failed", "✗"),
    BLOCKED: ("blocked", "■"),
    INPROGRESS: ("in progress", "◐"),
    NOT_RUN: ("not run", "○"),
    NOT_APPLICABLE: ("not applicable", "⊘"),
}
"""Word and symbol by status, in the order of the bar: colour is never the only sign."""


@dataclass(frozen=True)
class Segment:
    """A part of the bar, behind the runs of the parts before it."""

    status: str
    start: int
    count: int


@dataclass(frozen=True, kw_only=True)
class Bar:
    """How the runs of a cycle are spread over the statuses."""

    total: int
    segments: tuple[Segment, ...]

    @property
    def text(self) -> str:
        """The bar in words, for people who do not see it."""
        if not self.total:
            return "no runs"
        parts = ", ".join(f"{part.count} {_LOOKS[part.status][0]}" for part in self.segments)
        return f"{self.total} runs: {parts}"


def bar_of(counts: Mapping[str, int]) -> Bar:
    """Lay out a bar; a status without runs has no segment."""
    segments: list[Segment] = []
    start = 0
    for status in _LOOKS:
        if count := counts.get(status, 0):
            segments.append(Segment(status, start, count))
            start += count
    return Bar(total=start, segments=tuple(segments))


@dataclass(frozen=True, kw_only=True)
class Pages:
    """Where in a long list a page is; numbered from 1."""

    number: int
    count: int

    @property
    def previous(self) -> int | None:
        """The page before, or None."""
        return self.number - 1 if self.number > 1 else None

    @property
    def next(self) -> int | None:
        """The page after, or None."""
        return self.number + 1 if self.number < self.count else None


def pages_of(total: int, *, wanted: int, size: int) -> Pages:
    """Find the page nearest to the wanted one."""
    count = max(1, math.ceil(total / size))
    return Pages(number=min(max(wanted, 1), count), count=count)


router = APIRouter(include_in_schema=False)

RUNS_PER_PAGE = 200
SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}

_TEMPLATES = Environment(
    loader=PackageLoader("pytest_jama.sandbox.jama"),
    autoescape=True,  # the page shows strings that come from tests
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters["plain"] = plain
_TEMPLATES.filters["number"] = lambda count, noun: f"{count:,} {noun}{'' if count == 1 else 's'}"
_TEMPLATES.filters["look"] = _LOOKS.__getitem__


@router.get("/")
async def show_overview(request: Request) -> HTMLResponse:
    """Show all projects with their plans and cycles."""
    database = site_of(request).database
    blocks = [_project_block(database, project) for project in find_projects(database)]
    users = {user.id: user.username for user in USERS}
    return rendered(request, "overview.html", projects=blocks, users=users)


@router.get("/perspective.req")
async def show_start(request: Request) -> RedirectResponse:
    """Take links of Jama's own pages to what they name, or else to the overview.

    Source: addresses that people quote: `perspective.req?docId=ID` leads to anything.
    """
    named = request.query_params.get("docId", "")  # other names stand after the #
    is_number = named.isdecimal() and named.isascii() and len(named) < _DIGITS
    database = site_of(request).database
    node = find_node(database, int(named)) if is_number else None
    folder = _FOLDERS.get(node.kind) if node else None
    return RedirectResponse(f"./{folder}/{node.id}" if node and folder else "./")


_FOLDERS = {"items": "items", "testcycles": "cycles", "testruns": "runs"}
"""Where the page of a node is, by its kind."""


_DIGITS = 18
"""As many as the number of an item cannot have."""


@router.get("/cycles/{cycle_id}")
async def show_cycle(
    request: Request, cycle_id: int, status: str | None = None, page: int = 1
) -> HTMLResponse:
    """Show the runs of a cycle, all or those of one status."""
    database = site_of(request).database
    node = find_node(database, cycle_id, "testcycles")
    if node is None:
        return missing(request, "test cycle", cycle_id)
    counts = _counts(database, cycle_id)
    wanted = status if status in _LOOKS else None
    total = sum(counts.values()) if wanted is None else counts.get(wanted, 0)
    pages = pages_of(total, wanted=page, size=RUNS_PER_PAGE)
    runs = _runs_of(database, cycle_id, wanted, start=(pages.number - 1) * RUNS_PER_PAGE)
    return _cycle_page(request, node, status=wanted, pages=pages, runs=runs, only=None)


@router.get("/runs/{run_id}")
async def show_run(request: Request, run_id: int) -> HTMLResponse:
    """Show one run, unfolded, below the bar of its cycle."""
    database = site_of(request).database
    node = find_node(database, run_id, "testruns")
    cycle = find_node(database, node.cycle_id, "testcycles") if node else None
    if node is None or cycle is None:
        return missing(request, "test run", run_id)
    pages = pages_of(1, wanted=1, size=1)
    return _cycle_page(request, cycle, status=None, pages=pages, runs=(node,), only=node)


def _cycle_page(request: Request, cycle: Node, **values: Any) -> HTMLResponse:
    database = site_of(request).database
    return rendered(
        request,
        "cycle.html",
        project=find_project(database, id=cycle.project),
        plan=find_node(database, cycle.plan_id, "testplans"),
        cycle=cycle,
        bar=bar_of(_counts(database, cycle.id)),
        groups={group.id: group.name for group in find_groups(database, cycle.plan_id)},
        users={user.id: user.username for user in USERS},
        fields_of=partial(labelled_fields, all_item_types(database)["TSTRN"]),
        files=files_by_holder(database, [run.id for run in values["runs"]]),
        pieces_of=partial(pieces_of, database, base_url_of(request, site_of(request))),
        **values,
    )


def pieces_of(database: Database, base_url: str, text: str | None) -> list[str | StoredFile]:
    """Return words and images in order; only images that are stored here, as files of their own."""

    def find_image(address: str) -> StoredFile | None:
        file = file_at(database, address, base_url=base_url)
        return file if file and file.is_image else None

    return words_and_images(text or "", find_image)


@router.get("/attachment/{file_id}/{name}")
async def show_file(request: Request, file_id: int, name: str) -> Response:
    """Serve a file to a browser, which shows images and texts, and runs nothing.

    Source: Jama REST cookbook: rich texts hold this address. The sandbox asks for no login here, as
    with its pages.
    """
    database = site_of(request).database
    file = find_file(database, file_id)
    if file is None or file.name != name:
        return missing(request, "file", file_id)
    return Response(content_of(database, file), headers=shown_headers(file))


def labelled_fields(kind: TypeDefinition, node: Node) -> list[tuple[str, str]]:
    """Return the custom fields of a node by their labels, with what people see of the values."""
    return [
        (field.title, _words_of(field, node.fields[field.name]))
        for field in kind.fields
        if field.is_custom and field.name in node.fields
    ]


def _words_of(field: FieldDefinition, value: Any) -> str:
    if field.pick_list is not None:
        ids = value if isinstance(value, list) else [value]
        return ", ".join(field.pick_list.options.get(each, str(each)) for each in ids)
    if field.field_type == "USER":
        return next((user.username for user in USERS if user.id == value), str(value))
    if field.field_type == "BOOLEAN":
        return "yes" if value else "no"
    return plain(value) if field.rich else str(value)


def missing(request: Request, what: str, wanted: int) -> HTMLResponse:
    """Answer that there is no such thing."""
    return rendered(request, "missing.html", status_code=404, what=what, wanted=wanted)


@router.get("/style.css")
async def show_style() -> Response:
    """Serve the style sheet."""
    text = files("pytest_jama.sandbox.jama").joinpath("templates/style.css").read_text("utf-8")
    return Response(text, media_type="text/css", headers={"Cache-Control": "max-age=300"})


def rendered(
    request: Request, template: str, *, status_code: int = 200, **values: Any
) -> HTMLResponse:
    """Make a page of a template; the browser is told to run and load nothing else."""
    site: Site = site_of(request)
    root = site.context_path
    text = _TEMPLATES.get_template(template).render(root=root, **values)
    return HTMLResponse(text, status_code=status_code, headers=SECURITY_HEADERS)


def _project_block(database: Database, project: StoredProject) -> dict[str, Any]:
    """Gather a project with its plans, the newest first."""
    selection = of_kind("testplans").where("n.project = ?", project.id)
    plans = find_nodes(database, selection, order="n.id desc")
    items = of_kind("items").where("n.project = ?", project.id)
    types = all_item_types(database).values()
    case_types = [each.id for each in types if each.category == "TEST_CASE"]
    containers = [each.id for each in types if each.is_container]
    case_count = _count(database, items.where_in("n.item_type", case_types))
    container_count = _count(database, items.where_in("n.item_type", containers))
    return {
        "project": project,
        "case_count": case_count,
        "other_count": _count(database, items) - case_count - container_count,
        "plans": [_plan_block(database, plan) for plan in plans],
        "files": files_by_holder(database, [plan.id for plan in plans]),
    }


def _count(database: Database, selection: Selection) -> int:
    return len(find_ids(database, selection, "n.id"))


def _plan_block(database: Database, plan: Node) -> dict[str, Any]:
    """Gather a plan with its cycles, the newest first, each with its bar."""
    groups = find_groups(database, plan.id)
    counts = {group.id: len(find_cases(database, group.id)) for group in groups}
    selection = of_kind("testcycles").where("n.plan = ?", plan.id)
    cycles = find_nodes(database, selection, order="n.id desc")
    return {
        "plan": plan,
        "case_count": sum(counts.values()),
        "groups": groups,
        "counts": counts,
        "cycles": [
            {"cycle": cycle, "bar": bar_of(_counts(database, cycle.id))} for cycle in cycles
        ],
    }


def _counts(database: Database, cycle_id: int) -> Mapping[str, int]:
    rows = database.all(
        "SELECT json_extract(fields, '$.testRunStatus') AS status, count(*) AS count FROM nodes "
        "WHERE cycle = ? AND kind = 'testruns' AND active = 1 AND visible_at <= ? GROUP BY 1",
        (cycle_id, database.clock()),
    )
    return {row["status"]: row["count"] for row in rows}


def _runs_of(
    database: Database, cycle_id: int, status: str | None, *, start: int
) -> tuple[Node, ...]:
    selection = of_kind("testruns").where("n.cycle = ?", cycle_id)
    if status is not None:
        selection = selection.where("json_extract(n.fields, '$.testRunStatus') = ?", status)
    window = Window(start=start, size=RUNS_PER_PAGE)
    return find_page(database, selection, window, order=order_by(["documentKey"]))[0]
