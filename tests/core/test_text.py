from __future__ import annotations

import json
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_jama.core.text import clean, first_line, shorten, without_user_info
from tests.core.values import LAW

any_text = st.text(st.characters(exclude_categories=()))


@pytest.mark.parametrize(
    "text, expected",
    [
        pytest.param("plain", "plain", id="plain"),
        pytest.param("\x1b[31mred\x1b[0m", "red", id="colour"),
        pytest.param("\x1b[1;38;5;9mred\x1b[K", "red", id="many parameters"),
        pytest.param("a\tb\nc\r\n", "a\tb\nc\r\n", id="tabs and line ends stay"),
        pytest.param("a\x00b\x07", "a\ufffdb\ufffd", id="control characters"),
        pytest.param("\ud800", "\ufffd", id="lone surrogate"),
        pytest.param("\uffff\ufffe", "\ufffd\ufffd", id="no characters"),
        pytest.param("\x1bX", "\ufffdX", id="escape without sequence"),
        pytest.param("Prüfung 漢字 😀", "Prüfung 漢字 😀", id="other languages stay"),
    ],
)
def test_text_is_cleaned(text: str, expected: str) -> None:
    assert clean(text) == expected


@LAW
@given(any_text)
def test_clean_text_is_fit_for_utf_8_json_and_xml(text: str) -> None:
    cleaned = clean(text)
    element = ET.Element("e")
    element.text = cleaned

    assert json.loads(json.dumps(cleaned).encode()) == cleaned
    assert ET.fromstring(ET.tostring(element, encoding="utf-8")).tag == "e"  # noqa: S314 (ours)


@LAW
@given(any_text)
def test_clean_text_is_not_cleaned_further(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@pytest.mark.parametrize(
    "text, at_most, expected",
    [
        pytest.param("abc", 3, "abc", id="fits"),
        pytest.param("abcd", 3, "ab…", id="one too long"),
        pytest.param("abcd", 1, "…", id="room for the mark only"),
        pytest.param("", 1, "", id="empty"),
    ],
)
def test_a_text_is_cut_with_a_mark(text: str, at_most: int, expected: str) -> None:
    assert shorten(text, at_most=at_most) == expected


@LAW
@given(st.text(), st.integers(1, 20))
def test_a_shortened_text_is_never_too_long_and_begins_as_before(text: str, at_most: int) -> None:
    shortened = shorten(text, at_most=at_most)

    assert len(shortened) <= at_most
    assert text.startswith(shortened.removesuffix("…"))


@pytest.mark.parametrize(
    "text, expected",
    [
        pytest.param("one\ntwo", "one", id="two lines"),
        pytest.param("\n \n  two \n", "two", id="blank lines first"),
        pytest.param(" \n", "", id="only blanks"),
        pytest.param("", "", id="empty"),
    ],
)
def test_the_first_line_that_says_something_is_found(text: str, expected: str) -> None:
    assert first_line(text) == expected


@pytest.mark.parametrize(
    "url, expected",
    [
        pytest.param("https://acme.example/x?y=1#z", "https://acme.example/x?y=1#z", id="none"),
        pytest.param("https://joe:hunter2@acme.example/x", "https://acme.example/x", id="both"),
        pytest.param("https://joe@acme.example", "https://acme.example", id="name only"),
        pytest.param("https://joe:hu@nter2@acme.example", "https://acme.example", id="at sign"),
        pytest.param("http://:hunter2@[::1]:8080/", "http://[::1]:8080/", id="IPv6 and port"),
        pytest.param("https://acme.example/@joe", "https://acme.example/@joe", id="path"),
    ],
)
def test_user_name_and_password_are_cut_out_of_a_url(url: str, expected: str) -> None:
    assert without_user_info(url) == expected
