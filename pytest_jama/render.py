"""A report in lines of text, for every front-end. Pure: no terminal, no colours, no exit codes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from pytest_jama.core.receipts import SendState
from pytest_jama.core.text import first_line, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_jama.core.receipts import Receipt
    from pytest_jama.core.report import UploadReport
    from pytest_jama.core.runs import RunUpdate
    from pytest_jama.core.target import Place
    from pytest_jama.core.verdicts import CaseVerdict, Judgement, Verdict

LINE_CHARACTERS = 400
"""Longest line of a summary, in characters: what a server says can be long."""


class Tone(str, Enum):
    """How a line is to be shown."""

    PLAIN = "plain"
    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a summary.

    Attributes:
        label: A word or two that say what the line is about.
        text: What it says.
        tone: How it is to be shown.
    """

    label: str
    text: str
    tone: Tone = Tone.PLAIN

    def __str__(self) -> str:
        return f"{self.label:<11}{shorten(self.text, at_most=LINE_CHARACTERS)}"


def report_lines(report: UploadReport) -> Iterator[Line]:
    """Yield what became of an upload: places, what was created and sent, what was not."""
    if report.stopped is not None:
        yield Line("NOT SENT", first_line(str(report.stopped)), Tone.BAD)
    if report.resolution is not None:
        yield _place_line("plan", report.resolution.plan)
        yield _place_line("cycle", report.resolution.cycle)
        yield from (Line("done", change) for change in report.resolution.changes)
    yield from _receipt_lines(report.receipts)
    yield from problem_lines(report)


def problem_lines(report: UploadReport) -> Iterator[Line]:
    """Yield the unresolved cases and the warnings of a report."""
    for entry in report.unresolved:
        text = f"{entry.case_ref}: {entry.reason}; {entry.remedy}"
        yield Line("unresolved", text, Tone.BAD)
    yield from (Line("warning", text, Tone.WARNING) for text in report.warnings)


def dry_run_lines(report: UploadReport, judgement: Judgement) -> Iterator[Line]:
    """Yield the exact changes that an upload would make."""
    if report.stopped is not None:
        yield Line("STOPPED", first_line(str(report.stopped)), Tone.BAD)
    if report.resolution is not None:
        yield _place_line("plan", report.resolution.plan)
        yield _place_line("cycle", report.resolution.cycle)
        yield from (Line("would", change) for change in report.resolution.changes)
    for update in report.plan.updates if report.plan else ():
        yield Line("would", f"update {describe_update(update)}")
    for case in judgement.cases:
        if case.verdict is None:
            yield Line("would", f"leave {case.case_ref} untouched ({_outcomes(case)})")
    yield from problem_lines(report)


def describe_update(update: RunUpdate) -> str:
    """Say which run gets which status: ``JEET1-TSTRN-5 (JEET1-TC-12 Login): NOT_RUN -> PASSED``."""
    run = update.run
    text = f"{run} ({_case_and_name(update)}): {run.status} -> {update.status.value}"
    if not update.steps:
        return text
    pairs = zip(run.steps, update.steps, strict=True)
    steps = (
        f"{number} {old.status} -> {new.status}"
        if old.status != new.status
        else f"{number} stays {old.status}"
        for number, (old, new) in enumerate(pairs, start=1)
    )
    return f"{text}; steps {', '.join(steps)}"


def judgement_lines(judgement: Judgement, *, verbose: bool) -> Iterator[Line]:
    """Yield what the session said that nothing is sent for: `leave`, and unlinked tests.

    Args:
        judgement: The verdicts of the session.
        verbose: Whether to name each of them.
    """
    left = [case for case in judgement.cases if case.verdict is None]
    if left:
        yield Line(
            "untouched", _counted(len(left), "case") + ": nothing to say of them" + _hint(verbose)
        )
    if verbose:
        yield from (Line("", f"{case.case_ref} ({_outcomes(case)})") for case in left)
    if judgement.unlinked:
        count = _counted(len(judgement.unlinked), "test")
        yield Line("unlinked", f"{count} without a test case{_hint(verbose)}")
    if verbose:
        yield from (Line("", result.test_id) for result in judgement.unlinked)


def count_verdicts(verdicts: Iterable[Verdict]) -> str:
    """Return counts, the worst first: ``1 FAILED, 12 PASSED``."""
    counts = Counter(verdicts)
    ordered = sorted(counts, key=lambda verdict: -verdict.severity)
    return ", ".join(f"{counts[verdict]} {verdict.value}" for verdict in ordered)


def _receipt_lines(receipts: Sequence[Receipt]) -> Iterator[Line]:
    if not receipts:
        return
    sent = [receipt for receipt in receipts if receipt.state is SendState.SENT]
    counts = count_verdicts(receipt.update.status for receipt in sent)
    text = f"{len(sent)} of {_counted(len(receipts), 'test run')}" + (
        f": {counts}" if counts else ""
    )
    yield Line("sent", text, Tone.GOOD if len(sent) == len(receipts) else Tone.BAD)
    for receipt in receipts:
        if receipt.state is not SendState.SENT:
            text = f"{_case_and_run(receipt.update)}: {receipt.error}"
            yield Line(receipt.state.value.upper(), text, Tone.BAD)


def _place_line(label: str, place: Place) -> Line:
    number = "new" if place.place_id is None else f"id {place.place_id}"
    return Line(label, f"{place.name} ({number}) {place.link}".rstrip())


def _case_and_run(update: RunUpdate) -> str:
    return f"{update.verdict.case_ref} ({update.run})"


def _case_and_name(update: RunUpdate) -> str:
    return f"{update.verdict.case_ref} {update.run.name}".strip()


def _outcomes(case: CaseVerdict) -> str:
    return ", ".join(dict.fromkeys(result.outcome.value for result in case.results))


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" + ("" if count == 1 else "s")


def _hint(verbose: bool) -> str:
    return "" if verbose else " (list with -v)"
