from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_jama.core.failure_trace import LONGEST_TRACE, tidy_trace
from pytest_jama.core.redaction import Redactor
from tests.every import every

SECRET = "hunter2-hunter2"
REDACTOR = Redactor(secrets=[SECRET], has_builtin=False)


@every(
    "text, expected",
    [
        pytest.param("line 1\nline 2", "line 1\nline 2", id="short"),
        pytest.param("\x1b[31mred\x1b[0m", "red", id="colours"),
        pytest.param(f"as {SECRET}", "as ***", id="secret"),
        pytest.param("x" * LONGEST_TRACE, "x" * LONGEST_TRACE, id="longest"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_trace_is_kept_as_it_is_but_for_colours_and_secrets(text: str, expected: str) -> None:
    assert tidy_trace(text, REDACTOR).text == expected


@every("unit", ["x", "é", "\N{FIRE}", "a\n"])
@every("length", [LONGEST_TRACE + 1, 3 * LONGEST_TRACE])
def test_long_trace_keeps_its_beginning_and_its_end(unit: str, length: int) -> None:
    trace = tidy_trace("begin" + unit * length + "end", REDACTOR).text

    assert len(trace.encode()) <= LONGEST_TRACE
    assert trace.startswith("begin")
    assert trace.endswith("end")


def test_long_trace_says_how_much_of_it_is_left_out() -> None:
    text = "x" * 1_000_000

    trace = tidy_trace(text, REDACTOR).text

    kept = trace.count("x")
    assert f"\n… {1_000_000 - kept:,} characters are left out here …\n" in trace


@given(st.integers(0, 200_000), st.integers(0, 200_000))
def test_no_cut_leaves_a_piece_of_a_secret(before: int, behind: int) -> None:
    trace = tidy_trace("-" * before + SECRET + "-" * behind, REDACTOR).text

    assert "hunter" not in trace
    assert "2-h" not in trace
