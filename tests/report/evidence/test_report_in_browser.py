"""The page of a report in a real browser; collected only where there is one (see conftest.py)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.report.evidence.records import mixed, page_of
from tests.sandbox.browser import Browser, find_browser

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SEEN = (
    "[...document.querySelectorAll('{}')].filter(each => each.getBoundingClientRect().height > 0)"
)
KEYS = f"{SEEN.format('summary .mono')}.map(each => each.textContent)"
TESTS = f"{SEEN.format('.case .body code')}.length"
ROWS = f"{SEEN.format('#index tbody tr')}.length"
FILTER = """(() => {{
    const input = document.querySelector('.filter input');
    input.value = '{}';
    input.dispatchEvent(new Event('input'));
}})()"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    program = find_browser()
    assert program is not None
    with Browser(program, tmp_path_factory.mktemp("browser")) as browser:
        yield browser


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a page with cases of each sort, and with names that are long."""
    page: Path = tmp_path_factory.mktemp("report") / "report.html"
    page.write_text(page_of(mixed(name="n" * 300)), encoding="utf-8")
    return page.as_uri()


def test_nothing_scrolls_sideways_on_a_phone(browser: Browser, address: str) -> None:
    browser.open(address, width_px=420)

    assert browser.value("document.documentElement.scrollWidth") <= 420
    browser.value("document.querySelector('[data-x=\"1\"]').click()")
    assert browser.value("document.documentElement.scrollWidth") <= 420


def test_the_page_asks_for_nothing_and_complains_of_nothing(browser: Browser, address: str) -> None:
    browser.open(address)

    assert browser.complaints == []
    assert browser.requested == [address]


def test_a_filter_hides_rows_and_cases(browser: Browser, address: str) -> None:
    browser.open(address)
    browser.value(FILTER.format("j-tc-99"))

    assert browser.value(KEYS) == ["J-TC-99"]
    assert browser.value(ROWS) == 1
    assert browser.value("document.getElementById('hits').textContent") == "1 of 9 shown"


def test_paper_has_every_case_whatever_is_filtered_or_closed(
    browser: Browser, address: str
) -> None:
    browser.open(address)
    browser.value("document.querySelector('[data-x=\"\"]').click()")
    browser.value(FILTER.format("j-tc-99"))
    browser.look_as("print")

    assert browser.value(KEYS) == [f"J-TC-{number}" for number in (*range(1, 9), 99)]
    assert (browser.value(ROWS), browser.value(TESTS)) == (9, 10)
    browser.look_as("screen")
