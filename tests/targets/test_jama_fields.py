"""Fields of plans, cycles and runs, named as people see them, and options of pick lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

from pytest_jama.core.errors import NotUsableError, RefusedError
from pytest_jama.core.plan import Receipt, SendState
from pytest_jama.core.port import Observer
from pytest_jama.core.verdicts import Verdict
from pytest_jama.targets.jama.field_values import describe_unset, find_values
from pytest_jama.targets.jama.runs import TestRun
from pytest_jama.targets.jama.type_fields import ItemType, Option, find_type, read_item_type
from tests.sandbox.client import Api
from tests.targets.jama_world import CYCLE, PLAN, updates_for

if TYPE_CHECKING:
    from pytest_jama.targets.jama.client import JamaClient
    from pytest_jama.targets.jama.field_values import FieldValues
    from tests.targets.conftest import MakeWorld
    from tests.targets.jama_world import JamaWorld

NAMES = {"plan": PLAN, "cycle": CYCLE}
BENCH = "test_bench$37"


def region_of(world: JamaWorld, naming: str) -> str:
    types = Api(world.sandbox).get("/itemtypes", params={"maxResults": 50}).data
    fields = [field for each in types for field in each["fields"]]
    (name,) = (str(field["name"]) for field in fields if field.get("label") == "Region")
    return {"label": "Region", "API name": name, "no suffix": name.partition("$")[0]}[naming]


def push(world: JamaWorld, **given: Any) -> Receipt:
    target = world.target(**given)
    refs = [*world.case_ids] or world.add_cases(1)
    resolution = target.resolve(refs, create=True, observer=Observer())
    (receipt,) = target.push(updates_for(resolution, Verdict.PASSED), observer=Observer())
    return receipt


def bench_of(world: JamaWorld) -> object:
    (run,) = world.runs()
    return run.custom_fields.get(BENCH)


@pytest.mark.parametrize("kind", ["plan", "cycle"])
@pytest.mark.parametrize("naming", ["label", "API name", "no suffix"])
def test_a_field_that_admins_demand_is_set_when_a_plan_or_cycle_is_created(
    naming: str, kind: str, make_world: MakeWorld
) -> None:
    world = make_world(required_plan_field=kind, test_case_category="no_categories")
    fields = {region_of(world, naming): "north"}
    receipt = push(world, **{kind: {"name": NAMES[kind], "fields": fields}})
    assert receipt.state is SendState.SENT


@pytest.mark.parametrize("kind", ["plan", "cycle"])
@pytest.mark.parametrize(
    "field,told",
    [
        ("Regoin", "no field with that label or API name; did you mean 'Region' ("),
        ("Colour of it", "no field with that label or API name; there are "),
        ("name", "pytest-jama writes it itself: "),
    ],
)
def test_nothing_is_created_with_a_field_that_cannot_be_set(
    field: str, told: str, kind: str, make_world: MakeWorld
) -> None:
    world = make_world(required_plan_field=kind)
    settings = {kind: {"name": NAMES[kind], "fields": {field: "north"}}}
    with pytest.raises(NotUsableError) as error:
        push(world, **settings)
    assert f"`{kind}.fields` has {field!r}: " in str(error.value)
    assert told in str(error.value)
    assert "`pytest-jama prepare`" in str(error.value)
    assert not world.store.plans(world.key)


@pytest.mark.parametrize("kind", ["plan", "cycle"])
def test_a_refused_creation_tells_which_required_field_was_not_given(
    kind: str, make_world: MakeWorld
) -> None:
    world = make_world(required_plan_field=kind)
    with pytest.raises(RefusedError) as error:
        push(world)
    assert f"test {kind}s of this Jama need a value of 'Region' (" in str(error.value)
    assert f"set `{kind}: {{fields: {{Region: ...}}}}`" in str(error.value)


@pytest.mark.parametrize(
    "fields,stored",
    [
        ({"Test bench": "Bench B"}, 882),
        ({"test_bench": "881"}, 881),
        ({"Test bench": 881}, 881),
        ({BENCH: 882}, 882),
    ],
    ids=str,
)
def test_an_option_of_a_pick_list_is_named_as_people_see_it(
    fields: dict[str, Any], stored: int, world: JamaWorld
) -> None:
    assert push(world, run={"fields": fields}).remarks == ()
    assert bench_of(world) == stored


@pytest.mark.parametrize(
    "field,value,why",
    [
        (
            "Test bench",
            "Bench b",
            "'Bench b' is not an option of 'Test bench' (test_bench$37)",
        ),
        ("Test bench", ["Bench A"], "takes one option, and the setting has a list"),
        ("Test bnech", "Bench A", "did you mean 'Test bench' (test_bench$37)?"),
        ("actualResults", "x", "pytest-jama writes it itself: `run: {actual_results: ...}`"),
        ("executionDate", "2026-11-28", "is read-only in Jama"),
    ],
)
def test_a_field_of_runs_that_cannot_be_set_is_a_warning_and_costs_no_verdict(
    field: str, value: object, why: str, world: JamaWorld
) -> None:
    receipt = push(world, run={"fields": {field: value, "Build number": 12}})
    assert receipt.state is SendState.SENT
    ((what, reason),) = receipt.remarks
    assert what == f"field {field} not stored"
    assert why in reason
    (run,) = world.runs()
    assert (run.status, dict(run.custom_fields)) == ("PASSED", {"build_number$37": 12})
    assert run.actual_results


def test_fields_by_their_full_names_are_not_looked_up(world: JamaWorld) -> None:
    world.start(world.add_cases(1))
    target = world.target(run={"fields": {"tested_in_version$37": "1.0", "build_number$37": 1}})
    resolution = target.resolve([*world.case_ids], create=True, observer=Observer())
    target.push(updates_for(resolution, Verdict.PASSED), observer=Observer())
    assert "/itemtypes" not in {request.path for request in world.sandbox.requests}


def test_a_text_by_its_full_name_is_the_same_in_a_new_and_an_existing_cycle(
    make_world: MakeWorld,
) -> None:
    world = make_world(required_plan_field="cycle")
    settings = {"cycle": {"name": CYCLE, "fields": {"Region": "north"}}}
    without_label, with_label = {BENCH: "Bench B"}, {BENCH: "Bench B", "Build number": 12}
    for fields in (without_label, without_label, with_label):  # the first one makes the cycle
        receipt = push(world, run={"fields": fields}, **settings)
        assert list(dict(receipt.remarks)) == ["field test_bench$37 not stored"]


class _Types:
    """A server with one type of runs and one pick list."""

    knows_item_types = True

    def __init__(self, *fields: dict[str, Any]) -> None:
        self._type = read_item_type({"id": 37, "typeKey": "TSTRN", "fields": list(fields)})

    def item_types(self) -> list[ItemType]:
        return [self._type]

    def options(self, _: int) -> list[Option]:
        return [Option(1, "A"), Option(2, "B"), Option(3, "B")]

    def find(self, **given: Any) -> FieldValues:
        return find_values(cast("JamaClient", self), "run", given)


LABS = {"name": "labs$37", "label": "Labs", "fieldType": "MULTI_LOOKUP", "pickList": 88}


def test_a_required_field_of_runs_is_told_where_it_has_no_value() -> None:
    client = cast("JamaClient", _Types({**LABS, "required": True}))
    empty, full = (TestRun(5, 2, "", "NOT_RUN", as_read={"labs$37": ids}) for ids in ([], [1]))
    assert describe_unset(client, empty, ()) == (
        "test runs of this Jama need a value of 'Labs' (labs$37): set `run: {fields: {Labs: ...}}`"
    )
    assert describe_unset(client, full, ()) == ""
    assert describe_unset(client, empty, ["labs$37"]) == ""


def test_several_options_become_a_list_of_ids() -> None:
    assert _Types(LABS).find(Labs=["A", 3]).values == {"labs$37": [1, 3]}
    assert _Types(LABS).find(labs="A").values == {"labs$37": [1]}


def test_what_may_mean_two_things_is_not_guessed() -> None:
    other = {**LABS, "name": "other$37"}
    why = _Types(LABS, other).find(Labs="A").problems["Labs"]
    assert why == "2 fields are called that; write one of labs$37, other$37"
    why = _Types(LABS).find(Labs="B").problems["Labs"]
    assert why == "2 options of 'Labs' (labs$37) are called 'B'; write an ID, one of 2, 3"
    why = _Types(LABS).find(Labs="A", labs="A").problems["labs"]
    assert why == "it is the same field as another of these, labs$37; remove one"


def test_the_type_of_runs_is_found_by_its_category_first() -> None:
    named = ItemType(1, "Old", "CORE", "TSTRN")
    used = ItemType(2, "Test Run", "TEST_RUN", "RUN")
    assert find_type([named, used], "run") == used
    assert find_type([named], "run") == named
    assert find_type([], "run") is None
