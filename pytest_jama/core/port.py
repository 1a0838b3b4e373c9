"""The port to a test-management server: two verbs, and who is told how they proceed.

A target is an adapter of this port. `Target.plan` reads (and, where allowed, creates what is
missing), `Target.push` writes; nothing else touches the network. Their values are in
`pytest_jama.core.plan`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

from pytest_jama.core.text import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_jama.core.attached_file import AttachedFile, FileReceipt
    from pytest_jama.core.plan import Change, Findings, Plan, Receipt, Update


class Target(Protocol):
    """A server that stores verdicts, or takes results and judges them itself."""

    def plan(self, findings: Findings, *, create: bool, observer: Observer) -> Plan:
        """Find where everything goes, creating what is missing and allowed.

        Args:
            findings: What the session found.
            create: False reads only; `Plan.changes` then says what would be created.
            observer: Told each change as soon as it is made.

        Raises:
            TargetError: When the target cannot be used. A single case without a place is not an
                exception but an entry of `Plan.unresolved`.
        """
        ...

    def push(self, updates: Sequence[Update], *, observer: Observer) -> tuple[Receipt, ...]:
        """Write the updates, read back what is stored and compare.

        A refused update is a receipt, not an exception, and never stops the others. When the target
        stops answering, or on Ctrl-C, the rest come back as ``NOT_SENT`` and name the cause.

        Args:
            updates: What to write: some or all updates of the plan, each once.
            observer: Told each receipt, in the calling thread, as soon as the fate of an update is
                known, and again for an update that turns out to be a mismatch.

        Returns:
            The final receipt of each update, in the order of the updates.
        """
        ...

    def close(self) -> None:
        """Release connections; the target is not used afterwards."""
        ...


@runtime_checkable
class TakesBundles(Protocol):
    """A target that also keeps a file of the whole session, beside the verdicts."""

    def keep_bundle(self, file: AttachedFile, *, observer: Observer) -> None:
        """Keep the bundle of a session, after `Target.push`; a refusal is told as a warning.

        Args:
            file: The bundle; `Findings.find_file` has its content.
            observer: Told how far it gets, see `Observer.filed`.

        Raises:
            TargetError: When the target stops answering.
        """
        ...


@runtime_checkable
class SendsEarly(Protocol):
    """A target that takes verdicts while tests still run.

    `Target.plan` and `Target.push` follow on the same object, with everything: they check what was
    sent early, and send what was not, or says something else by now. `Plan.changes` and
    `Plan.replaced` hold what happened early, too.
    """

    def send_early(self, findings: Findings, *, observer: Observer) -> None:
        """Write verdicts that are final; what is not done yet is done by `plan` and `push`.

        It is called several times, from one thread, which is not the one of the tests.

        Args:
            findings: The verdicts that became final since the last call, and all cases that are
                still awaited.
            observer: Told changes, receipts and files, as in `Target.plan` and `Target.push`.

        Raises:
            TargetError: When the server cannot be used now. What was sent is kept in mind, and what
                was not need not be given again.
        """
        ...

    def end_early(self) -> None:
        """Begin nothing more of `send_early`; called again, stop what is under way, too.

        Any thread may call it.
        """
        ...


class Retry(NamedTuple):
    """A request that is made again.

    Attributes:
        request: Its method and path.
        reason: Why: ``503 Service Unavailable``. There are few, which can be counted.
        detail: More about it: ``the server asked for 2 s``. Empty when there is nothing to say.
        attempt: The number of the attempt to come.
        pause_s: How many seconds it waits.
        left_s: In how many seconds the upload gives up, unless a request succeeds.
        is_unreached: Whether there was no connection, so that the server knows nothing of it.
        is_answered: Whether it was answered, and is made again for what is not shown yet.
    """

    request: str
    reason: str
    detail: str = ""
    attempt: int = 2
    pause_s: float = 0.0
    left_s: float = 0.0
    is_unreached: bool = False
    is_answered: bool = False

    def __str__(self) -> str:
        why = f"{self.reason}, {self.detail}" if self.detail else self.reason
        when = f"attempt {self.attempt} in {self.pause_s:.3f} s"
        return printable(f"{self.request}: {when}: {why} ({self.left_s:.0f} s left)")


class Observer:
    """Is told how an upload proceeds. Every method does nothing here; override what you need."""

    def begins(self, change: Change) -> None:
        """Hear that something is going to be created by its name, which may take minutes."""

    def refused(self, change: Change) -> None:
        """Hear that it was certainly not created."""

    def waits(self, why: str) -> None:
        """Hear of a wait of a minute or more, and why."""

    def troubled(self, why: str) -> None:
        """Hear at once that the server does not answer, and until when it is tried."""

    def warned(self, text: str) -> None:
        """Hear what a person should know, and what `Plan.warnings` could not tell yet."""

    def changed(self, change: Change) -> None:
        """Hear of a change as soon as it is made; never in a dry run."""

    def planned(self, plan: Plan) -> None:
        """Hear once what will be written, before any of it is."""

    def received(self, receipt: Receipt) -> None:
        """Hear of an update as soon as its fate is known, and again if that changes."""

    def filed(self, receipt: FileReceipt) -> None:
        """Hear how far a file got, in the thread that sends it: be quick and safe."""

    def retried(self, retry: Retry) -> None:
        """Hear of a request that is made again, in the thread that makes it: be quick and safe."""

    def stopped(self) -> None:
        """Hear of the end of the upload, also of one that broke off."""
