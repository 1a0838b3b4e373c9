"""A target of another kind, for tests: one document of all results, taken first and judged later.

It stands for servers that have no runs. The server is a folder, so that sessions in other processes
can reach it: `inbox` holds documents that were taken, `judged` those that were judged.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_jama import hookimpl
from pytest_jama.core.plan import Change, ChangeKind, Place, Plan, Receipt, SendState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pytest_jama.config import Settings
    from pytest_jama.core.plan import Findings, Update
    from pytest_jama.core.port import Observer

SERVER_FOLDER = "document-server"


@dataclass(frozen=True, slots=True)
class DocumentUpdate:
    """All results of a session as one document.

    Attributes:
        content: The document.
    """

    content: str

    @property
    def key(self) -> str:
        """Its hash."""
        return hashlib.sha256(self.content.encode()).hexdigest()[:16]

    @property
    def title(self) -> str:
        """How many results it has."""
        return f"document of {len(json.loads(self.content))} results"

    @property
    def was(self) -> str:
        """Nothing: no one knows what the server shows before it has judged."""
        return ""

    @property
    def will_be(self) -> str:
        """What the server says in the end."""
        return "judged"

    def describe(self) -> str:
        """Say what is sent."""
        return f"send {self.title}"

    def counts(self) -> Mapping[str, int]:
        """Count its outcomes."""
        return Counter(outcome for _, outcome in json.loads(self.content))

    def fingerprint(self, server: str) -> str:
        """Return the hash of server and document."""
        return hashlib.sha256(f"{server} {self.content}".encode()).hexdigest()[:16]

    def is_shown(self) -> None:
        """Return None: a document cannot be read back."""

    def facts(self, *, brief: bool = False) -> dict[str, Any]:
        """Return its hash, and unless brief what it says."""
        return {"document": self.key, **({} if brief else {"counts": dict(self.counts())})}


class DocumentTarget:
    """Sends documents to a folder.

    Args:
        server: The folder.
    """

    def __init__(self, server: Path) -> None:
        self._server = server

    def plan(self, findings: Findings, *, create: bool, observer: Observer) -> Plan:
        """Make one document of all results, linked or not."""
        changes: tuple[Change, ...] = ()
        if not self._server.exists():
            changes = (Change(ChangeKind.CREATE, "document server"),)
        for change in changes if create else ():
            self._server.mkdir()
            observer.changed(change)
        results = [[result.test_id, result.outcome.value] for result in findings.results]
        update = DocumentUpdate(json.dumps(sorted(results)))
        place = Place("server", "documents", "inbox")
        return Plan(places=(place,), updates=(update,) if results else (), changes=changes)

    def push(self, updates: Sequence[Update], *, observer: Observer) -> tuple[Receipt, ...]:
        """Hand the documents in, and wait for the judgement of each."""
        receipts = tuple(self._send(update) for update in updates)
        for receipt in receipts:
            observer.received(receipt)
        return receipts

    def close(self) -> None:
        """Do nothing: a folder needs no connection."""

    def _send(self, update: Update) -> Receipt:
        assert isinstance(update, DocumentUpdate)
        name = f"{update.key}.json"
        if not (self._server / f"judged-{name}").exists():
            inbox = self._server / f"taken-{name}"
            with inbox.open("x", encoding="utf-8") as file:  # it was never handed in before
                file.write(update.content)
            inbox.rename(self._server / f"judged-{name}")
        return Receipt(update, SendState.SENT)


class DocumentExtension:
    """Makes the target `document`, whose server is a folder beside the session's."""

    @hookimpl
    def make_target(self, name: str, settings: Settings) -> DocumentTarget | None:
        """Make it."""
        folder = settings.journal.parent / SERVER_FOLDER
        return DocumentTarget(folder) if name == "document" else None
