"""Seeding and reading without HTTP."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from pytest_jama.sandbox.database import DatabaseError
from pytest_jama.sandbox.jama.store import Store, seed_demo

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def store() -> Iterator[Store]:
    with Store() as store:
        store.add_project("JEET1", id=20183)
        yield store


def test_a_project_is_made_once(store: Store) -> None:
    assert store.add_project("JEET1") == store.add_project("OTHER", id=20183) == 20183
    assert store.add_project("NEW") == 20184


def test_a_case_has_the_given_numbers(store: Store) -> None:
    case_id = store.add_case("JEET1", "JEET1-TC-12", id=20497, global_id="GID-51234", steps=2)
    (case,) = store.cases("JEET1")
    assert (case.id, case.document_key, case.global_id) == (20497, "JEET1-TC-12", "GID-51234")
    assert [step.action for step in case.steps] == ["<p>Action 1</p>\n", "<p>Action 2</p>\n"]
    assert case.name == "Case JEET1-TC-12"
    assert case_id == 20497


def test_numbers_go_on_behind_those_given_by_hand(store: Store) -> None:
    store.add_case("JEET1", "JEET1-TC-12", id=30000)
    following = store.add_case("JEET1")
    assert following > 30000
    assert store.cases("JEET1")[1].document_key == "JEET1-TC-13"


@pytest.mark.parametrize("by", ["key", "id", "global_id"])
def test_a_known_case_is_found_again(store: Store, by: str) -> None:
    first = store.add_case("JEET1", "JEET1-TC-5", id=30000, global_id="GID-7")
    again = {
        "key": lambda: store.add_case("JEET1", "JEET1-TC-5"),
        "id": lambda: store.add_case("JEET1", id=30000),
        "global_id": lambda: store.add_case("JEET1", global_id="GID-7"),
    }[by]()
    assert again == first
    assert len(store.cases("JEET1")) == 1


def test_a_known_case_gets_the_steps_it_lacks(store: Store) -> None:
    store.add_case("JEET1", "JEET1-TC-1", steps=1)
    store.add_case("JEET1", "JEET1-TC-1", steps=3)
    store.add_case("JEET1", "JEET1-TC-1", steps=2)
    (case,) = store.cases("JEET1")
    assert (len(case.steps), case.version) == (3, 2)


def test_a_number_that_something_else_has_is_refused(store: Store) -> None:
    plan = store.add_plan("JEET1", "Plan")
    with pytest.raises(ValueError, match=f"{plan} is taken by JEET1-TSTPL-1"):
        store.add_case("JEET1", id=plan)


def test_an_unknown_project_is_refused(store: Store) -> None:
    with pytest.raises(LookupError, match="the sandbox has no project 'NOPE'"):
        store.add_case("NOPE")


def test_a_deleted_case_comes_back_when_it_is_seeded_again(store: Store) -> None:
    case = store.add_case("JEET1", "JEET1-TC-1")
    store.delete_case(case)
    assert store.cases("JEET1") == ()
    assert store.add_case("JEET1", "JEET1-TC-1") == case
    assert len(store.cases("JEET1")) == 1


def test_plans_groups_cycles_and_runs_are_read_back(store: Store) -> None:
    first, second = store.add_case("JEET1", steps=1), store.add_case("JEET1")
    plan = store.add_plan("JEET1", "Release", cases=[first])
    group = store.add_to_plan(plan, second, group="Automated")
    cycle = store.add_cycle(plan, "Build 1", start_date="2024-05-31", end_date="2024-06-30")
    assert [(value.id, value.name) for value in store.plans("JEET1")] == [(plan, "Release")]
    assert [(value.name, value.case_ids) for value in store.groups(plan)] == [
        ("Default Test Group", (first,)),
        ("Automated", (second,)),
    ]
    assert [(value.id, value.end_date) for value in store.cycles(plan)] == [(cycle, "2024-06-30")]
    assert [(run.case_key, len(run.steps), run.status) for run in store.runs(cycle)] == [
        ("JEET1-TC-1", 1, "NOT_RUN"),
        ("JEET1-TC-2", 0, "NOT_RUN"),
    ]
    assert store.runs(cycle)[1].test_group_id == group


def test_a_cycle_may_take_some_groups_only(store: Store) -> None:
    plan = store.add_plan("JEET1", "Release", cases=[store.add_case("JEET1")])
    group = store.add_to_plan(plan, store.add_case("JEET1"), group="Automated")
    cycle = store.add_cycle(plan, "Build", group_ids=[group])
    assert [run.case_key for run in store.runs(cycle)] == ["JEET1-TC-2"]


def test_a_new_case_version_makes_runs_stale(store: Store) -> None:
    case = store.add_case("JEET1")
    cycle = store.add_cycle(store.add_plan("JEET1", "P", cases=[case]), "C")
    assert store.bump_case_version(case) == 2
    (run,) = store.runs(cycle)
    assert (run.case_version, run.current_case_version) == (1, 2)
    store.delete_case(case)
    assert store.run(run.id).current_case_version is None


def test_a_run_field_gets_the_suffix_of_its_type(store: Store) -> None:
    assert store.add_run_field("color") == store.add_run_field("color$37") == "color$37"


def test_an_unknown_run_is_refused(store: Store) -> None:
    with pytest.raises(LookupError, match="the sandbox has no testruns with the ID 7"):
        store.run(7)


def test_the_demo_is_seeded_once(store: Store) -> None:
    seed_demo(store)
    seed_demo(store)
    assert [len(case.steps) for case in store.cases("DEMO")] == [3, 1, 3, 0, 0]


def test_a_file_keeps_everything(tmp_path: Path) -> None:
    file = tmp_path / "jama.db"
    with Store(file) as store:
        store.add_project("JEET1")
        case = store.add_case("JEET1", steps=1)
        cycle = store.add_cycle(store.add_plan("JEET1", "P", cases=[case]), "C")
        runs = store.runs(cycle)
    with Store(file) as store:
        assert store.runs(cycle) == runs
        assert store.add_case("JEET1") == runs[0].id + 1


@pytest.mark.parametrize("kind", ["text", "other database"])
def test_another_file_is_refused_and_not_changed(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "notes"
    if kind == "text":
        file.write_text("remember the milk" * 100)
    else:
        connection = sqlite3.connect(file)
        connection.execute("CREATE TABLE milk (litres)")
        connection.close()
    before = file.read_bytes()
    with pytest.raises(DatabaseError, match="name another file"):
        Store(file)
    assert file.read_bytes() == before


def test_a_failed_transaction_leaves_nothing_behind(store: Store) -> None:
    with pytest.raises(RuntimeError, match="stop"):
        add_case_and_stop(store)
    assert store.cases("JEET1") == ()


def add_case_and_stop(store: Store) -> None:
    with store.database.transaction():
        store.add_case("JEET1")
        raise RuntimeError("stop")


def test_closing_twice_does_no_harm() -> None:
    store = Store()
    store.close()
    store.close()
