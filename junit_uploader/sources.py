"""Which reports an argument names, and how their bytes are got at."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from glob import has_magic
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

from junit_uploader.patterns import expand
from junit_uploader.readers.junit.unreadable import UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from junit_uploader.readers.junit.reading import Readable

STDIN = "-"

_KEPT_IN_MEMORY_BYTES = 16 * 1024**2
_COPIED_AT_ONCE_BYTES = 1024**2
_GZIP_MAGIC = b"\x1f\x8b"


class Source(NamedTuple):
    """A report that was asked for.

    Attributes:
        name: How to call it: its path as found, or `STDIN`.
        error: Why there is none; empty when it can be opened.
    """

    name: str
    error: str = ""


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
        yield Source(argument)
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
    """Return a report that nobody called by its name: a pipe there would be waited for."""
    is_odd = Path(path).exists() and not Path(path).is_file()
    return Source(path, "is no regular file" if is_odd else "")


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
        with _open_file(source.name) as file:
            is_packed = file.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC
            file.seek(0)
            yield _unpacked(file) if is_packed else file
    except OSError as exc:
        raise UnreadableError(f"cannot be read: {exc.strerror or exc}", is_final=True) from exc


def _unpacked(file: IO[bytes]) -> Readable:
    from junit_uploader.packed import UnpackedReport  # noqa: PLC0415 (rarely needed)

    return UnpackedReport(file)


@contextmanager
def _open_file(name: str) -> Iterator[IO[bytes]]:
    if name == STDIN:
        if sys.stdin is None:
            raise UnreadableError("standard input is closed", is_final=True)
        with _spooled(sys.stdin.buffer) as file:
            yield file
        return
    with Path(name).open("rb") as file:
        if file.seekable():
            yield file
            return
        with _spooled(file) as copy:
            yield copy


@contextmanager
def _spooled(stream: IO[bytes]) -> Iterator[IO[bytes]]:
    """Copy what can be read only once."""
    from tempfile import SpooledTemporaryFile  # noqa: PLC0415 (imports a lot, is rarely needed)

    from junit_uploader.packed import MOST_UNPACKED_BYTES, TOO_MUCH  # noqa: PLC0415

    with SpooledTemporaryFile(max_size=_KEPT_IN_MEMORY_BYTES) as copy:
        while chunk := stream.read(_COPIED_AT_ONCE_BYTES):
            copy.write(chunk)
            if copy.tell() > MOST_UNPACKED_BYTES:
                raise UnreadableError(TOO_MUCH, is_final=True)
        copy.seek(0)
        yield copy
