"""What need not be sent again, and what must not be."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_jama.core.plan import Plan, Receipt, SendState
from pytest_jama.core.prior_state import PriorState
from pytest_jama.core.verdicts import Verdict
from pytest_jama.journal import lines, sending_lines
from pytest_jama.journal.prior_uploads import PriorUploads
from pytest_jama.session.left_alone import leave_out_known
from pytest_jama.targets.jama.runs import RunUpdate, TestRun
from tests.core.values import case_of, run_of, steps_of
from tests.every import every
from tests.journal.record import record

if TYPE_CHECKING:
    from pytest_jama.journal.record import Recording

SERVER = "https://acme.example"
UPDATE = RunUpdate(run_of(), case_of(Verdict.PASSED), Verdict.PASSED, provenance="x")
OTHER = replace(UPDATE, provenance="y")
END = lines.end_line(finished=True, reason="")
LISTED = sending_lines.update_line(UPDATE)
FAILING = sending_lines.update_line(
    replace(UPDATE, status=Verdict.FAILED, verdict=case_of(Verdict.FAILED))
)
"""What was to be written once, and was not."""


def receipt(update: RunUpdate = UPDATE, state: SendState = SendState.SENT) -> lines.JournalLine:
    return sending_lines.receipt_line(
        Receipt(update, state), fingerprint=update.fingerprint(SERVER)
    )


def kept(*several: lines.JournalLine, session: str = "s1", **given: Any) -> Recording:
    """Read the journal of a session that sends to the server."""
    return record(*several, session=session, **{"settings": {"url": SERVER}, **given})


def showing(status: str, update: RunUpdate = UPDATE) -> RunUpdate:
    """Return an update of a run that shows a status now."""
    return replace(update, run=replace(update.run, status=status))


@every(
    "several,status,state",
    [
        ([], "PASSED", PriorState.NEW),
        ([receipt()], "PASSED", PriorState.ARRIVED),
        ([receipt(), END], "PASSED", PriorState.ARRIVED),
        ([receipt()], "NOT_RUN", PriorState.NEW),
        ([receipt(), END], "FAILED", PriorState.CHANGED),
        ([LISTED, receipt(), END], "NOT_RUN", PriorState.AS_BEFORE),
        ([LISTED, receipt(), END], "FAILED", PriorState.CHANGED),
        ([LISTED, receipt()], "NOT_RUN", PriorState.NEW),
        ([FAILING, receipt(), END], "FAILED", PriorState.CHANGED),
        ([receipt(OTHER), END], "PASSED", PriorState.NEW),
        ([receipt(), receipt(OTHER)], "PASSED", PriorState.NEW),
        ([receipt(state=SendState.MISMATCH)], "NOT_RUN", PriorState.NEW),
        ([receipt(state=SendState.MISMATCH)], "PASSED", PriorState.NEW),
        ([receipt(state=SendState.UNVERIFIED)], "PASSED", PriorState.ARRIVED),
        ([receipt(state=SendState.REFUSED)], "PASSED", PriorState.NEW),
    ],
)
def test_update_is_recognised(several: list[Any], status: str, state: PriorState) -> None:
    prior = PriorUploads([kept(*several)], server=SERVER)
    assert prior(showing(status)) is state


def test_steps_must_be_shown_too() -> None:
    run = TestRun(71, 501, "", "FAILED", steps_of("FAILED", "NOT_RUN"))
    update = replace(UPDATE, run=run, status=Verdict.FAILED, steps=steps_of("FAILED", "PASSED"))
    prior = PriorUploads([kept(receipt(update))], server=SERVER)
    assert prior(update) is PriorState.NEW


def test_steps_as_they_were_before_may_be_those_of_a_list_that_lags() -> None:
    run = TestRun(71, 501, "", "FAILED", steps_of("FAILED", "NOT_RUN"))
    update = replace(UPDATE, run=run, status=Verdict.FAILED, steps=steps_of("FAILED", "PASSED"))
    told = (sending_lines.update_line(update), receipt(update), END)
    prior = PriorUploads([kept(*told)], server=SERVER)
    assert prior(update) is PriorState.AS_BEFORE
    (warning,) = leave_out_known(Plan(updates=(update,)), prior).warnings
    assert "shows FAILED, though FAILED with other steps had arrived there" in warning


def test_another_server_has_got_nothing_yet() -> None:
    prior = PriorUploads([kept(receipt())], server="https://moved.example")
    assert prior(showing("PASSED")) is PriorState.NEW


def test_journals_that_disagree_about_a_run_send_it_again() -> None:
    prior = PriorUploads([kept(receipt()), kept(receipt(OTHER))], server=SERVER)
    assert prior(showing("PASSED")) is PriorState.NEW


@every(
    "state,counts,warning",
    [
        (PriorState.NEW, (1, 0), ""),
        (PriorState.ARRIVED, (0, 1), ""),
        (PriorState.CHANGED, (0, 1), "another user changed it since"),
        (PriorState.AS_BEFORE, (0, 1), "either a list is behind or another user changed it"),
        (PriorState.OUTDATED, (0, 0), "a later session has written"),
        (PriorState.UNCERTAIN, (0, 0), "a later session may have written"),
    ],
)
def test_plan_keeps_only_what_is_new(
    state: PriorState, counts: tuple[int, int], warning: str
) -> None:
    plan = leave_out_known(Plan(updates=(UPDATE,), warnings=("stale",)), lambda _: state)
    assert (len(plan.updates), len(plan.earlier)) == counts
    assert plan.warnings[0] == "stale"
    assert len(plan.warnings) == (2 if warning else 1)
    assert warning in plan.warnings[-1]
