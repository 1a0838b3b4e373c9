"""What goes wrong with a report at the end of a session costs nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_jama.core.errors import ErrorLog
from pytest_jama.core.redaction import Redactor
from pytest_jama.core.shown_results import ShownResults
from pytest_jama.journal import lines
from pytest_jama.session.session_report import write_reports
from tests.journal.record import a_test, as_bytes, header

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_jama.report.upload_lines import Line


class Ending(tuple["Path", ...]):
    """Files, behind which something happens."""

    __slots__ = ()

    error: type[BaseException]

    def __iter__(self) -> Iterator[Path]:
        yield from super().__iter__()
        raise self.error


class Interrupted(Ending):
    __slots__ = ()

    error = KeyboardInterrupt


class Broken(Ending):
    __slots__ = ()

    error = RuntimeError


def write(files: tuple[Path, ...], journal: Path) -> tuple[tuple[Line, ...], ErrorLog]:
    """Write reports; return what is said, and the errors."""
    errors = ErrorLog()
    said = write_reports(
        files,
        summary="",
        journals=[journal],
        shown_results=ShownResults(Redactor()),
        errors=errors,
        root=journal.parent,
    )
    return said, errors


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """The journal of a session with one test."""
    path = tmp_path / "s1.jsonl"
    settings = {"project": "J", "plan": {"name": "P"}, "cycle": {"name": "C"}}
    result = lines.result_line(a_test("test_1"))
    end = lines.end_line(finished=True, reason="")
    path.write_bytes(as_bytes(header("s1", settings=settings), result, end))
    path.chmod(0o600)
    return path


def test_an_interrupt_is_said_and_no_more(journal: Path) -> None:
    said, errors = write(Interrupted(), journal)

    assert errors.count == 0
    assert [str(line).split(maxsplit=1)[1] for line in said] == [
        "the reports were interrupted; pytest-jama report makes it from the journal later"
    ]


def test_an_error_of_ours_costs_no_result(journal: Path) -> None:
    said, errors = write(Broken(), journal)

    assert (said, errors.count, errors.where) == ((), 1, "the report")
    assert not errors.may_cost_results


def test_a_journal_that_is_gone_is_said(tmp_path: Path) -> None:
    said, errors = write((tmp_path / "r.md",), tmp_path / "gone.jsonl")

    assert errors.count == 0
    assert "no report is written: " in str(said[0])
    assert "there is no such file" in str(said[0])
    assert not (tmp_path / "r.md").exists()
