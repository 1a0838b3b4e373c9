"""Entities as they are answered: the asked fields, references, the envelope of lists."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_jama.sandbox.octane.entity_tables import LISTED_TYPES, Entity
from pytest_jama.sandbox.octane.entity_types import COLLECTIONS, Collection, FieldSpec
from pytest_jama.sandbox.octane.octane_errors import Json, OctaneRefusedError
from pytest_jama.sandbox.octane.query_sql import Condition, shown_date

if TYPE_CHECKING:
    from pytest_jama.sandbox.octane.entity_tables import EntityTables
    from pytest_jama.sandbox.octane.octane_knobs import OctaneKnobs
    from pytest_jama.sandbox.octane.query_words import Statement

Asked = Mapping[str, "Asked"]
"""The names in `fields`, each with what is asked of what it leads to."""

_OF_ITS_OWN = ("type", "id")


def parse_fields(text: str) -> Asked:
    """Read `fields=name,release{name}`.

    Raises:
        OctaneRefusedError: 400; braces do not fit, or a name is empty.
    """
    asked, rest = _parsed(text)
    if rest:
        raise OctaneRefusedError(400, f"fields={text!r} has a brace too many")
    return asked


def _parsed(text: str) -> tuple[Asked, str]:
    asked: dict[str, Asked] = {}
    rest = text
    while True:
        end = next((at for at, letter in enumerate(rest) if letter in ",{}"), len(rest))
        name, rest = rest[:end].strip(), rest[end:]
        if not name:
            raise OctaneRefusedError(400, f"fields has an empty name before {rest[:20]!r}")
        asked[name] = {}
        if rest.startswith("{"):
            asked[name], rest = _parsed(rest[1:])
            if not rest.startswith("}"):
                raise OctaneRefusedError(400, "fields has a { without }")
            rest = rest[1:]
        if not rest.startswith(","):
            return asked, rest
        rest = rest[1:]


@dataclass(frozen=True, kw_only=True)
class ListWindow:
    """Which part of a list is asked for, and in which order."""

    limit: int
    offset: int = 0
    order_by: tuple[str, ...] = ()


class Answers:
    """Reads lists and entities, and writes them as JSON."""

    def __init__(self, tables: EntityTables, knobs: OctaneKnobs, *, current_user: int) -> None:
        self._tables = tables
        self._knobs = knobs
        self._current_user = current_user

    def condition(self) -> Condition:
        """Begin a condition."""
        return Condition(
            tables=self._tables,
            current_user=self._current_user,
            has_logical_ids=self._knobs.list_ids == "logical",
        )

    def select(
        self, collection: Collection, statement: Statement | None, window: ListWindow
    ) -> tuple[list[Entity], int]:
        """Return a page of the entities that a statement is true of, and how many there are."""
        condition = self.condition()
        names = [each.name for each in collection.types]
        where = f"FROM entities e WHERE e.type IN ({','.join('?' * len(names))})"
        if statement is not None:
            where += f" AND {condition.write(statement, collection, 'e')}"
        parameters = [*names, *condition.parameters]
        total = self._tables.database.number(f"SELECT count(*) {where}", parameters)
        order = self._order(collection, window.order_by)
        sql = f"SELECT e.* {where} ORDER BY {order} LIMIT ? OFFSET ?"
        return self._tables.rows(sql, (*parameters, window.limit, window.offset)), total

    def _order(self, collection: Collection, names: Sequence[str]) -> str:
        parts = []
        specs = self._tables.fields(collection)
        for name in names:
            bare = name.lstrip("-")
            spec = specs.get(bare)
            if bare != "id" and (spec is None or spec.kind in ("reference", "references")):
                raise OctaneRefusedError(400, f"{collection.name} cannot be ordered by {bare!r}")
            column = "e.pk" if bare == "id" else f"json_extract(e.fields, '$.{bare}')"
            parts.append(f"{column} DESC" if name.startswith("-") else column)
        return ", ".join([*parts, "e.pk"])

    def envelope(self, data: Sequence[Json], total: int) -> Json:
        """Put a page into the envelope of lists."""
        cap = self._knobs.total_limit_count
        is_over = bool(cap) and total > cap
        shown = cap if is_over else total
        return {"total_count": shown, "data": list(data), "exceeds_total_count": is_over}

    def shown(
        self, entities: Sequence[Entity], collection: Collection, asked: Asked | None
    ) -> list[Json]:
        """Write entities with the asked fields; without any with their own."""
        wanted, known = self._wanted(collection, asked), KnownEntities(self._tables)
        return [self._one(each, collection, wanted, known) for each in entities]

    def _wanted(self, collection: Collection, asked: Asked | None) -> Asked:
        specs = self._tables.fields(collection)
        if asked is None:
            return {name: {} for name, spec in specs.items() if not spec.via}
        unknown = [name for name in asked if name not in specs and name not in _OF_ITS_OWN]
        if unknown and self._knobs.unknown_field == "400":
            raise OctaneRefusedError(400, f"{collection.name} has no field {unknown[0]!r}")
        return {name: inner for name, inner in asked.items() if name in specs}

    def _one(
        self, entity: Entity, collection: Collection, wanted: Asked, known: KnownEntities
    ) -> Json:
        """Show what the concrete type has; others of the same view may have the rest."""
        specs = known.fields(entity)
        shown: Json = {
            "type": collection.type_name or entity.type,
            "id": self.public_id(entity),
        }
        for name, inner in wanted.items():
            if name in specs:
                shown[name] = self._value(entity, specs[name], inner, known)
        return shown

    def public_id(self, entity: Entity) -> str:
        """Return the id that the API shows."""
        if entity.type in LISTED_TYPES and self._knobs.list_ids == "logical":
            return str(entity.fields["logical_name"])
        return str(entity.pk)

    def _value(self, entity: Entity, spec: FieldSpec, inner: Asked, known: KnownEntities) -> Any:
        if spec.name == "subtype":
            return entity.type
        if spec.kind == "references":
            targets = self._targets(entity, spec)
            data = [self._referred(each, inner, known) for each in targets]
            return {"total_count": len(data), "data": data}
        value = entity.value(spec)
        if value is None:
            return None
        if spec.kind == "reference":
            found = known.find(value)
            return None if found is None else self._referred(found, inner, known)
        if spec.kind == "date":
            return shown_date(value)
        return json.loads(value) if spec.name == "values" else value

    def _targets(self, entity: Entity, spec: FieldSpec) -> list[Entity]:
        source = self.condition().joined(spec, "s", "t")
        sql = f"SELECT t.* FROM entities s, {source} AND s.pk = ? ORDER BY t.pk"  # noqa: S608 - own names
        return self._tables.rows(sql, (entity.pk,))

    def _referred(self, entity: Entity, inner: Asked, known: KnownEntities) -> Json:
        shown = self._one(entity, self._tables.type_of(entity), inner, known)
        if self._knobs.reference_look == "named":
            shown.setdefault("name", entity.fields.get("name"))
            if entity.type in LISTED_TYPES:
                shown.setdefault("logical_name", entity.fields["logical_name"])
        return shown


class KnownEntities:
    """What an answer has read already: many entities of a list refer to the same ones."""

    def __init__(self, tables: EntityTables) -> None:
        self._tables = tables
        self._fields: dict[str, Mapping[str, FieldSpec]] = {}
        self._found: dict[int, Entity | None] = {}

    def fields(self, entity: Entity) -> Mapping[str, FieldSpec]:
        """Return the fields of the concrete type of an entity."""
        if entity.type not in self._fields:
            self._fields[entity.type] = self._tables.fields(self._tables.type_of(entity))
        return self._fields[entity.type]

    def find(self, number: int) -> Entity | None:
        """Return the entity that has a number; None if it is gone."""
        if number not in self._found:
            self._found[number] = self._tables.many([number]).get(number)
        return self._found[number]


def type_names_of(name: str) -> set[str]:
    """Return how references may call what they lead to in a collection."""
    collection = COLLECTIONS[name]
    return {each.name for each in collection.types} | {collection.type_name} - {""}
