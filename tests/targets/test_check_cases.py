"""``check``: what it says of the test cases that are referred to, and what a session would do."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from pytest_jama.core.cases import CaseRef, RefKind
from pytest_jama.targets.jama.client import JamaClient
from pytest_jama.targets.jama.connect import open_api
from pytest_jama.targets.jama.probes.inquiry import Inquiry
from pytest_jama.targets.jama.probes.probe import SeenServer, ServerProbe

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_jama.core.observation import Observation
    from tests.targets.conftest import MakeWorld
    from tests.targets.jama_world import JamaWorld


class Seen(NamedTuple):
    """What was found out."""

    said: dict[str, Observation]
    server: SeenServer
    requests: int

    def line(self, name: str) -> str:
        """Return mark and text of a line."""
        return f"{self.said[name].mark.value} {self.said[name].text}"


def probe(
    world: JamaWorld,
    refs: Sequence[CaseRef],
    *,
    steps: Mapping[CaseRef, set[int]] | None = None,
    **given: Any,
) -> Seen:
    """Check the server of a world, with the cases that tests are linked to."""
    found: list[Observation] = []
    settings = world.settings(**given)
    api = open_api(settings, clocks=None, read_timeout_s=30.0)
    world.sandbox.clear_requests()
    try:
        inquiry = Inquiry(JamaClient(api, at_once=4))
        asking = ServerProbe(inquiry, settings, refs=refs, runs=0, tell=found.append)
        asking.steps, asking.linked, asking.tests = steps or {}, refs, 7
        server = asking.run()
    finally:
        api.connection.close()
    return Seen({each.name: each for each in found}, server, len(world.sandbox.requests))


def test_the_runs_that_a_session_would_write_are_counted(world: JamaWorld) -> None:
    refs = [world.add_case(1), world.add_case(2)]
    world.start(refs)
    seen = probe(world, refs)
    assert seen.line("session") == (
        "ok one would run 7 tests and write into 2 test runs; the plan is found, the cycle is found"
    )
    assert [case["run"] is not None for case in seen.server.cases] == [True, True]


def test_a_case_without_a_run_in_the_cycle_is_a_problem(world: JamaWorld) -> None:
    refs = [world.add_case(1)]
    world.start(refs)
    late = world.add_case(2)
    seen = probe(world, [*refs, late])
    assert seen.line("session").startswith(
        "problem one would run 7 tests and write into 1 test run"
    )
    assert f"nothing is written: {late.text}; name a new cycle" in seen.line("session")
    again = probe(world, [*refs, late], cycle={"name": "Build 7", "missing_runs": "regenerate"})
    assert f"the runs of the cycle made again for {late.text}" in again.line("session")
    assert again.said["session"].mark.value == "note"


def test_places_that_do_not_exist_yet_are_created(world: JamaWorld) -> None:
    world.start([world.add_case(1)])
    seen = probe(world, [world.add_case(2)], plan="Release 2", cycle="Build 8")
    assert seen.line("session").endswith("the plan is created, the cycle is created")
    assert seen.line("rights: plan").startswith(
        "ok a test plan can probably be created: at 'Release 1', which is there, the account may "
    )
    assert seen.line("rights: run").startswith("ok results can probably be written: at 'Case ")


def test_without_any_plan_a_case_tells_of_the_right_to_create_one(world: JamaWorld) -> None:
    seen = probe(world, [world.add_case(1)])
    assert seen.line("rights: plan").startswith("ok a test plan can probably be created: at 'Case ")


def test_an_account_that_may_only_read_can_probably_not_create(make_world: MakeWorld) -> None:
    world = make_world(access="read_only")
    seen = probe(world, [world.add_case(1)])
    assert seen.line("rights: plan").startswith("problem a test plan can probably not be created")


def test_steps_that_a_case_lacks_are_a_problem(world: JamaWorld) -> None:
    two, none = world.add_case(1, steps=2), world.add_case(2, steps=0)
    seen = probe(world, [two, none], steps={two: {1, 2, 5}, none: {1}})
    assert seen.line("steps") == (
        f"problem {two.text} has 2 steps, and tests report step 5; {none.text} has no steps, and "
        "tests report step 1; correct the step number in the test or the map"
    )
    assert probe(world, [two], steps={two: {1, 2}}).line("steps").startswith("ok each step")


def test_what_is_not_a_test_case_is_a_problem(world: JamaWorld) -> None:
    world.start([world.add_case(1)])
    plan = world.store.plans(world.key)[0]
    seen = probe(world, [CaseRef(RefKind.DOCUMENT_KEY, plan.document_key)])
    assert seen.line("item types").startswith("problem not a test case, so that no plan takes it: ")
    assert plan.document_key in seen.line("item types")


def test_versions_are_told_and_runs_of_older_ones_noted(world: JamaWorld) -> None:
    refs = [world.add_case(1), world.add_case(2)]
    world.start(refs[:1])
    assert probe(world, refs).line("versions") == (
        f"ok known of 2 of 2 cases: {refs[0].text} version 1; {refs[1].text} version 1"
    )
    world.store.bump_case_version(world.case_ids[refs[0]])
    assert probe(world, refs).line("versions") == (
        f"note {refs[0].text} has version 2, its run was made of 1; a new cycle has runs of the "
        "versions of today"
    )


def test_api_ids_are_looked_up_and_one_that_is_not_there_is_a_problem(world: JamaWorld) -> None:
    case = world.case_ids[world.add_case(1, steps=1)]
    there, gone = CaseRef(RefKind.API_ID, str(case)), CaseRef(RefKind.API_ID, "987654321")
    seen = probe(world, [there, gone], steps={there: {3}})
    assert seen.line("cases") == "problem 1 of 2 references not found"
    assert seen.line("not found").startswith("problem 987654321: Jama has no item of this API ID")
    assert f"{case} has 1 step, and tests report step 3" in seen.line("steps")


def test_fields_of_runs_are_shown_by_label_with_the_values_of_their_pick_lists(
    world: JamaWorld,
) -> None:
    seen = probe(world, [], run={"fields": {"Test bench": "Bench B", "Build number": 12}})
    assert seen.line("fields: run").startswith("ok `run.fields`: 2 fields can be written: ")
    assert "'test_bench$37' (Test bench), one of 'Bench A', 'Bench B'" in seen.line("fields: run")
    wrong = probe(world, [], run={"fields": {"Test bench": "Bench C"}})
    assert "'Bench C' is not an option of 'test_bench$37' (Test bench): 'Bench A'" in (
        wrong.line("fields: run")
    )


@pytest.mark.parametrize("count", [1, 120])
def test_it_takes_few_requests_and_one_for_fifty_cases(count: int, world: JamaWorld) -> None:
    refs = [world.add_case(number) for number in range(1, count + 1)]
    world.start(refs)
    seen = probe(world, refs)
    assert seen.said["session"].facts["runs"] == count
    assert seen.requests <= 18 + ceil(count / 50)


def test_a_required_field_is_named_with_its_label(make_world: MakeWorld) -> None:
    seen = probe(make_world(required_plan_field="plan"), [])
    assert seen.line("type: plan").startswith("problem test plans must have 'region$")
    assert "(Region)" in seen.line("type: plan")
    assert seen.said["type: plan"].settings["plan"]["fields"]
