"""Reads a journal line by line, also one that broke off."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO

from pytest_jama.core.cases import CaseRef
from pytest_jama.core.errors import Problem, PytestJamaError, SettingsError
from pytest_jama.core.lock import merge_locks
from pytest_jama.core.plan import SendState
from pytest_jama.core.text import quoted, shorten
from pytest_jama.journal.chain import ChainReader
from pytest_jama.journal.line_parser import (
    PADDING,
    Parser,
    decode_line,
    parse_coverage,
    parse_creation,
    parse_file_receipt,
    parse_header,
    parse_key,
    parse_left_out,
    parse_locked,
    parse_renamed,
    parse_statuses,
    parse_task,
    parse_unusable,
)
from pytest_jama.journal.lines import FORMAT_VERSION, UNCHAINED_VERSION
from pytest_jama.journal.prior_uploads import UNCERTAIN, is_accepted, is_taken_back, server_of
from pytest_jama.journal.record import Arrival, Recording
from pytest_jama.journal.relinked import Relinks, take_relinked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from pytest_jama.journal.lines import JournalLine
    from pytest_jama.journal.record import Header, RecordedVerdict


class JournalError(SettingsError):
    """A file is not a journal, or not one that this version knows.

    Args:
        message: What is wrong.
        remedy: What the user can do about it.
        where: The file, with a line.
    """

    def __init__(self, message: str, remedy: str, *, where: str) -> None:
        super().__init__(Problem(message, remedy, where))


class EmptyJournalError(PytestJamaError):
    """The file ends before its header does: nothing is known of the session."""


def read_journal(file: BinaryIO, path: Path) -> Recording:
    """Read a journal.

    Args:
        file: The journal, opened at its start.
        path: Where it is, for messages.

    Raises:
        JournalError: When it is not a journal, or of a newer format.
        EmptyJournalError: When it ends before its header does.
        OSError: When it cannot be read.
    """
    numbered = enumerate(file, start=1)
    recording, chain = _read_header(numbered, path)
    reader = _RecordReader(recording)
    torn = 0
    for number, raw in numbered:
        line = decode_line(raw)
        if line is None and not raw.strip(PADDING):
            continue
        if torn and not _begins_upload(line, raw):
            recording.damaged.append(torn)
        torn = 0 if line is not None else number
        if line is None:
            continue
        chain.take(raw.strip(PADDING), number)
        if not reader.take(line, number):
            recording.damaged.append(number)
    recording.chain = chain.last
    recording.is_header_edited = any(edit.line == chain.header for edit in recording.edits)
    recording.is_chained = recording.is_chained or bool(chain.last)
    return recording


_KNOWN = (UNCHAINED_VERSION, FORMAT_VERSION)

_NO_JOURNAL = "name a file that pytest --jama or junit-uploader wrote: .jama/*.jsonl"


def _read_header(
    numbered: Iterator[tuple[int, bytes]], path: Path
) -> tuple[Recording, ChainReader]:
    for number, raw in numbered:
        content = raw.removeprefix(b"\xef\xbb\xbf").strip(PADDING)
        if not content:
            continue
        line = decode_line(content)
        if line is None and not raw.endswith(b"\n") and _may_begin(b"session", content):
            break
        if line is None or line.get("line") != "session":
            what = "is not a JSON object" if line is None else "is not the header of a journal"
            if line is None and _may_begin(b"session", content):
                what = "the header is damaged: it is not one JSON object, or has a key twice"
            raise JournalError(what, _NO_JOURNAL, where=f"{path}:{number}")
        recording = Recording(path, _header_of(line, where=f"{path}:{number}"))
        recording.is_chained = line["format"] != UNCHAINED_VERSION
        chain = ChainReader(recording.edits, header=number, is_chained=recording.is_chained)
        chain.take(content, number)
        return recording, chain
    raise EmptyJournalError(
        f"{path}: ends before its header does, so that nothing is known of the session; "
        "run it again, or remove the file",
    )


def _begins_upload(line: JournalLine | None, raw: bytes) -> bool:
    is_torn = line is None and _may_begin(b"upload", raw.strip(PADDING))
    return is_torn or (line is not None and line.get("line") == "upload")


def _may_begin(kind: bytes, content: bytes) -> bool:
    """Return whether a line is of a kind; its end may be missing."""
    beginning = b'{"line":"%s"' % kind
    return beginning.startswith(content[: len(beginning)])


def _header_of(line: JournalLine, *, where: str) -> Header:
    version = line.get("format")
    if isinstance(version, int) and version > FORMAT_VERSION:
        raise JournalError(
            f"is of format {quoted(version)}, and this version of pytest-jama knows "
            f"{FORMAT_VERSION}",
            "install the version that wrote it, or a newer one",
            where=where,
        )
    if version not in _KNOWN or isinstance(version, bool):
        message = f"the header is damaged: format is {quoted(version)}"
        raise JournalError(message, _NO_JOURNAL, where=where)
    try:
        return parse_header(line)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as exc:
        raise JournalError(
            f"the header is damaged: {_told(exc)}", _NO_JOURNAL, where=where
        ) from exc


def _told(error: Exception) -> str:
    """Return what is wrong with a header; Python's own words say nothing of it."""
    if isinstance(error, KeyError):
        return f"{error} is missing"
    text = shorten(str(error), at_most=_MOST_TOLD)
    return text if isinstance(error, _TELLING) else "a field is of the wrong kind"


_MOST_TOLD = 200
_TELLING = (TypeError, ValueError, OverflowError)


class _RecordReader:
    """Puts lines into a recording."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._parser = Parser()
        self._has_upload = False
        self._number = 0
        self._server, self._place = "", server_of("")
        self._sessions: tuple[str, ...] = ()
        self._outdated: dict[CaseRef, RecordedVerdict] = {}
        self._go_to(recording.header.settings.get("url"))
        self._readers: dict[object, Callable[[JournalLine], None]] = {
            "collected": self._collected,
            "uncollected": self._uncollected,
            "locked": self._locked,
            "result": self._result,
            "verdict": self._verdict,
            "update": self._update,
            "receipt": self._receipt,
            "unusable": self._unusable,
            "unlinked": self._unlinked,
            "unmatched": self._unmatched,
            "known": self._known,
            "map": self._map,
            "coverage": self._coverage,
            "left_out": self._left_out,
            "relinked": self._relinked,
            "creation": self._creation,
            "file": self._file,
            "place": self._placed,
            "upload": self._upload,
            "end": self._end,
        }

    def take(self, line: JournalLine, number: int) -> bool:
        """Take a line; return whether it could be understood. Other kinds are passed over."""
        self._recording.is_finished, self._recording.is_open = False, True
        self._number = number
        try:
            read = self._readers.get(line.get("line"))
            if read is not None:
                read(line)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
            return False
        return True

    def _collected(self, line: JournalLine) -> None:
        collected = list(self._parser.parse_collected(line))
        for test in collected:
            known = self._recording.collected.setdefault(test.test_id, test)
            if known.links != test.links:  # two tests of one name
                links = tuple(dict.fromkeys((*known.links, *test.links)))
                self._recording.collected[test.test_id] = known._replace(links=links)

    def _uncollected(self, line: JournalLine) -> None:
        uncollected = self._parser.parse_uncollected(line)
        self._recording.uncollected.setdefault(uncollected.test_id, uncollected)

    def _locked(self, line: JournalLine) -> None:
        self._recording.lock = merge_locks([self._recording.lock, parse_locked(line)])

    def _result(self, line: JournalLine) -> None:
        """Take a result; what was concluded of its cases before stands if the end confirms it."""
        result = self._parser.parse_result(line)
        self._recording.add_result(result)
        verdicts = self._recording.verdicts
        for ref in {link.case_ref for link in result.links} & verdicts.keys():
            self._outdated[ref] = verdicts.pop(ref)

    def _verdict(self, line: JournalLine) -> None:
        verdict = self._parser.parse_verdict(line)
        if not self._has_upload:  # an upload may judge several sessions
            self._outdated.pop(verdict.judged_ref, None)
            self._recording.verdicts[verdict.judged_ref] = replace(verdict, line=self._number)

    def _update(self, line: JournalLine) -> None:
        place, known = (self._place, parse_key(line)), self._recording.statuses
        known[place] = (*known.get(place, ()), *parse_statuses(line))

    def _receipt(self, line: JournalLine) -> None:
        state = SendState(line["state"])
        place = self._place, parse_key(line)
        task = parse_task(line)
        if task is not None:
            self._recording.tasks[place] = task
        arrivals = self._recording.arrivals
        digest = str(line.get("digest", ""))
        is_there = is_accepted(state, task)
        if is_there and digest:
            arrivals[place] = Arrival(
                digest,
                server=self._server,
                case=str(line.get("case", "")),
                status=str(line.get("status", "")),
                sessions=self._sessions,
                is_kept=state is not SendState.MISMATCH,
            )
        elif is_there or state in UNCERTAIN or is_taken_back(arrivals, place, digest):
            arrivals.pop(place, None)

    def _unusable(self, line: JournalLine) -> None:
        unusable = parse_unusable(line)
        if not self._has_upload:  # another upload may be able to use it
            self._recording.unusable[unusable] = None

    def _unlinked(self, line: JournalLine) -> None:
        self._recording.nearest = str(line["nearest"])

    def _known(self, line: JournalLine) -> None:
        self._recording.known.update(dict.fromkeys(map(CaseRef.parse, line["cases"])))

    def _map(self, line: JournalLine) -> None:
        if not self._has_upload:
            self._recording.map = self._parser.parse_map(line)

    def _coverage(self, line: JournalLine) -> None:
        self._recording.coverage = parse_coverage(line)

    def _left_out(self, line: JournalLine) -> None:
        if not self._has_upload:  # an upload may be of several sessions
            self._recording.left_out, self._recording.knows_all = parse_left_out(line), True

    def _relinked(self, line: JournalLine) -> None:
        take_relinked(
            self._recording,
            Relinks(self._parser.parse_relinked(line)),
            renamed=parse_renamed(line),
            verdicts=set(map(CaseRef.parse, line["verdicts"])),
        )

    def _creation(self, line: JournalLine) -> None:
        what, begun_at = parse_creation(line)
        if begun_at is None:
            self._recording.begun.pop(what, None)
        else:
            self._recording.begun[what] = begun_at

    def _file(self, line: JournalLine) -> None:
        self._recording.filed.append(parse_file_receipt(line, server=self._place))

    def _placed(self, line: JournalLine) -> None:
        """Forget what was begun: a plan tells that all of it was found afterwards.

        What others have changed since it was sent had been stored.
        """
        self._recording.begun.clear()
        self._recording.is_planned = True
        self._confirm((self._place, key) for key in line.get("changed", ()))

    def _confirm(self, places: Iterable[tuple[str, str]]) -> None:
        arrivals = self._recording.arrivals
        for each in places:
            if each in arrivals:
                arrivals[each] = replace(arrivals[each], is_confirmed=True)

    def _unmatched(self, line: JournalLine) -> None:
        unmatched = list(self._parser.parse_unmatched(line))
        self._recording.unmatched.update({each.key: each for each in unmatched})

    def _upload(self, line: JournalLine) -> None:
        self._recording.partners = self._sessions = tuple(map(str, line["sessions"]))
        self._go_to(line["settings"].get("url"))
        self._recording.is_taken_up = True
        accepted = line.get("accepted_edits", {}).get(self._recording.header.session, ())
        before = range(self._number)
        self._recording.accepted.update(each for each in accepted if each in before)
        self._has_upload = True

    def _end(self, line: JournalLine) -> None:
        recording = self._recording
        recording.is_finished = line["finished"] is True
        if not self._has_upload:
            recording.has_ended = True
            recording.verdicts.update(self._outdated)
        recording.is_taken_up = recording.is_open = False
        if recording.is_finished:
            self._confirm([each for each in recording.arrivals if each[0] == self._place])

    def _go_to(self, url: object) -> None:
        """Take the server to which what follows was sent."""
        if isinstance(url, str):
            self._server, self._place = url, server_of(url)
