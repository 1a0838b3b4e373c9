"""What earlier uploads brought to the server, by their receipts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_jama.core.plan import PriorState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_jama.core.plan import Update
    from pytest_jama.journal.record import Recording


class PriorUploads:
    """Recognises updates that need not be sent again.

    An update arrived when the last one that its run accepted said the same, and the run still shows
    it. When the run shows something else, either the server did not keep its word, which an upload
    that was broken off had no time to find out; or another user changed it after that.

    Args:
        recordings: The journals.
        server: The URL of the server.
        later: The journals of later sessions, whose results these must not undo.
    """

    def __init__(
        self,
        recordings: Sequence[Recording],
        *,
        server: str,
        later: Sequence[Recording] = (),
    ) -> None:
        self._recordings = recordings
        self._server = server
        self._outdated = frozenset(
            key
            for recording in later
            if recording.header.settings.get("url") == server
            for key in recording.arrivals
        )

    def __call__(self, update: Update) -> PriorState:
        """Return what is known of an update."""
        if update.key in self._outdated:
            return PriorState.OUTDATED
        found = (recording.arrivals.get(update.key) for recording in self._recordings)
        arrivals = [arrival for arrival in found if arrival is not None]
        if not arrivals:
            return PriorState.NEW
        fingerprint = update.fingerprint(self._server)
        if any(arrival.digest != fingerprint for arrival in arrivals):
            return PriorState.NEW
        if update.is_shown() is not False:
            return PriorState.ARRIVED
        is_confirmed = all(arrival.is_confirmed for arrival in arrivals)
        return PriorState.CHANGED if is_confirmed else PriorState.NEW
