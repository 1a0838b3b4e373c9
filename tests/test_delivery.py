"""An upload that breaks off is reported as far as it got."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_jama import hookimpl
from pytest_jama.config import Settings
from pytest_jama.core.errors import ErrorLog
from pytest_jama.core.port import SendState
from pytest_jama.core.results import Outcome
from pytest_jama.core.verdicts import Judgement, Verdict
from pytest_jama.hooks.extensions import Extensions
from pytest_jama.report.progress import NoProgress
from pytest_jama.session.deliver import Delivery
from tests.core.memory_target import MemoryTarget
from tests.core.values import CASE, case_of, result_of, run_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_jama.core.observer import Observer
    from pytest_jama.core.port import Receipt, Target, UploadReport
    from pytest_jama.journal.lines import JournalLine
    from pytest_jama.targets.jama.runs import RunUpdate

JUDGEMENT = Judgement((case_of(Verdict.PASSED, results=(result_of(Outcome.PASSED),)),))


class BreakingTarget(MemoryTarget):
    """Writes the first update and then breaks."""

    def __init__(self, error: BaseException) -> None:
        super().__init__({CASE: (run_of(run_id=1), run_of(run_id=2))})
        self._error = error

    def push(
        self,
        updates: Sequence[RunUpdate],
        *,
        observer: Observer,
    ) -> tuple[Receipt, ...]:
        super().push(updates[:1], observer=observer)
        raise self._error


class Extension:
    """Makes a target that was made before."""

    def __init__(self, target: Target) -> None:
        self._target = target

    @hookimpl
    def make_target(self) -> Target:
        return self._target


class World:
    """One delivery, and what it leaves behind."""

    def __init__(self) -> None:
        self.troubles = ErrorLog()
        self.lines: list[JournalLine] = []

    def deliver(self, target: Target, *, dry_run: bool = False) -> UploadReport:
        settings = Settings()
        extensions = Extensions(settings, complain=self.troubles.add)
        extensions.register(Extension(target))
        delivery = Delivery(
            settings=settings,
            extensions=extensions,
            troubles=self.troubles,
            write=self.lines.append,
            progress=NoProgress(),
            before_progress=lambda: None,
        )
        return delivery.run(JUDGEMENT, provenance="made up", dry_run=dry_run)


@pytest.fixture
def world() -> World:
    """A world without troubles."""
    return World()


def test_whole_upload_is_journaled(world: World) -> None:
    report = world.deliver(MemoryTarget({CASE: (run_of(),)}))
    assert report.is_complete
    assert [line["line"] for line in world.lines] == ["place", "update", "receipt"]


def test_dry_run_journals_no_receipt(world: World) -> None:
    world.deliver(MemoryTarget({CASE: (run_of(),)}), dry_run=True)
    assert [line["line"] for line in world.lines] == ["place", "update"]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), KeyError("oops")], ids=repr)
def test_what_arrived_before_a_break_is_known(world: World, error: BaseException) -> None:
    report = world.deliver(BreakingTarget(error))
    assert [receipt.state for receipt in report.receipts] == [SendState.SENT, SendState.NOT_SENT]
    assert report.stopped is not None
    assert report.resolution is not None


def test_interrupt_is_no_trouble_of_ours(world: World) -> None:
    report = world.deliver(BreakingTarget(KeyboardInterrupt()))
    assert str(report.stopped) == "the upload was interrupted"
    assert world.troubles.count == 0


def test_unexpected_error_is_named_and_counts_as_trouble(world: World) -> None:
    report = world.deliver(BreakingTarget(KeyError("oops")))
    assert str(report.stopped) == "the upload broke off: KeyError: 'oops'"
    assert world.troubles.may_cost_results
