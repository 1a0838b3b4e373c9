"""What became of a push, asked for by its task alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.targets.octane.push_task import SUCCESS, UNDER_WAY, read_task

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_jama.targets.octane.octane_client import OctaneClient

_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 5.0


def find_pauses_s() -> Iterator[float]:
    """Yield how long to wait before a task is asked for again: each pause is twice as long."""
    pause_s = _FIRST_PAUSE_S
    while True:
        yield pause_s
        pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)


class TaskState(NamedTuple):
    """What a server says of a task.

    Attributes:
        task: Its ID.
        status: A word in small letters: queued, running, success, warning, failed.
        until: Till when the server remembers it, as it writes that.
        details: What went wrong, in the server's words; empty for nothing.
    """

    task: int
    status: str
    until: str
    details: str

    @property
    def is_success(self) -> bool:
        """Whether all results were taken."""
        return self.status == SUCCESS


def ask_for_task(client: OctaneClient, task: int) -> TaskState:
    """Ask once what became of a push.

    Args:
        client: Asks the server.
        task: The ID of the task.

    Raises:
        TargetError: When the server does not answer, or does not know the task.
    """
    answer = client.request("GET", f"/test-results/{task}", is_entity=False)
    found = read_task(answer if isinstance(answer, dict) else {}, task_id=task)
    if found is None:
        return TaskState(task, "", "", "")
    return TaskState(task, found.status, found.task.until, found.words)


def wait_for_task(client: OctaneClient, task: int, *, wait_s: float) -> TaskState:
    """Ask until the server is done with a push, for so many seconds at most.

    Args:
        client: Asks the server.
        task: The ID of the task.
        wait_s: For how long; what is not done then is told as it is.

    Raises:
        TargetError: As for `ask_for_task`.
    """
    clock = client.connection.clock
    ends_at = clock() + wait_s
    for pause_s in find_pauses_s():
        state = ask_for_task(client, task)
        left_s = ends_at - clock()
        if state.status not in UNDER_WAY or left_s <= 0:
            break
        client.connection.sleep(min(pause_s, left_s))
    return state
