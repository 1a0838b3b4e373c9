from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_jama.core.cases import CaseLink
from pytest_jama.core.errors import NotUsableError, RefusedError
from pytest_jama.core.plan import Place
from pytest_jama.targets.octane.context import items_of
from pytest_jama.targets.octane.document_head import DocumentHead, SuiteRef
from tests.targets.octane.octane_lab import map_of, result

if TYPE_CHECKING:
    from tests.targets.octane.conftest import MakeLab
    from tests.targets.octane.octane_lab import OctaneLab


def test_without_anything_named_nothing_is_asked(octane: OctaneLab) -> None:
    found = octane.find()
    assert found.head == DocumentHead()
    assert octane.asked == []


def test_what_is_said_of_all_runs_comes_into_the_head_as_it_is(octane: OctaneLab) -> None:
    found = octane.find(
        environment={"OS": "Linux", "DB": "SQLite"},
        fields={"Framework": "pytest"},
        report_url="https://ci.example/1",
    )
    assert found.head.environment == (("OS", "Linux"), ("DB", "SQLite"))
    assert found.head.fields == (("Framework", "pytest"),)
    assert found.head.report_url == "https://ci.example/1"


def test_names_become_ids_with_one_request_for_each_kind(octane: OctaneLab) -> None:
    store = octane.store
    release = store.add("releases", name="2.4")
    milestone = store.add("milestones", name="Beta", release=release)
    modules = [store.add("product_areas", name=name) for name in ("Pump", "Alarm")]
    suite = store.add("test_suites", name="Night")
    found = octane.find(
        release="2.4",
        milestone="Beta",
        modules=["Pump", "Alarm"],
        suite={"name": "Night", "run": "Build 7"},
    )
    assert found.head == DocumentHead(
        suite=SuiteRef(int(suite), "Build 7"),
        release=int(release),
        milestone=int(milestone),
        modules=(int(modules[0]), int(modules[1])),
    )
    assert octane.asked == [
        "GET releases",
        "GET milestones",
        "GET product_areas",
        "GET test_suites",
    ]


def test_the_default_release_is_sent_by_its_name_and_asked_for_nowhere(octane: OctaneLab) -> None:
    found = octane.find(release="_default_")
    assert (found.head.release, found.head.release_name) == (None, "_default_")
    assert octane.asked == []


@pytest.mark.parametrize(
    "written",
    [pytest.param("{}", id="a bare number"), pytest.param("id:{}", id="an ID by its prefix")],
)
def test_an_id_may_stand_in_the_place_of_a_name(octane: OctaneLab, written: str) -> None:
    release = octane.store.add("releases", name="2.4")
    found = octane.find(release=written.format(release))
    assert found.head.release == int(release)
    assert Place("release", "2.4", int(release)) in found.places
    assert octane.asked == ["GET releases"]


@pytest.mark.parametrize("written", ["2026", "name:2026"])
def test_a_number_may_be_a_name(octane: OctaneLab, written: str) -> None:
    release = octane.store.add("releases", name="2026")
    assert octane.find(release=written).head.release == int(release)


def test_a_number_that_is_the_id_of_one_and_the_name_of_another_is_ambiguous(
    octane: OctaneLab,
) -> None:
    first = octane.store.add("releases", name="2.4")
    second = octane.store.add("releases", name=first)
    with pytest.raises(NotUsableError) as caught:
        octane.find(release=first)
    assert str(caught.value) == (
        f"release '{first}' may be either: one has that ID and is named '2.4', one that name and "
        f"the ID {second}; write id:{first} or name:{first}"
    )


def test_a_name_that_several_have_is_ambiguous(octane: OctaneLab) -> None:
    ids = [octane.store.add("product_areas", name="Pump") for _ in range(2)]
    with pytest.raises(NotUsableError) as caught:
        octane.find(modules=["Pump"])
    assert str(caught.value) == (
        f"2 application modules are named 'Pump' (IDs {', '.join(ids)}); "
        f"name one by its ID: id:{ids[0]}"
    )


@pytest.mark.parametrize(
    "wanted, message",
    [
        pytest.param(
            "2.4.O",
            "there is no release named '2.4.O'; check `release`; did you mean '2.4.0'?",
            id="near",
        ),
        pytest.param(
            "zebra", "there is no release named 'zebra'; check `release`", id="near to nothing"
        ),
        pytest.param(
            "9999999",
            "there is no release with the ID or name '9999999'; check `release`",
            id="number",
        ),
        pytest.param(
            "id:9999999", "there is no release with the ID 9999999; check `release`", id="ID"
        ),
        pytest.param(
            "id:2.4", "'id:2.4' is not an ID; check `release`: id:1001 is one", id="no ID"
        ),
        pytest.param(
            "name:", "'name:' names nothing; check `release`: name:2.4 is a name", id="no name"
        ),
    ],
)
def test_what_is_missing_is_named_with_the_nearest(
    octane: OctaneLab, wanted: str, message: str
) -> None:
    octane.store.add("releases", name="2.4.0")
    with pytest.raises(NotUsableError) as caught:
        octane.find(release=wanted)
    assert str(caught.value) == message


def test_a_name_is_compared_by_its_letters(octane: OctaneLab) -> None:
    octane.store.add("releases", name="Summer")
    with pytest.raises(NotUsableError, match=r"named 'summer'; .*did you mean 'Summer'"):
        octane.find(release="summer")


@pytest.mark.parametrize(
    "name",
    ["a^b", "50 % (\"best\") 'x' \\ y", "a*b", "Prüfung; 漢字 || {x} & + #"],
)
def test_names_with_signs_of_the_query_language_are_found(octane: OctaneLab, name: str) -> None:
    store = octane.store
    store.add("releases", name="aXb")
    release = store.add("releases", name=name)
    assert octane.find(release=name).head.release == int(release)


def test_all_mistakes_are_told_at_once_and_nothing_is_made(octane: OctaneLab) -> None:
    with pytest.raises(NotUsableError) as caught:
        octane.find(
            release="r1",
            milestone="m1",
            modules=["a1", "a2"],
            suite={"name": "s1"},
            items=[77777],
            build={"server": "s", "job": "j", "id": "1", "create": True},
        )
    assert [line.partition(";")[0] for line in caught.value.lines] == [
        "there is no release named 'r1'",
        "there is no milestone named 'm1'",
        "there is no application module named 'a1'",
        "there is no application module named 'a2'",
        "there is no test suite named 's1'",
        "there is no backlog item 77777",
    ]
    assert "GET ci_servers" not in octane.asked
    assert {each.partition(" ")[0] for each in octane.asked} == {"GET"}


def test_with_skip_errors_what_is_missing_is_left_out_with_a_warning(octane: OctaneLab) -> None:
    module = octane.store.add("product_areas", name="Pump")
    found = octane.find(release="r1", modules=["Pump", "x"], items=[77777], skip_errors=True)
    assert found.head == DocumentHead(modules=(int(module),))
    assert [each.partition(";")[0] for each in found.warnings] == [
        "there is no release named 'r1'",
        "there is no application module named 'x'",
        "there is no backlog item 77777",
    ]


def test_with_skip_errors_what_is_ambiguous_is_a_mistake_all_the_same(octane: OctaneLab) -> None:
    for _ in range(2):
        octane.store.add("releases", name="2.4")
    with pytest.raises(NotUsableError, match=r"2 releases are named '2.4'"):
        octane.find(release="2.4", skip_errors=True)


def test_a_module_that_is_named_twice_is_taken_once(octane: OctaneLab) -> None:
    module = octane.store.add("product_areas", name="Pump")
    assert octane.find(modules=["Pump", f"id:{module}"]).head.modules == (int(module),)


def test_very_many_modules_are_asked_for_in_portions(octane: OctaneLab) -> None:
    names = [f"Module {number}" for number in range(45)]
    for name in names:
        octane.store.add("product_areas", name=name)
    assert len(octane.find(modules=names).head.modules) == 45
    assert octane.asked == ["GET product_areas"] * 3


def test_an_id_is_taken_as_it_is_where_its_kind_may_not_be_read(make_lab: MakeLab) -> None:
    world = make_lab(forbidden_names="releases")
    found = world.find(release="1234")
    assert found.head.release == 1234
    (warning,) = found.warnings
    assert warning.startswith("release 1234 is taken as it is, since GET ")
    assert "/releases: 403 Forbidden" in warning


def test_a_name_cannot_be_looked_up_where_its_kind_may_not_be_read(
    make_lab: MakeLab,
) -> None:
    world = make_lab(forbidden_names="releases")
    with pytest.raises(NotUsableError) as caught:
        world.find(release="2.4")
    assert str(caught.value).startswith("release '2.4' cannot be looked up: GET ")
    assert str(caught.value).endswith("give its ID in `release`, or a role that may read releases")


def test_another_refusal_of_a_look_ends_it(octane: OctaneLab) -> None:
    octane.sandbox.fail_next(10, 404, path="/releases")
    with pytest.raises(RefusedError, match=r"/releases: 404"):
        octane.find(release="2.4")


def _add_items(world: OctaneLab, count: int) -> list[int]:
    store = world.store
    return [
        int(store.add("stories", name=f"S{number}", phase="phase.story.new"))
        for number in range(count)
    ]


def test_backlog_items_are_looked_up_a_hundred_at_a_time(octane: OctaneLab) -> None:
    items = _add_items(octane, 101)
    octane.find(items=items)
    assert octane.asked == ["GET work_items"] * 2


def test_a_missing_backlog_item_is_named_with_its_line(octane: OctaneLab) -> None:
    (item,) = _add_items(octane, 1)
    with pytest.raises(NotUsableError) as caught:
        octane.find(items=[item, 88888], tests=map_of({"a::b": 88888, "a::c": item}))
    assert str(caught.value) == (
        "there is no backlog item 88888; check `tests`, line 1; with `skip_errors` its tests are "
        "sent without it"
    )


def test_backlog_items_that_may_not_be_read_are_not_doubted(make_lab: MakeLab) -> None:
    world = make_lab(forbidden_names="work_items")
    (warning,) = world.find(items=[5, 6, 7, 8, 9, 10]).warnings
    assert warning.startswith("backlog items 5, 6, 7, 8, 9, ... were not looked up: GET ")


def test_only_ids_of_links_are_backlog_items() -> None:
    links = tuple(map(CaseLink.parse, ("12", "JEET1-TC-12", "GID-5")))
    assert items_of([result("a::b", links=links), result("a::c")]) == {12}


def test_the_workspace_is_shown_with_the_address_of_the_browser(octane: OctaneLab) -> None:
    url = octane.sandbox.url
    assert octane.find().places == (
        Place("workspace", "1001/1002", "1002", f"{url}/ui/?p=1001/1002"),
    )


@pytest.mark.parametrize(
    "space, workspace, name",
    [
        ("id:1001", "id:1002", "1001/1002"),
        ("1001", "Default Workspace", "1001/Default Workspace"),
        ("1001", "name:Default Workspace", "1001/Default Workspace"),
    ],
)
def test_the_workspace_is_shown_by_the_names_of_the_settings(
    octane: OctaneLab, space: str, workspace: str, name: str
) -> None:
    (place,) = octane.find(space=space, workspace=workspace).places
    assert (place.name, place.place_id) == (name, "1002")


def test_modules_are_among_the_places(octane: OctaneLab) -> None:
    pumps, valves = (
        int(octane.store.add("product_areas", name=name)) for name in ("Pumps", "Valves")
    )
    found = octane.find(modules=("Pumps", "Valves"))
    assert found.places[1:] == (Place("modules", "Pumps, Valves", f"{pumps}, {valves}"),)


def test_the_summary_shows_what_was_found(octane: OctaneLab) -> None:
    store = octane.store
    release = int(store.add("releases", name="2.4"))
    found = octane.find(
        release="2.4", build={"server": "lab", "job": "night", "id": "7", "create": True}
    )
    assert found.places[1:] == (
        Place("release", "2.4", release),
        Place("build", "lab / night / 7", ""),
    )
