"""What earlier uploads brought to the server, and what results of older sessions must not undo."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from pytest_jama.core.attached_file import FileState
from pytest_jama.core.plan import SendState
from pytest_jama.core.prior_state import PriorState
from pytest_jama.core.results import Outcome
from pytest_jama.core.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pytest_jama.core.plan import ServerTask, Update
    from pytest_jama.journal.record import Arrival, Rank, Recording


class _Claim(NamedTuple):
    """What a session that is not uploaded here has written.

    Attributes:
        rank: The newest session of which it has results.
        arrival: The update.
        place: The server.
    """

    rank: Rank
    arrival: Arrival
    place: str


class PriorUploads:
    """Recognises updates that need not be sent again, and those that must not be sent.

    An update arrived when the last one that its run accepted said the same, and the run still shows
    it; but where a file of it was refused, it is sent again: what stood in the way may be gone.
    When the run shows something else, either the server did not keep its word, which an upload
    that was broken off had no time to find out; or another user changed it after that. Where that
    is what stood there before, a list may also be behind.

    What a session wrote is never replaced by results of an older one. A journal tells which runs
    its session wrote; one that is set aside lacks lines, so that it may have written more. So may
    one that was changed, and when that is its header, it may be of a later session.

    Args:
        recordings: The journals.
        server: The URL of the server.
        others: All other journals that are known.
    """

    def __init__(
        self,
        recordings: Sequence[Recording],
        *,
        server: str,
        others: Sequence[Recording] = (),
    ) -> None:
        self._recordings = recordings
        self._server = server
        self._place = server_of(server)
        self._evidence = _Evidence([*recordings, *others])
        ours = {recording.header.session for recording in recordings}
        foreign = [each for each in others if each.header.session not in ours]
        self._claims = self._find_claims(foreign)
        self._lacking = set(self._find_lacking())
        self._uncertain = [
            each
            for each in foreign
            if (each.is_set_aside or each.open_edits) and self._may_be_here(each)
        ]

    def __call__(self, update: Update) -> PriorState:
        """Return what is known of an update."""
        case = str(update.facts(brief=True).get("case", ""))
        rank = self._evidence.rank(case, self._recordings)
        claims = self._claims.get(update.key, ())
        if any(claim.rank > rank and self._is_there(claim, update, case) for claim in claims):
            return PriorState.OUTDATED
        state = self._own_state(update)
        if state is not PriorState.ARRIVED and self._may_be_outdated(update, case, rank):
            return PriorState.UNCERTAIN
        return state

    def _own_state(self, update: Update) -> PriorState:
        key = self._place, update.key
        found = (recording.arrivals.get(key) for recording in self._recordings)
        arrivals = [arrival for arrival in found if arrival is not None]
        if not arrivals:
            return PriorState.NEW
        if not all(
            arrival.is_kept and arrival.digest == update.fingerprint(arrival.server)
            for arrival in arrivals
        ):
            return PriorState.NEW
        if update.is_shown() is not False:
            return PriorState.NEW if update.key in self._lacking else PriorState.ARRIVED
        if not all(arrival.is_confirmed for arrival in arrivals):
            return PriorState.NEW
        known = (each for one in self._recordings for each in one.statuses.get(key, ()))
        is_old = update.was in {each.status for each in known if each.steps is None}  # it was read
        return PriorState.AS_BEFORE if is_old else PriorState.CHANGED

    def _find_lacking(self) -> Iterator[str]:
        """Yield the places that lack a file which was refused at last."""
        for recording in self._recordings:
            here = (each for each in recording.filed if each.server == self._place)
            last = {(each.sha256, each.place): each.state for each in here}
            yield from (place for (_, place), state in last.items() if state is FileState.REFUSED)

    def _find_claims(self, foreign: Iterable[Recording]) -> dict[str, list[_Claim]]:
        claims = defaultdict(list)
        for recording in foreign:
            for (place, key), arrival in recording.arrivals.items():
                sessions = self._evidence.known(arrival.sessions) or [recording]
                rank = self._evidence.rank(arrival.case, sessions)
                claims[key].append(_Claim(rank, arrival, place))
        return dict(claims)

    def _is_there(self, claim: _Claim, update: Update, case: str) -> bool:
        """Return whether this server has it: it got it, or it has moved and shows it."""
        if claim.place == self._place:
            return True
        return (claim.arrival.case, claim.arrival.status) == (case, update.was) and bool(case)

    def _may_be_here(self, recording: Recording) -> bool:
        if recording.open_edits:
            return True
        url = recording.header.settings.get("url")
        return url is None or server_of(str(url)) == self._place

    def _may_be_outdated(self, update: Update, case: str, rank: Rank) -> bool:
        """Return whether a later session of which lines are missing may have written there."""
        if update.was in _UNTOUCHED:
            return False
        return any(
            self._may_be_later(each, rank)
            and (not each.collected or each.open_edits or self._evidence.knows(each, case))
            for each in self._uncertain
        )

    def _may_be_later(self, recording: Recording, rank: Rank) -> bool:
        is_known = not (recording.open_edits and recording.is_header_edited)
        return recording.header.rank > rank or not is_known


UNCERTAIN = frozenset({SendState.NOT_SENT, SendState.PARTLY})
"""After these, what had arrived before need not be there as a whole."""

_ACCEPTED = frozenset({SendState.SENT, SendState.UNVERIFIED, SendState.MISMATCH})
_ACCEPTED_BY_TASK = frozenset({SendState.SENT})


def is_accepted(state: SendState, task: ServerTask | None) -> bool:
    """Return whether a server has what it was sent.

    Args:
        state: What became of it.
        task: In which task the server works it off, whose end alone makes it certain; else None.
    """
    return state in (_ACCEPTED if task is None else _ACCEPTED_BY_TASK)


def is_taken_back(
    arrivals: Mapping[tuple[str, str], Arrival], key: tuple[str, str], digest: str
) -> bool:
    """Return whether a refusal is of what was accepted before: then it was not kept."""
    return key in arrivals and arrivals[key].digest == digest


_UNTOUCHED = frozenset({"", Verdict.NOT_RUN.value})
"""What a server shows where no session has written."""


class _Evidence:
    """Which session has results of which case.

    Args:
        recordings: All journals that are known.
    """

    def __init__(self, recordings: Sequence[Recording]) -> None:
        self._by_session = {each.header.session: each for each in recordings}
        self._ran: dict[int, frozenset[str]] = {}
        self._listed: dict[int, frozenset[str]] = {}

    def known(self, sessions: Iterable[str]) -> list[Recording]:
        """Return those of some sessions whose journals are known."""
        return [self._by_session[name] for name in sessions if name in self._by_session]

    def rank(self, case: str, recordings: Sequence[Recording]) -> Rank:
        """Return the newest session that ran a test of a case; else the newest of all.

        Args:
            case: The case; empty when the update is of several.
            recordings: The sessions; at least one.
        """
        concerned = [each for each in recordings if case and case in self._cases(each)]
        return max(each.header.rank for each in concerned or recordings)

    def knows(self, recording: Recording, case: str) -> bool:
        """Return whether a session has a test of a case, also one that did not run."""
        found = self._listed.get(id(recording))
        if found is None:
            found = self._listed[id(recording)] = frozenset(
                link.case_ref.text for test in recording.collected.values() for link in test.links
            )
        return case in found

    def _cases(self, recording: Recording) -> frozenset[str]:
        found = self._ran.get(id(recording))
        if found is None:
            found = self._ran[id(recording)] = frozenset(
                link.case_ref.text
                for result in recording.results.values()
                if result.outcome is not Outcome.NOT_REACHED
                for link in result.links
            )
        return found


_LOOPBACK = re.compile(r"localhost|127(\.\d+){3}|::1|0\.0\.0\.0")
_DEFAULT_PORTS = frozenset({None, 80, 443})


def server_of(url: str) -> str:
    """Return a text that is the same for all spellings of the address of a server.

    Args:
        url: The base URL, with or without scheme, default port and slash at its end.
    """
    try:
        parts = urlsplit(url if "://" in url else f"https://{url}")
        port = parts.port
    except ValueError:  # a bracket without its other one, a port that is not a number
        return url
    host = (parts.hostname or "").rstrip(".")
    if _LOOPBACK.fullmatch(host):
        host = "localhost"
    path = re.sub(r"(^|/)rest(/.*)?$", "", posixpath.normpath(f"/{parts.path}").lstrip("/"))
    return f"{host}:{'' if port in _DEFAULT_PORTS else port}/{path}"
