"""Jama Connect behind the port of `pytest_jama.core.port`."""

from __future__ import annotations

from datetime import datetime, timezone
from types import MappingProxyType
from typing import TYPE_CHECKING, cast

from pytest_jama.core.errors import OutOfReachError, TargetError
from pytest_jama.core.plan import Plan, SendState
from pytest_jama.core.port import Observer
from pytest_jama.core.results import linked_cases
from pytest_jama.targets.http.connection import READ_TIMEOUT_S
from pytest_jama.targets.jama.account_form import AccountForm
from pytest_jama.targets.jama.actual_results import over_line
from pytest_jama.targets.jama.client import JamaClient
from pytest_jama.targets.jama.connect import open_api
from pytest_jama.targets.jama.cycles import CycleResolver
from pytest_jama.targets.jama.drift import LockGuard
from pytest_jama.targets.jama.field_values import describe_unset, find_values
from pytest_jama.targets.jama.lock_holders import with_holders
from pytest_jama.targets.jama.parallel import INTERRUPTED, Sending, none_sent
from pytest_jama.targets.jama.places import link_of_run
from pytest_jama.targets.jama.read_back import ReadBack
from pytest_jama.targets.jama.run_body import body_of
from pytest_jama.targets.jama.run_writer import RunWriter
from pytest_jama.targets.jama.second_sending import SecondSending
from pytest_jama.targets.jama.standing import Writer
from pytest_jama.targets.jama.update_plan import plan_updates

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pytest_jama.config.models import Settings
    from pytest_jama.core.attached_file import AttachedFile
    from pytest_jama.core.cases import CaseRef
    from pytest_jama.core.errors import PytestJamaError
    from pytest_jama.core.lock import Lock
    from pytest_jama.core.plan import Findings, Receipt, Update
    from pytest_jama.targets.http.give_up import Clocks
    from pytest_jama.targets.jama.change_log import Doubtful
    from pytest_jama.targets.jama.field_values import FieldValues
    from pytest_jama.targets.jama.parallel import Send
    from pytest_jama.targets.jama.runs import Resolution, RunUpdate


def make_jama_target(
    settings: Settings,
    *,
    clocks: Clocks | None = None,
    read_timeout_s: float = READ_TIMEOUT_S,
) -> JamaTarget:
    """Make the target for one Jama; no request is sent yet.

    Args:
        settings: Where it is, who we are, what may be created.
        clocks: Time.
        read_timeout_s: For how long to wait for an answer.

    Raises:
        CredentialsError: When the settings hold no credentials.
    """

    def connect() -> JamaClient:
        api = open_api(settings, clocks=clocks, read_timeout_s=read_timeout_s)
        return JamaClient(api, at_once=settings.upload.concurrency)

    return JamaTarget(connect, settings)


class JamaTarget:
    """Test runs of one Jama test cycle.

    Args:
        connect: Makes the client that reads from Jama and writes to it, when the first is needed.
        settings: Which project, plan and cycle, what may be created, what is written into runs.
    """

    def __init__(self, connect: Callable[[], JamaClient], settings: Settings) -> None:
        self._connect = connect
        self._connected: JamaClient | None = None
        self._settings = settings
        self._cycle_id: int | None = None
        self._total_runs: int | None = None
        self._doubtful: Sequence[Doubtful] = ()
        self._project_id: int | None = None
        self._plan_id: int | None = None
        self._findings: Findings | None = None

    @property
    def _client(self) -> JamaClient:
        if self._connected is None:
            self._connected = self._connect()
        return self._connected

    def plan(self, findings: Findings, *, create: bool, observer: Observer) -> Plan:
        """Find the runs of the cases with a verdict, and what to write; see `Target.plan`.

        Without such a case nothing is asked of Jama, and the plan is empty; findings that prepare
        find the runs of all cases, and there is nothing to write.

        Raises:
            TargetError: When project, plan or cycle cannot be used, or there are no credentials.
        """
        self._findings, judgement = findings, findings.judgement
        wanted = judgement.cases if findings.prepares else judgement.to_write
        if not wanted:
            return Plan()
        aliases = () if findings.prepares else judgement.possible_aliases
        resolution = self.resolve(
            [case.case_ref for case in wanted],
            aliases=[case.case_ref for case in aliases],
            others=() if findings.prepares else self._find_others(findings),
            create=create,
            observer=observer,
            begun=findings.begun,
            lock=findings.lock,
        )
        guard = LockGuard(
            findings.lock,
            resolution.items,
            mode=self._settings.drift,
            incomplete=judgement.incomplete,
        )
        planned = plan_updates(
            () if findings.prepares else (*wanted, *aliases),
            resolution.runs,
            incomplete=judgement.incomplete,
            writer=Writer(
                provenance=findings.provenance,
                session=findings.session,
                over=over_line(datetime.now(tz=timezone.utc)),
                leaves_others=self._settings.run.others == "leave",
            ),
            check=guard.check,
        )
        return Plan(
            places=(resolution.project, resolution.plan, resolution.cycle),
            updates=planned.updates,
            changes=resolution.changes,
            unresolved=resolution.unresolved,
            warnings=(*resolution.warnings, *guard.warnings, *planned.warnings),
            left=planned.left,
            replaced=planned.replaced,
            links={
                update.key: link_of_run(self._settings.url, update.run.run_id, self._project_id)
                for update in planned.updates
                if update.run.run_id
            },
        )

    def _find_others(self, findings: Findings) -> Sequence[CaseRef]:
        """Return the linked cases that nothing is written for."""
        if self._settings.plan.add != "linked":
            return ()
        written = {case.case_ref for case in findings.judgement.to_write}
        judged = (case.case_ref for case in findings.judgement.cases)  # a hook may have others
        known = dict.fromkeys((*judged, *linked_cases(findings.results), *findings.known))
        return [ref for ref in known if ref not in written]

    def resolve(
        self,
        case_refs: Sequence[CaseRef],
        *,
        aliases: Sequence[CaseRef] = (),
        others: Sequence[CaseRef] = (),
        create: bool,
        observer: Observer,
        begun: Mapping[str, float] = MappingProxyType({}),
        lock: Lock | None = None,
    ) -> Resolution:
        """Find the runs of the cases, creating plan, group and cycle where allowed.

        Args:
            case_refs: Every case that has something to write, each once.
            aliases: References that nothing is written for, but that may name one of those cases,
                too: then `Resolution.runs` has its runs under both. Nothing else happens to them.
            others: Cases that nothing is written for, and that a new cycle shall have runs of.
            create: False reads only; `Resolution.changes` then says what would be created, and
                runs that would come with a new cycle have no ID.
            observer: Told each change as soon as it is made.
            begun: See `Findings.begun`.
            lock: Its API IDs decide which item a case is.

        Raises:
            TargetError: When project, plan or cycle cannot be used.
        """
        self._client.api.connection.tell(observer)
        resolver = CycleResolver(
            self._client, self._settings, create=create, observer=observer, begun=begun, lock=lock
        )
        try:
            resolution = resolver.resolve(case_refs, aliases, others)
        except KeyboardInterrupt:
            self._client.api.connection.stop()  # what is under way in threads goes no further
            raise
        self._cycle_id = cast("int | None", resolution.cycle.place_id)
        self._project_id = cast("int | None", resolution.project.place_id)
        self._plan_id = cast("int | None", resolution.plan.place_id)
        self._total_runs = resolver.total_runs
        self._doubtful = resolver.doubtful
        return resolution

    def push(self, updates: Sequence[Update], *, observer: Observer) -> tuple[Receipt, ...]:
        """Write the updates and read them back; see `Target.push`.

        Ctrl-C ends it with receipts for what was not sent; a second one goes through at once.
        """
        if not updates:
            self._look_for_second_ones(observer)
            return ()
        self._client.api.connection.tell(observer)
        form = AccountForm(self._client)
        try:
            assignee = self._find_assignee()
            fields = find_values(self._client, "run", self._settings.run.fields, texts=False)
            is_wanted = self._settings.run.actual_results
            ours = form.apply(cast("Sequence[RunUpdate]", updates), is_wanted=is_wanted)
        except TargetError as error:
            if isinstance(error, OutOfReachError):
                self._client.api.connection.stop()  # nothing is waited for any more
            self._look_for_second_ones(observer)
            return none_sent(updates, error, observer)
        except KeyboardInterrupt:
            return none_sent(updates, INTERRUPTED, observer)
        writer = self._make_writer(assignee, fields)
        sent, stopped_by = self._send_with_files(ours, writer, observer)
        if stopped_by is not None:
            if stopped_by is not INTERRUPTED:
                self._look_for_second_ones(observer)
            return sent
        read_back = ReadBack(self._client, self._cycle_id, total_runs=self._total_runs)
        receipts, lost = read_back.verify(sent)
        second = SecondSending(
            self._client,
            read_back,
            send=lambda updates: self._send(updates, writer.write, Observer()),
        )
        if lost:
            receipts = second.send_again(receipts, lost)
        receipts = second.without_tags(receipts, form)
        for before, receipt in zip(sent, receipts, strict=True):
            if receipt.state not in (before.state, SendState.UNVERIFIED):
                observer.received(receipt)
        self._look_for_second_ones(observer)
        return with_holders(self._client, receipts)

    def _look_for_second_ones(self, observer: Observer) -> None:
        """List once more what was created slowly: a server may have made it twice by now."""
        doubtful, self._doubtful = self._doubtful, ()
        for each in doubtful:
            if warning := each.find_warning():
                observer.warned(warning)

    def close(self) -> None:
        """Give the connections back."""
        if self._connected is not None:
            self._connected.api.connection.close()

    def _find_assignee(self) -> int | None:
        is_nobody = self._settings.run.assigned_to == "none"
        return None if is_nobody else self._client.get_current_user_id()

    def _send_with_files(
        self, updates: Sequence[RunUpdate], writer: RunWriter, observer: Observer
    ) -> tuple[tuple[Receipt, ...], PytestJamaError | None]:
        """Do what `_send` does; the files of the tests go before."""
        has_files = any(each.files for update in updates for each in update.verdict.results)
        if not has_files or self._findings is None or self._project_id is None:
            return self._send(updates, writer.write, observer)
        from pytest_jama.targets.jama.file_sender import FileSender  # noqa: PLC0415 (few have any)

        images = self._settings.evidence.images
        files = FileSender(self._client, self._project_id, self._findings, observer, images=images)
        sent = self._send(updates, files.before(writer.write), observer)
        files.tell_refusals()
        return sent

    def keep_bundle(self, file: AttachedFile, *, observer: Observer) -> None:
        """Attach the bundle of a session to its test plan; see `TakesBundles.keep_bundle`."""
        if self._findings is None or self._project_id is None or self._plan_id is None:
            return
        from pytest_jama.targets.jama.file_sender import FileSender  # noqa: PLC0415 (few have any)

        files = FileSender(self._client, self._project_id, self._findings, observer)
        files.bring_bundle(file, self._plan_id)

    def _send(
        self, updates: Sequence[RunUpdate], write: Send, observer: Observer
    ) -> tuple[tuple[Receipt, ...], PytestJamaError | None]:
        """Write the updates; returns their receipts, and why not all could be tried, if so."""
        sending = Sending(
            updates,
            send=write,
            stop=self._client.api.connection.stop,
            on_receipt=observer.received,
            concurrency=self._settings.upload.concurrency,
        )
        receipts = sending.run()
        return receipts, sending.stopped_by

    def _make_writer(self, assignee: int | None, fields: FieldValues) -> RunWriter:
        unusable = ((f"field {name} not stored", why) for name, why in fields.problems.items())
        return RunWriter(
            self._client,
            method=self._settings.run.write,
            body_of=lambda update: body_of(update, fields=fields.values, assignee=assignee),
            remarks=tuple(unusable),
            explain=lambda run: describe_unset(self._client, run, fields.values),
        )
