"""What settings refer to by a name or an ID, and which of the answers is meant. Pure."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_jama.core.text import clean, counted, shorten
from pytest_jama.targets.octane.query import Statement, either, equals, equals_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_BY_ID = "id:"
_BY_NAME = "name:"

_NEAREST = 3
"""So many names are told that may have been meant."""

_LIKENESS = 0.5
"""How like a name must be, from 0 to 1."""

_ALIKE_TOLD = 5


class ReferenceKind(NamedTuple):
    """One kind of thing that settings refer to.

    Attributes:
        noun: What people call it.
        setting: The setting.
        collection: The collection of the entities.
    """

    noun: str
    setting: str
    collection: str


RELEASE = ReferenceKind("release", "release", "releases")
MILESTONE = ReferenceKind("milestone", "milestone", "milestones")
MODULE = ReferenceKind("application module", "modules", "product_areas")
SUITE = ReferenceKind("test suite", "suite.name", "test_suites")


class Reference(NamedTuple):
    """A reference as the settings have it.

    Attributes:
        text: As it is written.
        name: The name that it may be; empty when it is an ID for certain.
        entity_id: The ID that it may be; empty when it is a name for certain.
    """

    text: str
    name: str = ""
    entity_id: str = ""

    @classmethod
    def parse(cls, text: str) -> Reference:
        """Read a reference: ``2.4``, ``1001``, ``id:1001``, ``name:1001``."""
        if text.startswith(_BY_NAME):
            return cls(text, name=text.removeprefix(_BY_NAME).strip())
        if text.startswith(_BY_ID):
            return cls(text, entity_id=text.removeprefix(_BY_ID).strip())
        return cls(text, name=text, entity_id=text if _is_id(text) else "")

    @property
    def is_malformed(self) -> bool:
        """Whether it is meant to be an ID and is not a number, or names nothing."""
        return not self.name and not _is_id(self.entity_id)

    @property
    def condition(self) -> Statement:
        """What asks for it."""
        ids = [equals_id("id", self.entity_id)] if self.entity_id else []
        names = [equals("name", self.name)] if self.name else []
        return either(*ids, *names)


class Referent(NamedTuple):
    """What a reference turned out to mean.

    Attributes:
        entity_id: Its ID.
        name: Its name; empty when it could not be read.
    """

    entity_id: int
    name: str = ""


class ReferenceMistake(NamedTuple):
    """Why a reference means nothing.

    Attributes:
        message: What is wrong, and what to do.
        is_missing: Whether there is simply no such thing, so that it may be left out.
    """

    message: str
    is_missing: bool = False


def choose(
    kind: ReferenceKind, reference: Reference, rows: Sequence[Mapping[str, Any]]
) -> Referent | ReferenceMistake | None:
    """Return what a reference means among what the server has; None when it has no such thing.

    Names are compared once more: a wildcard in one, or a server that does not mind the case, finds
    others, too.

    Args:
        kind: What it refers to.
        reference: The reference.
        rows: What the server answered, with `id` and `name`.
    """
    known = {each.entity_id: each for row in rows if (each := _read(row)) is not None}
    by_id = known.get(int(reference.entity_id)) if reference.entity_id else None
    by_name = [each for each in known.values() if reference.name and each.name == reference.name]
    meant = {each.entity_id: each for each in (by_id, *by_name) if each is not None}
    if len(meant) <= 1:
        return next(iter(meant.values()), None)
    if by_id is not None:
        both = f"one has that ID and is named {by_id.name!r}, one that name and the ID "
        both += f"{next(each for each in by_name if each != by_id).entity_id}"
        remedy = f"write id:{reference.entity_id} or name:{reference.name}"
        return ReferenceMistake(f"{kind.noun} {reference.text!r} may be either: {both}; {remedy}")
    ids = ", ".join(str(each.entity_id) for each in by_name[:_ALIKE_TOLD])
    more = ", ..." if len(by_name) > _ALIKE_TOLD else ""
    remedy = f"name one by its ID: id:{by_name[0].entity_id}"
    many = f"{counted(len(by_name), kind.noun)} are named {reference.name!r} (IDs {ids}{more})"
    return ReferenceMistake(f"{many}; {remedy}")


def describe_missing(
    kind: ReferenceKind, reference: Reference, names: Iterable[str]
) -> ReferenceMistake:
    """Say that there is no such thing, and what may have been meant.

    Args:
        kind: What it refers to.
        reference: The reference.
        names: The names that there are; none when they could not be read.
    """
    if not reference.name:
        what = f"there is no {kind.noun} with the ID {reference.entity_id}"
    elif reference.entity_id:
        what = f"there is no {kind.noun} with the ID or name {reference.name!r}"
    else:
        what = f"there is no {kind.noun} named {reference.name!r}"
    near = find_nearest_names(reference.name, names)
    told = f"; did you mean {' or '.join(map(repr, near))}?" if near else ""
    return ReferenceMistake(f"{what}; check `{kind.setting}`{told}", is_missing=True)


def describe_malformed(kind: ReferenceKind, reference: Reference) -> str:
    """Say what is wrong with a reference that can mean nothing."""
    if reference.text.startswith(_BY_ID):
        return f"{reference.text!r} is not an ID; check `{kind.setting}`: id:1001 is one"
    return f"{reference.text!r} names nothing; check `{kind.setting}`: name:2.4 is a name"


def find_nearest_names(wanted: str, names: Iterable[str]) -> list[str]:
    """Return the names that are most like one, the best first; cases of letters do not matter."""
    by_folded: dict[str, str] = {}
    for name in names:
        by_folded.setdefault(name.casefold(), name)
    folded = wanted.casefold()
    close = difflib.get_close_matches(folded, by_folded, n=_NEAREST, cutoff=_LIKENESS)
    return [shorten(clean(by_folded[each]), at_most=80) for each in close]


def find_id(value: object) -> int | None:
    """Return an ID, which is a text of digits in entities and a number elsewhere, else None."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value if value > 0 else None
    return int(value) if isinstance(value, str) and _is_id(value) else None


def _read(row: Mapping[str, Any]) -> Referent | None:
    entity_id, name = find_id(row.get("id")), row.get("name")
    if entity_id is None:
        return None
    return Referent(entity_id, name if isinstance(name, str) else "")


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS


_MOST_DIGITS = 18
"""An ID has 64 bits in a document of results. Source: the server's schema."""
