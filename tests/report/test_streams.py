"""Streams that cannot be written any more, or never could, stop nobody who prints."""

from __future__ import annotations

import io
import logging
import os
import sys

import click
import pytest

from pytest_jama.report.streams import make_tolerant, requests_logged, tolerant_output
from tests.every import every


class Broken(io.StringIO):
    """A stream that fails as those of the system do."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    def write(self, text: str) -> int:  # noqa: ARG002
        raise self._error

    def flush(self) -> None:
        raise self._error


def closed() -> io.StringIO:
    stream = io.StringIO()
    stream.close()
    return stream


@every(
    "stream",
    [
        pytest.param(None, id="none"),
        pytest.param(closed(), id="closed"),
        pytest.param(Broken(BrokenPipeError("gone")), id="reader gone"),
        pytest.param(Broken(OSError(28, "No space left on device")), id="disk full"),
    ],
)
def test_stream_that_is_broken_takes_everything_in_silence(stream: io.StringIO | None) -> None:
    tolerant = make_tolerant(stream)
    for _ in range(2):
        assert tolerant.write("≥ 5") == 3
        tolerant.flush()
    assert tolerant.isatty() is False


@every(
    "encoding,text",
    [
        ("cp1252", r"Größe \u2265 5 \udc80"),
        ("ascii", r"Gr\xf6\xdfe \u2265 5 \udc80"),
        ("utf-8", r"Größe ≥ 5 \udc80"),
    ],
)
def test_what_a_stream_cannot_encode_is_escaped(encoding: str, text: str) -> None:
    file = io.BytesIO()
    stream = make_tolerant(io.TextIOWrapper(file, encoding=encoding))
    stream.write("Größe ≥ 5 \udc80")
    stream.flush()
    assert file.getvalue().decode(encoding) == text


def test_reader_that_goes_away_is_noticed_once() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w", encoding="utf-8") as stream:
        tolerant = make_tolerant(stream)
        for _ in range(2):
            tolerant.write("text")
            tolerant.flush()


def test_log_of_the_requests_needs_no_stream() -> None:
    with requests_logged(Broken(OSError(28, "No space left on device"))):
        logging.getLogger("pytest_jama.test").debug("one")


def test_whatever_a_command_prints_is_tolerant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", Broken(BrokenPipeError("gone")))
    with tolerant_output():
        sys.stdout.write("one")
        sys.stderr.write("two")


HOSTILE = "a\x9b1m\u202eb\r\x1b]0;t\x07 ##vso[task.x]y"
HARMLESS = r"a\x9b1m\u202eb\r\x1b]0;t\x07 #\x23vso[task.x]y"


def written(text: str, *, is_drawn_on: bool = False) -> str:
    stream = io.StringIO()
    make_tolerant(make_tolerant(stream), is_drawn_on=is_drawn_on).write(text)
    return stream.getvalue()


def test_whoever_prints_a_line_it_does_nothing() -> None:
    assert written(f"{HOSTILE}\n  ::error::x\n") == f"{HARMLESS}\n  :\\x3aerror::x\n"


def test_colour_of_a_whole_line_stays() -> None:
    line = click.style(f"lock {HOSTILE}", fg="red")
    assert written(f"{line}\n") == f"\x1b[31mlock {HARMLESS}\x1b[0m\n"


def test_colour_inside_of_a_line_goes() -> None:
    assert written("a\x1b[8mhidden\x1b[0m b\n") == "ahidden b\n"


def test_who_draws_uses_the_terminal() -> None:
    assert written("\x1b[1A\x1b[2K\r", is_drawn_on=True) == "\x1b[1A\x1b[2K\r"


def test_entry_of_the_log_is_one_line() -> None:
    stream = io.StringIO()
    with requests_logged(stream):
        logging.getLogger("pytest_jama.test").debug("%s\n::error::x", HOSTILE)
    assert stream.getvalue().endswith(f" {HARMLESS}\\n::error::x\n")


def test_traceback_in_the_log_keeps_its_lines() -> None:
    stream = io.StringIO()
    with requests_logged(stream):
        error = ValueError(f"{HOSTILE}\n::error::x")
        logging.getLogger("pytest_jama.test").debug("x", exc_info=error)
    assert stream.getvalue().endswith(f"\nValueError: {HARMLESS}\n:\\x3aerror::x\n")
