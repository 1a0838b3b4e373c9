"""Loading: file, variables and flags become settings, or every mistake at once."""

from __future__ import annotations

import os.path
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_jama.config.layers import PLUGIN_PREFIX, Layer, find_overrides, resolve
from pytest_jama.config.limits import surprises_told
from pytest_jama.config.types import Surroundings
from pytest_jama.config.variables import Variables, fill_in_user, utc_now
from pytest_jama.core.errors import Problem, SettingsError
from pytest_jama.core.test_ids import SETTINGS_FILES

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping
    from datetime import datetime

    from pytest_jama.config.interpolation import Lookup
    from pytest_jama.config.layers import Flags
    from pytest_jama.config.models import Settings
    from pytest_jama.core.lock import Lock


@dataclass(frozen=True)
class LoadedSettings:
    """Settings and where they came from.

    Attributes:
        settings: The effective settings.
        origins: Each setting of `DESTINATION` that is given -> ``jama.yaml:3``, ``--jama-plan``
            or ``environment JAMA_PLAN``.
        file: The file that was read, if any.
        lock: What `jama.lock` holds; None without one, or where it was not read.
    """

    settings: Settings
    origins: Mapping[str, str]
    file: Path | None
    lock: Lock | None = None


def load_settings(
    *,
    start: Path,
    file: Path | None,
    flags: Flags,
    environ: Mapping[str, str],
    needs_target: bool = True,
    unused: Container[str] = (),
    flag_prefix: str = PLUGIN_PREFIX,
    clock: Callable[[], datetime] = utc_now,
) -> LoadedSettings:
    """Load the settings, offline. Flags beat the environment, that beats the file.

    Args:
        start: Where to look for jama.yaml, then further up; messages name files relative to it.
        file: The file to read instead.
        flags: What the flags say, by setting: ``{"plan": "Release 1"}``.
        environ: The environment.
        needs_target: False when nothing will be sent: then the server, the place and the
            credentials may be missing.
        unused: Settings of the top level that are left out when a variable in them is unset.
        flag_prefix: What flags begin with in this front-end, for messages.
        clock: Returns the time in UTC; called at most once.

    Raises:
        SettingsError: With every mistake.
    """
    with surprises_told(_label(file, start) if file else SETTINGS_FILES[0]):
        return _load(
            start=start,
            file=file,
            flags=flags,
            environ=environ,
            needs_target=needs_target,
            unused=unused,
            flag_prefix=flag_prefix,
            clock=clock,
        )


def _load(
    *,
    start: Path,
    file: Path | None,
    flags: Flags,
    environ: Mapping[str, str],
    needs_target: bool,
    unused: Container[str],
    flag_prefix: str,
    clock: Callable[[], datetime],
) -> LoadedSettings:
    file, ambiguity = _choose_file(start, file)
    folder = (file.parent if file else start).absolute()
    lookup = Variables(environ, folder, clock).look_up
    overrides = find_overrides(flags, environ, prefix=flag_prefix)
    layer = _read_layer(file, start=start, lookup=lookup, overridden=overrides, unused=unused)
    settings, origins = resolve(
        replace(layer, problems=(*ambiguity, *layer.problems)),
        overrides=overrides,
        environ=environ,
        lookup=lookup,
        surroundings=Surroundings(folder=folder, checks_files=needs_target),
        flag_prefix=flag_prefix,
    )
    return LoadedSettings(settings, origins, file)


def load_from_journal(
    header: Mapping[str, Any],
    *,
    environ: Mapping[str, str],
    flags: Flags,
    label: str = "journal",
    flag_prefix: str = "--",
) -> LoadedSettings:
    """Load what `Settings.for_journal` kept. Flags beat the environment, that beats the journal.

    Args:
        header: The settings in the journal's header; nothing in them is filled in again, but
            ``${JAMA_USER}``, which a session without credentials had to leave open.
        environ: The environment, with the credentials.
        flags: As for `load_settings`.
        label: The journal, as messages name it.
        flag_prefix: What flags begin with in this front-end, for messages.

    Raises:
        SettingsError: With every mistake.
    """
    lookup = Variables(environ, Path.cwd()).look_up
    with surprises_told(label):
        settings, origins = resolve(
            Layer(
                label=label,
                values=fill_in_user(header, lookup),
                find_origin=lambda _: label,
                is_file=False,
            ),
            overrides=find_overrides(flags, environ, prefix=flag_prefix),
            environ=environ,
            lookup=lookup,
            surroundings=Surroundings(folder=Path.cwd()),
            flag_prefix=flag_prefix,
        )
    return LoadedSettings(settings, origins, None)


def find_file(start: Path) -> Path | None:
    """Return the jama.yaml of a folder or of the nearest one above it.

    Raises:
        SettingsError: When that folder has a jama.yml, too.
    """
    for folder in (start.absolute(), *start.absolute().parents):
        found = [folder / name for name in SETTINGS_FILES if (folder / name).is_file()]
        if len(found) > 1:
            message = f"{folder} has {' and '.join(SETTINGS_FILES)}"
            raise SettingsError(Problem(message, "remove one of them", _label(found[0], start)))
        if found:
            return found[0]
    return None


def _choose_file(start: Path, file: Path | None) -> tuple[Path | None, tuple[Problem, ...]]:
    if file is not None:
        return file.absolute(), ()
    try:
        return find_file(start), ()
    except SettingsError as exc:
        return None, exc.problems


def _read_layer(
    file: Path | None,
    *,
    start: Path,
    lookup: Lookup,
    overridden: Container[str],
    unused: Container[str],
) -> Layer:
    if file is None:
        label = f"{SETTINGS_FILES[0]} (not found)"
        return Layer(label, {}, find_origin=lambda _: label)
    from pytest_jama.config.yaml_file import read_file_layer  # noqa: PLC0415 (yaml)

    label = _label(file, start)
    return read_file_layer(file, label=label, lookup=lookup, overridden=overridden, unused=unused)


def _label(file: Path, start: Path) -> str:
    """Return a file's path: relative where that is shorter."""
    try:
        relative = os.path.relpath(file, start)
    except ValueError:  # Windows: another drive
        return str(file)
    return min(relative, str(file), key=len)
