"""A workspace of its own in a running stand-in, and targets that send to it."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from pytest_jama.config.octane_settings import OctaneKey, OctaneSettings
from pytest_jama.core.cases import CaseRef
from pytest_jama.targets.octane.target import OctaneTarget, make_octane_target

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from typing_extensions import Self

    from pytest_jama.sandbox.octane import OctaneSandbox
    from pytest_jama.targets.http.give_up import Clocks

RATE_PER_S = 1000.0
"""Faster than a server likes it, so that no test waits."""


class OctaneWorld:
    """A server with one workspace; implements `tests.targets.contract.World`."""

    def __init__(self, sandbox: OctaneSandbox, clocks: Clocks) -> None:
        self.sandbox = sandbox
        self.store = sandbox.store
        self.clocks = clocks
        self.stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stack.close()

    def after_pauses(self, change: Callable[[], None]) -> None:
        """Let something change at the server while clients pause for a second or more."""
        pause, left = self.clocks.sleep, [change]

        def sleep(seconds: float) -> object:
            if seconds >= 1 and left:
                left.pop()()
            return pause(seconds) if pause else None

        self.clocks = replace(self.clocks, sleep=sleep)

    def settings(self, **given: Any) -> OctaneSettings:
        credentials = OctaneKey(
            client_id=self.sandbox.credentials.client_id,
            client_secret=SecretStr(self.sandbox.credentials.client_secret),
        )
        values = {
            "url": self.sandbox.url,
            "space": "1001",
            "workspace": "1002",
            "upload": {"rate": RATE_PER_S},
            **given,
        }
        settings = OctaneSettings.model_validate(values)
        return settings.model_copy(update={"credentials": credentials})

    def target(self, **given: Any) -> OctaneTarget:
        target = make_octane_target(self.settings(**given), clocks=self.clocks)
        self.stack.callback(target.close)
        return target

    def add_cases(self, count: int) -> list[CaseRef]:
        """Make backlog items, which tests of this server cover."""
        return [
            CaseRef.parse(self.store.add("stories", name=f"story {number}"))
            for number in range(count)
        ]

    def state(self) -> object:
        """Return what the workspace has but for the log of its tasks."""
        return {
            name: self.store.all(name)
            for name in ("automated_tests", "automated_runs", "previous_runs", "ci_servers")
        }

    @property
    def lines(self) -> list[str]:
        """What the server was asked, without parameters."""
        return [f"{each.method} {each.path.partition('?')[0]}" for each in self.sandbox.requests]
