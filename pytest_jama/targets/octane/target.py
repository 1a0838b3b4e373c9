"""ALM Octane behind the port of `pytest_jama.core.port`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_jama.core.errors import NotUsableError, RefusedError
from pytest_jama.core.plan import Findings, Plan
from pytest_jama.core.verdicts import Judgement
from pytest_jama.targets.http.connection import READ_TIMEOUT_S
from pytest_jama.targets.octane.build_making import BuildFacts, find_build
from pytest_jama.targets.octane.context import find_context, items_of
from pytest_jama.targets.octane.document import build_documents
from pytest_jama.targets.octane.document_head import DocumentHead
from pytest_jama.targets.octane.document_sender import INTERRUPTED, DocumentSender
from pytest_jama.targets.octane.entities import Entities
from pytest_jama.targets.octane.octane_client import OctaneClient, open_client
from pytest_jama.targets.octane.results_push import ResultsPush
from pytest_jama.targets.octane.run_element import STATUS_BY_OUTCOME
from pytest_jama.targets.octane.taken_documents import TakenDocuments

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_jama.config.octane_settings import OctaneSettings
    from pytest_jama.core.plan import Receipt, Update
    from pytest_jama.core.port import Observer
    from pytest_jama.targets.http.give_up import Clocks
    from pytest_jama.targets.octane.context import UploadContext
    from pytest_jama.targets.octane.document_head import BuildIds

_LOOKS_S = (0.0, 1.0, 2.0, 4.0, 8.0, 15.0)
"""Pauses before each look for a build that a document needs. Source: a test of the vendor."""

_CORRECTED_BY = (
    "the journal keeps these settings: `pytest-jama upload --module=NAME` (--release, --milestone, "
    "--suite) says others, --skip-errors leaves out what is not there"
)


def make_octane_target(
    settings: OctaneSettings,
    *,
    clocks: Clocks | None = None,
    read_timeout_s: float = READ_TIMEOUT_S,
) -> OctaneTarget:
    """Make the target for one workspace; no request is sent yet.

    Args:
        settings: Where it is, who we are, what the results refer to.
        clocks: Time.
        read_timeout_s: For how long to wait for an answer.
    """

    def connect() -> OctaneClient:
        return open_client(settings, clocks=clocks, read_timeout_s=read_timeout_s)

    return OctaneTarget(connect, settings)


class OctaneTarget:
    """The results of one workspace.

    Args:
        connect: Makes the client, when the first request is needed.
        settings: What the results refer to, and how they are sent.
    """

    def __init__(self, connect: Callable[[], OctaneClient], settings: OctaneSettings) -> None:
        self._connect = connect
        self._connected: OctaneClient | None = None
        self._settings = settings
        self._findings = Findings((), Judgement())
        self._head = DocumentHead()

    @property
    def _client(self) -> OctaneClient:
        if self._connected is None:
            self._connected = self._connect()
        return self._connected

    def plan(self, findings: Findings, *, create: bool, observer: Observer) -> Plan:
        """Find what the settings name, and write the documents; see `Target.plan`.

        Where no test ran the server is asked nothing, and the plan is empty.

        Raises:
            TargetError: When the server cannot be used, something named is missing, or there are no
                credentials.
        """
        self._findings = findings
        has_run = any(result.outcome in STATUS_BY_OUTCOME for result in findings.results)
        if findings.prepares or not has_run:
            return Plan()
        self._client.connection.tell(observer)
        try:
            context = self._find_context(findings, create=create, observer=observer)
        except KeyboardInterrupt:
            self._client.connection.stop()
            raise
        self._head = context.head
        return Plan(
            places=context.places,
            updates=build_documents(findings.results, context.head, started=findings.started),
            changes=context.changes,
            warnings=context.warnings,
            noun="document",
        )

    def _find_context(
        self, findings: Findings, *, create: bool, observer: Observer
    ) -> UploadContext:
        entities = Entities(self._client)
        entities.client.workspace  # noqa: B018 (its mistakes come first: no flag below says others)
        try:
            return find_context(
                entities,
                self._settings,
                items=items_of(findings.results),
                facts=BuildFacts.of(findings.results),
                create=create,
                observer=observer,
            )
        except NotUsableError as mistakes:
            raise NotUsableError(*mistakes.lines, _CORRECTED_BY) from mistakes

    def push(self, updates: Sequence[Update], *, observer: Observer) -> tuple[Receipt, ...]:
        """Send the documents; see `Target.push`.

        Each is told as not read back with its task as soon as the server names that, so that a
        journal has it before the first question after it.
        """
        if not updates:
            return ()
        client, settings, build = self._client, self._settings, self._head.build
        client.connection.tell(observer)
        entities = Entities(client)
        taken = TakenDocuments(
            entities,
            self._findings,
            build=build,
            skip_errors=settings.skip_errors,
            observer=observer,
            reads_all=settings.reads_all_back,
        )
        push = ResultsPush(
            client,
            skip_errors=settings.skip_errors,
            awaits_build=(lambda: _await_build(entities, build)) if build else None,
        )
        sender = DocumentSender(
            push,
            tasks=self._findings.tasks,
            observer=observer,
            follow_up=taken.follow_up,
            skip_errors=settings.skip_errors,
            wait_s=settings.wait_s,
            is_resumed=self._findings.is_resumed,
        )
        receipts = sender.send(updates)
        if any(receipt.cause is INTERRUPTED for receipt in receipts):
            client.connection.stop()  # a person who presses Ctrl-C need not wait for signing out
        return receipts

    def close(self) -> None:
        """Sign out, and give the connections back."""
        if self._connected is not None:
            self._connected.close()


def _await_build(entities: Entities, build: BuildIds) -> bool:
    """Wait until the server shows a build; return whether it does."""
    try:
        for pause_s in _LOOKS_S:
            entities.client.connection.sleep(pause_s)
            if find_build(entities, build) is not None:
                return True
    except RefusedError:
        pass  # one who may not read builds cannot know
    return False
