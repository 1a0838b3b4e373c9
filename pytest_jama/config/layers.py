"""Flags and variables put over the values of a settings file or a journal, and what they make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, get_origin

from pydantic import ValidationError

from pytest_jama.config.environment import find_credentials
from pytest_jama.config.header_settings import secrets_of
from pytest_jama.config.interpolation import InterpolationError, interpolate
from pytest_jama.config.kinds import JAMA, TargetKind
from pytest_jama.config.mistakes import describe, keys_of, section_of
from pytest_jama.config.place_settings import SAID_BY_FLAG
from pytest_jama.config.redact_settings import find_secrets
from pytest_jama.config.types import Given, find_metadata
from pytest_jama.core.errors import Problem, SettingsError
from pytest_jama.core.redaction import Redactor
from pytest_jama.core.text import clean, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator
    from pathlib import Path

    from pytest_jama.config.interpolation import Lookup
    from pytest_jama.config.mistakes import FindOrigin, KeyPath
    from pytest_jama.config.types import Surroundings


@cache
def overridable(kind: TargetKind[Any]) -> Mapping[str, Given]:
    """Return which settings have a flag, most of them a variable too, in the order of the page.

    Their variables have the prefix of the kind here.
    """
    declared = {
        name: find_metadata(info, Given) for name, info in keys_of(kind.load_model()).items()
    }
    return {
        name: Given(given.variable and f"{kind.variables}{given.variable}", given.option)
        for name, given in declared.items()
        if given
    }


Flags = Mapping[str, str | Sequence[str] | bool | None]
"""Setting -> what its flag says: a text, or several of a flag that may be repeated; True for a flag
without value, None, False or no text for none. Of a setting that is a mapping, such as
`environment`, each text is ``NAME=VALUE``."""


@dataclass(frozen=True, slots=True)
class Override:
    """A value that beats the file.

    Attributes:
        text: The value as given; several of a flag that may be repeated.
        origin: ``--jama-plan`` or ``environment JAMA_PLAN``.
        replaced: The keys of a mapping in the file that it replaces; the others stay.
    """

    # a URL may contain a password, until that is refused
    text: str | tuple[str, ...] = field(repr=False)
    origin: str
    replaced: frozenset[str] = SAID_BY_FLAG


def find_overrides(
    flags: Flags, environ: Mapping[str, str], *, prefix: str, kind: TargetKind[Any] = JAMA
) -> dict[str, Override]:
    """Return what flags and variables say, by setting; flags win.

    An empty variable counts as unset: CI systems set undefined variables to nothing. An empty flag
    was typed by a person, so it stands and is found wrong.

    Args:
        flags: The flags.
        environ: The environment.
        prefix: What flags begin with in this front-end.
        kind: The kind of server.
    """
    found = {}
    for name, given in overridable(kind).items():
        said = flags.get(name)
        origin = f"{prefix}{given.option}"
        if said not in _NOTHING:
            found[name] = _override(said, origin, has_pairs=_is_mapping(kind, name))
        elif environ.get(given.variable, "").strip():
            found[name] = Override(environ[given.variable], f"environment {given.variable}")
    return found


_NOTHING: tuple[object, ...] = (None, False, (), [])


def _override(said: object, origin: str, *, has_pairs: bool) -> Override:
    several = tuple(said) if isinstance(said, (list, tuple)) else ()
    if has_pairs:
        several = several or (str(said),)
        names = frozenset(each.partition("=")[0].strip() for each in several)
        return Override(several, origin, names)
    return Override(several or str(said), origin)


def _is_mapping(kind: TargetKind[Any], name: str) -> bool:
    """Return whether the keys of a setting are the user's own."""
    return get_origin(keys_of(kind.load_model())[name].annotation) is dict


def ways_to_set(name: str, layer: Layer, flags: OfferedFlags, kind: TargetKind[Any]) -> str:
    """Say where a setting can be given, for the remedy of a message.

    Args:
        name: One of `overridable`.
        layer: Whether the settings file is one of the places.
        flags: Whether a flag is one.
        kind: The kind of server.
    """
    given = overridable(kind)[name]
    ways = [f"`{name}:` in {kind.file}"] if layer.is_file else []
    ways.append(f"{given.variable} in the environment")
    if kind.has_all_flags or name in flags.names:
        ways.append(f"{flags.prefix}{given.option}=...")
    *others, last = ways
    return f"{', '.join(others)}, or {last}" if others else last


class OfferedFlags(NamedTuple):
    """The flags of a front-end.

    Attributes:
        prefix: What they begin with.
        names: The settings that have one.
    """

    prefix: str
    names: Container[str]


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
        map_files: The files that its map is in, beside it.
    """

    label: str
    values: Mapping[str, Any] = field(repr=False)  # what is refused may be a secret
    find_origin: Callable[[KeyPath], str]
    mistakes: Mapping[KeyPath, Problem] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    is_file: bool = True
    is_readable: bool = True
    map_files: tuple[Path, ...] = ()


def resolve(
    layer: Layer,
    *,
    overrides: Mapping[str, Override],
    environ: Mapping[str, str],
    lookup: Lookup,
    surroundings: Surroundings,
    offered: OfferedFlags,
) -> tuple[Any, dict[str, str], FindOrigin]:
    """Return the effective settings, the origin of what says where results go, and of the others.

    Args:
        layer: What flags and variables beat.
        overrides: What they say.
        environ: Where the credentials are.
        lookup: What ``${NAME}`` stands for in an override.
        surroundings: For paths, and the kind of server. Certificate files are checked when
            something will be sent, and only then the place to send it to must be known.
        offered: The flags that there are, for remedies.

    Raises:
        SettingsError: With every mistake.
    """
    needs_target, kind = surroundings.checks_files, surroundings.kind
    values, mistakes = _apply(overrides, layer, lookup, kind)
    sources = _Sources(layer, overrides, _said_by_url(values, kind))
    contradictions = list(_take_from_url(values, sources))
    settings, invalid = _validate(values, sources, surroundings)
    problems = [*layer.problems, *{**invalid, **mistakes}.values(), *contradictions]
    credentials, refused = find_credentials(environ, kind)
    problems += [*_find_missing(values, layer, offered, kind), *refused] if needs_target else []
    if problems or settings is None:
        raise SettingsError(*sorted(problems, key=lambda each: _place_of(each, layer.label)))
    redactor = Redactor(
        secrets=(*find_secrets(environ), *secrets_of(settings.headers)),
        patterns=settings.redact.patterns,
        has_builtin=settings.redact.builtin,
    )
    settings = settings.model_copy(update={"credentials": credentials, "redactor": redactor})
    origins = {name: sources.find((name,)) for name in kind.destination if name in values}
    return settings, origins, sources.find


def _apply(
    overrides: Mapping[str, Override],
    layer: Layer,
    lookup: Lookup,
    kind: TargetKind[Any],
) -> tuple[dict[str, Any], dict[KeyPath, Problem]]:
    """Put the overrides over the layer; a section keeps what they do not say."""
    values = dict(layer.values)
    mistakes = dict(layer.mistakes)
    fields = keys_of(kind.load_model()) if overrides else {}
    for name, override in overrides.items():
        try:
            text = _fill_in(override.text, lookup)
        except InterpolationError as exc:
            text = override.text
            mistakes[(name,)] = Problem(f"{name} {exc.message}", exc.remedy, override.origin)
        section: Any = section_of(fields[name])
        if section:
            values[name] = {**_rest_of(values.get(name), override), **section.keys_of_flag(text)}
        elif _is_mapping(kind, name):
            pairs, wrong = _pairs_in(name, text, override.origin)
            values[name] = {**_rest_of(values.get(name)), **pairs}
            mistakes.update(wrong)
        else:
            values[name] = text
    return values, mistakes


def _fill_in(text: str | tuple[str, ...], lookup: Lookup) -> str | tuple[str, ...]:
    if isinstance(text, str):
        return interpolate(text, lookup)
    return tuple(interpolate(each, lookup) for each in text)


def _pairs_in(
    name: str, said: str | tuple[str, ...], origin: str
) -> tuple[dict[str, str], dict[KeyPath, Problem]]:
    """Return what ``NAME=VALUE`` texts say, and what is wrong with those that are something else.

    Args:
        name: The setting.
        said: The texts.
        origin: Where they come from.
    """
    pairs: dict[str, str] = {}
    wrong: dict[KeyPath, Problem] = {}
    for each in (said,) if isinstance(said, str) else said:
        key, sign, value = each.partition("=")
        if sign and key.strip():
            pairs[key.strip()] = value
        else:
            what = f"{name} is {quoted(clean(each))}, which is not NAME=VALUE"
            wrong[name, each] = Problem(what, f"write {origin} NAME=VALUE", origin)
    return pairs, wrong


def _rest_of(section: object, override: Override | None = None) -> dict[str, Any]:
    """Return the keys of a section that an override does not replace, in their order."""
    replaced = override.replaced if override else frozenset()
    if not isinstance(section, dict):
        return {}
    return {key: value for key, value in section.items() if key not in replaced}


def _said_by_url(values: Mapping[str, Any], kind: TargetKind[Any]) -> Mapping[str, str]:
    said: Mapping[str, str] = kind.load_model().said_by_url(values.get("url"))
    return said


def _take_from_url(values: dict[str, Any], sources: _Sources) -> Iterator[Problem]:
    """Add what the address says of other settings; yield where these say something else."""
    for name, said in sources.in_url.items():
        given = str(values.setdefault(name, said))
        number = given.strip().removeprefix("id:").strip()
        if number.isdecimal() and number != said:  # of a name it is not known
            yield Problem(
                f"{name} is {quoted(given)}, and url ({sources.find(('url',))}) says {said}",
                "correct one of them, or leave one out",
                sources.find((name,)),
            )


@dataclass(frozen=True)
class _Sources:
    """Finds where a setting comes from.

    Attributes:
        layer: What flags and variables beat.
        overrides: What these say.
        in_url: What the address says of other settings.
    """

    layer: Layer
    overrides: Mapping[str, Override]
    in_url: Mapping[str, str]

    def find(self, path: KeyPath) -> str:
        """Return the origin to name in a message about a setting."""
        is_said = path[0] in self.overrides or path[0] in self.layer.values
        if path[0] in self.in_url and not is_said:
            path = ("url",)
        override = self.overrides.get(path[0])
        decides = override and (len(path) == 1 or path[1] in override.replaced)
        return override.origin if override and decides else self.layer.find_origin(path)


def _validate(
    values: Mapping[str, Any],
    sources: _Sources,
    surroundings: Surroundings,
) -> tuple[Any, dict[KeyPath, Problem]]:
    model = surroundings.kind.load_model()
    try:
        return model.model_validate(values, context=surroundings), {}
    except ValidationError as exc:
        errors = exc.errors(include_url=False)[:_MOST_MISTAKES]
    mistakes = [describe(error, model) for error in errors]
    return None, {
        mistake.path: Problem(mistake.message, mistake.remedy, sources.find(mistake.path))
        for mistake in mistakes
    }


_MOST_MISTAKES = 1000
"""Mistakes of one file that are put into words; no one reads so many."""


def _find_missing(
    values: Mapping[str, Any], layer: Layer, offered: OfferedFlags, kind: TargetKind[Any]
) -> Iterator[Problem]:
    for name in kind.destination:
        if name not in values and layer.is_readable:
            ways = f"{ways_to_set(name, layer, offered, kind)}{kind.ways.get(name, '')}"
            yield Problem(f"{name} is not set", f"set {ways}", layer.label)


def _place_of(problem: Problem, label: str) -> tuple[int, str, int]:
    """Sort key: by line of the settings file, then of others, then what has none."""
    file, _, line = problem.origin.rpartition(":")
    return (int(file != label), file, int(line)) if line.isdigit() else (2, "", 0)
