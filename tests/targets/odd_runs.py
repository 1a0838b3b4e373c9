"""A server of test runs that takes only some requests, as a function of what is sent."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from pytest_jama.core.errors import LockedError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Says = Callable[[str, int, Mapping[str, Any]], tuple[int, str] | None]
    """From method, run and fields to the refusal; None takes the request."""


class OddRuns:
    """Stands for the client where runs are written.

    Args:
        says: What it answers.
        replaces: Whether a PUT clears what it leaves out.
    """

    def __init__(self, says: Says, *, replaces: bool = False) -> None:
        self._says = says
        self._replaces = replaces
        self._lock = threading.Lock()
        self.requests: list[tuple[str, int, dict[str, Any]]] = []
        self.runs: dict[int, dict[str, Any]] = {}

    def patch_run(
        self,
        run_id: int,
        operations: Sequence[Mapping[str, Any]],
        *,
        on_attempt: Any,
        **_how: Any,
    ) -> None:
        fields = {each["path"].removeprefix("/fields/"): each["value"] for each in operations}
        self._take("PATCH", run_id, fields, on_attempt)

    def put_run(
        self, run_id: int, fields: Mapping[str, Any], *, on_attempt: Any, **_how: Any
    ) -> None:
        self._take("PUT", run_id, dict(fields), on_attempt)

    def _take(self, method: str, run_id: int, fields: dict[str, Any], on_attempt: Any) -> None:
        on_attempt(1)
        with self._lock:
            self.requests.append((method, run_id, fields))
        refused = self._says(method, run_id, fields)
        if refused:
            status, words = refused
            kind = LockedError if "locked" in words else RefusedError
            text = f"{method} /rest/v1/testruns/{run_id}: {status} {words}"
            raise kind(text, http_status=status, words=words.partition(": ")[2])
        before = {} if method == "PUT" and self._replaces else self.runs.get(run_id, {})
        self.runs[run_id] = {**before, **fields}

    def requests_of(self, run_id: int) -> list[str]:
        return [method for method, each, _ in self.requests if each == run_id]
