"""From journals to the record: what was planned, executed, concluded and sent. Pure."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from pytest_jama.config.verdict_settings import VerdictSettings
from pytest_jama.core.errors import Problem, SettingsError
from pytest_jama.core.verdicts import Verdict, merge_steps, worst
from pytest_jama.journal.folder import shown
from pytest_jama.journal.record import by_session
from pytest_jama.journal.rejudge import judge_recordings
from pytest_jama.report.evidence.case_evidence import (
    STATUS_OF,
    CaseEvidence,
    CaseStatus,
    Execution,
    FileEvidence,
    StepEvidence,
    TestEvidence,
)
from pytest_jama.report.evidence.cycle_now import add_cycle
from pytest_jama.report.evidence.deviations import find_deviations
from pytest_jama.report.evidence.evidence_record import EvidenceRecord, Fact
from pytest_jama.report.evidence.identification import (
    describe_place,
    describe_sources,
    identify,
    list_tools,
)
from pytest_jama.report.evidence.journal_sources import require_one_place
from pytest_jama.report.evidence.newest_sessions import keep_newest
from pytest_jama.report.evidence.sent_runs import sum_up_uploads
from pytest_jama.report.evidence.unjudged import gather_unjudged, is_unjudged

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pytest_jama.core.results import TestResult
    from pytest_jama.core.shown_results import ShownResults
    from pytest_jama.core.verdicts import CaseVerdict, StepVerdict, VerdictRules
    from pytest_jama.journal.record import Recording
    from pytest_jama.report.evidence.case_evidence import RunEvidence
    from pytest_jama.report.evidence.cycle_now import CycleNow
    from pytest_jama.report.evidence.evidence_record import Deviation
    from pytest_jama.report.evidence.journal_sources import JournalSource
    from pytest_jama.report.evidence.newest_sessions import OtherResult
    from pytest_jama.report.evidence.sent_runs import SentRuns


def gather(
    sources: Sequence[JournalSource],
    *,
    shown_results: ShownResults,
    made_at: str,
    reporter: str,
    cycle: CycleNow | None = None,
) -> EvidenceRecord:
    """Make one record of the journals of sessions that belong together.

    Args:
        sources: At least one journal.
        shown_results: Hides secrets that journals of older versions may hold.
        made_at: The time, ISO 8601 in UTC.
        reporter: Name and version of this program.
        cycle: The cycle that all of them were sent to, as it was read; of cases that several of
            their uploads are about, the newest counts. None when no server was asked.

    Raises:
        SettingsError: When the journals do not belong together.
    """
    require_one_place(sources, is_known=cycle is not None)
    recordings = tuple(
        each.as_shown(shown_results) for each in by_session(each.recording for each in sources)
    )
    if is_unjudged(recordings[0]):
        return gather_unjudged(recordings, sources, made_at=made_at, reporter=reporter)
    uploads = (each.uploads_to(cycle.cycle_id if cycle else None) for each in sources)
    sent = sum_up_uploads(chain.from_iterable(uploads))
    rules = _rules_of(recordings[0])
    others: Sequence[OtherResult] = ()
    if cycle is not None:
        recordings, others = keep_newest(recordings, _identities(sent, cycle), rules=rules)
    judgement = judge_recordings(recordings, rules=rules, adjust=lambda case: case)
    may_be_hooks = any(each.header.hooks or not each.edits for each in recordings)
    told = [
        *_judged(_unite(judgement.cases, sent.names), sent, may_be_hooks=may_be_hooks),
        *_untested(recordings, judgement.cases),
    ]
    cases = _number_cases(add_cycle(told, cycle) if cycle else told)
    unlinked = tuple(map(TestEvidence.of, judgement.unlinked))
    deviations = find_deviations(
        cases,
        sources=sources,
        recordings=recordings,
        sent=sent,
        unlinked=unlinked,
        cycle=cycle,
        others=others,
    )
    _refer_to(deviations, cases)
    title, project = describe_place(recordings[0], sent)
    return EvidenceRecord(
        title=title,
        project=project,
        made_at=made_at,
        reporter=reporter,
        sessions=tuple(each.header.session for each in recordings),
        identification=(
            *identify(recordings, sent),
            *([Fact("Cycle read (UTC)", cycle.read_at)] if cycle else ()),
        ),
        tools=tuple(list_tools(recordings, sources)),
        sources=tuple(describe_sources(sources)),
        cases=cases,
        unlinked=unlinked,
        deviations=deviations,
        cycle=str(cycle or ""),
    )


def _rules_of(recording: Recording) -> VerdictRules:
    said = recording.header.settings.get("verdicts", {})
    try:
        return VerdictSettings.model_validate(said).rules()
    except ValueError as exc:
        what = f"the header has no verdict rules that can be read: {said!r}"
        remedy = "use the version that wrote it, or a newer one"
        raise SettingsError(Problem(what, remedy, shown(recording.path))) from exc


def _identities(sent: SentRuns, cycle: CycleNow) -> Mapping[str, str]:
    """Return what is the same for all names of a case, by each of them."""
    found = {name: str(number) for name, number in cycle.case_ids.items()}
    return {**{other: found.get(name, name) for other, name in sent.names.items()}, **found}


def _unite(verdicts: Iterable[CaseVerdict], names: Mapping[str, str]) -> Iterator[CaseVerdict]:
    """Yield each case once, also when tests named it in two ways, which the upload found out."""
    found: dict[str, list[CaseVerdict]] = {}
    for each in verdicts:
        key = str(each.case_ref)
        found.setdefault(names.get(key, key), []).append(each)
    for name, several in found.items():
        yield several[0] if len(several) == 1 else _united(name, several)


def _united(name: str, verdicts: Sequence[CaseVerdict]) -> CaseVerdict:
    first = next((each for each in verdicts if str(each.case_ref) == name), verdicts[0])
    steps: dict[int, list[StepVerdict]] = {}
    for step in chain.from_iterable(each.steps for each in verdicts):
        steps.setdefault(step.number, []).append(step)
    results = chain.from_iterable(each.results for each in verdicts)
    reasons = chain.from_iterable(each.reasons for each in verdicts)
    return replace(
        first,
        verdict=worst(each.verdict for each in verdicts),
        steps=tuple(merge_steps(steps[number]) for number in sorted(steps)),
        results=tuple(dict.fromkeys(results)),
        judged=next((each.judged for each in verdicts if each.judged), None),
        reasons=tuple(dict.fromkeys(reasons)),
        also=tuple(each.case_ref for each in verdicts if each is not first),
    )


def _judged(
    verdicts: Iterable[CaseVerdict], sent: SentRuns, *, may_be_hooks: bool
) -> Iterator[CaseEvidence]:
    for case in verdicts:
        found = _case(case, sent)
        # A journal that was changed may contradict itself, too; that is told of the journal.
        yield found if may_be_hooks else replace(found, was_judged="")


def _case(case: CaseVerdict, sent: SentRuns) -> CaseEvidence:
    key = str(case.case_ref)
    runs = tuple(_tell_lost_steps(run, case) for run in sent.by_case.get(key, ()))
    tests = tuple(map(TestEvidence.of, case.results))
    execution = _execution(case.results)
    unresolved = sent.unresolved.get(key, "")
    was = case.judged
    changed = was is not None and was.verdict is not case.verdict
    return CaseEvidence(
        number=0,
        key=key,
        name=next((run.name for run in runs if run.name), ""),
        status=_status(case.verdict, runs, execution),
        judged=case.verdict.value if case.verdict else "",
        execution=execution,
        is_planned=not unresolved or execution is Execution.NONE,
        steps=tuple(_steps(case, runs)),
        tests=tests,
        files=tuple(_files(case.results, runs, sent)),
        runs=runs,
        reasons=tuple(
            dict.fromkeys([*case.reasons, *(why for run in runs for why in run.reasons)])
        ),
        was_judged=(was.verdict.value if was.verdict else "no verdict") if was and changed else "",
        unresolved=unresolved,
        also=tuple(map(str, case.also)),
    )


def _tell_lost_steps(run: RunEvidence, case: CaseVerdict) -> RunEvidence:
    """Return a run that says which steps were reported and have no place in it, if known."""
    lost = [step.number for step in case.steps if not 0 < step.number <= len(run.steps)]
    if not lost or run.state != "sent" or run.version is None:
        return run
    named = f"step{'s' if len(lost) > 1 else ''} {', '.join(map(str, lost))}"
    said = f"tests report {named}, which the run does not have"
    return run._replace(why="; ".join(filter(None, (run.why, said))))


def _untested(
    recordings: Iterable[Recording], judged: Iterable[CaseVerdict]
) -> Iterator[CaseEvidence]:
    """Yield the cases that only the map or jama.lock names: planned, and no test is there."""
    known = {case.case_ref for case in judged}
    for ref in dict.fromkeys(ref for recording in recordings for ref in recording.known):
        if ref not in known:
            yield CaseEvidence(0, str(ref), "", CaseStatus.NOT_RUN, "", Execution.NONE)


def _execution(results: Sequence[TestResult]) -> Execution:
    ran = sum(result.outcome.did_run for result in results)
    if not ran:
        return Execution.NONE
    return Execution.FULL if ran == len(results) else Execution.PART


_WORDS = {verdict.value: verdict for verdict in Verdict}


def _status(
    verdict: Verdict | None, runs: Iterable[RunEvidence], execution: Execution
) -> CaseStatus:
    """Return the worst of what was concluded and what was sent, which steps can make worse."""
    if verdict is None:
        return CaseStatus.NOT_RUN if execution is Execution.NONE else CaseStatus.INCOMPLETE
    sent = [_WORDS.get(run.status) for run in runs]
    return STATUS_OF[(worst([verdict, *sent]) or verdict).value]


def _steps(case: CaseVerdict, runs: Sequence[RunEvidence]) -> Iterator[StepEvidence]:
    run = next((run for run in runs if run.steps), None)
    judged = {step.number: step for step in case.steps}
    statuses = run.steps if run else ()
    procedure = run.procedure if run else ()
    for number in sorted({*range(1, len(statuses) + 1), *judged}):
        step = judged.get(number)
        action, expected = procedure[number - 1] if 0 < number <= len(procedure) else ("", "")
        status = statuses[number - 1] if 0 < number <= len(statuses) else ""
        actual = "; ".join(step.notes) if step else ""
        yield StepEvidence(
            number, action, expected, actual, status or (step.verdict.value if step else "")
        )


def _files(
    results: Iterable[TestResult], runs: Iterable[RunEvidence], sent: SentRuns
) -> Iterator[FileEvidence]:
    places = [run.key for run in runs]
    for result in results:
        for name, sha256, size, media_type, step, _ in result.files:
            known = (sent.files.get((sha256, place)) for place in (*places, ""))
            got = next(filter(None, known), ("", ""))
            yield FileEvidence(name, media_type, size, sha256, result.test_id, step, *got)


def _number_cases(cases: Iterable[CaseEvidence]) -> tuple[CaseEvidence, ...]:
    """Return the cases in the order of their keys, numbered."""
    ordered = sorted(cases, key=lambda case: _natural(case.key))
    for number, case in enumerate(ordered, start=1):
        case.number = number
    return tuple(ordered)


def _natural(key: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", key)]


def _refer_to(deviations: Iterable[Deviation], cases: Sequence[CaseEvidence]) -> None:
    """Let each case name the deviations that concern it."""
    for deviation in deviations:
        for number in deviation.cases:
            cases[number - 1].deviations += (deviation.number,)
