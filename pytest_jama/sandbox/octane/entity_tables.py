"""The rows behind the entities: what is stored, found, linked and removed."""

import json
import re
from collections.abc import Collection as Group
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pytest_jama.sandbox.database import Clock, Database
from pytest_jama.sandbox.octane.entity_types import (
    COLLECTIONS,
    TYPES,
    Collection,
    FieldSpec,
    parse_field,
)
from pytest_jama.sandbox.octane.octane_errors import OctaneRefusedError

FIRST_ID = 1001
SCHEMA_VERSION = 2
SCHEMA = """
CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
CREATE TABLE tokens (
    token TEXT PRIMARY KEY, user TEXT NOT NULL, csrf TEXT NOT NULL, uses INTEGER NOT NULL
);
CREATE TABLE entities (
    pk INTEGER PRIMARY KEY, type TEXT NOT NULL, key TEXT UNIQUE, test INTEGER, parent INTEGER,
    is_last INTEGER NOT NULL DEFAULT 0, fields TEXT NOT NULL
);
CREATE INDEX entities_by_type ON entities (type, pk);
CREATE INDEX entities_by_name ON entities (json_extract(fields, '$.name'), type);
CREATE INDEX history_by_test ON entities (json_extract(fields, '$.test_name'))
    WHERE json_extract(fields, '$.test_name') IS NOT NULL;
CREATE INDEX entities_by_test ON entities (test) WHERE test IS NOT NULL;
CREATE INDEX entities_by_parent ON entities (parent) WHERE parent IS NOT NULL;
CREATE TABLE links (
    source INTEGER NOT NULL, field TEXT NOT NULL, target INTEGER NOT NULL,
    PRIMARY KEY (source, field, target)
) WITHOUT ROWID;
CREATE INDEX links_by_target ON links (target, field, source);
CREATE TABLE tasks (
    id INTEGER PRIMARY KEY, status TEXT NOT NULL, details TEXT NOT NULL, polls INTEGER NOT NULL,
    until_s REAL NOT NULL, hash TEXT NOT NULL, hash_until_s REAL NOT NULL,
    skip_errors INTEGER NOT NULL, size INTEGER NOT NULL, packed_document BLOB NOT NULL
);
CREATE INDEX tasks_by_hash ON tasks (hash);
CREATE TABLE waiting_builds (
    server INTEGER NOT NULL, job INTEGER NOT NULL, build TEXT NOT NULL, looks INTEGER NOT NULL,
    from_s REAL NOT NULL, fields TEXT NOT NULL, PRIMARY KEY (server, job, build)
);
CREATE TABLE contents (attachment INTEGER PRIMARY KEY, content BLOB NOT NULL);
CREATE TABLE scripts (
    test INTEGER PRIMARY KEY, script TEXT NOT NULL, comment TEXT, revision_type TEXT
);
CREATE TABLE user_fields (type TEXT NOT NULL, field TEXT NOT NULL, PRIMARY KEY (type, field));
"""

LISTED_TYPES = frozenset({"list_node", "phase"})
"""Types whose ids may be logical names."""


@dataclass(frozen=True, kw_only=True)
class Entity:
    """One entity as it is stored; references are numbers."""

    pk: int
    type: str
    fields: Mapping[str, Any]
    test: int | None = None
    parent: int | None = None
    is_last: bool = False

    def value(self, spec: FieldSpec) -> Any:
        """Return what a stored field that is not a list of references holds."""
        if spec.column == "test":
            return self.test
        if spec.column == "parent":
            return self.parent
        if spec.column == "last_test":
            return self.test if self.is_last else None
        return self.fields.get(spec.name)


@dataclass(kw_only=True)
class NewEntity:
    """One entity to be stored.

    Attributes:
        key: What no other entity may have.
        links: Numbers of the entities it refers to, by field.
    """

    type: str
    fields: dict[str, Any]
    key: str | None = None
    test: int | None = None
    parent: int | None = None
    is_last: bool = False
    links: Mapping[str, Sequence[int]] = field(default_factory=dict)


_INSERT = "INSERT INTO entities VALUES (?, ?, ?, ?, ?, ?, ?)"
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def dumped(value: object) -> str:
    """Write what an entity holds as it is stored."""
    return _ENCODER.encode(value)


class EntityTables:
    """All entities of the workspace."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @property
    def clock(self) -> Clock:
        """Seconds since the epoch."""
        return self.database.clock

    def now_ms(self) -> int:
        """Return the time as it is stored."""
        return int(self.clock() * 1000)

    def reserve(self, count: int) -> int:
        """Take so many numbers; return the first."""
        first = self.database.counter("entity") + 1
        self.database.raise_counter("entity", first + count - 1)
        return first

    def insert(
        self, new: Sequence[NewEntity], *, author: int | None = None, first: int | None = None
    ) -> range:
        """Store entities; return their numbers in order.

        Args:
            new: The entities.
            author: The number of who makes them.
            first: The number of the first; None takes the next that is free.
        """
        if not new:
            return range(0)
        first, now_ms = self.reserve(len(new)) if first is None else first, self.now_ms()
        stamp = {"creation_time": now_ms, "last_modified": now_ms}
        stamp |= {} if author is None else {"author": author}
        numbers = range(first, first + len(new))
        self.database.insert_rows(
            _INSERT,
            (
                (
                    pk,
                    each.type,
                    each.key,
                    each.test,
                    each.parent,
                    each.is_last,
                    dumped({**stamp, **each.fields}),
                )
                for pk, each in zip(numbers, new, strict=True)
            ),
        )
        self.link(
            (pk, name, target)
            for pk, each in zip(numbers, new, strict=True)
            for name, targets in each.links.items()
            for target in targets
        )
        return numbers

    def link(self, links: Iterable[tuple[int, str, int]]) -> None:
        """Let entities refer to others; twice is once."""
        self.database.insert_rows("INSERT OR IGNORE INTO links VALUES (?, ?, ?)", links)

    def replace(self, pk: int, fields: Mapping[str, Any], **columns: Any) -> None:
        """Put the fields of an entity in the place of the ones before."""
        stamped = {**fields, "last_modified": self.now_ms()}
        self.database.update("entities", {"fields": dumped(stamped), **columns}, pk=pk)

    def relink(self, pk: int, name: str, targets: Iterable[int]) -> None:
        """Let a field refer to these entities and no others."""
        self.database.delete("links", source=pk, field=name)
        self.link((pk, name, target) for target in targets)

    def targets(self, pk: int, name: str) -> list[int]:
        """Return what a field with several references leads to."""
        return [row["target"] for row in self.database.select("links", source=pk, field=name)]

    def remove(self, pk: int) -> None:
        """Remove an entity, and what is nothing without it."""
        parts = "SELECT pk FROM entities WHERE test = ? OR parent = ? AND type = 'run_step'"
        for row in self.database.all(parts, (pk, pk)):
            self.remove(row["pk"])
        self.database.delete("entities", pk=pk)
        self.database.execute("DELETE FROM links WHERE source = ? OR target = ?", (pk, pk))
        self.database.delete("contents", attachment=pk)
        self.database.delete("scripts", test=pk)

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Entity]:
        """Return the entities of a statement that selects all columns."""
        return [
            Entity(
                pk=row["pk"],
                type=row["type"],
                fields=json.loads(row["fields"]),
                test=row["test"],
                parent=row["parent"],
                is_last=bool(row["is_last"]),
            )
            for row in self.database.all(sql, parameters)
        ]

    def many(self, numbers: Group[int]) -> dict[int, Entity]:
        """Return entities by their numbers; those that are gone are left out."""
        found: dict[int, Entity] = {}
        wanted = list(numbers)
        for start in range(0, len(wanted), 500):
            part = wanted[start : start + 500]
            marks = ",".join("?" * len(part))
            sql = f"SELECT * FROM entities WHERE pk IN ({marks})"  # noqa: S608 - marks only
            found.update({each.pk: each for each in self.rows(sql, part)})
        return found

    def by_keys(self, keys: Sequence[str]) -> dict[str, Entity]:
        """Return entities by what no other has."""
        marks = ",".join("?" * len(keys))
        sql = f"SELECT key, pk FROM entities WHERE key IN ({marks})"  # noqa: S608 - marks only
        numbers = {row["key"]: row["pk"] for row in self.database.all(sql, keys)}
        found = self.many(numbers.values())
        return {key: found[pk] for key, pk in numbers.items()}

    def find(self, collection: Collection, identifier: object) -> Entity | None:
        """Return the entity of a collection by its id: a number, or a logical name."""
        names = [each.name for each in collection.types]
        marks = ",".join("?" * len(names))
        text = str(identifier)
        if re.fullmatch(r"[0-9]{1,18}", text):
            sql = f"SELECT * FROM entities WHERE pk = ? AND type IN ({marks})"  # noqa: S608 - marks
            found = self.rows(sql, (int(text), *names))
        elif LISTED_TYPES & set(names):
            sql = f"SELECT * FROM entities WHERE key = ? AND type IN ({marks})"  # noqa: S608 - marks
            found = self.rows(sql, (f"{names[0]}:{text}", *names))
        else:
            found = []
        return found[0] if found else None

    def require(self, name: str, identifier: object) -> Entity:
        """Return an entity by collection and id, or refuse with 404."""
        entity = self.find(COLLECTIONS[name], identifier)
        if entity is None:
            raise OctaneRefusedError(404, f"{name} has no entity with the id {identifier}")
        return entity

    def named(self, collection: str, **values: object) -> Entity | None:
        """Return the first entity of a collection with these plain values."""
        collections = COLLECTIONS[collection]
        names = [each.name for each in collections.types]
        conditions = " AND ".join(f"json_extract(fields, '$.{name}') = ?" for name in values)
        sql = (
            f"SELECT * FROM entities WHERE type IN ({','.join('?' * len(names))}) "  # noqa: S608 - marks
            f"AND {conditions} ORDER BY pk LIMIT 1"
        )
        found = self.rows(sql, (*names, *values.values()))
        return found[0] if found else None

    def listed(self, logical_name: str) -> int | None:
        """Return the number of a list entry by its logical name."""
        key = f"list_node:{logical_name}"
        rows = self.database.all("SELECT pk FROM entities WHERE key = ?", (key,))
        return int(rows[0]["pk"]) if rows else None

    def fields(self, collection: Collection) -> Mapping[str, FieldSpec]:
        """Return the fields of a collection, those of this workspace included."""
        names = {each.name for each in collection.types}
        own = {
            spec.name: spec for name, spec in self.user_defined_fields().items() if name[0] in names
        }
        return {**collection.fields, **own}

    def user_defined_fields(self) -> dict[tuple[str, str], FieldSpec]:
        """Return the fields that were added here, by type and name."""
        specs: dict[tuple[str, str], FieldSpec] = {}
        for row in self.database.select("user_fields"):
            spec = parse_field(row["field"])
            own = FieldSpec(
                name=spec.name, kind=spec.kind, targets=spec.targets, is_user_defined=True
            )
            specs[row["type"], spec.name] = own
        return specs

    def type_of(self, entity: Entity) -> Collection:
        """Return the concrete collection of an entity."""
        return COLLECTIONS[TYPES[entity.type].collection]
