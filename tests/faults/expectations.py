"""What must happen in each cell of the matrix fault x phase; docs/faults.md is made of it, too."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from tests.faults.phases import (
    CASE,
    CYCLE,
    GROUP,
    LOGIN,
    LOOKING,
    PHASES,
    PLAN,
    READING_BACK,
    SENDING,
    can_meet,
    outage,
    striking_once,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_jama.sandbox.faults import Fault
    from tests.faults.phases import Phase


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How a session ends.

    Attributes:
        word: Its name on the page.
        says: What the summary says.
        exits: The status of `pytest --jama` with green tests, and of the two commands.
        meaning: What that means, for users.
        afterwards: What `pytest-jama upload` does when the server is well again, for users.
        resumed: The exit status of that.
    """

    word: str
    says: str
    exits: tuple[int, int]
    meaning: str
    afterwards: str
    resumed: int = 0


class Fate(Enum):
    """The endings there are."""

    SENT = Ending(
        word="sent",
        says="sent       3 of 3 test runs: 2 BLOCKED, 1 PASSED",
        exits=(0, 0),
        meaning="everything arrives; where it took another attempt, after a pause",
        afterwards="has nothing to do",
    )
    OUT_OF_REACH = Ending(
        word="out of reach",
        says="NOT SENT   nothing succeeded at http",
        exits=(8, 3),
        meaning="attempts go on until nothing has succeeded for `give_up_after`; then it stops",
        afterwards="sends the rest",
    )
    NOT_LET_IN = Ending(
        word="not let in",
        says="; check JAMA_CLIENT_ID and JAMA_CLIENT_SECRET",
        exits=(8, 3),
        meaning="the server refuses the credentials: it stops",
        afterwards="sends the rest",
    )
    LOCKED_OUT = Ending(
        word="locked out",
        says="; this account is locked",
        exits=(8, 3),
        meaning="the server says of the login that something is locked, which is the account then: "
        "it stops",
        afterwards="sends the rest",
    )
    NO_ENDPOINT = Ending(
        word="no login there",
        says="no token can be fetched from this address: check `url`",
        exits=(8, 3),
        meaning="there is no token endpoint: it stops",
        afterwards="sends the rest",
    )
    STOPPED = Ending(
        word="stopped",
        says="NOT SENT   ",
        exits=(8, 1),
        meaning="without this answer there is nowhere to write to: it stops, and says who refused "
        "what",
        afterwards="sends everything",
    )
    UNRESOLVED = Ending(
        word="unresolved",
        says="unresolved ",
        exits=(8, 1),
        meaning="cases without a run are named; the others are sent",
        afterwards="sends the rest",
    )
    LEFT_OUT = Ending(
        word="left out",
        says="unresolved ",
        exits=(8, 1),
        meaning="a case does not get into the plan: it is named, and the others are sent to a "
        "cycle without it",
        afterwards="names it again: that cycle has no run of it, a new one would have",
        resumed=1,
    )
    REFUSED = Ending(
        word="refused",
        says="REFUSED    ",
        exits=(8, 1),
        meaning="the runs it happens to are named; the others are sent",
        afterwards="sends those",
    )
    LOCKED = Ending(
        word="locked",
        says="LOCKED     ",
        exits=(8, 1),
        meaning="the runs it happens to are named and left alone; the others are sent",
        afterwards="sends those",
    )
    MISMATCH = Ending(
        word="mismatch",
        says="MISMATCH   ",
        exits=(8, 1),
        meaning="the runs that show something else are named; those that show what was there "
        "before were waited for, and sent once more",
        afterwards="sends those",
    )
    NOT_READ_BACK = Ending(
        word="not read back",
        says="UNVERIFIED ",
        exits=(8, 1),
        meaning="all runs are written, but it was not confirmed that they show it",
        afterwards="looks, and sends only what is not there",
    )


class Extent(Enum):
    """How much a fault strikes."""

    ONCE = "once"
    """Each request of the phase once; the first one where there are several of a kind."""
    FROM_THEN_ON = "from then on"
    """Every request from the beginning of the phase on."""


Row = dict["Phase", Fate]

_EVERYWHERE = dict.fromkeys(PHASES, Fate.SENT)
_REFUSES_ONCE: Row = {
    LOGIN: Fate.NOT_LET_IN,
    LOOKING: Fate.STOPPED,
    PLAN: Fate.STOPPED,
    GROUP: Fate.STOPPED,
    CASE: Fate.LEFT_OUT,
    CYCLE: Fate.STOPPED,
    SENDING: Fate.REFUSED,
    READING_BACK: Fate.NOT_READ_BACK,
}
_DOWN = {**dict.fromkeys(PHASES, Fate.OUT_OF_REACH), READING_BACK: Fate.NOT_READ_BACK}

_ONCE: Mapping[str, Row] = {
    "400": {**_REFUSES_ONCE, SENDING: Fate.SENT, READING_BACK: Fate.SENT},
    "401": {**_EVERYWHERE, LOGIN: Fate.NOT_LET_IN},
    "403": {**_REFUSES_ONCE, SENDING: Fate.SENT},
    "404": {
        **_REFUSES_ONCE,
        LOGIN: Fate.NO_ENDPOINT,
        SENDING: Fate.SENT,
        READING_BACK: Fate.SENT,
    },
    "locked": {**_REFUSES_ONCE, LOGIN: Fate.LOCKED_OUT, SENDING: Fate.LOCKED},
    "lie": {
        LOGIN: Fate.SENT,
        PLAN: Fate.STOPPED,
        GROUP: Fate.STOPPED,
        CASE: Fate.SENT,
        CYCLE: Fate.STOPPED,
        SENDING: Fate.SENT,
    },
}
"""What happens when a kind strikes once; one that is not here costs nothing."""

_REFUSES_EVERYTHING = {**_REFUSES_ONCE, CASE: Fate.UNRESOLVED}
_NO_TOKEN = {**_DOWN, LOGIN: Fate.NOT_LET_IN}

_FROM_THEN_ON: Mapping[str, Row] = {
    "400": _REFUSES_EVERYTHING,
    "401": {**dict.fromkeys(PHASES, Fate.NOT_LET_IN), READING_BACK: Fate.NOT_READ_BACK},
    "403": _REFUSES_EVERYTHING,
    "404": {**_REFUSES_EVERYTHING, LOGIN: Fate.NO_ENDPOINT},
    "slow": _EVERYWHERE,
    "empty": {**_NO_TOKEN, SENDING: Fate.NOT_READ_BACK},
    "garbage": _NO_TOKEN,
    "locked": {**_REFUSES_EVERYTHING, LOGIN: Fate.STOPPED, SENDING: Fate.LOCKED},
    "lie": {
        LOGIN: Fate.STOPPED,
        PLAN: Fate.STOPPED,
        GROUP: Fate.STOPPED,
        CASE: Fate.STOPPED,
        CYCLE: Fate.STOPPED,
        SENDING: Fate.MISMATCH,
    },
    "stale": _EVERYWHERE,
    "lag": _EVERYWHERE,
    "lost-page": {**dict.fromkeys(PHASES, Fate.UNRESOLVED), PLAN: Fate.STOPPED},
}
"""What happens when a kind strikes everything from then on; one that is not here is an outage."""


@dataclass(frozen=True)
class Cell:
    """One cell of the matrix."""

    kind: str
    phase: Phase
    extent: Extent

    def __str__(self) -> str:
        return f"{self.kind} {self.extent.value} at {self.phase.name}"

    def faults(self) -> tuple[Fault, ...]:
        """Return what strikes."""
        if self.extent is Extent.ONCE:
            return striking_once(self.phase, self.kind)
        return (outage(self.phase, self.kind),)

    @property
    def fate(self) -> Fate | None:
        """What must happen; None where the fault cannot strike."""
        if not can_meet(self.phase, self.kind):
            return None
        rows = _ONCE if self.extent is Extent.ONCE else _FROM_THEN_ON
        usual = _EVERYWHERE if self.extent is Extent.ONCE else _DOWN
        return rows.get(self.kind, usual)[self.phase]
