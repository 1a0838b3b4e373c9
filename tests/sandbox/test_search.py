"""Words and dates of the search."""

from __future__ import annotations

import re

import pytest

from pytest_jama.sandbox.jama.model import ApiError
from pytest_jama.sandbox.jama.routes.abstractitems import date_range, matches, split_field


@pytest.mark.parametrize(
    "query, text, found",
    [
        ("login", "Login with password", True),
        ("log", "Login with password", False),
        ('"log"', "Login with password", True),
        ('"WITH pass"', "Login with password", True),
        ("GID-51", "GID-51", True),
        ("GID-51", "GID-512", False),
        ("GID-51", "GID-52", False),
        ("JEET1-TC-1", "JEET1-TC-1.", True),
        ("logout password", "Login with password", True),
        ("", "Login", False),
    ],
)
def test_words_match_as_wholes_and_quotes_match_anywhere(
    query: str, text: str, found: bool
) -> None:
    assert matches(query, text) is found


@pytest.mark.parametrize(
    "query, parts",
    [
        ('name:"x y"', ("name", '"x y"')),
        ("globalId:GID-1", ("globalId", "GID-1")),
        ("http://x", (None, "http://x")),
        ("plain", (None, "plain")),
    ],
)
def test_a_query_may_be_restricted_to_a_field(query: str, parts: tuple[str | None, str]) -> None:
    assert split_field(query) == parts


def test_dates_of_any_offset_are_compared_in_utc() -> None:
    dates = ["2024-05-31T12:00:00.123+0200", "2024-06-01T00:00:00Z"]
    start, end = date_range("createdDate", dates)
    assert (start, end) == ("2024-05-31T10:00:00.000+0000", "2024-06-01T00:00:00.000+0000")


@pytest.mark.parametrize(
    "dates, message",
    [
        (["2024-05-31"], "is not a date like"),
        (["2024-05-31T10:00:00.000 0000"], "written %2B"),
        (["2024-05-31T10:00:00Z"] * 3, "createdDate was given 3 times"),
    ],
)
def test_other_dates_are_refused(dates: list[str], message: str) -> None:
    with pytest.raises(ApiError, match=re.escape(message)):
        date_range("createdDate", dates)
