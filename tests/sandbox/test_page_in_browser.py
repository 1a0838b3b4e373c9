"""The page as a real browser shows it; collected only where there is one (see conftest.py)."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from tests.sandbox.browser import Browser, find_browser
from tests.sandbox.client import add, statuses
from tests.sandbox.test_attachments import address, new_attachment, upload

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_jama.sandbox.jama.model import Node
    from tests.sandbox.client import World

WIDTHS = "[...document.querySelectorAll('{}')].map(each => each.getBoundingClientRect().width)"
EVIL = "<script>console.error('ran')</script><img src=http://example.com/x onerror=alert(1)>"
HOSTILE = (
    EVIL,
    "<svg/onload=console.error('ran')><animate onbegin=console.error('ran')></svg>",
    "<a href=\"javascript:console.error('ran')\">click</a>",
    "<style>@import 'http://example.com/x';body{display:none}</style>",
    "<style>*{background:url(http://example.com/x)}",
    "<iframe srcdoc=\"<script>parent.console.error('ran')</script>\"></iframe>",
    "<meta http-equiv=refresh content='0;url=http://example.com/'>",
    "<base href=http://example.com/><form action=http://example.com/><button>go</button>",
    "<link rel=stylesheet href=http://example.com/x><object data=http://example.com/x>",
    "</title></main></details></span>--><script>console.error('ran')</script>",
    "\" autofocus onfocus=console.error('ran') x=\"",
    "{{ 7 * 7 }}{% raw %}${7*7}",
    "\u202egnp.exe\u2066",
    "<![CDATA[<script>console.error('ran')</script>",
)
"""Names and results that want to run, to load, to leave, to hide the page or to turn it around."""


PLACES = (
    "/",
    "/cycles/{run.cycle_id}",
    "/runs/{run.id}",
    "/projects/{run.project}",
    "/items/{run.case_id}",
    "/groups/{run.test_group_id}",
)


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


@pytest.mark.parametrize("place", PLACES)
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


# One black point. Source: W3C, PNG Specification.
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
)
SVG = (
    b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'>"
    b"<script>console.error('ran')</script><rect width='9' height='9'/></svg>"
)


@pytest.fixture
def files(world: World, run: Node) -> dict[str, str]:
    """The addresses of three files of a run; two are images in its results, too."""
    contents = {"image/png": PNG, "image/svg+xml": SVG, "text/html": EVIL.encode()}
    found = {}
    for media_type, content in contents.items():
        attachment = new_attachment(world)
        upload(world, attachment, name="a name " * 9, content=content, media_type=media_type)
        world.api.post(f"/testruns/{run.id}/attachments", {"attachment": attachment})
        found[media_type] = address(world, attachment)
    images = "".join(f'<img src="{each}">' for each in found.values())
    world.api.patch(f"/testruns/{run.id}", add("actualResults", f"<p>seen {images}</p>"))
    return found


def wait_for_images(browser: Browser) -> list[int]:
    """Return the widths of the images of the page, in points of their own."""
    loaded = "[...document.images].every(each => (each.loading = 'eager', each.complete))"
    for _ in range(10_000):
        if browser.value(loaded):
            break
    widths: list[int] = browser.value("[...document.images].map(each => each.naturalWidth)")
    return widths


@pytest.mark.parametrize("width_px", [360, 1200])
def test_images_of_a_run_are_shown_and_run_nothing(
    browser: Browser, world: World, run: Node, files: dict[str, str], width_px: int
) -> None:
    browser.open(f"{world.sandbox.url}/runs/{run.id}", width_px=width_px)
    assert wait_for_images(browser) == [1, 9, 1, 9]
    assert browser.complaints == []
    own = (world.sandbox.url + "/", "data:")
    assert [url for url in browser.requested if not url.startswith(own)] == []
    assert browser.value("document.documentElement.scrollWidth") <= width_px
    assert files["text/html"] not in browser.requested


@pytest.fixture(params=["plain", "rich"])
def hostile_cycle(world: World, request: pytest.FixtureRequest) -> int:
    """A cycle with a run for each hostile text, in its name, result, custom field and steps."""
    around = "{}" if request.param == "plain" else "<p>kept</p>{}"
    cases = [world.store.add_case(world.key, name=text, steps=1) for text in HOSTILE]
    plan = world.store.add_plan(world.key, f"Plan {''.join(HOSTILE)}", cases=cases)
    cycle = world.store.add_cycle(plan, f"Cycle {''.join(HOSTILE)}")
    for run, text in zip(world.store.runs(cycle), HOSTILE, strict=True):
        step = [{"status": "FAILED", "result": around.format(text)}]
        sent = (
            add("testRunSteps", step),
            add("actualResults", around.format(text)),
            add("environment$37", around.format(text)),
            add("tested_in_version$37", text),
        )
        assert world.api.patch(f"/testruns/{run.id}", *sent).status == 200
    return cycle


def test_hostile_texts_neither_run_nor_load_nor_hide_anything(
    browser: Browser, world: World, hostile_cycle: int
) -> None:
    runs = world.store.runs(hostile_cycle)
    of_items = [f"/projects/{runs[0].project}", f"/items/{runs[0].case_id}"]
    places = ["/", f"/cycles/{hostile_cycle}", *(f"/runs/{run.id}" for run in runs), *of_items]
    for place in places:
        browser.open(world.sandbox.url + place)
        browser.value("[...document.querySelectorAll('a, button')].map(each => each.focus())")
        assert browser.complaints == []
        own = (world.sandbox.url + "/", "data:")
        assert [url for url in browser.requested if not url.startswith(own)] == []
        foreign = (
            "main script, main style, main iframe, main form, main meta, main object, "
            'main img:not([src^="/attachment/"])'  # of files that other tests have attached
        )
        assert browser.value(f"document.querySelectorAll('{foreign}').length") == 0
        assert browser.value("document.querySelectorAll('[onload], [onfocus], base').length") == 0
        assert browser.value("document.querySelector('h1').checkVisibility()") is True
    browser.open(world.sandbox.url + places[1])
    names = browser.value("[...document.querySelectorAll('.name')].map(each => each.textContent)")
    assert names == list(HOSTILE)


def test_a_name_that_turns_its_direction_turns_nothing_behind_it(
    browser: Browser, world: World
) -> None:
    plan = world.store.add_plan(world.key, "Plan \u202e", cases=world.cases(0))
    cycle = world.store.add_cycle(plan, "Cycle \u202e")
    browser.open(world.sandbox.url)
    rows = f"document.querySelector('a[href=\"/cycles/{cycle}\"]').nextElementSibling"
    assert browser.value(f"getComputedStyle({rows}).unicodeBidi") == "isolate"
    browser.open(f"{world.sandbox.url}/cycles/{cycle}")
    link = f"document.querySelector('.path a[href=\"/#plan-{plan}\"]')"
    behind = f"(() => {{const r = document.createRange(); r.selectNode({link}.nextSibling);"
    edge = f"{behind} return r.getBoundingClientRect().left}})()"
    assert browser.value(edge) >= browser.value(f"{link}.getBoundingClientRect().right")


@pytest.mark.parametrize("width_px", [360, 1200])
@pytest.mark.parametrize("place", PLACES)
def test_nothing_sticks_out_of_a_narrow_or_a_wide_window(
    browser: Browser, world: World, run: Node, place: str, width_px: int
) -> None:
    browser.open(world.sandbox.url + place.format(run=run), width_px=width_px)
    assert browser.value("document.documentElement.scrollWidth") <= width_px


def test_the_first_key_leads_to_the_content(browser: Browser, world: World, run: Node) -> None:
    browser.open(f"{world.sandbox.url}/projects/{run.project}", width_px=420)
    skip = "document.querySelector('a.skip')"
    assert browser.value(f"document.querySelector('a') === {skip}") is True
    assert browser.value(f"{skip}.getBoundingClientRect().right") < 0
    assert browser.value(f"({skip}.focus(), {skip}.getBoundingClientRect().left)") >= 0


def test_the_arrow_of_a_run_takes_no_line_of_its_own(
    browser: Browser, world: World, run: Node
) -> None:
    bare = next(each for each in world.store.runs(run.cycle_id) if not each.steps)
    browser.open(f"{world.sandbox.url}/cycles/{run.cycle_id}", width_px=420)
    summary = f"document.querySelector('#run-{bare.id} summary')"
    name = f"{summary}.querySelector('.name').getBoundingClientRect().bottom"
    assert browser.value(f"{summary}.getBoundingClientRect().bottom - {name}") < 16


def test_words_of_a_status_stay_inside_of_the_table(
    browser: Browser, world: World, run: Node
) -> None:
    world.store.set_status(run.id, "NOT_APPLICABLE")
    browser.open(f"{world.sandbox.url}/projects/{run.project}", width_px=420)
    edges = "[document.querySelector('.items .badge'), document.querySelector('.items')]"
    badge, table = browser.value(f"{edges}.map(each => each.getBoundingClientRect().right)")
    assert badge <= table
