"""Accounts and what others wrote, in one field that Jama rewrites."""

from __future__ import annotations

import html
import re
from datetime import datetime, timezone
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_jama.sandbox.jama.rich_text import normalised
from pytest_jama.targets.jama.actual_results import (
    ACCOUNT_SIZE,
    StoredEntry,
    account_html,
    below,
    is_in,
    over_line,
    plain_text,
    read_account,
    read_entries,
    shorten_html,
    with_earlier,
    words_of,
)
from pytest_jama.targets.jama.inline_images import image_html
from tests.every import every

NOW = datetime(2026, 11, 28, 18, 20, 5, tzinfo=timezone.utc)
OVER = f"<p>{over_line(NOW)}</p>"
LINES = ("FAILED: 1 failed", "tests/t.py::ä[<b>]: failed", "  1 < 2 & “x”", "pytest-jama, commit a")
ACCOUNT = account_html(LINES, keep=LINES[-1:], session="20261128T182000Z-1f2e")
OLD = "<p>PASSED: pytest-jama 0.1.0, pytest 9.2.0, 2026-11-01 10:00:00 UTC<br />t: passed</p>"
MEASURED = '<p>measured <b style="x">4.2&nbsp;V</b> &amp; fine</p>'

REWRITTEN = [
    pytest.param(lambda text: text, id="as it is"),
    pytest.param(normalised, id="normalised"),
    pytest.param(lambda text: text.replace("<br />", "<BR>\n"), id="other breaks"),
    pytest.param(lambda text: text.replace("p>", "div>"), id="other blocks"),
    pytest.param(lambda text: text.replace("&nbsp;", "\xa0"), id="hard spaces as such"),
    pytest.param(lambda text: text.replace("&#x27;", "'").replace("&quot;", '"'), id="entities"),
    pytest.param(lambda text: text.replace("ä", "&auml;"), id="more entities"),
    pytest.param(lambda text: text.replace("<br />", "</p><p>"), id="paragraphs"),
    pytest.param(lambda text: text.replace("<p>", '<p class="x">'), id="attributes"),
    pytest.param(lambda text: re.sub("[“”]", "?", text), id="lost quotes"),
    pytest.param(lambda text: f"<div>{text}</div>", id="wrapped"),
]


@every("rewrite", REWRITTEN)
def test_an_account_is_recognised_however_it_is_rewritten(rewrite: object) -> None:
    assert callable(rewrite)
    stored = rewrite(ACCOUNT)
    (entry,) = read_entries(stored)
    account = read_account(entry)
    assert account
    assert (account.status, account.session) == ("FAILED", "20261128T182000Z-1f2e")
    assert is_in(ACCOUNT, stored)


@every("rewrite", REWRITTEN)
def test_entries_are_told_apart_however_they_are_rewritten(rewrite: object) -> None:
    assert callable(rewrite)
    stored = rewrite(ACCOUNT + OVER + OLD + OVER + MEASURED)
    entries = read_entries(stored)
    assert [words_of(entry.html) for entry in entries] == [
        words_of(rewrite(each)) for each in (ACCOUNT, OLD, MEASURED)
    ]
    assert below(entries[1:], "") in stored


@every(
    "stored",
    [
        MEASURED,
        "PASSED by hand",
        ACCOUNT.replace("1 failed", "0 failed"),
        ACCOUNT + "<p>and 4.2 V</p>",
        ACCOUNT.replace("</p>", "<br />and 4.2 V</p>"),
        f"<p>4.2 V</p>{ACCOUNT}",
        f"{OLD}<p>and 4.2 V</p>",
        "<p>FAILED: 1 failed</p>",
        "",
    ],
)
def test_what_people_wrote_or_changed_is_not_an_account(stored: str) -> None:
    assert read_account(StoredEntry(stored)) is None


def test_an_account_of_an_old_version_is_one() -> None:
    account = read_account(StoredEntry(OLD + "\n"))
    assert account
    assert (account.status, account.session) == ("PASSED", "")


@every("stored", ["", " \n", "<p></p>\n", "<p>&nbsp;</p>", "<div><br/></div>"])
def test_an_empty_field_has_no_entry(stored: str) -> None:
    assert read_entries(stored) == ()


def test_a_picture_is_an_entry() -> None:
    assert len(read_entries('<p><img src="/attachment/7/scope.png" /></p>')) == 1


def test_what_confirms_is_cut_first_and_the_provenance_never() -> None:
    lines = ("FAILED", *(f"why {n}" for n in range(3000)), "pytest 9", "made by me", "a: passed")
    text = account_html(lines, keep=("pytest 9", "made by me"), session="s")
    assert len(text) <= ACCOUNT_SIZE
    assert text.startswith("<p>FAILED<br />why 0<br />")
    assert "more lines)<br />pytest 9<br />made by me<br />session s, checksum " in text
    assert "a: passed" not in text
    assert read_entries(text)[0].html == text
    lines = ("PASSED: 9", "why", "pytest 9", *(f"t{n}: passed" for n in range(3000)))
    text = account_html(lines, keep=("pytest 9",), session="s")
    assert text.startswith("<p>PASSED: 9<br />why<br />pytest 9<br />t0: passed")
    assert len(text) <= ACCOUNT_SIZE
    assert read_account(StoredEntry(text))


def test_the_oldest_entry_is_cut_first_with_a_mark() -> None:
    earlier = below(
        [StoredEntry("<p>newer</p>"), StoredEntry("<p><b>" + "old " * 100 + "</b></p>")], OVER
    )
    text = with_earlier(ACCOUNT, earlier, at_most=len(ACCOUNT) + 300)
    assert len(text) <= len(ACCOUNT) + 300
    assert text.startswith(f"{ACCOUNT}{OVER}<p>newer</p>{OVER}<p><b>old old")
    assert text.endswith("… (shortened)</b></p>")


class _Balance(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.opened: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        del attrs
        if tag not in ("br", "img"):
            self.opened.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert tag in ("br", "img") or self.opened.pop() == tag


pieces = st.recursive(
    st.sampled_from(["4.2 V", "a &amp; b", "<br />", '<img src="a>b" />', "ä", "<!-- - -->", " "]),
    lambda inner: st.tuples(
        st.sampled_from(["p", "b", "td", "span"]), st.lists(inner, max_size=4)
    ).map(lambda pair: f'<{pair[0]} title="1 > 0">{"".join(pair[1])}</{pair[0]}>'),
    max_leaves=12,
)


@given(st.lists(pieces, max_size=6).map("".join), st.integers(14, 300))
def test_html_of_others_stays_well_formed_when_it_is_cut(text: str, room: int) -> None:
    short = shorten_html(text, at_most=room)
    balance = _Balance()
    balance.feed(short)
    balance.close()
    assert balance.opened == []
    assert short == text or short.count("… (shortened)") == 1
    assert len(short) <= room


@given(st.lists(st.text(min_size=1, max_size=40), min_size=1, max_size=6))
def test_entries_are_read_as_they_were_written(texts: list[str]) -> None:
    entries = [StoredEntry(f"<p>x{html.escape(text)}</p>") for text in texts]
    stored = entries[0].html + below(entries[1:], OVER)
    assert [entry.html for entry in read_entries(stored)] == [entry.html for entry in entries]


def test_account_shows_what_nobody_would_see() -> None:
    lines = (
        "FAILED: 1 failed",
        "t\u202e::x: failed",
        "  a\u200bb\x9b \u05e9\u05dc",
        "commit \u2066c",
    )
    account = account_html(lines, keep=lines[-1:], session="20261128T182000Z-1f2e")

    assert r"t\u202e::x: failed<br />" in account
    assert "a\\u200bb\\x9b \u05e9\u05dc<br />" in account
    assert account.count(r"commit \u2066c<br />") == 1
    own = read_account(StoredEntry(account))
    assert own is not None
    assert own.status == "FAILED"


def test_a_number_of_a_character_may_be_longer_than_numbers_are() -> None:
    assert words_of(f"<p>a&#{'1' * 5_000};b</p>") == "a\N{REPLACEMENT CHARACTER}b"


def test_an_account_with_images_is_ours_and_its_plain_form_has_none() -> None:
    image = image_html("https://acme.example/attachment/7/a%20b.png", 'a "b" <c>.png')
    lines = ("PASSED: 1 passed", "pytest-jama, commit abc")
    plain = account_html(lines, keep=lines[1:], session="s")
    shown = account_html(lines, keep=lines[1:], session="s", images=(image, image))
    assert shown.count("<img ") == 2
    for stored in (shown, shown.replace("<img ", "<p><img class='x' "), plain):
        (entry,) = read_entries(stored)
        account = read_account(entry)
        assert account is not None
        assert account.session == "s"
    assert plain_text(shown).replace("\n\n", "\n") == plain_text(plain)


def test_images_that_do_not_fit_are_left_out() -> None:
    images = [image_html(f"https://acme.example/{number}", "a.png") for number in range(300)]
    long = ["FAILED: 1 failed", *["x" * 100] * 200]
    account = account_html(long, keep=["from here"], session="s", images=images)
    assert len(account) <= ACCOUNT_SIZE
    assert 1 < account.count("<img ") == account.count('alt="a.png" />') < 300
