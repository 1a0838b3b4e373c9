"""What is said of reports: notes, and with ``--list`` their tests, also as JSON."""

from __future__ import annotations

import json
from functools import cached_property, lru_cache
from json.encoder import encode_basestring_ascii as _text
from typing import TYPE_CHECKING, Any

from junit_uploader.junit.notes import NoteKind
from junit_uploader.merged_reports import COUNTED
from pytest_jama.core.case_map import CaseMap
from pytest_jama.core.cases import without_none
from pytest_jama.core.errors import ErrorLog
from pytest_jama.core.known_tests import Coverage, find_gaps
from pytest_jama.core.results import Outcome
from pytest_jama.core.text import counted, printable_json
from pytest_jama.report.upload_lines import LISTED, Line, Tone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from junit_uploader.junit.notes import Note
    from junit_uploader.junit.reported_test import ReportedTest
    from junit_uploader.merged_reports import MergedReports, ReportFile
    from pytest_jama.config import SharedSettings
    from pytest_jama.core.cases import CaseLink
    from pytest_jama.core.known_tests import Unmatched
    from pytest_jama.core.redaction import Redactor
    from pytest_jama.core.shown_results import ShownResults
    from pytest_jama.hooks.extensions import Extensions


NO_TESTCASE = "there is no testcase in any report: did the tests run at all?"


class MappedTests:
    """What the map of a settings file says of the tests of reports; nothing without one.

    Args:
        session: The tests.
        settings: The settings file, with its map and the pattern for names.
    """

    def __init__(self, session: MergedReports, settings: SharedSettings | None) -> None:
        self._session = session
        self._tests, _ = CaseMap.build(())
        self._extensions: Extensions | None = None
        if settings is None or not (settings.tests or settings.name_pattern):
            return
        from pytest_jama.hooks.extensions import Extensions  # noqa: PLC0415 (only with a map)

        self._tests = session.map_for(settings.tests)
        seen = settings.model_copy(update={"tests": self._tests})
        self._extensions = Extensions(seen, errors=ErrorLog())

    @property
    def is_empty(self) -> bool:
        """Whether it names no case of any test."""
        return self._extensions is None

    def find(self, test: ReportedTest) -> tuple[CaseLink, ...]:
        """Return the cases of a test that names none itself."""
        if self._extensions is None or test.links:
            return ()
        return without_none(self._extensions.find_by_id(test.test_id, name=test.name) or ())

    @cached_property
    def unmatched(self) -> tuple[Unmatched, ...]:
        """The keys of the map that match no test of the reports, if all could be read."""
        if not self._session.is_complete:
            return ()
        coverage = Coverage(
            list(self._session.tests), absent="has no test in any report given here"
        )
        return find_gaps(self._tests, coverage).unmatched

    def unmatched_lines(self, redactor: Redactor) -> Iterator[str]:
        """Yield a sentence for each of these; of many the first ones."""
        if not self.unmatched:
            return
        from pytest_jama.report.summary import unmatched_lines  # noqa: PLC0415 (rarely needed)

        for line in unmatched_lines(self.unmatched, verbose=False):
            yield f"{line.label}: {redactor.hide(line.text).text}"


def list_lines(session: MergedReports, named: ShownResults, mapped: MappedTests) -> Iterator[str]:
    """Yield one line for each test: outcome, seconds, test ID, and case references in brackets.

    Args:
        session: The tests.
        named: Names them without secrets.
        mapped: Knows the cases that the map names.
    """
    named.learn(session.tests)
    hides_any, is_mapped = named.hides_any, not mapped.is_empty
    for test in session.tests.values():
        test_id, _, _, outcome, time_s, _, extras = test
        shown = named.name_of(test_id) if hides_any else test_id
        if extras is not None and extras.links:
            shown += f"  [{', '.join([str(link) for link in extras.links])}]"
        elif is_mapped and (links := mapped.find(test)):
            shown += f"  [{', '.join(map(str, links))} by tests:]"
        if time_s is None:
            yield f"{_PADDED[outcome]}         -  {shown}"
        else:  # half the time of an f-string
            yield "%s%9.3fs  %s" % (_PADDED[outcome], time_s, shown)  # noqa: UP031


_PADDED = {outcome: outcome.ljust(8) for outcome in Outcome}


def summary_line(session: MergedReports) -> str:
    """Return the counts: ``2 reports, 12 testcases, 10 tests: 9 passed, 1 failed``."""
    counts = _counts(session.test_counts)
    outcomes = ", ".join(f"{number} {name}" for name, number in counts.items() if number)
    written = sum(session.testcase_counts.values())
    parts = (
        counted(len(session.files), "report"),
        counted(written, "testcase"),
        counted(len(session.tests), "test"),
    )
    return ", ".join(parts) + (f": {outcomes}" if outcomes else "")


def file_lines(file: ReportFile, redactor: Redactor) -> Iterator[str]:
    """Yield what is wrong with a report, and what is odd about it."""
    path, error, _, notes, *_ = file_values(file, redactor).values()
    if error is not None:
        yield f"error: {path}: {error}"
    for note in notes:
        yield f"note: {path}: {note}"


def json_pieces(session: MergedReports, named: ShownResults, mapped: MappedTests) -> Iterator[str]:
    """Yield the JSON document in pieces: a session may have a million tests.

    Args:
        session: The tests.
        named: Names them without secrets.
        mapped: Knows the cases that the map names.
    """
    named.learn(session.tests)
    hide = lru_cache(lambda text: named.redactor.hide(text).text)
    yield '{"files": '
    yield _json([file_values(file, named.redactor) for file in session.files])
    yield ',\n "tests": ['
    separator = "\n  "
    for test in session.tests.values():
        name = named.name_of(test.test_id) if named.hides_any else test.test_id
        yield separator + printable_json(_test_json(test, name, hide, mapped.find(test)))
        separator = ",\n  "
    counts = {"testcases": session.testcase_counts, "tests": session.test_counts}
    yield '],\n "counts": '
    yield _json({name: _counts(each) for name, each in counts.items()})
    if mapped.unmatched:
        yield ',\n "unmatched": '
        yield _json([{"key": hide(each.key), "line": each.line} for each in mapped.unmatched])
    yield "}\n"


def _json(value: object) -> str:
    return printable_json(json.dumps(value))


def file_values(file: ReportFile, redactor: Redactor) -> dict[str, Any]:
    """Return a report as JSON documents show it."""
    values = {
        "path": redactor.hide(file.path).text,
        "error": file.error and redactor.hide(file.error).text,
        "testcases": file.testcases,
        "notes": [redactor.hide(str(note)).text for note in file.notes],
    }
    return {**values, "rootdirs": list(file.rootdirs)} if file.rootdirs else values


def _test_json(
    test: ReportedTest,
    test_id: str,
    hide: Callable[[str], str],
    by_map: Sequence[CaseLink],
) -> str:
    """Return a test as JSON: by hand, in a fifth of the time of an encoder."""
    true_id, classname, suite, outcome, time_s, _, extras = test
    name = test.name
    if test_id is not true_id or (extras is not None and extras.name):
        classname, name = hide(classname), hide(name)
    time = "null" if time_s is None else repr(time_s)
    cases, attempts, steps = "[]", 1, ""
    if extras is not None:
        if extras.steps:
            numbers = dict.fromkeys(step.number for step in extras.steps)
            steps = f', "steps": [{", ".join(map(str, numbers))}]'
        cases = f"[{', '.join(_text(str(link)) for link in extras.links)}]"
        attempts = test.attempts
    return (
        f'{{"test_id": {_text(test_id)}, "classname": {_text(classname)}, '
        f'"name": {_text(name)}, "suite": {_text(hide(suite.path))}, '
        f'"outcome": "{_WORDS[outcome]}", "time_s": {time}, '
        f'"cases": {cases}, "attempts": {attempts}{steps}{_mapped_json(by_map)}}}'
    )


def _mapped_json(links: Sequence[CaseLink]) -> str:
    return f', "mapped": [{", ".join(_text(str(link)) for link in links)}]' if links else ""


_WORDS = {outcome: outcome.value for outcome in Outcome}


def _counts(counts: Mapping[Outcome, int]) -> dict[str, int]:
    every = {**dict.fromkeys(COUNTED, 0), **counts}
    return {outcome.value: number for outcome, number in every.items()}


def note_lines(files: Iterable[ReportFile], redactor: Redactor, *, verbose: bool) -> Iterator[Line]:
    """Yield a line for each note; references that cannot be used stand in the summary.

    Args:
        files: The reports.
        redactor: Hides secrets in their names and in what they say.
        verbose: Whether to show every note, however many there are.
    """
    notes = [
        _note_line(file, note, redactor)
        for file in files
        for note in file.notes
        if note.kind is not NoteKind.UNUSABLE_REFERENCE
    ]
    shown = notes if verbose else _choose(notes)
    yield from shown
    if len(shown) < len(notes):
        yield Line("note", f"{len(notes) - len(shown)} more (list with -v)")


def _choose(notes: Sequence[Line]) -> Sequence[Line]:
    """Return all that are serious, and the first of the others."""
    others = [note for note in notes if note.tone is Tone.PLAIN][:LISTED]
    return [note for note in notes if note.tone is not Tone.PLAIN or note in others]


def _note_line(file: ReportFile, note: Note, redactor: Redactor) -> Line:
    is_serious = note.kind is NoteKind.UNSEEN_FAILURES
    label, tone = ("warning", Tone.WARNING) if is_serious else ("note", Tone.PLAIN)
    return Line(label, redactor.hide(f"{file.path}: {note}").text, tone)
