"""The reports at the end of a session, and their short form on the page of a CI job.

They are made from the journals, as `pytest-jama report` makes them. What goes wrong here costs no
result and no exit status: the journals have everything, and a report can be made from them later.
"""

from __future__ import annotations

import os
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_jama import __version__
from pytest_jama.core.errors import PytestJamaError
from pytest_jama.core.text import first_line
from pytest_jama.journal.file_store import FileStore, find_in
from pytest_jama.report.evidence.gather import gather
from pytest_jama.report.evidence.journal_sources import find_sources
from pytest_jama.report.evidence.markdown import short_form
from pytest_jama.report.evidence.writing import write_record
from pytest_jama.report.summary import shown_path
from pytest_jama.report.upload_lines import Line, Tone
from pytest_jama.session import ci_output

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_jama.config import SharedSettings
    from pytest_jama.config.environment import JobPage
    from pytest_jama.core.errors import ErrorLog
    from pytest_jama.core.shown_results import ShownResults
    from pytest_jama.report.evidence.cycle_now import CycleNow
    from pytest_jama.report.evidence.evidence_record import EvidenceRecord
    from pytest_jama.report.evidence.journal_sources import JournalSource
    from pytest_jama.session.ci_output import Told

SUMMARY_BYTES = 1024 * 1024
"""The most that a step of GitHub Actions may write; of more than that, GitHub shows nothing.

Source: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

_LATER = "pytest-jama report makes it from the journal later"


def make_record(
    sources: Sequence[JournalSource], *, shown_results: ShownResults, cycle: CycleNow | None = None
) -> EvidenceRecord:
    """Return the record of journals that belong together, made now by this program.

    Args:
        sources: The journals.
        shown_results: Hides secrets.
        cycle: What their cycle shows; None when no server was asked.

    Raises:
        SettingsError: When they do not belong together.
    """
    return gather(
        sources,
        shown_results=shown_results,
        made_at=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        reporter=f"pytest-jama {__version__}",
        cycle=cycle,
    )


def write_files(
    record: EvidenceRecord,
    paths: Iterable[Path],
    sources: Iterable[JournalSource],
    *,
    only_deviations: bool = False,
) -> Iterator[tuple[Path, PytestJamaError | None]]:
    """Write a record to files; yield each with why it cannot be written, if it cannot.

    Args:
        record: The record.
        paths: The files.
        sources: Its journals, beside which the files of tests are kept.
        only_deviations: Whether the annex of a page has only cases with deviations.
    """
    find_file = partial(find_in, [FileStore.of_journal(each.recording.path) for each in sources])
    for path in dict.fromkeys(paths):
        try:
            write_record(record, path, find_file=find_file, only_deviations=only_deviations)
        except PytestJamaError as error:  # noqa: PERF203 (the others are written)
            yield path, error
        else:
            yield path, None


def write_reports(
    files: Sequence[Path],
    journals: Sequence[Path],
    shown_results: ShownResults,
    errors: ErrorLog,
    *,
    summary: str,
    root: Path,
) -> tuple[Line, ...]:
    """Write what is wanted at the end of a session; return what its summary says of that.

    Args:
        files: The reports.
        journals: The journals of the session, which are closed.
        shown_results: Hides secrets.
        errors: Told of errors of ours; they cost no result.
        summary: The file of the CI job that the short form is appended to; empty for none.
        root: The folder that paths are shown relative to.
    """
    lines: list[Line] = []
    try:
        sources = find_sources(journals, folder=None)
        record = make_record(sources, shown_results=shown_results)
        lines += _write(files, record, sources, root)
        if summary:
            written = [line.text for line in lines if line.tone is Tone.PLAIN]
            whole = written or [shown_path(path, root) for path in journals]
            lines += _append(Path(summary), record, whole=", ".join(whole))
    except KeyboardInterrupt:
        lines.append(_warning(f"the reports were interrupted; {_LATER}"))
    except PytestJamaError as error:
        lines.append(_warning(f"no report is written: {first_line(str(error))}"))
    except Exception as error:  # noqa: BLE001 (whatever it is, the results are safe)
        errors.add(error, where="the report", costs_nothing=True)
    return tuple(lines)


def tell(
    told: Told,
    page: JobPage,
    settings: SharedSettings,
    shown_results: ShownResults,
    errors: ErrorLog,
    *,
    journals: Sequence[Path],
    root: Path,
) -> tuple[tuple[Line, ...], tuple[str, ...]]:
    """Write reports and values that are wanted; return what the summary says, and commands.

    Args:
        told: The session.
        page: How a CI job can be told.
        settings: What is wanted.
        shown_results: As for `write_reports`.
        errors: As for `write_reports`.
        journals: As for `write_reports`.
        root: The folder that paths are shown relative to.
    """
    lines: tuple[Line, ...] = ()
    commands: tuple[str, ...] = ()
    if journals and (settings.report.files or page.summary):
        several = (journals, shown_results, errors)
        lines = write_reports(settings.report.files, *several, summary=page.summary, root=root)
    if page.commands == "azure" and not Path(page.summary).is_file():
        page = page._replace(summary="")
    try:
        files = settings.outputs.files
        lines = (*lines, *ci_output.write_values(told, files, page.outputs, root=root))
        commands = ci_output.commands(
            told,
            page,
            summarises=settings.report.summary == "auto" and bool(journals),
            annotates=settings.report.annotations == "auto",
            hands_over=settings.outputs.ci == "auto",
        )
    except Exception as error:  # noqa: BLE001 (whatever it is, the results are safe)
        errors.add(error, where="what the CI job is told", costs_nothing=True)
    return lines, commands


def _write(
    files: Iterable[Path], record: EvidenceRecord, sources: Iterable[JournalSource], root: Path
) -> Iterator[Line]:
    for path, failure in write_files(record, files, sources):
        if failure is None:
            yield Line("report", shown_path(path, root))
        else:
            yield _warning(f"the report {first_line(str(failure))}; {_LATER}")


def _append(path: Path, record: EvidenceRecord, *, whole: str) -> Iterator[Line]:
    """Append the short form, as much of it as the step may still write."""
    try:
        with path.open("ab") as file:
            room = SUMMARY_BYTES - os.fstat(file.fileno()).st_size
            text = short_form(record, at_most=room - 1, whole=whole)
            if text:  # another program may have ended with a table, of which this is to be no row
                file.write(f"\n{text}".encode())
            else:
                why = f"the summary of the CI job, {path}, is full: GitHub shows 1 MiB of a step"
                yield _warning(f"{why}; let less be written there in this step")
    except OSError as exc:
        why = f"the summary of the CI job, {path}, cannot be written: {exc.strerror or exc}"
        remedy = "check the path and its permissions, or set `report: {summary: never}`"
        yield _warning(f"{why}; {remedy}")


def _warning(text: str) -> Line:
    return Line("warning", text, Tone.WARNING)
