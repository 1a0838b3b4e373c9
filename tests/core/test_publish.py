from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_jama.core.cases import CaseRef
from pytest_jama.core.errors import (
    CredentialsError,
    InterruptedUploadError,
    NotUsableError,
    OutOfReachError,
    TargetError,
)
from pytest_jama.core.observer import Change, Observer
from pytest_jama.core.port import Receipt, UploadReport
from pytest_jama.core.verdicts import CaseVerdict, Judgement, Verdict
from pytest_jama.session.deliver import publish
from tests.core.memory_target import MemoryTarget
from tests.core.values import CASE, case_of, run_of

if TYPE_CHECKING:
    from pytest_jama.core.port import Plan, Target
    from pytest_jama.targets.jama.runs import Resolution

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

    def planned(self, resolution: Resolution, plan: Plan) -> None:
        self.told.append(f"{len(plan.updates)} runs of {resolution.cycle.name}")

    def received(self, receipt: Receipt) -> None:
        self.told.append(f"{receipt.update.run}: {receipt.state.value}")


def publish_to(
    target: Target,
    cases: list[CaseVerdict] = CASES,
    *,
    diary: Diary | None = None,
    dry_run: bool = False,
) -> UploadReport:
    """Bring some judgements to a target."""
    observer = diary or Diary()
    judgement = Judgement(tuple(cases))
    return publish(judgement, target, provenance="pytest 9", observer=observer, dry_run=dry_run)


def test_verdicts_arrive_in_the_runs_of_their_cases() -> None:
    target = MemoryTarget(RUNS)

    report = publish_to(target)

    assert target.written == {71: "PASSED", 72: "FAILED"}
    assert report.is_complete


def test_the_report_tells_place_plan_and_receipts() -> None:
    report = publish_to(MemoryTarget(RUNS))

    assert report.resolution is not None
    assert report.resolution.cycle.name == "Build 1"
    assert report.plan is not None
    assert [receipt.update for receipt in report.receipts] == list(report.plan.updates)


def test_the_account_of_each_run_opens_with_the_provenance() -> None:
    report = publish_to(MemoryTarget(RUNS))

    assert report.plan is not None
    assert [update.account[0] for update in report.plan.updates] == [
        "PASSED: pytest 9",
        "FAILED: pytest 9",
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

    assert report.warnings[0] == "two plans of that name"
    assert "step 4" in report.warnings[1]


@pytest.mark.parametrize(
    "error",
    [
        OutOfReachError("no answer from https://acme.example"),
        CredentialsError("401"),
        NotUsableError("no plan 'Release 2'"),
        TargetError("something else"),
    ],
    ids=lambda error: type(error).__name__,
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
    with pytest.raises(ZeroDivisionError):
        publish_to(MemoryTarget(RUNS, trouble=ZeroDivisionError()))


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
