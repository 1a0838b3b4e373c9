"""What all front-ends share, the second half: judgement -> target -> report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_jama.core.errors import PytestJamaError
from pytest_jama.core.publish import publish, remember_nothing
from pytest_jama.core.report import UploadReport

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_jama.config import Settings
    from pytest_jama.core.observer import Observer
    from pytest_jama.core.publish import Memory
    from pytest_jama.core.runs import RunUpdate
    from pytest_jama.core.verdicts import Judgement
    from pytest_jama.extensions import Extensions


def upload(
    judgement: Judgement,
    *,
    settings: Settings,
    extensions: Extensions,
    observer: Observer,
    provenance: str,
    dry_run: bool = False,
    recall: Callable[[RunUpdate], Memory] = remember_nothing,
) -> UploadReport:
    """Bring a judgement to the configured target.

    Args:
        judgement: The verdicts of the session.
        settings: All settings.
        extensions: Who makes the target and is told of the report.
        observer: Told of the plan and of each receipt.
        provenance: One line for the account of each run: tool, time, commit.
        dry_run: Only read, and report what would be done.
        recall: Knows what earlier uploads sent.

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
            judgement,
            target,
            provenance=provenance if settings.run.actual_results else "",
            observer=observer,
            dry_run=dry_run,
            recall=recall,
        )
    finally:
        target.close()
    extensions.upload_finished(report)
    return report
