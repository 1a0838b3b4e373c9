"""Faults are read from words and documented in one place."""

from __future__ import annotations

import re

import pytest

from pytest_jama.sandbox.faults import ALL_KINDS, FaultError, FaultKind, RandomFault, parse_fault
from pytest_jama.sandbox.jama.app import API_PATHS
from tests.every import every
from tests.sandbox.documentation import documented_rows


@every(
    "words, fault",
    [
        ("429", RandomFault("429")),
        (" 429 : 0.2 ", RandomFault("429", probability=0.2)),
        ("drop-after:.1@POST", RandomFault("drop-after", probability=0.1, method="POST")),
        ("403@/testruns/*", RandomFault("403", path="/testruns/*")),
        ("403@patch/testruns/*", RandomFault("403", method="PATCH", path="/testruns/*")),
        ("500,after=20,times=40", RandomFault("500", after=20, times=40)),
        ("slow:1,wait=50ms", RandomFault("slow", wait_s=0.05)),
        ("429, wait = 2s", RandomFault("429", wait_s=2)),
        (
            "lie:0.5@PATCH/testruns/*,times=1,after=2",
            RandomFault(
                "lie", probability=0.5, method="PATCH", path="/testruns/*", times=1, after=2
            ),
        ),
    ],
)
def test_words_become_a_fault(words: str, fault: RandomFault) -> None:
    assert parse_fault(words) == fault


@pytest.mark.parametrize(
    "words, path",
    [("403@PATCH /rest/v1/testruns/4", "/testruns/4"), ("503@/rest/oauth/token", "/oauth/token")],
)
def test_a_path_may_be_given_as_a_client_asks_for_it(words: str, path: str) -> None:
    assert parse_fault(words, paths=API_PATHS).path == path


def test_the_seed_belongs_to_the_fault() -> None:
    assert parse_fault("429:0.2", seed=7) == RandomFault("429", probability=0.2, seed=7)


@every(
    "words, message",
    [
        ("", "'' is not a kind"),
        ("drop_after", "'drop_after' is not a kind (did you mean drop-after?)"),
        ("429:2", "the probability '2' is not a number above 0 and up to 1"),
        ("429:0", "the probability '0' is not a number above 0"),
        ("429:nan", "the probability 'nan' is not a number above 0"),
        ("429:often", "the probability 'often' is not a number"),
        ("429@", "'@' is not @METHOD, @/path or @METHOD/path"),
        ("429@PUSH", "'@PUSH' is not @METHOD"),
        ("429@testruns/*", "'@testruns/*' is not @METHOD"),
        ("429@POST:0.2", "'@POST:0.2' is not @METHOD"),
        ("locked@GET", "locked never meets GET"),
        ("stale@PATCH/testruns/*", "stale never meets PATCH"),
        ("429,first=3", "'first=3' is none of after=N, times=N, wait=DURATION"),
        ("429,times=-1", "'-1' is not a number of requests"),
        ("429,times=1,times=2", "times is given twice"),
        ("429,wait=5", "'5' is not a duration such as 50ms"),
        (f"429,wait={'9' * 400}s", "is not a duration"),
        ("429-bare,wait=5s", "429-bare has nothing to wait for"),
    ],
)
def test_wrong_words_are_refused_with_the_kinds_and_an_example(words: str, message: str) -> None:
    with pytest.raises(FaultError, match=re.escape(message)) as caught:
        parse_fault(words)
    assert str(caught.value).startswith(f"{words!r} is not a fault: ")
    assert "as in 429:0.2 or drop-after:0.1@POST" in str(caught.value)
    assert "kinds are 400, 401" in str(caught.value)


def row(kind: FaultKind) -> str:
    meets = {"any": "any", "GET": "lists", "writes": "writes"}[kind.meets]
    wait = "" if kind.wait_s is None else f"{kind.wait_s:g}s"
    return f"| `{kind.name}` | {kind.what} | {meets} | {kind.processed} | {wait} |"


def test_the_documentation_lists_every_kind() -> None:
    rows = documented_rows("| kind | what the client meets |")
    assert rows == [row(kind) for kind in ALL_KINDS]
