"""What Jama knows of requirements: items, how they are related, and what the runs of a cycle show.

All of it comes in lists: no request is made for a single item.
Source: Jama REST API cookbook, relationships and abstract items chapters; the categories of item
types as public clients know them (systelab/jama-api, nikita-sharov/alten).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_jama.core.errors import Problem, SettingsError
from pytest_jama.core.port import Observer
from pytest_jama.core.text import quoted
from pytest_jama.targets.jama.answer_checks import is_list
from pytest_jama.targets.jama.listed_runs import ListedRuns
from pytest_jama.targets.jama.paging import PAGE_SIZE, ShortListError, batches, complete, read_list
from pytest_jama.targets.jama.waits import Patience
from pytest_jama.targets.jama.wire import find_id, read_item

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pytest_jama.targets.http.request import Query
    from pytest_jama.targets.jama.client import JamaClient
    from pytest_jama.targets.jama.runs import TestRun
    from pytest_jama.targets.jama.type_fields import ItemType
    from pytest_jama.targets.jama.wire import Cycle, Item, Json

RELATIONSHIPS_PATH = "/relationships"
_ITEMS_PATH = "/abstractitems"

_ASKED_FOR = 1_000
"""The most relationships that Jama gives at once; a server may give fewer all the same."""

_MOST_PAGES = 2_000

MANY = 1_000
"""From more items on, reading them takes so long that it is told."""

_CASE = "TEST_CASE"
_NEVER = frozenset({_CASE, "TEST_PLAN", "TEST_CYCLE", "TEST_RUN", "ATTACHMENT"})
"""Categories of what is not a requirement, whatever a user says."""

_OTHERS = frozenset({"COMPONENT", "SET", "FOLDER", "SECTION", "TEXT", "DEFECT"})
"""Categories that are requirements only where a user names their type."""

_CATEGORY_BY_KEY = {
    "TC": _CASE,
    "ATT": "ATTACHMENT",
    "CMP": "COMPONENT",
    "SET": "SET",
    "FLD": "FOLDER",
    "TXT": "TEXT",
    "BUG": "DEFECT",
    "DEF": "DEFECT",
}
"""For servers that tell no category of a type: the keys of those that all servers have."""


class Relationship(NamedTuple):
    """A relationship; `upstream` and `downstream` are the API IDs of its ends."""

    id: int
    upstream: int
    downstream: int
    is_suspect: bool = False


@dataclass(frozen=True, slots=True)
class Traceability:
    """What a project knows of its requirements, as lists of it told at one time.

    Attributes:
        requirements: The items of the types that count as requirements, in order of their IDs.
        between: The items of other ordinary types, through which requirements lead to cases.
        cases: The test cases of the project.
        relationships: All that the project lists.
        types: What people call the types of the requirements, by API ID.
        runs: The test runs of the cycle.
        missing_runs: How many more the cycle should have that did not come.
    """

    requirements: tuple[Item, ...]
    between: tuple[Item, ...]
    cases: tuple[Item, ...]
    relationships: tuple[Relationship, ...]
    types: Mapping[int, str] = field(default_factory=dict)
    runs: tuple[TestRun, ...] = ()
    missing_runs: int = 0


def read_traceability(
    client: JamaClient,
    project_id: int,
    cycle: Cycle | None,
    *,
    type_names: Sequence[str] = (),
    observer: Observer | None = None,
) -> Traceability:
    """Ask Jama for the requirements of a project, what they lead to, and the runs of a cycle.

    Args:
        client: Reads from Jama.
        project_id: The project.
        cycle: The cycle; None when there is none yet.
        type_names: The key, name or API ID of the item types that count as requirements; empty for
            all ordinary ones.
        observer: Told when there is much to read.

    Raises:
        SettingsError: When one of the types is unknown or ambiguous.
        TargetError: As `HttpApi.send` does; also when a list is not complete.
    """
    types = client.item_types()
    chosen = choose_types(types, type_names)
    cases = {each.id for each in types if category_of(each) == _CASE}
    between = {each.id for each in types if is_ordinary(each)} - set(chosen)
    asked = sorted({*chosen, *between, *cases})
    jobs: list[Callable[[], Any]] = [
        partial(items_of_types, client, project_id, asked, observer or Observer()),
        partial(read_relationships, client, project_id),
        partial(_runs, client, cycle),
    ]
    items, relationships, runs = client.together(jobs)
    return Traceability(
        requirements=tuple(each for each in items if each.type_id in chosen),
        between=tuple(each for each in items if each.type_id in between),
        cases=tuple(each for each in items if each.type_id in cases),
        relationships=relationships,
        types=chosen,
        runs=tuple(runs.runs),
        missing_runs=runs.missing,
    )


def category_of(each: ItemType) -> str:
    """Return the category of a type; where the server tells none, that of its key."""
    return each.category or _CATEGORY_BY_KEY.get(each.key, "")


def is_ordinary(each: ItemType) -> bool:
    """Return whether items of a type are requirements unless a user says which types are."""
    return category_of(each) not in _NEVER | _OTHERS


def choose_types(types: Sequence[ItemType], wanted: Sequence[str]) -> dict[int, str]:
    """Return the names of the item types that count as requirements, by ID.

    Args:
        types: All types of the server.
        wanted: Keys, names or API IDs of types; empty for all ordinary ones.

    Raises:
        SettingsError: With each name that no type or more than one has.
    """
    if not wanted:
        return {each.id: each.name for each in types if is_ordinary(each)}
    possible = [each for each in types if category_of(each) not in _NEVER]
    found: dict[int, str] = {}
    problems = []
    for name in wanted:
        matching = _matching(possible, name)
        if len(matching) == 1:
            found[matching[0].id] = matching[0].name
        else:
            problems.append(_no_type(name, matching, possible))
    if problems:
        raise SettingsError(*problems)
    return found


def _matching(types: Sequence[ItemType], name: str) -> list[ItemType]:
    """Return the types that have a key or ID, or else a name; letter case does not count."""
    folded = name.strip().casefold()
    exact = [each for each in types if folded in (each.key.casefold(), str(each.id))]
    return exact or [each for each in types if each.name.casefold() == folded]


def _no_type(name: str, matching: Sequence[ItemType], possible: Sequence[ItemType]) -> Problem:
    if matching:
        several = ", ".join(f"{each.name} ({each.key}, ID {each.id})" for each in matching)
        what = f"{quoted(name)} is the name of {len(matching)} item types: {several}"
        return Problem(what, "name one of them by its ID", "--type")
    from difflib import get_close_matches  # noqa: PLC0415 (only for a message)

    names = {word: each for each in possible for word in each.name.casefold().split()}
    names |= {each.key.casefold(): each for each in possible}
    names |= {each.name.casefold(): each for each in possible}
    close = get_close_matches(name.strip().casefold(), names, n=1)
    remedy = f"did you mean {names[close[0]].name} ({names[close[0]].key})?" if close else ""
    known = ", ".join(f"{each.name} ({each.key})" for each in possible)
    what = f"Jama has no type of requirements {quoted(name)}"
    return Problem(what, remedy or f"there are: {known or 'none'}", "--type")


def _runs(client: JamaClient, cycle: Cycle | None) -> ListedRuns:
    if cycle is None:
        return ListedRuns([])
    first = client.first_runs(cycle)
    return client.runs(cycle, total=first.total, first=first)


def items_of_types(
    client: JamaClient, project_id: int, type_ids: Sequence[int], observer: Observer
) -> list[Item]:
    """Return the items of a project that have one of these types, in order of their IDs."""
    found: dict[int, Item] = {}
    for batch in batches(type_ids):
        query: Query = (
            ("project", project_id),
            *(("itemType", type_id) for type_id in batch),
        )
        for row in read_rows(client, _ITEMS_PATH, query, observer):
            item = read_item(row)
            if item.project_id in (None, project_id) and item.type_id in batch:
                found[item.id] = item
    return [found[each] for each in sorted(found)]


def read_relationships(client: JamaClient, project_id: int) -> tuple[Relationship, ...]:
    """Return all relationships that a project lists, in order of their IDs.

    A page begins behind the last ID of the one before it, and the list ends with an empty page: a
    short one may have been cut by the server. A server that ignores the last ID is asked by
    position instead.

    Raises:
        TargetError: As `HttpApi.send` does; also when the list is not complete or has no end.
    """
    found: dict[int, Relationship] = {}
    last_id = 0
    for _ in range(_MOST_PAGES):
        query: Query = (
            *(("project", project_id), ("lastId", last_id)),
            *(("omitCount", "true"), ("maxResults", _ASKED_FOR)),
        )
        answer = client.api.get(RELATIONSHIPS_PATH, query, check=is_list("relationships"))
        page = _relationships_in(answer["data"])
        if not page:
            return tuple(found[each] for each in sorted(found))
        if min(page) <= last_id:
            query = (("project", project_id),)
            page = _relationships_in(read_rows(client, RELATIONSHIPS_PATH, query, Observer()))
            return tuple(page[each] for each in sorted(page))
        found.update(page)
        last_id = max(page)
    many = len(found) + 1
    raise ShortListError(RELATIONSHIPS_PATH, total=many, missing=1, is_endless=True)


def _relationships_in(rows: Sequence[object]) -> dict[int, Relationship]:
    """Return relationships by ID; an end that is not an ID is 0, which no item has."""
    found = {}
    for row in rows:
        row_id = find_id(row.get("id")) if isinstance(row, dict) else None
        if row_id and isinstance(row, dict):
            upstream, downstream = (find_id(row.get(end)) or 0 for end in ("fromItem", "toItem"))
            is_suspect = row.get("suspect") is True
            found[row_id] = Relationship(row_id, upstream, downstream, is_suspect)
    return found


def read_rows(client: JamaClient, path: str, query: Query, observer: Observer) -> tuple[Json, ...]:
    """Return the rows of a list, its pages read at the same time.

    Raises:
        ShortListError: When it is not complete.
    """
    pages = read_list(
        partial(client.api.get, check=is_list()),
        path,
        query,
        together=client.together,
        patience=Patience(client.give_up_after_s, client.api.connection.clock),
        again=client.again(path),
    )
    rows: list[Json] = []
    for number, page in enumerate(complete(path, pages)):
        if number == 0 and (page.total or 0) > MANY:
            what = f"{page.total} requirements and test cases, {PAGE_SIZE} a request"
            observer.waits(f"reading {what}")
        rows += page.rows
    return tuple(rows)
