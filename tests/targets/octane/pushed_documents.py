"""A document and what it takes to send it to a scripted server."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_jama.targets.octane.document_sender import DocumentSender
from pytest_jama.targets.octane.results_push import PushedDocument, ResultsPush
from tests.targets.scripted import gives

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pytest_jama.core.plan import CaseChange, ServerTask
    from pytest_jama.core.port import Observer
    from pytest_jama.targets.octane.document_sender import Document
    from pytest_jama.targets.octane.octane_client import OctaneClient
    from tests.targets.scripted import Reply

PUSH = "POST /api/shared_spaces/1001/workspaces/1002/test-results?skip-errors=false"


def ask(task_id: int = 1103) -> str:
    return f"GET /api/shared_spaces/1001/workspaces/1002/test-results/{task_id}"


def taken(task_id: int = 1103, status: str = "queued", **more: Any) -> Reply:
    """Take a document."""
    return gives(202, {"id": task_id, "status": status, "until": "2026-01-06T10:00:00+0000"} | more)


def older(task_id: int = 1103, status: str = " SUCCESS ", code: int = 200) -> Reply:
    """Say that the document was pushed before."""
    return gives(code, {"fromOlderPush": "true", "id": task_id, "until": "x", "status": status})


def task(status: str, task_id: int = 1103, **more: Any) -> Reply:
    """Say how far a task is."""
    return gives(200, {"id": task_id, "status": status, "until": "2026-01-06T10:00:00Z"} | more)


@dataclass(frozen=True)
class OneDocument:
    """An update that is a document of two results."""

    content: bytes = b"<test_result><test_runs/></test_result>"
    was: str = ""
    title: str = "document of 2 results"
    will_be: str = "2 passed"

    @property
    def key(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    def describe(self) -> str:
        return self.title

    def case_changes(self) -> Sequence[CaseChange]:
        return ()

    def counts(self) -> Mapping[str, int]:
        return {"passed": 2}

    def fingerprint(self, server: str) -> str:
        return f"{server} {self.key}"

    def is_shown(self) -> bool | None:
        return None

    def facts(self, *, brief: bool = False) -> dict[str, Any]:
        return {"document": self.key, "brief": brief}


def sender_for(
    client: OctaneClient,
    observer: Observer,
    *,
    tasks: Mapping[str, ServerTask] | None = None,
    missing: Callable[[], str] = str,
    awaits_build: Callable[[], bool] | None = None,
    skip_errors: bool = False,
    is_resumed: bool = False,
) -> DocumentSender:
    """Return what sends documents with a client, and compares nothing unless told what with."""
    push = ResultsPush(client, skip_errors=skip_errors, awaits_build=awaits_build)
    return DocumentSender(
        push,
        tasks=tasks or {},
        observer=observer,
        follow_up=lambda *_: missing(),
        skip_errors=skip_errors,
        wait_s=60,
        is_resumed=is_resumed,
    )


def hand_in(client: OctaneClient, document: Document) -> str:
    """Hand a document in and ask for its task until that has ended; return its last status."""
    push = ResultsPush(client, skip_errors=False)
    pushed = PushedDocument(content=document.content, queued=lambda _: None)
    push.begin(pushed)
    while (end := push.settle(pushed)) is None:
        push.ask(pushed)
    return "" if end.task is None else end.task.status
