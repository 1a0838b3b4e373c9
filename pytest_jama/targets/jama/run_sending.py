"""Updates on their way into runs: what it takes is found out once, and learned for a session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_jama.core.errors import OutOfReachError, TargetError
from pytest_jama.targets.jama.account_form import AccountForm
from pytest_jama.targets.jama.field_values import describe_unset, find_values
from pytest_jama.targets.jama.parallel import INTERRUPTED, Sending, none_sent
from pytest_jama.targets.jama.run_body import body_of
from pytest_jama.targets.jama.run_writer import RunWriter
from pytest_jama.targets.jama.second_sending import SecondSending

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from pytest_jama.config.models import Settings
    from pytest_jama.core.errors import PytestJamaError
    from pytest_jama.core.plan import Findings, Receipt
    from pytest_jama.core.port import Observer
    from pytest_jama.targets.jama.client import JamaClient
    from pytest_jama.targets.jama.file_sender import FileSender
    from pytest_jama.targets.jama.parallel import Send
    from pytest_jama.targets.jama.read_back import ReadBack
    from pytest_jama.targets.jama.runs import RunUpdate

    Outcome = tuple[tuple[Receipt, ...], PytestJamaError | None]


def _always() -> bool:
    return True


def _tell_nobody(_: Receipt) -> None:
    return


class RunSender:
    """Writes updates into runs, and brings the files of their tests before.

    Args:
        client: Talks to Jama.
        settings: What is written into runs.
        before: What sent over another connection, which is lost; None for nothing.

    Attributes:
        client: The client.
        files: What brings the files of tests; None as long as there are none.
    """

    def __init__(
        self, client: JamaClient, settings: Settings, *, before: RunSender | None = None
    ) -> None:
        self.client = client
        self._settings = settings
        self._writer: RunWriter | None = None
        self._form = AccountForm(client)
        self.files: FileSender | None = before.files if before else None
        if self.files is not None:
            self.files.goes_on_with(client)

    def prepare(
        self,
        updates: Sequence[RunUpdate],
        findings: Findings | None,
        project_id: int | None,
        observer: Observer,
    ) -> Sequence[RunUpdate]:
        """Find out what all updates need; return them with accounts as this server takes them.

        Args:
            updates: The updates.
            findings: Know the files of their tests.
            project_id: Gets the files.
            observer: Told how far these get.

        Raises:
            TargetError: When the server cannot be asked.
        """
        if self._writer is None:
            self._writer = self._make_writer()
        has_files = any(each.files for update in updates for each in update.verdict.results)
        if has_files and self.files is None and findings and project_id:
            from pytest_jama.targets.jama.file_sender import FileSender  # noqa: PLC0415 (few have any)

            images = self._settings.evidence.images
            self.files = FileSender(self.client, project_id, findings, observer, images=images)
        if self.files is not None:
            self.files.observer = observer
        return self._form.apply(updates, is_wanted=self._settings.run.actual_results)

    def _make_writer(self) -> RunWriter:
        settings = self._settings.run
        assignee = None if settings.assigned_to == "none" else self.client.get_current_user_id()
        fields = find_values(self.client, "run", settings.fields, texts=False)
        unusable = ((f"field {name} not stored", why) for name, why in fields.problems.items())
        return RunWriter(
            self.client,
            method=settings.write,
            body_of=lambda update: body_of(update, fields=fields.values, assignee=assignee),
            remarks=tuple(unusable),
            explain=lambda run: describe_unset(self.client, run, fields.values),
        )

    def send(
        self,
        updates: Sequence[RunUpdate],
        on_receipt: Callable[[Receipt], None],
        *,
        goes_on: Callable[[], bool] = _always,
        with_files: bool = True,
    ) -> Outcome:
        """Write updates that are prepared.

        Args:
            updates: The updates.
            on_receipt: Told each receipt, in the calling thread.
            goes_on: See `Sending`.
            with_files: Whether the files of their tests go before.

        Returns:
            Their receipts, and why not all could be tried, if so.
        """
        if self._writer is None:
            raise ValueError("updates are prepared before they are sent")
        write: Send = self._writer.write
        if with_files and self.files is not None:
            write = self.files.before(write)
        sending = Sending(
            updates,
            send=write,
            stop=self.client.api.connection.stop,
            on_receipt=on_receipt,
            concurrency=self._settings.upload.concurrency,
            goes_on=goes_on,
        )
        receipts = sending.run()
        return receipts, sending.stopped_by

    def deliver(
        self,
        updates: Sequence[RunUpdate],
        findings: Findings | None,
        project_id: int | None,
        observer: Observer,
    ) -> Outcome:
        """Prepare updates and send them all; see `prepare` and `send`.

        What keeps them from being prepared is no exception, but in the receipts of all.
        """
        try:
            ours = self.prepare(updates, findings, project_id, observer) if updates else ()
        except TargetError as error:
            if isinstance(error, OutOfReachError):
                self.client.api.connection.stop()  # nothing is waited for any more
            return none_sent(updates, error, observer), error
        except KeyboardInterrupt:
            return none_sent(updates, INTERRUPTED, observer), INTERRUPTED
        outcome = self.send(ours, observer.received) if ours else ((), None)
        if self.files is not None:
            self.files.tell_refusals()
        return outcome

    def verify(
        self, receipts: Sequence[Receipt], read_back: ReadBack, known: Collection[str]
    ) -> tuple[Receipt, ...]:
        """Read back what was sent, and write once more what is not stored as it was accepted.

        Args:
            receipts: The receipts.
            read_back: Compares what is stored with what was sent.
            known: See `ReadBack.verify`.
        """
        final, lost = read_back.verify(receipts, known=known)
        second = SecondSending(self.client, read_back, send=self._send_again)
        if lost:
            final = second.send_again(final, lost)
        return second.without_tags(final, self._form)

    def _send_again(self, updates: Sequence[RunUpdate]) -> Outcome:
        if self._writer is None:  # what is sent again was sent over a connection that was lost
            self._writer = self._make_writer()
        return self.send(updates, _tell_nobody, with_files=False)
