"""Which nodes are meant, as SQL: filters, order and page of a list."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from pytest_jama.sandbox.jama.model import bad_request
from pytest_jama.sandbox.jama.tables import LISTED_BY

Value = TypeVar("Value")

_COLUMNS_BY_SORT_FIELD: dict[str, tuple[str, ...]] = {
    "id": ("n.id",),
    "documentKey": ("n.key_stem", "n.key_number"),
    "globalId": ("n.global_id",),
    "name": ("json_extract(n.fields, '$.name') COLLATE NOCASE",),
    "project": ("n.project",),
    "itemType": ("n.item_type",),
    "sequence": ("n.sequence = ''", "n.sequence"),
    "createdDate": ("n.created_date",),
    "modifiedDate": ("n.modified_date",),
    "lastActivityDate": ("n.last_activity_date",),
    "testPlan": ("n.plan",),
    "testCycle": ("n.cycle",),
    "testCase": ("n.test_case",),
    "testRunStatus": ("json_extract(n.fields, '$.testRunStatus')",),
    "assignedTo": ("json_extract(n.fields, '$.assignedTo')",),
}


@dataclass(frozen=True, kw_only=True)
class Window:
    """The part of a list that a caller asked for."""

    start: int
    size: int

    def of(self, values: Sequence[Value]) -> Sequence[Value]:
        """Cut the part out of a list that is at hand as a whole."""
        return values[self.start : self.start + self.size]


@dataclass(frozen=True, kw_only=True)
class Selection:
    """A condition in SQL over `nodes n`, with its parameters.

    Attributes:
        kinds: Of the nodes; none means all.
        shown_from: The columns with the times that must have come, in seconds since the epoch.
    """

    conditions: tuple[str, ...] = ()
    parameters: tuple[Any, ...] = ()
    kinds: tuple[str, ...] = ()
    shown_from: tuple[str, ...] = ("n.visible_at",)

    @property
    def condition(self) -> str:
        """All conditions as one."""
        return " AND ".join(self.conditions)

    def where(self, condition: str, *parameters: Any) -> "Selection":
        """Narrow the selection."""
        return replace(
            self,
            conditions=(*self.conditions, condition),
            parameters=(*self.parameters, *parameters),
        )

    def at(self, now_s: float) -> "Selection":
        """Narrow to what can be seen at a time in seconds since the epoch."""
        shown = " AND ".join(f"{column} <= ?" for column in self.shown_from)
        return self.where(shown, *(now_s for _ in self.shown_from))

    def is_steady(self, order: str) -> bool:
        """Return whether only additions and moves change the list, whatever else is written."""
        text = f"{self.condition} {order}"
        return "SELECT" not in text and _STEADY.issuperset(_COLUMN.findall(text))

    def where_in(self, column: str, values: Sequence[Any] | None) -> "Selection":
        """Narrow to one of the values; no values means no condition."""
        if not values:
            return self
        marks = ", ".join("?" * len(values))
        return self.where(f"{column} IN ({marks})", *values)

    def where_any(self, columns: Mapping[str, Sequence[Any]]) -> "Selection":
        """Narrow to what has one of its values in any of the columns that have some."""
        wanted = {name: values for name, values in columns.items() if values}
        marks = {name: ", ".join("?" * len(values)) for name, values in wanted.items()}
        either = " OR ".join(f"{name} IN ({mark})" for name, mark in marks.items())
        return self.where(f"({either})", *(each for values in wanted.values() for each in values))


def of_kind(*kinds: str) -> Selection:
    """Select the undeleted nodes of the kinds."""
    undeleted = Selection(kinds=kinds).where("n.active = 1")
    if len(kinds) == 1:  # written out, so that an index of this kind alone can serve it
        return undeleted.where(f"n.kind = '{kinds[0]}'")
    return undeleted.where_in("n.kind", kinds)


_COLUMN = re.compile(r"\bn\.(\w+)")
_STEADY = frozenset(LISTED_BY)


def order_by(sort_by: Iterable[str]) -> str:
    """Translate `field.asc` and `field.desc` into SQL; 400 for anything else."""
    terms = [term for text in sort_by for term in _terms(text)]
    return ", ".join([*terms, "n.id"])


def _terms(text: str) -> list[str]:
    name, _, direction = text.partition(".")
    if name not in _COLUMNS_BY_SORT_FIELD or direction not in {"", "asc", "desc"}:
        known = ", ".join(_COLUMNS_BY_SORT_FIELD)
        raise bad_request(f"sortBy {text!r} is not FIELD.asc or FIELD.desc with one of {known}")
    return [f"{column} {direction or 'asc'}" for column in _COLUMNS_BY_SORT_FIELD[name]]
