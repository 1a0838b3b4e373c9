"""A report as one JSON document, for scripts behind the command lines (``--json``). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_jama.core.plan import Mode, Plan, Receipt, SendState
from pytest_jama.journal.sending_lines import overlap_json, task_json
from pytest_jama.report.case_lines import explain
from pytest_jama.report.upload_lines import warnings_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_jama.core.cases import CaseRef
    from pytest_jama.core.errors import Unusable
    from pytest_jama.core.known_tests import Unmatched
    from pytest_jama.core.plan import CaseChange, Overlap, Place, Update, UploadReport
    from pytest_jama.core.verdicts import CaseVerdict, Judgement


def json_report(
    report: UploadReport,
    judgement: Judgement,
    *,
    mode: Mode,
    journal: str,
    exit_status: int,
    unusable: Iterable[Unusable] = (),
    unmatched: Iterable[Unmatched] = (),
    redacted: tuple[int, int] = (0, 0),
    target: str = "jama",
) -> dict[str, Any]:
    """Return everything that the summary tells, whole, fit for JSON.

    Args:
        report: What became of the upload.
        judgement: The verdicts behind it.
        mode: What was done with the verdicts.
        journal: The path of the journal; empty when there is none.
        exit_status: What the command exits with.
        unusable: What the session was given and could not use.
        unmatched: The keys of the map that match no test.
        redacted: How many passages are hidden, and in how many results.
        target: The setting: what is written run by run, or as documents.
    """
    plan = report.plan or Plan()
    written = _written(report, judgement) if target == "jama" else _documents(report, target)
    return {
        "exit_status": exit_status,
        "dry_run": mode is Mode.DRY_RUN,
        "no_upload": mode is Mode.NO_UPLOAD,
        "complete": report.is_complete and mode is Mode.SEND,
        "stopped": str(report.stopped) if report.stopped else None,
        **(_NO_PLACES if target == "jama" else {}),
        **{place.kind: _place(place) for place in plan.places},
        "changes": list(map(str, plan.changes)),
        "repeated": dict(report.repeated),
        **written,
        "unusable": [
            {"kind": kind.value, "where": where, "why": why} for kind, where, why in unusable
        ],
        "unmatched": [
            {
                "key": each.key,
                "line": each.line,
                "file": each.file,
                "nearest": each.nearest,
                "why": each.why,
                "cases": list(map(str, each.links)),
            }
            for each in unmatched
        ],
        "unlinked": [result.test_id for result in judgement.unlinked],
        "warnings": list(warnings_of(report)),
        "replaced": [overlap_json(each) for each in plan.replaced],
        "left": [overlap_json(each) for each in plan.left],
        "redacted": dict(zip(("passages", "results"), redacted, strict=True)),
        "journal": journal,
    }


def _written(report: UploadReport, judgement: Judgement) -> dict[str, Any]:
    """Return what is written run by run, and the cases behind it."""
    plan = report.plan or Plan()
    changes: dict[CaseRef, list[CaseChange]] = {}
    for update in (*plan.updates, *plan.earlier):
        for change in update.case_changes():
            changes.setdefault(change.case.case_ref, []).append(change)
    left: dict[str, list[Overlap]] = {}
    for each in plan.left:
        left.setdefault(str(each.verdict.case_ref), []).append(each)
    return {
        "runs": _updates(report),
        "cases": [
            _case(case, changes.get(case.case_ref, ()), left.get(str(case.case_ref), ()))
            for case in judgement.cases
        ],
        "unresolved": [
            {"case": str(entry.case_ref), "reason": entry.reason, "remedy": entry.remedy}
            for entry in report.unresolved
        ],
    }


def _documents(report: UploadReport, target: str) -> dict[str, Any]:
    """Return the documents for a server that judges results itself."""
    return {"target": target, "documents": _updates(report)}


def _updates(report: UploadReport) -> list[dict[str, Any]]:
    plan = report.plan or Plan()
    receipts = {receipt.update.key: receipt for receipt in report.receipts}
    return [
        *(_run(update, receipts.get(update.key)) for update in plan.updates),
        *(_run(update, Receipt(update, SendState.SENT, attempts=0)) for update in plan.earlier),
    ]


_NO_PLACES = {"project": None, "plan": None, "cycle": None}


def _place(place: Place) -> dict[str, Any]:
    return {
        "name": place.name,
        "id": None if place.place_id == "" else place.place_id,
        "link": place.link,
    }


def _run(update: Update, receipt: Receipt | None) -> dict[str, Any]:
    """Return an update; without a receipt (a dry run) its state is null.

    What an earlier upload brought there is sent, with no attempt.
    """
    facts = {name: value for name, value in update.facts().items() if name != "procedure"}
    return {
        **facts,
        "state": receipt.state.value if receipt else None,
        "attempts": receipt.attempts if receipt else 0,
        "error": receipt.error if receipt else "",
        "remarks": [what for what, _ in receipt.remarks if what] if receipt else [],
        **(task_json(receipt.task) if receipt and receipt.task else {}),
    }


def _case(
    case: CaseVerdict, changes: Sequence[CaseChange], left: Sequence[Overlap]
) -> dict[str, Any]:
    """Return a case, with what its runs show before and after; that is empty without runs.

    A run that is left alone shows the same before and after.
    """
    return {
        "case": str(case.case_ref),
        "verdict": case.verdict.value if case.verdict else "leave",
        "was": [*(each.was for each in changes), *(each.was for each in left)],
        "will_be": [*(each.will_be for each in changes), *(each.was for each in left)],
        "left": [each.why for each in left],
        "reason": explain(changes[0].case, remark=changes[0].remark) if changes else explain(case),
        "tests": [[result.test_id, result.outcome.value] for result in case.results],
    }
