from __future__ import annotations

import html
import json
import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_jama.core.text import (
    clean,
    first_line,
    printable,
    printable_json,
    printable_lines,
    shorten,
    unescaped,
    visible,
    without_user_info,
)
from tests.every import every

any_text = st.text(st.characters(exclude_categories=()))
PIECES = (
    *(
        "#",
        "##",
        ":",
        "::",
        "vso",
        "teamcity",
        "[",
        "]",
        " ",
        "\n",
        "\r",
        "\x1b",
        "[31m",
        "\x9b",
        "a",
    ),
    *("\u202e", "\u200d", "\ufe0f", "\xe9", "\u2764", "\U000e0041", "\ud800", "\u0378"),
)
hostile_text = st.lists(st.sampled_from(PIECES)).map("".join)


@every(
    "text, expected",
    [
        pytest.param("plain", "plain", id="plain"),
        pytest.param("\x1b[31mred\x1b[0m", "red", id="colour"),
        pytest.param("\x1b[1;38;5;9mred\x1b[K", "red", id="many parameters"),
        pytest.param("\x1b[?25hred\x1b[?2004l", "red", id="modes"),
        pytest.param("\x1b[2 q", "", id="cursor"),
        pytest.param("\x1b[31password", "\ufffd[31password", id="no command"),
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


@given(any_text)
def test_clean_text_is_fit_for_utf_8_json_and_xml(text: str) -> None:
    cleaned = clean(text)
    element = ET.Element("e")
    element.text = cleaned

    assert json.loads(json.dumps(cleaned).encode()) == cleaned
    assert ET.fromstring(ET.tostring(element, encoding="utf-8")).tag == "e"  # noqa: S314 (ours)


@given(any_text)
def test_clean_text_is_not_cleaned_further(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@every(
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


@given(st.text(), st.integers(1, 20))
def test_a_shortened_text_is_never_too_long_and_begins_as_before(text: str, at_most: int) -> None:
    shortened = shorten(text, at_most=at_most)

    assert len(shortened) <= at_most
    assert text.startswith(shortened.removesuffix("…"))


@every(
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


@every(
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


PARTS_OF_A_COMMAND = re.compile(r"##\w*\[|^\s*::", re.MULTILINE)


@every(
    "text, expected",
    [
        pytest.param("plain: a/b.py::test[x]", "plain: a/b.py::test[x]", id="plain"),
        pytest.param("Prüfung 漢字 😀 e\u0301", "Prüfung 漢字 😀 e\u0301", id="other languages"),
        pytest.param("\x1b[31mred\x1b[0m", "red", id="colour"),
        pytest.param("\x1b]8;;x\x07y", r"\x1b]8;;x\x07y", id="link"),
        pytest.param("\x9b31m", r"\x9b31m", id="8-bit control sequence"),
        pytest.param("a\rb\nc\td", r"a\rb\nc\td", id="ends of lines and tabs"),
        pytest.param("\x0b\x0c\x85\u2028\u2029", r"\x0b\x0c\x85\u2028\u2029", id="ends of Unicode"),
        pytest.param("a\u202eb\u2066\u200f", r"a\u202eb\u2066\u200f", id="direction"),
        pytest.param("a\u200bb\ufeff\U000e0041", r"a\u200bb\ufeff\U000e0041", id="no width"),
        pytest.param("\u3164\u115f", r"\u3164\u115f", id="letters that nobody sees"),
        pytest.param("\ud800", r"\ud800", id="lone surrogate"),
        pytest.param("👩\u200d🔬 ❤\ufe0f 1\ufe0f", "👩\u200d🔬 ❤\ufe0f 1\ufe0f", id="emoji"),
        pytest.param("\u06cc\u200c\u062e", "\u06cc\u200c\u062e", id="Persian"),
        pytest.param("a\u200db", r"a\u200db", id="joiner without use"),
        pytest.param("a\ufe0f\ufe0f", "a\ufe0f\\ufe0f", id="second selector"),
        pytest.param("::error::x", r":\x3aerror::x", id="GitHub"),
        pytest.param("  ::error::x", r"  :\x3aerror::x", id="GitHub after blanks"),
        pytest.param("x ##vso[task.y]", r"x #\x23vso[task.y]", id="Azure"),
        pytest.param("##[error]", r"#\x23[error]", id="GitHub and Azure"),
        pytest.param("###[error]", r"##\x23[error]", id="three"),
        pytest.param("x##teamcity[y]", r"x#\x23teamcity[y]", id="TeamCity"),
        pytest.param("#\x1b[0m#vso[x]", r"#\x23vso[x]", id="put together by a dropped colour"),
        pytest.param("## heading, a##b", "## heading, a##b", id="no command"),
        pytest.param("section_start:1:x\r\x1b[0K", r"section_start:1:x\r", id="GitLab"),
    ],
)
def test_text_is_shown_harmless(text: str, expected: str) -> None:
    assert printable(text) == expected


@given(any_text | hostile_text)
def test_shown_text_is_one_line_without_anything_for_machines(text: str) -> None:
    shown = printable(text)

    others = [each for each in shown if not each.isprintable()]
    assert set(others) <= {"\u200c", "\u200d"}
    assert PARTS_OF_A_COMMAND.search(shown) is None
    assert printable(shown) == shown


@given(any_text | hostile_text)
def test_lines_are_shown_as_each_of_them(text: str) -> None:
    assert printable_lines(text).split("\n") == [printable(line) for line in text.split("\n")]


@given(st.recursive(hostile_text, lambda each: st.dictionaries(hostile_text, each), max_leaves=5))
def test_json_says_the_same_and_has_no_command(value: object) -> None:
    document = printable_json(json.dumps(value, indent=2))

    assert json.loads(document) == value
    assert printable_lines(document) == document
    assert PARTS_OF_A_COMMAND.search(document) is None


@every(
    "text, expected",
    [
        pytest.param("a\u202eb", r"a\u202eb", id="direction"),
        pytest.param("a\u200bb\xad\u2066", r"a\u200bb\xad\u2066", id="no width"),
        pytest.param("a\x9b\x1b", r"a\x9b\x1b", id="controls"),
        pytest.param("שלום عليكم", "שלום عليكم", id="Hebrew and Arabic"),
        pytest.param("a\tb\r\nc\xa0", "a\tb\r\nc\xa0", id="blanks and ends of lines"),
        pytest.param("::x ##vso[y]", "::x ##vso[y]", id="commands: nothing is printed here"),
        pytest.param("\ue0b0\U0001fae8", "\ue0b0\U0001fae8", id="signs that are new or private"),
    ],
)
def test_what_nobody_sees_is_written_out(text: str, expected: str) -> None:
    assert visible(text) == expected


@given(any_text | hostile_text)
def test_visible_text_is_not_changed_further(text: str) -> None:
    assert visible(visible(text)) == visible(text)


@every(
    "text, read",
    [
        ("&#65;&#x41;&lt;&#0000065;", "AA<A"),
        (f"&#{'0' * 9_000}65;", "A"),
        ("&#x110000;&#1114112;&#11141111;&#999999999;", "\ufffd" * 4),
        (f"a&#{'1' * 9_000};b&#{'1' * 9_000}c", "a\ufffdb\ufffdc"),
        (f"&#x{'f' * 9_000};", "\ufffd"),
        ("&#;&#", "&#;&#"),
    ],
)
def test_a_reference_to_a_character_may_have_any_number(text: str, read: str) -> None:
    assert unescaped(text) == read


@given(st.text(st.sampled_from("&#;0123456789xaAlt ")))
def test_references_are_read_as_html_reads_them(text: str) -> None:
    assert unescaped(text) == html.unescape(text)
