"""Which reports an argument names, and how their bytes are read.

Patterns of paths are expanded without following links in circles; a ``.gz`` is read up to a cap.
"""

from __future__ import annotations

import gzip
import os
import sys
import zlib
from contextlib import contextmanager
from fnmatch import fnmatchcase
from glob import glob, has_magic
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

from junit_uploader.junit.notes import UnreadableError
from pytest_jama.core.trust import open_regular

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from junit_uploader.junit.report_reader import Readable


STDIN = "-"

_KEPT_IN_MEMORY_BYTES = 16 * 1024**2
_COPIED_AT_ONCE_BYTES = 1024**2
_GZIP_MAGIC = b"\x1f\x8b"


class Source(NamedTuple):
    """A report that was asked for.

    Attributes:
        name: Its path as found, or `STDIN`.
        error: Why there is none; empty when it can be opened.
        is_named: Whether it was named itself, so that it may be a pipe.
    """

    name: str
    error: str = ""
    is_named: bool = False


def find_sources(arguments: Iterable[str]) -> Iterator[Source]:
    """Yield the reports that the arguments name, each once, in a stable order.

    Args:
        arguments: Files, folders (every ``*.xml`` below), patterns with ``*``, ``?``, ``[...]`` and
            ``**``, or `STDIN`.
    """
    seen = set()
    for argument in arguments:
        for source in _find(argument):
            key = source.name if source.name == STDIN else os.path.realpath(source.name)
            if key not in seen:
                seen.add(key)
                yield source


def _find(argument: str) -> Iterator[Source]:
    is_folder = os.path.isdir(argument)  # noqa: PTH112 (Path.is_dir raises for a name too long)
    if argument == STDIN or (os.path.lexists(argument) and not is_folder):
        yield Source(argument, is_named=True)
    elif is_folder:
        yield from _find_below(argument)
    elif has_magic(argument):
        matches = expand(argument)
        if not matches:
            yield Source(argument, "no report matches")
        for match in matches:
            yield from _find_in_match(match, argument)
    else:
        yield Source(argument, "no such file or folder")


def _find_in_match(match: str, pattern: str) -> Iterator[Source]:
    """Yield the reports of one match; ``**`` alone names each folder and also what is in it."""
    if not Path(match).is_dir():
        yield _found(match)
    elif not pattern.rstrip("/").endswith("**"):
        yield from _find_below(match)


def _found(path: str) -> Source:
    """Return a report that was not named itself; a pipe among such would block."""
    is_odd = Path(path).exists() and not Path(path).is_file()
    return Source(path, "is not a regular file" if is_odd else "")


def _find_below(folder: str) -> Iterator[Source]:
    errors: list[OSError] = []
    count = 0
    for place, folders, files in os.walk(folder, onerror=errors.append):
        folders.sort()
        for name in sorted(files):
            if name.lower().endswith(".xml"):
                count += 1
                yield _found(str(Path(place, name)))
    for error in errors:
        yield Source(str(error.filename), f"cannot be listed: {error.strerror}")
    if not count and not errors:
        yield Source(folder, "no *.xml file below this folder")


@contextmanager
def open_source(source: Source) -> Iterator[Readable]:
    """Open a report, unpacked; it can be read from the beginning again.

    Raises:
        UnreadableError: When it cannot be opened, or is too big.
    """
    try:
        with _open_file(source) as file:
            is_packed = file.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC
            file.seek(0)
            yield UnpackedReport(file) if is_packed else file
    except OSError as exc:
        raise UnreadableError(f"cannot be read: {exc.strerror or exc}", is_final=True) from exc


@contextmanager
def _open_file(source: Source) -> Iterator[IO[bytes]]:
    if source.name == STDIN:
        if sys.stdin is None:
            raise UnreadableError("standard input is closed", is_final=True)
        with _spooled(sys.stdin.buffer) as file:
            yield file
        return
    path = Path(source.name)
    with path.open("rb") if source.is_named else os.fdopen(open_regular(path), "rb") as file:
        if file.seekable():
            yield file
            return
        with _spooled(file) as copy:
            yield copy


@contextmanager
def _spooled(stream: IO[bytes]) -> Iterator[IO[bytes]]:
    """Copy what can be read only once."""
    from tempfile import SpooledTemporaryFile  # noqa: PLC0415 (imports a lot, is rarely needed)

    with SpooledTemporaryFile(max_size=_KEPT_IN_MEMORY_BYTES) as copy:
        while chunk := stream.read(_COPIED_AT_ONCE_BYTES):
            copy.write(chunk)
            if copy.tell() > MOST_UNPACKED_BYTES:
                raise UnreadableError(TOO_MUCH, is_final=True)
        copy.seek(0)
        yield copy


_ANY_DEPTH = "**"


def expand(pattern: str) -> list[str]:
    """Return the files and folders that match a pattern, sorted.

    As with `glob`, names that begin with a dot match only where the pattern has that dot. Unlike
    there, ``**`` does not follow symbolic links: two that point upwards would never end.

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
    """Return whether the parts of a path match those of a pattern."""
    if not patterns:
        return not parts
    first, rest = patterns[0], patterns[1:]
    if first == _ANY_DEPTH:
        return any(_matches(parts[count:], rest) for count in range(len(parts) + 1))
    if not parts or (parts[0].startswith(".") and not first.startswith(".")):
        return False
    return fnmatchcase(parts[0], first) and _matches(parts[1:], rest)


MOST_UNPACKED_BYTES = 2 * 1024**3
"""Most bytes that are taken from a ``.gz``, or from what is not a file."""

MOST_RATIO = 300
"""Most bytes that a byte of a ``.gz`` may become, once `FREE_UNPACKED_BYTES` are exceeded.

Real reports shrink to a tenth or a fiftieth; a bomb to less than a thousandth.
"""

FREE_UNPACKED_BYTES = 64 * 1024**2

TOO_MUCH = f"more than {MOST_UNPACKED_BYTES // 1024**2} MB: read it as a file that is not packed"


class UnpackedReport:
    """A ``.gz`` that stops at a cap.

    Args:
        file: The packed bytes.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._unpacked = gzip.GzipFile(fileobj=file, mode="rb")
        self._size = 0

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes.

        Raises:
            UnreadableError: When the file is damaged, cut off, or a bomb.
        """
        try:
            data = self._unpacked.read(size)
        except (EOFError, zlib.error, gzip.BadGzipFile) as exc:
            raise UnreadableError(f"damaged .gz: {exc}", is_final=True) from exc
        self._size += len(data)
        if self._size > MOST_UNPACKED_BYTES:
            raise UnreadableError(TOO_MUCH, is_final=True)
        if self._size > FREE_UNPACKED_BYTES and self._size > MOST_RATIO * self._file.tell():
            raise UnreadableError(
                f"grows more than {MOST_RATIO} times when unpacked: a bomb", is_final=True
            )
        return data

    def seek(self, position: int, /) -> int:
        """Go back to the beginning."""
        self._size = 0
        return self._unpacked.seek(position)
