from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_jama.core.errors import RefusedError
from pytest_jama.core.plan import Change, ChangeKind
from pytest_jama.core.port import Observer
from pytest_jama.core.results import Outcome
from pytest_jama.sandbox.faults.random_fault import RandomFault
from pytest_jama.targets.octane.build_making import BuildFacts, BuildMaker, ShownBuild, find_build
from pytest_jama.targets.octane.document_head import BuildIds
from tests.every import every
from tests.targets.octane.entity_scripts import asked, page
from tests.targets.octane.octane_lab import result
from tests.targets.octane.octane_scripts import error
from tests.targets.scripted import gives

if TYPE_CHECKING:
    from tests.targets.octane.conftest import MakeLab, OpenEntities
    from tests.targets.octane.octane_lab import OctaneLab

BUILD = {"server": "lab-ci", "job": "nightly", "id": "42", "create": True}
MADE = tuple(
    Change(ChangeKind.CREATE, what)
    for what in ("CI server 'lab-ci'", "pipeline 'nightly'", "build '42'")
)


class Noting(Observer):
    """Notes what is told of changes, in its order."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []

    def begins(self, change: Change) -> None:
        self.told.append(("begins", change.what))

    def changed(self, change: Change) -> None:
        self.told.append(("changed", change.what))

    def refused(self, change: Change) -> None:
        self.told.append(("refused", change.what))


def test_server_pipeline_and_build_are_made_where_they_are_missing(octane: OctaneLab) -> None:
    observer = Noting()
    results = [result("a::b"), result("a::c", Outcome.FAILED, started=1_767_607_210.0)]
    found = octane.find(build=BUILD, results=results, observer=observer)
    assert found.head.build == BuildIds("lab-ci", "nightly", "42")
    assert found.changes == MADE
    assert found.warnings == ()
    assert observer.told == [
        (word, change.what) for change in MADE for word in ("begins", "changed")
    ]
    puts = [each.body for each in octane.sandbox.requests if each.method == "PUT"]
    assert puts == [
        {
            "serverCiId": "lab-ci",
            "jobCiId": "nightly",
            "buildCiId": "42",
            "buildName": "42",
            "startTime": 1_767_607_200_250,
            "duration": 10_250,
            "status": "finished",
            "result": "unstable",
        }
    ]


@pytest.mark.parametrize(
    "page, shown",
    [
        pytest.param("https://ci.example:8443/job/7?x=1", "https://ci.example:8443", id="page"),
        pytest.param(None, "", id="no page"),
    ],
)
def test_a_ci_server_gets_the_address_of_the_page_of_its_job(
    octane: OctaneLab, page: str | None, shown: str
) -> None:
    octane.find(build=BUILD, report_url=page)
    (server,) = octane.store.all("ci_servers", fields="name,instance_id,server_type,url")
    assert server["url"] == (shown or octane.sandbox.url)
    assert (server["name"], server["instance_id"]) == ("lab-ci", "lab-ci")


def test_what_is_made_is_there_once_however_often_it_is_asked_for(octane: OctaneLab) -> None:
    octane.find(build=BUILD)
    again = octane.find(build=BUILD)
    assert again.changes == ()
    assert {each.partition(" ")[0] for each in octane.asked} == {"GET"}
    store = octane.store
    assert [store.count(each) for each in ("ci_servers", "pipelines", "ci_builds")] == [1, 1, 1]


def test_the_next_build_of_a_job_makes_only_the_build(octane: OctaneLab) -> None:
    octane.find(build=BUILD)
    assert octane.find(build={**BUILD, "id": "43"}).changes == (
        Change(ChangeKind.CREATE, "build '43'"),
    )


def test_a_dry_run_only_says_what_it_would_make(octane: OctaneLab) -> None:
    observer = Noting()
    found = octane.find(build=BUILD, create=False, observer=observer)
    assert found.changes == MADE
    assert observer.told == []
    assert {each.partition(" ")[0] for each in octane.asked} == {"GET"}


def test_a_build_that_shows_late_is_waited_for(make_lab: MakeLab) -> None:
    world = make_lab(build_look_count=4)
    assert world.find(build=BUILD).warnings == ()
    assert world.asked.count("GET ci_builds") > 4


def test_a_build_that_does_not_show_is_told(make_lab: MakeLab) -> None:
    world = make_lab(build_look_count=100)
    assert world.find(build=BUILD).warnings == (
        "the server does not show the build '42' 32 s after it was told of it",
    )


def test_a_pipeline_of_another_ci_server_is_another_one(octane: OctaneLab) -> None:
    octane.find(build=BUILD)
    found = octane.find(build={**BUILD, "server": "other-ci"})
    assert [each.what for each in found.changes] == [
        "CI server 'other-ci'",
        "pipeline 'nightly'",
        "build '42'",
    ]
    names = [each["name"] for each in octane.store.all("pipelines")]
    assert sorted(names) == ["nightly", "nightly (other-ci)"]


def test_a_ci_server_that_was_made_before_and_is_shown_late_is_taken(octane: OctaneLab) -> None:
    store = octane.store
    server = store.add("ci_servers", name="lab-ci", instance_id="not shown yet")
    octane.after_pauses(lambda: store.change("ci_servers", server, instance_id="lab-ci"))
    assert octane.find(build=BUILD).head.build == BuildIds("lab-ci", "nightly", "42")
    assert [each["id"] for each in store.all("ci_servers")] == [server]


def test_a_ci_server_whose_name_is_taken_gets_the_workspace_into_its_name(
    octane: OctaneLab,
) -> None:
    octane.store.create(
        "ci_servers", name="lab-ci", instance_id="x", server_type="x", url="http://x"
    )
    assert octane.find(build=BUILD).changes == MADE
    names = {each["name"] for each in octane.store.all("ci_servers")}
    assert names == {"lab-ci", "lab-ci (workspace 1002)"}


@pytest.mark.parametrize("path", ["/ci_servers", "/pipelines", "/analytics/ci/builds"])
def test_a_lost_answer_makes_nothing_twice(octane: OctaneLab, path: str) -> None:
    fault = RandomFault("drop-after", method="PUT" if "ci/" in path else "POST", path=path, times=1)
    octane.sandbox.faults.add(fault)
    assert octane.find(build=BUILD).changes == MADE
    store = octane.store
    assert [store.count(each) for each in ("ci_servers", "pipelines", "ci_builds")] == [1, 1, 1]


def test_a_ci_server_that_another_session_makes_just_now_is_taken(
    entities_of: OpenEntities,
) -> None:
    entities, server = entities_of(
        page(),
        error(409, "duplicate name", code="platform.duplicate_entity_error"),
        page({"id": "5", "name": "lab-ci", "instance_id": "lab-ci"}),
        page({"id": "6", "name": "nightly"}),
        page({"id": "7", "name": "42"}),
    )
    maker = BuildMaker(entities, BuildIds("lab-ci", "nightly", "42"), observer=Observer())
    maker.make(BuildFacts.of([]), page="", create=True)
    methods = [f"{each.method} {each.path}" for each in asked(server)]
    assert methods == [
        "GET /ci_servers",
        "POST /ci_servers",
        "GET /ci_servers",
        "GET /pipelines",
        "GET /ci_builds",
    ]
    assert "ci_server EQ {id EQ 5}" in asked(server)[3].query


def test_a_refused_ci_server_ends_it_and_is_told(octane: OctaneLab) -> None:
    octane.sandbox.fail_next(10, 403, path="/ci_servers", method="POST")
    observer = Noting()
    with pytest.raises(RefusedError, match=r"/ci_servers: 403"):
        octane.find(build=BUILD, observer=observer)
    assert observer.told == [
        ("begins", "CI server 'lab-ci'"),
        ("refused", "CI server 'lab-ci'"),
    ]


def test_ids_of_a_known_build_are_taken_with_one_look(octane: OctaneLab) -> None:
    octane.find(build=BUILD)
    found = octane.find(build={**BUILD, "create": False})
    assert found.head.build == BuildIds("lab-ci", "nightly", "42")
    assert (found.changes, found.warnings) == ((), ())
    assert octane.asked == ["GET ci_builds"]


REMEDY = (
    "; the results are refused unless a CI plugin has told the server of it: check `build`, or let "
    "`build: {create: true}` make what is missing"
)


def test_an_unknown_ci_server_is_told_and_the_ids_are_taken_all_the_same(
    octane: OctaneLab,
) -> None:
    found = octane.find(build={**BUILD, "create": False})
    assert found.head.build == BuildIds("lab-ci", "nightly", "42")
    assert found.warnings == ("there is no CI server with the instance ID 'lab-ci'" + REMEDY,)


def test_an_unknown_build_of_a_known_ci_server_is_told(octane: OctaneLab) -> None:
    octane.find(build=BUILD)
    found = octane.find(build={**BUILD, "id": "43", "create": False})
    assert found.warnings == ("there is no build named '43' of job 'nightly' yet" + REMEDY,)


def test_builds_that_may_not_be_read_are_a_warning(make_lab: MakeLab) -> None:
    world = make_lab(forbidden_names="ci_builds")
    (warning,) = world.find(build={**BUILD, "create": False}).warnings
    assert warning.startswith("whether the build '42' is known cannot be read: GET ")


def test_where_builds_know_no_job_their_name_alone_counts(entities_of: OpenEntities) -> None:
    entities, _ = entities_of(
        error(400, "there is no field ci_job"),
        error(400, "there is no field ci_job"),
        gives(
            200,
            {"total_count": 1, "exceeds_total_count": False, "data": [{"id": "5", "name": "42"}]},
        ),
    )
    shown = find_build(entities, BuildIds("lab-ci", "nightly", "42"))
    assert shown == ShownBuild(5, is_certain=False)


@every(
    "outcomes, expected",
    [
        pytest.param([Outcome.PASSED, Outcome.SKIPPED, Outcome.XFAILED], "success", id="good"),
        pytest.param([Outcome.PASSED, Outcome.FAILED], "unstable", id="a failure"),
        pytest.param([Outcome.ERROR], "unstable", id="an error"),
        pytest.param([Outcome.FAILED, Outcome.NOT_REACHED], "failure", id="not reached"),
        pytest.param([Outcome.PASSED, Outcome.NOT_COLLECTED], "failure", id="not collected"),
        pytest.param([Outcome.PASSED, Outcome.DESELECTED], "success", id="deselected"),
        pytest.param([], "success", id="no tests"),
    ],
)
def test_the_outcomes_of_tests_make_the_result_of_the_build(
    outcomes: list[Outcome], expected: str
) -> None:
    facts = BuildFacts.of(result(f"t{at}", each) for at, each in enumerate(outcomes))
    assert facts.result == expected


def test_a_build_lasts_from_its_first_test_to_the_end_of_its_last() -> None:
    results = [
        result("a", started=100.5, duration_s=10.0),
        result("b", started=100.25, duration_s=None),
        result("c", started=None),
        result("d", started=105.0, duration_s=1.0),
    ]
    facts = BuildFacts.of(results)
    assert (facts.started_ms, facts.duration_ms) == (100_250, 10_250)
