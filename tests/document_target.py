"""A target that takes all results as one document and judges it later, as ALM Octane does.

It keeps in a folder what it was sent and asked, so that several processes meet the same server.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from pytest_jama import hookimpl
from pytest_jama.core.errors import InterruptedUploadError
from pytest_jama.core.plan import Place, Plan, Receipt, SendState, ServerTask
from pytest_jama.core.results import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pytest_jama.core.plan import CaseChange, Findings, Update
    from pytest_jama.core.port import Observer, Target
    from pytest_jama.core.results import TestResult

TASK = 1103
_WORDS = {Outcome.PASSED: "Passed", Outcome.XPASSED: "Passed"}
_WORDS |= {Outcome.SKIPPED: "Skipped", Outcome.XFAILED: "Skipped"}
_WORDS |= {Outcome.FAILED: "Failed", Outcome.ERROR: "Failed"}


@dataclass(frozen=True)
class SentDocument:
    """What all tests of a session say."""

    results: tuple[TestResult, ...]
    was: str = ""
    will_be: str = "taken"
    title: str = "document 1"

    @property
    def content(self) -> str:
        said = [
            [
                *(each.test_id, _WORDS[each.outcome], each.message, each.trace),
                *(list(map(str, each.links)), [file.name for file in each.files], each.started),
            ]
            for each in sorted(self.results)
        ]
        return json.dumps(said)

    @property
    def key(self) -> str:
        return sha256(self.content.encode()).hexdigest()

    def describe(self) -> str:
        return f"{self.title}: {len(self.results)} runs"

    def case_changes(self) -> Sequence[CaseChange]:
        return ()

    def counts(self) -> Mapping[str, int]:
        words = [_WORDS[each.outcome] for each in self.results]
        return {word: words.count(word) for word in dict.fromkeys(words)}

    def fingerprint(self, server: str) -> str:
        return sha256(f"{server} {self.key}".encode()).hexdigest()

    def is_shown(self) -> bool | None:
        return None

    def facts(self, *, brief: bool = False) -> dict[str, Any]:
        return {"counts": dict(self.counts())} | ({} if brief else {"tests": len(self.results)})


class DocumentTarget:
    """The target.

    Args:
        folder: Where the server keeps what it gets. The file `will` there says what becomes of
            a task, one line for each time that the server is asked; without it all is well.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._tasks: Mapping[str, ServerTask] = {}

    def plan(self, findings: Findings, *, create: bool, observer: Observer) -> Plan:  # noqa: ARG002 (it makes nothing)
        """Make the document."""
        self._tasks = findings.tasks
        results = tuple(each for each in findings.results if each.outcome in _WORDS)
        places = (
            Place("workspace", "Pumps", 1002, "https://octane.example/ui/?p=1001/1002"),
            Place("release", "2.4", "4001"),
        )
        updates = (SentDocument(results),) if results else ()
        return Plan(places, updates, noun="document")

    def push(self, updates: Sequence[Update], *, observer: Observer) -> tuple[Receipt, ...]:
        """Send it, unless the server has it in a task already."""
        return tuple(self._push(update, observer) for update in updates)

    def _push(self, update: Update, observer: Observer) -> Receipt:
        assert isinstance(update, SentDocument)
        task = self._tasks.get(update.key)
        if task is not None:
            self._log(f"asked {task.task_id}")
        else:
            self._log(f"pushed {update.key}")
            (self._folder / f"{update.key}.json").write_text(update.content, encoding="utf-8")
            task = ServerTask(TASK, "2030-01-06T10:00:00+0000")
            queued = Receipt(update, SendState.UNVERIFIED, error=f"queued as task {TASK}")
            observer.received(queued._replace(task=task))
        word = self._next_word()
        if word == "killed":
            os._exit(9)
        state = SendState(word)
        error = "" if state is SendState.SENT else f"the server says {word}"
        cause = InterruptedUploadError("Ctrl-C") if state is SendState.NOT_SENT else None
        receipt = Receipt(update, state, error=error, cause=cause, task=task)
        observer.received(receipt)
        return receipt

    def close(self) -> None:
        """Do nothing: there is no connection."""

    def _log(self, line: str) -> None:
        with (self._folder / "log").open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")

    def _next_word(self) -> str:
        file = self._folder / "will"
        words = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        if words:
            file.write_text("\n".join(words[1:]), encoding="utf-8")
        return words[0] if words else "sent"


class DocumentExtension:
    """Makes the target for `octane`, and leaves others to others."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @hookimpl(tryfirst=True)
    def make_target(self, name: str) -> Target | None:
        return DocumentTarget(self._folder) if name == "octane" else None
