"""The page of a trace in a real browser; collected only where there is one (see conftest.py)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pytest_jama.report.evidence.writing import write_record, write_trace
from tests.journal.record import a_test
from tests.report.evidence.records import record, results, sent
from tests.report.evidence.traces import project, traced
from tests.sandbox.browser import Browser, find_browser

if TYPE_CHECKING:
    from collections.abc import Iterator

EVIL = "</style><script>document.title = 'gone'</script><img src=x onerror=alert(1)>" + "n" * 900
ROWS = (
    "[...document.querySelectorAll('.reqs tbody tr')]"
    ".filter(each => each.getBoundingClientRect().height > 0)"
    ".map(each => each.cells[0].textContent)"
)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    program = find_browser()
    assert program is not None
    with Browser(program, tmp_path_factory.mktemp("browser")) as browser:
        yield browser


@pytest.fixture(scope="module", params=["trace", "report"])
def address(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a trace, or of a report that has one; names in it are hostile."""
    found = record(*results(a_test(f"t{EVIL}", cases="J-TC-11")), *sent("J-TC-11"))
    known = project((1, 11), (3, 1), (3, 2), requirements=(1, 2, 3), cases=(11, 12))
    known = replace(
        known,
        requirements=tuple(replace(each, name=EVIL) for each in known.requirements),
        cases=tuple(replace(each, name=EVIL) for each in known.cases),
    )
    found.title = EVIL
    found.trace = traced(found, known)
    path = tmp_path_factory.mktemp("trace") / "page.html"
    if request.param == "trace":
        write_trace(found.trace, path)
    else:
        write_record(found, path, find_file=lambda _: None)
    return path.as_uri()


@pytest.mark.parametrize("width_px", [420, 1200])
def test_nothing_scrolls_sideways(browser: Browser, address: str, width_px: int) -> None:
    browser.open(address, width_px=width_px)

    assert browser.value("document.documentElement.scrollWidth") <= width_px
    assert browser.value(ROWS) == ["J-REQ-2", "J-REQ-3", "J-REQ-1"]


def test_hostile_names_do_nothing(browser: Browser, address: str) -> None:
    browser.open(address)

    assert browser.complaints == []
    assert browser.requested == [address]
    assert browser.value("document.title") != "gone"
    assert browser.value("document.images.length") == 0


def test_a_case_is_one_click_away(browser: Browser, address: str) -> None:
    browser.open(address)
    link = "document.querySelector('.reqs a[href]').getAttribute('href').slice(1)"

    assert "J-TC-11" in browser.value(f"document.getElementById({link}).textContent")


@pytest.mark.parametrize("address", ["trace"], indirect=True)
def test_a_filter_hides_requirements_and_paper_has_them_all(browser: Browser, address: str) -> None:
    browser.open(address)
    browser.value("document.querySelector('[data-f=shown]').click()")
    assert browser.value(ROWS) == ["J-REQ-1"]
    assert browser.value("document.getElementById('hits').textContent") == "1 of 3 shown"

    browser.look_as("print")
    assert len(browser.value(ROWS)) == 3
    browser.look_as("screen")


@pytest.mark.parametrize("address", ["report"], indirect=True)
def test_a_report_finds_cases_by_their_requirements(browser: Browser, address: str) -> None:
    browser.open(address)
    browser.value(
        "(() => { const input = document.querySelector('.filter input'); input.value = 'j-req-3';"
        " input.dispatchEvent(new Event('input')); })()"
    )

    assert browser.value("document.getElementById('hits').textContent") == "1 of 1 shown"
    text = browser.value("document.querySelector('.case').textContent")
    assert "RequirementsJ-REQ-1, J-REQ-3" in text
