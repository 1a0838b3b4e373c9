"""The search over items, plans, cycles, runs and attachments."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from pytest_jama.sandbox.errors import bad_request
from pytest_jama.sandbox.richtext import plain
from pytest_jama.sandbox.search import date_range, is_quoted, matches, split_field, words
from pytest_jama.sandbox.state.nodes import Node
from pytest_jama.sandbox.state.selection import Found, Selection, find_nodes, of_kind, order_by
from pytest_jama.sandbox.web import answers, wire
from pytest_jama.sandbox.web.calls import Call, Caller
from pytest_jama.sandbox.web.guards import require_node
from pytest_jama.sandbox.web.incoming import IncludeQuery, Page

router = APIRouter()


class AbstractFilter(Page):
    """Query of the search: values of one parameter are ORed, different parameters ANDed."""

    project: tuple[int, ...] = ()
    item_type: tuple[int, ...] = ()
    document_key: tuple[str, ...] = ()
    release: tuple[int, ...] = ()
    created_date: tuple[str, ...] = ()
    modified_date: tuple[str, ...] = ()
    last_activity_date: tuple[str, ...] = ()
    contains: tuple[str, ...] = ()
    sort_by: tuple[str, ...] = ("sequence.asc", "documentKey.asc")
    include_wildcard: bool = False


@router.get("/abstractitems")
async def search(call: Caller, query: Annotated[AbstractFilter, Query()]) -> JSONResponse:
    """Find things of any kind by key, project, type, dates and words."""
    window = query.window(call.knobs)
    order = order_by(query.sort_by, key_order=call.knobs.document_key_order)
    selection = _selection(call, query)
    if query.contains:
        everything = find_nodes(call.database, selection, order=order).nodes
        matching = [node for node in everything if _contains(call, node, query.contains)]
        shown = tuple(matching[window.start : window.start + window.size])
        found = Found(nodes=shown, total=len(matching))
    else:
        found = find_nodes(call.database, selection, order=order, window=window)
    values = [wire.node(call, node) for node in found.nodes]
    return answers.page(call, values, total=found.total, window=window, include=query.include)


def _selection(call: Call, query: AbstractFilter) -> Selection:
    selection = (
        of_kind()
        .where("n.indexed_at <= ?", call.database.clock())
        .where_in("n.project", query.project)
        .where_in("n.item_type", query.item_type)
        .where_in("n.document_key", query.document_key)
        .where_in("json_extract(n.fields, '$.release')", query.release)
    )
    dates = {
        "createdDate": ("n.created_date", query.created_date),
        "modifiedDate": ("n.modified_date", query.modified_date),
        "lastActivityDate": ("n.last_activity_date", query.last_activity_date),
    }
    for name, (column, values) in dates.items():
        selection = _between(selection, name, column, values)
    return _with_words(selection, query.contains)


def _between(selection: Selection, name: str, column: str, values: Sequence[str]) -> Selection:
    if not values:
        return selection
    start, end = date_range(name, values)
    selection = selection.where(f"{column} >= ?", start)
    return selection.where(f"{column} <= ?", end) if end else selection


def _with_words(selection: Selection, queries: Sequence[str]) -> Selection:
    """Leave out in SQL what cannot match, so that few rows are looked at word by word."""
    needles = []
    for query in queries:
        _, rest = split_field(query)
        quoted = [rest[1:-1].casefold()] if is_quoted(rest) else words(rest)
        if not any(quoted):
            raise bad_request(f"contains={query!r} has no word to look for")
        needles += quoted
    if not needles:
        return selection
    either = " OR ".join("instr(n.search_text, ?)" for _ in needles)
    return selection.where(f"({either})", *needles)


def _contains(call: Call, node: Node, queries: Sequence[str]) -> bool:
    return any(_matches(call, node, query) for query in queries)


def _matches(call: Call, node: Node, query: str) -> bool:
    name, rest = split_field(query)
    if name is None:
        text = "\n".join(map(str, [node.id, node.document_key, node.global_id, *_texts(node)]))
    else:
        text = str(wire.shown_fields(call, node).get(name, ""))
    return matches(rest, text, terms=call.knobs.search_terms)


def _texts(node: Node) -> list[str]:
    return [plain(value) for value in node.fields.values() if isinstance(value, str)]


@router.get("/abstractitems/{node_id}")
async def get_abstract_item(call: Caller, node_id: int, query: IncludeQuery) -> JSONResponse:
    """Show anything by its ID."""
    node = require_node(call, node_id)
    return answers.single(call, wire.node(call, node), include=query.include)
