"""Commands that only Jama has: they say so where results go to another kind of server."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_jama.config import JAMA, find_file, find_kinds, kind_of
from pytest_jama.config.environment import find_pair, lacks_credentials
from pytest_jama.core.errors import Problem, SettingsError
from pytest_jama.journal.folder import shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_jama.config import Settings
    from pytest_jama.journal.record import Recording


def require_jama_file(config: Path | None, ability: str) -> None:
    """Refuse a command where the only settings are those of another kind of server.

    Args:
        config: The settings file that the command line names.
        ability: What only Jama does, as the message ends: ``has test cases to lock``.

    Raises:
        SettingsError: When a file of another kind is named, or is all there is.
    """
    (kind, *others) = find_kinds(Path.cwd(), config)
    is_elsewhere = bool(os.environ.get("JAMA_URL")) or find_file(Path.cwd()) is not None
    if kind is JAMA or others or (config is None and is_elsewhere):
        return
    where = shown(config) if config is not None else kind.file
    what = f"is for {kind.title}, and only {JAMA.title} {ability}"
    raise SettingsError(Problem(what, f"name a {JAMA.file} with --config=FILE", where))


def require_jama_server(settings: Settings, about: str, program: str) -> None:
    """Refuse settings that name no Jama, or no project in it, and half a pair of credentials.

    Args:
        settings: The settings.
        about: What is Jama's, as a message begins: ``jama.lock holds test cases of Jama``.
        program: The command.

    Raises:
        SettingsError: With what is missing.
    """
    if settings.target != "jama":
        what = f"{about}, and the target is {settings.target!r}"
        raise SettingsError(Problem(what, "leave `target` out", "setting target"))
    _, problems = find_pair(os.environ, JAMA)
    if problems and not lacks_credentials(os.environ, JAMA):
        raise SettingsError(*problems)
    missing = [name for name in ("url", "project") if not getattr(settings, name)]
    if missing:
        raise SettingsError(
            *(
                Problem(
                    f"{name} is not set",
                    f"set `{name}:` in jama.yaml, JAMA_{name.upper()} in the environment, "
                    f"or --{name}=...",
                    program,
                )
                for name in missing
            )
        )


def require_jama_journals(recordings: Iterable[Recording], ability: str) -> None:
    """Refuse journals of another kind of server.

    Args:
        recordings: The journals.
        ability: As for `require_jama_file`.

    Raises:
        SettingsError: With each such journal.
    """
    problems = [
        Problem(
            f"is for {kind.title}, and only {JAMA.title} {ability}",
            f"name a journal of a session for {JAMA.title}",
            shown(each.path),
        )
        for each in recordings
        if (kind := kind_of(each.header.settings.get("target"))) is not JAMA
    ]
    if problems:
        raise SettingsError(*problems)
