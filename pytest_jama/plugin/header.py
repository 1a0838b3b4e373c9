"""What a session says of itself: the header line, the first line of the journal."""

from __future__ import annotations

import os
import platform
from typing import TYPE_CHECKING

import pytest

from pytest_jama import __version__
from pytest_jama.journal.format import session_line

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from pytest_jama.config import LoadedSettings, Settings
    from pytest_jama.journal.format import Line


def describe_destination(loaded: LoadedSettings, *, root: Path, mode: str) -> str:
    """Return the header line: what is on, where it goes, from which file.

    Args:
        loaded: The settings and where they came from.
        root: The rootdir; files below it are named relative to it.
        mode: ``dry run``, ``no upload`` or empty.
    """
    settings = loaded.settings
    names = map(str, (settings.project, settings.plan, settings.cycle))
    where = " / ".join(filter(None, names))
    parts = [where or "no plan named", f"at {settings.url}" if settings.url else "no server"]
    if loaded.file is not None:
        parts.append(f"({relative_to(root, loaded.file)})")
    return f"jama: {f'{mode}; ' if mode else ''}{' '.join(parts)}"


def describe_session(
    config: pytest.Config,
    settings: Settings,
    *,
    started: datetime,
    commit: str,
    session: str,
) -> Line:
    """Return the header of the journal."""
    return session_line(
        session=session,
        started=started.isoformat(timespec="seconds"),
        versions={
            "pytest-jama": __version__,
            "pytest": pytest.__version__,
            "python": platform.python_version(),
        },
        commit=commit,
        command=["pytest", *config.invocation_params.args],
        settings=settings.for_journal(),
    )


def find_commit(folder: Path) -> str:
    """Return the commit under test: ``GIT_COMMIT``, or what git says; empty when nobody knows."""
    from pytest_jama.config.interpolation import UnsetError  # noqa: PLC0415 (pydantic)
    from pytest_jama.config.variables import Variables  # noqa: PLC0415

    try:
        return Variables(os.environ, folder).look_up("GIT_COMMIT")
    except UnsetError:
        return ""


def relative_to(root: Path, path: Path | None) -> str:
    """Return a path as messages name it: relative to the rootdir where it lies below."""
    if path is None:
        return "tests"
    try:
        return str(path.relative_to(root))
    except ValueError:
        return str(path)
