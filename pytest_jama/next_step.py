"""Where the journal is and how an upload is finished: the last lines of every summary. Pure."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

from pytest_jama.render import Line, Tone

if TYPE_CHECKING:
    from pathlib import Path


def journal_line(path: Path, trouble: str, *, start: Path) -> Line:
    """Return where the journal is, or why lines are missing in it.

    Args:
        path: The file.
        trouble: Why lines are missing; empty while none is.
        start: The folder that the path is shown relative to.
    """
    if trouble:
        return Line("journal", f"incomplete: {trouble}", Tone.WARNING)
    return Line("journal", _shown_path(path, start))


def next_line(*paths: Path, trouble: str, start: Path) -> Line:
    """Return how to finish the upload: the exact command.

    Args:
        paths: The journals that belong together, mostly one.
        trouble: Why lines are missing in them; empty while none is.
        start: The folder that the command is given in.
    """
    if trouble:
        return Line("next", "when that is solved, run the same session again", Tone.WARNING)
    command = resume_command(*paths, start=start)
    return Line("next", command, Tone.WARNING, is_exact=True)


def resume_command(*paths: Path, start: Path) -> str:
    """Return the command that finishes the upload of journals, quoted for the usual shell."""
    names = [_shown_path(path, start) for path in paths]
    separator = ["--"] if any(name.startswith("-") for name in names) else []
    words = ["pytest-jama", "upload", *separator, *names]
    if os.name != "nt":
        return shlex.join(words)
    from subprocess import list2cmdline  # noqa: PLC0415 (only there)

    return list2cmdline(words)


def _shown_path(path: Path, start: Path) -> str:
    try:
        return os.path.relpath(path, start)
    except ValueError:  # Windows: another drive
        return str(path)
