"""What a command line wishes of a flow, and the statements of a query that follow from it. Pure."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.core.errors import Problem, SettingsError
from pytest_jama.core.text import quoted
from pytest_jama.targets.octane.query import (
    Statement,
    either,
    equals,
    equals_id,
    has_ids,
    is_after,
    refers,
    refers_to_entry,
    refers_to_me,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class OptionKind(Enum):
    """What an option of a flow takes."""

    FLAG = "flag"
    TEXT = "text"
    TEXTS = "texts"
    """Several, with commas between them, or the option several times."""
    SINCE = "since"
    """How long ago, or a moment."""
    FILE = "file"
    FOLDER = "folder"


class FlowOption(NamedTuple):
    """An option or an argument of a flow.

    Attributes:
        name: Its name, without dashes.
        text: What it says, for the help.
        kind: What it takes.
        value: What stands for its value in the help.
        default: What counts without it.
        collection: Where a name of it is looked up; empty for what is not a name of an entity.
        is_number_id: Whether a number alone is an ID. Otherwise it may be a name as well.
        needs_id: Whether the query can only ask for its ID, so that a name is looked up.
        is_required: Whether the flow cannot do without it.
        is_argument: Whether it stands without its name.
    """

    name: str
    text: str
    kind: OptionKind = OptionKind.TEXT
    value: str = ""
    default: str = ""
    collection: str = ""
    is_number_id: bool = False
    needs_id: bool = False
    is_required: bool = False
    is_argument: bool = False

    @property
    def shown(self) -> str:
        """How messages name it."""
        return self.name.upper() if self.is_argument else f"--{self.name}"


class Wishes(NamedTuple):
    """What was given on the command line of one flow.

    Attributes:
        given: The values by the name of the option; what was not given is not there.
        options: The options of the flow by their names.
        now_s: The time, in seconds since 1970.
        found: The IDs of what is named in a way that a query cannot ask for, by option.
    """

    given: Mapping[str, str | bool | tuple[str, ...]]
    options: Mapping[str, FlowOption] = MappingProxyType({})
    now_s: float = 0.0
    found: Mapping[str, tuple[str, ...]] = MappingProxyType({})

    def has(self, name: str) -> bool:
        """Return whether an option is given."""
        return bool(self.given.get(name))

    def text(self, name: str) -> str:
        """Return what an option says; its default where it is not given."""
        option = self.options.get(name)
        return str(self.given.get(name) or (option.default if option else ""))

    def texts(self, name: str) -> tuple[str, ...]:
        """Return all that an option says, each once; commas separate as well."""
        given = self.given.get(name) or self.text(name)
        written = given if isinstance(given, tuple) else (str(given),)
        parts = [part.strip() for each in written for part in each.split(",")]
        return tuple(dict.fromkeys(part for part in parts if part))

    def named(self, field: str, option: str = "") -> Statement:
        """Ask for what refers to the entity that an option names.

        Args:
            field: The field that refers.
            option: The option; the name of the field without it.
        """
        name = option or field
        if name in self.found:
            return refers(field, either(*has_ids("id", self.found[name])))
        text = self.text(name)
        if not text:
            return Statement()
        return refers(field, reference(text, self.options.get(name)))

    def numbered(self, field: str, option: str) -> Statement:
        """Ask for what holds the ID of what an option names as a plain number."""
        if option in self.found:
            return either(*has_ids(field, self.found[option]))
        text = self.text(option)
        return equals_id(field, without_prefix(text)) if text else Statement()

    def entries(self, field: str, prefix: str) -> Statement:
        """Ask for one of the entries of a list that the option of the same name says.

        Args:
            field: The field, and the option.
            prefix: What the logical names of the entries begin with.
        """
        words = self.texts(field)
        if not words:
            return Statement()
        return refers_to_entry(field, *(logical_name(each, prefix) for each in words))

    def mine(self, field: str) -> Statement:
        """Ask for what refers to the user who asks, where that is wished."""
        return refers_to_me(field) if self.has("mine") else Statement()

    def since(self, field: str) -> Statement:
        """Ask for times after the one that is wished."""
        text = self.text("since")
        return is_after(field, read_moment(text, now_s=self.now_s)) if text else Statement()


_ID = re.compile(r"id:([0-9]+)")
_AGO = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?) *(s|m|h|d|w)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_PREFIX = "name:"


def require_usable(wishes: Wishes) -> None:
    """Refuse options that say nothing: an empty variable would otherwise mean everything.

    Args:
        wishes: What was given.

    Raises:
        SettingsError: With every one of them.
    """
    problems = [
        Problem(what, remedy, wishes.options[name].shown)
        for name, value in wishes.given.items()
        for text in (value if isinstance(value, tuple) else (value,))
        if isinstance(text, str)
        for what, remedy in _faults_of(text, wishes.options[name])
    ]
    if problems:
        raise SettingsError(*problems)


def _faults_of(text: str, option: FlowOption) -> Iterator[tuple[str, str]]:
    if not text.strip() or (option.collection and not without_prefix(text).strip()):
        yield "is empty", "leave it out, or give it a value"
    elif option.collection and text.startswith("id:") and not _ID.fullmatch(text):
        yield f"{quoted(text)} is not an ID", "id:1001 is one; name:... says that it is a name"


def find_id(text: str, *, is_number_id: bool) -> str:
    """Return the ID that a reference says; empty for a name.

    Args:
        text: ``id:1001``, ``name:Nightly``, a name or a number.
        is_number_id: Whether a number alone is an ID.
    """
    if match := _ID.fullmatch(text):
        return match[1]
    return text if is_number_id and _is_number(text) else ""


def without_prefix(text: str) -> str:
    """Return a reference without the word that says what it is."""
    return find_id(text, is_number_id=False) or text.removeprefix(_PREFIX)


def reference(text: str, option: FlowOption | None) -> Statement:
    """Ask for the entity that a reference names, by ID or by name; by both for a number alone."""
    if found := find_id(text, is_number_id=bool(option and option.is_number_id)):
        return equals_id("id", found)
    if _is_number(text):
        return either(equals_id("id", text), equals("name", text))
    return equals("name", without_prefix(text))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def logical_name(word: str, prefix: str) -> str:
    """Return the logical name of an entry of a list: a word, or a whole name with points."""
    return word if "." in word else prefix + word.lower().replace(" ", "_")


def read_moment(text: str, *, now_s: float) -> float:
    """Return the moment, in seconds since 1970, that ``24h`` or ``2026-01-05T10:00:00Z`` says.

    Args:
        text: How long ago, or a date with or without a time; one without a zone is in UTC.
        now_s: The time, in seconds since 1970.

    Raises:
        SettingsError: When it says neither.
    """
    if match := _AGO.fullmatch(text.strip()):
        moment_s = now_s - float(match[1]) * _SECONDS[match[2]]
        if moment_s >= 0:
            return moment_s
    try:
        moment = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
        return moment.replace(tzinfo=moment.tzinfo or timezone.utc).timestamp()
    except (ValueError, OverflowError) as exc:
        remedy = "say how long ago, as 24h or 7d, or a moment, as 2026-01-05T10:00:00Z"
        raise SettingsError(Problem(f"{quoted(text)} is not a time", remedy, "--since")) from exc


def require_run_id(text: str) -> str:
    """Return the ID of a run; many runs have the same name.

    Raises:
        SettingsError: When it is not a number.
    """
    if not (text.isascii() and text.isdigit()):
        what = f"{quoted(text)} is not the ID of a run"
        raise SettingsError(Problem(what, "give the number that the run has", "--run"))
    return text
