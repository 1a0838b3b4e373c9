"""How many requests a session makes, and which: the server is shared by a whole company."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from pytest_jama.sandbox.jama.server import Sandbox
from tests.harness import Repository

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.harness import Finished

CASES = 51
"""One more than fits on a page."""

SUITE = """
import pytest

@pytest.mark.parametrize(
    "number", [pytest.param(n, marks=pytest.mark.jama(f"KEY-TC-{n}")) for n in range(1, 52)]
)
def test_it(number): pass
"""


@pytest.fixture(scope="module", params=[[], ["-n", "1"]], ids=["serial", "xdist"])
def finished(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Finished]:
    """A session over a plan and a cycle that exist, at a server that has no other project.

    The project is found by its key in the list of all projects, fifty a page.
    """
    with Sandbox() as sandbox:
        repository = Repository(tmp_path_factory.mktemp("requests"), sandbox, "KEY")
        for number in range(1, CASES + 1):
            repository.case(number, steps=number % 3)
        repository.start_cycle()
        repository.write("test_it.py", SUITE)
        yield repository.pytest_here(*request.param)


def test_all_is_sent(finished: Finished) -> None:
    assert finished.status == 0, finished.output
    assert f"sent       {CASES} of {CASES} test runs: {CASES} PASSED" in finished.summary


def test_one_patch_for_each_case(finished: Finished) -> None:
    paths = [request.path for request in finished.requests if request.method == "PATCH"]
    assert len(paths) == len(set(paths)) == CASES


def test_other_requests_are_few(finished: Finished) -> None:
    others = len(finished.requests) - CASES
    assert others <= 3 * math.ceil(CASES / 50) + 6


def test_nothing_is_created_or_deleted(finished: Finished) -> None:
    writing = {(each.method, each.path) for each in finished.requests if each.method != "GET"}
    assert {method for method, path in writing if path != "/oauth/token"} <= {"PATCH", "POST"}
    assert not [path for method, path in writing if method == "POST" and "oauth" not in path]


def test_no_page_asks_for_more_than_fifty(finished: Finished) -> None:
    sizes = {
        int(value) for each in finished.requests for key, value in each.query if key == "maxResults"
    }
    assert sizes == {50}


def test_status_and_steps_are_never_sent_together(finished: Finished) -> None:
    for request in finished.requests:
        if request.method == "PATCH":
            paths = {operation["path"] for operation in request.body}
            assert len(paths & {"/fields/testRunStatus", "/fields/testRunSteps"}) == 1


def test_every_operation_is_an_addition_in_lower_case(finished: Finished) -> None:
    patches = [request.body for request in finished.requests if request.method == "PATCH"]
    assert {operation["op"] for body in patches for operation in body} == {"add"}
