"""`pytest-jama report --cycle`: the journals of a cycle, and what Jama shows of it now."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.cli import main
from pytest_jama.core.results import Outcome
from pytest_jama.journal import lines
from pytest_jama.sandbox.faults import FailNext
from tests.cli.upload_world import EARLY, FAILED, LATE, PASSED, World
from tests.harness import CYCLE, PLAN
from tests.journal.record import as_bytes
from tests.sandbox.client import Api, replace

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.harness import Repository


ENDED = as_bytes(lines.end_line(finished=False, reason=""))


class Reported:
    """Journals in a folder, and `report --cycle` there."""

    def __init__(self, world: World, capsys: pytest.CaptureFixture[str]) -> None:
        self.world = world
        self.store = world.repository.sandbox.store
        self._capsys = capsys
        self.out = self.err = ""
        self.record: dict[str, Any] = {}
        self.requests: list[str] = []

    def upload(self, name: str, *outcomes: Outcome | None, **given: Any) -> Path:
        path = self.world.journal(name, *outcomes, extra=ENDED, **given)
        assert self.world(str(path)) == 0, self.world.err
        return path

    def __call__(self, *arguments: str, cycle: str = CYCLE) -> int:
        sandbox = self.world.repository.sandbox
        sandbox.clear_requests()
        path = self.world.repository.folder / "r.json"
        path.unlink(missing_ok=True)
        status = main(["report", f"--cycle={cycle}", "-o", str(path), *arguments])
        self.out, self.err = self._capsys.readouterr()
        asked = [f"{each.method} {each.path}" for each in sandbox.requests]
        self.requests = [each for each in asked if "/oauth/" not in each]
        self.record = json.loads(path.read_text("utf-8")) if path.exists() else {}
        return status

    def case(self, number: int) -> dict[str, Any]:
        """Return a case of the record."""
        key = f"{self.world.repository.key}-TC-{number}"
        found: list[dict[str, Any]]
        found = [each for each in self.record["cases"] if each["case"] == key]
        assert len(found) == 1
        return found[0]

    def run(self, number: int) -> Any:
        return self.world.repository.runs()[f"{self.world.repository.key}-TC-{number}"]

    def change(self, number: int, **fields: Any) -> None:
        api = Api(self.world.repository.sandbox)
        operations = [replace(name, value) for name, value in fields.items()]
        answer = api.patch(f"/testruns/{self.run(number).id}", *operations)
        api.close()
        assert answer.status == 200, answer.body

    def kinds(self) -> list[str]:
        return [each["kind"] for each in self.record["deviations"]]


@pytest.fixture
def reported(world: World, capsys: pytest.CaptureFixture[str]) -> Reported:
    return Reported(world, capsys)


def test_what_jama_shows_as_sent_is_passed_with_one_list_of_runs(reported: Reported) -> None:
    reported.upload(LATE, PASSED, PASSED, PASSED)

    assert reported() == 0, reported.err
    assert reported.record["passed"], reported.record["verdict"]
    assert [each["in_jama"] for each in reported.record["cases"]] == ["same"] * 3
    assert reported.requests.count("GET /testruns") == 1
    assert len(reported.requests) == 2  # the cycles of the plan


def test_a_run_that_was_changed_since_differs(reported: Reported) -> None:
    reported.upload(LATE, PASSED, PASSED, PASSED)
    reported.change(2, testRunStatus="FAILED")

    assert reported() == 0
    assert not reported.record["passed"]
    assert reported.case(2)["in_jama"] == "differs: FAILED"
    assert reported.kinds() == ["Jama shows otherwise"]
    told = reported.record["deviations"][0]["what"]
    assert "'PASSED' was sent, 'FAILED' is there now; last changed by" in told


def test_planned_runs_without_a_result_are_told_and_counted(reported: Reported) -> None:
    reported.upload(LATE, PASSED)

    assert reported() == 0
    assert reported.record["totals"]["planned"] == 3
    assert reported.record["totals"]["not_executed"] == 2
    assert (reported.case(3)["execution"], reported.case(3)["status"]) == (
        *("not executed", "not_run"),
    )
    assert reported.kinds() == ["Not executed"] * 2
    assert "No result in these journals" in reported.record["deviations"][0]["what"]


def test_a_result_that_a_person_entered_is_told_with_the_person(reported: Reported) -> None:
    reported.upload(LATE, PASSED, PASSED)
    reported.change(3, testRunStatus="PASSED")

    assert reported() == 0
    assert not reported.record["passed"]
    found = reported.case(3)
    assert (found["execution"], found["status"]) == ("elsewhere", "passed")
    assert "executed by hand, last changed by" in found["in_jama"]
    assert reported.kinds() == ["Result from elsewhere"]


def test_the_sum_of_planned_cases_adds_up(reported: Reported) -> None:
    reported.upload(LATE, PASSED, FAILED)
    reported.change(3, testRunStatus="BLOCKED")

    assert reported() == 0
    totals = reported.record["totals"]
    parts = ("executed_in_full", "executed_in_part", "executed_elsewhere", "not_executed")
    assert [totals[part] for part in parts] == [2, 0, 1, 0]
    assert sum(totals["by_status"].values()) == totals["planned"] == 3


def test_of_sessions_one_after_the_other_the_newest_counts(reported: Reported) -> None:
    reported.upload(EARLY, FAILED, PASSED, FAILED, order=1)
    reported.upload(LATE, PASSED, None, PASSED, order=2)

    assert reported() == 0
    assert [each["status"] for each in reported.record["cases"]] == ["passed"] * 3
    assert [each["in_jama"] for each in reported.record["cases"]] == ["same"] * 3
    assert reported.kinds().count("Another session") == 2
    assert reported.record["passed"]


def test_journals_of_other_cycles_are_left_out(reported: Reported) -> None:
    mine = reported.upload(LATE, PASSED, PASSED, PASSED)
    plan = reported.store.plans(reported.world.repository.key)[0].id
    reported.store.add_cycle(plan, "Build 2")
    reported.upload(EARLY, FAILED, FAILED, FAILED, cycle="Build 2", order=2**60)

    assert reported() == 0
    assert [each["name"] for each in reported.record["journals"]] == [mine.name]
    assert reported(cycle="Build 2") == 0
    assert [each["name"] for each in reported.record["journals"]] == [f"{EARLY}.jsonl"]


def test_a_journal_that_was_named_and_is_of_another_cycle_is_refused(reported: Reported) -> None:
    plan = reported.store.plans(reported.world.repository.key)
    assert len(plan) == 1
    reported.store.add_cycle(plan[0].id, "Build 2")
    mine = reported.upload(LATE, PASSED)
    other = reported.upload(EARLY, PASSED, cycle="Build 2")

    assert reported(str(mine), str(other)) == 2
    assert f".jama/{EARLY}.jsonl: was sent to test cycle" in reported.err
    assert f"of project {reported.world.repository.key}" in reported.err


def test_a_name_of_two_cycles_is_refused_with_their_ids(reported: Reported) -> None:
    reported.upload(LATE, PASSED)
    plan = reported.store.plans(reported.world.repository.key)[0]
    first = reported.store.cycles(plan.id)[0].id
    second = reported.store.add_cycle(plan.id, CYCLE)

    assert reported() == 2
    assert f"2 test cycles are named '{CYCLE}': id:{first} in test plan '{PLAN}'" in reported.err
    assert f"id:{second} in test plan '{PLAN}' (id:{plan.id})" in reported.err
    assert reported(cycle=f"id:{first}") == 0, reported.err


def test_an_unknown_name_is_refused_with_the_nearest(reported: Reported) -> None:
    reported.upload(LATE, PASSED)

    assert reported(cycle="Bild 1") == 2
    assert f"did you mean '{CYCLE}'?" in reported.err
    assert reported("--plan=Relase 1") == 2
    assert f"did you mean '{PLAN}'?" in reported.err


def test_a_plan_that_is_named_is_looked_in(reported: Reported) -> None:
    reported.upload(LATE, PASSED)
    plan = reported.store.plans(reported.world.repository.key)[0]

    assert reported(f"--plan={PLAN}") == 0, reported.err
    assert reported(f"--plan=id:{plan.id}") == 0, reported.err


def test_an_id_of_something_else_is_refused(reported: Reported) -> None:
    reported.upload(LATE, PASSED)
    plan = reported.store.plans(reported.world.repository.key)[0]

    assert reported(cycle=f"id:{plan.id}") == 2
    assert f"no test cycle with the API ID {plan.id}: that is test plan '{PLAN}'" in reported.err
    assert reported(cycle="id:999999") == 2
    assert "there is no test cycle with the API ID 999999" in reported.err


def test_a_cycle_without_a_journal_is_refused(reported: Reported) -> None:
    reported.upload(LATE, PASSED)
    plan = reported.store.plans(reported.world.repository.key)[0]
    other = reported.store.add_cycle(plan.id, "Build 2")

    assert reported(cycle="Build 2") == 2
    assert f"no journal here was sent to test cycle 'Build 2' (id:{other})" in reported.err


def test_a_session_that_was_not_sent_is_told(reported: Reported) -> None:
    reported.upload(LATE, PASSED)
    reported.world.journal(EARLY, PASSED)

    assert reported() == 0
    assert f"{EARLY}.jsonl: for this cycle, and not sent" in reported.out


def test_out_of_reach_is_3_and_nothing_is_written(reported: Reported) -> None:
    reported.upload(LATE, PASSED)
    reported.world.repository.write("jama.yaml", "upload: {give_up_after: 1s}\n")

    assert reported("--url=http://127.0.0.1:9", "--json") == 3
    assert json.loads(reported.out)["exit_status"] == 3
    assert reported.record == {}


def test_a_journal_of_another_server_is_refused(
    reported: Reported, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = reported.upload(LATE, PASSED)
    monkeypatch.setenv("JAMA_URL", "https://other.example")

    assert reported(str(path)) == 2
    assert "https://other.example" in reported.err


def test_a_test_that_was_skipped_here_is_the_case_of_its_run(reported: Reported) -> None:
    reported.upload(LATE, PASSED, Outcome.SKIPPED, PASSED)

    assert reported() == 0
    assert len(reported.record["cases"]) == 3
    assert reported.case(2)["runs"][0]["run"] == str(reported.run(2).id)


@pytest.mark.usefixtures("world")
def test_a_plan_without_a_cycle_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "--plan=P", "-o", "r.html"]) == 2
    assert "name the cycle, too" in capsys.readouterr().err


def test_a_cycle_of_120_runs_takes_three_pages(
    make_apart: Callable[[str, int], Repository],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    repository = make_apart("MANY", 120)
    monkeypatch.chdir(repository.folder)
    for name, value in repository.environment().items():
        if name.startswith("JAMA_"):
            monkeypatch.setenv(name, value)
    reported = Reported(World(repository, capsys), capsys)
    reported.upload(LATE, PASSED)

    assert reported() == 0
    assert reported.record["totals"]["planned"] == 120
    assert len(reported.requests) == 1 + 3, reported.requests


def test_a_server_that_does_not_name_cases_with_runs_is_asked_for_them(reported: Reported) -> None:
    reported.upload(LATE, PASSED, Outcome.SKIPPED, PASSED)
    refuses_include = FailNext(count=2, status=400, method="GET", path="*testruns")

    with reported.world.repository.sandbox.faults.during(refuses_include):
        assert reported() == 0, reported.err
    assert reported.requests.count("GET /abstractitems") == 1
    assert len(reported.record["cases"]) == 3
    assert reported.case(2)["runs"][0]["run"] == str(reported.run(2).id)


def test_a_later_part_of_the_tests_of_a_case_does_not_take_the_place_of_all(
    reported: Reported,
) -> None:
    repository = reported.world.repository
    repository.write(
        "test_pump.py",
        """
        import pytest

        @pytest.mark.jama("KEY-TC-1")
        @pytest.mark.parametrize("rate", [1, 2])
        def test_bolus(rate):
            pass
        """,
    )
    assert repository.pytest_here().status == 0
    assert repository.pytest_here("-k", "2]").status == 0

    assert reported() == 0, reported.err
    found = reported.case(1)
    assert (found["status"], found["in_jama"], len(found["tests"])) == ("passed", "same", 2)
    (told,) = (each for each in reported.record["deviations"] if found["case"] in each["cases"])
    assert (told["kind"], told["open"]) == ("Another session", False)
    assert "concluded INPROGRESS" in told["what"]
