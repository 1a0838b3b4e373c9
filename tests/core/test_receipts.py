from __future__ import annotations

import pytest

from pytest_jama.core.errors import OutOfReachError
from pytest_jama.core.plan import Plan, Receipt, SendState, Unresolved, UploadReport
from pytest_jama.core.verdicts import Verdict
from pytest_jama.targets.jama.runs import RunUpdate
from tests.core.values import CASE, case_of, run_of
from tests.every import every

UPDATE = RunUpdate(run_of(), case_of(Verdict.PASSED), Verdict.PASSED)
SENT = Receipt(UPDATE, SendState.SENT)


@every(
    "report",
    [
        pytest.param(UploadReport(), id="nothing to send"),
        pytest.param(UploadReport(receipts=(SENT, SENT)), id="all sent"),
        pytest.param(UploadReport(Plan(warnings=("stale",)), (SENT,)), id="warnings"),
    ],
)
def test_an_upload_is_complete(report: UploadReport) -> None:
    assert report.is_complete


@every("state", [state for state in SendState if state is not SendState.SENT])
def test_one_update_that_is_not_simply_sent_makes_an_upload_incomplete(state: SendState) -> None:
    report = UploadReport(receipts=(SENT, Receipt(UPDATE, state, error="why"), SENT))

    assert not report.is_complete


@every(
    "report",
    [
        pytest.param(
            UploadReport(Plan(unresolved=(Unresolved(CASE, "no run", "add it"),)), (SENT,)),
            id="case without run",
        ),
        pytest.param(
            UploadReport(receipts=(SENT,), stopped=OutOfReachError("gone")),
            id="stopped on the way",
        ),
        pytest.param(UploadReport(stopped=OutOfReachError("gone")), id="never started"),
    ],
)
def test_an_upload_is_incomplete_although_no_receipt_says_so(report: UploadReport) -> None:
    assert not report.is_complete
