"""Creating, changing and removing entities by the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_jama.sandbox.octane.entity_answers import type_names_of
from pytest_jama.sandbox.octane.entity_tables import Entity, NewEntity
from pytest_jama.sandbox.octane.entity_types import COLLECTIONS, Collection, FieldSpec
from pytest_jama.sandbox.octane.octane_errors import Json, OctaneRefusedError
from pytest_jama.sandbox.octane.query_sql import read_date_ms
from pytest_jama.sandbox.octane.written_rules import (
    AFTER_CREATION,
    BEFORE_CREATION,
    follow_change,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_jama.sandbox.octane.entity_tables import EntityTables
    from pytest_jama.sandbox.octane.octane_knobs import OctaneKnobs

_OF_ITS_OWN = frozenset({"type", "id"})
_READ_ONLY = frozenset({"subtype", "creation_time", "last_modified", "author", "size"})
LONGEST_NAME = 255


class Changes:
    """What a body asks to be stored."""

    def __init__(self) -> None:
        self.fields: dict[str, Any] = {}
        self.columns: dict[str, int | None] = {}
        self.links: dict[str, list[int]] = {}


class Writes:
    """Reads bodies, checks them, stores them."""

    def __init__(self, tables: EntityTables, knobs: OctaneKnobs, *, user: int) -> None:
        self.tables = tables
        self.knobs = knobs
        self.user = user

    def create(self, collection: Collection, body: Json) -> Entity:
        """Create an entity.

        Raises:
            OctaneRefusedError: 400 for a body that is not one, 409 for a name that is taken.
        """
        before = BEFORE_CREATION.get(collection.types[0].name)
        given = body if before is None else before(self, dict(body))
        changes = self.read(collection, given)
        self._check_required(collection, changes)
        entity = self.store(collection, changes)
        after = AFTER_CREATION.get(entity.type)
        if after is not None:
            after(self, entity, body)
        return entity

    def store(
        self, collection: Collection, changes: Changes, *, number: int | None = None
    ) -> Entity:
        """Store what was read as a new entity, under the next number or a given one."""
        new = NewEntity(
            type=collection.types[0].name,
            fields=changes.fields,
            test=changes.columns.get("test"),
            parent=changes.columns.get("parent"),
            is_last=changes.columns.get("test") is not None,
            links=changes.links,
        )
        (pk,) = self.tables.insert([new], author=self.user, first=number)
        self.tables.database.raise_counter("entity", pk)
        return self.tables.many([pk])[pk]

    def change(self, entity: Entity, body: Json, *, append: bool) -> None:
        """Change the fields that were sent, and no others."""
        collection = self.tables.type_of(entity)
        changes = self.read(collection, body)
        if "name" in changes.fields and not changes.fields["name"]:
            raise OctaneRefusedError(400, f"{collection.name}: the field name is required")
        follow_change(self.tables, entity, changes)
        self.tables.replace(entity.pk, {**entity.fields, **changes.fields}, **changes.columns)
        for name, targets in changes.links.items():
            kept = self.tables.targets(entity.pk, name) if append else []
            self.tables.relink(entity.pk, name, [*kept, *targets])

    def read(self, collection: Collection, body: Json) -> Changes:
        """Read a body; what it does not name stays out."""
        changes = Changes()
        specs = self.tables.fields(collection)
        for name, value in body.items():
            if name in _OF_ITS_OWN:
                continue
            spec = specs.get(name)
            if spec is None:
                if self.knobs.unknown_field == "400":
                    raise OctaneRefusedError(400, f"{collection.name} has no field {name!r}")
                continue
            if not spec.is_stored or name in _READ_ONLY:
                raise OctaneRefusedError(400, f"{collection.name}: the field {name} is read-only")
            self._read_one(spec, value, changes)
        return changes

    def _read_one(self, spec: FieldSpec, value: Any, changes: Changes) -> None:
        if spec.kind == "references":
            changes.links[spec.name] = self._references(spec, value)
        elif spec.column:
            changes.columns[spec.column] = self._reference(spec, value)
        elif spec.kind == "reference":
            changes.fields[spec.name] = self._reference(spec, value)
        elif value is None:
            changes.fields[spec.name] = None
        else:
            changes.fields[spec.name] = _SCALARS[spec.kind](spec, value)

    def _references(self, spec: FieldSpec, value: Any) -> list[int]:
        data = value.get("data") if isinstance(value, dict) else None
        if not isinstance(data, list):
            raise OctaneRefusedError(
                400, f'{spec.name} holds several: {{"data": [{{"type", "id"}}]}}'
            )
        found = [self._reference(spec, each) for each in data]
        return [each for each in found if each is not None]

    def _reference(self, spec: FieldSpec, value: Any) -> int | None:
        if value is None:
            return None
        identifier = value.get("id") if isinstance(value, dict) else None
        if isinstance(identifier, bool) or not isinstance(identifier, str | int):
            raise OctaneRefusedError(
                400, f'{spec.name} is a reference: {{"type": "...", "id": "1"}}'
            )
        target = spec.targets[0]
        if "type" in value and str(value["type"]) not in type_names_of(target):
            raise OctaneRefusedError(400, f"{spec.name} cannot lead to a {value['type']}")
        found = self.tables.find(COLLECTIONS[target], value["id"])
        if found is None:
            raise OctaneRefusedError(400, f"{spec.name}: {target} has no entity {value['id']}")
        return found.pk

    def _check_required(self, collection: Collection, changes: Changes) -> None:
        for spec in self.tables.fields(collection).values():
            stored = {**changes.fields, **changes.links, **changes.columns}
            value = stored.get(spec.column or spec.name)
            if spec.required and value in (None, "", []):
                text = f"{collection.name}: the field {spec.name} is required"
                raise OctaneRefusedError(400, text, "platform.required_field_missing")


def _string(spec: FieldSpec, value: Any) -> Any:
    if not isinstance(value, str):
        raise OctaneRefusedError(400, f"{spec.name} is a text, not {value!r}")
    if spec.name == "name" and len(value) > LONGEST_NAME:
        raise OctaneRefusedError(400, f"a name has at most {LONGEST_NAME} characters")
    return value


def _number(spec: FieldSpec, value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise OctaneRefusedError(400, f"{spec.name} is a number, not {value!r}")
    return value


def _truth(spec: FieldSpec, value: Any) -> Any:
    if not isinstance(value, bool):
        raise OctaneRefusedError(400, f"{spec.name} is true or false, not {value!r}")
    return value


def _date(spec: FieldSpec, value: Any) -> Any:
    milliseconds = read_date_ms(value) if isinstance(value, str) else None
    if milliseconds is None:
        raise OctaneRefusedError(400, f"{spec.name} is a date such as 2026-01-05T10:00:00Z")
    return milliseconds


_SCALARS: Mapping[str, Callable[[FieldSpec, Any], Any]] = {
    "string": _string,
    "memo": _string,
    "number": _number,
    "boolean": _truth,
    "date": _date,
}
