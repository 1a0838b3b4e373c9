"""What must happen in each cell of the matrix fault x phase of an upload to ALM Octane."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from tests.faults.expectations import Extent
from tests.faults.octane.octane_phases import (
    BUILD,
    CI_SERVER,
    CONTEXT,
    OCTANE_PHASES,
    PIPELINE,
    POLL,
    PUSH,
    READ_BACK,
    SIGN_IN,
    can_strike,
    strikes_all,
    strikes_once,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_jama.sandbox.faults import Fault
    from tests.faults.phases import Phase


class OctaneEnding(NamedTuple):
    """How a session ends.

    Attributes:
        says: What the summary says.
        exits: The status of `pytest --octane` with green tests, and of the two commands.
        is_taken: Whether the server has the results already; None where either may be.
    """

    says: str
    exits: tuple[int, int]
    is_taken: bool | None = False


class OctaneFate(Enum):
    """The endings there are; after each `pytest-jama upload` brings what is missing."""

    SENT = OctaneEnding("sent       1 of 1 document: 1 Passed, 1 Skipped", (0, 0), is_taken=True)
    OUT_OF_REACH = OctaneEnding("NOT SENT   nothing succeeded at http", (8, 3), is_taken=None)
    NOT_LET_IN = OctaneEnding("; check OCTANE_CLIENT_ID and OCTANE_CLIENT_SECRET", (8, 3))
    OTHER_DOOR = OctaneEnding("with its fully qualified host name", (8, 3))
    ANSWERED_BY_OTHERS = OctaneEnding("with its fully qualified host name", (8, 3), is_taken=None)
    CUT_OFF_BY_OTHERS = OctaneEnding("with its fully qualified host name", (8, 3), is_taken=True)
    STOPPED = OctaneEnding("NOT SENT   ", (8, 1))
    NOT_TAKEN = OctaneEnding("NOT SENT   document (2 runs): POST ", (8, 1), is_taken=None)
    REFUSED = OctaneEnding("REFUSED    ", (8, 1))
    LIED_TO = OctaneEnding(", which it named: `pytest-jama octane status", (8, 1))
    UNVERIFIED = OctaneEnding("UNVERIFIED document (2 runs): queued as ", (8, 1), is_taken=True)
    CUT_OFF = OctaneEnding("NOT SENT   nothing succeeded at http", (8, 3), is_taken=True)
    LOCKED_OUT = OctaneEnding("check OCTANE_CLIENT_ID", (8, 3), is_taken=True)
    PARTLY = OctaneEnding("PARTLY     document (2 runs): ", (8, 1), is_taken=True)


_Row = dict["Phase", OctaneFate]
_Fates = OctaneFate

_SENT: _Row = dict.fromkeys(OCTANE_PHASES, _Fates.SENT)
_STOPPED: _Row = {
    CONTEXT: _Fates.STOPPED,
    CI_SERVER: _Fates.STOPPED,
    PIPELINE: _Fates.STOPPED,
    BUILD: _Fates.STOPPED,
}
_REFUSED_ONCE: _Row = {
    **_SENT,
    **_STOPPED,
    SIGN_IN: _Fates.NOT_LET_IN,
    PUSH: _Fates.REFUSED,
}

_ONCE: Mapping[str, _Row] = {
    # the fields of the other spelling are tried then
    "400": {**_REFUSED_ONCE, SIGN_IN: _Fates.SENT},
    "401": {**_SENT, SIGN_IN: _Fates.NOT_LET_IN},
    "403": _REFUSED_ONCE,
    "404": {**_REFUSED_ONCE, SIGN_IN: _Fates.OTHER_DOOR},
    # a conflict may mean that the name is taken: another one is tried
    "locked": {**_SENT, SIGN_IN: _Fates.NOT_LET_IN, BUILD: _Fates.STOPPED, PUSH: _Fates.REFUSED},
    "500": {**_SENT, **_STOPPED, CONTEXT: _Fates.SENT},
    "lie": {
        **_SENT,
        CI_SERVER: _Fates.STOPPED,
        PIPELINE: _Fates.STOPPED,
        BUILD: _Fates.REFUSED,
    },
}
"""What happens when a kind strikes once; one that is not here costs nothing."""

_DOWN: _Row = {
    **dict.fromkeys(OCTANE_PHASES, _Fates.OUT_OF_REACH),
    POLL: _Fates.CUT_OFF,
    READ_BACK: _Fates.CUT_OFF,
}
_REFUSES: _Row = {**_REFUSED_ONCE, POLL: _Fates.UNVERIFIED}

_FROM_THEN_ON: Mapping[str, _Row] = {
    "400": {**_REFUSES, SIGN_IN: _Fates.NOT_LET_IN},
    "401": {
        **dict.fromkeys(OCTANE_PHASES, _Fates.NOT_LET_IN),
        POLL: _Fates.LOCKED_OUT,
        READ_BACK: _Fates.LOCKED_OUT,
    },
    "403": _REFUSES,
    "404": {**_REFUSES, SIGN_IN: _Fates.OTHER_DOOR},
    "locked": {**_REFUSES, SIGN_IN: _Fates.STOPPED},
    # a proxy may answer for the server, which has no such status for what it makes
    "500": {**_DOWN, CI_SERVER: _Fates.STOPPED, PIPELINE: _Fates.STOPPED, BUILD: _Fates.STOPPED},
    "slow": _SENT,
    "empty": {**_DOWN, PUSH: _Fates.NOT_TAKEN},
    "garbage": {
        **dict.fromkeys(OCTANE_PHASES, _Fates.ANSWERED_BY_OTHERS),
        SIGN_IN: _Fates.OTHER_DOOR,
        POLL: _Fates.CUT_OFF_BY_OTHERS,
        READ_BACK: _Fates.CUT_OFF_BY_OTHERS,
    },
    "lie": {
        SIGN_IN: _Fates.STOPPED,
        CI_SERVER: _Fates.STOPPED,
        PIPELINE: _Fates.STOPPED,
        BUILD: _Fates.LIED_TO,
        PUSH: _Fates.LIED_TO,
    },
    "stale": _SENT,
    "lag": _SENT,
    "lost-page": {READ_BACK: _Fates.PARTLY},
}
"""What happens when a kind strikes everything from then on; one that is not here is an outage."""


@dataclass(frozen=True)
class OctaneCell:
    """One cell of the matrix."""

    kind: str
    phase: Phase
    extent: Extent

    def __str__(self) -> str:
        return f"{self.kind} {self.extent.value} at {self.phase.name}"

    def faults(self) -> tuple[Fault, ...]:
        """Return what strikes."""
        if self.extent is Extent.ONCE:
            return strikes_once(self.phase, self.kind)
        return (strikes_all(self.phase, self.kind),)

    @property
    def fate(self) -> OctaneFate | None:
        """What must happen; None where the fault cannot strike."""
        if not can_strike(self.phase, self.kind):
            return None
        rows = _ONCE if self.extent is Extent.ONCE else _FROM_THEN_ON
        usual = _SENT if self.extent is Extent.ONCE else _DOWN
        return rows.get(self.kind, usual)[self.phase]
