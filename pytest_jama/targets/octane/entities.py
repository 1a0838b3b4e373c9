"""Entities of a workspace: listed, read, made, changed. Everything but results is one.

Nothing is made twice: where the answer to a creation is lost, what may have been made is looked for
before it is made again.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_jama.core.errors import OutOfReachError, RefusedError
from pytest_jama.targets.octane.octane_client import LostAnswerError
from pytest_jama.targets.octane.query import as_parameter
from pytest_jama.targets.octane.written_entities import NOT_MADE, read_written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pytest_jama.targets.octane.octane_client import OctaneClient
    from pytest_jama.targets.octane.written_entities import Search, WrittenEntity

    Send = Callable[[Sequence[Mapping[str, Any]]], object]

Entity = dict[str, Any]
"""What the server says of an entity: IDs are texts, references are objects."""

PAGE_SIZE = 1000
"""So many entities are asked for at a time; a server may give fewer. Source: vendor's SDKs."""

WRITTEN_AT_ONCE = 200
"""So many entities may be made or changed by one request. Source: vendor's CI SDK."""

PARTLY_DONE = frozenset({HTTPStatus.CONFLICT})
"""Some of several entities were refused, and the answer says which."""

_SMALL_PAGE = 100
"""No server refuses to give so many at a time; how large a page may be is not documented."""

_LOOKS_S = (0.0, 1.0, 2.0, 4.0, 8.0)
"""Pauses before each look for what may have been made: a list may show it late."""

_ATTEMPTS = 3
"""So often something is made that none of these looks has found."""


class Entities:
    """The entities of one workspace. Safe to use from several threads.

    Args:
        client: Makes the requests.
    """

    def __init__(self, client: OctaneClient) -> None:
        self.client = client
        self._sets_limit = True

    def list(
        self,
        collection: str,
        *,
        fields: str,
        query: str = "",
        order_by: str = "id",
        most: int | None = None,
    ) -> Iterator[Entity]:
        """Yield the entities that fulfil a query, page by page.

        Args:
            collection: Its name: ``automated_runs``.
            fields: What is read of them, separated by commas: ``id,name,release{name}``.
            query: See `pytest_jama.targets.octane.query`; empty for all.
            order_by: Fields, separated by commas; ``-`` before one for the other direction. Empty
                for no order, in which pages may overlap or miss some.
            most: How many of them are wanted at most; None for all.

        Raises:
            TargetError: See `OctaneClient.request`.
        """
        asked: list[tuple[str, str | int]] = [("fields", fields)]
        asked += [("query", as_parameter(query))] if query else []
        asked += [("order_by", order_by)] if order_by else []
        seen: set[str] = set()
        offset = 0
        while most is None or offset < most:
            left = PAGE_SIZE if most is None else most - offset
            page = self._page(collection, asked, left=left, offset=offset)
            rows = page.rows if most is None else page.rows[:left]
            new = {key: row for row in rows if (key := _identity(row)) not in seen}
            yield from new.values()
            offset += len(page.rows)
            if not new or page.is_last(offset):
                return
            seen.update(new)

    def _page(
        self, collection: str, asked: Sequence[tuple[str, str | int]], *, left: int, offset: int
    ) -> _Rows:
        """Return a page; of its usual size where the server may have refused ours."""
        limit = min(PAGE_SIZE, left)
        try:
            limits = [("limit", limit)] if self._sets_limit else []
            return self._rows(collection, [*asked, *limits, ("offset", offset)])
        except RefusedError as refusal:
            is_bad = refusal.http_status == HTTPStatus.BAD_REQUEST
            if not is_bad or not self._sets_limit or limit <= _SMALL_PAGE:
                raise
        page = self._rows(collection, [*asked, ("offset", offset)])
        self._sets_limit = False
        return page

    def _rows(self, collection: str, params: Sequence[tuple[str, str | int]]) -> _Rows:
        path = f"/{collection}"
        answer = self.client.request("GET", path, params=params)
        rows = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise _not_understood(f"GET {path}")
        total = answer["total_count"] if answer.get("exceeds_total_count") is False else None
        return _Rows(rows, total if isinstance(total, int) else None)

    def get(self, collection: str, entity_id: str | int, *, fields: str) -> Entity:
        """Return one entity.

        Args:
            collection: Its collection.
            entity_id: Its ID.
            fields: What is read of it, separated by commas.

        Raises:
            RefusedError: When there is none, with the status 404.
            TargetError: See `OctaneClient.request`.
        """
        path = f"/{collection}/{entity_id}"
        return _object(self.client.request("GET", path, params=[("fields", fields)]), path)

    def create(
        self, collection: str, entities: Sequence[Mapping[str, Any]], *, search: Search
    ) -> tuple[WrittenEntity, ...]:
        """Make entities, each once.

        Args:
            collection: The collection that gets them.
            entities: What they say.
            search: How they are found again when an answer is lost.

        Returns:
            What became of each, in their order; some may be refused while others are made.

        Raises:
            RefusedError: When the server refuses a request as a whole.
            TargetError: See `OctaneClient.request`.
        """

        def send(some: Sequence[Mapping[str, Any]]) -> object:
            body = {"data": list(some)}
            return self.client.request("POST", f"/{collection}", body=body, accepts=PARTLY_DONE)

        written: list[WrittenEntity] = []
        for some in _split(entities):
            written += self._make(collection, some, send, search)
        return tuple(written)

    def create_one(
        self,
        collection: str,
        entity: Mapping[str, Any],
        *,
        search: Search,
        send: Callable[[], object] | None = None,
    ) -> str:
        """Make one entity; return its ID.

        Args:
            collection: The collection that gets it.
            entity: What it says, or is found again by.
            search: How it is found again when the answer is lost.
            send: Makes the request, once, where it has another form; returns the answer.

        Raises:
            RefusedError: When the server refuses it.
            TargetError: See `OctaneClient.request`.
        """
        if send is None:
            (written,) = self.create(collection, [entity], search=search)
        else:
            (written,) = self._make(collection, [entity], lambda _: send(), search)
        return written.require_id(f"POST /{collection}")

    def _make(
        self,
        collection: str,
        entities: Sequence[Mapping[str, Any]],
        send: Send,
        search: Search,
    ) -> Sequence[WrittenEntity]:
        """Make entities by one request, and again those that are not there after a lost answer."""
        made = [NOT_MADE] * len(entities)
        why = ""
        for _ in range(_ATTEMPTS):
            waiting = [at for at, each in enumerate(made) if each == NOT_MADE]
            some = [entities[at] for at in waiting]
            told: Sequence[WrittenEntity] | None = None
            try:
                told = read_written(send(some), count=len(some))
                why = "the answer does not say what was created"
            except LostAnswerError as failure:
                why = str(failure)
            told = told or self.look_until_there(collection, some, search)
            for at, each in zip(waiting, told, strict=True):
                made[at] = each
            if NOT_MADE not in made:
                return made
        raise OutOfReachError(f"POST /{collection}: {why}; it was looked for and is not there")

    def look_until_there(
        self, collection: str, entities: Sequence[Mapping[str, Any]], search: Search
    ) -> Sequence[WrittenEntity]:
        """Do as `look`, again and again for a while: a list may show late what is there."""
        found: Sequence[WrittenEntity] = ()
        for pause_s in _LOOKS_S:
            self.client.connection.sleep(pause_s)
            found = self.look(collection, entities, search)
            if NOT_MADE not in found:
                break
        return found

    def look(
        self, collection: str, entities: Sequence[Mapping[str, Any]], search: Search
    ) -> Sequence[WrittenEntity]:
        """Return which entities are there; `NOT_MADE` for one that is not.

        Args:
            collection: Where they would be.
            entities: What they say.
            search: How they are found.

        Raises:
            TargetError: See `OctaneClient.request`.
        """
        rows = self.list(collection, fields=search.fields, query=search.statement)
        return search.find(entities, rows)

    def change(
        self, collection: str, entities: Sequence[Mapping[str, Any]]
    ) -> tuple[WrittenEntity, ...]:
        """Change entities; only the fields that are given change.

        Args:
            collection: The collection that they are in.
            entities: Their IDs and fields.

        Returns:
            What became of each, in their order.

        Raises:
            RefusedError: When the server refuses a request as a whole.
            TargetError: See `OctaneClient.request`.
        """
        changed: list[WrittenEntity] = []
        for some in _split(entities):
            body = {"data": list(some)}
            answer = self.client.request("PUT", f"/{collection}", body=body, accepts=PARTLY_DONE)
            told = read_written(answer, count=len(some))
            if told is None:
                raise _not_understood(f"PUT /{collection}")
            changed += told
        return tuple(changed)

    def change_one(self, collection: str, entity_id: str | int, fields: Mapping[str, Any]) -> None:
        """Change some fields of one entity.

        Args:
            collection: Its collection.
            entity_id: Its ID.
            fields: The fields and their new values.

        Raises:
            TargetError: See `OctaneClient.request`.
        """
        path = f"/{collection}/{entity_id}"
        self.client.request("PUT", path, body=dict(fields))

    def script(self, test_id: str | int) -> str:
        """Return the script of a test; empty when it has none.

        Args:
            test_id: The ID of the test.

        Raises:
            TargetError: See `OctaneClient.request`.
        """
        path = f"/tests/{test_id}/script"
        script = _object(self.client.request("GET", path), path).get("script")
        return script if isinstance(script, str) else ""

    def set_script(self, test_id: str | int, script: str, *, comment: str = "") -> None:
        """Replace the script of a test.

        Args:
            test_id: The ID of the test.
            script: The whole new script.
            comment: What its history says of the change.

        Raises:
            TargetError: See `OctaneClient.request`.
        """
        body = {"script": script, "comment": comment, "revision_type": "Minor"}
        self.client.request("PUT", f"/tests/{test_id}/script", body=body)


class _Rows(NamedTuple):
    """A page of a list.

    Attributes:
        rows: Its entities.
        total: How many there are on all pages; None when the server does not say it for certain.
    """

    rows: Sequence[Entity]
    total: int | None

    def is_last(self, read: int) -> bool:
        """Return whether nothing follows, when so many have been read with this page."""
        return self.total is not None and read >= self.total


def _split(entities: Sequence[Mapping[str, Any]]) -> Iterator[Sequence[Mapping[str, Any]]]:
    for at in range(0, len(entities), WRITTEN_AT_ONCE):
        yield entities[at : at + WRITTEN_AT_ONCE]


def _identity(row: Entity) -> str:
    """Return what tells a row of a list from all others: a server may give one twice."""
    return str(row["id"]) if "id" in row else json.dumps(row, sort_keys=True)


def _object(answer: object, path: str) -> Entity:
    if isinstance(answer, dict):
        return answer
    raise _not_understood(f"GET {path}")


def _not_understood(request: str) -> RefusedError:
    text = f"{request}: the answer has another form than the server's documentation says"
    return RefusedError(text, http_status=HTTPStatus.OK)
