"""Everything that departs from: executed as planned, passed, recorded. Pure.

What concerns all cases comes first, then the worst. Each names what it means for the verdict.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from pytest_jama.core.errors import UnusableKind
from pytest_jama.core.results import FAILURES, WORST_FIRST, Outcome
from pytest_jama.core.text import counted, first_line
from pytest_jama.journal.chain import describe_edits
from pytest_jama.report.evidence import deviation_kinds as kinds
from pytest_jama.report.evidence.case_evidence import (
    OUTCOME_WORDS,
    CaseEvidence,
    CaseStatus,
    Execution,
)
from pytest_jama.report.evidence.deviation_kinds import Found
from pytest_jama.report.evidence.identification import equipment_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_jama.journal.record import Recording
    from pytest_jama.report.evidence.case_evidence import RunEvidence, TestEvidence
    from pytest_jama.report.evidence.cycle_now import CycleNow
    from pytest_jama.report.evidence.evidence_record import Deviation
    from pytest_jama.report.evidence.journal_sources import JournalSource
    from pytest_jama.report.evidence.newest_sessions import OtherResult
    from pytest_jama.report.evidence.sent_runs import SentRuns


def find_deviations(
    cases: Sequence[CaseEvidence],
    *,
    sources: Sequence[JournalSource],
    recordings: Sequence[Recording],
    sent: SentRuns,
    unlinked: Iterable[TestEvidence],
    cycle: CycleNow | None = None,
    others: Iterable[OtherResult] = (),
) -> tuple[Deviation, ...]:
    """Return the deviations of a record, numbered in their order.

    Args:
        cases: The cases.
        sources: The journals.
        recordings: The sessions.
        sent: What became of the runs.
        unlinked: The tests that ran and belong to no case.
        cycle: What the cycle showed; None when it was not read.
        others: What sessions said that do not count for these cases.
    """
    found = [*of_sources(sources), *of_sessions(recordings)]
    if not sent.has_sent and cases:
        what = "The record tells of no upload that came to its test plan."
        found.append(Found(kinds.NOT_SENT, (), what, "Jama shows none of these verdicts.", _SEND))
    if not cases:
        what = "No test, no entry of the map and no line of jama.lock names a case."
        found.append(Found(kinds.NOTHING, (), what, "Nothing is shown.", "4 Planned and executed"))
    if cycle is not None and cycle.missing:
        what = f"Jama did not give {counted(cycle.missing, 'run')} of the cycle."
        found.append(
            Found(kinds.UNREAD, (), what, "Planned cases may be missing.", "make it again")
        )
    found += _of_unlinked(unlinked)
    found += _of_others(others, cases)
    for case in cases:
        found += _of_case(case, sent)
    return kinds.number(found)


_SEND = "pytest-jama upload sends it"
_ANNEX = "the tests of the case"


def of_sources(sources: Iterable[JournalSource]) -> Iterator[Found]:
    """Yield what is wrong with the journals themselves."""
    known = {each.recording.header.session for each in sources}
    for each in (source.recording for source in sources):
        name = each.path.name
        if each.edits:
            meaning = (
                "No verdict of this record can be relied on before it is known what was changed."
            )
            yield Found(
                kinds.EDITED, (), f"{name}: {describe_edits(each.edits)}.", meaning, "6 Tools"
            )
        if each.damaged or each.is_set_aside:
            lines = ", ".join(map(str, each.damaged[:10])) or "those that could not be written"
            meaning = "A result may be missing; tests that ran may count as not run."
            yield Found(kinds.DAMAGED, (), f"{name} lacks lines: {lines}.", meaning, "6 Tools")
        if not each.has_ended:
            meaning = "Tests that it did not reach count as not run."
            what = f"Session {each.header.session} did not come to its end, or still runs."
            yield Found(kinds.BROKEN_OFF, (), what, meaning, "4 Planned and executed")
        missing = sorted(set(each.partners) - known)
        if missing:
            meaning = "Results of these sessions count in Jama and are not in this record."
            what = f"{name} was last sent together with {', '.join(missing)}."
            yield Found(kinds.MISSING, (), what, meaning, "name all of their journals")


def of_sessions(recordings: Iterable[Recording]) -> Iterator[Found]:
    """Yield what concerns whole sessions: code, equipment, what they could not use."""
    for each in recordings:
        if each.header.provenance.is_modified:
            meaning = (
                "Concerns all cases: repeat them from a clean checkout, or review the changes."
            )
            what = f"Files differ from commit {each.header.commit or 'under test'}."
            yield Found(kinds.MODIFIED, (), what, meaning, "1 Identification")
        yield from _of_equipment(each)
        for address in each.uncollected:
            meaning = "Its tests did not run; a case may lack them."
            what = f"{address} could not be collected."
            yield Found(kinds.UNCOLLECTED, (), what, meaning, "output of the session")
        for unusable, where, why in each.unusable:
            kind, meaning = kinds.UNUSABLE, "A result may be missing from a case."
            if unusable is UnusableKind.FILE:
                kind, meaning = kinds.FILE, "No result is missing, but evidence of this test is."
            yield Found(kind, (), f"{where}: {why}", meaning, unusable.value)


def _of_equipment(recording: Recording) -> Iterator[Found]:
    """Yield whose calibration had ended on the day on which the last test began, in UTC."""
    began = [each.started for each in recording.results.values() if each.started is not None]
    header = recording.header.started.astimezone(timezone.utc)
    last = datetime.fromtimestamp(max(began), timezone.utc) if began else header
    for piece in equipment_of(recording):
        until = piece.calibrated_until
        if until is not None and until < last.date():
            name = f"{piece.name} ({piece.mark})" if piece.mark else piece.name
            what = f"{name} was calibrated until {until}; tests ran on {last:%Y-%m-%d}."
            meaning = (
                "Concerns all cases in which it measured: repeat them, or show that it was right."
            )
            yield Found(kinds.UNCALIBRATED, (), what, meaning, "1 Identification")


def _of_unlinked(tests: Iterable[TestEvidence]) -> Iterator[Found]:
    for test in tests:
        if test.outcome in FAILURES:
            what = f"{test.test_id}: {first_line(test.message) or test.outcome.value}"
            meaning = "Counts for no case: somebody has to say what it is a test of."
            yield Found(kinds.NO_CASE, (), what, meaning, "4 Planned and executed")


def _of_others(others: Iterable[OtherResult], cases: Iterable[CaseEvidence]) -> Iterator[Found]:
    known = {name: case for case in cases for name in (*case.also, case.key)}
    for key, session, verdict, tests in others:
        case = known.get(key)
        if case is not None:
            what = f"Session {session} concluded {verdict or 'no verdict'}: {tests}."
            meaning = "The newest session with complete evidence counts, as in Jama; these do not."
            yield _found(kinds.OTHER, case, what, meaning, "6 Tools and record")


def _of_case(case: CaseEvidence, sent: SentRuns) -> Iterator[Found]:
    yield from _of_tests(case)
    yield from _of_verdict(case)
    yield from _of_status(case)
    if case.unresolved and sent.has_sent:
        meaning = f"{_said(case)} in this record; Jama shows nothing of it."
        yield _found(kinds.NO_RUN, case, f"It has no test run: {case.unresolved}.", meaning)
    elif sent.has_sent and case.judged and not case.runs:
        meaning = f"{_said(case)} in this record; what Jama shows is not recorded."
        yield _found(kinds.OTHERWISE, case, "No update of a test run is recorded.", meaning, _SEND)
    for run in case.runs:
        yield from _of_run(case, run)
    if case.key in sent.replaced:
        meaning = "The verdict of this record stands; the earlier entry is told in the account."
        yield _found(
            kinds.REPLACED, case, f"{sent.replaced[case.key]}.", meaning, "the run in Jama"
        )
    for why, names in case.refused_files().items():
        meaning = "The evidence is beside the journal only; its hash is in this record."
        what = f"Jama did not take {', '.join(names)}: {why or 'why is not recorded'}."
        yield _found(kinds.FILE, case, what, meaning, "files of the case")


def _of_tests(case: CaseEvidence) -> Iterator[Found]:
    for test in case.tests:
        told = first_line(test.message)
        if test.outcome is Outcome.ERROR:
            meaning = f"{_said(case)}. It may say nothing of the product: repeat it."
            yield _found(kinds.ERROR, case, f"{test.test_id}: {told or 'error'}", meaning, _ANNEX)
        if test.outcome is Outcome.XPASSED:
            meaning = f"{_said(case)}. The expectation is out of date, or the test is wrong."
            what = f"{test.test_id}: {told}" if told else f"{test.test_id} passed."
            yield _found(kinds.XPASSED, case, what, meaning, _ANNEX)
        if test.attempts:
            meaning = f"The last attempt counts: {OUTCOME_WORDS[test.outcome]}."
            what = f"{test.test_id}: {'; '.join(map(first_line, test.attempts))}"
            yield _found(kinds.REPEATED, case, what, meaning, "notes of the test")


def _of_verdict(case: CaseEvidence) -> Iterator[Found]:
    if case.was_judged:
        what = f"A hook replaced {case.was_judged} by {case.judged or 'no verdict'}."
        yield _found(
            kinds.HOOK, case, what, f"{_said(case)}, as the hook says.", "reasons of the case"
        )
    drift = [reason for reason in case.reasons if "jama.lock" in reason]
    if drift:
        meaning = f"{_said(case)}. The tests were written for another text."
        rest = case.reasons[case.reasons.index(drift[0]) :]
        yield _found(kinds.DRIFT, case, f"{'; '.join(rest)}.", meaning, "reasons of the case")


def _of_failed(case: CaseEvidence) -> Iterator[Found]:
    has_error = any(test.outcome is Outcome.ERROR for test in case.tests)
    failed = [test for test in case.tests if test.outcome is Outcome.FAILED]
    if failed or not has_error:
        what = _first_message(failed) or f"{_totals(case)}."
        yield _found(kinds.FAILED, case, what, f"{_said(case)}.", _ANNEX)


def _of_status(case: CaseEvidence) -> Iterator[Found]:
    if case.execution is Execution.ELSEWHERE:
        kind = kinds.FAILED if case.status is CaseStatus.FAILED else kinds.ELSEWHERE
        meaning = f"{_said(case)}, as Jama shows; this record holds no evidence of it."
        yield _found(kind, case, f"{_shown(case)}.", meaning, "the run in Jama")
    elif case.status is CaseStatus.FAILED:
        yield from _of_failed(case)
    elif case.execution is Execution.NONE and not case.was_judged:
        what = _why_not_executed(case)
        meaning = "No verdict: nothing is shown of this case."
        if case.judged:
            meaning = f"{_said(case)}; no test of it ran."
        yield _found(kinds.NOT_EXECUTED, case, what, meaning, "4 Planned and executed")
    elif case.status is CaseStatus.BLOCKED:
        what = _first_message(case.tests) or _totals(case)
        yield _found(kinds.BLOCKED, case, what, f"{_said(case)}.", _ANNEX)
    elif case.status is CaseStatus.INCOMPLETE:
        is_whole = case.judged == "PASSED" and case.execution is Execution.FULL
        why = "; ".join(case.reasons) or ("a part of its steps was not shown" if is_whole else "")
        what = f"{_totals(case)}. {_capital(why)}".rstrip(". ") + "."
        yield _found(kinds.INCOMPLETE, case, what, f"{_said(case)}, and not passed.", _ANNEX)
    elif case.status is CaseStatus.PASSED and case.execution is not Execution.FULL:
        meaning = "Passed on a part of its tests: see the rules of the settings."
        yield _found(kinds.INCOMPLETE, case, f"{_totals(case)}.", meaning, _ANNEX)
    elif case.status is CaseStatus.NOT_RUN:
        yield _found(kinds.INCOMPLETE, case, f"{_totals(case)}.", f"{_said(case)}.", _ANNEX)


def _of_run(case: CaseEvidence, run: RunEvidence) -> Iterator[Found]:
    name = run.run_key or f"run {run.key}"
    if not (run.status or case.judged):
        pass  # nothing was to be written into it
    elif run.now is not None and run.now.differs:
        told = "; ".join(text for _, text in run.now.differs)
        meaning = f"{_said(case)} in this record, and Jama shows {run.now.status or 'nothing'}."
        if run.now.status == run.status:
            meaning = f"{_said(case)}, in Jama as well; what stands there is not what was sent."
        yield _found(kinds.OTHERWISE, case, f"{name}: {told}.", meaning, "the run in Jama")
    elif run.state == "left" and not run.is_as_recorded:
        shows = run.shows or "nothing"
        meaning = f"{_said(case)} in this record, and Jama shows {shows}: somebody has to decide."
        yield _found(
            kinds.KEPT, case, f"{name} was left as it is: {run.why}.", meaning, "the run in Jama"
        )
    elif not run.is_as_recorded:
        shows = f"Jama shows {run.shows}" if run.shows else "what Jama shows is not known"
        meaning = f"{_said(case)} in this record, and {shows}."
        what = f"The update of {name} is {run.state or 'without an answer'}"
        yield _found(
            kinds.OTHERWISE, case, f"{what}: {run.why}." if run.why else f"{what}.", meaning, _SEND
        )
    elif run.why:
        meaning = "The verdict is in Jama; something beside it is not."
        yield _found(kinds.OTHERWISE, case, f"{name}: {run.why}.", meaning, "the run in Jama")
    if run.version and run.current_version and run.current_version > run.version:
        what = (
            f"{name} holds version {run.version} of the case; it has version {run.current_version}."
        )
        meaning = f"The result holds for version {run.version} only."
        yield _found(kinds.STALE, case, what, meaning, "start a new cycle")


def _found(
    kind: kinds.DeviationKind, case: CaseEvidence, what: str, meaning: str, where: str = ""
) -> Found:
    return Found(kind, (case.number,), what, meaning, where)


def _said(case: CaseEvidence) -> str:
    return _SAID[case.status]


_SAID = {
    CaseStatus.FAILED: "The case failed",
    CaseStatus.BLOCKED: "The case is blocked",
    CaseStatus.INCOMPLETE: "The case is incomplete",
    CaseStatus.NOT_RUN: "The case was not run",
    CaseStatus.PASSED: "The case passed",
}


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _first_message(tests: Iterable[TestEvidence]) -> str:
    return next((told for test in tests if (told := first_line(test.message))), "")


def _totals(case: CaseEvidence) -> str:
    counts = Counter(test.outcome for test in case.tests)
    found = [each for each in WORST_FIRST if counts[each]]
    if len(case.tests) == 1:
        return f"Its only test: {OUTCOME_WORDS[found[0]]}"
    told = ", ".join(f"{counts[each]} {OUTCOME_WORDS[each]}" for each in found)
    return f"Of {len(case.tests)} tests: {told}" if told else "No test"


def _shown(case: CaseEvidence) -> str:
    """Return what Jama shows of a case of which the journals have no result."""
    found = [run for run in case.runs if run.now is not None and not run.status]
    return "; ".join(
        f"{run.run_key or run.key} shows {run.now.status}"
        + (f", {run.now.author}" if run.now.author else "")
        for run in found
        if run.now is not None
    )


def _why_not_executed(case: CaseEvidence) -> str:
    if not case.tests and _shown(case):
        return f"No result in these journals; {_shown(case)}."
    if not case.tests:
        return "No test is linked to it; the map or jama.lock names it."
    told = _first_message(case.tests)
    return f"{_totals(case)} ({told})." if told else f"{_totals(case)}."
