"""Writes a record to files, each in the format that its name ends with."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, BinaryIO, TextIO, cast

from pytest_jama.core.errors import Problem, SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from pytest_jama.report.evidence.evidence_record import EvidenceRecord

    FindFile = Callable[[str], Path | None]
    Write = Callable[[EvidenceRecord, TextIO], None]

SUFFIXES = (".html", ".md", ".json", ".csv", ".xml")


def check_suffixes(paths: Iterable[Path]) -> None:
    """Refuse files of which nobody knows the format.

    Raises:
        SettingsError: When there is one.
    """
    problems = [
        Problem(
            f"{path.suffix or 'no ending'} is not a format of reports",
            f"let its name end with {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}",
            str(path),
        )
        for path in paths
        if path.suffix.lower() not in SUFFIXES
    ]
    if problems:
        raise SettingsError(*problems)


def write_record(
    record: EvidenceRecord, path: Path, *, find_file: FindFile, only_deviations: bool = False
) -> None:
    """Write a record; a file of that name is replaced when all of it is written.

    Args:
        record: The record.
        path: Where to; its ending says in which format.
        find_file: Returns where the content of a file of a test is kept, by its SHA-256.
        only_deviations: Whether the annex of a page has only cases with deviations.

    Raises:
        SettingsError: When it cannot be written.
    """
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    try:
        pages = partial(_write_page, find_file=find_file, only_deviations=only_deviations)
        _write(record, path.suffix.lower(), part, pages)
        part.replace(path)
    except OSError as exc:
        remedy = "check the folder, its permissions and its space"
        raise SettingsError(
            Problem(f"cannot be written: {exc.strerror or exc}", remedy, str(path))
        ) from exc
    finally:
        with suppress(OSError):
            part.unlink()


def _write(record: EvidenceRecord, suffix: str, part: Path, write_page: Write) -> None:
    if suffix == ".xml":
        from pytest_jama.report.evidence.junit_xml import write_junit  # noqa: PLC0415

        with part.open("xb") as binary:
            write_junit(record, cast("BinaryIO", binary))
        return
    newline = "" if suffix == ".csv" else "\n"
    with part.open("x", encoding="utf-8", errors="backslashreplace", newline=newline) as file:
        _write_text(record, suffix, file, write_page)
        file.flush()
        os.fsync(file.fileno())


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
