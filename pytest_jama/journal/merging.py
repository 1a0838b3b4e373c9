"""Several journals as one session. Pure; the order in which they are given does not matter."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_jama.core.results import Outcome
from pytest_jama.journal.recording import Recording, worse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_jama.core.results import TestResult

_NOT_RUN = frozenset({Outcome.NOT_REACHED, Outcome.DESELECTED})


def by_session(recordings: Iterable[Recording]) -> tuple[Recording, ...]:
    """Return one recording for each session, in the order of their names, which is that of time.

    Several files of one session, such as copies of its journal made at different times, are one.
    """
    sessions: dict[str, Recording] = {}
    for recording in sorted(recordings, key=lambda each: str(each.path)):
        name = recording.header.session
        known = sessions.get(name)
        sessions[name] = recording if known is None else _united(known, recording)
    return tuple(sessions[name] for name in sorted(sessions))


def merge_results(recordings: Sequence[Recording]) -> tuple[TestResult, ...]:
    """Return the results of several sessions.

    A test that ran in one session is not missing because another one left it out. One that ran in
    several has several results, so that the worst of them decides; those that say the same are one.

    Args:
        recordings: One of each session.
    """
    if len(recordings) == 1:
        return tuple(recordings[0].all_results())
    ran = {test_id for recording in recordings for test_id in recording.results}
    results: dict[object, TestResult] = {}
    for key, result in _keyed(recordings, ran):
        known = results.get(key)
        results[key] = result if known is None else worse(known, result)
    return tuple(results.values())


def _keyed(
    recordings: Iterable[Recording],
    ran: set[str],
) -> Iterator[tuple[object, TestResult]]:
    """Yield results with a key that is the same for those of which one is enough."""
    for recording in recordings:
        for result in recording.all_results():
            if result.outcome not in _NOT_RUN:
                yield result._replace(duration_s=None), result
            elif result.test_id not in ran:
                yield result.test_id, result


def _united(one: Recording, other: Recording) -> Recording:
    """Return what two files tell of the same session."""
    results = dict(one.results)
    for test_id, result in other.results.items():
        known = results.get(test_id)
        results[test_id] = result if known is None else worse(known, result)
    arrivals = {
        run: other.arrivals.get(run, arrival)
        for run, arrival in {**other.arrivals, **one.arrivals}.items()
        if other.arrivals.get(run, arrival).digest == one.arrivals.get(run, arrival).digest
    }
    return replace(
        one,
        collected={**other.collected, **one.collected},
        uncollected={**other.uncollected, **one.uncollected},
        results=results,
        verdicts={**other.verdicts, **one.verdicts},
        arrivals=arrivals,
        has_ended=one.has_ended or other.has_ended,
        damaged=[*one.damaged, *other.damaged],
    )
