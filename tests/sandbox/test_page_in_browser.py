"""The page as a real browser shows it; collected only where there is one (see conftest.py)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.sandbox.browser import Browser, find_browser
from tests.sandbox.client import add, statuses

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_jama.sandbox.jama.model import Node
    from tests.sandbox.client import World

WIDTHS = "[...document.querySelectorAll('{}')].map(each => each.getBoundingClientRect().width)"
EVIL = "<script>console.error('ran')</script><img src=http://example.com/x onerror=alert(1)>"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    program = find_browser()
    assert program is not None
    with Browser(program, tmp_path_factory.mktemp("browser")) as browser:
        yield browser


@pytest.fixture
def run(world: World) -> Node:
    """One failed run of four, with two steps and texts that want to be markup."""
    case = world.store.add_case(world.key, name=f"Case {EVIL}", steps=2)
    plan = world.plan(case, *world.cases(0, 0, 0))
    run = world.store.runs(world.store.add_cycle(plan, f"Cycle {EVIL}"))[0]
    sent = statuses("PASSED", "FAILED")
    sent[1]["result"] = f"saw {EVIL}"
    world.api.patch(
        f"/testruns/{run.id}", add("testRunSteps", sent), add("actualResults", f"kept {EVIL}")
    )
    return run


@pytest.mark.parametrize("place", ["/", "/cycles/{run.cycle_id}", "/runs/{run.id}"])
def test_a_page_loads_without_complaint_and_asks_nobody_else(
    browser: Browser, world: World, run: Node, place: str
) -> None:
    browser.open(world.sandbox.url + place.format(run=run))
    assert browser.complaints == []
    own = (world.sandbox.url + "/", "data:")
    assert [url for url in browser.requested if not url.startswith(own)] == []
    assert f"{world.sandbox.url}/style.css" in browser.requested


def test_the_overview_shows_the_plan_its_cycle_and_a_bar_to_scale(
    browser: Browser, world: World, run: Node
) -> None:
    browser.open(world.sandbox.url)
    article = f"#plan-{run.plan_id}"
    failed, not_run = browser.value(WIDTHS.format(f"{article} svg.bar rect"))
    assert not_run == pytest.approx(3 * failed)
    assert failed + not_run == pytest.approx(browser.value(WIDTHS.format(f"{article} svg"))[0])
    assert failed > 100
    legend = browser.value(f"document.querySelector('{article} .legend').innerText")
    assert legend.split() == ["1", "✗", "failed", "3", "○", "not", "run"]


def test_a_run_is_unfolded_by_a_click_and_shows_its_steps(
    browser: Browser, world: World, run: Node
) -> None:
    browser.open(f"{world.sandbox.url}/cycles/{run.cycle_id}")
    steps = f"document.querySelector('#run-{run.id} .steps')"
    assert browser.value(f"{steps}.checkVisibility()") is False
    browser.value(f"document.querySelector('#run-{run.id} summary').click()")
    assert browser.value(f"{steps}.checkVisibility()") is True
    text = browser.value(f"{steps}.innerText")
    assert [word for word in ("✓ passed", "✗ failed", "Action 2") if word not in text] == []


def test_texts_are_shown_and_never_run(browser: Browser, world: World, run: Node) -> None:
    browser.open(f"{world.sandbox.url}/runs/{run.id}")
    assert f"saw {EVIL}" in browser.value("document.body.innerText")
    assert browser.value("document.querySelectorAll('main script, main img').length") == 0


@pytest.mark.parametrize("width_px", [360, 1200])
@pytest.mark.parametrize("place", ["/", "/cycles/{run.cycle_id}", "/runs/{run.id}"])
def test_nothing_sticks_out_of_a_narrow_or_a_wide_window(
    browser: Browser, world: World, run: Node, place: str, width_px: int
) -> None:
    browser.open(world.sandbox.url + place.format(run=run), width_px=width_px)
    assert browser.value("document.documentElement.scrollWidth") <= width_px
