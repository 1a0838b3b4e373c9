"""Pushes: checked, hashed, queued as tasks, and asked for."""

from __future__ import annotations

import hashlib
import zlib
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from pytest_jama.sandbox.octane.octane_errors import Json, OctaneRefusedError
from pytest_jama.sandbox.octane.reported_builds import find_build
from pytest_jama.sandbox.octane.result_document import (
    Element,
    InvalidDocumentError,
    read_document,
)
from pytest_jama.sandbox.octane.result_references import ReferenceReader
from pytest_jama.sandbox.octane.taking_results import ResultTaker

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_jama.sandbox.database import Row
    from pytest_jama.sandbox.octane.entity_tables import EntityTables
    from pytest_jama.sandbox.octane.octane_knobs import OctaneKnobs

_FIRST_TASK = 1101
_MOST_DETAILS = 20


@dataclass(frozen=True, kw_only=True)
class Task:
    """What became of a push.

    Attributes:
        status: `success`, `warning` or `failed`, also while clients still see it queued.
        details: Why it is not `success`; empty without a reason.
        document: The bytes as they came, unpacked.
    """

    id: int
    status: str
    details: str
    skip_errors: bool
    document: bytes


@dataclass(frozen=True, kw_only=True)
class Push:
    """One document that was sent.

    Attributes:
        packed: The bytes as they came over the line.
        raw: The same, unpacked.
    """

    packed: bytes
    raw: bytes
    skip_errors: bool


class TaskQueue:
    """Takes pushes; all are processed at once, and only tell of it later."""

    def __init__(self, tables: EntityTables, knobs: OctaneKnobs, *, user: int) -> None:
        self._tables = tables
        self._database = tables.database
        self._knobs = knobs
        self._user = user

    def push(self, push: Push) -> Json:
        """Take a document, or recognise it.

        Raises:
            OctaneRefusedError: 400; it is not valid XML for results, and nothing is taken.
        """
        digest = self._hash(push)
        known = self._find_hash(digest, skip_errors=push.skip_errors)
        if known is not None:
            return {"fromOlderPush": "true", **self._shown(known)}
        try:
            with self._database.transaction():
                status, details = self._process(push)
                task = self._store(push, digest, status=status, details=details)
        except InvalidDocumentError as exc:
            raise OctaneRefusedError(400, str(exc), "testbox.invalid_document") from exc
        return {**self._shown(task), "status": self._word("queued")}

    def status(self, task_id: int) -> Json:
        """Say what became of a push; asking often enough brings it to its end.

        Raises:
            OctaneRefusedError: 404; there is no such task, or not any more.
        """
        rows = self._database.select("tasks", id=task_id)
        if not rows or rows[0]["until_s"] <= self._tables.clock():
            raise OctaneRefusedError(
                404, f"QueueItem id={task_id} does not exist", "testbox.not_found"
            )
        answer = self._shown(rows[0])
        self._database.execute("UPDATE tasks SET polls = polls + 1 WHERE id = ?", (task_id,))
        return answer

    def _hash(self, push: Push) -> str:
        data = push.packed if self._knobs.hash_of == "packed" else push.raw
        flag = f":{push.skip_errors}" if self._knobs.hash_with_flag == "yes" else ""
        return hashlib.sha256(data).hexdigest() + flag

    def _find_hash(self, digest: str, *, skip_errors: bool) -> Row | None:
        rows = self._database.all(
            "SELECT * FROM tasks WHERE hash IN (?, ?) AND hash_until_s > ? ORDER BY id",
            (digest, _of_failure(digest, skip_errors=skip_errors), self._tables.clock()),
        )
        return rows[0] if rows else None

    def _process(self, push: Push) -> tuple[str, str]:
        elements = read_document(push.raw, age=self._knobs.document_schema)
        root = next(elements)
        references = ReferenceReader(self._tables, self._knobs)
        head = references.read(root)
        missing = list(head.missing)
        build_element = root.find("build")
        build = (
            None if build_element is None else find_build(self._tables, build_element.attributes)
        )
        if build_element is not None and build is None:
            missing.append(_unknown_build(build_element))
        if missing and not push.skip_errors:
            _exhaust(elements)
            return "failed", _joined(missing)
        taker = ResultTaker(
            tables=self._tables,
            knobs=self._knobs,
            references=references,
            head=head,
            build=build,
            user=self._user,
            skip_errors=push.skip_errors,
        )
        taker.take(elements)
        return self._outcome(missing, taker.missing, skip_errors=push.skip_errors)

    def _outcome(
        self, top: Sequence[str], inside: Sequence[str], *, skip_errors: bool
    ) -> tuple[str, str]:
        left_out = [f"left out: {what}" for what in inside]
        if skip_errors:
            return ("warning" if top or inside else "success"), _joined([*top, *inside])
        is_told = bool(left_out) and self._knobs.left_out_runs == "warning"
        return ("warning", _joined(left_out)) if is_told else ("success", "")

    def _store(self, push: Push, digest: str, *, status: str, details: str) -> Row:
        now_s = self._tables.clock()
        forced = self._knobs.task_end
        blocks = status != "failed" or self._knobs.failed_hash == "same_flag"
        if status == "failed" and blocks:  # it must not block the other flag
            digest = _of_failure(digest, skip_errors=push.skip_errors)
        first = max(self._database.counter("task") + 1, _FIRST_TASK)
        self._database.raise_counter("task", first)
        row = {
            "id": first,
            "status": forced if forced in ("warning", "failed") else status,
            "details": details or ("" if forced in ("result", "never") else "ended so on demand"),
            "polls": 0,
            "until_s": now_s + self._knobs.task_life_s,
            "hash": digest,
            "hash_until_s": now_s + self._knobs.hash_life_s if blocks else now_s,
            "skip_errors": push.skip_errors,
            "size": len(push.raw),
            "packed_document": zlib.compress(push.raw, level=1),
        }
        self._database.insert("tasks", row)
        return self._database.select("tasks", id=first)[0]

    def _shown(self, task: Row) -> Json:
        status = self._status_word(task)
        answer: dict[str, Any] = {
            "id": task["id"],
            "status": self._word(status),
            "until": self._until(task["until_s"]),
        }
        if task["details"] and status == task["status"]:
            answer["errorDetails"] = task["details"]
        return answer

    def _status_word(self, task: Row) -> str:
        polls, wanted = task["polls"], self._knobs.task_poll_count
        if polls < wanted / 2:
            return "queued"
        if polls < wanted or self._knobs.task_end == "never":
            return "running"
        return str(task["status"])

    def _word(self, status: str) -> str:
        return status if self._knobs.status_words == "plain" else f" {status.upper()} "

    def _until(self, until_s: float) -> str:
        moment = datetime.fromtimestamp(until_s, tz=timezone.utc)
        zone = "+0000" if self._knobs.until == "offset" else "Z"
        return moment.strftime("%Y-%m-%dT%H:%M:%S") + zone


def _of_failure(digest: str, *, skip_errors: bool) -> str:
    return f"failed:{digest}:{skip_errors}"


def _exhaust(elements: Iterator[Element]) -> None:
    """Read to the end: an invalid document is refused, whatever else is wrong with it."""
    deque(elements, maxlen=0)


def _unknown_build(build: Element) -> str:
    named = ", ".join(
        f"{name} {build.attributes[name]!r}" for name in ("server_id", "job_id", "build_id")
    )
    return f"build with {named} does not exist"


def _joined(details: Sequence[str]) -> str:
    more = len(details) - _MOST_DETAILS
    shown = "; ".join(details[:_MOST_DETAILS])
    return f"{shown}; and {more} more" if more > 0 else shown
