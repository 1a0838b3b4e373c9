"""The workspace from inside: what tests and the command line put in and look at."""

from __future__ import annotations

import time
import zlib
from typing import TYPE_CHECKING, Any

from typing_extensions import Self

from pytest_jama.sandbox.database import Clock, Database
from pytest_jama.sandbox.octane.entity_answers import Answers, ListWindow, parse_fields
from pytest_jama.sandbox.octane.entity_tables import (
    FIRST_ID,
    SCHEMA,
    SCHEMA_VERSION,
    EntityTables,
)
from pytest_jama.sandbox.octane.entity_types import COLLECTIONS, TYPES, Collection, parse_field
from pytest_jama.sandbox.octane.entity_writes import Writes
from pytest_jama.sandbox.octane.octane_knobs import OctaneKnobs
from pytest_jama.sandbox.octane.query_words import parse_query
from pytest_jama.sandbox.octane.reported_builds import look_for_builds, report_build
from pytest_jama.sandbox.octane.result_tasks import Task
from pytest_jama.sandbox.octane.workspace_seeds import ROBOT, field_metadata, seed_workspace

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_jama.sandbox.octane.octane_errors import Json

_ALL = 1_000_000


class OctaneStore:
    """The state of one workspace.

    Args:
        path: File to keep it in; None keeps it in memory.
        clock: Seconds since the epoch.
        first_number: The number of the first thing that every workspace has; with 1 all numbers
            from 1001 on are free.

    Raises:
        DatabaseError: The file holds something else.
    """

    def __init__(
        self,
        path: Path | None = None,
        *,
        clock: Clock = time.time,
        first_number: int = FIRST_ID,
    ) -> None:
        self.database = Database(path, schema=SCHEMA, version=SCHEMA_VERSION, clock=clock)
        self.tables = EntityTables(self.database)
        user = self.tables.named("workspace_users", name=ROBOT)
        with self.database.transaction():
            self.user = seed_workspace(self.tables, first=first_number) if user is None else user.pk
        self._answers = Answers(self.tables, OctaneKnobs(), current_user=self.user)
        self._writes = Writes(self.tables, OctaneKnobs(), user=self.user)

    def close(self) -> None:
        """Close the database."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def add(self, collection: str, *, number: int | None = None, **fields: Any) -> str:
        """Create an entity past the API, also one that the API cannot create; return its id.

        Args:
            collection: As in paths, such as `releases`.
            number: Its id; None takes the next that is free.
            fields: By name. A reference is an id, or a logical name; several are a list of these.
        """
        kind = COLLECTIONS[collection]
        with self.database.transaction():
            changes = self._writes.read(kind, self._body(kind, fields))
            return str(self._writes.store(kind, changes, number=number).pk)

    def create(self, collection: str, **fields: Any) -> str:
        """Create an entity as the API does, with everything that comes with it; return its id.

        Raises:
            OctaneRefusedError: As the API would refuse it.
        """
        kind = COLLECTIONS[collection]
        with self.database.transaction():
            return str(self._writes.create(kind, self._body(kind, fields)).pk)

    def change(self, collection: str, identifier: str, **fields: Any) -> None:
        """Change fields of an entity."""
        kind = COLLECTIONS[collection]
        entity = self.tables.require(collection, identifier)
        with self.database.transaction():
            self._writes.change(entity, self._body(kind, fields), append=False)

    def remove(self, collection: str, identifier: str) -> None:
        """Remove an entity."""
        with self.database.transaction():
            self.tables.remove(self.tables.require(collection, identifier).pk)

    def holder_of(self, number: int) -> str | None:
        """Return the type of the entity that has a number; None if it is free."""
        found = self.tables.many([number]).get(number)
        return None if found is None else found.type

    def has(self, collection: str, number: int) -> bool:
        """Return whether a collection has an entity with a number."""
        return self.tables.find(COLLECTIONS[collection], number) is not None

    def report_build(self, **fields: Any) -> None:
        """Tell of a build as `PUT analytics/ci/builds` does, without a delay.

        Raises:
            OctaneRefusedError: As the API would refuse it.
        """
        with self.database.transaction():
            report_build(self.tables, OctaneKnobs(), fields)
            look_for_builds(self.tables)

    def find(self, collection: str, **values: object) -> str | None:
        """Return the id of the first entity with these plain values; None if there is none."""
        found = self.tables.named(collection, **values)
        return None if found is None else str(found.pk)

    def _body(self, kind: Collection, fields: Json) -> Json:
        """Write references as the API has them."""
        specs = self.tables.fields(kind)
        body: Json = {}
        for name, value in fields.items():
            spec = specs.get(name)
            holds = spec.kind if spec is not None and spec.is_stored else "string"
            if holds == "reference" and isinstance(value, str):
                body[name] = {"id": value}
            elif holds == "references" and isinstance(value, list):
                body[name] = {"data": [{"id": each} for each in value]}
            else:
                body[name] = value
        return body

    def all(
        self, collection: str, query: str | None = None, *, fields: str | None = None
    ) -> list[Json]:
        """Return entities as the API shows them.

        Args:
            collection: As in paths; views work, too.
            query: A statement without the double quotes around it.
            fields: Names, as in the API; None shows all but what leads here from elsewhere.
        """
        kind = COLLECTIONS[collection]
        statement = None if query is None else parse_query(f'"{query}"')
        entities, _ = self._answers.select(kind, statement, ListWindow(limit=_ALL))
        return self._answers.shown(entities, kind, None if fields is None else parse_fields(fields))

    def get(self, collection: str, identifier: str, *, fields: str | None = None) -> Json:
        """Return one entity as the API shows it.

        Raises:
            OctaneRefusedError: There is none.
        """
        entity = self.tables.require(collection, identifier)
        asked = None if fields is None else parse_fields(fields)
        return self._answers.shown([entity], COLLECTIONS[collection], asked)[0]

    def count(self, collection: str) -> int:
        """Return how many entities a collection has."""
        return self._answers.select(COLLECTIONS[collection], None, ListWindow(limit=1))[1]

    def count_by(self, collection: str, field: str) -> dict[str, int]:
        """Return how many entities of a collection have each entry of a list, by its name.

        Args:
            collection: As in paths.
            field: A stored field that refers to one entry.
        """
        names = [each.name for each in COLLECTIONS[collection].types]
        rows = self.database.all(
            "SELECT json_extract(entry.fields, '$.name') AS name, count(*) AS number "  # noqa: S608 - marks, a name
            "FROM entities AS entity JOIN entities AS entry "
            f"ON entry.pk = json_extract(entity.fields, '$.{field}') "
            f"WHERE entity.type IN ({','.join('?' * len(names))}) GROUP BY entry.pk "
            "ORDER BY number DESC, name",
            names,
        )
        return {row["name"]: row["number"] for row in rows}

    def add_field(self, type_name: str, field: str, *, label: str = "") -> None:
        """Add a field of this workspace to a type, such as `region_udf` or `lines_udf:number`."""
        spec = parse_field(field)
        if type_name not in TYPES:
            raise ValueError(f"{type_name!r} is not a type of entity")
        with self.database.transaction():
            row = {"type": type_name, "field": field}
            self.database.insert("user_fields", row, conflict="REPLACE")
            described = field_metadata(
                type_name, spec.name, kind=spec.kind, label=label, is_user_defined=True
            )
            self.tables.insert([described])

    def tasks(self) -> list[Task]:
        """Return what became of all pushes that were processed, the newest last."""
        return [
            Task(
                id=row["id"],
                status=row["status"],
                details=row["details"],
                skip_errors=bool(row["skip_errors"]),
                document=zlib.decompress(row["packed_document"]),
            )
            for row in self.database.select("tasks")
        ]

    def forget_task(self, task_id: int) -> None:
        """Let a task, and the hash of its document, be forgotten."""
        self.database.delete("tasks", id=task_id)

    def content(self, attachment: str) -> bytes:
        """Return what is in an attachment; raises `KeyError` if there is none."""
        row = self.database.find("contents", attachment=int(attachment))
        if row is None:
            raise KeyError(attachment)
        return bytes(row["content"])
