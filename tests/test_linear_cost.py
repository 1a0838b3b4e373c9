"""What others wrote costs time in proportion to its length, whatever it is.

Each function that searches the texts of servers, reports or people has its worst texts here. Only
sizes are compared: no test knows how fast the machine is.
"""

from __future__ import annotations

import contextlib
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from junit_uploader.junit.dialects import DIALECTS, Dialects
from junit_uploader.junit.elements import find_properties, without_marks
from junit_uploader.junit.notes import UnreadableError
from junit_uploader.junit.parser import FastFeed
from junit_uploader.junit.scenarios import find_listed_tags, find_tags, read_scenario
from pytest_jama.cli.cases.case_drafts import read_docstring
from pytest_jama.core.folding import fold
from pytest_jama.core.key_patterns import KeyPattern
from pytest_jama.core.redaction import redact
from pytest_jama.core.text import clean, first_line, printable
from pytest_jama.targets.http.content import find_json, text_of
from pytest_jama.targets.http.responses import find_retry_after_s
from pytest_jama.targets.http.words import find_title, plain_text
from pytest_jama.targets.jama.actual_results import (
    escaped,
    is_in,
    read_account,
    read_entries,
    rich_text,
    shorten_html,
    words_of,
)
from tests.every import every

if TYPE_CHECKING:
    from collections.abc import Callable

SHORT = 8_000
LONG = 4 * SHORT
"""Characters. What is quadratic takes 16 times as long for the longer text."""

AT_MOST = 9
"""A busy machine makes single measurements worse, never better; the best of several counts."""

_DIALECTS = Dialects(DIALECTS)
_KEY = KeyPattern("*a*a**a*a**a*c*", cast("Any", None))
_SIGNED = "<p>PASSED: pytest-jama 1, "
_FIELD = "[[PROPERTY|a]]\n"


def read_broken(report: bytes) -> None:
    with contextlib.suppress(UnreadableError):
        parser = FastFeed()
        parser.feed(report)
        parser.close()


def _answer(content: bytes, **headers: str) -> Any:
    return SimpleNamespace(content=content, headers=headers, encoding=headers.get("encoding"))


WORST: dict[str, tuple[Callable[[str], object], tuple[str, ...]]] = {
    "clean": (clean, ("\x1b[", "\x1b[0", "\x1b", "\x00")),
    "printable": (printable, ("\x1b[", "\u202e", "\x1b[0;")),
    "first_line": (first_line, ("\n", " ", "\x0b")),
    "fold": (fold, ("<!--", "<style>", "<a", "<script </script", "<img src", "&#", "<a ")),
    "find_title": (find_title, ("<title", "<title>", "</title", "<TITLE >")),
    "plain_text": (plain_text, ("<script", "<script>", "<", "</style>", "<style></style", "&#")),
    "text_of punycode": (lambda t: text_of(_answer(t.encode(), encoding="punycode")), ("a-", "-")),
    "text_of idna": (lambda t: text_of(_answer(t.encode(), encoding="idna")), ("xn--a.", "a")),
    "find_json": (lambda t: find_json(_answer(t.encode())), ("[", "9", "{", '"\\u', "1e9", "-")),
    "find_retry_after_s": (
        lambda t: find_retry_after_s(_answer(b"", **{"Retry-After": t}), now_s=0),
        ("9", "Wed, ", "1 a 1 ", " x"),
    ),
    "redact": (lambda t: redact(t, ["s3cret", "aaaa"]), ("a", "s3cre", "&#")),
    "entries": (
        lambda t: [read_account(each) for each in read_entries(t)],
        ("<p>", "<p ", "replaced ", "<a", "session ", "replaced 2020-01-01 00:00:00 UTC by "),
    ),
    "an account": (
        lambda t: [read_account(each) for each in read_entries(_SIGNED + t)],
        (" UTC", "<br>", " UTC,", "session a, checksum "),
    ),
    "words_of": (words_of, ("<a", "<a '", '<a "', "<!", "&", "<a'\"")),
    "is_in": (lambda t: is_in("nowhere", t), ("<a", "a", "&amp")),
    "shorten_html": (
        lambda t: shorten_html(t, at_most=len(t) - 9),
        ("<!--", "<a", "<b>", "&a", "</b>", "--><!--"),
    ),
    "rich_text": (lambda t: rich_text([t], at_most=len(t) // 2), ("&", " ", "\n", "\t")),
    "escaped": (lambda t: escaped(t, at_most=len(t) // 2), ("&", "a", "\x1b[")),
    "find_tags": (lambda t: list(find_tags(t)), ("@jama:", "@", "@jama: ")),
    "find_listed_tags": (lambda t: list(find_listed_tags(t)), ("jama:", ",jama:", " @")),
    "read_scenario": (
        lambda t: list(read_scenario("@scenario.begin\n  " + t)),
        ("a ... ", " ... a", " ", "a ... b in 1"),
    ),
    "read_scenario of Cucumber": (
        lambda t: list(read_scenario("a...passed\na" + t)),
        (".", "a...", "...passed", ". "),
    ),
    "find_phase": (
        lambda t: _DIALECTS.find_phase('failed on setup with "' + t),
        ('"', "a", "\n"),
    ),
    "readable": (_DIALECTS.readable, ("#x1B", "#x1B[", "&#27;[0;", "#x0")),
    "find_properties": (
        lambda t: list(find_properties(t)),
        (
            *("[[PROPERTY|a", _FIELD, "[[PROPERTY|a=", "[[PROPERTY|a=b]]]]"),
            *(_FIELD + "[[/PROPERTY]]x", "[[ATTACHMENT|", "[[ATTACHMENT|a]]", "|{[[ATTACHMENT|"),
        ),
    ),
    "a key with wildcards": (
        lambda t: _KEY.fits_between(t, 0, len(t)),
        ("a", "ab", "a/", "a b", ":a"),
    ),
    "the root of a report": (
        lambda t: read_broken(f"<!-- {t}".encode()),
        ("<!--", "<a", "-->", "&#1;<"),
    ),
    "a docstring": (
        lambda t: read_docstring(f"Steps:\n- a{t}"),
        (" ", "->", " -> ", "\n- ", "\n  ", "\nsteps ", "\nExpected :", "\n\n"),
    ),
    "without_marks": (without_marks, (_FIELD, "[[ATTACHMENT|", "[[ATTACHMENT|]]", "[[ \n")),
}


def _seconds(function: Callable[[str], object], text: str) -> float:
    began = time.thread_time()
    function(text)
    return time.thread_time() - began


@every("name, piece", [(name, piece) for name, (_, pieces) in WORST.items() for piece in pieces])
def test_a_text_four_times_as_long_takes_about_four_times_as_long(name: str, piece: str) -> None:
    function = WORST[name][0]
    short, long = (piece * (length // len(piece)) for length in (SHORT, LONG))
    before = after = float("inf")
    for _ in range(5):
        before = min(before, _seconds(function, short))
        after = min(after, _seconds(function, long))
        if after <= AT_MOST * max(before, 0.002):  # a shorter time says nothing
            break
    assert after <= AT_MOST * max(before, 0.002)
