"""The test runs of a cycle: found with few requests, and compared with what was sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_jama.core.verdicts import Verdict
from pytest_jama.targets.jama.actual_results import is_in, read_account, read_entries
from pytest_jama.targets.jama.listed_runs import RUNS_PATH, ListedRuns, group_by_case
from pytest_jama.targets.jama.paging import PAGE_SIZE, ShortListError, page_count

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pytest_jama.targets.jama.client import JamaClient
    from pytest_jama.targets.jama.runs import RunStep, RunUpdate, TestRun
    from pytest_jama.targets.jama.wire import Cycle


@dataclass(frozen=True, slots=True)
class CycleRuns:
    """Test runs of a cycle.

    Attributes:
        by_case: The runs of each test case that was asked for and has any, by ascending ID.
        total: How many runs the cycle has in all; None when Jama does not say.
        missing: How many runs the list should have and did not give, also when it was read again.
    """

    by_case: Mapping[int, tuple[TestRun, ...]]
    total: int | None = None
    missing: int = 0


def find_runs(
    client: JamaClient, cycle: Cycle, case_ids: Sequence[int], *, at_least: int = 0
) -> CycleRuns:
    """Return the runs of some test cases in a cycle.

    All runs of the cycle are listed, unless it is so large that asking for those cases takes fewer
    requests; its first page tells.

    Args:
        client: Reads from Jama.
        cycle: The cycle.
        case_ids: The cases, each once.
        at_least: How many runs it has for certain; their pages are asked for at once.
    """
    most_listed = PAGE_SIZE * (page_count(len(case_ids)) + 1)
    with client.run_lists.ahead(cycle, at_least if at_least <= most_listed else 0):
        first = client.first_runs(cycle)
        total = first.total
        if total is None or total <= most_listed:
            listed = client.runs(cycle, total=total, first=first)
        else:
            listed = client.runs_of_cases(cycle, case_ids)
    if listed.missing:
        total = max(total or 0, len(listed.runs) + listed.missing)
    return CycleRuns(group_by_case(listed.runs, case_ids), total, listed.missing)


def read_back(
    client: JamaClient,
    cycle: Cycle,
    case_ids: Sequence[int],
    *,
    total: int | None,
) -> dict[int, TestRun]:
    """Return the runs of some test cases as they are now, by their IDs.

    Args:
        client: Reads from Jama.
        cycle: The cycle.
        case_ids: The cases, each once.
        total: How many runs the cycle has in all; decides which way takes fewer requests.

    Raises:
        ShortListError: When runs did not come that should be in the list.
    """
    if total is not None and page_count(total) <= page_count(len(case_ids)):
        listed = client.runs(cycle, total=total)
    else:
        listed = client.runs_of_cases(cycle, case_ids)
    if listed.missing and not {run.case_id for run in listed.runs}.issuperset(case_ids):
        count = len(listed.runs) + listed.missing
        raise ShortListError(RUNS_PATH, total=count, missing=listed.missing)
    return {run.run_id: run for run in listed.runs if run.run_id is not None}


def all_runs(client: JamaClient, cycle: Cycle) -> ListedRuns:
    """Return every run of a cycle."""
    first = client.first_runs(cycle)
    return client.runs(cycle, total=first.total, first=first)


def describe_mismatch(update: RunUpdate, stored: TestRun | None) -> str:
    """Say where a run differs from what was sent; empty when it does not.

    Of texts it only counts whether our account is there, since Jama rewrites HTML; steps count as
    far as their statuses go.

    Args:
        update: What was written.
        stored: The run as read back; None when it is not in the cycle any more.
    """
    if stored is None:
        return f"{update.run} is no longer in the test cycle"
    if stored.case_id not in (0, update.run.case_id):
        return f"{update.run} is the run of another test case now"
    differences = _status_differences(update, stored)
    if not (differences or has_account(update, stored) or is_written_over(update, stored)):
        there = "other text" if stored.actual_results.strip() else "no text"
        differences.append(f"account not stored: Jama has {there} in the actual results")
    return "; ".join(differences)


def _status_differences(update: RunUpdate, stored: TestRun) -> list[str]:
    differences = [
        f"step {number}: intended {intended.status}, Jama stores {step.status}"
        for number, (intended, step) in enumerate(
            zip(update.steps, stored.steps, strict=False), start=1
        )
        if intended.status != step.status
    ]
    if any(map(_is_passed_for_us, update.steps, stored.steps)):
        differences.insert(0, _PASSED_FOR_US)
    if len(update.steps) != len(stored.steps):
        differences.append(f"{len(update.steps)} steps sent, Jama stores {len(stored.steps)}")
    if stored.status != update.status.value:
        differences.insert(0, f"intended {update.status.value}, Jama stores {stored.status}")
    return differences


_PASSED_FOR_US = (
    "steps that no test reported are PASSED in Jama: an option there assigns Passed to all skipped "
    "steps (an organization administrator finds it with the item type Test run, at its status)"
)
"""Source: Jama help, test run item: default behavior for completing steps out of order."""


def _is_passed_for_us(sent: RunStep, stored: RunStep) -> bool:
    return sent.status == Verdict.NOT_RUN.value and stored.status == Verdict.PASSED.value


def is_only_account_missing(update: RunUpdate, stored: TestRun | None) -> bool:
    """Return whether a run shows all that was sent but the account."""
    return (
        stored is not None
        and not _status_differences(update, stored)
        and not has_account(update, stored)
    )


def has_account(update: RunUpdate, stored: TestRun) -> bool:
    """Return whether what a run holds includes the account of an update, or there is none.

    Args:
        update: What was written.
        stored: The run as read back.
    """
    if not update.account:
        return True
    entries = read_entries(stored.actual_results)
    if update.is_plain:  # the same with tags does not count
        entries = tuple(entry for entry in entries if not entry.is_rich)
    if any(
        each and (each.session, each.status) == (update.session, update.will_be)
        for each in map(read_account, entries)
    ):
        return True
    text = "".join(entry.html for entry in entries) if update.is_plain else stored.actual_results
    return is_in(update.account_text(), text)


def is_written_over(update: RunUpdate, stored: TestRun) -> bool:
    """Return whether another session's account is on top, which was not there before the update.

    Args:
        update: What was written.
        stored: The run as read back.
    """
    first, before = (
        next(map(read_account, read_entries(text)), None)
        for text in (stored.actual_results, update.run.actual_results)
    )
    is_of_another = first is not None and first.session not in ("", update.session)
    return is_of_another and first != before


def is_rewritten(update: RunUpdate, stored: TestRun) -> bool:
    """Return whether a run has another status, and a text that holds nothing of the update.

    No server makes both of what it stores: a person did.

    Args:
        update: What was written.
        stored: The run as read back.
    """
    text = stored.actual_results
    is_text_new = bool(text.strip()) and text != update.run.actual_results
    is_status_new = bool(_status_differences(update, stored))
    return is_status_new and is_text_new and not has_account(update, stored)


def is_unchanged(update: RunUpdate, stored: TestRun | None) -> bool:
    """Return whether a run is what it was before the update, so the update was lost on the way.

    A list that lags may also show what was there, or what we sent there, at an earlier time.
    """
    if stored is None:
        return False
    return _content(stored) == _content(update.run) or _is_of_earlier(update, stored)


def _is_of_earlier(update: RunUpdate, stored: TestRun) -> bool:
    """Return whether a run shows what it is known to have shown at an earlier time.

    That cannot hold the account of the update, nor what nobody has read or sent.
    """
    steps = tuple(step.status for step in stored.steps)
    if not any(
        each.status == stored.status and each.steps in (None, steps) for each in update.before
    ):
        return False
    if update.account and has_account(update, stored):
        return False
    known = "".join((update.run.actual_results, *(each.text for each in update.before)))
    return all(
        read_account(entry) or is_in(entry.html, known)
        for entry in read_entries(stored.actual_results)
    )


def describe_losses(before: Iterable[TestRun], after: Iterable[TestRun]) -> str:
    """Say which runs of a cycle have gone or changed their status; empty when none has."""
    now = {run.run_id: run.status for run in after}
    losses = [
        f"{run} ({run.status} -> {now.get(run.run_id, 'gone')})"
        for run in before
        if now.get(run.run_id) != run.status
    ]
    return ", ".join(losses)


def _content(run: TestRun) -> list[str]:
    return [run.actual_results, run.status, *(step.status for step in run.steps)]
