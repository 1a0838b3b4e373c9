"""Where results go, in words: for headers, and while it does not answer."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pytest_jama.core.text import printable, without_user_info
from pytest_jama.report.upload_lines import Line, Tone, exposure_lines

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_jama.config import LoadedSettings, SharedSettings
    from pytest_jama.core.port import Retry


def describe_destination(
    loaded: LoadedSettings[SharedSettings],
    *,
    root: Path,
    mode: str,
    verbose: bool = False,
) -> list[str]:
    """Return the header: what is on, where it goes, from which file, and what is unsafe there.

    Args:
        loaded: The settings and where they came from.
        root: The rootdir; files below it are named relative to it.
        mode: ``dry run``, ``no upload`` or empty.
        verbose: Whether to name the file, variable or flag of each part instead of the file.
    """
    settings = loaded.settings
    label = settings.kind.name
    parts = [_places(settings), f"at {settings.url}" if settings.url else "no server"]
    if verbose and loaded.origins:
        origins = ", ".join(f"{name} from {origin}" for name, origin in loaded.origins.items())
        parts.append(f"({origins})")
    elif loaded.file is not None:
        parts.append(f"({relative_to(root, loaded.file)})")
    from pytest_jama.config import describe_exposure  # noqa: PLC0415 (it is there already)

    exposure = (f"{label}: warning: {text}" for text in describe_exposure(settings))
    text = f"{label}: {f'{mode}; ' if mode else ''}{' '.join(parts)}"
    return [printable(settings.redactor.hide_certain(text)), *exposure]


def kept_line(settings: SharedSettings, what: str) -> Line:
    """Return what a summary says where there are no credentials, and none need to be.

    Args:
        settings: Those of the server.
        what: What is not done: ``nothing is sent``.
    """
    why = f"no credentials for {settings.kind.title} (upload: {{no_credentials: journal}})"
    return Line("warning", f"{what}: {why}", Tone.WARNING)


def standing_lines(loaded: LoadedSettings[SharedSettings]) -> tuple[Line, ...]:
    """Return what the summary says of credentials: that there are none, or how unsafe they go."""
    kept = (kept_line(loaded.settings, "nothing is sent"),) if loaded.is_kept else ()
    return (*kept, *exposure_lines(loaded.settings))


def _places(settings: SharedSettings) -> str:
    _, *names = settings.kind.destination  # the first one is the URL
    named = " / ".join(filter(None, (str(getattr(settings, name)) for name in names)))
    return named or f"no {names[1]} named"


def relative_to(root: Path, path: Path | None) -> str:
    """Return a path as messages name it: relative to the rootdir where it lies below."""
    if path is None:
        return "tests"
    try:
        return str(path.relative_to(root))
    except ValueError:
        return str(path)


_TROUBLE = 4
"""A request that is made so often again is worth a line: some seconds have gone by."""


def describe_trouble(server: str, retry: Retry) -> str:
    """Say that a server does not answer, and until when it is tried; empty while that is normal.

    Args:
        server: Its address.
        retry: A request that is made again.
    """
    if retry.is_answered or (not retry.is_unreached and retry.attempt < _TROUBLE):
        return ""
    until = datetime.now().astimezone() + timedelta(seconds=retry.left_s)
    verb = "cannot reach" if retry.is_unreached else "no usable answer from"
    address = without_user_info(server)
    return f"{verb} {address}: {retry.reason}; trying until {until:%H:%M:%S}"
