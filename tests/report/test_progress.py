"""What people see while an upload is under way."""

from __future__ import annotations

import io

import pytest

from pytest_jama.core.plan import Change, ChangeKind, Plan
from pytest_jama.plugin.terminal_summary import AfterTheDots
from pytest_jama.report.progress import (
    BarProgress,
    PlainProgress,
    QuietProgress,
    make_progress,
)
from tests.every import every
from tests.report.test_upload_lines import receipt_of


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def show(total: int, file: io.StringIO, *, quiet: bool = False) -> str:
    progress = make_progress(file, quiet=quiet)
    receipts = [receipt_of(number) for number in range(total)]
    progress.planned(Plan(updates=tuple(receipt.update for receipt in receipts)))
    for receipt in receipts:
        progress.received(receipt)
    progress.stopped()
    return file.getvalue()


def test_log_gets_a_line_now_and_then() -> None:
    assert show(25, io.StringIO()).splitlines() == [
        "jama: updating 25 test runs",
        "jama: 10 of 25",
        "jama: 20 of 25",
    ]


def test_long_upload_prints_at_most_ten_lines_more() -> None:
    assert len(show(1234, io.StringIO()).splitlines()) <= 11


def test_quiet_upload_prints_nothing() -> None:
    assert show(25, io.StringIO(), quiet=True) == ""


def test_terminal_gets_a_bar_that_goes_away() -> None:
    text = show(3, Terminal())
    assert "jama" in text
    assert text.endswith("\x1b[2K")


def test_bar_says_in_words_how_far_it_is() -> None:
    assert "jama: 3 of 3 test runs" in show(3, Terminal())


def test_why_nothing_happens_is_said_whole_and_once_above_the_bar() -> None:
    file = Terminal()
    progress = make_progress(file, quiet=False)
    why = "cannot reach https://jama.test (name not known), " * 4 + "trying until 14:08:49"
    for _ in range(3):
        progress.waits(why)
    progress.stopped()
    text = " ".join(file.getvalue().split())
    assert text.count("trying until 14:08:49") == 1
    assert text.count("(name not known)") == 4


@every(
    "file, quiet, kind",
    [
        (io.StringIO(), False, PlainProgress),
        (Terminal(), False, BarProgress),
        (Terminal(), True, QuietProgress),
    ],
)
def test_kind_of_display_fits_the_stream(file: io.StringIO, quiet: bool, kind: type) -> None:
    assert type(make_progress(file, quiet=quiet)) is kind


def test_bar_that_never_started_can_be_stopped() -> None:
    BarProgress(Terminal()).stopped()


@pytest.mark.parametrize("file", [io.StringIO(), Terminal()], ids=["log", "terminal"])
def test_names_are_shown_as_they_are_but_for_control_characters(file: io.StringIO) -> None:
    progress = make_progress(file, quiet=False)
    progress.changed(Change(ChangeKind.CREATE, "test plan 'Flow [/b] {x} ≥ 5\x1b[31m\\'"))
    progress.stopped()
    assert "create test plan 'Flow [/b] {x} ≥ 5\\'" in file.getvalue()


CREATION = Change(ChangeKind.CREATE, "test cycle 'Build 7'")


def test_a_log_says_what_is_created_before_it_is_once_and_why_it_takes_long() -> None:
    file = io.StringIO()
    progress = make_progress(file, quiet=False)
    progress.begins(CREATION)
    assert file.getvalue() == "jama: create test cycle 'Build 7'\n"
    progress.waits("it is not known\x1b[31m whether it was created")
    progress.changed(CREATION)
    assert file.getvalue().splitlines()[1:] == ["jama: it is not known whether it was created"]


def test_a_terminal_shows_what_is_created_before_it_is_and_why_it_takes_long() -> None:
    file = Terminal()
    progress = BarProgress(file)
    progress.begins(CREATION)
    progress.stopped()
    assert "create test cycle 'Build 7'" in file.getvalue()
    file = Terminal()
    progress = BarProgress(file)
    progress.begins(CREATION)
    progress.waits("it is not known whether")
    progress.stopped()
    assert "it is not known whether" in file.getvalue()


@pytest.mark.parametrize("name,value", [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_terminal_that_wants_nothing_moving_gets_lines(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    text = show(25, Terminal())
    assert "jama: 20 of 25\n" in text
    assert "\x1b" not in text


@every("file", [io.StringIO(), Terminal()], ids=["log", "terminal"])
@every("quiet", [False, True])
def test_server_that_does_not_answer_is_said_at_once(file: io.StringIO, quiet: bool) -> None:
    progress = make_progress(file, quiet=quiet)
    progress.troubled("cannot reach [b]https://jama.example[/b]")
    assert "jama: cannot reach [b]https://jama.example[/b]\n" in file.getvalue()
    progress.stopped()


def test_why_nothing_happens_stands_on_a_line_of_its_own_behind_the_dots() -> None:
    ended: list[str] = []
    AfterTheDots(lambda: ended.append("the line of dots")).waits("looking again for 3 minutes")
    assert ended == ["the line of dots"]
