"""What stands in a test run before a session writes there, and what becomes of it. Pure.

A verdict of incomplete evidence never replaces one of complete evidence, and what others recorded
stays readable below what is new (21 CFR 11.10(e)).
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.core.results import Outcome
from pytest_jama.core.verdicts import Verdict
from pytest_jama.targets.jama.actual_results import (
    STEP_RESULT_SIZE,
    below,
    escaped,
    is_in,
    read_account,
    read_entries,
    words_of,
)

if TYPE_CHECKING:
    from pytest_jama.core.verdicts import CaseVerdict
    from pytest_jama.targets.jama.actual_results import OwnAccount, StoredEntry
    from pytest_jama.targets.jama.runs import RunStep, RunUpdate, TestRun

UNFINISHED = frozenset({Verdict.NOT_RUN.value, Verdict.INPROGRESS.value})
"""Statuses that say of a run or a step that something is still to come."""

_BETTER_IS_SAID = frozenset({Verdict.FAILED.value, Verdict.BLOCKED.value})


class Writer(NamedTuple):
    """Who writes into runs.

    Attributes:
        provenance: What accounts tell of where they come from; empty writes no accounts.
        session: The name of the session.
        over: The line above what is replaced.
        leaves_others: Whether runs that others wrote into are left alone.
        wrote: The API IDs of runs that it wrote while tests ran, whether or not they show it.
    """

    provenance: str = ""
    session: str = ""
    over: str = ""
    leaves_others: bool = False
    wrote: frozenset[int] = frozenset()

    @property
    def signature(self) -> str:
        """What accounts are known by; without a name of the session, what they tell of it."""
        return self.session or hashlib.sha256(self.provenance.encode()).hexdigest()[:12]


class Standing(NamedTuple):
    """What a run holds of others than this session.

    Attributes:
        entries: Their actual results, the newest first.
        people: What of the run was not written by pytest-jama, as a clause; empty for nothing.
        is_own: Whether this session has written there before, and nobody since.
    """

    entries: tuple[StoredEntry, ...] = ()
    people: str = ""
    is_own: bool = False


def look_at(run: TestRun, writer: Writer) -> Standing:
    """Return what a run holds before it is written to."""
    entries = read_entries(run.actual_results) if run.actual_results else ()
    accounts = [read_account(entry) for entry in entries]
    others = [n for n, each in enumerate(accounts) if each is None or not _is_own(each, writer)]
    newest = accounts[0] if accounts else None
    is_ours = run.run_id in writer.wrote
    people = _describe_people(run, newest, has_text=bool(entries), writer=writer)
    return Standing(
        tuple(entries[number] for number in others),
        "" if is_ours else people,
        is_own=is_ours or (bool(accounts) and 0 not in others),
    )


def _is_own(account: OwnAccount, writer: Writer) -> bool:
    if account.session:
        return account.session == writer.signature
    return bool(writer.provenance) and is_in(writer.provenance, account.text)


def _describe_people(
    run: TestRun, newest: OwnAccount | None, *, has_text: bool, writer: Writer
) -> str:
    if newest is not None:
        differs = newest.status != run.status
        return f"it shows {run.status}, and its account says {newest.status}" if differs else ""
    if has_text:
        return "its actual results are not of pytest-jama"
    if run.status != Verdict.NOT_RUN.value and (writer.provenance or writer.leaves_others):
        return f"no account of pytest-jama explains its {run.status}"
    if run.status == Verdict.NOT_RUN.value and any(map(_result_of, run.steps)):
        return "its steps have results that are not of pytest-jama"
    return ""


def find_reason_to_leave(
    update: RunUpdate, standing: Standing, writer: Writer, *, incomplete: Verdict | None
) -> str:
    """Return why an update must not be made; empty when it may.

    Args:
        update: The update.
        standing: What stands in its run.
        writer: Who writes.
        incomplete: What the rules say of a case of which some evidence is missing.
    """
    unknown = describe_unknown(update)
    if unknown:
        return unknown
    if standing.people and writer.leaves_others:
        return f"{standing.people} (`run: {{others: leave}}`)"
    if update.was in UNFINISHED or standing.is_own:
        return ""
    case = update.verdict
    if is_partial(case, incomplete):
        return "incomplete evidence does not replace it"
    if update.will_be in UNFINISHED:
        return f"with what this session says of its steps, they would be {update.will_be} together"
    return ""


def is_unknown(status: str) -> bool:
    """Return whether a stored status is none that tests have, so that a person has set it.

    Source: Jama help, test run item: "Not applicable" is optional; its name in the REST API is not
    documented.
    """
    return status not in Verdict.__members__


def describe_unknown(update: RunUpdate) -> str:
    """Return why a run whose status, or that of all its steps, is not ours stays; else empty."""
    statuses = [step.status for step in update.run.steps]
    if is_unknown(update.was):
        what = f"{update.was} is not a status that tests give"
    elif statuses and all(map(is_unknown, statuses)):
        what = f"all its steps are {', '.join(dict.fromkeys(statuses))}, which tests do not give"
    else:
        return ""
    return f"{what}: a person has set it in Jama, and it stays"


def is_partial(case: CaseVerdict, incomplete: Verdict | None) -> bool:
    """Return whether a verdict is one of incomplete evidence, whatever word is set for that."""
    if case.verdict in (Verdict.INPROGRESS, Verdict.NOT_RUN):
        return True
    return bool(case.reasons) and case.verdict is incomplete and not _has_failed(case)


def _has_failed(case: CaseVerdict) -> bool:
    return any(each.outcome in (Outcome.FAILED, Outcome.ERROR) for each in case.results)


def describe_replaced(update: RunUpdate, standing: Standing) -> str:
    """Return what a person should know of what an update replaces; empty for nothing."""
    is_better = update.was in _BETTER_IS_SAID and update.will_be != update.was
    is_better = is_better and Verdict(update.was).severity > update.status.severity
    if standing.is_own or not (is_better or standing.people):
        return ""
    why = standing.people or f"an earlier session said {update.was}"
    return f"{why}; {_describe_kept(update)}"


def _describe_kept(update: RunUpdate) -> str:
    if not update.account:
        return "writing no account (`run: {actual_results: false}`)"
    if update.is_cut:
        return "keeping what stood there below the new account, shortened at its end"
    if update.earlier:
        return "keeping what stood there below the new account"
    return "with nothing to keep but the status"


def with_earlier_result(step: RunStep, stored: RunStep, over: str) -> RunStep:
    """Keep what a step's result says below its new one.

    Args:
        step: The step with its new result.
        stored: The step as it is stored.
        over: The line above what is replaced.
    """
    text = _result_of(stored)
    if not text:
        return step
    new = words_of(escaped(step.result or "", at_most=STEP_RESULT_SIZE))
    entries = [each for each in read_entries(text) if words_of(each.html) != new]
    return replace(step, earlier=below(entries, f"\n{over}\n"))


def _result_of(step: RunStep) -> str:
    result = step.as_read.get("result")
    return result if isinstance(result, str) else ""
