"""What became of a push: the task in which the server works off the results it has taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_jama.core.text import clean

if TYPE_CHECKING:
    from pytest_jama.targets.octane.octane_client import OctaneClient

_SUCCESS = "success"
_UNFINISHED = frozenset({"queued", "running"})

_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 5.0
_GROWTH = 1.5


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
        return self.status == _SUCCESS

    @property
    def is_finished(self) -> bool:
        """Whether the server is done with it."""
        return self.status not in _UNFINISHED


def read_task(client: OctaneClient, task: int) -> TaskState:
    """Ask once what became of a push.

    Args:
        client: Asks the server.
        task: The ID of the task.

    Raises:
        TargetError: When the server does not answer, or does not know the task.
    """
    return parse_task(task, client.request("GET", f"/test-results/{task}", is_entity=False))


def parse_task(task: int, answer: Any) -> TaskState:
    """Read what a server says of a task.

    The words may stand in capitals, between blanks. Source: vendor's help, its examples.

    Args:
        task: The ID of the task.
        answer: The JSON of the answer.
    """
    said = answer if isinstance(answer, dict) else {}
    status = _line(said.get("status")).casefold() or "not known"
    return TaskState(task, status, _line(said.get("until")), _line(said.get("errorDetails")))


def _line(value: object) -> str:
    return " ".join(clean(value).split()) if isinstance(value, str) else ""


def wait_for_task(client: OctaneClient, task: int, *, wait_s: float) -> TaskState:
    """Ask until the server is done with a push, for so many seconds at most.

    Args:
        client: Asks the server.
        task: The ID of the task.
        wait_s: For how long; what is not done then is told as it is.

    Raises:
        TargetError: As for `read_task`.
    """
    clock = client.connection.clock
    ends_at, pause_s = clock() + wait_s, _FIRST_PAUSE_S
    while True:
        state = read_task(client, task)
        left_s = ends_at - clock()
        if state.is_finished or left_s <= 0:
            return state
        client.connection.sleep(min(pause_s, left_s))
        pause_s = min(pause_s * _GROWTH, _LONGEST_PAUSE_S)
