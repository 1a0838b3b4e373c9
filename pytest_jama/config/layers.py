"""Flags and variables put over the values of jama.yaml or a journal, and the settings they make."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from pytest_jama.config.environment import find_credentials
from pytest_jama.config.header_settings import secrets_of
from pytest_jama.config.interpolation import InterpolationError, interpolate
from pytest_jama.config.mistakes import describe, section_of
from pytest_jama.config.models import DESTINATION, Settings
from pytest_jama.config.place_settings import SAID_BY_FLAG, identity_of
from pytest_jama.config.redact_settings import find_secrets
from pytest_jama.config.types import Given, find_metadata
from pytest_jama.core.errors import Problem, SettingsError
from pytest_jama.core.redaction import Redactor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_jama.config.interpolation import Lookup
    from pytest_jama.config.mistakes import KeyPath
    from pytest_jama.config.types import Surroundings


PLUGIN_PREFIX = "--jama-"
"""What the flags of pytest begin with; those of our own command lines begin with two hyphens."""

OVERRIDABLE: Mapping[str, Given] = {
    name: given
    for name, info in Settings.model_fields.items()
    if (given := find_metadata(info, Given))
}
"""Which settings have a flag, most of them a variable too, in the order of the model."""

Flags = Mapping[str, str | Sequence[str] | bool | None]
"""Setting -> what its flag says: a text, or several of a flag that may be repeated; True for a flag
without value, None, False or no text for none."""


@dataclass(frozen=True, slots=True)
class Override:
    """A value that beats the file.

    Attributes:
        text: The value as given; several of a flag that may be repeated.
        origin: ``--jama-plan`` or ``environment JAMA_PLAN``.
    """

    text: str | tuple[str, ...] = field(
        repr=False
    )  # a URL may contain a password, until that is refused
    origin: str


def find_overrides(
    flags: Flags,
    environ: Mapping[str, str],
    *,
    prefix: str,
) -> dict[str, Override]:
    """Return what flags and variables say, by setting; flags win.

    An empty variable counts as unset: CI systems set undefined variables to nothing. An empty flag
    was typed by a person, so it stands and is found wrong.

    Args:
        flags: The flags.
        environ: The environment.
        prefix: What flags begin with in this front-end.
    """
    found = {}
    for name, given in OVERRIDABLE.items():
        said = flags.get(name)
        if isinstance(said, (list, tuple)):
            if said:
                found[name] = Override(tuple(said), f"{prefix}{given.option}")
        elif said is not None and said is not False:
            found[name] = Override(str(said), f"{prefix}{given.option}")
        elif environ.get(given.variable, "").strip():
            found[name] = Override(environ[given.variable], f"environment {given.variable}")
    return found


def ways_to_set(name: str, *, prefix: str, in_file: bool) -> str:
    """Say where a setting can be given, for the remedy of a message.

    Args:
        name: One of `OVERRIDABLE`.
        prefix: What flags begin with in this front-end.
        in_file: Whether jama.yaml is one of the places.
    """
    given = OVERRIDABLE[name]
    file = f"`{name}:` in jama.yaml, " if in_file else ""
    return f"{file}{given.variable} in the environment, or {prefix}{given.option}=..."


@dataclass(frozen=True)
class Layer:
    """What is known before flags and variables are put on top.

    Attributes:
        label: The file or journal, as messages name it.
        values: Its values, filled in, but not validated.
        find_origin: Returns where a setting stands, or what should contain it.
        mistakes: What is wrong with single settings.
        problems: Everything else that is wrong.
        is_file: False for a journal, which is not edited by hand.
        is_readable: False when the file could not be read, so that what it sets is unknown.
    """

    label: str
    values: Mapping[str, Any] = field(repr=False)  # what is refused may be a secret
    find_origin: Callable[[KeyPath], str]
    mistakes: Mapping[KeyPath, Problem] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    is_file: bool = True
    is_readable: bool = True


def resolve(
    layer: Layer,
    *,
    overrides: Mapping[str, Override],
    environ: Mapping[str, str],
    lookup: Lookup,
    surroundings: Surroundings,
    flag_prefix: str,
) -> tuple[Settings, dict[str, str]]:
    """Return the effective settings, and the origin of what says where results go.

    Args:
        layer: What flags and variables beat.
        overrides: What they say.
        environ: Where the credentials are.
        lookup: What ``${NAME}`` stands for in an override.
        surroundings: For paths. Certificate files are checked when something will be sent, and
            only then the place to send it to must be known.
        flag_prefix: What flags begin with, for remedies.

    Raises:
        SettingsError: With every mistake.
    """
    needs_target = surroundings.checks_files
    sources = _Sources(layer, overrides)
    values, mistakes = _apply(overrides, layer, lookup)
    settings, invalid = _validate(values, sources, surroundings)
    problems = [*layer.problems, *{**invalid, **mistakes}.values()]
    credentials, refused = find_credentials(environ)
    if needs_target:
        problems += [*_find_missing(values, layer, flag_prefix), *refused]
    if problems or settings is None:
        raise SettingsError(*sorted(problems, key=_line_of))
    redactor = Redactor(
        secrets=(*find_secrets(environ), *secrets_of(settings.headers)),
        patterns=settings.redact.patterns,
        has_builtin=settings.redact.builtin,
    )
    settings = settings.model_copy(update={"credentials": credentials, "redactor": redactor})
    return settings, {name: sources.find((name,)) for name in DESTINATION if name in values}


def _apply(
    overrides: Mapping[str, Override],
    layer: Layer,
    lookup: Lookup,
) -> tuple[dict[str, Any], dict[KeyPath, Problem]]:
    """Put the overrides over the layer; a section keeps what they do not say."""
    values = dict(layer.values)
    mistakes = dict(layer.mistakes)
    for name, override in overrides.items():
        try:
            text = _fill_in(override.text, lookup)
        except InterpolationError as exc:
            text = override.text
            mistakes[(name,)] = Problem(f"{name} {exc.message}", exc.remedy, override.origin)
        is_section = section_of(Settings.model_fields[name]) is not None
        values[name] = {**_rest_of(values.get(name)), **_keys_of(text)} if is_section else text
    return values, mistakes


def _fill_in(text: str | tuple[str, ...], lookup: Lookup) -> str | tuple[str, ...]:
    if isinstance(text, str):
        return interpolate(text, lookup)
    return tuple(interpolate(each, lookup) for each in text)


def _keys_of(text: str | tuple[str, ...]) -> dict[str, Any]:
    return identity_of(text) if isinstance(text, str) else {"files": text}


def _rest_of(section: object) -> dict[str, Any]:
    if not isinstance(section, dict):
        return {}
    return {key: value for key, value in section.items() if key not in SAID_BY_FLAG}


@dataclass(frozen=True)
class _Sources:
    """Finds where a setting comes from."""

    layer: Layer
    overrides: Mapping[str, Override]

    def find(self, path: KeyPath) -> str:
        """Return the origin to name in a message about a setting."""
        override = self.overrides.get(path[0])
        decides = len(path) == 1 or path[1] in SAID_BY_FLAG
        return override.origin if override and decides else self.layer.find_origin(path)


def _validate(
    values: Mapping[str, Any],
    sources: _Sources,
    surroundings: Surroundings,
) -> tuple[Settings | None, dict[KeyPath, Problem]]:
    try:
        return Settings.model_validate(values, context=surroundings), {}
    except ValidationError as exc:
        errors = exc.errors(include_url=False)[:_MOST_MISTAKES]
    mistakes = [describe(error, Settings) for error in errors]
    return None, {
        mistake.path: Problem(mistake.message, mistake.remedy, sources.find(mistake.path))
        for mistake in mistakes
    }


_MOST_MISTAKES = 1000
"""Mistakes of one file that are put into words; no one reads so many."""


def _find_missing(values: Mapping[str, Any], layer: Layer, flag_prefix: str) -> Iterator[Problem]:
    for name in DESTINATION:
        if name not in values and layer.is_readable:
            ways = ways_to_set(name, prefix=flag_prefix, in_file=layer.is_file)
            yield Problem(f"{name} is not set", f"set {ways}", layer.label)


def _line_of(problem: Problem) -> int:
    """Sort key: by line of the file, then what has none."""
    line = problem.origin.rpartition(":")[2]
    return int(line) if line.isdigit() else sys.maxsize
