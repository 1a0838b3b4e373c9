from __future__ import annotations

from tests.faults.page import PAGE, page_text


def test_the_page_is_fresh() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == page_text(page), "run: python -m tests.faults.page"
