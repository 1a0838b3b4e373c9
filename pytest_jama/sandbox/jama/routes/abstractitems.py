"""The search over items, plans, cycles, runs and attachments: full text and date ranges."""

import re
from collections.abc import Sequence
from datetime import datetime, timezone
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from pytest_jama.sandbox.jama import envelope, wire
from pytest_jama.sandbox.jama.calls import Call, Caller
from pytest_jama.sandbox.jama.incoming import ListQuery
from pytest_jama.sandbox.jama.model import Node, bad_request
from pytest_jama.sandbox.jama.nodes import find_nodes
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
    matching = [
        node for node in everything if any(_matches(call, node, word) for word in query.contains)
    ]
    values = [wire.node(call, node) for node in query.window().of(matching)]
    return envelope.page(call, values, query, total=len(matching))


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


def _matches(call: Call, node: Node, query: str) -> bool:
    name, rest = split_field(query)
    if name == "globalId" and call.knobs.search_global_ids == "no":
        return False
    if name is None:
        texts = [plain(value) for value in node.fields.values() if isinstance(value, str)]
        numbers = [str(node.id), node.document_key]
        if call.knobs.search_global_ids == "yes":
            numbers.append(node.global_id)
        text = "\n".join([*numbers, *texts])
    else:
        text = str(wire.shown_fields(call, node).get(name, ""))
    return matches(rest, text)


serve_one(router, "abstractitems")


_WORD = re.compile(r"[^\s,;:!?()\[\]{}<>\"']+")
_FIELDED = re.compile(r"(?P<field>name|description|documentKey|globalId):(?P<query>.+)", re.DOTALL)
_DATE_FORMATS = ("%Y-%m-%dT%H:%M:%S.%f%z", "%Y-%m-%dT%H:%M:%S%z")
_AT_MOST_TWO = 2


def split_field(query: str) -> tuple[str | None, str]:
    """Split `name:"x"` into the field it restricts to and the rest."""
    match = _FIELDED.fullmatch(query.strip())
    return (match["field"], match["query"].strip()) if match else (None, query.strip())


def matches(query: str, text: str) -> bool:
    """Return whether a text contains what was asked for; letter case is ignored.

    Args:
        query: In double quotes it is looked for anywhere, even inside words; otherwise one of
            its words must stand there as a whole word.
        text: What to look through.

    Source: Jama REST cookbook, abstract items chapter.
    """
    if is_quoted(query):
        return query[1:-1].casefold() in text.casefold()
    return not set(words(query)).isdisjoint(words(text))


def is_quoted(query: str) -> bool:
    """Return whether a query is in double quotes."""
    return len(query) > 1 and query.startswith('"') and query.endswith('"')


def words(text: str) -> list[str]:
    """Split a text into words in lower case; hyphens and dots inside a word stay."""
    return [word.strip(".") for word in _WORD.findall(text.casefold())]


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
