"""A case is not passed when the map knows tests of it that the session did not come across."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from junit_uploader.cli import main as junit_uploader
from pytest_jama.cli import main as pytest_jama

if TYPE_CHECKING:
    from tests.harness import Finished, Repository

PLACES = "project: KEY\nplan: Release 1\ncycle: Build 1\n"

SERIAL_AND_XDIST = pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["serial", "xdist"])


@pytest.fixture
def shop(repository: Repository) -> Repository:
    """Tests in two files and a folder; cases that name them in all the ways there are."""
    for number in range(1, 10):
        repository.case(number)
    repository.start_cycle()
    repository.write("pytest.ini", "[pytest]\n")
    repository.write(
        "tests/test_a.py",
        """
        def test_1(): pass
        def test_2(): pass
        class TestA:
            def test_3(self): pass
        class TestB:
            def test_4(self): pass
        """,
    )
    repository.write("tests/test_b.py", "def test_5(): pass\n")
    repository.write("tests/sub/test_c.py", "def test_6(): pass\n")
    repository.write("src/app.py", "")
    repository.write(
        "jama.yaml",
        f"""{PLACES}tests:
  tests/test_a.py::test_1: [KEY-TC-1, KEY-TC-2]
  tests/test_b.py::test_5: KEY-TC-1
  tests/: KEY-TC-3
  "**::test_6": KEY-TC-4
  tests/test_a.py::TestA: KEY-TC-5
  tests/test_a.py: KEY-TC-6
  tests/sub/test_c.py::test_6: KEY-TC-7
  "tests/sub/*::test_9*": none
""",
    )
    return repository


def statuses(finished: Finished, repository: Repository) -> dict[int, str]:
    """Return the status of each run that is not NOT_RUN."""
    assert repository.runs(), finished.output
    return {
        number: status
        for number, status in repository.statuses().items()
        if status != "NOT_RUN"
    }


def test_a_session_of_everything_is_complete(shop: Repository) -> None:
    finished = shop.pytest_here()
    expected = dict.fromkeys((1, 2, 5, 6, 7), "PASSED")
    assert statuses(finished, shop) == expected, finished.summary
    print(finished.summary)


@SERIAL_AND_XDIST
def test_one_file(shop: Repository, workers: list[str]) -> None:
    finished = shop.pytest_here(*workers, "tests/test_a.py")
    print(finished.summary)
    print(shop.runs()[f"{shop.key}-TC-1"].actual_results)
    expected = {**dict.fromkeys((2, 5, 6), "PASSED"), 1: "INPROGRESS"}
    assert statuses(finished, shop) == expected


def test_more(shop: Repository) -> None:
    for args in (["tests/test_a.py::TestA"], ["--ignore=tests/test_b.py"], ["tests/sub"], ["--ignore=tests/sub"], ["tests/sub", "tests/test_a.py"], ["-k", "test_1"]):
        finished = shop.pytest_here(*args)
        print(args, shop.statuses())
        print(finished.summary)
    assert 0
