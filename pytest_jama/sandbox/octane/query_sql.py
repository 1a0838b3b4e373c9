"""The query language: from a statement to SQL over the rows of the entities."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from pytest_jama.sandbox.octane.entity_tables import LISTED_TYPES
from pytest_jama.sandbox.octane.entity_types import COLLECTIONS, Collection, FieldSpec
from pytest_jama.sandbox.octane.octane_errors import OctaneRefusedError
from pytest_jama.sandbox.octane.query_words import (
    AllOf,
    AnyOf,
    CurrentUser,
    Inner,
    Not,
    Nothing,
    Number,
    Phrase,
    Statement,
    Text,
    Truth,
    Value,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_jama.sandbox.octane.entity_tables import EntityTables

MOST_IDS = 100
"""Values of one IN. Source: vendor's CI SDK."""

_COMPARISONS = {"EQ": "=", "LT": "<", "GT": ">", "LE": "<=", "GE": ">="}
_DATE = re.compile(
    r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(Z|[+-]\d\d:?\d\d)", re.ASCII
)


def read_date_ms(text: str) -> int | None:
    """Return a time such as 2026-01-05T10:00:00Z in milliseconds since the epoch, or None."""
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    day, clock, fraction, zone = match.groups(default="0")
    offset = "+00:00" if zone == "Z" else f"{zone[:3]}:{zone[-2:]}"
    try:
        moment = datetime.fromisoformat(f"{day}T{clock}{offset}")
    except ValueError:
        return None
    return int(moment.timestamp()) * 1000 + int(fraction[:3].ljust(3, "0"))


def shown_date(milliseconds: int) -> str:
    """Write a time as entities have it."""
    seconds, rest = divmod(milliseconds, 1000)
    try:
        moment = datetime.fromtimestamp(seconds, tz=timezone.utc)
    except (OverflowError, ValueError, OSError):
        return str(milliseconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + (f".{rest:03}Z" if rest else "Z")


@dataclass
class Condition:
    """A condition in SQL under construction.

    Attributes:
        current_user: The number of who asks.
        has_logical_ids: Whether ids of list entries are logical names.
    """

    tables: EntityTables
    current_user: int
    has_logical_ids: bool
    parameters: list[object] = field(default_factory=list)
    _names: itertools.count[int] = field(default_factory=itertools.count)

    def write(self, statement: Statement, collection: Collection, alias: str) -> str:
        """Write a statement about the row of that alias; what is not known is not true."""
        match statement:
            case Not():  # only here does NULL differ from false; without it an index can serve
                return f"NOT ({self.write(statement.statement, collection, alias)} IS TRUE)"
            case AllOf():
                return self._joined(" AND ", statement.statements, collection, alias)
            case AnyOf():
                return self._joined(" OR ", statement.statements, collection, alias)
            case Phrase():
                return f"({self._phrase(statement, collection, alias)})"

    def _joined(
        self, word: str, parts: tuple[Statement, ...], collection: Collection, alias: str
    ) -> str:
        return f"({word.join([self.write(part, collection, alias) for part in parts])})"

    def _phrase(self, phrase: Phrase, collection: Collection, alias: str) -> str:
        if phrase.field == "id":
            return self._identifier(phrase, collection, alias)
        if phrase.field == "type":
            return self._scalar(phrase, FieldSpec(name="type"), f"{alias}.type")
        spec = self.tables.fields(collection).get(phrase.field)
        if spec is None:
            raise OctaneRefusedError(400, f"{collection.name} has no field {phrase.field!r}")
        if spec.kind in ("reference", "references"):
            return self._reference(phrase, spec, alias)
        if spec.name == "subtype":
            return self._scalar(phrase, spec, f"{alias}.type")
        return self._scalar(phrase, spec, f"json_extract({alias}.fields, '$.{spec.name}')")

    def _identifier(self, phrase: Phrase, collection: Collection, alias: str) -> str:
        if len(phrase.values) > MOST_IDS:
            raise OctaneRefusedError(400, f"an IN takes at most {MOST_IDS} ids")
        if phrase.values == (CurrentUser(),) and phrase.operator == "EQ":
            return self._compare(f"{alias}.pk", "=", self.current_user)
        names = {each.name for each in collection.types}
        if names <= LISTED_TYPES and self.has_logical_ids:
            column = f"json_extract({alias}.fields, '$.logical_name')"
            return self._scalar(phrase, FieldSpec(name="id"), column)
        values = tuple(
            Number(int(value.plain))
            if isinstance(value, Text) and re.fullmatch(r"[0-9]{1,18}", value.plain)
            else value
            for value in phrase.values
        )
        numbered = Phrase("id", phrase.operator, values)
        return self._scalar(numbered, FieldSpec(name="id", kind="number"), f"{alias}.pk")

    def _scalar(self, phrase: Phrase, spec: FieldSpec, column: str) -> str:
        if phrase.values == (Nothing(is_reference=False),) and phrase.operator == "EQ":
            return f"{column} IS NULL"
        reader = _READERS[spec.kind]
        values = [reader(spec, value) for value in phrase.values]
        if phrase.operator == "IN" and not any(map(_is_pattern, values)):
            self.parameters += [each.plain if isinstance(each, Text) else each for each in values]
            return f"{column} IN ({', '.join('?' * len(values))})"
        if phrase.operator == "IN":
            return " OR ".join(self._equal(column, value) for value in values)
        if phrase.operator == "BTW":
            low, high = values
            return f"{self._compare(column, '>=', low)} AND {self._compare(column, '<=', high)}"
        if phrase.operator == "EQ":
            return self._equal(column, values[0])
        return self._compare(column, _COMPARISONS[phrase.operator], values[0])

    def _equal(self, column: str, value: object) -> str:
        if isinstance(value, Text) and _is_pattern(value):
            pattern = "*".join(re.sub(r"[*?\[]", r"[\g<0>]", part) for part in value.parts)
            return self._compare(column, "GLOB", pattern)
        return self._compare(column, "=", value)

    def _compare(self, column: str, operator: str, value: object) -> str:
        self.parameters.append(value.plain if isinstance(value, Text) else value)
        return f"{column} {operator} ?"

    def _reference(self, phrase: Phrase, spec: FieldSpec, alias: str) -> str:
        is_right = all(
            isinstance(value, Inner) or value == Nothing(is_reference=True)
            for value in phrase.values
        )
        if phrase.operator not in ("EQ", "IN") or not is_right:
            raise OctaneRefusedError(
                400, f"{spec.name} is a reference: ask with {spec.name} EQ {{id EQ 1}} or {{null}}"
            )
        return " OR ".join(f"({self._leads(spec, value, alias)})" for value in phrase.values)

    def _leads(self, spec: FieldSpec, value: Value, alias: str) -> str:
        target = f"e{next(self._names)}"
        target_collection = COLLECTIONS[spec.targets[0]]
        source = self.joined(spec, alias, target)
        if not isinstance(value, Inner):
            return f"NOT EXISTS (SELECT 1 FROM {source})"  # noqa: S608 - names of the table
        # The parameters stand in the order of the text: the join has none.
        condition = self.write(value.statement, target_collection, target)
        return f"EXISTS (SELECT 1 FROM {source} AND {condition})"  # noqa: S608 - names of the table

    def joined(self, spec: FieldSpec, alias: str, target: str) -> str:
        """Return FROM and WHERE of what a reference of a row leads to."""
        names = ",".join(f"'{each.name}'" for each in COLLECTIONS[spec.targets[0]].types)
        if spec.via:
            back = COLLECTIONS[spec.targets[0]].fields[spec.via]
            if back.kind == "references":
                return (
                    f"links l{target} JOIN entities {target} ON {target}.pk = l{target}.source "
                    f"WHERE l{target}.target = {alias}.pk AND l{target}.field = '{back.name}' "
                    f"AND {target}.type IN ({names})"
                )
            return (
                f"entities {target} WHERE {reference_column(back, target)} = {alias}.pk "
                f"AND +{target}.type IN ({names}){_only_last(back, target)}"
            )
        if spec.kind == "references":
            return (
                f"links l{target} JOIN entities {target} ON {target}.pk = l{target}.target "
                f"WHERE l{target}.source = {alias}.pk AND l{target}.field = '{spec.name}'"
            )
        return (
            f"entities {target} WHERE {target}.pk = {reference_column(spec, alias)}"
            f"{_only_last(spec, alias)}"
        )


def _is_pattern(value: object) -> bool:
    return isinstance(value, Text) and len(value.parts) > 1


def _only_last(spec: FieldSpec, alias: str) -> str:
    return f" AND {alias}.is_last" if spec.column == "last_test" else ""


def reference_column(spec: FieldSpec, alias: str) -> str:
    """Return where a single reference is kept."""
    if spec.column == "last_test":
        return f"{alias}.test"
    if spec.column:
        return f"{alias}.{spec.column}"
    return f"json_extract({alias}.fields, '$.{spec.name}')"


def _wrong(spec: FieldSpec, value: Value) -> OctaneRefusedError:
    return OctaneRefusedError(400, f"{spec.name} is a {spec.kind}, and is compared with {value}")


def _text(spec: FieldSpec, value: Value) -> object:
    if not isinstance(value, Text):
        raise _wrong(spec, value)
    return value


def _number(spec: FieldSpec, value: Value) -> object:
    if not isinstance(value, Number):
        raise _wrong(spec, value)
    return value.value


def _truth(spec: FieldSpec, value: Value) -> object:
    if not isinstance(value, Truth):
        raise _wrong(spec, value)
    return value.value


def _date(spec: FieldSpec, value: Value) -> object:
    milliseconds = read_date_ms(value.plain) if isinstance(value, Text) else None
    if milliseconds is None:
        raise OctaneRefusedError(400, f"{spec.name} is a date such as ^2026-01-05T10:00:00Z^")
    return milliseconds


_READERS: Mapping[str, Callable[[FieldSpec, Value], object]] = {
    "string": _text,
    "memo": _text,
    "number": _number,
    "boolean": _truth,
    "date": _date,
}
