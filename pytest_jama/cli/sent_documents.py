"""What journals say of the documents that were sent to ALM Octane, the last word on each. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_jama.core.attached_file import FileState
from pytest_jama.core.plan import SendState
from pytest_jama.journal.folder import shown
from pytest_jama.targets.octane.document_head import BuildIds
from pytest_jama.targets.octane.run_element import STATUS_BY_OUTCOME, SentTest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pytest_jama.journal.record import Recording
    from pytest_jama.report.evidence.journal_sources import JournalSource

_ARRIVED = frozenset({SendState.SENT, SendState.PARTLY, SendState.UNVERIFIED})
"""What became of documents that the server took."""


class UnsentDocument(NamedTuple):
    """Results that the server did not get.

    Attributes:
        title: Which ones.
        why: Why not.
    """

    title: str
    why: str

    def __str__(self) -> str:
        return f"{self.title}: not at the server: {self.why}"

    def facts(self) -> dict[str, Any]:
        """Return it fit for JSON."""
        return {"what": "document", "sent": self.title, "now": None, "why": self.why}


class SentAttachment(NamedTuple):
    """A file that was attached to a run.

    Attributes:
        attachment: The ID of the attachment.
        name: The name that it was given.
        place: The run.
    """

    attachment: str
    name: str
    place: str


class WorkspaceName(NamedTuple):
    """A workspace, as the settings of a session name it."""

    space: str
    workspace: str


@dataclass
class SentDocuments:
    """What was sent to one workspace.

    Attributes:
        runs: The runs that the server took, each once, by the build that they belong to.
        unsent: What it did not get.
        files: The files that were attached to runs, by the ID of the attachment.
    """

    runs: dict[BuildIds | None, dict[SentTest, None]] = field(default_factory=dict)
    unsent: list[UnsentDocument] = field(default_factory=list)
    files: dict[str, SentAttachment] = field(default_factory=dict)

    def add(self, source: JournalSource) -> None:
        """Take what a journal says."""
        updates: dict[str, Mapping[str, Any]] = {}
        receipts: dict[str, Mapping[str, Any]] = {}
        for upload in source.uploads:
            updates.update(upload.updates)
            receipts.update(upload.receipts)
            self.files.update((each.attachment, each) for each in _attached(upload.files))
        runs = self.runs.setdefault(_build_of(source.recording.header.settings), {})
        waiting: list[tuple[UnsentDocument, list[SentTest]]] = []
        for key, update in updates.items():
            receipt = receipts.get(key, {})
            tests = list(_tests_of(update))
            if receipt.get("state") in {each.value for each in _ARRIVED}:
                runs.update(dict.fromkeys(tests))
            else:
                why = str(receipt.get("error") or receipt.get("state") or _why_unsaid(source))
                waiting.append((UnsentDocument(_title_of(update), why), tests))
        # a document that was refused may have been sent again with other references
        self.unsent += [each for each, tests in waiting if not runs.keys() >= set(tests)]
        if not updates and _has_run(source.recording):
            name = f"the results of {shown(source.recording.path)}"
            self.unsent.append(UnsentDocument(name, "no upload of it is recorded"))


def _why_unsaid(source: JournalSource) -> str:
    """Say why nothing tells what became of a document: only a dry run is finished without that."""
    is_finished = bool(source.uploads and (source.uploads[-1].end or {}).get("finished"))
    return "only a dry run of it is recorded" if is_finished else "its upload broke off"


def by_workspace(sources: Iterable[JournalSource]) -> dict[WorkspaceName, SentDocuments]:
    """Return what was sent to each workspace, in the order of the sessions.

    Args:
        sources: The journals.
    """
    found: dict[WorkspaceName, SentDocuments] = {}
    for source in sorted(sources, key=lambda each: each.recording.header.order):
        settings = source.recording.header.settings
        where = WorkspaceName(*(str(settings.get(each) or "") for each in WorkspaceName._fields))
        found.setdefault(where, SentDocuments()).add(source)
    return found


def _has_run(recording: Recording) -> bool:
    return any(each.outcome in STATUS_BY_OUTCOME for each in recording.all_results())


def _build_of(settings: Mapping[str, Any]) -> BuildIds | None:
    build = settings.get("build")
    if not isinstance(build, dict):
        return None
    return BuildIds(*(str(build.get(each) or "") for each in ("server", "job", "id")))


def _title_of(update: Mapping[str, Any]) -> str:
    return f"document {update.get('number')} of {update.get('of')} ({update.get('runs')} runs)"


def _tests_of(update: Mapping[str, Any]) -> Iterator[SentTest]:
    tests = update.get("tests")
    for each in tests if isinstance(tests, list) else ():
        if isinstance(each, dict):
            began = each.get("started_ms")
            words = {name: str(each.get(name) or "") for name in _WORDS}
            yield SentTest(**words, started_ms=began if isinstance(began, int) else 0)


_WORDS = [name for name in SentTest._fields if name != "started_ms"]


def _attached(files: Iterable[Mapping[str, Any]]) -> Iterator[SentAttachment]:
    for line in files:
        attachment = line.get("attachment")
        if line.get("state") == FileState.ATTACHED.value and attachment:
            yield SentAttachment(str(attachment), str(line.get("name")), str(line.get("place", "")))
