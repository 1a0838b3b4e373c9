"""Rich text that reads the same is the same; what changes the meaning is not."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pytest_jama.core.folding import fingerprint, fold
from tests.every import every


@every(
    "one, other",
    [
        ("Check the fuse", "<p>Check the fuse</p>"),
        ("Check the fuse", " Check\n the&nbsp;\t fuse "),
        ("fusebox", "<b>fuse</b><SPAN class='x'>box</SPAN>"),
        ("one two", "one<br/>two"),
        ("one two", "<ul><li>one</li><li>two</li></ul>"),
        ("5 < 10 & 2 > 1", "5 &lt; 10 &amp; 2 &#62; 1"),
        ("x <= y", "<div>x &lt;= y<!-- a note --></div>"),
        ("caf\u00e9", "cafe\u0301"),
        ("word", "wo\u00adrd\u200b"),
        ("see [a.png]", 'see <img alt="" src="https://one/attachment/7/a.png?v=2" />'),
        ("", "<p>&nbsp;</p>"),
        ("p { }", "<style>p {color: red}</style>p { }"),
    ],
)
def test_two_ways_to_write_the_same(one: str, other: str) -> None:
    assert fold(one) == fold(other)
    assert fingerprint(fold(one)) == fingerprint(fold(other))


@every(
    "one, other",
    [
        ("5 mA", "5 MA"),
        ("10<sup>5</sup>", "105"),
        ("H<sub>2</sub>O", "H<sup>2</sup>O"),
        ("press <del>twice</del> once", "press twice once"),
        ("a < b", "a > b"),
        ("<img src='a.png'>", "<img src='b.png'>"),
        ("1.5", "1 5"),
        ("one two", "onetwo"),
    ],
)
def test_what_means_something_else_is_not_the_same(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@given(st.text())
def test_folding_is_done_once_and_can_be_stored(text: str) -> None:
    folded = fold(text)

    folded.encode("utf-8")
    assert "\n" not in folded
    assert " ".join(folded.split()) == folded


def test_a_number_of_a_character_may_be_longer_than_numbers_are() -> None:
    assert fold(f"<p>a&#{'1' * 5_000};b</p>") == "a\N{REPLACEMENT CHARACTER}b"
