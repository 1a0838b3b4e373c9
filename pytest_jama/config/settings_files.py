"""Which settings file is read: the one that is named, else the nearest of its kind."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from pytest_jama.config.kinds import JAMA, KINDS, OCTANE
from pytest_jama.core.errors import Problem, SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pytest_jama.config.kinds import TargetKind
    from pytest_jama.config.loading import LoadedSettings
    from pytest_jama.config.models import SharedSettings


def find_kinds(start: Path, file: Path | None = None) -> tuple[TargetKind[Any], ...]:
    """Return for which kinds of servers there are settings.

    Args:
        start: Where to look for settings files, then further up; the nearest folder that has one
            counts.
        file: The file that the user named instead.

    Returns:
        One or, where both files lie in one folder, both; that of Jama where there is none.
    """
    if file is not None:
        return (OCTANE if OCTANE.name in file.stem.lower() else JAMA,)
    for folder in (start.absolute(), *start.absolute().parents):
        found = tuple(kind for kind in KINDS if _files_in(folder, kind))
        if found:
            return found
    return (JAMA,)


def find_kind_by_variable(environ: Mapping[str, str]) -> TargetKind[Any] | None:
    """Return the kind of the only server that a variable names; None without one, or with several.

    Args:
        environ: The environment.
    """
    named = [kind for kind in KINDS if environ.get(f"{kind.variables}URL")]
    return named[0] if len(named) == 1 else None


def find_file(start: Path, kind: TargetKind[Any] = JAMA) -> Path | None:
    """Return the settings file of a folder or of the nearest one above it, whatever it is.

    Who reads it refuses what is not a regular file, such as a pipe or a folder of that name.

    Raises:
        SettingsError: When that folder has a second one, such as a jama.yml beside a jama.yaml.
    """
    for folder in (start.absolute(), *start.absolute().parents):
        found = _files_in(folder, kind)
        if len(found) > 1:
            message = f"{folder} has {' and '.join(kind.files)}"
            raise SettingsError(Problem(message, "remove one of them", label_of(found[0], start)))
        if found:
            return found[0]
    return None


def _files_in(folder: Path, kind: TargetKind[Any]) -> list[Path]:
    # also a pipe or a link to nothing: it is refused by name, and not passed over
    return [folder / name for name in kind.files if os.path.lexists(folder / name)]


def choose_file(
    start: Path, file: Path | None, kind: TargetKind[Any]
) -> tuple[Path | None, tuple[Problem, ...]]:
    """Return the absolute path of the file to read, if any, and why it is not certain which.

    Args:
        start: Where to look.
        file: The file that the user named.
        kind: The kind of server.
    """
    if file is not None:
        return file.absolute(), ()
    try:
        return find_file(start, kind), ()
    except SettingsError as exc:
        return None, exc.problems


def ways_to_find_again(loaded: LoadedSettings[SharedSettings], *, start: Path) -> list[str]:
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
        found, _ = choose_file(start, None, loaded.settings.kind)
        if loaded.is_named or found is None or not _is_same(found, loaded.file):
            words.append(f"--config={label_of(loaded.file, start)}")
    return words


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def label_of(file: Path, start: Path) -> str:
    """Return a file's path: relative where that is shorter."""
    try:
        relative = os.path.relpath(file, start)
    except ValueError:  # Windows: another drive
        return str(file)
    return min(relative, str(file), key=len)
