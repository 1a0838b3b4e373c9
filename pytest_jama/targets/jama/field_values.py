"""Settings that name fields of plans, cycles and runs, and what they amount to at this server.

A field is named as people see it, by its label, or by its API name, with or without the suffix; the
value of a pick list by the name of an option.
Source: Jama REST API cookbook, values by field type.
"""

from __future__ import annotations

import difflib
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_jama.core.errors import LockedError, NotUsableError, RefusedError, TargetError
from pytest_jama.core.text import quoted, visible
from pytest_jama.targets.jama.type_fields import TypeField, find_type

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from pytest_jama.config.models import Settings
    from pytest_jama.targets.jama.client import JamaClient
    from pytest_jama.targets.jama.runs import TestRun
    from pytest_jama.targets.jama.type_fields import ItemType, Kind, Option
    from pytest_jama.targets.jama.wire import Json


_OURS: Mapping[Kind, Mapping[str, str]] = {
    "plan": {"name": "`plan: {name: ...}`", "project": "`project`"},
    "cycle": {
        "name": "`cycle: {name: ...}`",
        "project": "`project`",
        "testPlan": "`plan`",
        "startDate": "`cycle: {start: ...}`",
        "endDate": "`cycle: {end: ...}`",
    },
    "run": {
        "testRunStatus": "the verdict",
        "testRunSteps": "the verdict",
        "actualResults": "`run: {actual_results: ...}`",
        "assignedTo": "`run: {assigned_to: ...}`",
    },
    "case": {
        "name": "the docstring or the name of the test",
        "description": "the docstring of the test",
        "project": "`project`",
        "testCaseSteps": "the steps of the test",
    },
}
"""Fields that are written anyway, and what decides on them."""

_SUFFIXED = re.compile(r"[A-Za-z_]\w*\$[0-9]+", re.ASCII)
_LISTS = frozenset({"LOOKUP", "MULTI_LOOKUP"})
_NAMED_AT_MOST = 10


@dataclass(slots=True)
class FieldValues:
    """What the setting ``fields`` amounts to at this server.

    Attributes:
        values: By API name.
        problems: Why others cannot be set, by the names in the setting.
    """

    values: dict[str, Any] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)


class _Problem(Exception):  # noqa: N818 - it leaves this module as a text
    """Why a field cannot be set."""


def find_values(
    client: JamaClient, kind: Kind, given: Mapping[str, Any], *, texts: bool = True
) -> FieldValues:
    """Return which fields are meant, and the values to send.

    The item types are asked for only if something has to be looked up: a label, a name without
    suffix, or a text, which may be the name of an option. What is sent never depends on whether
    they are known already.

    Args:
        client: Reads from Jama.
        kind: What has the fields.
        given: The setting.
        texts: Whether texts of fields with suffix are looked up, too; else all of such fields is
            sent as it is.

    Raises:
        OutOfReachError: When Jama does not answer.
        CredentialsError: When it does not let us in.
    """
    found = FieldValues()
    wanted = {name: value for name, value in given.items() if not _asks_nothing(name, value)}
    must = [name for name in wanted if not _SUFFIXED.fullmatch(name)]
    if must or (texts and (wanted or client.knows_item_types)):
        try:
            item_type = find_type(client.item_types(), kind)
            why = f"Jama tells of no item type for test {kind}s"
        except (RefusedError, NotUsableError) as error:
            item_type, why = None, f"the item types cannot be read: {error}"
        if item_type is not None:
            lookup = FieldLookup(client, kind, item_type)
            asked = given if texts else must
            found.values = {n: _shown(value) for n, value in given.items() if n not in asked}
            for name in asked:
                lookup.add(name, given[name], found)
            return found
        remedy = "write the API name with its suffix, such as region$33"
        found.problems = dict.fromkeys(must, f"{why}; {remedy}")
    found.values = {n: _shown(value) for n, value in given.items() if n not in found.problems}
    return found


def _asks_nothing(name: str, value: object) -> bool:
    values = value if isinstance(value, list) else [value]
    return bool(_SUFFIXED.fullmatch(name)) and not any(isinstance(each, str) for each in values)


def _shown(value: object) -> object:
    return visible(value) if isinstance(value, str) else value


class FieldLookup:
    """The fields of one type, and the options of their pick lists.

    Args:
        client: Reads from Jama.
        kind: What has the fields.
        item_type: Its type.
    """

    def __init__(self, client: JamaClient, kind: Kind, item_type: ItemType) -> None:
        self._client = client
        self._kind = kind
        self._type = item_type

    def add(self, name: str, value: object, found: FieldValues) -> None:
        """Add a field and its value to what was found, or why it cannot be set."""
        try:
            wanted = self._find_field(name, found.values)
            found.values[wanted.name] = self._find_value(wanted, name, value)
        except _Problem as problem:
            found.problems[name] = str(problem)

    def _find_field(self, name: str, known: Collection[str]) -> TypeField:
        fields = self._type.fields
        alike = (
            [each for each in fields if each.name == name]
            or [each for each in fields if each.label == name]
            or [each for each in fields if each.name.partition("$")[0] == name]
        )
        if not alike and _SUFFIXED.fullmatch(name):
            return TypeField(name)  # the server knows better
        if not alike:
            raise _Problem(self._describe_unknown(name))
        if len(alike) > 1:
            names = ", ".join(each.name for each in alike)
            raise _Problem(f"{len(alike)} fields are called that; write one of {names}")
        found = alike[0]
        if found.name in _OURS[self._kind]:
            raise _Problem(f"pytest-jama writes it itself: {_OURS[self._kind][found.name]}")
        if found.is_read_only:
            raise _Problem(f"{found} is read-only in Jama; remove it from the setting")
        if found.name in known:
            raise _Problem(f"it is the same field as another of these, {found.name}; remove one")
        return found

    def _describe_unknown(self, name: str) -> str:
        ours = _OURS[self._kind]
        fields = [e for e in self._type.fields if not e.is_read_only and e.name not in ours]
        by_name = {text: each for each in fields for text in (each.name, each.label) if text}
        why = f"test {self._kind}s of this Jama have no field with that label or API name"
        return f"{why}; {_nearest(name, by_name)}"

    def _find_value(self, wanted: TypeField, name: str, value: object) -> object:
        if wanted.kind not in _LISTS or wanted.pick_list is None or _asks_nothing(name, value):
            return _shown(value)
        if isinstance(value, list) and wanted.kind == "LOOKUP":
            raise _Problem(f"{wanted} takes one option, and the setting has a list")
        options = self._options(wanted)
        values = value if isinstance(value, list) else [value]
        ids = [_find_option(wanted, options, each) for each in values]
        return ids if wanted.kind == "MULTI_LOOKUP" else ids[0]

    def _options(self, wanted: TypeField) -> list[Option]:
        try:
            return list(self._client.options(wanted.pick_list or 0))
        except (RefusedError, NotUsableError) as error:
            remedy = "write the API ID of the option, a number"
            raise _Problem(f"the options of {wanted} cannot be read: {error}; {remedy}") from error


def _find_option(wanted: TypeField, options: list[Option], value: object) -> int:
    """Return the ID of the option that has this name, or else this ID."""
    text = str(value)
    alike = [each.id for each in options if each.name == text]
    alike = alike or [each.id for each in options if str(each.id) == text]
    if len(alike) == 1:
        return alike[0]
    if alike:
        ids = ", ".join(map(str, alike))
        which = f"{len(alike)} options of {wanted} are called {quoted(text)}"
        raise _Problem(f"{which}; write an ID, one of {ids}")
    names = {each.name: each.name for each in options if each.name}
    raise _Problem(f"{quoted(text)} is not an option of {wanted}; {_nearest(text, names)}")


def _nearest(name: str, known: Mapping[str, object]) -> str:
    """Name what a person may have meant, else what there is."""
    lower = {each.lower(): each for each in known}
    close = difflib.get_close_matches(name.lower(), lower, n=3, cutoff=0.6)
    found = dict.fromkeys(_told(known[lower[each]]) for each in close)
    if found:
        return f"did you mean {' or '.join(found)}?"
    there = list(dict.fromkeys(map(_told, known.values())))
    more = ", ..." if len(there) > _NAMED_AT_MOST else ""
    listed = ", ".join(there[:_NAMED_AT_MOST]) + more
    return f"there are {listed}" if there else "there are none"


def _told(value: object) -> str:
    return str(value) if isinstance(value, TypeField) else quoted(value)


class CreationFields:
    """The fields that plans and cycles are created with.

    Args:
        client: Reads from Jama.
        settings: Which fields are wanted.
    """

    def __init__(self, client: JamaClient, settings: Settings) -> None:
        self._client = client
        self._given: dict[Kind, dict[str, Any]] = {
            "plan": settings.plan.fields,
            "cycle": settings.cycle.fields,
        }

    def look_up(self, *kinds: Kind) -> None:
        """Find out which fields are meant, before any of these is created.

        Raises:
            NotUsableError: When one cannot be set.
        """
        for kind in kinds:
            found = find_values(self._client, kind, self._given[kind])
            problems = [
                f"`{kind}.fields` has {quoted(name)}: {why}" for name, why in found.problems.items()
            ]
            if problems:
                raise NotUsableError("; ".join((*problems, _THEN)))
            self._given[kind] = found.values

    def create(self, kind: Kind, post: Callable[[Json], int]) -> int:
        """Create a plan or cycle; a refusal says which required fields were not given.

        Args:
            kind: What is created.
            post: Makes the request with these fields.
        """
        try:
            return post(self._given[kind])
        except LockedError:
            raise
        except RefusedError as refusal:
            more = self._describe_required(kind) if refusal.http_status in _OF_FIELDS else ""
            if not more:
                raise
            message = f"{refusal}; {more}"
            status, words = refusal.http_status, refusal.words
            raise RefusedError(message, http_status=status, words=words) from refusal

    def _describe_required(self, kind: Kind) -> str:
        given = self._given[kind]
        try:
            item_type = find_type(self._client.item_types(), kind)
        except TargetError:
            item_type = None
        if item_type is None:
            return (
                f"administrators of Jama may have made fields required: `{kind}: "
                f"{{fields: {{Label: value}}}}` sets them; {_THEN}"
            )
        needed = _describe_missing(item_type, kind, given)
        return f"{needed}; {_THEN}" if needed else ""


def describe_unset(client: JamaClient, run: TestRun, given: Collection[str]) -> str:
    """Say which required fields a run has no value of, after it was refused; else nothing.

    Args:
        client: Reads from Jama.
        run: The run as it was read.
        given: The API names of what was sent.
    """
    try:
        item_type = find_type(client.item_types(), "run")
    except TargetError:
        return ""
    has = {name for name, value in run.as_read.items() if value not in (None, "", [])}
    return _describe_missing(item_type, "run", has.union(given)) if item_type else ""


def _describe_missing(item_type: ItemType, kind: Kind, given: Collection[str]) -> str:
    missing = [
        each
        for each in item_type.fields
        if each.is_required and not each.is_read_only
        if each.name not in given and each.name not in _OURS[kind]
    ]
    if not missing:
        return ""
    setting = ", ".join(f"{_key(each.label or each.name)}: ..." for each in missing)
    return (
        f"test {kind}s of this Jama need a value of {', '.join(map(str, missing))}: set "
        f"`{kind}: {{fields: {{{setting}}}}}`"
    )


_OF_FIELDS = frozenset({400, 409, 422})
_THEN = (
    "then report again, or let `pytest-jama prepare` create it and upload the journal, which keeps "
    "the settings of its session"
)


def _key(text: str) -> str:
    """Return a key as YAML has it, in quotes where it needs them."""
    return text if re.fullmatch(r"\w[\w $-]*", text) else json.dumps(text, ensure_ascii=False)
