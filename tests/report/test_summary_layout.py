"""A summary is short, so are its sentences, it fits a terminal, and nothing that counts is cut."""

from __future__ import annotations

import pytest

from pytest_jama.core.text import cell_width, wrapped_words
from pytest_jama.report.summary_layout import AT_MOST, SENTENCE, laid_out, wrapped
from pytest_jama.report.upload_lines import Line, Tone, listed
from tests.every import every

LINK = "http://jama.example/perspective.req?docId=9003&projectId=33"
COMMAND = "pytest-jama upload .jama/20261129T213427Z-89402dc3.jsonl --url https://jama.example"
ALWAYS = (
    Line("plan", "Release 1 (id 7)", link=LINK),
    Line("cycle", "Build 1 (id 8)", link=LINK),
    Line("sent", "0 of 900 test runs", Tone.BAD),
    Line("journal", ".jama/20261129T213427Z-89402dc3.jsonl"),
    Line("next", COMMAND, Tone.WARNING, is_exact=True),
)
KINDS = (
    *("NOT SENT", "REFUSED", "LOCKED", "MISMATCH", "UNVERIFIED", "unresolved", "NOT LINKED"),
    *("UNREADABLE", "DAMAGED", "EDITED", "NO FILE", "ERROR"),
)
OTHERS = (
    *("done", "replaced", "warning", "case", "left", "untouched", "unlinked", "unmatched", "step"),
    *("uncollected", "marker", "lock", "report", "redacted", "repeated", "attached", "earlier"),
)


def bad(label: str, count: int) -> list[Line]:
    """Return lines of a kind: each says what happened, and what to do about it."""
    why = "project PUMP has no item with this document key, nor has another project"
    return [
        Line(label, f"PUMP-TC-{n}: {why}: {n}; correct the reference", Tone.BAD)
        for n in range(count)
    ]


def other(label: str, count: int) -> list[Line]:
    return [Line(label, f"PUMP-TC-{n} is stale", Tone.WARNING) for n in range(count)]


def everything(count: int) -> list[Line]:
    """Return all that can go wrong at once, each several times."""
    kinds = [line for label in KINDS for line in bad(label, count)]
    kinds += [line for label in OTHERS for line in other(label, count)]
    return [*ALWAYS[:3], *kinds, *ALWAYS[3:]]


def texts(lines: list[Line], *, verbose: bool = False, width: int = 0) -> list[str]:
    return [row.text for row in laid_out(lines, verbose=verbose, width=width)]


def physical(rows: list[str], width: int) -> int:
    return sum(max(1, -(-cell_width(row) // width)) for row in rows)


@pytest.mark.parametrize("count", [1, 2, 300])
@pytest.mark.parametrize("width", [0, 60, 80, 200])
def test_a_summary_has_at_most_20_lines_whatever_goes_wrong(count: int, width: int) -> None:
    rows = texts(everything(count), width=width)
    assert physical(rows, width or 10_000) <= AT_MOST
    for line in ALWAYS:
        assert any(row.startswith(f"{line.label:<10} ") for row in rows)
    assert any("(list with -v)" in " ".join(rows[n : n + 2]) for n in range(len(rows)))
    assert COMMAND in "\n".join(rows)


def test_what_is_left_out_is_counted() -> None:
    lines = [*bad("REFUSED", 300), *other("case", 120), Line("journal", "a.jsonl")]
    rows = texts(lines)
    shown = sum(row.startswith("case ") for row in rows) - 1
    refused = sum(row.startswith("REFUSED ") for row in rows) - 1
    assert f"case       {120 - shown} more (list with -v)" in rows
    assert f"REFUSED    {300 - refused} more (list with -v)" in rows
    assert len(rows) <= AT_MOST


def test_lines_that_count_already_are_counted_once() -> None:
    lines = [*listed(other("warning", 90), verbose=False), *bad("LOCKED", 40)]
    rows = texts(lines)
    shown = sum(row.startswith("warning    PUMP") for row in rows)
    assert f"warning    {90 - shown} more (list with -v)" in rows


def test_a_summary_that_has_room_is_shown_whole() -> None:
    lines = [*ALWAYS, *other("case", 10)]
    assert texts(lines) == list(map(str, lines))


def test_verbose_shows_everything() -> None:
    assert len(texts(everything(30), verbose=True)) >= 30 * len((*KINDS, *OTHERS))


def test_a_dry_run_shows_every_change() -> None:
    lines = [*other("would", 500), *bad("unresolved", 90)]
    rows = texts(lines)
    assert sum(row.startswith("would ") for row in rows) == 500
    assert len(rows) <= 500 + AT_MOST


def test_first_line_says_what_happened_and_the_second_what_to_do() -> None:
    assert texts([Line("LOCKED", "A-TC-1: locked by tess; have it unlocked", Tone.BAD)]) == [
        "LOCKED     A-TC-1: locked by tess",
        "           have it unlocked",
    ]


def test_what_to_do_is_said_once_for_several() -> None:
    rows = texts(bad("unresolved", 3))
    assert len(rows) == 4
    assert rows[-1] == "           correct the reference"


@every("tone", [Tone.BAD, Tone.WARNING, Tone.PLAIN])
def test_no_sentence_is_long(tone: Tone) -> None:
    clause = "the server says that (this; and that) is so, which is a long story: so it is"
    rows = texts([Line("warning", "; ".join([clause] * 12), tone)])
    assert len(rows) > 2
    assert all(len(row) <= SENTENCE + 11 for row in rows)
    assert "".join(rows).count("(this; and that)") == 12


@every("width", [60, 80, 100])
def test_lines_are_broken_between_words(width: int) -> None:
    text = "PUMP-TC-1 Pump stops: NOT_RUN -> FAILED: 1 failed: tests/test_a.py::test_x: too loud"
    rows = texts([Line("case", text, Tone.FAILURE, link=LINK)], width=width)
    assert all(cell_width(row) <= width for row in rows)
    assert " ".join(" ".join(rows).split()) == f"case {text} {LINK}"


def test_keys_and_links_are_whole_where_the_terminal_is_narrower() -> None:
    rows = texts([Line("plan", "Release 1", link=LINK)], width=40)
    assert rows == ["plan       Release 1", LINK]


def test_message_of_a_test_is_cut_with_a_word_on_it_and_its_name_is_not() -> None:
    message = "the pump was louder than it may be " * 5
    name = "PUMP-TC-1: FAILED: 1 failed: tests/test_a.py::test_with_a_long_name[one-two]: "
    line = Line("case", name + message, Tone.FAILURE, link=LINK, spare=len(message))
    rows = texts([line], width=60)
    said = " ".join(" ".join(rows).split())
    assert said.startswith(f"case {name}".rstrip())
    assert said.endswith(f"… (list with -v) {LINK}")
    assert len(rows) == 4


def test_command_is_never_broken() -> None:
    assert texts([ALWAYS[-1]], width=60) == [str(ALWAYS[-1])]


def test_nothing_is_wrapped_where_there_is_no_terminal() -> None:
    assert wrapped("a " * 500, width=0) == ["a " * 500]


def test_letters_that_take_two_columns_count_as_two() -> None:
    assert cell_width("泵 e\u0301") == 4
    rows = wrapped_words("泵泵 泵泵 泵泵", width=10, indent=2)
    assert rows == ["泵泵 泵泵", "  泵泵"]


def test_row_that_begins_like_a_command_of_a_ci_system_does_nothing() -> None:
    rows = texts([Line("warning", "x " * 20 + "::error::x", Tone.WARNING)], width=50)
    assert not any(row.strip().startswith("::") for row in rows)
