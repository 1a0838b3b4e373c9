"""What pydantic finds wrong, in our own words: one line, the value, what is allowed."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable
from types import NoneType, UnionType
from typing import TYPE_CHECKING, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel

from pytest_jama.config.kinds import KINDS
from pytest_jama.config.models import SharedSettings
from pytest_jama.config.types import Allowed, find_metadata
from pytest_jama.core.text import clean, quoted, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pydantic.fields import FieldInfo
    from pydantic_core import ErrorDetails

KeyPath = tuple[str, ...]
"""The keys that lead to a setting: ``("upload", "rate")``."""

FindOrigin = Callable[[KeyPath], str]
"""Returns where a setting stands, or what should contain it."""

_MOST_CHARACTERS = 60

# For each model once: a file may have thousands of mistakes.
_keys: dict[type[BaseModel], Mapping[str, FieldInfo]] = {}
_paths: dict[type[BaseModel], Mapping[str, str]] = {}


class Mistake(NamedTuple):
    """Something wrong with one setting.

    Attributes:
        path: The keys that lead to it.
        message: What is wrong.
        remedy: What is allowed.
    """

    path: KeyPath
    message: str
    remedy: str


def describe(error: ErrorDetails, model: type[BaseModel]) -> Mistake:
    """Put one of pydantic's errors into words.

    Args:
        error: From ``ValidationError.errors()``.
        model: What was validated.
    """
    path, field = _locate(error["loc"], model)
    if error["type"] == "extra_forbidden":
        return _unknown_key(path, model)
    name = ".".join(filter(None, path))
    if error["type"] == "missing":
        return Mistake(path, f"{name} is not given", f"use {_allowed(field)}")
    context = error.get("ctx", {})
    if "remedy" in context:
        return Mistake(path, f"{name} {context['message']}", context["remedy"])
    return Mistake(path, f"{name} {_describe_value(error['input'])}", f"use {_allowed(field)}")


def keys_of(model: type[BaseModel]) -> Mapping[str, FieldInfo]:
    """Return the fields of a model by their keys in the settings file; credentials have none.

    What a kind of server has of its own comes before what all kinds share.
    """
    if model not in _keys:
        _keys[model] = _find_keys(model)
    return _keys[model]


def _find_keys(model: type[BaseModel]) -> Mapping[str, FieldInfo]:
    fields = model.model_fields
    if issubclass(model, SharedSettings):
        own = [name for name in inspect.get_annotations(model) if name in fields]
        fields = {name: fields[name] for name in dict.fromkeys([*own, *fields])}
    return {
        field.alias or name: field
        for name, field in fields.items()
        if find_metadata(field, Allowed) or section_of(field)
    }


def section_of(field: FieldInfo | None) -> type[BaseModel] | None:
    """Return the model of a field that is a mapping of settings; None for a single setting."""
    annotation: object = field.annotation if field else None
    if get_origin(annotation) in (Union, UnionType):
        annotation, *others = (each for each in get_args(annotation) if each is not NoneType)
        if others:
            return None
    # On Python 3.10 `dict[str, str]` passes for a type, and is then refused by `issubclass`.
    if get_origin(annotation) is not None or not isinstance(annotation, type):
        return None
    return annotation if issubclass(annotation, BaseModel) else None


def _locate(
    location: tuple[int | str, ...],
    model: type[BaseModel],
) -> tuple[KeyPath, FieldInfo | None]:
    """Return the keys in an error's location, and the field they end at.

    Below a field pydantic adds members of unions and the like, which are left out; only a
    dictionary, such as `run.fields`, has keys there.
    """
    path: list[str] = []
    field: FieldInfo | None = None
    section: type[BaseModel] | None = model
    for part in map(str, location):
        if section is None:
            if field and get_origin(field.annotation) is dict:
                path.append(part)
            break
        path.append(part)
        field = keys_of(section).get(part)
        section = section_of(field)
    return tuple(path), field


def _allowed(field: FieldInfo | None) -> str:
    allowed = find_metadata(field, Allowed) if field else None
    section = section_of(field)
    if allowed is None and section is not None:
        return f"a mapping with {', '.join(keys_of(section))}"
    return allowed.words if allowed else "another value"


def _describe_value(value: object) -> str:
    if value is None or not str(value).strip():
        return "is empty"
    if isinstance(value, (dict, list)):
        return f"is a {'mapping' if isinstance(value, dict) else 'list'}"
    return f"is {shorten(repr(clean(str(value))), at_most=_MOST_CHARACTERS)}"


def _unknown_key(path: KeyPath, model: type[BaseModel]) -> Mistake:
    *above, key = path
    section: type[BaseModel] | None = model
    for part in above:
        section = section_of(keys_of(section).get(part)) if section else None
    known = list(keys_of(section or model))
    message = f"unknown key {quoted(clean(key))}" + (f" in {'.'.join(above)}" if above else "")
    nearest = _find_nearest(key, known, prefix=above) or _find_elsewhere(key, model)
    remedy = f"did you mean {nearest}?" if nearest else f"known are {', '.join(known)}"
    if not above and not _find_elsewhere(key, model):
        remedy = _find_of_another_kind(key, model) or remedy
    return Mistake(path, message, remedy)


def _find_of_another_kind(key: str, model: type[BaseModel]) -> str:
    """Return for which other kind of server there is such a setting; empty for none."""
    others = (kind for kind in KINDS if not issubclass(model, kind.load_model()))
    fitting = (kind for kind in others if key in keys_of(kind.load_model()))
    return next((f"it is a setting for {kind.title}, of {kind.file}" for kind in fitting), "")


def _find_nearest(key: str, known: list[str], *, prefix: list[str]) -> str | None:
    nearest = find_similar(key, known)
    return ".".join([*prefix, nearest]) if nearest else None


def find_similar(text: str, known: Iterable[str]) -> str | None:
    """Return which of the known words was meant, as far as can be told."""
    words = {each.lower(): each for each in known}
    nearest = difflib.get_close_matches(text.lower().replace("-", "_"), words, n=1)
    return words[nearest[0]] if nearest else None


def _find_elsewhere(key: str, model: type[BaseModel]) -> str | None:
    """Return the dotted path of a key of that name in another section."""
    return _first_paths(model).get(key)


def _first_paths(model: type[BaseModel]) -> Mapping[str, str]:
    """Return the dotted path of the first key of each name."""
    if model not in _paths:
        paths = reversed(tuple(_all_paths(model)))
        _paths[model] = {path[-1]: ".".join(path) for path in paths}
    return _paths[model]


def _all_paths(model: type[BaseModel], above: KeyPath = ()) -> Iterator[KeyPath]:
    for key, field in keys_of(model).items():
        section = section_of(field)
        yield (*above, key)
        if section:
            yield from _all_paths(section, (*above, key))
