"""A report as one JSON document, for scripts behind the command lines (``--json``). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_jama.core.port import Receipt, SendState

if TYPE_CHECKING:
    from pytest_jama.core.port import Place, UploadReport
    from pytest_jama.core.runs import RunUpdate
    from pytest_jama.core.verdicts import CaseVerdict, Judgement


def json_report(
    report: UploadReport,
    judgement: Judgement,
    *,
    dry_run: bool,
    no_upload: bool = False,
    journal: str,
    exit_status: int,
) -> dict[str, Any]:
    """Return everything that the summary tells, whole, fit for JSON.

    Args:
        report: What became of the upload.
        judgement: The verdicts behind it.
        dry_run: Whether the report only says what would be done.
        no_upload: Whether nothing was to be sent.
        journal: The path of the journal; empty when there is none.
        exit_status: What the command exits with.
    """
    resolution = report.resolution
    receipts = {id(receipt.update): receipt for receipt in report.receipts}
    updates = report.plan.updates if report.plan else ()
    earlier = report.plan.earlier if report.plan else ()
    return {
        "exit_status": exit_status,
        "dry_run": dry_run,
        "no_upload": no_upload,
        "complete": report.is_complete and not (dry_run or no_upload),
        "stopped": str(report.stopped) if report.stopped else None,
        "project": _place(resolution.project) if resolution else None,
        "plan": _place(resolution.plan) if resolution else None,
        "cycle": _place(resolution.cycle) if resolution else None,
        "changes": [str(change) for change in resolution.changes] if resolution else [],
        "runs": [
            *(_run(update, receipts.get(id(update))) for update in updates),
            *(_run(update, Receipt(update, SendState.SENT, attempts=0)) for update in earlier),
        ],
        "cases": [_case(case) for case in judgement.cases],
        "unresolved": [
            {"case": str(entry.case_ref), "reason": entry.reason, "remedy": entry.remedy}
            for entry in report.unresolved
        ],
        "unlinked": [result.test_id for result in judgement.unlinked],
        "warnings": list(report.warnings),
        "journal": journal,
    }


def _place(place: Place) -> dict[str, Any]:
    return {"name": place.name, "id": place.place_id, "link": place.link}


def _run(update: RunUpdate, receipt: Receipt | None) -> dict[str, Any]:
    """Return a run; without a receipt (a dry run) its state is null.

    What an earlier upload brought there is sent, with no attempt.
    """
    return {
        "run": update.run.run_id,
        "name": update.run.name,
        "case": str(update.verdict.case_ref),
        "was": update.run.status,
        "status": update.status.value,
        "steps": [step.status for step in update.steps],
        "state": receipt.state.value if receipt else None,
        "attempts": receipt.attempts if receipt else 0,
        "error": receipt.error if receipt else "",
    }


def _case(case: CaseVerdict) -> dict[str, Any]:
    return {
        "case": str(case.case_ref),
        "verdict": case.verdict.value if case.verdict else "leave",
        "tests": [[result.test_id, result.outcome.value] for result in case.results],
    }
