"""Jama Connect behind the port of `pytest_jama.core.port`."""

from __future__ import annotations

from datetime import datetime, timezone
from itertools import chain
from types import MappingProxyType
from typing import TYPE_CHECKING, cast

from pytest_jama.core.errors import NotUsableError, RefusedError, TargetError
from pytest_jama.core.plan import Plan, SendState
from pytest_jama.core.results import linked_cases
from pytest_jama.targets.http.connection import READ_TIMEOUT_S
from pytest_jama.targets.http.transport import Route
from pytest_jama.targets.jama.client import JamaClient
from pytest_jama.targets.jama.connect import open_api
from pytest_jama.targets.jama.cycles import CycleResolver
from pytest_jama.targets.jama.early_sending import EarlySending
from pytest_jama.targets.jama.early_updates import EarlyUpdates
from pytest_jama.targets.jama.guarded_plan import plan_guarded
from pytest_jama.targets.jama.lock_holders import with_holders
from pytest_jama.targets.jama.parallel import INTERRUPTED
from pytest_jama.targets.jama.places import link_of_run
from pytest_jama.targets.jama.read_back import ReadBack
from pytest_jama.targets.jama.run_sending import RunSender

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pytest_jama.config.models import Settings
    from pytest_jama.core.attached_file import AttachedFile
    from pytest_jama.core.cases import CaseRef
    from pytest_jama.core.lock import Lock
    from pytest_jama.core.plan import Findings, Receipt, Update
    from pytest_jama.core.port import Observer
    from pytest_jama.targets.http.give_up import Clocks
    from pytest_jama.targets.jama.change_log import Doubtful
    from pytest_jama.targets.jama.early_updates import PlanRuns
    from pytest_jama.targets.jama.runs import Resolution, RunUpdate


_IN_VAIN_S = 5.0


def make_jama_target(
    settings: Settings,
    *,
    clocks: Clocks | None = None,
    read_timeout_s: float = READ_TIMEOUT_S,
) -> JamaTarget:
    """Make the target for one Jama; no request is sent yet.

    The environment counts as it is now: tests that run meanwhile may set a proxy.

    Args:
        settings: Where it is, who we are, what may be created.
        clocks: Time.
        read_timeout_s: For how long to wait for an answer.

    Raises:
        CredentialsError: When the settings hold no credentials.
    """
    route = Route.of_environment(settings.url)

    def connect() -> JamaClient:
        api = open_api(settings, clocks=clocks, read_timeout_s=read_timeout_s, route=route)
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
        self._doubtful: tuple[Doubtful, ...] = ()
        self._project_id: int | None = None
        self._plan_id: int | None = None
        self._findings: Findings | None = None
        self._made_sender: RunSender | None = None
        self._begun: dict[str, float] = {}
        self._made_cycles: set[int] = set()
        self._is_cut_short = False
        self._sent_early = EarlyUpdates(settings.url, lambda: self._client)
        self._early = EarlySending(self._sent_early, lambda: self._client)

    @property
    def _client(self) -> JamaClient:
        if self._connected is None:
            self._connected = self._connect()
        return self._connected

    @property
    def _sender(self) -> RunSender:
        """What writes over the connection that is in use."""
        made = self._made_sender
        if made is None or made.client is not self._client:
            self._made_sender = made = RunSender(self._client, self._settings, before=made)
        return made

    def _disconnect(self) -> None:
        """Give up a connection over which nothing comes any more; the next use makes another."""
        connected, self._connected = self._connected, None
        self._is_cut_short = False
        if connected is not None:
            connected.api.connection.stop()
            connected.api.connection.close()

    def plan(self, findings: Findings, *, create: bool, observer: Observer) -> Plan:
        """Find the runs of the cases with a verdict, and what to write; see `Target.plan`.

        Without such a case nothing is asked of Jama, and the plan is empty; findings that prepare
        find the runs of all cases, and there is nothing to write.

        Raises:
            TargetError: When project, plan or cycle cannot be used, or there are no credentials.
        """
        if self._is_cut_short:
            self._disconnect()
        self._findings, judgement = findings, findings.judgement
        wanted = judgement.cases if findings.prepares else judgement.to_write
        if not wanted:
            return self._early.complete(Plan())
        aliases = () if findings.prepares else judgement.possible_aliases
        resolution = self.resolve(
            [case.case_ref for case in wanted],
            aliases=[case.case_ref for case in aliases],
            planned=self._find_planned(findings),
            create=create,
            observer=observer,
            begun=findings.begun,
            lock=findings.lock,
        )
        cases = () if findings.prepares else (*wanted, *aliases)
        findings = findings._replace(judgement=judgement._replace(cases=cases))
        plan_runs = self._plan_runs(findings, resolution)
        planned = self._sent_early.reconcile(plan_runs, resolution.runs)
        plan = Plan(
            places=(resolution.project, resolution.plan, resolution.cycle),
            updates=planned.updates,
            changes=resolution.changes,
            unresolved=resolution.unresolved,
            warnings=(*resolution.warnings, *planned.warnings),
            left=planned.left,
            replaced=planned.replaced,
            links=self._links_of(planned.updates),
        )
        return self._early.complete(plan)

    def _plan_runs(self, findings: Findings, resolution: Resolution) -> PlanRuns:
        """Return what decides what is written into runs."""
        settings = self._settings
        now = datetime.fromtimestamp(self._client.api.connection.now_s, timezone.utc)
        return lambda runs, wrote: plan_guarded(
            findings, resolution, settings=settings, now=now, runs=runs, wrote=wrote
        )

    def _links_of(self, updates: Sequence[Update]) -> Mapping[str, str]:
        run_ids = ((each.key, cast("RunUpdate", each).run.run_id) for each in updates)
        url, project_id = self._settings.url, self._project_id
        return {key: link_of_run(url, run_id, project_id) for key, run_id in run_ids if run_id}

    def _find_planned(self, findings: Findings) -> Sequence[CaseRef]:
        """Return the cases that a new plan gets: in the order of their tests, whatever those said.

        Cases that no test is linked to come last.
        """
        judged = findings.judgement.cases
        by_hook = {case.judged.case_ref: case.case_ref for case in judged if case.judged}
        linked = ((by_hook.get(ref, ref), ref) for ref in linked_cases(findings.results))
        others = (*(case.case_ref for case in judged), *findings.awaited, *findings.known)
        refs = dict.fromkeys((*chain.from_iterable(linked), *others))
        if self._settings.plan.add == "linked":
            return list(refs)
        written = {case.case_ref for case in findings.judgement.to_write}
        return [ref for ref in refs if ref in written]

    def resolve(
        self,
        case_refs: Sequence[CaseRef],
        *,
        aliases: Sequence[CaseRef] = (),
        planned: Sequence[CaseRef] = (),
        create: bool,
        observer: Observer,
        begun: Mapping[str, float] = MappingProxyType({}),
        lock: Lock | None = None,
        only_existing: bool = False,
    ) -> Resolution:
        """Find the runs of the cases, creating plan, group and cycle where allowed.

        Args:
            case_refs: Every case that has something to write, each once.
            aliases: References that nothing is written for, but that may name one of those cases,
                too: then `Resolution.runs` has its runs under both. Nothing else happens to them.
            planned: Every case that a new cycle shall have runs of, also those that nothing is
                written for, in the order in which a plan gets them.
            create: False reads only; `Resolution.changes` then says what would be created, and
                runs that would come with a new cycle have no ID.
            observer: Told each change as soon as it is made.
            begun: See `Findings.begun`.
            lock: Its API IDs decide which item a case is.
            only_existing: Whether only the runs of a cycle that exists are wanted.

        Raises:
            TargetError: When project, plan or cycle cannot be used.
        """
        self._client.api.connection.tell(observer)
        resolver = CycleResolver(
            self._client,
            self._settings,
            create=create,
            observer=observer,
            begun={**begun, **self._begun},
            lock=lock,
            only_existing=only_existing,
            made_early=self._made_cycles,
        )
        try:
            resolution = resolver.resolve(case_refs, aliases, planned)
        except KeyboardInterrupt:
            self._client.api.connection.stop()  # what is under way in threads goes no further
            raise
        except TargetError:
            now_s = self._client.api.connection.now_s
            self._begun.update(dict.fromkeys(resolver.changes.unfinished, now_s))
            self._early.changes += resolver.changes.made
            raise
        finally:
            new = resolver.changes.new
            self._made_cycles.update(made_id for kind, made_id in new if kind == "test cycle")
        self._cycle_id = cast("int | None", resolution.cycle.place_id)
        self._project_id = cast("int | None", resolution.project.place_id)
        self._plan_id = cast("int | None", resolution.plan.place_id)
        self._total_runs = resolver.total_runs
        self._doubtful = (*self._doubtful, *resolver.changes.doubtful)
        return resolution

    def send_early(self, findings: Findings, *, observer: Observer) -> None:
        """Write verdicts that are final; see `SendsEarly.send_early`.

        Raises:
            TargetError: When the server cannot be used now.
        """
        known = self._early.take(findings)
        if known is None:
            return
        self._findings = known
        try:
            self._send_next(known, observer)
        except (RefusedError, NotUsableError):
            raise
        except BaseException:  # the connection may have been stopped: it is of no use any more
            self._disconnect()
            raise

    def _send_next(self, findings: Findings, observer: Observer) -> None:
        early = self._early
        if early.resolution is None:
            refs, aliases = early.references(findings)
            resolution = self.resolve(
                list(refs),
                aliases=aliases,
                planned=self._find_planned(findings),
                create=True,
                observer=observer,
                begun=findings.begun,
                lock=findings.lock,
                only_existing=self._settings.plan.add == "reported",
            )
            early.found(resolution)
        self._client.api.connection.tell(observer)
        plan = early.plan_next(findings, self._plan_runs, total_runs=self._total_runs)
        plan = plan._replace(links=self._links_of(plan.updates))
        early.send(plan, self._sender, self._project_id, observer=observer)

    def end_early(self) -> None:
        """Begin nothing more of `send_early`; called again, stop what is under way, too.

        So is what tries in vain for some time: the end of the session tries again, and long enough.
        """
        client = self._connected  # once: the thread that sends may give it up at any time
        connection = client.api.connection if client else None
        is_again = not self._early.goes_on()
        self._early.end()
        if connection and (is_again or connection.give_up.failing_for_s > _IN_VAIN_S):
            self._is_cut_short = True
            connection.stop()

    def push(self, updates: Sequence[Update], *, observer: Observer) -> tuple[Receipt, ...]:
        """Write the updates and read them back; see `Target.push`.

        Ctrl-C ends it with receipts for what was not sent; a second one goes through at once.
        """
        if not updates:
            self._look_for_second_ones(observer)
            return ()
        self._client.api.connection.tell(observer)
        read_back = ReadBack(self._client, self._cycle_id, total_runs=self._total_runs)
        early = self._sent_early.receipts_of(updates)
        checked, known = read_back.look(early, self._sent_early.shown)
        for receipt in checked.values():
            observer.received(receipt)
        new = [cast("RunUpdate", each) for each in updates if each.key not in early]
        for text in self._sent_early.describe_resent(new):
            observer.warned(text)
        sent, stopped_by = self._sender.deliver(new, self._findings, self._project_id, observer)
        now = {**checked, **{each.key: receipt for each, receipt in zip(new, sent, strict=True)}}
        receipts = tuple(now[each.key] for each in updates)
        if stopped_by is None:
            told, receipts = receipts, self._sender.verify(receipts, read_back, known)
            for before, receipt in zip(told, receipts, strict=True):
                if receipt.state not in (before.state, SendState.UNVERIFIED):
                    observer.received(receipt)
        if stopped_by is not INTERRUPTED:
            self._look_for_second_ones(observer)
        return receipts if stopped_by else with_holders(self._client, receipts)

    def _look_for_second_ones(self, observer: Observer) -> None:
        """List once more what was created slowly: a server may have made it twice by now."""
        doubtful, self._doubtful = self._doubtful, ()
        for each in doubtful:
            if warning := each.find_warning():
                observer.warned(warning)

    def close(self) -> None:
        """Give the connections back; what is still under way over them ends."""
        self._early.end()
        self._disconnect()

    def keep_bundle(self, file: AttachedFile, *, observer: Observer) -> None:
        """Attach the bundle of a session to its test plan; see `TakesBundles.keep_bundle`."""
        if self._findings is None or self._project_id is None or self._plan_id is None:
            return
        from pytest_jama.targets.jama.file_sender import FileSender  # noqa: PLC0415 (few have any)

        files = FileSender(self._client, self._project_id, self._findings, observer)
        files.bring_bundle(file, self._plan_id)
