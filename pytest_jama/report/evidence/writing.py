"""Writes a record to files, each in the format that its name ends with."""

from __future__ import annotations

import os
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, BinaryIO, TextIO, cast

from pytest_jama.config.report_settings import REPORT_SUFFIXES, suffix_words
from pytest_jama.core.errors import Problem, SettingsError
from pytest_jama.core.trust import written_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from pytest_jama.report.evidence.evidence_record import EvidenceRecord
    from pytest_jama.report.evidence.trace_record import TraceRecord

    FindFile = Callable[[str], Path | None]
    Write = Callable[[EvidenceRecord, TextIO], None]

TRACE_SUFFIXES = REPORT_SUFFIXES[:-1]


def check_suffixes(paths: Iterable[Path], allowed: Sequence[str] = REPORT_SUFFIXES) -> None:
    """Refuse files of which nobody knows the format.

    Args:
        paths: The files.
        allowed: The endings that are known.

    Raises:
        SettingsError: When there is one.
    """
    problems = [
        Problem(
            f"{path.suffix or 'no ending'} is not a format of reports",
            f"let its name end with {suffix_words(allowed)}",
            str(path),
        )
        for path in paths
        if path.suffix.lower() not in allowed
    ]
    if problems:
        raise SettingsError(*problems)


def write_record(
    record: EvidenceRecord, path: Path, *, find_file: FindFile, only_deviations: bool = False
) -> None:
    """Write a record; a file of that name is replaced when all of it is written.

    Its folder is created where it is missing, as pytest does it for ``--junitxml``.

    Args:
        record: The record.
        path: Where to; its ending says in which format.
        find_file: Returns where the content of a file of a test is kept, by its SHA-256.
        only_deviations: Whether the annex of a page has only cases with deviations.

    Raises:
        SettingsError: When it cannot be written.
    """
    pages = partial(_write_page, find_file=find_file, only_deviations=only_deviations)
    with written_whole(path) as part:
        _write(record, path.suffix.lower(), part, pages)


def write_trace(trace: TraceRecord, path: Path) -> None:
    """Write a trace, as `write_record` writes a record."""
    with written_whole(path) as part:
        _write_trace(trace, path.suffix.lower(), part)


def _write(record: EvidenceRecord, suffix: str, part: Path, write_page: Write) -> None:
    if suffix == ".xml":
        from pytest_jama.report.evidence.junit_xml import write_junit  # noqa: PLC0415

        with part.open("xb") as binary:
            write_junit(record, cast("BinaryIO", binary))
        return
    with _open(part, suffix) as file:
        _write_text(record, suffix, file, write_page)


@contextmanager
def _open(part: Path, suffix: str) -> Iterator[TextIO]:
    """Open a new file for text, and let all of it reach the disk."""
    newline = "" if suffix == ".csv" else "\n"
    with part.open("x", encoding="utf-8", errors="backslashreplace", newline=newline) as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def _write_trace(trace: TraceRecord, suffix: str, part: Path) -> None:
    from pytest_jama.report.evidence import flat_formats, markdown  # noqa: PLC0415

    with _open(part, suffix) as file:
        if suffix == ".html":
            from pytest_jama.report.evidence.html_page import write_trace_page  # noqa: PLC0415

            write_trace_page(trace, file)
        elif suffix == ".md":
            file.writelines(f"{line}\n" for line in markdown.trace_lines(trace))
        elif suffix == ".csv":
            flat_formats.write_trace_csv(trace, file)
        else:
            flat_formats.write_trace_json(trace, file)


def _write_page(
    record: EvidenceRecord, file: TextIO, *, find_file: FindFile, only_deviations: bool
) -> None:
    from pytest_jama.report.evidence.html_page import write_html  # noqa: PLC0415 (jinja2)

    write_html(record, file, find_file=find_file, only_deviations=only_deviations)


def _write_text(record: EvidenceRecord, suffix: str, file: TextIO, write_page: Write) -> None:
    if suffix == ".html":
        write_page(record, file)
    elif suffix == ".md":
        from pytest_jama.report.evidence.markdown import markdown_lines  # noqa: PLC0415

        file.writelines(f"{line}\n" for line in markdown_lines(record))
    else:
        from pytest_jama.report.evidence import flat_formats  # noqa: PLC0415

        {".json": flat_formats.write_json, ".csv": flat_formats.write_csv}[suffix](record, file)
