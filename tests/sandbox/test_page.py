"""The read-only page."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import pytest
import requests

from pytest_jama.sandbox.jama.page import bar_of, pages_of
from tests.every import every
from tests.sandbox.client import add, statuses
from tests.sandbox.markup import elements_of
from tests.sandbox.test_attachments import address, new_attachment, upload

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_jama.sandbox.jama.model import Node
    from tests.sandbox.client import World

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>"


def page(world: World, path: str = "/") -> str:
    response = requests.get(world.sandbox.url + path, timeout=5)
    assert response.status_code == 200
    return response.text


def test_an_empty_sandbox_says_what_to_do(make_world: Callable[..., World]) -> None:
    world = make_world()
    world.store.database.execute("DELETE FROM projects")
    assert "--seed jama.yaml" in page(world)


def test_the_overview_shows_plans_and_cycles_with_counts(make_world: Callable[..., World]) -> None:
    world = make_world()
    cycle = world.cycle(0, 0, 0)
    run = world.store.runs(cycle)[0]
    world.api.patch(f"/testruns/{run.id}", add("testRunStatus", "FAILED"))
    text = page(world)
    assert f'href="/cycles/{cycle}"' in text
    assert 'aria-label="3 runs: 1 failed, 2 not run"' in text
    assert '<rect class="NOT_RUN" x="1" y="0" width="2" height="1">' in text


@pytest.mark.parametrize("place", ["/", "/cycles/{run.cycle_id}", "/runs/{run.id}", "/runs/0"])
def test_every_page_is_well_formed_and_leads_nowhere_else(world: World, place: str) -> None:
    run = world.run(steps=2)
    text = requests.get(world.sandbox.url + place.format(run=run), timeout=5).text
    elements = elements_of(text)
    assert [each for each in elements if each.name in {"script", "iframe", "object"}] == []
    addresses = [each.attributes.get(name) for each in elements for name in ("href", "src")]
    assert [at for at in addresses if at and not at.startswith(("/", "data:", "#"))] == []


def test_the_bars_of_the_overview_are_filled_without_a_gap(world: World) -> None:
    cycle = world.cycle(*[0] * 5)
    first, second, *_ = world.store.runs(cycle)
    world.api.patch(f"/testruns/{first.id}", add("testRunStatus", "PASSED"))
    world.api.patch(f"/testruns/{second.id}", add("testRunStatus", "BLOCKED"))
    elements = elements_of(page(world))
    link = next(e for e in elements if e.attributes.get("href") == f"/cycles/{cycle}")
    behind = elements[elements.index(link) :]
    rects = [each for each in behind if each.name == "rect"][:3]
    parts = [(r.attributes["class"], r.attributes["x"], r.attributes["width"]) for r in rects]
    assert parts == [("PASSED", "0", "1"), ("BLOCKED", "1", "1"), ("NOT_RUN", "2", "3")]
    assert next(e for e in behind if e.name == "svg").attributes["viewbox"] == "0 0 5 1"


def test_a_cycle_shows_runs_steps_and_results(world: World) -> None:
    run = world.run(steps=1)
    sent = statuses("FAILED")
    sent[0]["result"] = "saw <Foo object>"
    world.api.patch(
        f"/testruns/{run.id}", add("testRunSteps", sent), add("actualResults", "3 &lt; 4")
    )
    text = page(world, f"/cycles/{run.cycle_id}")
    for words in (
        run.case_key,
        "3 &lt; 4",
        "Action 1",
        "saw &lt;Foo object&gt;",
        "✗</span> failed",
    ):
        assert words in text


def test_strings_of_tests_are_never_markup(world: World) -> None:
    case = world.store.add_case(world.key, name=f"Name {EVIL}", steps=1)
    cycle = world.store.add_cycle(world.plan(case), f"Cycle {EVIL}")
    run = world.store.runs(cycle)[0]
    sent = statuses("PASSED")
    sent[0]["result"] = EVIL
    world.api.patch(
        f"/testruns/{run.id}", add("testRunSteps", sent), add("actualResults", f"kept {EVIL}")
    )
    for path in ("/", f"/cycles/{cycle}", f"/runs/{run.id}"):
        text = page(world, path)
        assert "<script" not in text
        assert "<img" not in text.replace('<img src="/attachment/', "")  # files of other tests
    assert "kept" in text


def test_the_browser_is_told_to_run_and_load_nothing(world: World) -> None:
    headers = requests.get(f"{world.sandbox.url}/", timeout=5).headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'; img-src 'self' data:")
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_runs_can_be_chosen_by_status(world: World) -> None:
    cycle = world.cycle(0, 0)
    first, second = world.store.runs(cycle)
    world.api.patch(f"/testruns/{first.id}", add("testRunStatus", "PASSED"))
    text = page(world, f"/cycles/{cycle}?status=PASSED")
    assert (f'id="run-{first.id}"' in text, f'id="run-{second.id}"' in text) == (True, False)


def test_a_run_has_a_page_of_its_own_where_it_is_unfolded(world: World) -> None:
    run = world.run()
    assert f'id="run-{run.id}" open>' in page(world, f"/runs/{run.id}")


def test_stale_locked_and_orphaned_runs_are_marked(world: World) -> None:
    run = world.run()
    world.store.set_lock(run.id)
    world.store.bump_case_version(run.case_id)
    text = page(world, f"/cycles/{run.cycle_id}")
    assert ("locked by tess" in text, "case changed" in text) == (True, True)
    world.store.delete_case(run.case_id)
    assert "case deleted" in page(world, f"/cycles/{run.cycle_id}")


def test_links_carry_the_context_path(make_world: Callable[..., World]) -> None:
    world = make_world(context_path="/contour")
    run = world.run()
    for path in ("", "/", f"/cycles/{run.cycle_id}"):
        assert 'href="/contour/style.css"' in page(world, path)
    assert "--passed" in page(world, "/style.css")


@pytest.mark.parametrize("path", ["/cycles/999999", "/runs/999999"])
def test_a_missing_page_leads_back(world: World, path: str) -> None:
    response = requests.get(world.sandbox.url + path, timeout=5)
    assert (response.status_code, "all plans</a>" in response.text) == (404, True)


def test_a_long_cycle_is_shown_in_pages(world: World) -> None:
    cycle = world.cycle(*[0] * 201)
    assert page(world, f"/cycles/{cycle}").count("<details") == 200
    last = page(world, f"/cycles/{cycle}?page=2")
    assert (last.count("<details"), "page 2 of 2" in last) == (1, True)


def test_a_bar_has_a_segment_for_each_status_that_occurs() -> None:
    bar = bar_of({"NOT_RUN": 2, "PASSED": 3})
    assert [(part.status, part.start, part.count) for part in bar.segments] == [
        ("PASSED", 0, 3),
        ("NOT_RUN", 3, 2),
    ]
    assert bar_of({}).text == "no runs"


@every("wanted, number, before, behind", [(0, 1, None, 2), (2, 2, 1, 3), (9, 3, 2, None)])
def test_pages_have_neighbours(
    wanted: int, number: int, before: int | None, behind: int | None
) -> None:
    pages = pages_of(5, wanted=wanted, size=2)
    assert (pages.number, pages.previous, pages.next) == (number, before, behind)


def test_a_status_beside_the_five_is_shown(world: World) -> None:
    run = world.run()
    world.store.set_status(run.id, "NOT_APPLICABLE")
    assert "⊘</span> not applicable" in page(world, f"/runs/{run.id}")
    assert run.name in page(world, f"/cycles/{run.cycle_id}?status=NOT_APPLICABLE")


def with_image(world: World, media_type: str = "image/png") -> tuple[Node, str]:
    """Return a run with a file, and the address of that."""
    run, attachment = world.run(steps=1), new_attachment(world)
    upload(world, attachment, name="the page.png", media_type=media_type)
    for path in (f"/testruns/{run.id}", f"/testplans/{run.plan_id}"):
        world.api.post(f"{path}/attachments", {"attachment": attachment})
    return run, address(world, attachment)


def sources(text: str) -> list[str | None]:
    return [each.attributes.get("src") for each in elements_of(text) if each.name == "img"]


def test_files_of_runs_and_plans_are_shown_and_linked(world: World) -> None:
    run, at = with_image(world)
    path = at.removeprefix(world.sandbox.url)
    for place in ("/", f"/cycles/{run.cycle_id}", f"/runs/{run.id}"):
        text = page(world, place)
        assert f'<a href="{path}">the page.png</a>' in text
        assert "image/png, 8 Bytes" in text
        assert path in sources(text)
    assert "<span>1 file</span>" in page(world, f"/runs/{run.id}")


def test_images_in_results_are_shown_in_their_place_if_they_are_stored_here(world: World) -> None:
    run, at = with_image(world)
    path = at.removeprefix(world.sandbox.url)
    foreign = (
        f"http://example.com{path}",
        at.replace("/attachment/", "/x/attachment/"),
        "data:image/png;base64,AA==",
        f"{world.sandbox.url}/style.css",
        f'{path}" onerror=alert(1) x="',
    )
    images = "".join(f'<img src="{html.escape(each)}">' for each in (*foreign, at, path))
    sent = statuses("FAILED")
    sent[0]["result"] = f"<p>step {images}</p>"
    world.api.patch(
        f"/testruns/{run.id}", add("testRunSteps", sent), add("actualResults", f"a {images} b")
    )
    text = page(world, f"/runs/{run.id}")
    assert sources(text) == [path] * 5  # two in each of the texts, one in the list of files
    assert text.index(">a</div>") < text.index(f'<img src="{path}"') < text.index(">b</div>")
    assert "onerror" not in text


def test_a_file_that_is_no_image_is_not_shown_as_one(world: World) -> None:
    run, at = with_image(world, media_type="text/html")
    world.api.patch(f"/testruns/{run.id}", add("actualResults", f'<p>x<img src="{at}"></p>'))
    assert sources(page(world, f"/runs/{run.id}")) == []


def test_images_are_loaded_below_the_context_path(make_world: Callable[..., World]) -> None:
    world = make_world(context_path="/contour")
    run, at = with_image(world)
    world.api.patch(f"/testruns/{run.id}", add("actualResults", f'<p>x<img src="{at}"></p>'))
    path = at.removeprefix(world.sandbox.url)
    assert sources(page(world, f"/runs/{run.id}")) == [f"/contour{path}"] * 2
