"""Writes test runs that were made for it in one way or another, and reads them back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_jama.targets.jama.client import RUNS_PATH

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_jama.targets.jama.probes.inquiry import Inquiry, ServerAnswer
    from pytest_jama.targets.jama.wire import Json

READ_AGAIN_S = (0.1, 0.2, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Pauses before a run, or a list, is read again that does not show yet what was written."""

STORED = "stored"
NOT_STORED = "accepted, not stored"


class ScratchRun(NamedTuple):
    """A test run of the scratch cycle: its ID, and how many steps it has."""

    id: int
    steps: int


class ScratchWriter:
    """Writes into test runs, and reads back.

    Args:
        inquiry: Asks Jama.

    Attributes:
        way: How it writes unless told otherwise: ``PATCH add``, ``PATCH replace`` or ``PUT``.
    """

    def __init__(self, inquiry: Inquiry) -> None:
        self._ask = inquiry
        self.way = "PATCH add"
        self._patience_s = sum(READ_AGAIN_S)

    def write(self, run: ScratchRun, fields: Mapping[str, Any], way: str = "") -> ServerAnswer:
        """Write fields into a run."""
        path = f"{RUNS_PATH}/{run.id}"
        way = way or self.way
        if way == "PUT":
            return self._ask.write("PUT", path, {"fields": dict(fields)})
        operation = "replace" if way == "PATCH replace" else "add"
        operations = [
            {"op": operation, "path": f"/fields/{name}", "value": value}
            for name, value in fields.items()
        ]
        return self._ask.write("PATCH", path, operations)

    def read(self, run: ScratchRun) -> Json:
        """Return the fields of a run as they are now."""
        return self._ask.read(f"{RUNS_PATH}/{run.id}").fields

    def write_and_read(
        self,
        run: ScratchRun,
        fields: Mapping[str, Any],
        is_there: Callable[[Json], bool],
        way: str = "",
    ) -> tuple[str, Json]:
        """Write, and read until it shows; returns what became of it, and the fields then."""
        answer = self.write(run, fields, way)
        if not answer.is_good:
            return answer.words, self.read(run)
        now = self.read(run)
        waited_s = 0.0
        for pause_s in READ_AGAIN_S:
            if is_there(now) or waited_s >= self._patience_s:
                break
            self._ask.client.api.connection.sleep(pause_s)
            waited_s += pause_s
            now = self.read(run)
        if is_there(now):
            self._patience_s = 2 * waited_s  # as late as this server is, twice
            return STORED, now
        return NOT_STORED, now

    def status_fields(self, run: ScratchRun, status: str) -> dict[str, Any]:
        """Return what gives a run a status: itself, or by its steps, the rest of them as read."""
        if not run.steps:
            return {"testRunStatus": status}
        steps = self.read(run).get("testRunSteps")
        as_read = steps if isinstance(steps, list) else [{}] * run.steps
        return {"testRunSteps": [{**step, "status": status} for step in as_read]}

    def set_status(self, run: ScratchRun, status: str, way: str = "") -> tuple[str, Json]:
        """Give a run a status; see `write_and_read`."""
        fields = self.status_fields(run, status)
        return self.write_and_read(run, fields, lambda now: now.get("testRunStatus") == status, way)
