"""Loading: file, variables and flags become settings, or every mistake at once."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_jama.config.layers import PLUGIN_PREFIX, Layer, find_overrides, resolve
from pytest_jama.config.limits import surprises_told
from pytest_jama.config.models import Settings
from pytest_jama.config.redact_settings import find_secrets
from pytest_jama.config.types import Surroundings
from pytest_jama.config.variables import Variables, fill_in_user, utc_now
from pytest_jama.core.errors import Problem, SettingsError
from pytest_jama.core.redaction import Redactor
from pytest_jama.core.test_ids import SETTINGS_FILES

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping
    from datetime import datetime

    from pytest_jama.config.interpolation import Lookup
    from pytest_jama.config.layers import Flags
    from pytest_jama.core.lock import Lock


@dataclass(frozen=True)
class LoadedSettings:
    """Settings and where they came from.

    Attributes:
        settings: The effective settings.
        origins: Each setting of `DESTINATION` that is given -> ``jama.yaml:3``, ``--jama-plan``
            or ``environment JAMA_PLAN``.
        file: The file that was read, if any.
        is_named: Whether the user named that file.
        lock: What `jama.lock` holds; None without one, or where it was not read.
    """

    settings: Settings
    origins: Mapping[str, str]
    file: Path | None
    lock: Lock | None = None
    is_named: bool = False


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
    is_named = file is not None
    file, ambiguity = _choose_file(start, file)
    folder = (file.parent if file else start).absolute()
    lookup = Variables(environ, folder, clock).look_up
    overrides = find_overrides(flags, environ, prefix=flag_prefix)
    layer = _read_layer(
        file,
        start=start,
        is_named=is_named,
        lookup=lookup,
        overridden=overrides,
        unused=unused,
        flag_prefix=flag_prefix,
    )
    settings, origins = resolve(
        replace(layer, problems=(*ambiguity, *layer.problems)),
        overrides=overrides,
        environ=environ,
        lookup=lookup,
        surroundings=Surroundings(folder=folder, checks_files=needs_target),
        flag_prefix=flag_prefix,
    )
    return LoadedSettings(settings, origins, file, is_named=is_named)


OWNED = frozenset({"url", "target", "tls", "headers", "journal", "upload", "redact", "report"})
"""The settings that a journal has no say in: where credentials go and how, what is hidden on this
machine, and which files are written here. What a session found, and by which rules, it says."""

_MAY_BE_MISSING = frozenset({"target", "upload", "redact", "report"})
"""Those that are left out when a variable of another CI job is in them."""


def load_owned(
    *, start: Path, file: Path | None, flags: Flags, environ: Mapping[str, str]
) -> LoadedSettings:
    """Load the settings of `OWNED`, for a command that has all others from elsewhere.

    Whatever else is wrong in jama.yaml is passed over: it may need variables of another CI job.

    Args:
        start: As for `load_settings`.
        file: As for `load_settings`.
        flags: As for `load_settings`.
        environ: The environment.

    Raises:
        SettingsError: With every mistake in these settings, or when the file cannot be read.
    """
    is_named = file is not None
    file, ambiguity = _choose_file(start, file)
    folder = (file.parent if file else start).absolute()
    lookup = Variables(environ, folder).look_up
    overrides = find_overrides(flags, environ, prefix="--")
    overrides = {name: each for name, each in overrides.items() if name in OWNED}
    layer = _read_layer(
        file,
        start=start,
        is_named=is_named,
        lookup=lookup,
        overridden=overrides,
        unused=_MAY_BE_MISSING,
        flag_prefix="--",
    )
    layer = replace(
        layer,
        values={name: value for name, value in layer.values.items() if name in OWNED},
        mistakes={path: each for path, each in layer.mistakes.items() if path[0] in OWNED},
        problems=(*ambiguity, *(() if layer.is_readable else layer.problems)),
    )
    settings, origins = resolve(
        layer,
        overrides=overrides,
        environ=environ,
        lookup=lookup,
        surroundings=Surroundings(folder=folder, checks_files=False),
        flag_prefix="--",
    )
    return LoadedSettings(settings, origins, file, is_named=is_named)


def load_from_journal(
    header: Mapping[str, Any],
    *,
    owned: LoadedSettings,
    environ: Mapping[str, str],
    flags: Flags,
    label: str = "journal",
    flag_prefix: str = "--",
) -> LoadedSettings:
    """Load what `Settings.for_journal` kept. Flags beat the environment, that beats the journal.

    Args:
        header: The settings in the journal's header; nothing in them is filled in again, but
            ``${JAMA_USER}``, which a session without credentials had to leave open. Those of
            `OWNED` are passed over.
        owned: What the user says of these; see `load_owned`.
        environ: The environment, with the credentials.
        flags: As for `load_settings`.
        label: The journal, as messages name it.
        flag_prefix: What flags begin with in this front-end, for messages.

    Raises:
        SettingsError: With every mistake.
    """
    lookup = Variables(environ, Path.cwd()).look_up
    kept = {name: value for name, value in header.items() if name not in OWNED}
    own: dict[str, Any] = {
        **{name: getattr(owned.settings, name) for name in OWNED - {"url"}},
        "tls": owned.settings.tls.model_dump(),  # as a mapping, so that its files are looked at
        "report": owned.settings.report.model_dump(),  # and a flag can be put over this one
        **({"url": owned.settings.url} if owned.settings.url else {}),
    }
    with surprises_told(label):
        settings, origins = resolve(
            Layer(
                label=label,
                values={**fill_in_user(kept, lookup), **own},
                find_origin=lambda path: _origin_of(path[0], owned, label),
                is_file=False,
            ),
            overrides=find_overrides(flags, environ, prefix=flag_prefix),
            environ=environ,
            lookup=lookup,
            surroundings=Surroundings(folder=Path.cwd()),
            flag_prefix=flag_prefix,
        )
    return LoadedSettings(settings, origins, owned.file, is_named=owned.is_named)


def _origin_of(name: str, owned: LoadedSettings, label: str) -> str:
    if name not in OWNED:
        return label
    return owned.origins.get(name) or str(owned.file or label)


def find_redactor(
    *, start: Path, file: Path | None, environ: Mapping[str, str]
) -> tuple[Redactor, str]:
    """Return what hides secrets where no other setting is needed, and why it may lack patterns.

    Args:
        start: Where to look for jama.yaml, then further up.
        file: The file to read instead.
        environ: The environment, with the credentials.
    """
    try:
        loaded = load_settings(
            start=start,
            file=file,
            flags={},
            environ=environ,
            needs_target=False,
            unused=Settings.model_fields.keys() - {"redact"},
            flag_prefix="--",
        )
    except SettingsError as exc:
        return Redactor(secrets=find_secrets(environ)), str(exc.problems[0])
    return loaded.settings.redactor, ""


def find_file(start: Path) -> Path | None:
    """Return the jama.yaml of a folder or of the nearest one above it, whatever it is.

    Who reads it refuses what is not a regular file, such as a pipe or a folder of that name.

    Raises:
        SettingsError: When that folder has a jama.yml, too.
    """
    for folder in (start.absolute(), *start.absolute().parents):
        # also a pipe or a link to nothing: it is refused by name, and not passed over
        found = [folder / name for name in SETTINGS_FILES if os.path.lexists(folder / name)]
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


def ways_to_find_again(loaded: LoadedSettings, *, start: Path) -> list[str]:
    """Return the options with which a command finds the same server, certificates and journals.

    Args:
        loaded: The settings.
        start: The folder that the command will be given in.
    """
    words = []
    origin = loaded.origins.get("url", "")
    if origin.startswith("--"):
        words.append(f"--url={loaded.settings.url}")
    if loaded.file is not None:
        found, _ = _choose_file(start, None)
        if loaded.is_named or found is None or not _is_same(found, loaded.file):
            words.append(f"--config={_label(loaded.file, start)}")
    return words


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def _read_layer(
    file: Path | None,
    *,
    start: Path,
    is_named: bool,
    lookup: Lookup,
    overridden: Container[str],
    unused: Container[str],
    flag_prefix: str,
) -> Layer:
    if file is None:
        label = f"{SETTINGS_FILES[0]} (not found)"
        return Layer(label, {}, find_origin=lambda _: label)
    from pytest_jama.config.yaml_file import read_file_layer  # noqa: PLC0415 (yaml)

    label = _label(file, start)
    return read_file_layer(
        file,
        label=label,
        named_by="" if is_named else f"{flag_prefix}config",
        lookup=lookup,
        overridden=overridden,
        unused=unused,
    )


def _label(file: Path, start: Path) -> str:
    """Return a file's path: relative where that is shorter."""
    try:
        relative = os.path.relpath(file, start)
    except ValueError:  # Windows: another drive
        return str(file)
    return min(relative, str(file), key=len)
