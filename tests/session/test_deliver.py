"""From verdicts to a report through any target, also through one that breaks."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from pytest_jama import hookimpl
from pytest_jama.config import Settings
from pytest_jama.core.attached_file import AttachedFile
from pytest_jama.core.cases import CaseRef
from pytest_jama.core.errors import (
    CredentialsError,
    ErrorLog,
    InterruptedUploadError,
    NotUsableError,
    OutOfReachError,
    TargetError,
)
from pytest_jama.core.plan import (
    Change,
    ChangeKind,
    Findings,
    Plan,
    Receipt,
    SendState,
    UploadReport,
)
from pytest_jama.core.port import Observer, Retry
from pytest_jama.core.results import Outcome
from pytest_jama.core.verdicts import CaseVerdict, Judgement, Verdict
from pytest_jama.hooks.extensions import Extensions
from pytest_jama.session.deliver import Delivery
from pytest_jama.session.destination import describe_trouble
from tests.core.memory_target import MemoryTarget
from tests.core.values import CASE, case_of, result_of, run_of
from tests.every import every

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_jama.core.plan import Update
    from pytest_jama.core.port import Target
    from pytest_jama.journal.lines import JournalLine
    from pytest_jama.session.deliver import Pack
    from pytest_jama.targets.jama.runs import RunUpdate

CREATION = Change(ChangeKind.CREATE, "test cycle 'Build 7'")
OTHER = CaseRef.parse("JEET1-TC-2")
RUNS = {CASE: (run_of(run_id=71),), OTHER: (run_of("NOT_RUN", run_id=72, case_id=502),)}
CASES = [case_of(Verdict.PASSED), case_of(Verdict.FAILED, case_ref=OTHER)]


class Diary(Observer):
    """Writes down what an observer is told."""

    def __init__(self) -> None:
        self.changes: list[str] = []
        self.told: list[str] = []

    def changed(self, change: Change) -> None:
        assert self.told == []
        self.changes.append(str(change))

    def planned(self, plan: Plan) -> None:
        self.told.append(f"{len(plan.updates)} runs of {plan.places[-1].name}")

    def received(self, receipt: Receipt) -> None:
        self.told.append(f"run {receipt.update.key}: {receipt.state.value}")


class Extension:
    """Makes a target that was made before."""

    def __init__(self, target: Target) -> None:
        self._target = target

    @hookimpl
    def make_target(self) -> Target:
        return self._target


class World:
    """Deliveries, and what they leave behind."""

    def __init__(self) -> None:
        self.errors = ErrorLog()
        self.lines: list[JournalLine] = []

    def deliver(
        self,
        target: Target,
        findings: Findings,
        *observers: Observer,
        dry_run: bool = False,
        pack: Pack | None = None,
    ) -> UploadReport:
        extensions = Extensions(Settings(), errors=self.errors)
        extensions.register(Extension(target))
        delivery = Delivery(
            extensions=extensions,
            errors=self.errors,
            server="https://acme.example",
            write=self.lines.append,
        )
        return delivery.run(findings, dry_run=dry_run, observers=observers, pack=pack)


def publish_to(
    target: Target,
    cases: list[CaseVerdict] = CASES,
    *,
    diary: Diary | None = None,
    dry_run: bool = False,
) -> UploadReport:
    """Bring some judgements to a target."""
    findings = Findings((), Judgement(tuple(cases)), "pytest 9")
    return World().deliver(target, findings, diary or Diary(), dry_run=dry_run)


def test_verdicts_arrive_in_the_runs_of_their_cases() -> None:
    target = MemoryTarget(RUNS)

    report = publish_to(target)

    assert target.written == {71: "PASSED", 72: "FAILED"}
    assert report.is_complete


def test_the_report_tells_place_plan_and_receipts() -> None:
    report = publish_to(MemoryTarget(RUNS))

    assert report.plan is not None
    assert report.plan.places[-1].name == "Build 1"
    assert [receipt.update for receipt in report.receipts] == list(report.plan.updates)


def test_the_account_of_each_run_tells_the_provenance() -> None:
    report = publish_to(MemoryTarget(RUNS))

    assert report.plan is not None
    updates = [cast("RunUpdate", update) for update in report.plan.updates]
    assert [update.account for update in updates] == [
        ("PASSED: no results", "pytest 9"),
        ("FAILED: no results", "pytest 9"),
    ]


def test_a_case_without_run_does_not_stop_the_others() -> None:
    target = MemoryTarget({CASE: RUNS[CASE]})

    report = publish_to(target)

    assert target.written == {71: "PASSED"}
    assert [entry.case_ref for entry in report.unresolved] == [OTHER]
    assert not report.is_complete


def test_a_refused_run_does_not_stop_the_others() -> None:
    target = MemoryTarget(RUNS, refused=frozenset({71}))

    report = publish_to(target)

    assert target.written == {72: "FAILED"}
    assert not report.is_complete


def test_what_ended_the_upload_halfway_stands_in_the_report() -> None:
    report = publish_to(MemoryTarget(RUNS, gone_at=72))

    assert isinstance(report.stopped, OutOfReachError)
    assert [receipt.state.value for receipt in report.receipts] == ["sent", "not sent"]


def test_a_refused_run_does_not_count_as_a_stop() -> None:
    assert publish_to(MemoryTarget(RUNS, refused=frozenset({71, 72}))).stopped is None


def test_warnings_of_the_target_and_of_the_plan_stand_in_the_report() -> None:
    report = publish_to(MemoryTarget(RUNS), [case_of(Verdict.PASSED, (4, Verdict.PASSED))])

    assert report.plan is not None
    assert report.plan.warnings[0] == "two plans of that name"
    assert "step 4" in report.plan.warnings[1]


def test_what_a_target_finds_at_its_end_and_what_it_creates_are_kept() -> None:
    class Late(MemoryTarget):
        def push(self, updates: Sequence[Update], *, observer: Observer) -> tuple[Receipt, ...]:
            observer.begins(CREATION)
            observer.refused(CREATION)
            observer.warned("two cycles of that name")
            return super().push(updates, observer=observer)

    world = World()
    report = world.deliver(Late(RUNS), Findings((), Judgement(tuple(CASES)), "pytest 9"))
    assert report.plan is not None
    assert report.plan.warnings[-1] == "two cycles of that name"
    told = [line for line in world.lines if line["line"] == "creation"]
    assert [(line["what"], line["state"]) for line in told] == [
        ("test cycle 'Build 7'", "begun"),
        ("test cycle 'Build 7'", "refused"),
    ]


@every(
    "error",
    [
        OutOfReachError("no answer from https://acme.example"),
        CredentialsError("401"),
        NotUsableError("no plan 'Release 2'"),
        TargetError("something else"),
    ],
)
def test_an_unusable_target_is_what_stopped_the_upload(error: TargetError) -> None:
    target = MemoryTarget(RUNS, trouble=error)

    report = publish_to(target)

    assert report == UploadReport(stopped=error)
    assert target.written == {}


def test_ctrl_c_while_the_runs_are_looked_up_stops_the_upload() -> None:
    report = publish_to(MemoryTarget(RUNS, trouble=KeyboardInterrupt()))

    assert isinstance(report.stopped, InterruptedUploadError)
    assert "before anything was sent" in str(report.stopped)


def test_a_mistake_in_the_target_is_not_hidden() -> None:
    world = World()
    target = MemoryTarget(RUNS, trouble=ZeroDivisionError("of ours"))
    report = world.deliver(target, Findings((), Judgement(tuple(CASES))))
    assert str(report.stopped) == "the upload broke off: ZeroDivisionError: of ours"
    assert world.errors.may_cost_results


def test_a_dry_run_writes_nothing() -> None:
    target = MemoryTarget(RUNS)

    report = publish_to(target, dry_run=True)

    assert target.written == {}
    assert report.receipts == ()


@pytest.mark.parametrize("dry_run", [True, False])
def test_only_a_real_upload_may_create_what_is_missing(dry_run: bool) -> None:
    target = MemoryTarget(RUNS)

    publish_to(target, dry_run=dry_run)

    assert target.may_create is not dry_run


def test_a_dry_run_plans_what_an_upload_does() -> None:
    dry = publish_to(MemoryTarget(RUNS), dry_run=True)

    assert dry.plan == publish_to(MemoryTarget(RUNS)).plan


def test_the_observer_is_told_of_the_plan_and_then_of_each_receipt() -> None:
    diary = Diary()

    publish_to(MemoryTarget(RUNS, refused=frozenset({72})), diary=diary)

    assert diary.told == [
        "2 runs of Build 1",
        "run 71: sent",
        "run 72: refused",
    ]


def test_the_observer_of_a_dry_run_is_told_of_the_plan_only() -> None:
    diary = Diary()

    publish_to(MemoryTarget(RUNS), diary=diary, dry_run=True)

    assert diary.told == ["2 runs of Build 1"]


def test_nobody_is_told_of_a_plan_that_was_never_made() -> None:
    diary = Diary()

    publish_to(MemoryTarget(RUNS, trouble=OutOfReachError("gone")), diary=diary)

    assert diary.told == []


def test_the_observer_is_told_of_each_change_before_the_plan() -> None:
    diary = Diary()

    publish_to(MemoryTarget(RUNS), diary=diary)

    assert diary.changes == ["create test cycle 'Build 1'"]
    assert diary.told[0] == "2 runs of Build 1"


FINDINGS = Findings(
    (), Judgement((case_of(Verdict.PASSED, results=(result_of(Outcome.PASSED),)),)), "made up"
)


class BreakingTarget(MemoryTarget):
    """Writes the first update and then breaks."""

    def __init__(self, error: BaseException) -> None:
        super().__init__({CASE: (run_of(run_id=1), run_of(run_id=2))})
        self._error = error

    def push(
        self,
        updates: Sequence[Update],
        *,
        observer: Observer,
    ) -> tuple[Receipt, ...]:
        super().push(updates[:1], observer=observer)
        raise self._error


@pytest.fixture
def world() -> World:
    """A world without troubles."""
    return World()


def test_whole_upload_is_journaled(world: World) -> None:
    report = world.deliver(MemoryTarget({CASE: (run_of(),)}), FINDINGS)
    assert report.is_complete
    assert [line["line"] for line in world.lines] == ["place", "update", "receipt"]


def test_dry_run_journals_no_receipt(world: World) -> None:
    world.deliver(MemoryTarget({CASE: (run_of(),)}), FINDINGS, dry_run=True)
    assert [line["line"] for line in world.lines] == ["place", "update"]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), KeyError("oops")], ids=repr)
def test_what_arrived_before_a_break_is_known(world: World, error: BaseException) -> None:
    report = world.deliver(BreakingTarget(error), FINDINGS)
    assert [receipt.state for receipt in report.receipts] == [SendState.SENT, SendState.NOT_SENT]
    assert report.stopped is not None
    assert report.plan is not None


def test_interrupt_is_no_trouble_of_ours(world: World) -> None:
    report = world.deliver(BreakingTarget(KeyboardInterrupt()), FINDINGS)
    assert str(report.stopped) == "the upload was interrupted"
    assert world.errors.count == 0


def test_unexpected_error_is_named_and_counts_as_trouble(world: World) -> None:
    report = world.deliver(BreakingTarget(KeyError("oops")), FINDINGS)
    assert str(report.stopped) == "the upload broke off: KeyError: 'oops'"
    assert world.errors.may_cost_results


@pytest.fixture
def early() -> Delivery:
    """What was told to take updates while tests run, and has a plan of one by now."""
    errors = ErrorLog()
    extensions = Extensions(Settings(), errors=errors)
    extensions.register(Extension(MemoryTarget(RUNS)))
    delivery = Delivery(extensions, errors, server="", write=lambda _: None)
    target = delivery.make_target()
    plan = target.plan(Findings((), Judgement(tuple(CASES[:1]))), create=True, observer=Observer())
    delivery.planned(plan)
    return delivery


def test_what_was_tried_again_while_tests_ran_is_told_once(early: Delivery) -> None:
    plan = early.broken_off(OutOfReachError("gone")).plan
    assert plan is not None
    early.planned(plan)
    early.received(Receipt(plan.updates[0], SendState.SENT))

    report = early.broken_off(OutOfReachError("gone"))

    assert [receipt.state for receipt in report.receipts] == [SendState.SENT]


@pytest.mark.parametrize(
    "is_sent, told",
    [(True, "the upload was interrupted"), (False, "interrupted before anything was sent")],
)
def test_an_interrupt_tells_whether_anything_was_sent_while_tests_ran(
    early: Delivery, is_sent: bool, told: str
) -> None:
    plan = early.broken_off().plan
    assert plan is not None
    if is_sent:
        early.received(Receipt(plan.updates[0], SendState.SENT))

    report = early.broken_off()

    assert (str(report.stopped), report.early) == (told, int(is_sent))


class BrokenDisplay(Observer):
    """Fails at whatever it is told, as a stream does whose encoding lacks a character."""

    def __getattribute__(self, name: str) -> object:
        raise UnicodeEncodeError("cp1252", "≥", 0, 1, "character maps to <undefined>")


def test_display_that_breaks_stops_no_upload() -> None:
    world, diary = World(), Diary()
    report = world.deliver(
        MemoryTarget(RUNS), Findings((), Judgement(tuple(CASES))), BrokenDisplay(), diary
    )
    assert report.is_complete
    assert len(diary.told) == 3
    assert (world.errors.count, world.errors.may_cost_results) == (1, False)


class Keeper(MemoryTarget):
    """Also keeps bundles, or breaks."""

    def __init__(self, breaks: BaseException | None = None) -> None:
        super().__init__(RUNS)
        self.kept: list[str] = []
        self._breaks = breaks

    def keep_bundle(self, file: AttachedFile, *, observer: Observer) -> None:
        del observer
        if self._breaks is not None:
            raise self._breaks
        self.kept.append(file.name)


BUNDLE = AttachedFile("b.zip", "0" * 64, 2, "application/zip")


def keep_in(target: Target, *, dry_run: bool = False) -> UploadReport:
    """Bring judgements to a target, and a bundle after all of them."""
    findings = Findings((), Judgement(tuple(CASES)), "pytest 9")

    def pack(report: UploadReport, _: Observer) -> AttachedFile | None:
        return BUNDLE if report.is_complete else None

    return World().deliver(target, findings, Diary(), dry_run=dry_run, pack=pack)


def test_a_bundle_is_kept_when_everything_is_sent() -> None:
    target = Keeper()
    assert keep_in(target).is_complete
    assert target.kept == ["b.zip"]


def test_a_dry_run_keeps_no_bundle() -> None:
    target = Keeper()
    keep_in(target, dry_run=True)
    assert target.kept == []


def test_a_target_that_keeps_no_bundles_is_asked_for_none() -> None:
    assert keep_in(MemoryTarget(RUNS)).is_complete


@pytest.mark.parametrize(
    "breaks, kind",
    [
        (OutOfReachError("gone"), OutOfReachError),
        (KeyboardInterrupt(), InterruptedUploadError),
    ],
    ids=["out-of-reach", "ctrl-c"],
)
def test_what_breaks_the_bundle_costs_no_result_and_leaves_something_to_do(
    breaks: BaseException, kind: type[Exception]
) -> None:
    report = keep_in(Keeper(breaks))
    assert [each.state for each in report.receipts] == [SendState.SENT, SendState.SENT]
    assert isinstance(report.stopped, kind)
    assert not report.is_complete


def test_only_a_server_that_does_not_answer_is_told_as_trouble() -> None:
    late = Retry("GET /rest/v1/abstractitems", "not there yet", attempt=9, left_s=60)
    assert "no usable answer from https://jama.example" in describe_trouble(
        "https://jama.example", late
    )
    assert describe_trouble("https://jama.example", late._replace(is_answered=True)) == ""
