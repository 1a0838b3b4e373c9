"""Rich text is normalised when stored and reduced to words when shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from pytest_jama.sandbox.jama.rich_text import normalised, plain, words_of


@pytest.mark.parametrize(
    "text, stored",
    [
        ("fine", "<p>fine</p>\n"),
        ("a<br>b<BR/>c", "<p>a<br />b<br />c</p>\n"),
        ("<p>a</p><p>b</p>", "<p>a</p>\n<p>b</p>\n"),
        ("<p>a</p>\n", "<p>a</p>\n"),
        ("a\xa0b", "<p>a&nbsp;b</p>\n"),
        ("<b>bold</b>", "<p><b>bold</b></p>\n"),
        ("  ", ""),
    ],
)
def test_text_is_stored_in_one_form(text: str, stored: str) -> None:
    assert normalised(text) == stored


@given(some.text())
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    assert normalised(normalised(text)) == normalised(text)


@pytest.mark.parametrize(
    "rich, words",
    [
        ("<p>a &lt; b</p>\n<p>c&nbsp;d</p>\n", "a < b\n\nc d"),
        ("one<br />two", "one\ntwo"),
        ("<b>bold</b><p>next</p>", "bold\nnext"),
        ("<script>alert(1)</script>kept<style>x</style>", "kept"),
        ("<img src=x onerror=alert(1)>", ""),
    ],
)
def test_markup_is_left_out_of_what_is_shown(rich: str, words: str) -> None:
    assert plain(rich) == words


def test_text_that_is_not_rich_is_shown_as_it_is() -> None:
    assert words_of("saw <Foo object>") == "saw <Foo object>"
    assert words_of("<p>saw &lt;Foo&gt;</p>") == "saw <Foo>"
