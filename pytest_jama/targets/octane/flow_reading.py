"""Ask a server what a flow wants to know."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_jama.core.errors import NotUsableError, Problem, RefusedError, SettingsError
from pytest_jama.targets.octane.flow_rows import (
    ENVIRONMENT_COLUMNS,
    FlowRows,
    category_id,
    column_of,
    count_environments,
    field_row,
    list_of,
    make_row,
    name_of,
    plain_text,
    taxonomies_of,
)
from pytest_jama.targets.octane.known_names import describe_unknown
from pytest_jama.targets.octane.query import (
    WILDCARD,
    Statement,
    as_parameter,
    equals,
    escape,
    has_ids,
    refers,
)
from pytest_jama.targets.octane.references import (
    Reference,
    ReferenceKind,
    ReferenceMistake,
    choose,
    describe_missing,
)
from pytest_jama.targets.octane.wishes import find_id, without_prefix

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from pytest_jama.targets.octane.entities import Entities
    from pytest_jama.targets.octane.flows import ReadingFlow
from pytest_jama.targets.octane.wishes import FlowOption, Wishes


class Desk(NamedTuple):
    """What a flow works with.

    Attributes:
        entities: Asks the server.
        wishes: What was given on the command line.
    """

    entities: Entities
    wishes: Wishes


def read_flow(flow: ReadingFlow, desk: Desk) -> FlowRows:
    """Ask what a flow asks.

    Args:
        flow: The flow.
        desk: The server, and what is wished.

    Raises:
        SettingsError: When options do not fit together.
        TargetError: When the server does not answer, or refuses it.
    """
    desk = desk._replace(wishes=look_up_names(desk))
    read = _SPECIAL.get(flow.name, _read)
    return read(flow, desk, flow.condition(desk.wishes))


def _read(flow: ReadingFlow, desk: Desk, query: Statement) -> FlowRows:
    found = _ask(flow, desk, query)
    rows = tuple(make_row(entity, flow.fields) for entity in found)
    return FlowRows(tuple(map(column_of, flow.fields)), rows)


def _ask(flow: ReadingFlow, desk: Desk, query: Statement) -> Iterable[Mapping[str, Any]]:
    return desk.entities.list(flow.collection, fields=",".join(flow.fields), query=query)


def _read_comments(flow: ReadingFlow, desk: Desk, query: Statement) -> FlowRows:
    found = _read(flow, desk, query)
    rows = tuple({**row, "text": plain_text(row["text"])} for row in found.rows)
    return found._replace(rows=rows)


def _read_environments(flow: ReadingFlow, desk: Desk, query: Statement) -> FlowRows:
    runs = list(_ask(flow, desk, query))
    categories = _name_categories(desk.entities, runs)
    return FlowRows(ENVIRONMENT_COLUMNS, count_environments(runs, categories))


def _name_categories(entities: Entities, runs: Iterable[Mapping[str, Any]]) -> Mapping[str, str]:
    """Return the names of all categories; only those are asked for that no run names."""
    values = [value for run in runs for value in taxonomies_of(run)]
    names = {
        category_id(value): value["category"]["name"]
        for value in values
        if category_id(value) and value["category"].get("name")
    }
    unnamed = {category_id(value) for value in values} - {*names, ""}
    for asked in has_ids("id", sorted(unnamed)):
        for row in entities.list("taxonomy_category_nodes", fields="id,name", query=asked):
            names[str(row.get("id"))] = name_of(row) or ""
    return names


def _read_fields(flow: ReadingFlow, desk: Desk, query: Statement) -> FlowRows:
    rows = _ask_metadata(flow, desk, query)
    shown = tuple(field_row(row, _values(desk.entities, row)) for row in rows)
    return FlowRows(flow.fields, shown, () if shown else (_NO_FIELDS,))


def _ask_metadata(flow: ReadingFlow, desk: Desk, query: Statement) -> Sequence[Mapping[str, Any]]:
    """Read metadata, which have no pages; where the values of a field stand differs by server.

    Source: vendor's help, whose examples name no fields either.
    """
    own = [name for name in flow.fields if name != "values"]
    found = None
    for place in _PLACES_OF_VALUES:
        try:
            found = _list_metadata(flow, desk, query, fields=(*own, place))
        except RefusedError as refusal:
            if refusal.http_status != HTTPStatus.BAD_REQUEST:
                raise
            continue
        if not found or any(place in row for row in found):
            return found
    return _list_metadata(flow, desk, query, fields=()) if found is None else found


_PLACES_OF_VALUES = ("values", "field_type_data")
"""A server may refuse a field that it does not know, or leave it out."""


def _list_metadata(
    flow: ReadingFlow, desk: Desk, query: Statement, *, fields: Sequence[str]
) -> Sequence[Mapping[str, Any]]:
    named = [("fields", ",".join(fields))] if fields else []
    params = [*named, ("query", as_parameter(query))]
    answer = desk.entities.client.request("GET", f"/{flow.collection}", params=params)
    listed = answer.get("data") if isinstance(answer, dict) else None
    return [row for row in listed or [] if isinstance(row, dict)]


_NO_FIELDS = (
    "nothing was found; metadata call entities run_automated, test_automated, defect, story"
)


def _values(entities: Entities, metadata: Mapping[str, Any]) -> list[str]:
    """Return the names of the entries of the list of a field, where it has one."""
    values = metadata.get("values")
    if isinstance(values, list):
        return [str(name_of(each) if isinstance(each, dict) else each) for each in values]
    root = list_of(metadata)
    if not root:
        return []
    query = refers("list_root", equals("logical_name", root))
    try:
        return [
            name_of(row) or "" for row in entities.list("list_nodes", fields="id,name", query=query)
        ]
    except RefusedError:
        return []  # a list that we may not read hides no field


_SPECIAL: Mapping[str, Callable[[ReadingFlow, Desk, Statement], FlowRows]] = {
    "comments": _read_comments,
    "environments": _read_environments,
    "fields": _read_fields,
}
"""The flows whose answers need more than a row each."""


def look_up_names(desk: Desk) -> Wishes:
    """Return the wishes with the IDs of what a query cannot ask for by its name.

    Raises:
        NotUsableError: When there is nothing of that name.
    """
    found = dict(desk.wishes.found)
    for name, option in desk.wishes.options.items():
        text = desk.wishes.text(name)
        if text and option.collection and _needs_look(text, option):
            found[name] = find_ids(desk.entities, option, text)
    return desk.wishes._replace(found=found)


def _needs_look(text: str, option: FlowOption) -> bool:
    if find_id(text, is_number_id=option.is_number_id):
        return False
    return option.needs_id or not is_askable(without_prefix(text))


def is_askable(name: str) -> bool:
    """Return whether a query can ask for a name as it is."""
    return escape(name).count(WILDCARD) == name.count(WILDCARD)


def find_ids(entities: Entities, option: FlowOption, text: str) -> tuple[str, ...]:
    """Return the IDs of what has a name; a ``*`` in it stands for anything.

    Args:
        entities: Asks the server.
        option: Says where it is looked for.
        text: The name.

    Raises:
        NotUsableError: When there is nothing of that name.
    """
    name = without_prefix(text)
    query = equals("name", name)
    fits = re.compile(".*".join(map(re.escape, name.split(WILDCARD))), re.IGNORECASE | re.DOTALL)
    rows = entities.list(option.collection, fields="id,name", query=query)
    ids = tuple(str(row["id"]) for row in rows if fits.fullmatch(str(row.get("name"))))
    if not ids:
        raise NotUsableError(describe_unknown(entities, option, text))
    return ids


def find_one(desk: Desk, option_name: str) -> str:
    """Return the ID of the one entity that an option names.

    Raises:
        NotUsableError: When there is none of that name, or more than one.
        SettingsError: When it is not given.
    """
    option = desk.wishes.options[option_name]
    return find_named(desk.entities, option, desk.wishes.text(option_name))


def find_named(entities: Entities, option: FlowOption, text: str) -> str:
    """Return the ID of the one entity that a text names; see `find_one`."""
    if not text:
        raise SettingsError(Problem("is not given", "add it", option.shown))
    if found := find_id(text, is_number_id=option.is_number_id):
        return found
    kind = ReferenceKind(_NOUNS[option.collection], option.shown, option.collection)
    reference = Reference.parse(text)
    rows = list(entities.list(kind.collection, fields="id,name", query=reference.condition))
    meant = choose(kind, reference, rows)
    if meant is None:
        others = entities.list(kind.collection, fields="id,name", most=_MOST_NAMES)
        meant = describe_missing(kind, reference, (str(row.get("name")) for row in others))
    if isinstance(meant, ReferenceMistake):
        raise NotUsableError(meant.message)
    return str(meant.entity_id)


_NOUNS = {
    "releases": "release",
    "test_suites": "test suite",
    "tests": "test",
    "workspace_users": "user",
}
_MOST_NAMES = 1000
"""So many names are compared with one that is not there."""
