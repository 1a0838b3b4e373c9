"""The read-only pages at / and /ui: tests, runs, environments and tasks, without scripts."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from pytest_jama.sandbox.octane.entity_answers import ListWindow, parse_fields
from pytest_jama.sandbox.octane.entity_types import COLLECTIONS
from pytest_jama.sandbox.octane.octane_site import API, octane_site_of
from pytest_jama.sandbox.octane.query_words import parse_query

if TYPE_CHECKING:
    from starlette.requests import Request

ROWS_PER_PAGE = 200
_SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_LOOKS = {
    "passed": "✓",
    "failed": "✗",
    "skipped": "⊘",
    "planned": "○",
    "blocked": "■",
    "not_completed": "◐",
}
"""Symbols by native status, in the order of the counts: colour is never the only sign."""

_TEMPLATES = Environment(
    loader=PackageLoader("pytest_jama.sandbox.octane"),
    autoescape=True,  # the page shows strings that come from tests
    trim_blocks=True,
    lstrip_blocks=True,
)
_RUN_FIELDS = parse_fields(
    "name,native_status{logical_name},started,duration,error_message,error_details,description,"
    "external_report_url,test{name,package,class_name},taxonomies{name,category{name}},"
    "release{name},parent_suite{name}"
)
_TEST_FIELDS = parse_fields(
    "name,subtype,package,class_name,last_runs{native_status{logical_name}}"
)


async def show_workspace(request: Request) -> Response:
    """Show counts, the newest runs, tests and tasks, the environments."""
    site = octane_site_of(request)
    status = request.query_params.get("status")
    wanted = status if status in _LOOKS else None
    runs = _runs(request, wanted)
    text = _TEMPLATES.get_template("workspace.html").render(
        root=site.context_path,
        api=API,
        counts=_counts(request),
        looks=_LOOKS,
        status=wanted,
        runs=runs,
        test_count=site.store.count("tests"),
        tests=_tests(request),
        environments=_environments(request),
        tasks=_tasks(request),
    )
    return HTMLResponse(text, headers=_SECURITY_HEADERS)


def _counts(request: Request) -> dict[str, int]:
    """Count the runs by native status."""
    rows = octane_site_of(request).store.database.all(
        "SELECT json_extract(s.fields, '$.logical_name') AS status, count(*) AS count "
        "FROM entities r JOIN entities s ON s.pk = json_extract(r.fields, '$.native_status') "
        "WHERE r.type IN ('run_automated', 'run_manual') GROUP BY 1"
    )
    found = {row["status"].rpartition(".")[2]: row["count"] for row in rows}
    return {word: found[word] for word in _LOOKS if word in found}


def _runs(request: Request, status: str | None) -> list[dict[str, Any]]:
    site, collection = octane_site_of(request), COLLECTIONS["runs"]
    text = f'"native_status EQ {{logical_name EQ ^list_node.run_native_status.{status}^}}"'
    statement = None if status is None else parse_query(text)
    window = ListWindow(limit=ROWS_PER_PAGE, order_by=("-id",))
    entities, _ = site.answers.select(collection, statement, window)
    return site.answers.shown(entities, collection, _RUN_FIELDS)


def _tests(request: Request) -> list[dict[str, Any]]:
    site, collection = octane_site_of(request), COLLECTIONS["tests"]
    window = ListWindow(limit=ROWS_PER_PAGE, order_by=("-id",))
    entities, _ = site.answers.select(collection, None, window)
    return site.answers.shown(entities, collection, _TEST_FIELDS)


def _environments(request: Request) -> list[dict[str, Any]]:
    rows = octane_site_of(request).store.database.all(
        "SELECT json_extract(c.fields, '$.name') AS category, json_extract(t.fields, '$.name') "
        "AS value, (SELECT count(*) FROM links l WHERE l.target = t.pk AND l.field = 'taxonomies') "
        "AS runs FROM entities t JOIN entities c ON c.pk = json_extract(t.fields, '$.category') "
        "WHERE t.type = 'taxonomy_item_node' ORDER BY 1, 2"
    )
    return [dict(row) for row in rows]


def _tasks(request: Request) -> list[dict[str, Any]]:
    rows = octane_site_of(request).store.database.all(
        "SELECT id, status, details, skip_errors, polls, size FROM tasks ORDER BY id DESC LIMIT 50"
    )
    return [dict(row) for row in rows]


async def show_style(_: Request) -> Response:
    """Serve the style sheet."""
    text = files("pytest_jama.sandbox.octane").joinpath("templates/style.css").read_text("utf-8")
    return Response(text, media_type="text/css", headers={"Cache-Control": "max-age=300"})


PAGES = (
    Route("/", show_workspace),
    Route("/ui", show_workspace),
    Route("/style.css", show_style),
)
