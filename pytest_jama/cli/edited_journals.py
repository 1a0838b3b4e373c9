"""Journals that were changed after they were written: what an upload makes of them, and tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_jama.config.verdict_settings import VerdictSettings
from pytest_jama.core.errors import Unusable, UnusableKind
from pytest_jama.journal.chain import EditKind, LineEdit, describe_edits, name_lines
from pytest_jama.journal.folder import shown
from pytest_jama.journal.record import by_session
from pytest_jama.journal.rejudge import find_contradictions
from pytest_jama.report.upload_lines import Line, Tone

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_jama.journal.record import Recording
    from pytest_jama.journal.select import Choice

_NOT_SENT = (
    "nothing is sent; send it all the same with --accept-edited, which the accounts in Jama then "
    "tell, or name other journals"
)
_BESIDE = (
    "no one knows what its session sent, so that the runs which it may have written are left "
    "alone; --accept-edited takes it as it is"
)
_NAMED = 3


class EditedJournals:
    """Which journals of a choice were changed, and whether they count all the same.

    A changed journal keeps all that are taken up with it from being sent: no one knows what it
    said, and without it a test case may look better than it is.

    Args:
        choice: The journals.
        are_accepted: Whether the user takes them as they are.
    """

    def __init__(self, choice: Choice, *, are_accepted: bool) -> None:
        self._taken = [taken.recording for taken in choice.taken]
        self._others = choice.others
        for recording in self._taken:
            add_contradictions(recording)
        if are_accepted:
            for recording in (*self._taken, *self._others):
                recording.accepted.update(edit.line for edit in recording.edits)

    @property
    def forbid_upload(self) -> bool:
        """Whether nothing may be sent."""
        return any(recording.open_edits for recording in self._taken)

    def unusable(self) -> Iterator[Unusable]:
        """Yield those that do not count, for summary and exit status."""
        for recordings, consequence in ((self._taken, _NOT_SENT), (self._others, _BESIDE)):
            for recording in recordings:
                edits = recording.open_edits
                if edits:
                    where = f"{shown(recording.path)}:{edits[0].line}"
                    why = f"{describe_edits(edits)}; {consequence}"
                    yield Unusable(UnusableKind.EDITED, where, why)

    def accepted(self) -> dict[str, list[int]]:
        """Return the changed lines of what is sent, by session, for the journals."""
        lines: dict[str, set[int]] = {}
        for recording in self._taken:
            if recording.edits:
                name = recording.header.session
                lines.setdefault(name, set()).update(edit.line for edit in recording.edits)
        return {name: sorted(numbers) for name, numbers in lines.items()}

    def account_lines(self) -> Iterator[str]:
        """Yield what the accounts of the runs tell of it."""
        sessions = by_session(self._taken)
        for recording in sessions:
            if recording.edits:
                name = "this session"
                if len(sessions) > 1:
                    name = f"session {recording.header.session}"
                where = name_lines(recording.edits)
                yield f"The journal of {name} was changed after it was written ({where})."

    def summary_lines(self) -> Iterator[Line]:
        """Yield what people should know of journals that count."""
        for recordings, told in ((self._taken, ", as the accounts tell"), (self._others, "")):
            for recording in recordings:
                if recording.edits and not recording.open_edits:
                    what = f"{shown(recording.path)}: {describe_edits(recording.edits)}"
                    yield Line("edited", f"{what}; accepted{told}", Tone.WARNING)
        if self._unchained:
            names = ", ".join(self._unchained[:_NAMED])
            more = len(self._unchained) - _NAMED
            what = f"{names} and {more} more" if more > 0 else names
            text = f"{what}: lines of format 1 carry no chain, so that no one sees a change of them"
            yield Line("unchained", text, Tone.WARNING)

    @property
    def _unchained(self) -> list[str]:
        return [shown(each.path) for each in self._taken if not each.is_chained]

    def facts(self) -> dict[str, Any]:
        """Return the same for scripts (``--json``)."""
        edited = [each for each in (*self._taken, *self._others) if each.edits]
        return {
            "edited": [_facts(recording) for recording in edited],
            "unchained": [str(each.path) for each in self._taken if not each.is_chained],
        }


def add_contradictions(recording: Recording) -> None:
    """Add the lines that contradict the results, unless the chain has told of them."""
    try:
        said = recording.header.settings.get("verdicts", {})
        rules = VerdictSettings.model_validate(said).rules()
    except ValueError:
        return  # who loads the settings says what is wrong
    known = {edit.line for edit in recording.edits}
    recording.edits += [
        LineEdit(line, EditKind.VERDICT)
        for line in find_contradictions(recording, rules)
        if line not in known
    ]


def _facts(recording: Recording) -> dict[str, Any]:
    edits: Sequence[object] = recording.edits
    return {
        "journal": str(recording.path),
        "session": recording.header.session,
        "lines": sorted({edit.line for edit in recording.edits}),
        "changes": list(map(str, edits)),
        "accepted": not recording.open_edits,
    }
