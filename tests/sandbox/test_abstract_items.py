"""The search over everything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.client import add

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.client import Answer, World
    from tests.sandbox.conftest import Clock


def search(world: World, **query: Any) -> Answer:
    return world.api.get("/abstractitems", params={"project": world.project, **query})


def test_several_document_keys_are_found_at_once(world: World) -> None:
    cases = world.cases(0, 0, 0)
    answer = search(world, documentKey=[f"{world.key}-TC-3", f"{world.key}-TC-1", "NO-TC-1"])
    assert answer.ids == [cases[0], cases[2]]


def test_a_document_key_matches_exactly(world: World) -> None:
    world.cases(*[0] * 12)
    assert search(world, documentKey=f"{world.key}-TC-1").total == 1
    assert search(world, documentKey=f"{world.key}-tc-1").total == 0


def test_another_project_finds_nothing(world: World) -> None:
    world.cases(0)
    assert search(world, documentKey=f"{world.key}-TC-1", project=99999999).total == 0


@pytest.mark.parametrize(
    "contains, found",
    [
        ("login", {"Login page", "The login"}),
        ("LOGIN page", {"Login page"}),
        ('"log"', {"Login page", "The login", "Logout"}),
        ("log", set()),
        ('name:"Log"', {"Login page", "The login", "Logout"}),
        ("description:special", {"Logout"}),
        (["page", "logout"], {"Login page", "Logout"}),
    ],
)
def test_contains_finds_words(world: World, contains: Any, found: set[str]) -> None:
    for name in ("Login page", "The login"):
        world.store.add_case(world.key, name=name)
    world.store.add_case(world.key, name="Logout", description="<p>some <b>special</b> rule</p>")
    assert {item["fields"]["name"] for item in search(world, contains=contains).data} == found


def test_contains_finds_the_label_of_what_was_picked(world: World) -> None:
    run = world.run()
    world.api.patch(f"/testruns/{run.id}", add("test_bench$37", 882))
    assert search(world, contains='"Bench B"').ids == [run.id]
    assert search(world, contains='"Bench A"').ids == []


def test_contains_reads_words_as_the_knobs_say(make_world: Callable[..., World]) -> None:
    world = make_world(search_words="any", search_tokens="split")
    made = [world.store.add_case(world.key, name=name) for name in ("Login page", "The log-out")]
    assert search(world, contains="page out").ids == made
    assert search(world, contains=f"{world.key}-TC-99", itemType=26).ids == made
    assert search(world, contains="logi", includeWildcard="true").ids == made[:1]


def test_contains_finds_global_ids_keys_and_ids(world: World) -> None:
    case = world.store.add_case(world.key, global_id=f"GID-{world.key}")
    for text in (f"GID-{world.key}", f"{world.key}-TC-1", str(case)):
        assert case in search(world, contains=text).ids


def test_contains_without_a_word_is_refused(world: World) -> None:
    assert search(world, contains='""').message.endswith("has no word to look for")


def test_runs_cycles_and_plans_are_found_too(world: World) -> None:
    world.cycle(0)
    assert [item["type"] for item in search(world, itemType=[35, 36, 37]).data] == [
        "testcycles",
        "testplans",
        "testruns",
    ]


def test_the_order_can_be_chosen(world: World) -> None:
    cases = world.cases(0, 0)
    answer = search(world, itemType=26, sortBy="documentKey.desc")
    assert answer.ids == cases[::-1]
    assert "sortBy 'color.asc'" in search(world, sortBy="color.asc").message


def test_a_date_means_since_then_and_two_mean_a_range(
    make_world: Callable[..., World], clock: Clock
) -> None:
    world = make_world()
    (early,) = world.cases(0)
    clock.now_s += 3600
    (late,) = world.cases(0)
    since = "2024-06-01T10:30:00Z"
    assert search(world, createdDate=since).ids == [late]
    assert early in search(world, lastActivityDate=["2024-06-01T00:00:00Z", since]).ids


def test_search_lags_behind_as_the_knob_says(
    make_world: Callable[..., World], clock: Clock
) -> None:
    world = make_world(search_lag_s=5.0)
    body = {"project": world.project, "itemType": 26, "fields": {"name": "new"}}
    item = world.api.post("/items", body).id
    assert (search(world, contains="new").ids, world.api.get(f"/items/{item}").status) == ([], 200)
    clock.now_s += 5
    assert search(world, contains="new").ids == [item]


def test_anything_is_shown_by_its_id(world: World) -> None:
    run = world.run()
    assert world.api.get(f"/abstractitems/{run.id}").data["type"] == "testruns"
    assert world.api.get(f"/abstractitems/{run.cycle_id}").data["type"] == "testcycles"
    assert world.api.get("/abstractitems/999999").message == "there is no object with the ID 999999"


def test_a_key_can_be_changed_and_mean_another_case(world: World) -> None:
    one, two = world.cases(0, 0)

    def found(key: str) -> list[int]:
        return world.api.get("/abstractitems", params={"documentKey": key}).ids

    assert world.store.renumber(one, f"{world.key}-TC-2") == f"{world.key}-TC-1"
    assert (found(f"{world.key}-TC-2"), found(f"{world.key}-TC-1")) == ([one], [two])
    world.store.renumber(one, f"{world.key}-TC-7")
    assert (found(f"{world.key}-TC-7"), found(f"{world.key}-TC-2")) == ([one], [])
    assert world.store.add_case(world.key, f"{world.key}-TC-2") not in (one, two)
    (new,) = world.cases(0)
    assert world.api.get(f"/items/{new}").data["documentKey"] == f"{world.key}-TC-8"


def test_global_ids_are_not_found_where_the_knob_says_so(make_world: Callable[..., World]) -> None:
    world = make_world(search_global_ids="no")
    case = world.store.add_case(world.key, "W-TC-12", global_id="GID-512")
    for text in ("GID-512", '"GID-512"', "globalId:GID-512"):
        assert search(world, contains=text).ids == []
    assert search(world, contains="W-TC-12").ids == [case]
