"""``pytest-jama verify`` for ALM Octane: whether it has runs and files as they were sent."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_jama.cli.sent_documents import by_workspace
from pytest_jama.core.text import counted, quoted
from pytest_jama.targets.octane.arrivals import read_back
from pytest_jama.targets.octane.entities import Entities
from pytest_jama.targets.octane.evidence_files import ATTACHMENTS
from pytest_jama.targets.octane.octane_client import open_client
from pytest_jama.targets.octane.query import has_ids

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from pytest_jama.cli.sent_documents import SentAttachment, SentDocuments, WorkspaceName
    from pytest_jama.cli.verify_report import VerifyFinding
    from pytest_jama.config import SharedSettings
    from pytest_jama.core.port import Observer
    from pytest_jama.report.evidence.journal_sources import JournalSource

    LoadSettings = Callable[[Mapping[str, str]], SharedSettings]

_MANY_RUNS = 1000
"""From so many on it is said what takes its time."""

_NOT_READ = (
    "the bytes of attached files were not compared: nothing public says how ALM Octane gives them"
)


class AttachmentGap(NamedTuple):
    """A file that is not attached any more as it was.

    Attributes:
        file: The file.
        now: The name that it has now; empty when it is gone.
    """

    file: SentAttachment
    now: str = ""

    def __str__(self) -> str:
        now = f"it is named {quoted(self.now)} now" if self.now else "it is gone"
        return f"{self.file.place}: file {quoted(self.file.name)} was attached, {now}"

    def facts(self) -> dict[str, Any]:
        """Return it fit for JSON."""
        return {
            "what": "file",
            "run": self.file.place,
            "sent": self.file.name,
            "now": self.now or None,
        }


def compare_documents(
    sources: Iterable[JournalSource],
    load: LoadSettings,
    found: VerifyFinding,
    *,
    reads_files: bool,
    progress: Observer,
) -> None:
    """Compare what the server has with what journals say was sent.

    Args:
        sources: The journals.
        load: Returns the settings for a workspace: its space and name.
        found: Gets what differs.
        reads_files: Whether the user wants the bytes of files compared.
        progress: Told what takes its time.

    Raises:
        TargetError: When a server cannot be used.
    """
    for where, sent in by_workspace(sources).items():
        found.differences += sent.unsent
        if any(sent.runs.values()) or sent.files:
            _compare_workspace(where, sent, load, found, progress)
    if reads_files and found.files:
        found.notes.append(_NOT_READ)


def _compare_workspace(
    where: WorkspaceName,
    sent: SentDocuments,
    load: LoadSettings,
    found: VerifyFinding,
    progress: Observer,
) -> None:
    settings: Any = load({name: text for name, text in where._asdict().items() if text})
    client = open_client(settings)
    with closing(client):
        client.connection.tell(progress)
        entities = Entities(client)
        for build, tests in sent.runs.items():
            if len(tests) >= _MANY_RUNS:
                progress.waits(f"comparing {counted(len(tests), 'run')}")
            found.differences += read_back(entities, tuple(tests), build=build).gaps
            found.checked += len(tests)
        found.differences += _compare_files(entities, sent.files)
        found.files += len(sent.files)


def _compare_files(
    entities: Entities, files: Mapping[str, SentAttachment]
) -> Iterator[AttachmentGap]:
    names: dict[str, str] = {}
    for query in has_ids("id", files):
        for row in entities.list(ATTACHMENTS, fields="id,name", query=query):
            names[str(row.get("id"))] = str(row.get("name") or "")
    for attachment, file in files.items():
        if names.get(attachment) != file.name:
            yield AttachmentGap(file, names.get(attachment, ""))
