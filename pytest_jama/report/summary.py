"""A report in lines of text, for every front-end. Pure: no terminal, no colours, no exit codes."""

from __future__ import annotations

import os
import shlex
from collections import Counter
from dataclasses import dataclass
from enum import Enum
from itertools import groupby
from typing import TYPE_CHECKING

from pytest_jama.core.observer import ChangeKind
from pytest_jama.core.port import SendState
from pytest_jama.core.text import first_line, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from pytest_jama.core.errors import ErrorLog
    from pytest_jama.core.observer import Change
    from pytest_jama.core.port import Place, Receipt, UploadReport
    from pytest_jama.core.runs import RunUpdate
    from pytest_jama.core.verdicts import CaseVerdict, Judgement, Verdict


LINE_CHARACTERS = 400
"""Longest line of a summary, in characters: what a server says can be long."""

LISTED = 10
"""How many lines of one kind a summary that is not verbose shows before it only counts."""

NAMED = 3
"""How many members of a group such a summary names."""


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
        is_exact: Whether every character of it counts, as in a command to be pasted.
    """

    label: str
    text: str
    tone: Tone = Tone.PLAIN
    is_exact: bool = False

    def __str__(self) -> str:
        text = self.text if self.is_exact else shorten(self.text, at_most=LINE_CHARACTERS)
        return f"{self.label:<10} {text}"


def report_lines(report: UploadReport, *, verbose: bool) -> Iterator[Line]:
    """Yield what became of an upload: places, what was created and sent, what was not.

    Args:
        report: The report.
        verbose: Whether to name every single thing, however many there are.
    """
    if report.stopped is not None:
        yield Line("NOT SENT", first_line(str(report.stopped)), Tone.BAD)
    if report.resolution is not None:
        yield _place_line("plan", report.resolution.plan)
        yield _place_line("cycle", report.resolution.cycle)
        changes = report.resolution.changes
        shown = map(str, changes) if verbose else _collapsed(changes)
        yield from (Line("done", text) for text in shown)
    yield from _earlier_lines(report)
    yield from _receipt_lines(report, verbose=verbose)
    yield from problem_lines(report, verbose=verbose)


def problem_lines(report: UploadReport, *, verbose: bool) -> Iterator[Line]:
    """Yield the unresolved cases and the warnings of a report."""
    unresolved = [
        _Failure(str(entry.case_ref), f"{entry.reason}; {entry.remedy}", str(entry.case_ref))
        for entry in report.unresolved
    ]
    yield from _reason_lines("unresolved", unresolved, noun="case", verbose=verbose)
    warnings = [Line("warning", text, Tone.WARNING) for text in report.warnings]
    shown = warnings if verbose else warnings[:LISTED]
    yield from shown
    yield from _rest_lines("warning", len(warnings) - len(shown), tone=Tone.WARNING)


def dry_run_lines(report: UploadReport, judgement: Judgement) -> Iterator[Line]:
    """Yield the exact changes that an upload would make."""
    if report.stopped is not None:
        yield Line("STOPPED", first_line(str(report.stopped)), Tone.BAD)
    if report.resolution is not None:
        yield _place_line("plan", report.resolution.plan)
        yield _place_line("cycle", report.resolution.cycle)
        yield from (Line("would", str(change)) for change in report.resolution.changes)
    yield from _earlier_lines(report)
    for update in report.plan.updates if report.plan else ():
        yield Line("would", f"update {describe_update(update)}")
    for case in judgement.cases:
        if case.verdict is None:
            yield Line("would", f"leave {case.case_ref} untouched ({_outcomes(case)})")
    yield from problem_lines(report, verbose=True)


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
        why = "whose tests were skipped, xfailed or deselected"
        yield Line("untouched", f"{_counted(len(left), 'case')} {why}{_hint(verbose)}")
    if verbose:
        yield from (Line("", f"{case.case_ref} ({_outcomes(case)})") for case in left)
    if judgement.unlinked:
        count = _counted(len(judgement.unlinked), "test")
        yield Line("unlinked", f"{count} without a test case{_hint(verbose)}")
    if verbose:
        yield from (Line("", result.test_id) for result in judgement.unlinked)


def trouble_lines(troubles: ErrorLog, *, hint: str = "") -> Iterator[Line]:
    """Yield the first error of ours or of an extension, and how many more there were.

    Args:
        troubles: The errors.
        hint: Where details are found.
    """
    if troubles.first is None:
        return
    error = troubles.first
    more = f" (and {troubles.count - 1} more)" if troubles.count > 1 else ""
    said = " ".join(str(error).split())
    text = f"in {troubles.where}: {type(error).__name__}: {said}{more}"
    yield Line("ERROR", "; ".join(filter(None, (text, hint))), Tone.BAD)


def count_verdicts(verdicts: Iterable[Verdict]) -> str:
    """Return counts, the worst first: ``1 FAILED, 12 PASSED``."""
    counts = Counter(verdicts)
    ordered = sorted(counts, key=lambda verdict: -verdict.severity)
    return ", ".join(f"{counts[verdict]} {verdict.value}" for verdict in ordered)


def _earlier_lines(report: UploadReport) -> Iterator[Line]:
    if report.plan is not None and report.plan.earlier:
        count = _counted(len(report.plan.earlier), "test run")
        yield Line("earlier", f"{count} had arrived before, and nothing is sent twice", Tone.GOOD)


def _receipt_lines(report: UploadReport, *, verbose: bool) -> Iterator[Line]:
    receipts = report.receipts
    if not receipts:
        return
    sent = [receipt for receipt in receipts if receipt.state is SendState.SENT]
    counts = count_verdicts(receipt.update.status for receipt in sent)
    text = f"{len(sent)} of {_counted(len(receipts), 'test run')}" + (
        f": {counts}" if counts else ""
    )
    yield Line("sent", text, Tone.GOOD if len(sent) == len(receipts) else Tone.BAD)
    stopped = str(report.stopped)
    for state in SendState:
        if state is not SendState.SENT:
            failures = [
                _failure_of(receipt, stopped) for receipt in receipts if receipt.state is state
            ]
            label = state.name.replace("_", " ")
            yield from _reason_lines(label, failures, noun="test run", verbose=verbose)


@dataclass(frozen=True, slots=True)
class _Failure:
    """Something that did not arrive.

    Attributes:
        name: What it was.
        reason: Why.
        mark: What in the reason is only about this one; others may have failed for the same reason.
    """

    name: str
    reason: str
    mark: str


def _failure_of(receipt: Receipt, stopped: str) -> _Failure:
    update = receipt.update
    name = f"{update.verdict.case_ref} ({update.run})"
    # What stopped the whole upload stands at the top already.
    is_told = receipt.error in ("", stopped)
    reason = "not confirmed when the upload stopped" if is_told else receipt.error
    return _Failure(name, reason, str(update.run.run_id))


def _reason_lines(
    label: str,
    failures: Sequence[_Failure],
    *,
    noun: str,
    verbose: bool,
) -> Iterator[Line]:
    """Yield a line for each failure; unless verbose, one for each reason, the commonest first."""
    if verbose:
        yield from (Line(label, f"{each.name}: {each.reason}", Tone.BAD) for each in failures)
        return
    by_reason: dict[str, list[_Failure]] = {}
    for failure in failures:
        by_reason.setdefault(failure.reason.replace(failure.mark, "..."), []).append(failure)
    groups = sorted(by_reason.items(), key=lambda item: -len(item[1]))
    for reason, group in groups[:LISTED]:
        said = group[0].reason if len(group) == 1 else reason
        yield Line(label, f"{_named([each.name for each in group], noun)}: {said}", Tone.BAD)
    left = sum(len(group) for _, group in groups[LISTED:])
    yield from _rest_lines(label, left, tone=Tone.BAD)


def _rest_lines(label: str, left: int, *, tone: Tone) -> Iterator[Line]:
    if left:
        yield Line(label, f"{left} more{_hint(verbose=False)}", tone)


def _named(names: Sequence[str], noun: str) -> str:
    if len(names) == 1:
        return names[0]
    some = ", ".join(names[:NAMED]) + (", ..." if len(names) > NAMED else "")
    return f"{_counted(len(names), noun)} ({some})"


def _collapsed(changes: Iterable[Change]) -> Iterator[str]:
    """Count long rows of cases that were added to the same group."""
    for (kind, where), row in groupby(changes, key=lambda change: (change.kind, change.where)):
        several = list(row)
        if kind is ChangeKind.ADD and len(several) > LISTED:
            yield f"add {len(several)} cases to {where}{_hint(verbose=False)}"
        else:
            yield from map(str, several)


def _place_line(label: str, place: Place) -> Line:
    number = "new" if place.place_id is None else f"id {place.place_id}"
    return Line(label, f"{place.name} ({number}) {place.link}".rstrip())


def _case_and_name(update: RunUpdate) -> str:
    return f"{update.verdict.case_ref} {update.run.name}".strip()


def _outcomes(case: CaseVerdict) -> str:
    return ", ".join(dict.fromkeys(result.outcome.value for result in case.results))


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" + ("" if count == 1 else "s")


def _hint(verbose: bool) -> str:
    return "" if verbose else " (list with -v)"


def journal_line(path: Path, trouble: str, *, start: Path) -> Line:
    """Return where the journal is, or why lines are missing in it.

    Args:
        path: The file.
        trouble: Why lines are missing; empty while none is.
        start: The folder that the path is shown relative to.
    """
    if trouble:
        return Line("journal", f"incomplete: {trouble}", Tone.WARNING)
    return Line("journal", _shown_path(path, start))


def next_line(*paths: Path, trouble: str, start: Path) -> Line:
    """Return how to finish the upload: the exact command.

    Args:
        paths: The journals that belong together, mostly one.
        trouble: Why lines are missing in them; empty while none is.
        start: The folder that the command is given in.
    """
    if trouble:
        return Line("next", "when that is solved, run the same session again", Tone.WARNING)
    command = resume_command(*paths, start=start)
    return Line("next", command, Tone.WARNING, is_exact=True)


def resume_command(*paths: Path, start: Path) -> str:
    """Return the command that finishes the upload of journals, quoted for the usual shell."""
    names = [_shown_path(path, start) for path in paths]
    separator = ["--"] if any(name.startswith("-") for name in names) else []
    words = ["pytest-jama", "upload", *separator, *names]
    if os.name != "nt":
        return shlex.join(words)
    from subprocess import list2cmdline  # noqa: PLC0415 (only there)

    return list2cmdline(words)


def _shown_path(path: Path, start: Path) -> str:
    try:
        return os.path.relpath(path, start)
    except ValueError:  # Windows: another drive
        return str(path)
