"""What became of an upload, in lines of text. Pure: no terminal, no colours, no exit codes."""

from __future__ import annotations

from collections import Counter
from enum import Enum
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.core.plan import ChangeKind, Plan, SendState
from pytest_jama.core.text import counted, first_line, printable, shorten
from pytest_jama.core.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pytest_jama.config import SharedSettings
    from pytest_jama.core.plan import Change, Receipt, UploadReport


LINE_CHARACTERS = 1000
"""Longest line of a summary, in characters: words of a server, and a remedy behind them."""

LABEL_WIDTH = 11
"""Columns in which the labels stand."""

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
    FAILURE = "failure"
    """A failure of the product: no less red, but nothing is wrong with the upload."""


class Line(NamedTuple):
    """One line of a summary.

    Attributes:
        label: A word or two that say what the line is about.
        text: What it says.
        tone: How it is to be shown.
        is_exact: Whether every character of it counts, as in a command to be pasted.
        link: The page that shows it, behind the text; never cut.
        things: How many things it stands for.
        is_rest: Whether it only counts those that other lines leave out.
        spare: How many characters at the end of the text are a message that may be cut.
    """

    label: str
    text: str
    tone: Tone = Tone.PLAIN
    is_exact: bool = False
    link: str = ""
    things: int = 1
    is_rest: bool = False
    spare: int = 0

    def __str__(self) -> str:
        head = f"{self.label:<{LABEL_WIDTH - 1}} "
        line = printable(head + self.text)
        line = line if self.is_exact else shorten(line, at_most=len(head) + LINE_CHARACTERS)
        return f"{line} {printable(self.link)}" if self.link else line


def report_lines(report: UploadReport, *, verbose: bool) -> Iterator[Line]:
    """Yield what became of an upload: places, what was created and sent, what was not.

    Args:
        report: The report.
        verbose: Whether to name every single thing, however many there are.
    """
    if report.stopped is not None:
        yield from (Line("NOT SENT", first_line(text), Tone.BAD) for text in report.stopped.lines)
        setting = getattr(report.stopped, "setting", "")
        if setting:
            text = f"the journal keeps the {setting}: name the right one in the command below"
            yield Line("correct", text, Tone.WARNING)
    plan = report.plan or Plan()
    yield from place_lines(plan)
    done = map(str, plan.changes) if verbose else _collapsed(plan.changes)
    yield from (Line("done", text) for text in done)
    yield from earlier_lines(report)
    yield from _receipt_lines(report, verbose=verbose)
    yield from _attached_lines(report, verbose=verbose)
    yield from problem_lines(report, verbose=verbose)


def _attached_lines(report: UploadReport, *, verbose: bool) -> Iterator[Line]:
    """Yield how many files were attached, and the archive of the session by its name."""
    written = {receipt.update.key for receipt in report.receipts}
    of_runs = [each for each in report.attached if each.place in written]
    if of_runs:
        files = counted(len({each.sha256 for each in of_runs}), "file")
        noun = (report.plan or Plan()).noun
        runs = counted(len({each.place for each in of_runs}), noun)
        yield Line("attached", f"{files} to {runs}")
    others = [each for each in report.attached if each.place not in written]
    is_of_documents = bool(report.plan and report.plan.noun != Plan().noun)
    if is_of_documents and len(others) > LISTED and not verbose:  # one for each of many runs
        files = counted(len({each.sha256 for each in others}), "file")
        places = counted(len({each.place for each in others}), "place")
        yield Line("attached", f"{files} to {places}{hint(verbose=False)}")
        return
    yield from (Line("attached", f"{each.name} to {each.place}") for each in others)


def problem_lines(
    report: UploadReport, *, verbose: bool, is_dry_run: bool = False
) -> Iterator[Line]:
    """Yield the unresolved cases, the warnings, and what stood there before, of a report."""
    yield from unresolved_lines(report, verbose=verbose)
    yield from _replaced_lines(report, is_dry_run=is_dry_run)
    warnings = [Line("warning", text, Tone.WARNING) for text in warnings_of(report)]
    yield from listed(warnings, verbose=verbose)


def unresolved_lines(report: UploadReport, *, verbose: bool) -> Iterator[Line]:
    """Yield the cases without a run, and why."""
    unresolved = [
        _Failure(str(entry.case_ref), f"{entry.reason}; {entry.remedy}", str(entry.case_ref))
        for entry in report.unresolved
    ]
    yield from _reason_lines("unresolved", unresolved, noun="case", verbose=verbose)


def warnings_of(report: UploadReport) -> Iterator[str]:
    """Yield each warning once: those of the plan, then what is not stored as it was meant.

    Args:
        report: The report.
    """
    plan = report.plan or Plan()
    yield from plan.warnings
    titles: dict[tuple[str, str], list[str]] = {}
    for receipt in report.receipts:
        for remark in receipt.remarks:
            titles.setdefault(remark, []).append(receipt.update.title)
    for (what, why), named in titles.items():
        yield f"{_named(named, plan.noun)}: {what}: {why}" if what else why


def _replaced_lines(report: UploadReport, *, is_dry_run: bool) -> Iterator[Line]:
    """Yield what others had written where this session writes, or a dry run would write.

    What takes back a failure is said with its case.
    """
    plan = report.plan or Plan()
    unwritten = {each.update.key for each in report.receipts if each.state in _UNWRITTEN}
    label, verb = ("would", "replace ") if is_dry_run else ("replaced", "")
    for each in plan.replaced:
        if not takes_back_failure(each.was, each.will_be) and each.key not in unwritten:
            text = f"{verb}{each.title}: {each.was} -> {each.will_be}; {each.why}"
            yield Line(label, text)


_UNWRITTEN = frozenset({SendState.REFUSED, SendState.LOCKED, SendState.NOT_SENT})
_BAD = frozenset({Verdict.FAILED.value, Verdict.BLOCKED.value})


def takes_back_failure(was: str, will_be: str) -> bool:
    """Return whether a FAILED or BLOCKED gives way, which another session may have found."""
    return was in _BAD and will_be not in _BAD


def count_words(total: Mapping[str, int]) -> str:
    """Return sums of verdicts, the worst first: ``1 FAILED, 12 PASSED``; of others the known."""
    rank = {verdict.value: number for number, verdict in enumerate(Verdict)}
    ordered = sorted(total, key=lambda word: rank.get(word.upper(), len(rank)))
    return ", ".join(f"{total[word]} {word}" for word in ordered)


def earlier_lines(report: UploadReport) -> Iterator[Line]:
    """Yield how much had arrived before."""
    if report.plan is not None and report.plan.earlier:
        count = counted(len(report.plan.earlier), report.plan.noun)
        yield Line("earlier", f"{count} had arrived before, and nothing is sent twice", Tone.GOOD)


def _receipt_lines(report: UploadReport, *, verbose: bool) -> Iterator[Line]:
    receipts = report.receipts
    if not receipts:
        return
    sent = [receipt for receipt in receipts if receipt.state is SendState.SENT]
    total: Counter[str] = Counter()
    for receipt in sent:
        total.update(receipt.update.counts())
    counts = count_words(total)
    plan = report.plan or Plan()
    noun = plan.noun
    text = f"{len(sent)} of {counted(len(receipts), noun)}" + (f": {counts}" if counts else "")
    yield Line("sent", text, Tone.GOOD if len(sent) == len(receipts) else Tone.BAD)
    tasks = [str(receipt.task.task_id) for receipt in sent if receipt.task is not None]
    if tasks:
        more = ", ..." if len(tasks) > LISTED and not verbose else ""
        yield Line("task", ", ".join(tasks if verbose else tasks[:LISTED]) + more)
    yield from refused_lines(report, verbose=verbose)


def refused_lines(report: UploadReport, *, verbose: bool) -> Iterator[Line]:
    """Yield what did not arrive, or not as it should, and why."""
    plan = report.plan or Plan()
    is_document = plan.noun != Plan().noun
    for state in SendState:
        label = state.name.replace("_", " ")
        failures = [
            _failure_of(each, is_document=is_document, link=plan.links.get(each.update.key, ""))
            for each in report.receipts
            if each.state is state is not SendState.SENT
        ]
        yield from _reason_lines(label, failures, noun=plan.noun, verbose=verbose)


class _Failure(NamedTuple):
    """Something that did not arrive.

    Attributes:
        name: What it was.
        reason: Why.
        mark: What in the reason is only about this one; others may have failed for the same reason.
        link: The page that shows it; may be empty.
    """

    name: str
    reason: str
    mark: str
    link: str = ""


_STOPPED = "not confirmed when the upload stopped"
_STOPPED_BEFORE = "the upload stopped before anything of it was sent"


def _failure_of(receipt: Receipt, *, is_document: bool, link: str) -> _Failure:
    # The summary says at its top what stopped the whole upload.
    is_told = receipt.cause is not None or not receipt.error
    stopped = _STOPPED_BEFORE if is_document and not receipt.attempts else _STOPPED
    reason = stopped if is_told else receipt.error
    if receipt.task is not None and receipt.state is SendState.UNVERIFIED:
        number = receipt.task.task_id
        command = f"pytest-jama octane status {number}"
        if command not in reason:
            reason += f"; {command} says what becomes of task {number}"
    return _Failure(receipt.update.title, reason, receipt.update.key, link)


def _reason_lines(
    label: str,
    failures: Sequence[_Failure],
    *,
    noun: str,
    verbose: bool,
) -> Iterator[Line]:
    """Yield a line for each failure; unless verbose, one for each reason, the commonest first."""
    if verbose:
        for each in failures:
            yield Line(label, f"{each.name}: {each.reason}", Tone.BAD, link=each.link)
        return
    by_reason: dict[str, list[_Failure]] = {}
    for failure in failures:
        by_reason.setdefault(failure.reason.replace(failure.mark, "..."), []).append(failure)
    groups = sorted(by_reason.items(), key=lambda item: -len(item[1]))
    for reason, group in groups[:LISTED]:
        said = group[0].reason if len(group) == 1 else reason
        names = _named([each.name for each in group], noun)
        names += ", each" if len(group) > 1 else ""  # reasons are about one
        link = group[0].link if len(group) == 1 else ""
        yield Line(label, f"{names}: {said}", Tone.BAD, link=link, things=len(group))
    left = sum(len(group) for _, group in groups[LISTED:])
    if left:
        yield rest_line(label, left, tone=Tone.BAD)


def rest_line(label: str, left: int, *, tone: Tone, noun: str = "more") -> Line:
    """Return what counts the lines that are left out.

    Args:
        label: Their label.
        left: How many things they stand for.
        tone: Their tone.
        noun: What they are.
    """
    text = f"{left} {noun}{hint(verbose=False)}"
    return Line(label, text, tone, things=left, is_rest=True)


def listed(lines: Sequence[Line], *, verbose: bool, noun: str = "more") -> Iterator[Line]:
    """Yield lines of one kind; unless verbose, the first ten, and how many more there are.

    Args:
        lines: All of them.
        verbose: Whether to show all.
        noun: What those are that are only counted.
    """
    shown = lines if verbose else lines[:LISTED]
    yield from shown
    if len(shown) < len(lines):
        left = lines[len(shown) :]
        things = sum(line.things for line in left)
        yield rest_line(left[0].label, things, tone=left[0].tone, noun=noun)


def _named(names: Sequence[str], noun: str) -> str:
    if len(names) == 1:
        return names[0]
    some = ", ".join(names[:NAMED]) + (", ..." if len(names) > NAMED else "")
    return f"{counted(len(names), noun)} ({some})"


def _collapsed(changes: Iterable[Change]) -> Iterator[str]:
    """Count long rows of cases that were added to the same group."""
    for (kind, where), row in groupby(changes, key=lambda change: (change.kind, change.where)):
        several = list(row)
        if kind is ChangeKind.ADD and len(several) > LISTED:
            yield f"add {len(several)} cases to {where}{hint(verbose=False)}"
        else:
            yield from map(str, several)


def place_lines(plan: Plan) -> Iterator[Line]:
    """Yield where results go."""
    for place in plan.places:
        if place.is_printed:
            number = " (new)" if place.place_id is None else f" (id {place.place_id})"
            is_told = place.place_id == "" or place.name.endswith(f"/{place.place_id}")
            number = "" if is_told else number
            yield Line(place.kind, f"{place.name}{number} {place.link}".rstrip())


def hint(*, verbose: bool) -> str:
    """Return how to see the rest of a list, unless the summary shows all of it."""
    return "" if verbose else " (list with -v)"


def exposure_lines(settings: SharedSettings) -> tuple[Line, ...]:
    """Return what the summary of whoever sends credentials says of the way that they take."""
    from pytest_jama.config import describe_exposure  # noqa: PLC0415 (it is there already)

    return tuple(Line("warning", text, Tone.WARNING) for text in describe_exposure(settings))
