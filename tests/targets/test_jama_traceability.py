"""What is asked of Jama for a trace: few lists, read to their end, however the server is."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any, cast

import pytest

from pytest_jama.core.errors import NotUsableError, SettingsError
from pytest_jama.targets.http.connection import READ_TIMEOUT_S
from pytest_jama.targets.jama.client import JamaClient
from pytest_jama.targets.jama.connect import open_api
from pytest_jama.targets.jama.traceability import (
    choose_types,
    is_ordinary,
    read_relationships,
    read_traceability,
)
from pytest_jama.targets.jama.type_fields import ItemType
from pytest_jama.targets.jama.wire import Cycle
from tests.every import every
from tests.targets.test_jama_requests import DOCUMENTED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_jama.targets.jama.traceability import Traceability
    from tests.targets.conftest import MakeWorld
    from tests.targets.jama_world import JamaWorld


def read(world: JamaWorld, cycle: int | None = None, *types: str) -> Traceability:
    """Ask the sandbox of a world; forget the requests that came before."""
    world.sandbox.clear_requests()
    api = open_api(world.settings(), clocks=None, read_timeout_s=READ_TIMEOUT_S)
    with closing(api.connection):
        wanted = Cycle(cycle, "") if cycle else None
        client = JamaClient(api, at_once=2)
        return read_traceability(client, world.project_id, wanted, type_names=types)


def asked(world: JamaWorld, path: str) -> int:
    return sum(each.path == path for each in world.sandbox.requests)


def add(world: JamaWorld, count: int, type_key: str = "REQ") -> list[int]:
    return world.store.add_items(world.key, type_key, *map(str, range(count)))


def test_three_thousand_relationships_take_four_requests(make_world: MakeWorld) -> None:
    world = make_world()
    requirements, refs = add(world, 100), world.add_cases(30)
    cases = [world.case_ids[ref] for ref in refs]
    pairs = [(above, below) for above in requirements for below in cases]
    made = world.store.relate(*pairs)
    cycle = world.start(refs)
    found = read(world, cycle)
    assert [each.id for each in found.relationships] == made
    assert [(each.upstream, each.downstream) for each in found.relationships] == pairs
    assert [item.id for item in found.requirements] == requirements
    assert [item.id for item in found.cases] == cases
    assert sorted(run.case_id for run in found.runs) == cases
    assert asked(world, "/relationships") == 4
    assert asked(world, "/abstractitems") == 3
    assert (asked(world, "/itemtypes"), asked(world, "/testruns")) == (1, 1)
    every = [each.path for each in world.sandbox.requests if "oauth" not in each.path]
    assert len(every) == 4 + 3 + 1 + 1


@pytest.mark.parametrize(
    "relationships, requests", [("last_id_required", 2), ("clamped", 4), ("ignored", 5)]
)
def test_all_relationships_come_whatever_the_server_makes_of_the_last_id(
    make_world: MakeWorld, relationships: str, requests: int
) -> None:
    world = make_world(relationships=relationships)
    above, *below = add(world, 131)
    made = world.store.relate(*((above, each) for each in below))
    found = read(world)
    assert [each.id for each in found.relationships] == made
    assert asked(world, "/relationships") == requests


@pytest.mark.parametrize("relationships", ["last_id_required", "ignored"])
def test_a_project_without_relationships_takes_one_request(
    make_world: MakeWorld, relationships: str
) -> None:
    world = make_world(relationships=relationships)
    assert read(world).relationships == ()
    assert asked(world, "/relationships") == 1


class _Endless:
    """A client of a server whose list of relationships always goes on."""

    def __init__(self) -> None:
        self.api = self
        self.asked = 0

    def get(self, _path: str, query: Sequence[tuple[str, Any]], **_: Any) -> Any:
        self.asked += 1
        last = dict(query)["lastId"]
        return {"data": [{"id": last + 1, "fromItem": 1, "toItem": 2}]}


def test_a_list_of_relationships_that_never_ends_is_ended() -> None:
    client = _Endless()
    with pytest.raises(NotUsableError, match="does not end"):
        read_relationships(cast("JamaClient", client), 1)
    assert client.asked <= 2_000


class _Odd:
    """A client of a server that gives strange rows once."""

    def __init__(self) -> None:
        self.api = self

    def get(self, _path: str, query: Sequence[tuple[str, Any]], **_: Any) -> Any:
        good = {"id": 7, "fromItem": 4, "toItem": "5", "suspect": "yes"}
        odd = [{"id": 6, "fromItem": [1], "toItem": -2}, {"id": "x"}, {}, None, 3, "relationship"]
        return {"data": [] if dict(query)["lastId"] else [good, *odd]}


def test_rows_that_are_not_relationships_are_passed_over() -> None:
    found = read_relationships(cast("JamaClient", _Odd()), 1)
    assert [each.id for each in found] == [6, 7]
    assert (found[0].upstream, found[0].downstream) == (0, 0)
    assert (found[1].upstream, found[1].is_suspect) == (4, False)


def test_a_suspect_relationship_is_told(world: JamaWorld) -> None:
    above, below = add(world, 2)
    world.store.relate((above, below))
    assert [each.is_suspect for each in read(world).relationships] == [False]
    world.store.database.execute("UPDATE relationships SET suspect = 1")
    assert [each.is_suspect for each in read(world).relationships] == [True]


def test_ordinary_types_are_requirements_and_what_is_not_asked_for_leads_on(
    world: JamaWorld,
) -> None:
    ids = {key: add(world, 1, key)[0] for key in ("REQ", "SYS", "DEF", "SET", "FLD")}
    found = read(world)
    assert [item.id for item in found.requirements] == [ids["REQ"], ids["SYS"]]
    assert found.types == {23: "System Requirement", 24: "Requirement"}
    found = read(world, None, "REQ")
    assert [item.id for item in found.requirements] == [ids["REQ"]]
    assert [item.id for item in found.between] == [ids["SYS"]]


def test_items_of_other_projects_are_not_listed(make_world: MakeWorld) -> None:
    world = make_world()
    world.store.add_project("OTHER")
    world.store.add_items("OTHER", "REQ", "not ours")
    (mine,) = add(world, 1)
    assert [item.id for item in read(world).requirements] == [mine]


TYPES = (
    ItemType(1, "Requirement", "CORE", "REQ"),
    ItemType(2, "Story", "PROGRESSABLE", "US"),
    ItemType(3, "Hazard", "", "HAZ"),
    ItemType(4, "Test Case", "TEST_CASE", "TC"),
    ItemType(5, "Old Test Case", "", "TC"),
    ItemType(6, "Component", "COMPONENT", "CMP"),
    ItemType(7, "Bug", "DEFECT", "BUG"),
    ItemType(8, "Attachment", "ATTACHMENT", "ATT"),
    ItemType(9, "Story", "CORE", "ST"),
    ItemType(10, "Text", "TEXT", "TXT"),
)


def test_the_category_of_a_type_says_whether_it_is_a_requirement() -> None:
    assert [each.id for each in TYPES if is_ordinary(each)] == [1, 2, 3, 9]
    assert list(choose_types(TYPES, ())) == [1, 2, 3, 9]


@every(
    "wanted, message",
    [
        ("story", "'story' is the name of 2 item types: Story (US, ID 2), Story (ST, ID 9)"),
        ("Requirments", "did you mean Requirement (REQ)?"),
        ("Hazrd", "did you mean Hazard (HAZ)?"),
        ("zzz", "there are: Requirement (REQ), Story (US), Hazard (HAZ)"),
        ("Test Case", "has no type of requirements 'Test Case'"),
        ("8", "has no type of requirements '8'"),
        ("", "has no type of requirements ''"),
    ],
)
def test_a_type_that_cannot_be_meant_is_refused(wanted: str, message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        choose_types(TYPES, ["REQ", wanted])
    assert message in str(caught.value)
    assert "--type" in str(caught.value)


def test_a_type_that_is_named_counts_whatever_its_category() -> None:
    assert choose_types(TYPES, ["us", "9", " Bug "]) == {2: "Story", 9: "Story", 7: "Bug"}


def test_every_request_is_a_documented_one(make_world: MakeWorld) -> None:
    for relationships in ("last_id_required", "ignored"):
        world = make_world(relationships=relationships)
        refs = world.add_cases(2)
        world.store.relate((add(world, 1)[0], world.case_ids[refs[0]]))
        read(world, world.start(refs))
        for request in world.sandbox.requests:
            known = DOCUMENTED[f"{request.method} {request.path}"]
            assert {name for name, _ in request.query} <= known
