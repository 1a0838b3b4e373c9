"""What sessions concluded, as one. Pure.

Everything is judged again from the results. Where a hook adjusted a verdict and is
not there any more, the verdict lines of the journal tell what it said.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_jama.core.verdicts import Judgement, StepVerdict, judge, merge_steps, worst
from pytest_jama.journal.merge import merge_results

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from pytest_jama.core.cases import CaseRef
    from pytest_jama.core.results import TestResult
    from pytest_jama.core.verdicts import CaseVerdict, VerdictRules
    from pytest_jama.journal.record import RecordedVerdict, Recording

    Adjust = Callable[[CaseVerdict], CaseVerdict]


def judge_recordings(
    recordings: Sequence[Recording],
    *,
    rules: VerdictRules,
    adjust: Adjust,
) -> Judgement:
    """Conclude from the journals of sessions what they would have concluded as one.

    Args:
        recordings: One of each session.
        rules: Which verdict follows from which outcome.
        adjust: The hooks that are still there, for cases that a session broke off before judging.
    """
    courts = [_Court(recording, rules) for recording in recordings]
    if len(courts) == 1:
        whole = courts[0].judgement
    else:
        whole = judge(merge_results(recordings, rules=rules), rules=rules)
    judge_without = _CachedJudge(recordings, rules)
    cases = []
    for case in whole.cases:
        concerned = [court for court in courts if case.case_ref in court.judged]
        said = [(court, court.said[case.case_ref]) for court in concerned if court.overrules(case)]
        if said:
            cases.append(_combine(case, said, judge_without))
        elif all(case.case_ref in court.recording.verdicts for court in concerned):
            cases.append(case)
        else:
            cases.append(adjust(case))
    return whole._replace(cases=tuple(cases))


def count_unadjusted(recordings: Iterable[Recording]) -> int:
    """Count the verdicts that hooks of conftests could not adjust: the session broke off."""
    return sum(
        len(
            {link.case_ref for result in recording.all_results() for link in result.links}
            - recording.verdicts.keys()
        )
        for recording in recordings
        if recording.header.hooks
    )


def find_contradictions(recording: Recording, rules: VerdictRules) -> list[int]:
    """Return the lines whose verdict does not follow from the results, and no hook had a say.

    Where lines carry no chain, or a new one, this is what tells that one of them was changed.
    """
    if not recording.verdicts:
        return []
    said = _Court(recording, rules).said.values()
    return sorted(verdict.line for verdict in said if not verdict.has_notes)


class _Court:
    """One session: what follows from its results, and what it said instead.

    Attributes:
        recording: The session.
        judgement: What follows from its results.
        judged: The same, by case.
        said: What it said where that is something else.
    """

    def __init__(self, recording: Recording, rules: VerdictRules) -> None:
        self.recording = recording
        self.judgement = judge(merge_results([recording], rules=rules), rules=rules)
        self.judged = {case.case_ref: case for case in self.judgement.cases}
        self.said = {
            ref: verdict
            for ref, verdict in recording.verdicts.items()
            if ref in self.judged and _differs(verdict, self.judged[ref])
        }

    def overrules(self, case: CaseVerdict) -> bool:
        """Return whether the session said something else than the rules of one of its cases."""
        return case.case_ref in self.said

    def has_other_verdict(self, case_ref: CaseRef) -> bool:
        """Return whether it came to another verdict, not only to other words."""
        return self.said[case_ref].verdict is not self.judged[case_ref].verdict


def _differs(said: RecordedVerdict, judged: CaseVerdict) -> bool:
    if said.has_notes or said.verdict is not judged.verdict:
        return True
    return _numbers(said.steps) != _numbers(judged.steps)


def _numbers(steps: Iterable[StepVerdict]) -> list[tuple[int, str]]:
    return [(step.number, step.verdict.value) for step in steps]


class _CachedJudge:
    """Judges without some of the sessions, and caches: hooks mostly concern the same few."""

    def __init__(self, recordings: Sequence[Recording], rules: VerdictRules) -> None:
        self._recordings = recordings
        self._rules = rules
        self._by_absent: dict[frozenset[str], Mapping[CaseRef, CaseVerdict]] = {}

    def __call__(self, absent: frozenset[str], case_ref: CaseRef) -> CaseVerdict | None:
        if absent not in self._by_absent:
            rest = [each for each in self._recordings if each.header.session not in absent]
            results = merge_results(rest, rules=self._rules)
            cases = judge(results, rules=self._rules).cases
            self._by_absent[absent] = {case.case_ref: case for case in cases}
        return self._by_absent[absent].get(case_ref)


Said = tuple[_Court, "RecordedVerdict"]
"""A session, and what it said of a case instead of what follows from its results."""


def _combine(case: CaseVerdict, said: Sequence[Said], judge_without: _CachedJudge) -> CaseVerdict:
    """Combine what sessions said with what follows from the results of the others."""
    ref = case.case_ref
    firm = [(court, verdict) for court, verdict in said if court.has_other_verdict(ref)]
    rest = judge_without(_names(firm), ref)
    silent = judge_without(_names(said), ref)
    return replace(
        case,
        case_ref=said[0][1].case_ref,
        verdict=worst([*(verdict.verdict for _, verdict in firm), rest.verdict if rest else None]),
        steps=_merged_steps([*map(_steps_of, said), silent.steps if silent else ()]),
        results=_results_of(case, said, silent),
        judged=case,
        redacted=sum(verdict.redacted for _, verdict in said),
    )


def _names(said: Iterable[Said]) -> frozenset[str]:
    return frozenset(court.recording.header.session for court, _ in said)


def _steps_of(said: Said) -> tuple[StepVerdict, ...]:
    """Return what was said of steps; notes are those of the tests, unless a hook gave others."""
    court, verdict = said
    if verdict.has_notes:
        return verdict.steps
    notes = {step.number: step.notes for step in court.judged[verdict.judged_ref].steps}
    return tuple(replace(step, notes=notes.get(step.number, ())) for step in verdict.steps)


def _merged_steps(voices: Iterable[tuple[StepVerdict, ...]]) -> tuple[StepVerdict, ...]:
    by_number: dict[int, list[StepVerdict]] = defaultdict(list)
    for voice in voices:
        for step in voice:
            by_number[step.number].append(step)
    return tuple(merge_steps(by_number[number]) for number in sorted(by_number))


def _results_of(
    case: CaseVerdict,
    said: Sequence[Said],
    silent: CaseVerdict | None,
) -> tuple[TestResult, ...]:
    if all(verdict.results is None for _, verdict in said):
        return case.results
    found = [
        court.judged[case.case_ref].results if verdict.results is None else verdict.results
        for court, verdict in said
    ]
    found += [silent.results] if silent else []
    return tuple(dict.fromkeys(result for results in found for result in results))
