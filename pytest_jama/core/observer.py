"""Who hears of an upload while it runs, and what."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_jama.core.port import Plan, Receipt


class ChangeKind(str, Enum):
    """What is done to the target before results are written there."""

    CREATE = "create"
    ADD = "add"
    """A test case becomes part of something; there may be very many of these."""
    REGENERATE = "regenerate"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is made at the target so that there is something to write results into.

    Attributes:
        kind: What is done.
        what: To what: ``test plan 'Release 1'``, ``case JEET1-TC-12``.
        where: What that becomes part of: ``group 'Group 1'``. Empty when that does not matter.
    """

    kind: ChangeKind
    what: str
    where: str = ""

    def __str__(self) -> str:
        text = f"{self.kind.value} {self.what}"
        return f"{text} to {self.where}" if self.where else text


@dataclass(frozen=True, slots=True)
class Retry:
    """A request that is made again.

    Attributes:
        request: Its method and path.
        reason: Why: ``503 Service Unavailable``. There are few, which can be counted.
        detail: More about it: ``the server asked for 2 s``. Empty when there is nothing to say.
        attempt: The number of the attempt to come.
        pause_s: How many seconds it waits.
        left_s: In how many seconds the upload gives up, unless a request succeeds.
    """

    request: str
    reason: str
    detail: str = ""
    attempt: int = 2
    pause_s: float = 0.0
    left_s: float = 0.0

    def __str__(self) -> str:
        why = f"{self.reason}, {self.detail}" if self.detail else self.reason
        when = f"attempt {self.attempt} in {self.pause_s:.3f} s"
        return f"{self.request}: {when}: {why} ({self.left_s:.0f} s left)"


class Observer:
    """Is told how an upload proceeds. Every method does nothing here; override what you need."""

    def changed(self, change: Change) -> None:
        """Hear of a change as soon as it is made; never in a dry run."""

    def planned(self, plan: Plan) -> None:
        """Hear once what will be written, before any of it is."""

    def received(self, receipt: Receipt) -> None:
        """Hear of an update as soon as its fate is known, and again if that changes."""

    def retried(self, retry: Retry) -> None:
        """Hear of a request that is made again, in the thread that makes it: be quick and safe."""

    def stopped(self) -> None:
        """Hear of the end of the upload, also of one that broke off."""
