"""What is to be written into runs, as far as `jama.lock` lets it be said."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_jama.targets.jama.actual_results import over_line
from pytest_jama.targets.jama.drift import LockGuard
from pytest_jama.targets.jama.standing import Writer
from pytest_jama.targets.jama.update_plan import plan_updates

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from pytest_jama.config.models import Settings
    from pytest_jama.core.cases import CaseRef
    from pytest_jama.core.plan import Findings
    from pytest_jama.targets.jama.runs import Resolution, TestRun
    from pytest_jama.targets.jama.update_plan import PlannedUpdates


def plan_guarded(
    findings: Findings,
    resolution: Resolution,
    *,
    settings: Settings,
    now: datetime,
    runs: Mapping[CaseRef, Sequence[TestRun]],
    wrote: frozenset[int],
) -> PlannedUpdates:
    """Decide what is to be written into which run; see `plan_updates`.

    Args:
        findings: The verdicts, and who says it.
        resolution: What was looked up.
        settings: What becomes of cases that differ, and of what others wrote.
        now: The time.
        runs: The test runs of each case reference.
        wrote: See `Writer.wrote`.
    """
    judgement = findings.judgement
    guard = LockGuard(
        findings.lock, resolution.items, mode=settings.drift, incomplete=judgement.incomplete
    )
    planned = plan_updates(
        judgement.cases,
        runs,
        incomplete=judgement.incomplete,
        writer=Writer(
            provenance=findings.provenance,
            session=findings.session,
            over=over_line(now),
            leaves_others=settings.run.others == "leave",
            wrote=wrote,
        ),
        check=guard.check,
    )
    known = findings.statuses
    return planned._replace(
        warnings=(*guard.warnings, *planned.warnings),
        updates=tuple(
            replace(update, before=known[update.key]) if update.key in known else update
            for update in planned.updates
        ),
    )
