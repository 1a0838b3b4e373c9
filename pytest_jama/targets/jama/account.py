"""What an account of a run says, line by line. Pure.

It begins with the status and with what explains it; what only confirms it comes last, so that it is
the first to be cut where there is no room.
"""

from __future__ import annotations

from datetime import datetime, timezone
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

from pytest_jama.core.redaction import describe_hidden
from pytest_jama.core.results import WORST_FIRST, Outcome
from pytest_jama.core.verdicts import Verdict, totals

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_jama.core.results import TestResult
    from pytest_jama.core.verdicts import CaseVerdict


def account_of(
    case: CaseVerdict,
    *,
    status: Verdict,
    provenance: str,
    steps: Sequence[str] = (),
    files: Sequence[str] = (),
) -> tuple[str, ...]:
    """Say in plain lines which tests led to a status.

    Args:
        case: The judgement, with the results behind it.
        status: What the run will show.
        provenance: Tool, commit, time, in one line or several; empty for no account at all.
        steps: The statuses that the steps of the run will show.
        files: What became of the files of the tests, a line for each.
    """
    if not provenance:
        return ()
    lines = [f"{status.value}: {totals(case.results) or 'no results'}", *case.reasons]
    if case.verdict not in (status, None):
        lines.append(
            "; ".join((f"the tests say {case.verdict.value}", *describe_steps(case, steps)))
        )
    lines += filter(None, [describe_hidden(case.passages_hidden)])
    results = sorted(case.results, key=_rank)
    for result in results:
        if not _only_confirms(result):
            lines.extend(_lines_of(result))
    lines.extend((*files, *provenance.splitlines()))
    for result in results:
        if _only_confirms(result):
            lines.extend(_lines_of(result))
    return tuple(lines)


def describe_steps(case: CaseVerdict, statuses: Sequence[str]) -> Iterator[str]:
    """Yield which steps keep a run from being PASSED, and of which no test said anything.

    ``steps 2 to 4 NOT_RUN: no test reported them``

    Args:
        case: The judgement.
        statuses: Those that the steps of the run will show.
    """
    reported = {step.number for step in case.steps}
    steps = ((number, status, number in reported) for number, status in enumerate(statuses, 1))
    for (status, is_told), group in groupby(steps, key=itemgetter(1, 2)):
        if status == Verdict.PASSED.value:
            continue
        numbers = [number for number, *_ in group]
        is_one = len(numbers) == 1
        which = f"step {numbers[0]}" if is_one else f"steps {numbers[0]} to {numbers[-1]}"
        why = f": no test reported {'it' if is_one else 'them'}"
        yield f"{which} {status}{'' if is_told or not reported else why}"


def _rank(result: TestResult) -> int:
    return WORST_FIRST.index(result.outcome)


def _only_confirms(result: TestResult) -> bool:
    steps = (step.outcome for step in result.steps)
    return all(outcome is Outcome.PASSED for outcome in (result.outcome, *steps))


def statement_of(case: CaseVerdict, *, status: Verdict, provenance: str) -> tuple[str, ...]:
    """Return what an account states, in the form that fingerprints are made of.

    It is the account of version 0.1, so that what journals of then have sent is not sent again.

    Args:
        case: See `account_of`.
        status: See `account_of`.
        provenance: See `account_of`.
    """
    if not provenance:
        return ()
    results = sorted(case.results, key=_rank)
    lines = [f"{status.value}: {provenance}"]
    for result in results:
        lines.extend(_lines_of(result._replace(started=None, host="")))
    return tuple(lines)


def _lines_of(result: TestResult) -> Iterator[str]:
    yield f"{result.test_id}: {result.outcome.value}{_run_of(result)}"
    steps = (
        f"step {step.number} {step.outcome.value}" + (f": {step.note}" if step.note else "")
        for step in result.steps
    )
    for text in (result.message, *result.notes, *steps):
        yield from (f"  {line}" for line in text.splitlines())


def _run_of(result: TestResult) -> str:
    """Say how long a test took, when it began and where, as far as that is known."""
    # first as the journal keeps it: rounding twice can differ in the last digit
    took = "" if result.duration_s is None else f"{round(result.duration_s, 6):.3f} s"
    began = "" if result.started is None else _utc(int(round(result.started, 3)))
    where = f"on {result.host}" if result.host else ""
    run = ", ".join(filter(None, (took, f"{began} {where}".strip())))
    return f" ({run})" if run else ""


@lru_cache(maxsize=4096)
def _utc(seconds: int) -> str:
    """Return a time as text; one that no calendar has as the number that it is."""
    try:
        return f"{datetime.fromtimestamp(seconds, timezone.utc):%Y-%m-%d %H:%M:%S} UTC"
    except (OverflowError, OSError, ValueError):
        return f"{seconds} s"
