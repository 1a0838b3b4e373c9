"""Words and dates of the search."""

from __future__ import annotations

import re

import pytest

from pytest_jama.sandbox.jama.full_text import read_contains
from pytest_jama.sandbox.jama.model import ApiError
from pytest_jama.sandbox.jama.routes.abstractitems import date_range
from tests.every import every


def is_found(
    query: str, text: str, *, needs_all: bool = True, tokens: str = "whole", wild: bool = False
) -> bool:
    return read_contains(query, wild=wild, needs_all=needs_all, tokens=tokens).is_in(text)


@every(
    "query, text, found",
    [
        pytest.param("login", "Login with password", True, id="letter case is ignored"),
        pytest.param("log", "Login with password", False, id="whole terms only"),
        pytest.param("login page", "Login with page", True, id="words in any order and place"),
        pytest.param("logout password", "Login with password", False, id="all words are needed"),
        pytest.param('"log"', "Login with password", True, id="quotes add wildcards"),
        pytest.param('"ogi"', "Login with password", True, id="wildcards on both sides"),
        pytest.param('"WITH pass"', "Login with password", True, id="quoted words stay together"),
        pytest.param('"password with"', "Login with password", False, id="and in order"),
        pytest.param("GID-51", "GID-51", True, id="an ID is one term"),
        pytest.param("GID-51", "GID-512", False, id="not the beginning of another"),
        pytest.param('"GID-51"', "GID-512", True, id="but in quotes it is"),
        pytest.param("GID-51 GID-52", "GID-51", False, id="IDs go into parameters of their own"),
        pytest.param("JEET1-TC-1", "JEET1-TC-1.", True, id="a full stop is not part of it"),
    ],
)
def test_words_match_as_wholes_and_quotes_match_anywhere(
    query: str, text: str, found: bool
) -> None:
    assert is_found(query, text) is found


def test_any_of_several_words_may_be_enough() -> None:
    assert is_found("logout password", "Login with password", needs_all=False)
    assert not is_found("logout page", "Login with password", needs_all=False)


@every(
    "query, text, needs_all, found",
    [
        ("GID-51", "GID-512", True, False),
        ("GID-51", "GID-7 of 51", True, True),
        ("GID-51", "GID-52", True, False),
        ("GID-51", "GID-52", False, True),
        ("log_1.txt", "log 1 txt", True, True),
    ],
)
def test_an_id_that_is_split_finds_more_than_itself(
    query: str, text: str, needs_all: bool, found: bool
) -> None:
    assert is_found(query, text, needs_all=needs_all, tokens="split") is found


def test_wildcards_can_be_added_without_quotes() -> None:
    assert is_found("log pass", "Login with password", wild=True)
    assert not is_found("log out", "Login with password", wild=True)


@every(
    "query, parts",
    [
        ('name:"x y"', ("name", ("x y",))),
        ("globalId:GID-1", ("globalId", ("gid-1",))),
        ("http://x", (None, ("http", "//x"))),
        ("plain", (None, ("plain",))),
        ('""', (None, ())),
    ],
)
def test_a_query_may_be_restricted_to_a_field(query: str, parts: object) -> None:
    wanted = read_contains(query, wild=False, needs_all=True, tokens="whole")
    assert (wanted.field, wanted.parts) == parts


def test_dates_of_any_offset_are_compared_in_utc() -> None:
    dates = ["2024-05-31T12:00:00.123+0200", "2024-06-01T00:00:00Z"]
    start, end = date_range("createdDate", dates)
    assert (start, end) == ("2024-05-31T10:00:00.000+0000", "2024-06-01T00:00:00.000+0000")


@every(
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
