"""The lines of a journal, as they are read. Pure: JSON-able objects to values; see `lines`.

Unknown fields are passed over; without a required one, `KeyError`, `TypeError` or `ValueError` is
raised.
"""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from pytest_jama.core.attached_file import AttachedFile, FileReceipt, FileState
from pytest_jama.core.case_map import CaseMap, MapEntry
from pytest_jama.core.cases import CaseLink, CaseRef
from pytest_jama.core.errors import Unusable, UnusableKind
from pytest_jama.core.known_tests import Coverage, Unmatched
from pytest_jama.core.lock import Lock, LockedCase
from pytest_jama.core.origin import Elsewhere, Provenance
from pytest_jama.core.plan import ServerTask
from pytest_jama.core.prior_state import EarlierStatus
from pytest_jama.core.results import Outcome, ReportedName, StepResult, TestResult
from pytest_jama.core.verdicts import StepVerdict, Verdict
from pytest_jama.journal.folder import order_in
from pytest_jama.journal.lines import LEAVE
from pytest_jama.journal.record import Header, RecordedVerdict
from pytest_jama.journal.relinked import Relinked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pytest_jama.journal.lines import JournalLine

_OUR_VERSIONS = frozenset({"pytest-jama", "python"})
"""The versions in a header that do not name what ran the tests."""

PADDING = b"\0\r\n\t "
"""What surrounds a line without meaning; machines that lost power leave NUL bytes."""


def decode_line(raw: bytes) -> JournalLine | None:
    """Return a line; None when it is torn.

    A JSON object that is cut anywhere is not one any more, so a line that can be read is whole,
    also without its line feed. One that has a key twice is what was left of two lines.
    """
    try:
        line = _decode(raw.strip(PADDING).decode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError):
        return None
    return line if isinstance(line, dict) else None


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands there twice")
    return found


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


_decode = json.JSONDecoder(object_pairs_hook=_without_repetition, parse_constant=_refuse).decode


def parse_header(line: JournalLine) -> Header:
    """Read a `session` line."""
    versions = {_text(name): _text(version) for name, version in line["versions"].items()}
    framework = (f"{name} {versions[name]}" for name in versions if name not in _OUR_VERSIONS)
    return Header(
        session=_text(line["session"]),
        started=_parse_moment(_text(line["started"])),
        versions=versions,
        commit=_text(line["commit"]),
        framework=_text(line.get("framework", ", ".join(framework))),
        settings=dict(line["settings"]),
        hooks=tuple(map(_text, line.get("hooks", ()))),
        order=order_in(line),
        provenance=_parse_provenance(line.get("provenance", {}), commit=_text(line["commit"])),
    )


def _parse_moment(text: str) -> datetime:
    """Read a time; one that is none in UTC would fail where it is shown."""
    return datetime.fromisoformat(text).astimezone(timezone.utc)


def _parse_provenance(said: Mapping[str, Any], *, commit: str) -> Provenance:
    names = ("user", "actor", "ci", "job", "host", "os", "branch")
    texts = {name: _text(said.get(name, "")) for name in names}
    plugins = {_text(name): _text(version) for name, version in said.get("plugins", {}).items()}
    tests, modified = said.get("tests"), said.get("modified")
    times = None
    if tests is not None:
        hosts = tuple(map(_text, tests.get("hosts", ())))
        started, ended = _text(tests.get("started", "")), _text(tests.get("ended", ""))
        for each in (started, ended) if started else ():
            _parse_moment(each)
        times = Elsewhere(started, ended, hosts, is_partial=bool(tests.get("partial")))
    return Provenance(
        **texts,
        plugins=plugins,
        commit=commit,
        is_modified=None if modified is None else bool(modified),
        tests=times,
    )


class Parser:
    """Reads lines of tests; equal links, of which there may be very many, become one value."""

    def __init__(self) -> None:
        self._links: dict[str, CaseLink] = {}

    def parse_collected(self, line: JournalLine) -> Iterator[TestResult]:
        """Yield what each test of a `collected` line counts as."""
        for test_id, outcome, links, *rest in line["tests"]:
            yield TestResult(
                _text(test_id),
                Outcome(outcome),
                message=_text(rest[0]) if rest else "",
                links=self.parse_links(links),
                names_cases=True in rest[1:2],
            )

    def parse_unmatched(self, line: JournalLine) -> Iterator[Unmatched]:
        """Yield the keys of an `unmatched` line."""
        for key, number, nearest, links, *more in line["keys"]:
            said = (_text(key), int(number), _text(nearest), self.parse_links(links))
            yield Unmatched(*said, *map(_text, more[:2]))

    def parse_uncollected(self, line: JournalLine) -> TestResult:
        """Read an `uncollected` line."""
        return TestResult.of_uncollected(_text(line["address"]), self.parse_links(line["cases"]))

    def parse_result(self, line: JournalLine) -> TestResult:
        """Read a `result` line."""
        duration_s, started = line.get("duration_s"), line.get("started")
        reported = line.get("reported")
        return TestResult(
            test_id=_text(line["test"]),
            outcome=Outcome(line["outcome"]),
            duration_s=None if duration_s is None else float(duration_s),
            message=_text(line.get("message", "")),
            notes=tuple(map(_text, line.get("notes", ()))),
            steps=tuple(
                StepResult(int(number), Outcome(outcome), _text(note))
                for number, outcome, note in line.get("steps", ())
            ),
            links=self.parse_links(line["cases"]),
            started=None if started is None else float(started),
            host=_text(line.get("host", "")),
            is_taken_out=line.get("taken_out") is True,
            redacted=_count(line.get("redacted", 0)),
            files=tuple(map(_parse_file, line.get("files", ()))),
            trace=_text(line.get("trace", "")),
            error_type=_text(line.get("error_type", "")),
            reported=None if reported is None else ReportedName(*map(_text, reported)),
            names_cases=line.get("own") is True,
        )

    def parse_verdict(self, line: JournalLine) -> RecordedVerdict:
        """Read a `verdict` line."""
        case_ref = CaseRef.parse(line["case"])
        adjusted = line.get("adjusted")
        if adjusted is None:
            steps = _parse_steps(line["steps"])
            return RecordedVerdict(case_ref, parse_verdict(line["verdict"]), steps, case_ref)
        results = adjusted.get("results")
        return RecordedVerdict(
            case_ref,
            parse_verdict(line["verdict"]),
            _parse_steps(adjusted["steps"]),
            judged_ref=CaseRef.parse(adjusted["case"]),
            has_notes=True,
            results=None if results is None else tuple(map(self.parse_result, results)),
            redacted=_count(adjusted.get("redacted", 0)),
        )

    def parse_map(self, line: JournalLine) -> CaseMap:
        """Read a `map` line."""
        entries = (
            MapEntry(_text(key), self.parse_links(links), int(number))
            for key, links, number in line["keys"]
        )
        test_map, _ = CaseMap.build(entries)
        above, folders = _text(line["above"]), tuple(map(_text, line["folders"]))
        return test_map.seen_like(CaseMap({}, above=above, folders=folders))

    def parse_relinked(self, line: JournalLine) -> list[Relinked]:
        """Read the changes of a `relinked` line."""
        return [
            Relinked(_text(test), self.parse_links(was), self.parse_links(now), out is True)
            for test, was, now, out in line["tests"]
        ]

    def parse_links(self, texts: Iterable[str]) -> tuple[CaseLink, ...]:
        """Read links as they stand in a line."""
        return tuple(self._links.get(text) or self._parse_link(text) for text in texts)

    def _parse_link(self, text: str) -> CaseLink:
        return self._links.setdefault(text, CaseLink.parse(text))


def _parse_file(file: Mapping[str, Any]) -> AttachedFile:
    step = file.get("step")
    return AttachedFile(
        _text(file["name"]),
        _parse_sha256(file["sha256"]),
        _count(file["size"]),
        _text(file["type"]),
        step=None if step is None else int(step),
        redacted=_count(file.get("redacted", 0)),
    )


def _parse_sha256(value: object) -> str:
    """Read a hash: it becomes a part of a path, so that nothing else may stand there."""
    text = _text(value)
    if not _SHA256.fullmatch(text):
        raise ValueError(f"{text!r} is not a SHA-256")
    return text


_SHA256 = re.compile("[0-9a-f]{64}")


def parse_file_receipt(line: JournalLine, *, server: str) -> FileReceipt:
    """Read a `file` line of an upload to a server."""
    attachment = line["attachment"]
    if isinstance(attachment, bool) or not isinstance(attachment, (int, str, type(None))):
        raise TypeError(f"{attachment!r} is not an ID")
    at = line.get("at")
    return FileReceipt(
        _parse_sha256(line["sha256"]),
        _text(line["name"]),
        FileState(line["state"]),
        attachment,
        place=_text(line.get("place", "")),
        error=_text(line.get("error", "")),
        server=server,
        at=None if at is None else _parse_moment(_text(at)).timestamp(),
    )


def parse_task(line: JournalLine) -> ServerTask | None:
    """Read in which task the server works off the update of a `receipt` line."""
    task_id = line.get("task")
    return None if task_id is None else ServerTask(_count(task_id), _text(line.get("until", "")))


def parse_statuses(line: JournalLine) -> tuple[EarlierStatus, ...]:
    """Read from an `update` line what a run showed, and was to show; nothing of a document."""
    was, status, steps = map(line.get, ("was", "status", "steps"))
    if not (isinstance(was, str) and isinstance(status, str) and isinstance(steps, list)):
        return ()
    return EarlierStatus(was), EarlierStatus(status, tuple(map(str, steps)))


def parse_locked(line: JournalLine) -> Lock:
    """Read a `locked` line."""
    return Lock({_text(name): LockedCase.read(case) for name, case in line["cases"].items()})


def parse_left_out(line: JournalLine) -> dict[str, TestResult]:
    """Read a `left_out` line: what each test that is linked to no case counts as."""
    tests = [
        TestResult(_text(test), Outcome(outcome), is_taken_out=bool(own), names_cases=bool(own))
        for test, outcome, *own in line["tests"]
    ]
    return {each.test_id: each for each in tests}


def parse_coverage(line: JournalLine) -> Coverage:
    """Read a `coverage` line; the tests are those of other lines."""

    def places(name: str) -> tuple[str, ...]:
        return tuple(map(_text, line[name]))

    return Coverage(
        (),
        missed=places("missed"),
        roots=places("roots"),
        is_whole=line["whole"] is True,
        test_paths=places("test_paths"),
        partial=places("partial"),
    )


def parse_renamed(line: JournalLine) -> dict[CaseRef, CaseRef]:
    """Read which case takes the place of another one in a `relinked` line."""
    return {CaseRef.parse(old): CaseRef.parse(new) for old, new in line["cases"].items()}


def parse_key(line: JournalLine) -> str:
    """Read what an update is known by; before 0.2 it was the number of a run instead."""
    key = line.get("key", line.get("run"))
    if isinstance(key, bool) or not isinstance(key, (str, int)):
        raise TypeError(key)
    return str(key)


def parse_creation(line: JournalLine) -> tuple[str, float | None]:
    """Read a `creation` line: what, and when it was begun; None when it was refused."""
    begun = _text(line["state"]) == "begun"
    return _text(line["what"]), _parse_moment(_text(line["at"])).timestamp() if begun else None


def parse_unusable(line: JournalLine) -> Unusable:
    """Read an `unusable` line."""
    return Unusable(UnusableKind(line["kind"]), _text(line["where"]), _text(line["why"]))


def parse_verdict(text: str) -> Verdict | None:
    """Read the name of a verdict; None for `leave`."""
    return None if text == LEAVE else Verdict(text)


def _parse_steps(steps: Iterable[list[Any]]) -> tuple[StepVerdict, ...]:
    return tuple(
        StepVerdict(int(number), Verdict(verdict), tuple(map(_text, notes)))
        for number, verdict, *notes in steps
    )


def _count(value: object) -> int:
    if not isinstance(value, int) or value < 0:
        raise TypeError(f"{value!r} is not a count")
    return int(value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not a text")
    return value
