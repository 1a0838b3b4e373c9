"""The summary at the end of a session."""

from __future__ import annotations

import os
import sys
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_jama.core.verdicts import Judgement
from pytest_jama.report.summary import (
    Line,
    Tone,
    count_verdicts,
    dry_run_lines,
    journal_line,
    judgement_lines,
    next_line,
    report_lines,
    trouble_lines,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    import pytest

    from pytest_jama.core.case_map import CaseMap
    from pytest_jama.core.errors import ErrorLog
    from pytest_jama.core.port import UploadReport
    from pytest_jama.core.results import TestResult
    from pytest_jama.journal import JournalWriter

_MARKUP: dict[Tone, dict[str, bool]] = {
    Tone.PLAIN: {},
    Tone.GOOD: {"green": True},
    Tone.WARNING: {"yellow": True},
    Tone.BAD: {"red": True},
}


_TITLE = "Jama Connect"

_DETAILS = "details with --log-file=FILE --log-file-level=DEBUG"


@dataclass(frozen=True, slots=True)
class Summary:
    """Everything the summary tells.

    Attributes:
        judgement: The verdicts; None when no test was run, or judging them broke.
        report: What became of the upload; None when there was none.
        dry_run: Whether the report only says what would be done.
        no_upload: Whether only the journal was to be written.
        has_begun: Whether a test was run.
        journal: The journal of the session.
        troubles: Errors of ours and of hooks.
        bad_links: Why case references of tests could not be understood, by test ID.
        uncollected: Files and folders that could not be collected.
        map_conflicts: Tests whose marker says something else than the map.
        ignored_hooks: Conftests whose hooks come too late to count.
    """

    judgement: Judgement | None
    report: UploadReport | None
    dry_run: bool
    no_upload: bool
    has_begun: bool
    journal: JournalWriter | None
    troubles: ErrorLog
    bad_links: Mapping[str, str]
    uncollected: tuple[str, ...]
    map_conflicts: tuple[str, ...]
    ignored_hooks: tuple[str, ...]


def links_against_map(results: Iterable[TestResult], tests: CaseMap) -> tuple[str, ...]:
    """Name the tests whose marker says something else than the map."""
    found = ((result, tests.find(result.test_id)) for result in results if tests)
    return tuple(
        f"{result.test_id}: marker {', '.join(map(str, result.links))}, "
        f"map {', '.join(map(str, links))}"
        for result, links in found
        if links and links != result.links
    )


def write_summary(terminal: pytest.TerminalReporter, summary: Summary) -> None:
    """Print the summary as a section of pytest's own."""
    terminal.write_sep("=", _TITLE)
    for line in _safe_lines(summary, terminal.config):
        terminal.write_line(str(line), **_MARKUP[line.tone])


def print_summary(summary: Summary, config: pytest.Config) -> None:
    """Print the summary to stderr, for sessions without pytest's own (``-p no:terminal``)."""
    lines = [_TITLE, *map(str, _safe_lines(summary, config))]
    capturing = config.pluginmanager.get_plugin("capturemanager")
    with capturing.global_and_fixture_disabled() if capturing else nullcontext():
        sys.stderr.write("\n".join((*lines, "")))
        sys.stderr.flush()


def _safe_lines(summary: Summary, config: pytest.Config) -> Iterator[Line]:
    try:
        yield from _lines(
            summary,
            verbose=config.get_verbosity() > 0,
            root=config.rootpath,
            start=config.invocation_params.dir,
        )
    except Exception as error:  # noqa: BLE001 (nobody would see it later)
        summary.troubles.add(error, where="the summary")
        yield from trouble_lines(summary.troubles, hint=_DETAILS)


def _lines(summary: Summary, *, verbose: bool, root: Path, start: Path) -> Iterator[Line]:
    judgement = summary.judgement or Judgement()
    if summary.report is not None and summary.dry_run:
        yield from dry_run_lines(summary.report, judgement)
    elif summary.report is not None:
        yield from report_lines(summary.report, verbose=verbose)
    if not judgement.to_write and not _is_unjudged(summary):
        yield Line("nothing", f"to send: {_why_nothing(summary, judgement)}")
    elif summary.no_upload:
        counts = count_verdicts(case.verdict for case in judgement.to_write if case.verdict)
        yield Line("journaled", f"{counts}; nothing is sent with --jama-no-upload")
    yield from judgement_lines(judgement, verbose=verbose)
    yield from _mistake_lines(summary, root=root)
    yield from trouble_lines(summary.troubles, hint=_DETAILS)
    if summary.journal is not None:
        yield journal_line(summary.journal.path, summary.journal.trouble, start=root)
    if summary.journal is not None and _is_something_left(summary, judgement):
        yield next_line(summary.journal.path, trouble=summary.journal.trouble, start=start)


def _is_something_left(summary: Summary, judgement: Judgement) -> bool:
    if summary.dry_run:
        return False
    if summary.report is None:
        return bool(judgement.to_write) or _is_unjudged(summary)
    return not summary.report.is_complete


def _is_unjudged(summary: Summary) -> bool:
    return summary.judgement is None and summary.has_begun


_NOT_LINKED = (
    "no test is linked to a test case; mark tests with @pytest.mark.jama(...), or name them under "
    "`tests:` in jama.yaml as pytest --collect-only -q does"
)


def _why_nothing(summary: Summary, judgement: Judgement) -> str:
    if summary.judgement is None:
        return "no test was run"
    return "no case has a verdict" if judgement.cases else _NOT_LINKED


def _mistake_lines(summary: Summary, *, root: Path) -> Iterator[Line]:
    for address in summary.uncollected:
        yield Line("uncollected", f"{address}: its tests did not run", Tone.WARNING)
    for test_id, why in summary.bad_links.items():
        yield Line("NOT LINKED", f"{test_id}: {why}", Tone.BAD)
    for text in summary.map_conflicts:
        yield Line("marker", f"beats the map: {text}", Tone.WARNING)
    for conftest in summary.ignored_hooks:
        path = os.path.relpath(conftest, root)
        text = f"hooks in {path} are not called: move them to the conftest.py of the rootdir"
        yield Line("warning", text, Tone.WARNING)
