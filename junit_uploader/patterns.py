"""Patterns of paths, also with ``**``, expanded without following links in circles."""

from __future__ import annotations

import os
from fnmatch import fnmatchcase
from glob import glob
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_ANY_DEPTH = "**"


def expand(pattern: str) -> list[str]:
    """Return the files and folders that match a pattern, sorted.

    As of `glob`, names that begin with a dot match only where the pattern has that dot. Other than
    there, ``**`` enters no symbolic link: two of them that point upwards would be walked for ever.

    Args:
        pattern: A path with ``*``, ``?``, ``[...]`` and ``**``.
    """
    parts = Path(pattern).parts
    if _ANY_DEPTH not in parts:
        return sorted(glob(pattern))  # noqa: PTH207 (Path.glob takes no absolute pattern)
    depth = parts.index(_ANY_DEPTH)
    tops = glob(str(Path(*parts[:depth]))) if depth else ["."]  # noqa: PTH207 (the same)
    return sorted(path for top in tops for path in _expand_below(top, parts[depth:]))


def _expand_below(top: str, patterns: Sequence[str]) -> Iterator[str]:
    takes_hidden = any(part.startswith(".") for part in patterns)
    for place, folders, files in os.walk(top):
        if not takes_hidden:
            folders[:] = [name for name in folders if not name.startswith(".")]
        for name in (*folders, *files):
            path = Path(place, name)
            if _matches(path.relative_to(top).parts, patterns):
                yield str(path)


def _matches(parts: Sequence[str], patterns: Sequence[str]) -> bool:
    """Tell whether the parts of a path match those of a pattern."""
    if not patterns:
        return not parts
    first, rest = patterns[0], patterns[1:]
    if first == _ANY_DEPTH:
        return any(_matches(parts[count:], rest) for count in range(len(parts) + 1))
    if not parts or (parts[0].startswith(".") and not first.startswith(".")):
        return False
    return fnmatchcase(parts[0], first) and _matches(parts[1:], rest)
