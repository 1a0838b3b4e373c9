"""What became of a document, in words for people. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_jama.targets.octane.push_task import FAILED, SUCCESS, WARNING

if TYPE_CHECKING:
    from pytest_jama.core.plan import ServerTask
    from pytest_jama.targets.octane.push_task import PushTask

_CORRECT = (
    "correct what the results refer to (release, milestone, modules, suite, build, backlog items), "
    "then `pytest-jama upload` sends them again"
)
_SKIP = ", or set `skip_errors: true`, which takes them without it"
_NO_WORDS = "the server does not say why"


def describe_queued(task: ServerTask) -> str:
    """Say that the server has taken a document and not finished with it."""
    return f"queued as task {task.task_id}"


def describe_older(task: ServerTask, title: str) -> str:
    """Say that the server had a document before it was sent for the first time.

    Args:
        task: The task of the earlier push.
        title: What people call the document.
    """
    return (
        f"{title}: the server had exactly these results already (task {task.task_id}) and made "
        "no new runs of them; was the same report sent before?"
    )


def describe_end(
    task: PushTask, *, before: PushTask | None, skip_errors: bool, wait_s: float
) -> str:
    """Say what became of a document, and what to do; empty when all is well.

    Args:
        task: Its task.
        before: The task in which the same document had failed before; None when it had not.
        skip_errors: Whether the server was to take what refers to something that does not exist.
        wait_s: For how long it was waited for.
    """
    task_id = task.task.task_id
    words = task.words.rstrip(".") or _NO_WORDS
    if task.status == SUCCESS:
        return ""
    if task.status == WARNING:
        return f"task {task_id} ended with a warning: {words}"
    if task.status == FAILED:
        remedy = _CORRECT if skip_errors else _CORRECT + _SKIP
        return f"task {task_id} failed{_as_before(task, before)}: {words}; {remedy}"
    if task.is_under_way:
        return (
            f"task {task_id} is still {task.status or 'queued'} after {wait_s:g} s; `pytest-jama "
            f"octane status {task_id}` tells what becomes of it, and `pytest-jama upload` asks for "
            "it before it sends anything again"
        )
    return f"task {task_id} ended as {task.status!r}, so it is not known whether all was taken"


def _as_before(task: PushTask, before: PushTask | None) -> str:
    if before is None:
        return ""
    if before.task.task_id == task.task.task_id:
        return " before, and the server does not process the same results again"
    return f", as task {before.task.task_id} with the same results had"


def describe_denied(task: ServerTask) -> str:
    """Say that the server took a document and then knew nothing of it."""
    return (
        f"the server took the results and does not know task {task.task_id}, which it named: "
        f"`pytest-jama octane status {task.task_id}` asks for it once more; "
        "`pytest-jama upload` sends the same results again, which makes nothing twice"
    )
