"""What is wrong or odd about the reports of a session, in lines for people. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from junit_uploader.junit.notes import NoteKind
from junit_uploader.junit.outcomes import FAILING
from junit_uploader.listing import counted
from pytest_jama.report.summary import LISTED, NAMED, Line, Tone

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from junit_uploader.junit.notes import Note
    from junit_uploader.merged_reports import ReportFile
    from pytest_jama.core.results import TestResult

_FORMS = {
    NoteKind.UNUSABLE_REFERENCE: Line("NOT LINKED", "", Tone.BAD),
    NoteKind.UNSEEN_FAILURES: Line("warning", "", Tone.WARNING),
}
"""How the notes that are serious are shown."""


def remark_lines(files: Iterable[ReportFile], *, verbose: bool) -> Iterator[Line]:
    """Yield a line for each report that cannot be read, and for each note.

    Args:
        files: The reports.
        verbose: Whether to show every note, however many there are.
    """
    notes = []
    for file in files:
        if file.error is not None:
            yield Line("UNREADABLE", f"{file.path}: {file.error}", Tone.BAD)
        notes += [_note_line(file, note) for note in file.notes]
    shown = notes if verbose else _choose(notes)
    yield from shown
    if len(shown) < len(notes):
        yield Line("note", f"{len(notes) - len(shown)} more (list with -v)")


def _choose(notes: Sequence[Line]) -> Sequence[Line]:
    """Return all that are serious, and the first of the others."""
    others = [note for note in notes if note.tone is Tone.PLAIN][:LISTED]
    return [note for note in notes if note.tone is not Tone.PLAIN or note in others]


def _note_line(file: ReportFile, note: Note) -> Line:
    form = _FORMS.get(note.kind, Line("note", ""))
    return Line(form.label, f"{file.path}: {note}", form.tone)


def unread_lines(files: Sequence[ReportFile]) -> Iterator[Line]:
    """Yield how many reports could not be read, for the end of the summary."""
    unread = sum(file.error is not None for file in files)
    if unread:
        text = f"{unread} of {counted(len(files), 'report')} could not be read: see above"
        yield Line("INCOMPLETE", text, Tone.BAD)


def unlinked_failure_lines(results: Iterable[TestResult]) -> Iterator[Line]:
    """Yield how many failed tests no run will show, such as a fixture or a suite that died."""
    names = [each.test_id for each in results if not each.links and each.outcome in FAILING]
    if names:
        shown = ", ".join(names[:NAMED]) + (", ..." if len(names) > NAMED else "")
        text = f"{counted(len(names), 'failed test')} without a test case: {shown}"
        yield Line("unlinked", text, Tone.WARNING)
