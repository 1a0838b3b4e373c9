"""What makes a journal evidence: its lines carry their time, and a chain of hashes.

A line ends with ``,"chain":"17:<SHA-256>"}``: its number among the lines of the journal, and the
hash of the chain of the line before, followed by this line without its field `chain`. So a line
that is changed, removed, moved or taken from another journal is found. There is no key: who writes
all lines anew can make a new chain. docs/journal.md says how others check it.
"""

from __future__ import annotations

import re
from datetime import datetime, timezone
from enum import Enum
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.core.text import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_FIELD = re.compile(rb',"chain":"([0-9]{1,15}:[0-9a-f]{64})"\}\Z')
_FIELD_BYTES = 100
"""More than the field takes at the end of a line."""

_HASH_CHARACTERS = len(":") + 2 * sha256().digest_size
"""What stands behind the number of a chain."""

_NAMED = 4
"""How many lines an account names: a whole journal may be changed."""


class EditKind(str, Enum):
    """What was done to a line; the value completes a message about it."""

    CHANGED = "line {} was changed after it was written, or comes from another journal"
    MISSING = "lines are missing or moved before line {}"
    MOVED = "line {} is out of its place: it was moved or repeated"
    UNCHAINED = "line {} carries no chain: it was inserted or changed"
    VERDICT = "line {} says another verdict than follows from the results: one of them was changed"
    HEADER = "line {} says that the lines carry no chain, and some do: it was changed"


class LineEdit(NamedTuple):
    """A line at which the chain is broken, or that contradicts others.

    Attributes:
        line: Its number in the file, from 1.
        kind: What can be told of it.
    """

    line: int
    kind: EditKind

    def __str__(self) -> str:
        return self.kind.value.format(self.line)


def name_lines(edits: Iterable[LineEdit]) -> str:
    """Return which lines were changed, in few words: ``line 7``, ``lines 7, 9``."""
    numbers = sorted({edit.line for edit in edits})
    named = ", ".join(map(str, numbers[:_NAMED]))
    rest = f" and {len(numbers) - _NAMED} more" if len(numbers) > _NAMED else ""
    return f"{'line' if len(numbers) == 1 else 'lines'} {named}{rest}"


def describe_edits(edits: Sequence[LineEdit]) -> str:
    """Return what was done to a journal: the first change, and how many more there are."""
    first, *others = edits
    return f"{first}; and {counted(len(others), 'more change')}" if others else str(first)


class Sealer:
    """Seals the lines of a journal, one after the other.

    Args:
        after: The chain of the line before; empty for the first line of a journal.
    """

    def __init__(self, after: str) -> None:
        self._last = after
        self._number = int(after[:-_HASH_CHARACTERS] or 0)

    def seal(self, text: str) -> str:
        """Return the next line with its chain; it is JSON with at least one field."""
        self._number += 1
        digest = sha256((self._last + text).encode("ascii")).hexdigest()
        self._last = f"{self._number}:{digest}"
        return f'{text[:-1]},"chain":"{self._last}"}}'


def timed(text: str, at: str) -> str:
    """Return a line of JSON with the time of its event, see `time_now`."""
    return f'{text[:-1]},"at":"{at}"}}'


def time_now() -> str:
    """Return the time as lines have it: in UTC, to the millisecond."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds")


def last_chain(content: bytes) -> str:
    """Return the chain of the last whole line of a journal; empty when it has none."""
    for line in reversed(content.split(b"\n")):
        found = _find_field(line.rstrip(b"\r"))
        if found is not None:
            return found[1].decode("ascii")
    return ""


def _find_field(line: bytes) -> re.Match[bytes] | None:
    return _FIELD.search(line, max(0, len(line) - _FIELD_BYTES))


class ChainReader:
    """Follows the chain of a journal from line to line.

    Args:
        edits: Told where it is broken.
        header: The number of the line with the header.
        is_chained: Whether it says that lines carry a chain.

    Attributes:
        header: See above.
    """

    def __init__(self, edits: list[LineEdit], *, header: int, is_chained: bool) -> None:
        self._edits = edits
        self.header = header
        self._is_chained = is_chained
        self._before = self._proven = b""
        self._number = 0

    @property
    def last(self) -> str:
        """The chain of the last line that carries one; empty while none does."""
        return self._before.decode("ascii")

    def take(self, line: bytes, number: int) -> None:
        """Take a line that can be read.

        Args:
            line: The line, without what surrounds it.
            number: Its number in the file.
        """
        found = _find_field(line)
        if found is None:
            if self._is_chained:
                self._edits.append(LineEdit(number, EditKind.UNCHAINED))
            return
        if not self._is_chained:
            self._edits.append(LineEdit(self.header, EditKind.HEADER))
            self._is_chained = True
        chain, text = found[1], line[: found.start()] + b"}"
        if self._is_next(chain, text):
            self._proven = chain
        else:
            self._edits.append(LineEdit(number, self._find_kind(_number_of(chain))))
        self._before, self._number = chain, _number_of(chain)

    def _is_next(self, chain: bytes, text: bytes) -> bool:
        """Return whether a line follows the one before, or the last one that is proven.

        What stands between the last proven line and one that follows it was put there.
        """
        if chain == _next(self._number, self._before, text):
            return True
        return chain == _next(_number_of(self._proven), self._proven, text)

    def _find_kind(self, number_there: int) -> EditKind:
        if number_there == self._number + 1:
            return EditKind.CHANGED
        return EditKind.MISSING if number_there > self._number else EditKind.MOVED


def _next(number: int, before: bytes, text: bytes) -> bytes:
    """Return the chain of a line that follows another one."""
    return b"%d:%b" % (number + 1, sha256(before + text).hexdigest().encode("ascii"))


def _number_of(chain: bytes) -> int:
    return int(chain.partition(b":")[0] or 0)
