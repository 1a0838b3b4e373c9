"""From the bytes of one report to its testcases: strictly, then repaired, or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, Protocol

from junit_uploader.junit.long_texts import LongTextFeed
from junit_uploader.junit.notes import NoteKind, Notes, UnreadableError
from junit_uploader.junit.parser import FastFeed
from junit_uploader.junit.repairs import Piece, repair
from junit_uploader.junit.suite_walk import SuiteWalk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from junit_uploader.junit.notes import Note
    from junit_uploader.junit.parser import Feed
    from junit_uploader.junit.reported_test import ReadOptions, ReportedTest
    from pytest_jama.core.errors import Unusable

CHUNK_BYTES = 64 * 1024
LARGE_CHUNK_BYTES = 4 * 1024 * 1024
"""For tags of many megabytes, which expat scans again with every chunk."""

MOST_WAITING = 1_000_000
"""Most elements that are kept in memory until the testcase or suite ends that they stand in."""


class Readable(Protocol):
    """What a report is read from."""

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes; none at the end."""

    def seek(self, position: int, /) -> int:
        """Go back to the beginning."""


class FileReading(NamedTuple):
    """What one report says.

    Attributes:
        testcases: One for each ``<testcase>`` and each error of a suite itself, in their order.
        notes: What is odd about the report.
        unusable: The case references and steps in it that cannot be used.
        commits: The commits that its properties name.
        lacks_zone: Whether it says a time without the zone.
        rootdirs: The folders that test IDs were relative to; now all are to that of jama.yaml.
    """

    testcases: list[ReportedTest]
    notes: tuple[Note, ...]
    unusable: tuple[Unusable, ...]
    commits: tuple[str, ...] = ()
    lacks_zone: bool = False
    rootdirs: tuple[str, ...] = ()


class _Way(NamedTuple):
    """One way to read a report.

    Attributes:
        repairs: Whether it is cleaned.
        cuts: Whether texts are cut.
    """

    repairs: bool = False
    cuts: bool = False


def read_junit(stream: Readable, options: ReadOptions, report: int = 0) -> FileReading:
    """Read one report.

    The first try is strict and fast. When it fails, the report is cleaned, or its texts are cut, as
    far as that cannot change an outcome, and is parsed again as strictly.

    Args:
        stream: Its bytes; read from the beginning again for a second try.
        options: How to read it.
        report: Its number, for its testcases.

    Raises:
        UnreadableError: When it is empty, not well-formed, hostile, or not a JUnit report.
    """
    way = _Way()
    while True:
        try:
            return _read(stream, way, options, report)
        except UnreadableError as exc:  # noqa: PERF203 (at most four times)
            next_way = _find_next(way, exc)
            if next_way is None:
                raise
            way = next_way
            stream.seek(0)


def _find_next(way: _Way, error: UnreadableError) -> _Way | None:
    """Return what may help after a failure."""
    if error.is_final:
        return None
    if error.is_too_big:
        return None if way.cuts else way._replace(cuts=True)
    return None if way.repairs else way._replace(repairs=True)


def _read(stream: Readable, way: _Way, options: ReadOptions, report: int) -> FileReading:
    notes = Notes()
    testcases: list[ReportedTest] = []
    make_feed = partial(LongTextFeed, notes) if way.cuts else FastFeed

    def open_document(piece: Piece) -> _OpenDocument:
        walk = SuiteWalk(options, notes, testcases, report)
        return _OpenDocument(make_feed(piece.encoding), walk, piece.line)

    chunks = _chunks(stream, LARGE_CHUNK_BYTES if way.cuts else CHUNK_BYTES)
    try:
        count = _read_documents(
            repair(chunks, notes) if way.repairs else map(Piece, chunks), open_document
        )
    except UnreadableError as exc:
        exc.testcases_before = len(testcases)
        raise
    if count > 1:
        notes.add(NoteKind.SEVERAL_DOCUMENTS, detail=count)
    if not testcases:
        notes.add(NoteKind.NO_TESTCASE)
    if notes.rootdirs:
        testcases = [testcase.placed() for testcase in testcases]
    return FileReading(
        testcases,
        notes.all(),
        tuple(notes.unusable),
        tuple(notes.commits),
        notes.lacks_zone,
        tuple(notes.rootdirs),
    )


def _read_documents(
    pieces: Iterable[Piece],
    open_document: Callable[[Piece], _OpenDocument],
) -> int:
    """Read one document after the other; return how many there were."""
    count = 0
    current: _OpenDocument | None = None
    for piece in pieces:
        if current is None or (piece.may_begin and current.walk.has_ended):
            if current is not None:
                current.close()
            current = open_document(piece)
            count += 1
        current.feed(piece.data)
    if current is None:
        raise UnreadableError("the file is empty", is_final=True)
    current.close()
    return count


@dataclass(slots=True)
class _OpenDocument:
    """A document that is being read.

    Attributes:
        parser: Its parser.
        walk: What takes its elements.
        first_line: How many lines of the file stand before it.
        waiting: How many elements began since a testcase or suite ended, or more.
    """

    parser: Feed
    walk: SuiteWalk
    first_line: int
    waiting: int = 0

    def feed(self, data: bytes) -> None:
        """Read some more."""
        before = self.walk.finished
        try:
            self.parser.feed(data)
            self.walk.take(self.parser.ended(), has_marks=self.parser.has_marks)
            self._count_waiting(before)
        except UnreadableError as exc:
            exc.move_down(self.first_line)
            raise

    def _count_waiting(self, finished: int) -> None:
        if self.walk.finished > finished:
            self.waiting = 0
            return
        self.waiting += self.parser.count_begun()
        if self.waiting > MOST_WAITING:
            raise UnreadableError(
                f"more than {MOST_WAITING:,} elements, and no testcase or suite ends",
                is_too_big=True,  # cutting texts may show that they are not elements
            )

    def close(self) -> None:
        """Check that it is complete; read what the parser has kept back until now."""
        try:
            self.parser.close()
            self.walk.take(self.parser.ended(), has_marks=self.parser.has_marks)
        except UnreadableError as exc:
            exc.move_down(self.first_line)
            raise


def _chunks(stream: Readable, size: int) -> Iterator[bytes]:
    while chunk := stream.read(size):
        yield chunk
