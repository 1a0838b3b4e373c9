"""The command `pytest-jama prepare`: what is made ready, what is said, how it ends."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.cli import main

if TYPE_CHECKING:
    from tests.harness import Finished, Repository

pytestmark = pytest.mark.usefixtures("quick_children")

SUITE = """
    import pytest

    @pytest.mark.jama("KEY-TC-1")
    def test_one(): raise SystemExit("it ran")

    @pytest.mark.jama("KEY-TC-2")
    def test_two(): raise SystemExit("it ran")
"""


@pytest.fixture
def prepared(repository: Repository) -> Repository:
    """A repository with two marked cases and one that the map names, and nothing at Jama."""
    for number in (1, 2, 3):
        repository.case(number)
    repository.write("test_it.py", SUITE)
    settings = "project: KEY\nplan: P\ncycle: C\ntests: {com.acme.LoginTest: KEY-TC-3}\n"
    not_needed = 'run: {fields: {job$37: "${ONLY_IN_CI}"}}\n'
    repository.write("jama.yaml", f"{settings}{not_needed}")
    return repository


def _prepare(repository: Repository, *arguments: str) -> Finished:
    return repository.run_here(lambda: main(["prepare", *arguments]))


def _document(finished: Finished) -> dict[str, Any]:
    start = finished.output.index("{\n")
    document: dict[str, Any] = json.loads(finished.output[start : finished.output.rindex("}") + 1])
    return document


def test_all_linked_cases_are_ready_and_nothing_runs(prepared: Repository) -> None:
    foretold = _document(_prepare(prepared, "--dry-run", "--json"))
    assert (foretold["exit_status"], prepared.runs()) == (0, {})
    done = _prepare(prepared)
    assert (done.status, prepared.statuses()) == (0, {1: "NOT_RUN", 2: "NOT_RUN", 3: "NOT_RUN"})
    assert "ready      3 of 3 test cases for results" in done.output
    assert "create test cycle 'C'" in done.output
    assert done.count_requests("PATCH") == 0
    assert not (prepared.folder / ".jama").exists()
    again = _prepare(prepared, "--json")
    document = _document(again)
    assert (again.status, document["changes"], document["runs"]) == (0, [], [])
    assert again.count_requests("POST") == 1  # the login
    assert foretold["changes"][0] == "create test plan 'P'"
    assert sorted(case["case"][-1] for case in document["cases"]) == ["1", "2", "3"]


def test_later_jobs_learn_where_the_cycle_is(prepared: Repository) -> None:
    outputs = prepared.folder / "outputs"
    finished = prepared.run_here(
        lambda: main(["prepare"]),
        environment={"GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": str(outputs)},
    )
    values = dict(line.split("=", 1) for line in outputs.read_text("utf-8").splitlines())
    assert finished.status == 0
    assert values["JAMA_SESSION_CYCLE_ID"] in values["JAMA_SESSION_CYCLE_URL"] + finished.output
    assert values["JAMA_SESSION_CYCLE_ID"].isdigit()


def test_a_job_shows_what_could_not_be_prepared(prepared: Repository) -> None:
    prepared.write("test_it.py", SUITE.replace("KEY-TC-2", "KEY-TC-99"))
    finished = prepared.run_here(
        lambda: main(["prepare"]), environment={"TEAMCITY_VERSION": "2026.1"}
    )
    assert finished.status == 1
    assert "##teamcity[buildProblem description='Jama: unresolved: P" in finished.output
    assert "buildStatus" not in finished.output


def test_without_collection_the_map_alone_says_which_cases_there_are(prepared: Repository) -> None:
    prepared.write("test_it.py", "raise SystemExit('it was collected')")
    done = _prepare(prepared, "--no-collect", "--cycle=Other")
    assert (done.status, prepared.statuses()) == (0, {3: "NOT_RUN"})


def test_without_collection_the_lock_names_cases_too(prepared: Repository) -> None:
    assert prepared.run_here(lambda: main(["lock"])).status == 0
    prepared.write("test_it.py", "raise SystemExit('it was collected')")
    done = _prepare(prepared, "--no-collect")
    assert (done.status, prepared.statuses()) == (0, {1: "NOT_RUN", 2: "NOT_RUN", 3: "NOT_RUN"})


def test_pytest_gets_its_arguments_and_deselected_tests_are_linked_too(
    prepared: Repository,
) -> None:
    prepared.write("test_b.py", '@__import__("pytest").mark.jama(9)\ndef test_b(): ...')
    done = _prepare(prepared, "--dry-run", "--", "test_it.py", "-k", "one")
    assert done.status == 0
    assert [key in done.output for key in ("TC-1", "TC-2", "TC-3", "case 9")] == [True] * 3 + [
        False
    ]


def test_a_reference_that_leads_nowhere_is_1_and_the_others_are_ready(
    prepared: Repository,
) -> None:
    prepared.write("test_b.py", '@__import__("pytest").mark.jama("KEY-TC-404")\ndef test_b(): ...')
    done = _prepare(prepared)
    assert (done.status, len(prepared.runs())) == (1, 3)
    assert "has no item with the document key" in done.output
    assert "ready      3 of 4 test cases for results" in done.output


def test_what_cannot_be_collected_is_1_and_the_rest_is_ready(prepared: Repository) -> None:
    prepared.write("test_b.py", "import nowhere")
    done = _prepare(prepared)
    assert (done.status, len(prepared.runs())) == (1, 3)
    assert "test_b.py" in done.output


@pytest.mark.parametrize("strict, status", [((), 0), (("--strict",), 1)])
def test_nothing_linked_is_said_and_nothing_is_created(
    repository: Repository, strict: tuple[str, ...], status: int
) -> None:
    done = _prepare(repository, "--no-collect", *strict)
    assert done.status == status
    assert "nothing    to prepare: no test is linked to a test case" in done.output
    assert done.requests == ()


def test_wrong_use_is_2(prepared: Repository) -> None:
    assert _prepare(prepared, "--no-collect", "tests").status == 2
    assert _prepare(prepared, "--", "--no-such-option").status == 2
    prepared.write("jama.yaml", "projcet: KEY")
    assert _prepare(prepared, "--no-collect").status == 2


def test_a_server_out_of_reach_is_3(prepared: Repository) -> None:
    done = prepared.run_here(
        lambda: main(["prepare", "--no-collect"]), environment={"JAMA_CLIENT_SECRET": "wrong"}
    )
    assert (done.status, "STOPPED    " in done.output, "NOT SENT" in done.output) == (
        3,
        True,
        False,
    )


@pytest.mark.parametrize("add", ["reported", "none"])
def test_a_plan_of_people_stays_as_it_is(prepared: Repository, add: str) -> None:
    store = prepared.sandbox.store
    case, *_ = store.cases(prepared.key)
    store.add_plan(prepared.key, "P", cases=[case.id])
    prepared.write("jama.yaml", f"project: KEY\nplan: {{name: P, add: {add}}}\ncycle: C\n")
    foretold = _document(_prepare(prepared, "--dry-run", "--json"))
    done = _prepare(prepared)
    assert foretold["exit_status"] == done.status
    ready = {1: "NOT_RUN"} if add == "none" else {1: "NOT_RUN", 2: "NOT_RUN"}
    assert prepared.statuses() == ready
    assert ("does not have it, and `plan: {add: none}`" in done.output) is (add == "none")


def test_shards_find_the_runs_of_all(prepared: Repository) -> None:
    prepared.write("test_it.py", SUITE.replace('raise SystemExit("it ran")', "pass"))
    prepared.write(
        "test_b.py",
        """
        import pytest

        @pytest.mark.jama("KEY-TC-3")
        def test_b(): assert False
        """,
    )
    prepared.write("jama.yaml", "project: KEY\nplan: P\ncycle: C\n")
    assert _prepare(prepared).status == 0
    first = prepared.pytest_here("test_it.py")
    second = prepared.pytest_here("test_b.py")
    assert (first.status, second.status) == (0, 1)
    assert prepared.statuses() == {1: "PASSED", 2: "PASSED", 3: "FAILED"}
    assert "unresolved" not in first.output + second.output
