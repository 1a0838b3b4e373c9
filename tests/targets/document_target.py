"""A target of another kind, for tests: one document of all results, accepted first, judged later.

It stands for servers that have no runs. The server is a folder, so that sessions in other processes
can reach it; each document is a file there, whose ending says how far the server is with it.
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
    from pytest_jama.core.plan import CaseChange, Findings, Update
    from pytest_jama.core.port import Observer

SERVER_FOLDER = "document-server"
ACCEPTED, QUEUED, JUDGED = STAGES = ("accepted", "queued", "judged")

POLLS = 5
"""How often the target asks; the server needs two of them, unless it is busy."""


class DocumentServer:
    """Takes documents, and judges them while it is asked about them.

    A file ``busy`` in the folder keeps it from judging; at a file ``interrupt``, Ctrl-C is pressed
    while the target waits.

    Args:
        folder: Where it keeps everything.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def stage(self, key: str) -> str:
        """Return how far it is with a document; empty when it has none of that key."""
        return next((path.suffix[1:] for path in self.folder.glob(f"{key}.*")), "")

    def accept(self, key: str, content: str) -> None:
        """Take a document.

        Raises:
            FileExistsError: When it has that already: no target may send one twice.
        """
        with self._path(key, ACCEPTED).open("x", encoding="utf-8") as file:
            file.write(content)

    def poll(self, key: str) -> str:
        """Return how far it is with a document, and go on with that."""
        if (self.folder / "interrupt").exists():
            (self.folder / "interrupt").unlink()
            raise KeyboardInterrupt
        stage = self.stage(key)
        if stage != JUDGED and not (self.folder / "busy").exists():
            following = STAGES[STAGES.index(stage) + 1]
            self._path(key, stage).rename(self._path(key, following))
        return stage

    def _path(self, key: str, stage: str) -> Path:
        return self.folder / f"{key}.{stage}"


@dataclass(frozen=True, slots=True)
class DocumentUpdate:
    """All results of a session as one document.

    Attributes:
        content: The document.
        was: How far the server is with it.
    """

    content: str
    was: str = ""

    @property
    def key(self) -> str:
        """Its hash."""
        return hashlib.sha256(self.content.encode()).hexdigest()[:16]

    @property
    def title(self) -> str:
        """How many results it has."""
        return f"document of {len(json.loads(self.content))} results"

    @property
    def will_be(self) -> str:
        """How far the server gets in the end."""
        return JUDGED

    def describe(self) -> str:
        """Say what is sent."""
        return f"{self.title}: {self.was or 'new'} -> {self.will_be}"

    def case_changes(self) -> Sequence[CaseChange]:
        """Return none: the server judges."""
        return ()

    def counts(self) -> Mapping[str, int]:
        """Count its outcomes."""
        return Counter(outcome for _, outcome in json.loads(self.content))

    def fingerprint(self, server: str) -> str:
        """Return the hash of server and document."""
        return hashlib.sha256(f"{server} {self.content}".encode()).hexdigest()[:16]

    def is_shown(self) -> bool | None:
        """Return whether it was judged; None while the server has not come to it."""
        return None if self.was in {ACCEPTED, QUEUED} else self.was == JUDGED

    def facts(self, *, brief: bool = False) -> dict[str, Any]:
        """Return its hash, and unless brief what it says."""
        return {"document": self.key, **({} if brief else {"counts": dict(self.counts())})}


class DocumentTarget:
    """Hands documents in, and asks until they are judged.

    Args:
        server: Where to.
    """

    def __init__(self, server: DocumentServer) -> None:
        self._server = server

    def plan(self, findings: Findings, *, create: bool, observer: Observer) -> Plan:
        """Make one document of all results, linked or not; there is nothing to prepare."""
        if findings.prepares:
            return Plan()
        changes: tuple[Change, ...] = ()
        if not self._server.folder.exists():
            changes = (Change(ChangeKind.CREATE, "document server"),)
        for change in changes if create else ():
            self._server.folder.mkdir()
            observer.changed(change)
        results = [[result.test_id, result.outcome.value] for result in findings.results]
        update = DocumentUpdate(json.dumps(sorted(results)))
        update = DocumentUpdate(update.content, was=self._server.stage(update.key))
        return Plan(
            places=(Place("server", "documents", "inbox"),),
            updates=(update,) if results else (),
            changes=changes,
            noun="document",
        )

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
        if not self._server.stage(update.key):
            self._server.accept(update.key, update.content)
        if any(self._server.poll(update.key) == JUDGED for _ in range(POLLS)):
            return Receipt(update, SendState.SENT)
        return Receipt(update, SendState.UNVERIFIED, error="accepted, but not judged yet")


class DocumentExtension:
    """Makes the target `document`, whose server is a folder beside the journals."""

    @hookimpl
    def make_target(self, name: str, settings: Settings) -> DocumentTarget | None:
        """Make it."""
        if name != "document":
            return None
        return DocumentTarget(DocumentServer(settings.journal.folder.parent / SERVER_FOLDER))
