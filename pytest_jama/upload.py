"""What all front-ends share: results -> judgement -> target -> report."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_jama.core.errors import PytestJamaError
from pytest_jama.core.publish import publish
from pytest_jama.core.report import UploadReport
from pytest_jama.core.verdicts import Judgement, judge

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_jama.config import Settings
    from pytest_jama.core.publish import Observer
    from pytest_jama.core.results import TestResult
    from pytest_jama.extensions import Extensions


def judge_session(
    results: Iterable[TestResult],
    *,
    settings: Settings,
    extensions: Extensions,
) -> Judgement:
    """Conclude from the results of a session, and let the hooks adjust each verdict."""
    judgement = judge(results, rules=settings.verdicts.rules())
    return replace(judgement, cases=tuple(map(extensions.adjust, judgement.cases)))


def upload(
    judgement: Judgement,
    *,
    settings: Settings,
    extensions: Extensions,
    observer: Observer,
    provenance: str,
    dry_run: bool = False,
) -> UploadReport:
    """Bring a judgement to the configured target.

    Args:
        judgement: The verdicts of the session.
        settings: All settings.
        extensions: Who makes the target and is told of the report.
        observer: Told of the plan and of each receipt.
        provenance: One line for the account of each run: tool, time, commit.
        dry_run: Only read, and report what would be done.

    Returns:
        The report; an empty one when there is nothing to write.
    """
    if not judgement.to_write:
        return UploadReport()
    try:
        target = extensions.make_target()
    except PytestJamaError as error:
        return UploadReport(stopped=error)
    try:
        report = publish(
            judgement.to_write,
            target,
            provenance=provenance if settings.run.actual_results else "",
            observer=observer,
            dry_run=dry_run,
        )
    finally:
        target.close()
    extensions.upload_finished(report)
    return report
