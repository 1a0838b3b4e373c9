"""Which settings file is read, the one that is named, else the nearest of its kind; and how."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_jama.config.kinds import JAMA, KINDS, OCTANE
from pytest_jama.config.limits import MOST_SETTINGS_BYTES, too_big
from pytest_jama.core.errors import Problem, SettingsError
from pytest_jama.core.trust import (
    OddFileError,
    UntrustedError,
    open_own,
    open_regular,
    written_whole,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from pytest_jama.config.effective_values import LoadedSettings
    from pytest_jama.config.kinds import TargetKind
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


class SettingsFile(NamedTuple):
    """A file that people write: the settings, or what they name.

    Attributes:
        path: The file.
        label: How messages name it.
        named_by: The flag that would name it, when it was only found: then it must be trusted.
        named: What that flag would name.
    """

    path: Path
    label: str
    named_by: str = ""
    named: str = "the file to take"

    def read(self) -> bytes:
        """Return its content.

        Raises:
            SettingsError: When it is not trusted, or cannot be read.
        """
        try:
            opened = open_own(self.path, follows=True) if self.named_by else open_regular(self.path)
            with os.fdopen(opened, "rb") as file:
                content = file.read(MOST_SETTINGS_BYTES + 1)
        except UntrustedError as exc:
            raise SettingsError(self._untrusted(exc)) from exc
        except OSError as exc:
            reason = (exc.strerror or "it cannot be read").lower()
            remedy = "check the path and its permissions"
            raise SettingsError(Problem(f"cannot be read: {reason}", remedy, self.label)) from exc
        if len(content) > MOST_SETTINGS_BYTES:
            remedy = "let patterns name many tests at once"
            raise SettingsError(Problem(too_big(MOST_SETTINGS_BYTES), remedy, self.label))
        return content

    def _untrusted(self, error: UntrustedError) -> Problem:
        is_odd = self.named_by and isinstance(error, OddFileError)
        remedy = "remove it" if is_odd else error.remedy
        remedy += f", or name {self.named} with {self.named_by}=FILE" if self.named_by else ""
        return Problem(error.why, remedy, self.label)

    def text(self, remedy: str = "save the file in the encoding UTF-8") -> str:
        """Return its text.

        Args:
            remedy: What to do about another encoding.

        Raises:
            SettingsError: When it is not trusted, cannot be read, or has another encoding.
        """
        content = self.read()
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError as exc:
            line = content.count(b"\n", 0, exc.start) + 1
            problem = Problem("is not UTF-8", remedy, f"{self.label}:{line}")
            raise SettingsError(problem) from exc

    def replace(self, content: bytes, check: Callable[[SettingsFile], None] | None = None) -> None:
        """Replace the whole file, if what comes instead passes a check; its mode stays.

        Args:
            content: What comes instead.
            check: Is given the new file before it takes the place, and may raise an error.

        Raises:
            SettingsError: When it cannot be written.
        """
        real = self.path.resolve()
        with written_whole(real) as part:
            with part.open("xb") as new:
                shutil.copymode(real, part)
                new.write(content)
                new.flush()
                os.fsync(new.fileno())
            if check is not None:
                check(self._replace(path=part))
