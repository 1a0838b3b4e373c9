"""The kinds of deviations, in the order of a report."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.report.evidence.evidence_record import Deviation

if TYPE_CHECKING:
    from collections.abc import Iterable


class DeviationKind(NamedTuple):
    """A kind of deviation; their order in `KINDS` is that of the record; see `Deviation`."""

    name: str
    is_open: bool = True
    is_warning: bool = False


EDITED = DeviationKind("Record was changed")
DAMAGED = DeviationKind("Record lacks lines")
BROKEN_OFF = DeviationKind("Session broke off")
MISSING = DeviationKind("Journal is missing")
MODIFIED = DeviationKind("Modified code", is_warning=True)
UNCALIBRATED = DeviationKind("Calibration had ended")
UNCOLLECTED = DeviationKind("Tests that could not be collected")
NOTHING = DeviationKind("Nothing was planned")
NOT_SENT = DeviationKind("Not sent to Jama", is_warning=True)
NOT_TAKEN = DeviationKind("Not in ALM Octane", is_warning=True)
UNREAD = DeviationKind("Cycle was not read as a whole", is_warning=True)
UNUSABLE = DeviationKind("Input that could not be used")
FAILED = DeviationKind("Failed")
ERROR = DeviationKind("Error outside the test body")
NO_CASE = DeviationKind("Failure without a test case")
KEPT = DeviationKind("Entry of others kept", is_warning=True)
OTHERWISE = DeviationKind("Jama shows otherwise", is_warning=True)
NO_RUN = DeviationKind("No test run", is_warning=True)
ELSEWHERE = DeviationKind("Result from elsewhere", is_warning=True)
HOOK = DeviationKind("Verdict set by a hook", is_warning=True)
DRIFT = DeviationKind("Drift of the test case", is_warning=True)
XPASSED = DeviationKind("Passed though failure was expected", is_warning=True)
INCOMPLETE = DeviationKind("Incomplete")
BLOCKED = DeviationKind("Blocked")
NOT_EXECUTED = DeviationKind("Not executed")
STALE = DeviationKind("Stale case version", is_warning=True)
FILE = DeviationKind("File not in Jama", is_warning=True)
REPLACED = DeviationKind("Entry replaced", is_open=False)
OTHER = DeviationKind("Another session", is_open=False)
REPEATED = DeviationKind("Repeated test", is_open=False)

KINDS = (
    *(EDITED, DAMAGED, BROKEN_OFF, MISSING, MODIFIED, UNCALIBRATED, NOTHING, NOT_SENT),
    *(NOT_TAKEN, UNREAD),
    *(UNCOLLECTED, UNUSABLE),
    *(FAILED, ERROR, NO_CASE, KEPT, OTHERWISE, NO_RUN, ELSEWHERE, HOOK, DRIFT, XPASSED),
    *(INCOMPLETE, BLOCKED, NOT_EXECUTED, STALE, FILE, REPLACED, OTHER, REPEATED),
)
"""The worst first, as a reader may stop after any of them."""

PLACE_OF = {kind: rank for rank, kind in enumerate(KINDS)}


class Found(NamedTuple):
    """A deviation without its number."""

    kind: DeviationKind
    cases: tuple[int, ...]
    what: str
    meaning: str
    where: str = ""


def number(found: Iterable[Found]) -> tuple[Deviation, ...]:
    """Return deviations in their order, numbered."""
    ordered = sorted(found, key=lambda each: (PLACE_OF[each.kind], each.cases))
    return tuple(
        Deviation(number, kind.name, cases, what, meaning, where, *kind[1:])
        for number, (kind, cases, what, meaning, where) in enumerate(ordered, start=1)
    )
