"""The summary of a session, the same for every front-end and in the same order. Pure."""

from __future__ import annotations

import os
import shlex
from collections import Counter
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.core.case_map import say_line
from pytest_jama.core.errors import UnusableKind
from pytest_jama.core.plan import Mode, Plan
from pytest_jama.core.text import counted, first_line, printable
from pytest_jama.core.verdicts import Judgement
from pytest_jama.report.case_lines import (
    case_entries,
    case_lines,
    left_lines,
    unlinked_lines,
    untouched_lines,
)
from pytest_jama.report.caught_failures import caught_failure_lines
from pytest_jama.report.early_lines import early_lines
from pytest_jama.report.upload_lines import (
    NAMED,
    Line,
    Tone,
    count_words,
    earlier_lines,
    listed,
    place_lines,
    problem_lines,
    report_lines,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from pytest_jama.core.errors import ErrorLog, Unusable
    from pytest_jama.core.known_tests import Unmatched
    from pytest_jama.core.plan import UploadReport


class Style(NamedTuple):
    """How a front-end wants the summary.

    Attributes:
        verbose: Whether to name every single thing.
        start: The folder that the command to continue with is given in.
        root: The folder that paths are shown relative to.
        no_upload_flag: The flag that keeps everything in the journal; empty for another reason.
        error_hint: Where details of errors are found.
    """

    verbose: bool
    start: Path
    root: Path
    no_upload_flag: str = "--no-upload"
    error_hint: str = ""


class Summary(NamedTuple):
    """Everything the summary tells.

    Attributes:
        judgement: The verdicts; None when no test was run, or judging them broke.
        report: What became of the upload; an empty one when nothing was to be sent.
        mode: What was to be done with the verdicts.
        errors: Errors, and what could not be used.
        has_begun: Whether a test was run.
        nothing_linked: Why no test is linked to a case; empty when one is.
        journals: The journals of the session, mostly one; none when it could not be opened.
        journal_failure: Why lines are missing in them; empty while none is.
        extra: What only this front-end has to say.
        unmatched: The keys of the map that match no test.
        unlinked_failures: The failed tests that no run will show.
        options: What a command that finishes the upload needs beside the journals.
        redacted: How many passages are hidden, and in how many results.
        unjudged: How many tests ended how, for a target that judges them itself; else empty.
    """

    judgement: Judgement | None
    report: UploadReport
    mode: Mode
    errors: ErrorLog
    has_begun: bool
    nothing_linked: str
    journals: tuple[Path, ...]
    journal_failure: str
    extra: tuple[Line, ...] = ()
    unmatched: tuple[Unmatched, ...] = ()
    unlinked_failures: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    redacted: tuple[int, int] = (0, 0)
    unjudged: Mapping[str, int] = MappingProxyType({})

    @property
    def is_something_left(self) -> bool:
        """Whether another command can send what this session has not."""
        if self.mode is Mode.DRY_RUN:
            return False
        is_unjudged = self.judgement is None and self.has_begun
        if self.mode is Mode.NO_UPLOAD:
            cases = self.judgement.cases if self.judgement else ()
            return is_unjudged or any(case.verdict for case in cases) or bool(self.unjudged)
        return is_unjudged or not self.report.is_complete


def summary_lines(summary: Summary, style: Style) -> Iterator[Line]:
    """Yield the summary, line by line."""
    judgement = summary.judgement or Judgement()
    is_dry_run = summary.mode is Mode.DRY_RUN
    if is_dry_run:
        yield from dry_run_lines(summary.report, verbose=style.verbose)
    else:
        yield from report_lines(summary.report, verbose=style.verbose)
        yield from early_lines(summary.report)
    yield from _nothing_lines(summary, judgement, style)
    yield from left_lines(
        summary.report.plan or Plan(), verbose=style.verbose, is_dry_run=is_dry_run
    )
    with_passed = style.verbose and not is_dry_run  # there each update says it
    entries = case_entries(summary.report, judgement, summary.mode, with_passed=with_passed)
    yield from case_lines(entries, verbose=style.verbose, with_passed=with_passed)
    yield from untouched_lines(judgement, verbose=style.verbose)
    yield from unlinked_lines(judgement, verbose=style.verbose)
    yield from unlinked_failure_lines(summary.unlinked_failures)
    told = summary.nothing_linked
    yield from unmatched_lines(summary.unmatched, verbose=style.verbose, told=told)
    linked = (result for case in judgement.cases for result in case.results)
    yield from caught_failure_lines(linked, verbose=style.verbose)
    yield from unusable_lines(summary.errors.unusable, verbose=style.verbose)
    yield from summary.extra
    yield from redacted_lines(*summary.redacted)
    yield from error_lines(summary.errors, details=style.error_hint)
    yield from repeated_lines(summary.report)
    if summary.journals:
        yield journal_line(summary.journals[-1], summary.journal_failure, start=style.root)
        if summary.is_something_left:
            yield next_line(
                *summary.journals,
                failure=summary.journal_failure,
                start=style.start,
                options=summary.options,
            )


def dry_run_lines(report: UploadReport, *, verbose: bool = True) -> Iterator[Line]:
    """Yield the exact changes that an upload would make, all of them, and what is wrong.

    Args:
        report: The report.
        verbose: Whether to name every single thing that is wrong.
    """
    if report.stopped is not None:
        yield from (Line("STOPPED", first_line(text), Tone.BAD) for text in report.stopped.lines)
    plan = report.plan or Plan()
    yield from place_lines(plan)
    yield from (Line("would", str(change)) for change in plan.changes)
    yield from earlier_lines(report)
    verb = "update" if plan.noun == Plan().noun else "send"
    yield from (Line("would", f"{verb} {update.describe()}") for update in plan.updates)
    yield from _file_lines(plan)
    yield from problem_lines(report, verbose=verbose, is_dry_run=True)


def _file_lines(plan: Plan) -> Iterator[Line]:
    """Yield how many files an upload would attach, to how many updates, and how large they are."""
    sizes: dict[str, int] = {}
    with_files = 0
    for update in plan.updates:
        results = (each for change in update.case_changes() for each in change.case.results)
        files = {file.sha256: file.size for result in results for file in result.files}
        with_files += bool(files)
        sizes.update(files)
    if sizes:
        what = f"{counted(len(sizes), 'file')} ({counted(sum(sizes.values()), 'byte')})"
        yield Line("would", f"attach {what} to {counted(with_files, plan.noun)}")


def _nothing_lines(summary: Summary, judgement: Judgement, style: Style) -> Iterator[Line]:
    plan = summary.report.plan or Plan()
    if plan.updates or plan.earlier:  # a target may take what is linked to no case, too
        return
    to_write = judgement.to_write
    if summary.nothing_linked:
        yield Line("nothing", f"to send: {summary.nothing_linked}", Tone.WARNING)
    elif judgement.cases and not to_write:
        yield Line("nothing", "to send: no case has a verdict", Tone.WARNING)
    elif not to_write and not summary.has_begun:
        yield Line("nothing", "to send: no test was run", Tone.WARNING)
    elif (to_write or summary.unjudged) and summary.mode is Mode.NO_UPLOAD:
        verdicts = Counter([case.verdict for case in to_write if case.verdict])
        counts = count_words({verdict.value: number for verdict, number in verdicts.items()})
        counts = counts or ", ".join(f"{n} {word}" for word, n in summary.unjudged.items())
        why = f"; nothing is sent with {style.no_upload_flag}" if style.no_upload_flag else ""
        yield Line("journaled", f"{counts}{why}")


def error_lines(errors: ErrorLog, *, details: str = "") -> Iterator[Line]:
    """Yield the first error of ours or of an extension, and how many more there were.

    Args:
        errors: The errors.
        details: Where details are found.
    """
    if errors.first is None:
        return
    more = f" (and {errors.count - 1} more)" if errors.count > 1 else ""
    said = errors.hide(" ".join(str(errors.first).split()))
    text = f"in {errors.where}: {type(errors.first).__name__}: {said}{more}"
    yield Line("ERROR", "; ".join(filter(None, (text, details))), Tone.BAD)


def repeated_lines(report: UploadReport) -> Iterator[Line]:
    """Yield how many requests were made again, and why."""
    if report.repeated:
        total = counted(sum(count for _, count in report.repeated), "request")
        reasons = ", ".join(f"{count} x {reason}" for reason, count in report.repeated)
        yield Line("repeated", f"{total}: {reasons} (each one with --log-level=DEBUG or -vv)")


def unlinked_failure_lines(test_ids: Sequence[str]) -> Iterator[Line]:
    """Yield which failed tests no run will show, such as a fixture or a suite that died.

    Args:
        test_ids: The tests.
    """
    if test_ids:
        shown = ", ".join(test_ids[:NAMED]) + (", ..." if len(test_ids) > NAMED else "")
        text = f"{counted(len(test_ids), 'failed test')} without a test case: {shown}"
        yield Line("unlinked", text, Tone.WARNING, things=len(test_ids))


def redacted_lines(passages: int, results: int) -> Iterator[Line]:
    """Yield how much is hidden, in how many results."""
    if passages:
        look = "looks like a secret" if passages == 1 else "look like secrets"
        what = f"{counted(passages, 'passage')} that {look}"
        yield Line("redacted", f"{what}, in {counted(results, 'result')}")


def unmatched_lines(
    unmatched: Sequence[Unmatched], *, verbose: bool, told: str = ""
) -> Iterator[Line]:
    """Yield the keys of the map that match no test.

    Args:
        unmatched: The keys.
        verbose: Whether to name them all, however many there are.
        told: What another line says; a test that it names beside a key is not named again.
    """
    lines = []
    for each in unmatched:
        cases = ", ".join(map(str, each.links)) or "none"
        place = say_line(each.line, each.file, own="tests:")
        text = f"{each.key!r} ({place}, {cases}) {each.why}"
        is_told = f"nearest to {each.nearest} is the key {each.key!r}" in told
        text += f"; nearest is {each.nearest}" if each.nearest and not is_told else ""
        lines.append(Line("unmatched", text, Tone.WARNING))
    yield from listed(lines, verbose=verbose, noun="more keys")


_LABELS = {
    UnusableKind.REFERENCE: "NOT LINKED",
    UnusableKind.REPORT: "UNREADABLE",
    UnusableKind.JOURNAL: "DAMAGED",
    UnusableKind.EDITED: "EDITED",
    UnusableKind.FILE: "NO FILE",
    UnusableKind.HOOK: "ERROR",
}


def unusable_lines(unusable: Iterable[Unusable], *, verbose: bool) -> Iterator[Line]:
    """Yield what a session was given and could not use.

    Args:
        unusable: Each thing once.
        verbose: Whether to name them all, however many there are.
    """
    lines = [Line(_LABELS[each.kind], f"{each.where}: {each.why}", Tone.BAD) for each in unusable]
    yield from listed(lines, verbose=verbose)


def journal_line(path: Path, failure: str, *, start: Path) -> Line:
    """Return where the journal is, or why lines are missing in it.

    Args:
        path: The file.
        failure: Why lines are missing; empty while none is.
        start: The folder that the path is shown relative to.
    """
    if failure:
        return Line("journal", f"incomplete: {failure}", Tone.WARNING)
    return Line("journal", shown_path(path, start))


def next_line(*paths: Path, failure: str, start: Path, options: Sequence[str] = ()) -> Line:
    """Return how to finish the upload: the exact command.

    Args:
        paths: The journals that belong together, mostly one.
        failure: Why lines are missing in them; empty while none is.
        start: The folder that the command is given in.
        options: What it needs beside the journals.
    """
    if failure:
        return Line("next", "when that is solved, run the same session again", Tone.WARNING)
    command = resume_command(*paths, start=start, options=options)
    return Line("next", command, Tone.WARNING, is_exact=True)


def resume_command(*paths: Path, start: Path, options: Sequence[str] = ()) -> str:
    """Return the command that finishes the upload of journals, quoted for the usual shell.

    It stays exact where it is shown: what would not is written as bytes in ``$'...'``, which bash,
    zsh and POSIX.1-2024 understand.
    """
    names = [shown_path(path, start) for path in paths]
    separator = ["--"] if any(name.startswith("-") for name in names) else []
    words = ["pytest-jama", "upload", *options, *separator, *names]
    if os.name != "nt":
        return " ".join(map(_quoted, words))
    from subprocess import list2cmdline  # noqa: PLC0415 (only there)

    return list2cmdline(words)


def _quoted(word: str) -> str:
    quoted = shlex.quote(word)
    if printable(quoted) == quoted:
        return quoted
    # octal has three digits always, whatever comes behind
    inside = "".join(_escaped(chr(byte)) for byte in os.fsencode(word))
    return f"$'{inside}'"


def _escaped(byte: str) -> str:
    is_plain = byte.isascii() and (byte.isalnum() or byte in " ./_-")
    return byte if is_plain else f"\\{ord(byte):03o}"


def shown_path(path: Path, start: Path) -> str:
    """Return a path relative to a folder, as a summary shows it."""
    try:
        return os.path.relpath(path, start)
    except ValueError:  # Windows: another drive
        return str(path)
