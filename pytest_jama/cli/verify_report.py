"""What `pytest-jama verify` found: its lines, and its document for scripts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from pytest_jama.core.redaction import Redactor
from pytest_jama.core.text import counted
from pytest_jama.report.upload_lines import Line, Tone

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_jama.cli.stated_files import Alteration


class VerifyDifference(Protocol):
    """Something that the server shows otherwise than it was sent; its text is a line."""

    def facts(self) -> dict[str, Any]:
        """Return it fit for JSON."""


@dataclass
class VerifyFinding:
    """What was found, which grows as records are compared.

    Attributes:
        edits: Changes of the journals that no upload was told to accept, a sentence each.
        accepted: Those that one was told to accept.
        unended: Journals whose last lines are missing, be it that a process was killed.
        alterations: What is not as a manifest states, and files that are not as a journal does.
        missing: What a manifest names and was not found.
        notes: What else people should know.
        differences: What the server shows otherwise.
        checked: How many runs were compared.
        files: How many attached files were compared.
        only_status: How many runs by their status alone, since the journal has no more.
        left: The runs that sessions left as they were.
        journals: How many journals were read.
        manifests: How many manifests were compared.
        is_stated: Whether a manifest was all there was, without its journals.
        is_offline: Whether no server was asked.
        server: What people call the server.
        noun: What people call what was compared there.
        redactor: Hides secrets.
        error: Why it did not come to its end.
    """

    edits: list[str] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)
    unended: list[str] = field(default_factory=list)
    alterations: list[Alteration] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    differences: list[VerifyDifference] = field(default_factory=list)
    checked: int = 0
    files: int = 0
    only_status: int = 0
    left: list[str] = field(default_factory=list)
    journals: int = 0
    manifests: int = 0
    is_stated: bool = False
    is_offline: bool = False
    server: str = "Jama"
    noun: str = "test run"
    redactor: Redactor = field(default_factory=Redactor)
    error: str = ""

    @property
    def is_as_sent(self) -> bool:
        """Whether nothing differs."""
        return not (self.edits or self.unended or self.alterations or self.differences)


def finding_lines(found: VerifyFinding) -> Iterator[Line]:
    """Yield the lines that people read."""
    for text in found.edits:
        yield Line("EDITED", text, Tone.BAD)
    for text in found.accepted:
        yield Line("edited", f"{text}; an upload was told to accept it", Tone.WARNING)
    for text in found.unended:
        yield Line("cut off", f"{text}: it was killed, or lines were taken away", Tone.BAD)
    for each in (*found.alterations, *found.differences):
        yield Line("DIFFERS", str(each), Tone.BAD)
    for name in found.missing:
        yield Line("missing", f"{name} of the manifest was not found", Tone.WARNING)
    for text in found.notes:
        yield Line("note", text, Tone.WARNING)
    for text in found.left:
        yield Line("left", f"{text}; nothing was sent, so nothing is compared")
    if found.only_status:
        runs = counted(found.only_status, "run")
        why = "its journal does not tell steps and account, so that only the status was compared"
        yield Line("older", f"{runs}: {why}", Tone.WARNING)
    if not found.error and found.is_as_sent:
        yield Line("verified", _sum_up(found), Tone.GOOD)


def _sum_up(found: VerifyFinding) -> str:
    one = found.journals == 1
    journals = "journal is whole" if one else f"{found.journals} journals are whole"
    whole = f"the {journals}"
    if found.manifests == 1:
        whole = f"the manifest is as it was made, and its {journals}"
    elif found.manifests:
        whole = f"the {found.manifests} manifests are as they were made, and the {journals}"
    if found.is_stated:
        whole = "the manifest alone was compared"
    if found.is_offline:
        whole = "what was found of it is as stated" if found.is_stated else whole
        return f"{whole}; {found.server} was not asked"
    files = f" and {counted(found.files, 'file')}" if found.files else ""
    return f"{counted(found.checked, found.noun)}{files} as sent; {whole}"


def finding_facts(found: VerifyFinding) -> dict[str, Any]:
    """Return all of it fit for JSON."""
    return {
        "checked": found.checked,
        "manifests": found.manifests,
        "files": found.files,
        "only_status": found.only_status,
        "offline": found.is_offline,
        "edited": found.edits,
        "accepted": found.accepted,
        "unended": found.unended,
        "altered": [each._asdict() for each in found.alterations],
        "missing": found.missing,
        "notes": found.notes,
        "left": found.left,
        "differences": [each.facts() for each in found.differences],
        "error": found.error,
    }
