"""Every setting as it is in effect, and where it comes from: what ``check --settings`` prints."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from pytest_jama.config.mistakes import keys_of, section_of
from pytest_jama.core.case_map import CaseMap
from pytest_jama.core.text import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_jama.config.loading import LoadedSettings
    from pytest_jama.config.mistakes import FindOrigin
    from pytest_jama.config.models import SharedSettings

DEFAULT = "default"
"""The origin of a value that nothing sets."""


class EffectiveValue(NamedTuple):
    """One setting.

    Attributes:
        name: Its keys, with dots between them: ``upload.rate``.
        value: As jama.yaml has it, fit for JSON; None for none.
        origin: ``jama.yaml:3``, ``--plan``, ``environment JAMA_PLAN``, or `DEFAULT`.
    """

    name: str
    value: Any
    origin: str

    def __str__(self) -> str:
        is_text = isinstance(self.value, str)
        value = self.value if is_text else json.dumps(self.value, ensure_ascii=False)
        return f"{self.name}: {value if self.value not in (None, '') else 'not set'}"


def effective_values(loaded: LoadedSettings[SharedSettings]) -> tuple[EffectiveValue, ...]:
    """Return all settings in the order of the reference page; of the map of tests its size.

    Args:
        loaded: The settings.
    """
    found = _values_of(loaded.settings, (), loaded.find_origin)
    hide = loaded.settings.redactor.hide_in
    return tuple(each._replace(value=hide(each.value)) for each in found)


def _values_of(
    section: BaseModel, above: tuple[str, ...], find_origin: FindOrigin
) -> Iterator[EffectiveValue]:
    names = {field.alias or name: name for name, field in type(section).model_fields.items()}
    dumped = section.model_dump(mode="json", by_alias=True)
    for key, field in keys_of(type(section)).items():
        path = (*above, key)
        value = getattr(section, names[key])
        if section_of(field) and isinstance(value, BaseModel):
            yield from _values_of(value, path, find_origin)
        else:
            is_given = names[key] in section.model_fields_set
            origin = find_origin(path) if is_given else DEFAULT
            shown = dumped[key] if key in dumped else _plain(value)
            yield EffectiveValue(".".join(path), shown, origin)


def _plain(value: Any) -> Any:
    """Return the value of a setting that no journal keeps, fit for JSON."""
    if isinstance(value, CaseMap):
        return counted(len(value), "key")
    if isinstance(value, dict):  # the headers for a gateway: they may be secrets
        return dict.fromkeys(value, "(hidden)")
    return to_jsonable_python(value, fallback=str)
