"""Sessions that one cycle got one after the other: of each case the newest counts. Pure.

Sessions that were sent together are one. A later upload replaces what an earlier one wrote into the
runs of the same cases, unless its evidence is incomplete and the earlier one's is not: a record of
both must not tell them as one session.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from pytest_jama.core.results import Outcome
from pytest_jama.core.text import counted
from pytest_jama.journal.rejudge import judge_recordings
from pytest_jama.report.evidence.case_evidence import OUTCOME_WORDS, UNFINISHED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from pytest_jama.core.cases import CaseRef
    from pytest_jama.core.results import TestResult
    from pytest_jama.core.verdicts import Verdict, VerdictRules
    from pytest_jama.journal.record import Rank, Recording

T = TypeVar("T")
Group = frozenset[str]
"""The names of the sessions that were sent together."""

_NAMED = 3


class OtherResult(NamedTuple):
    """What sessions concluded of a case whose tests another one ran, too, which counts.

    Attributes:
        case: The case.
        session: One of these sessions.
        verdict: What it concluded, in Jama's words; empty for nothing.
        tests: From which tests, with their outcomes.
    """

    case: str
    session: str
    verdict: str
    tests: str


def keep_newest(
    recordings: Sequence[Recording], identities: Mapping[str, str], *, rules: VerdictRules
) -> tuple[tuple[Recording, ...], tuple[OtherResult, ...]]:
    """Return sessions with those cases alone of which they count, and what the others said.

    Args:
        recordings: One of each session.
        identities: What is the same for all names of a case, by each name, as far as known.
        rules: Which verdict follows from which outcome.
    """
    groups = _groups(recordings)
    if len(set(groups.values())) == 1:
        return tuple(recordings), ()
    said = {group: _conclude(recordings, group, rules) for group in set(groups.values())}
    newest: dict[str, tuple[bool, Rank, Group]] = {}
    named: dict[str, set[CaseRef]] = {}
    for recording in recordings:
        group = groups[recording.header.session]
        for ref in _cases_of(recording):
            named.setdefault(identities.get(str(ref), str(ref)), set()).add(ref)
        for ref in _cases_that_ran(recording):
            case = identities.get(str(ref), str(ref))
            verdict = said[group].get(ref)
            is_whole = verdict is not None and verdict.value not in UNFINISHED
            mine = is_whole, recording.header.rank, group
            newest[case] = max(newest.get(case, mine), mine, key=lambda each: each[:2])
    kept: list[Recording] = []
    others: list[OtherResult] = []
    for recording in recordings:
        group = groups[recording.header.session]
        outdated = {
            ref for case, (*_, winner) in newest.items() if winner != group for ref in named[case]
        }
        kept.append(_without(recording, outdated) if outdated else recording)
        others += _told(recording, outdated, said[group])
    return tuple(kept), tuple(others)


def _conclude(
    recordings: Iterable[Recording], group: Group, rules: VerdictRules
) -> dict[CaseRef, Verdict | None]:
    mine = [each for each in recordings if each.header.session in group]
    judgement = judge_recordings(mine, rules=rules, adjust=lambda case: case)
    return {case.case_ref: case.verdict for case in judgement.cases}


def _groups(recordings: Sequence[Recording]) -> dict[str, Group]:
    """Return with which sessions each was last sent together; those without a journal count not."""
    groups: dict[str, Group] = {}
    known = {recording.header.session for recording in recordings}
    for recording in recordings:
        names = {recording.header.session, *known.intersection(recording.partners)}
        names.update(*(groups[name] for name in tuple(names) if name in groups))
        groups.update(dict.fromkeys(names, frozenset(names)))
    return groups


def _cases_of(recording: Recording) -> Iterator[CaseRef]:
    for some in (recording.collected, recording.uncollected, recording.results):
        yield from (link.case_ref for result in some.values() for link in result.links)
    yield from (*recording.verdicts, *recording.known)


def _cases_that_ran(recording: Recording) -> Iterator[CaseRef]:
    for result in recording.results.values():
        if result.outcome is not Outcome.NOT_REACHED:
            yield from (link.case_ref for link in result.links)


def _told(
    recording: Recording,
    outdated: AbstractSet[CaseRef],
    said: Mapping[CaseRef, Verdict | None],
) -> Iterator[OtherResult]:
    for ref in dict.fromkeys(_cases_that_ran(recording)):
        if ref in outdated:
            verdict = said.get(ref)
            concluded = verdict.value if verdict else ""
            tests = _name_tests(recording, ref)
            yield OtherResult(str(ref), recording.header.session, concluded, tests)


def _name_tests(recording: Recording, case: CaseRef) -> str:
    """Name some tests of a case: what stands for it now may come from others."""
    mine = [
        f"{result.test_id} ({OUTCOME_WORDS[result.outcome]})"
        for result in recording.results.values()
        if any(link.case_ref == case for link in result.links)
    ]
    rest = len(mine) - _NAMED
    return ", ".join(mine[:_NAMED]) + (f" and {counted(rest, 'more test')}" if rest > 0 else "")


def _without(recording: Recording, outdated: AbstractSet[CaseRef]) -> Recording:
    """Return a session without what it says of some cases; tests of no other case go with them."""

    def keep(named: Mapping[T, TestResult]) -> dict[T, TestResult]:
        found = {}
        for name, result in named.items():
            links = tuple(link for link in result.links if link.case_ref not in outdated)
            if links or not result.links:
                found[name] = result._replace(links=links)
        return found

    return replace(
        recording,
        collected=keep(recording.collected),
        uncollected=keep(recording.uncollected),
        results=keep(recording.results),
        repeated=keep(recording.repeated),
        verdicts={ref: said for ref, said in recording.verdicts.items() if ref not in outdated},
        known={ref: None for ref in recording.known if ref not in outdated},
    )
