from __future__ import annotations

import pytest

from junit_uploader.junit.attributes import read_time_s
from junit_uploader.junit.dialects import KNOWN
from tests.every import every


@every(
    "text, expected",
    [
        pytest.param("0.123", 0.123, id="seconds"),
        pytest.param("0", 0.0, id="zero is a time"),
        pytest.param("0.", 0.0, id="nothing behind the point"),
        pytest.param("2.065e-05", 2.065e-05, id="exponent"),
        pytest.param("1,234.5", 1234.5, id="thousands, as Surefire wrote until 3.1"),
        pytest.param("1,234", 1234.0, id="thousands without decimals"),
        pytest.param("0,014", 0.014, id="decimal comma, as xUnit.net writes"),
        pytest.param("0:01:02.5", 62.5, id="clock, as mamba writes"),
    ],
)
def test_odd_notations_are_read(text: str, expected: float) -> None:
    assert read_time_s({"time": text}, KNOWN) == pytest.approx(expected)


@every(
    "text",
    [
        *("", "soon", "-1", "nan", "inf", "1e999", "1_0", "1,23,4", f"{'9' * 5000}:00:00"),
        *("9" * 5000, "999638317"),
    ],
)
def test_unreadable_time_is_unknown_not_zero(text: str) -> None:
    assert read_time_s({"time": text}, KNOWN) is None


def test_duration_counts_where_time_is_missing() -> None:
    assert read_time_s({"duration": "3"}, KNOWN) == 3
