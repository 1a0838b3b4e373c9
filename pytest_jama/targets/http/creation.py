"""Making something new at a server that may do it late, and never twice.

A server may take minutes to make something, show it only then, and go on with it when the client
has gone or a proxy has answered in its place. So what may have been made is looked for until the
place where it would be has been the same, without it, for a minute; only then it is made again.
The server answers in that time: `give_up_after`, for one that does not, has no say in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.targets.http.failures import TransientError

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from pytest_jama.targets.http.connection import Connection
    from pytest_jama.targets.http.request import Request

QUIET_S = 60.0
"""For how long nothing has changed before something is made again."""

SLOW_S = 10.0
"""A creation that takes longer is one of a slow server: whoever waits in between may give up."""

_PAUSES_S = (1.0, 2.0, 4.0, 8.0, 15.0)
_LONGEST_S = 300.0
"""No creation is expected to take longer."""
LOOKED_UP_AGAIN = "looked up again, since a list may show it late"


class Seen(NamedTuple):
    """What a look at the place shows where something is to be made.

    Attributes:
        existing: The ID of what is to be made; None while it is not there.
        others: What else is there.
    """

    existing: int | None
    others: Hashable = ()


class Wary(NamedTuple):
    """How something is made of which there would be two otherwise.

    Attributes:
        what: Its name for people: ``test cycle 'Build 7'``.
        begun_at: When an earlier upload began to make it and did not learn what became of it, in
            seconds since 1970; None when none did.
        on_wait: Told why there is a wait, once.
        on_doubt: Told that another one may come to be later.
        quiet_s: For how long nothing has changed before it is made again.
        on_made: Told the ID when an answer says in time that it was made: it is a moment old.
    """

    what: str
    begun_at: float | None
    on_wait: Callable[[str], None]
    on_doubt: Callable[[], None]
    quiet_s: float = QUIET_S
    on_made: Callable[[int], None] = lambda _: None


class Creation:
    """One thing that is made.

    Args:
        connection: Makes the attempts.
        request: What makes it.
        look: Looks whether it is there.
        find_id: Returns the ID of what was made, from an answer; None when that does not say it.
        wary: How it is made; None for what a server has once anyway: it is looked up once before it
            is made again.
    """

    def __init__(
        self,
        connection: Connection,
        request: Request,
        look: Callable[[], Seen],
        find_id: Callable[[dict[str, object]], int | None],
        wary: Wary | None,
    ) -> None:
        self._connection = connection
        self._request = request
        self._look = look
        self._find_id = find_id
        self._wary = wary
        self._looks_first = False

    def attempt(self, number: int) -> int:
        """Make it, unless it is there; return its ID.

        Args:
            number: Which attempt this is.

        Raises:
            TransientError: When another attempt may be made: it is not there.
            TargetError: When it cannot be looked for.
        """
        existing = self._find_begun() if number == 1 else None
        if existing is None and self._looks_first:
            existing = self._look().existing
        return existing or self._make(number)

    def _make(self, number: int) -> int:
        started_at = self._connection.clock()
        try:
            created_id = self._send(number)
        except TransientError as failure:
            self._looks_first = failure.may_have_happened or bool(
                self._wary and failure.http_status
            )
            if self._wary is None or not failure.may_have_happened:
                raise
            existing = self._await(failure.reason, self._wary, started_at, number + 1)
            if existing is None:
                raise
            return existing
        if self._wary and self._connection.clock() - started_at > SLOW_S:
            self._wary.on_doubt()
        elif self._wary:
            self._wary.on_made(created_id)
        return created_id

    def _send(self, number: int) -> int:
        created_id = self._find_id(self._connection.attempt(self._request, number))
        if created_id is None:
            raise TransientError("the answer does not say what was created")
        return created_id

    def _find_begun(self) -> int | None:
        """Look for what an earlier upload began to make; later than the longest wait it is old."""
        if self._wary is None or self._wary.begun_at is None:
            return None
        age_s = max(0.0, self._connection.now_s - self._wary.begun_at)
        if age_s > _LONGEST_S:
            return None
        why = f"an upload broke off {age_s:.0f} s ago while it was created"
        return self._await(why, self._wary, self._connection.clock() - age_s, 1)

    def _await(self, why: str, wary: Wary, started_at: float, attempt: int) -> int | None:
        """Look until it is there, or has not come for so long that it may be made again.

        Args:
            why: Why it is not known whether it was made.
            wary: What it is.
            started_at: When the server was asked for it.
            attempt: The number of the attempt to come.
        """
        wary.on_doubt()
        clock = self._connection.clock
        seen = self._look()
        same_since = looked_since = clock()
        was_slow = clock() - started_at > SLOW_S and attempt > 1
        ends_at = started_at + _LONGEST_S
        if seen.existing is None:
            how_long = "a minute" if wary.quiet_s == QUIET_S else f"{wary.quiet_s:.0f} seconds"
            wary.on_wait(
                f"it is not known whether {wary.what} was created ({why}): it is looked for, "
                f"for {how_long} or more, before it is created again"
            )
        for pause_s in _pauses(_PAUSES_S):
            now = clock()
            is_quiet = now - same_since >= wary.quiet_s and not (was_slow and now < ends_at)
            if seen.existing or is_quiet or now - looked_since >= _LONGEST_S:
                break
            self._connection.note_retry(
                str(self._request), LOOKED_UP_AGAIN, attempt=attempt, pause_s=pause_s
            )
            self._connection.sleep(pause_s)
            before, seen = seen, self._look()
            if seen.others != before.others:
                same_since = clock()
        return seen.existing


def _pauses(growing: Sequence[float]) -> Sequence[float]:
    return (*growing, *[growing[-1]] * 100)
