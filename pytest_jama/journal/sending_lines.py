"""The lines of an upload in a journal, as they are written; see `lines`. Pure."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pytest_jama.journal.lines import links_json, provenance_json

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping

    from pytest_jama.core.attached_file import FileReceipt
    from pytest_jama.core.origin import Provenance
    from pytest_jama.core.plan import Change, Overlap, Plan, Receipt, ServerTask, Update
    from pytest_jama.journal.lines import JournalLine, Links


def upload_line(
    *,
    started: str,
    versions: Mapping[str, str],
    command: Iterable[str],
    sessions: Iterable[str],
    settings: Mapping[str, Any],
    provenance: Provenance | None = None,
    accepted_edits: Mapping[str, Iterable[int]] = MappingProxyType({}),
) -> JournalLine:
    """Return the line with which ``pytest-jama upload`` takes a journal up again.

    Args:
        started: When it started.
        versions: Version by tool.
        command: The command line.
        sessions: The sessions that it brings to the server.
        settings: Where to.
        provenance: Who sends it, from where.
        accepted_edits: By session the lines of its journal that were changed after they were
            written, and are sent all the same.
    """
    line: JournalLine = {
        "line": "upload",
        "started": started,
        "versions": dict(versions),
        "command": list(command),
        "sessions": list(sessions),
        "settings": dict(settings),
    }
    if provenance is not None:
        line["provenance"] = provenance_json(provenance)
    if accepted_edits:
        line["accepted_edits"] = {name: list(numbers) for name, numbers in accepted_edits.items()}
    return line


def relinked_line(
    changes: Iterable[tuple[str, Links, Links, bool]],
    *,
    renamed: Mapping[str, str],
    verdicts: Iterable[str],
) -> JournalLine:
    """Return the line that gives results other cases, see `relink`.

    Args:
        changes: Test ID, links before and now, and whether the test has none on purpose.
        renamed: The case that takes the place of another one.
        verdicts: The cases whose verdicts still stand, as they were named before.
    """
    tests = [[test, links_json(was), links_json(now), out] for test, was, now, out in changes]
    return {
        "line": "relinked",
        "tests": tests,
        "cases": dict(renamed),
        "verdicts": list(verdicts),
    }


def creation_line(change: Change, *, state: str) -> JournalLine:
    """Return the line of a plan, group or cycle whose creation has begun, or was refused."""
    return {"line": "creation", "what": change.what, "state": state}


def place_line(plan: Plan, *, early: Container[str] = ()) -> JournalLine:
    """Return the line that says where the results go, and what was created on the way.

    It also says which runs are left alone, and which hold what a person should know is replaced.

    Args:
        plan: The plan.
        early: The keys of what was sent while tests ran. What the plan of the end of the
            session has among `Plan.earlier` of it was changed by others since.
    """
    changed = [each.key for each in plan.earlier if each.key in early]
    overlaps = {"left": plan.left, "replaced": plan.replaced}
    names = {place.kind: place.name for place in plan.places if place.name}
    links = {place.kind: place.link for place in plan.places if place.link}
    return {
        "line": "place",
        **{place.kind: place.place_id for place in plan.places},
        **{what: known for what, known in (("names", names), ("links", links)) if known},
        "changes": list(map(str, plan.changes)),
        "unresolved": [
            [str(entry.case_ref), entry.reason, entry.remedy] for entry in plan.unresolved
        ],
        **{name: [overlap_json(each) for each in some] for name, some in overlaps.items() if some},
        **({"changed": changed} if changed else {}),
    }


def overlap_json(overlap: Overlap) -> dict[str, Any]:
    """Return a place that holds a result of others, fit for JSON."""
    *texts, verdict = overlap
    names = ("key", "title", "was", "will_be", "why")
    values = dict(zip(names, texts, strict=True))
    also = {"also": list(map(str, verdict.also))} if verdict.also else {}
    return {**values, "case": str(verdict.case_ref), "reasons": list(verdict.reasons), **also}


def update_line(update: Update) -> JournalLine:
    """Return the line that says what shall be written, and where."""
    return {"line": "update", "key": update.key, **update.facts()}


def receipt_line(receipt: Receipt, *, fingerprint: str = "") -> JournalLine:
    """Return the line that says what became of one update.

    Args:
        receipt: What became of it.
        fingerprint: What it said, see `Update.fingerprint`.
    """
    line: JournalLine = {
        "line": "receipt",
        "key": receipt.update.key,
        **receipt.update.facts(brief=True),
        "state": receipt.state.value,
        "attempts": receipt.attempts,
    }
    if fingerprint:
        line["digest"] = fingerprint
    if receipt.error:
        line["error"] = receipt.error
    if receipt.remarks:
        line["remarks"] = [f"{what}: {why}" for what, why in receipt.remarks]
    return line if receipt.task is None else line | task_json(receipt.task)


def task_json(task: ServerTask) -> dict[str, Any]:
    """Return the task in which a server works off what it took, fit for JSON."""
    values: dict[str, Any] = {"task": task.task_id}
    return values | {"until": task.until} if task.until else values


def file_line(receipt: FileReceipt) -> JournalLine:
    """Return the line that says how far a file got at the server."""
    line: JournalLine = {
        "line": "file",
        "sha256": receipt.sha256,
        "name": receipt.name,
        "state": receipt.state.value,
        "attachment": receipt.attachment,
    }
    return line | {name: text for name in ("place", "error") if (text := getattr(receipt, name))}
