"""The settings in effect, each with where it comes from, as ``check --settings`` prints them."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, NamedTuple

from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from pytest_jama.config.kinds import AnySettings_co
from pytest_jama.config.mistakes import keys_of, section_of
from pytest_jama.core.case_map import CaseMap
from pytest_jama.core.plan import Mode
from pytest_jama.core.text import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_jama.config.mistakes import FindOrigin
    from pytest_jama.config.models import SharedSettings
    from pytest_jama.core.lock import Lock


@dataclass(frozen=True)
class LoadedSettings(Generic[AnySettings_co]):
    """Settings and where they came from.

    Attributes:
        settings: The effective settings.
        origins: Each setting of `TargetKind.destination` that is given -> ``jama.yaml:3``,
            ``--jama-plan`` or ``environment JAMA_PLAN``.
        file: The file that was read, if any.
        is_named: Whether the user named that file.
        map_files: The files that its map is in, beside it.
        is_kept: Whether nothing can be sent, without credentials, so that the journal keeps it.
        lock: What `jama.lock` holds; None without one, or where it was not read.
        find_origin: Returns the same of any setting that is given, such as ``("upload", "rate")``.
    """

    settings: AnySettings_co
    origins: Mapping[str, str]
    file: Path | None
    lock: Lock | None = None
    is_named: bool = False
    map_files: tuple[Path, ...] = ()
    find_origin: FindOrigin = ".".join
    is_kept: bool = False

    def mode_of(self, wanted: Mode) -> Mode:
        """Return what can be done with the verdicts, where another thing is wanted."""
        return Mode.NO_UPLOAD if self.is_kept else wanted

    def seen_in(self, root: Path) -> LoadedSettings[AnySettings_co]:
        """Return the settings for test IDs that are relative to a folder.

        Where the file lies below it, keys may be relative to either.

        Args:
            root: The folder.
        """
        folder = Path(os.path.normpath(self.file.absolute())).parent if self.file else root
        if folder == root or not folder.is_relative_to(root):
            return self
        tests = self.settings.tests.also_seen_from([folder.relative_to(root).as_posix()])
        return replace(self, settings=self.settings.model_copy(update={"tests": tests}))


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
