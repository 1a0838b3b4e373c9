"""Where results come from and where they go, in the words of headers, journals and Jama."""

from __future__ import annotations

import hashlib
import os
import platform
from datetime import datetime, timezone
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pytest_jama import __version__
from pytest_jama.journal.lines import session_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from pytest_jama.config import LoadedSettings, Settings
    from pytest_jama.journal.lines import JournalLine
    from pytest_jama.journal.record import Header


def describe_destination(
    loaded: LoadedSettings,
    *,
    root: Path,
    mode: str,
    verbose: bool = False,
) -> str:
    """Return the header line: what is on, where it goes, from which file.

    Args:
        loaded: The settings and where they came from.
        root: The rootdir; files below it are named relative to it.
        mode: ``dry run``, ``no upload`` or empty.
        verbose: Whether to name the file, variable or flag of each part instead of the file.
    """
    settings = loaded.settings
    names = map(str, (settings.project, settings.plan, settings.cycle))
    where = " / ".join(filter(None, names))
    parts = [where or "no plan named", f"at {settings.url}" if settings.url else "no server"]
    if verbose and loaded.origins:
        origins = ", ".join(f"{name} from {origin}" for name, origin in loaded.origins.items())
        parts.append(f"({origins})")
    elif loaded.file is not None:
        parts.append(f"({relative_to(root, loaded.file)})")
    return f"jama: {f'{mode}; ' if mode else ''}{' '.join(parts)}"


def describe_session(
    settings: Settings,
    *,
    versions: Mapping[str, str],
    command: Iterable[str],
    started: datetime,
    commit: str,
    session: str,
    framework: str = "",
    hooks: Iterable[str] = (),
) -> JournalLine:
    """Return the header of the journal.

    Args:
        settings: All settings.
        versions: The version of what ran the tests, by name; ours and Python's are added.
        command: The command line, word by word.
        started: When the session started, in UTC.
        commit: The commit under test; may be empty.
        session: The name of the session.
        framework: What accounts call the origin of the results; empty for names and versions.
        hooks: The conftests whose hooks take part.
    """
    return session_line(
        session=session,
        started=started.isoformat(timespec="seconds"),
        versions={
            "pytest-jama": __version__,
            **versions,
            "python": platform.python_version(),
        },
        commit=commit,
        command=command,
        settings=settings.for_journal(),
        framework=framework,
        hooks=hooks,
    )


def describe_provenance(*, framework: str, started: datetime, commit: str) -> str:
    """Return the line that tells an auditor where an account comes from.

    Args:
        framework: What ran the tests, with its version.
        started: When the session started, in UTC.
        commit: The commit under test; may be empty.
    """
    return _join_provenance(__version__, framework, _time(started), commit)


def recorded_provenance(headers: Sequence[Header]) -> str:
    """Return the line that the session itself, or several as one, would have written.

    Args:
        headers: Of each session; at least one, in the order of time.
    """
    times = sorted({_time(header.started) for header in headers})
    provenance = _join_provenance(
        _several(header.versions.get("pytest-jama", "") for header in headers),
        _several(header.framework for header in headers),
        times[0] if len(times) == 1 else f"{times[0]} to {times[-1]}",
        _several(header.commit for header in headers),
    )
    return provenance if len(headers) == 1 else f"{provenance}, {len(headers)} sessions"


_NAMED_SESSIONS = 3


def session_name(header: Mapping[str, Any] = MappingProxyType({})) -> str:
    """Return what accounts are signed with: the session, or the several that are sent as one.

    Args:
        header: The line with which the session, or the upload, began; empty for none.
    """
    names = sorted({header["session"]} if "session" in header else set(header.get("sessions", ())))
    if len(names) <= _NAMED_SESSIONS:
        return "+".join(names)
    digest = hashlib.sha256("+".join(names).encode()).hexdigest()
    return f"{names[0]}+{len(names) - 1}-{digest[:8]}"


def _join_provenance(version: str, framework: str, time: str, commit: str) -> str:
    parts = [f"pytest-jama {version}", framework, f"{time} UTC"]
    if commit:
        parts.append(f"commit {commit}")
    return ", ".join(parts)


def _time(started: datetime) -> str:
    return f"{started.astimezone(timezone.utc):%Y-%m-%d %H:%M:%S}"


def _several(texts: Iterable[str]) -> str:
    return " + ".join(sorted(set(filter(None, texts))))


def find_commit(folder: Path) -> str:
    """Return the commit under test: ``GIT_COMMIT``, or what git says; empty without either."""
    from pytest_jama.config.environment import UnsetError, Variables  # noqa: PLC0415 (pydantic)

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
