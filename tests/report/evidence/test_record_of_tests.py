"""The page of a record whose results ALM Octane judges: tests and documents, and no cases."""

from __future__ import annotations

from lxml import html

from pytest_jama.core.results import Outcome
from tests.journal.record import a_test
from tests.report.evidence.records import page_of, record, results

OCTANE = {"target": "octane", "space": "1001", "workspace": "1002", "release": "2.4"}


def _page(*, message: str = "") -> html.HtmlElement:
    tests = [
        a_test("test_ok", Outcome.PASSED, cases=""),
        a_test("test_bad", Outcome.FAILED, cases="", message=message),
        a_test("test_left", Outcome.SKIPPED, cases="", message="no pump"),
    ]
    return html.fromstring(page_of(record(*results(*tests), settings=OCTANE)))


def test_each_test_has_its_outcome_and_its_message() -> None:
    page = _page(message="pressure is <2>")

    rows = [
        [cell.text_content().strip() for cell in row.xpath("td")]
        for row in page.xpath("//section[@id='plan']//tbody/tr")
    ]
    assert [row[2] for row in rows] == ["", "pressure is <2>", "no pump"]
    assert "Failed" in rows[1][1]


def test_nothing_is_said_of_cases_and_of_jama() -> None:
    page = _page()

    text = page.xpath("string(//main)")
    for word in ("Planned", "Requirements", "Index of cases", "Jama shows", "test plan", ".lock"):
        assert word not in text
    assert "End of the report. 3 tests, 2 deviations." in page.text_content()


def test_sections_are_numbered_in_one_row_and_each_link_has_its_place() -> None:
    page = _page()

    numbers = [each.text_content()[:1] for each in page.xpath("//h2")]
    linked = [each.get("href") for each in page.xpath("//nav/a")]
    assert numbers == ["1", "2", "3", "4", "5", "6"]
    assert linked == [f"#{each}" for each in page.xpath("//main/section/@id")]
