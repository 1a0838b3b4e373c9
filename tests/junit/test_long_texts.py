"""Texts of more than 10 MB: legal, and refused by libxml2 unless all its limits are lifted."""

from __future__ import annotations

import pytest

from junit_uploader.junit.long_texts import LONGEST_TEXT
from tests.junit.reports import PASSED, make_case, notes, read, suite

LONG = "long text\n" * 1_100_000


@pytest.mark.parametrize(
    "inside, expected",
    [
        pytest.param('<failure message="{}"/>', "failed", id="attribute"),
        pytest.param("<failure>{}</failure>", "failed", id="text"),
        pytest.param("<failure><![CDATA[{}]]></failure>", "failed", id="CDATA"),
        pytest.param("<system-out>{}</system-out><error/>", "error", id="output before"),
        pytest.param("<!--{}--><skipped/>", "skipped", id="comment"),
        pytest.param("<j:failure xmlns:j='urn:x'>{}</j:failure>", "failed", id="namespace"),
    ],
)
def test_long_text_changes_no_outcome(inside: str, expected: str) -> None:
    reading = read(suite(make_case(inside.format(LONG)), PASSED))
    assert [each.outcome.value for each in reading.testcases] == [expected, "passed"]


def test_text_that_was_cut_is_said_with_its_size() -> None:
    found = notes(read(suite(make_case(f"<failure>{LONG}</failure>"))))
    assert found == ("a text was cut: <failure> has 11,000,000 characters",)


def test_long_text_is_read_beside_forbidden_characters() -> None:
    reading = read(suite(make_case(f"<failure>\x08{LONG}</failure>"), PASSED))
    assert len(reading.testcases) == 2


def test_properties_are_found_beside_a_long_text() -> None:
    marks = "[[PROPERTY|jama=A-TC-1]]\n"
    reading = read(suite(make_case(f"<system-out>{marks}{LONG}</system-out>")))
    assert list(map(str, reading.testcases[0].links)) == ["A-TC-1"]


def test_lines_for_tools_are_found_behind_what_is_cut() -> None:
    block = "[[PROPERTY|jama]]\nA-TC-1\n[[/PROPERTY]]\n"
    marks = f"{block}[[PROPERTY|jama=A-TC-2]]\nat 12:00 [[ATTACHMENT|shot.png]]"
    text = f"{LONG}{marks}\n{LONG}[[ATTACHMENT|log.txt]]"
    (testcase,) = read(suite(make_case(f"<system-out>{text}</system-out>"))).testcases
    assert list(map(str, testcase.links)) == ["A-TC-1", "A-TC-2"]
    assert [each.value for each in testcase.files] == ["shot.png", "log.txt"]


@pytest.mark.parametrize("before", range(0, 40, 7))
def test_a_mark_across_the_cut_is_found(before: int) -> None:
    text = "." * (LONGEST_TEXT - before) + "\n[[ATTACHMENT|shot.png]]\n" + LONG
    (testcase,) = read(suite(make_case(f"<system-out>{text}</system-out>"))).testcases
    assert [each.value for each in testcase.files] == ["shot.png"]
