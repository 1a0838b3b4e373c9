"""Several sessions and people in one cycle: what the front-ends write, leave, keep and say."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from junit_uploader.cli import main as junit_uploader
from pytest_jama.sandbox.jama.knobs import Knobs
from pytest_jama.sandbox.jama.server import Sandbox
from pytest_jama.sandbox.jama.store import Store
from tests.e2e.resuming import upload
from tests.harness import Repository
from tests.sandbox.client import Api

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.harness import Finished

    Run = Callable[[Repository, str], Finished]

SUITE = """
import os
import pytest

@pytest.mark.jama("KEY-TC-1")
def test_whole():
    assert "BROKEN" not in os.environ

@pytest.mark.jama("KEY-TC-1")
def test_other():
    if "PART" in os.environ:
        pytest.skip("no bench")

@pytest.mark.jama("KEY-TC-2")
def test_alone(): pass
"""
MEASURED = '<p>measured <b style="color: red">4.2&nbsp;V</b> &amp; fine</p>\n'


def _pytest(repository: Repository, how: str) -> Finished:
    return repository.pytest_here(*_dry(how), environment=_variable(how))


def _junit(repository: Repository, how: str) -> Finished:
    repository.pytest_here("--jama-no-upload", "--junitxml=report.xml", environment=_variable(how))
    words = ["report.xml", *(["--dry-run"] if "dry" in how else [])]
    return repository.run_here(lambda: junit_uploader(words))


def _journal(repository: Repository, how: str) -> Finished:
    repository.pytest_here("--jama-no-upload", environment=_variable(how))
    journals = repository.folder.glob(".jama/*.jsonl")
    newest = max(journals, key=lambda path: path.stat().st_mtime_ns)
    return upload(repository, str(newest), *(["--dry-run"] if "dry" in how else []))


def _workers(repository: Repository, how: str) -> Finished:
    return repository.pytest("-n", "1", *_dry(how), environment=_variable(how))


def _dry(how: str) -> list[str]:
    return ["--jama-dry-run"] if "dry" in how else []


def _variable(how: str) -> dict[str, str]:
    return {how.split(maxsplit=1)[0]: "1"}


FRONT_ENDS = pytest.mark.parametrize(
    "run", [_pytest, _junit, _journal, _workers], ids=["pytest", "junit", "journal", "xdist"]
)


@FRONT_ENDS
def test_sessions_and_people_share_a_cycle(repository: Repository, run: Run) -> None:
    repository.case(1)
    repository.case(2)
    repository.start_cycle()
    repository.write("test_it.py", SUITE)
    key = repository.key
    _measure(repository, f"{key}-TC-2")

    dry = run(repository, "BROKEN dry")
    assert f"would      replace {key}-TC-2 ({key}-TSTRN-2): PASSED -> PASSED; " in dry.output
    assert "\nreplaced" not in dry.output
    failed = run(repository, "BROKEN")
    assert repository.statuses() == {1: "FAILED", 2: "PASSED"}, failed.output
    assert f"replaced   {key}-TC-2 ({key}-TSTRN-2): PASSED -> PASSED; its actual" in failed.output
    text = repository.runs()[f"{key}-TC-2"].actual_results or ""
    assert text.startswith("<p>PASSED: 1 passed<br />")
    assert text.endswith(MEASURED)

    dry = run(repository, "PART dry")
    assert f"would      leave {key}-TC-1 ({key}-TSTRN-1): stays FAILED, INPROGRESS" in dry.output
    part = run(repository, "PART")
    assert (part.status, part.count_requests("PATCH")) == (0, 1), part.output
    assert repository.statuses() == {1: "FAILED", 2: "PASSED"}
    assert f"left       {key}-TC-1 ({key}-TSTRN-1): stays FAILED, INPROGRESS is not" in part.output

    whole = run(repository, "WHOLE")
    assert repository.statuses() == {1: "PASSED", 2: "PASSED"}
    (improved,) = [line for line in whole.output.splitlines() if "FAILED -> PASSED" in line]
    assert improved.startswith(f"case       {key}-TC-1 ")
    assert ": 2 passed; an earlier session said FAILED; keeping what stood" in improved
    text = repository.runs()[f"{key}-TC-1"].actual_results or ""
    assert text.index("PASSED: 2 passed") < text.index("earlier entry:") < text.index("FAILED: 1")
    text = repository.runs()[f"{key}-TC-2"].actual_results or ""
    assert text.count("earlier entry:") == 3
    assert text.endswith(MEASURED)


def _measure(repository: Repository, case: str) -> None:
    api = Api(repository.sandbox)
    for name, value in (("testRunStatus", "PASSED"), ("actualResults", MEASURED)):
        change = {"op": "add", "path": f"/fields/{name}", "value": value}
        assert api.patch(f"/testruns/{repository.runs()[case].id}", change).status == 200
    api.close()


def test_runs_of_people_are_left_on_demand(repository: Repository) -> None:
    repository.case(1)
    repository.case(2)
    repository.start_cycle()
    repository.write("test_it.py", SUITE)
    with (repository.folder / "jama.yaml").open("a", encoding="utf-8") as file:
        file.write("run: {others: leave}\n")
    _measure(repository, f"{repository.key}-TC-1")
    finished = repository.pytest_here()
    assert (finished.status, finished.count_requests("PATCH")) == (0, 1)
    assert "stays PASSED, PASSED is not written; its actual results are not" in finished.output
    assert repository.runs()[f"{repository.key}-TC-1"].actual_results == MEASURED
    (place,) = [line for line in repository.journal() if line["line"] == "place"]
    assert [(each["case"], each["was"]) for each in place["left"]] == [
        (f"{repository.key}-TC-1", "PASSED")
    ]
    repository.pytest_here("--jama-no-upload", "--junitxml=report.xml")
    told = repository.run_here(lambda: junit_uploader(["--json", "--dry-run", "report.xml"]))
    document = json.loads(told.output[told.output.index("{\n") :])
    case = document["cases"][0]
    assert (case["was"], case["will_be"]) == (["PASSED"], ["PASSED"])
    assert case["left"] == [place["left"][0]["why"]]


def test_an_account_that_is_not_stored_ends_badly_until_it_is(tmp_path: Path) -> None:
    state = tmp_path / "state.sqlite"
    with Store(state) as store, Sandbox(store, knobs=Knobs(actual_results="drop")) as dropping:
        repository = Repository(tmp_path, dropping, "KEY")
        repository.case(1)
        repository.start_cycle()
        repository.write("test_it.py", SUITE.replace("TC-2", "TC-1"))
        lost = repository.pytest_here()
        assert lost.status == 8
        assert "account not stored: Jama has no text in the actual results" in lost.output
        address = dropping.url
    with Store(state) as store, Sandbox(store, port=int(address.rpartition(":")[2])) as keeping:
        repository.sandbox = keeping
        sent = upload(repository)
        assert (sent.status, sent.count_requests("PATCH")) == (0, 1), sent.output
        assert "PASSED: 3 passed" in (repository.runs()["KEY-TC-1"].actual_results or "")
        assert upload(repository, "--dry-run").status == 0
