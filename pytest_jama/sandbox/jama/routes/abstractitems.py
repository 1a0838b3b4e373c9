"""The search over items, plans, cycles, runs and attachments: full text and date ranges."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timezone
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from pytest_jama.sandbox.jama import envelope, wire
from pytest_jama.sandbox.jama.accounts import Labels, find_labels
from pytest_jama.sandbox.jama.calls import Call, Caller
from pytest_jama.sandbox.jama.full_text import Wanted, read_contains
from pytest_jama.sandbox.jama.incoming import ListQuery
from pytest_jama.sandbox.jama.model import Node, bad_request
from pytest_jama.sandbox.jama.nodes import find_nodes, texts_of
from pytest_jama.sandbox.jama.objects import serve_one
from pytest_jama.sandbox.jama.rich_text import plain
from pytest_jama.sandbox.jama.selection import Selection, of_kind, order_by

router = APIRouter()


class AbstractFilter(ListQuery):
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
    selection = _selection(call, query)
    if not query.contains:
        return envelope.node_page(call, selection, query, sort_by=query.sort_by)
    order = order_by(query.sort_by)
    everything = find_nodes(call.database, selection, order=order)
    wanted = [_read(call, text, wild=query.include_wildcard) for text in query.contains]
    labels = find_labels(call.database)
    matching = [node for node in everything if _has_any(call, node, wanted, labels)]
    values = [wire.node(call, node) for node in query.window().of(matching)]
    return envelope.page(call, values, query, total=len(matching))


def _selection(call: Call, query: AbstractFilter) -> Selection:
    selection = (
        replace(of_kind(), shown_from=("n.visible_at", "n.indexed_at"))
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
    return _with_words(call, selection, query)


def _between(selection: Selection, name: str, column: str, values: Sequence[str]) -> Selection:
    if not values:
        return selection
    start, end = date_range(name, values)
    selection = selection.where(f"{column} >= ?", start)
    return selection.where(f"{column} <= ?", end) if end else selection


def _with_words(call: Call, selection: Selection, query: AbstractFilter) -> Selection:
    """Leave out in SQL what cannot match, so that few rows are looked at word by word."""
    needles = [
        part
        for text in query.contains
        for part in _read(call, text, wild=query.include_wildcard).parts
    ]
    if not needles:
        return selection
    either = " OR ".join("instr(n.search_text, ?)" for _ in needles)
    return selection.where(f"({either})", *needles)


def _read(call: Call, text: str, *, wild: bool) -> Wanted:
    wanted = read_contains(
        text, wild=wild, needs_all=call.knobs.search_words == "all", tokens=call.knobs.search_tokens
    )
    if not wanted.parts:
        raise bad_request(f"contains={text!r} has no word to look for")
    return wanted


def _has_any(call: Call, node: Node, wanted: Sequence[Wanted], labels: Labels) -> bool:
    numbers = [str(node.id), node.document_key]
    if call.knobs.search_global_ids == "yes":
        numbers.append(node.global_id)
    everything = "\n".join([*numbers, *texts_of(node.fields, labels)])
    return any(_matches(call, node, each, everything) for each in wanted)


def _matches(call: Call, node: Node, wanted: Wanted, everything: str) -> bool:
    if wanted.field == "globalId" and call.knobs.search_global_ids == "no":
        return False
    if wanted.field is None:
        text = everything
    else:
        shown = str(wire.shown_fields(call, node).get(wanted.field, ""))
        text = plain(shown) if wanted.field == "description" else shown
    return wanted.is_in(text)


serve_one(router, "abstractitems")


_DATE_FORMATS = ("%Y-%m-%dT%H:%M:%S.%f%z", "%Y-%m-%dT%H:%M:%S%z")
_AT_MOST_TWO = 2


def date_range(name: str, values: Sequence[str]) -> tuple[str, str | None]:
    """Read one date (from then on) or two (from, to) into the form that is stored."""
    if len(values) > _AT_MOST_TWO:
        raise bad_request(f"{name} was given {len(values)} times; one date or two are possible")
    moments = [_stored_form(name, value) for value in values]
    return moments[0], moments[1] if len(moments) == _AT_MOST_TWO else None


def _stored_form(name: str, value: str) -> str:
    for form in _DATE_FORMATS:
        try:
            moment = datetime.strptime(value, form)  # noqa: DTZ007 - both forms end with %z
        except ValueError:
            continue
        return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    raise bad_request(
        f"{name}={value!r} is not a date like 2024-05-31T10:00:00.000+0000 "
        "(a + in a query is written %2B)"
    )
