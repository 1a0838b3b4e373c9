"""Rich text is normalised when stored and reduced to words when shown."""

from __future__ import annotations

import time
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as some

from pytest_jama.sandbox.jama.rich_text import normalised, plain, rich, words_and_images
from tests.every import every


@every(
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


@every(
    "rich, words",
    [
        ("<p>a &lt; b</p>\n<p>c&nbsp;d</p>\n", "a < b\n\nc d"),
        ("one<br />two", "one\ntwo"),
        ("<b>bold</b><p>next</p>", "bold\nnext"),
        ("<script>alert(1)</script>kept<style>x</style>", "kept"),
        ("<img src=x onerror=alert(1)>", ""),
        ("<SCRIPT>if (1 < 2) '<style>'</SCRIPT>kept", "kept"),
        ("<a title='2 > 1'>kept</a>", "kept"),
        ("a<!-- <p> --> b <!doctype html><?php 1 ?>c", "a b c"),
        ("a <!-- without an end", "a"),
        ("1 < 2 <", "1 < 2 <"),
        ("<![", "<!["),
        ("<template>no</p></template><p>yes", "yes"),
    ],
)
def test_markup_is_left_out_of_what_is_shown(rich: str, words: str) -> None:
    assert plain(rich) == words


def test_text_that_is_not_rich_is_shown_as_it_is() -> None:
    assert words_and_images("saw <Foo object>", Image) == ["saw <Foo object>"]
    assert words_and_images("<p>saw &lt;Foo&gt;</p>", Image) == ["saw <Foo>"]
    assert words_and_images(" ", Image) == []


@every(
    "text, shown",
    [
        ("(0.06) &lt; (0.05)", "(0.06) < (0.05)"),
        ("a &amp; b<br />c", "a & b\nc"),
        ("<b>bold</b> &amp;", "<b>bold</b> &amp;"),
        ("R&amp;D", "R&D"),
        ("a < b", "a < b"),
        ("'&lt;' is not '<'", "'&lt;' is not '<'"),
        ("R&D &lt; 3", "R&D &lt; 3"),
        ("<Foo object> &lt;", "<Foo object> &lt;"),
        ("&unknown; &lt;", "&unknown; &lt;"),
        ("no sign at all", "no sign at all"),
    ],
)
def test_a_text_is_html_where_nothing_is_left_to_escape(text: str, shown: str) -> None:
    assert words_and_images(text, Image) == [shown]


@every(
    "text, stored",
    [
        ("a < b\nc\n\nd\n", "<p>a &lt; b<br />c</p>\n<p>d</p>\n"),
        ("<p>a</p>", "<p>a</p>"),
        ("", ""),
    ],
)
def test_a_text_of_people_becomes_paragraphs(text: str, stored: str) -> None:
    assert rich(text) == stored


@dataclass(frozen=True)
class Image:
    source: str


@every(
    "rich, pieces",
    [
        ('<p>a <img src="/x?a&amp;b"> b</p>', ["a", Image("/x?a&b"), "b"]),
        ("<p><IMG alt=x src='/y z'/></p>", [Image("/y z")]),
        ("<p><img src=/z><img data-src=/no></p>", [Image("/z"), Image("")]),
        ("<p>a<!-- <img src=/no> --><script><img src=/no></script>b</p>", ["ab"]),
        ("a <img src=/no>", ["a <img src=/no>"]),
    ],
)
def test_images_of_a_rich_text_stand_between_its_words(rich: str, pieces: list[object]) -> None:
    assert words_and_images(rich, Image) == pieces


def test_an_image_that_is_not_to_be_shown_leaves_the_words_together() -> None:
    assert words_and_images("<p>a <img src=/x>b</p><p>c</p>", lambda _: None) == ["a b\nc"]


@every("text", ["<![CDATA[", "<!", "&#" + "9" * 5000 + ";", "</", "&#xD800;", "<a <"])
def test_broken_markup_is_no_obstacle(text: str) -> None:
    assert plain(f"before<br>{text}").startswith("before\n")


@given(some.text("<>&/!-'\"?[]ab #;\n"))
def test_any_text_can_be_shown(text: str) -> None:
    assert plain(f"before<br>{text}").startswith("before")


PIECES = [
    *("<!--", "<a ", "<a", "<", "&#", "<![", "</p", "<script>", "<p>", "</p> ", "<br" + " " * 50),
    *("<img src='", "<img " + "src= " * 9, "<img src=x>"),
    *("<a b='", '<a "x" ', '"x" ', "'", "<?"),
]


@pytest.mark.parametrize("piece", PIECES)
def test_showing_eight_times_the_text_costs_about_eight_times_as_much(piece: str) -> None:
    def cost_s(size: int) -> float:
        text = "<a " + piece * (size // len(piece))
        begin = time.thread_time()
        normalised(plain(text))
        words_and_images(f"<p>{text}", Image)
        return time.thread_time() - begin

    assert min(cost_s(80_000) for _ in range(2)) < 24 * max(cost_s(10_000), 0.002)
