"""Every row of the verdict table: real sessions, serial and with xdist, read from the sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.harness import HAS_SUBTESTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.harness import Repository

SUITE = '''
import unittest

import pytest

jama = pytest.mark.jama


@pytest.fixture
def broken_setup():
    raise RuntimeError("no power")


@pytest.fixture
def broken_teardown():
    yield
    raise RuntimeError("relay stuck")


@pytest.fixture
def skipping():
    pytest.skip("no bench")


@jama("KEY-TC-1")
def test_passed(): pass

@jama("KEY-TC-2")
def test_assertion(): assert 1 == 2

@jama("KEY-TC-3")
def test_exception(): raise OSError("gone")

@jama("KEY-TC-4")
def test_setup_error(broken_setup): pass

@jama("KEY-TC-5")
def test_teardown_error(broken_teardown): pass

@jama("KEY-TC-6")
@pytest.mark.skip(reason="later")
def test_skip_marker(): pass

@jama("KEY-TC-7")
def test_skip_body(): pytest.skip("not here")

@jama("KEY-TC-8")
def test_skip_fixture(skipping): pass

@jama("KEY-TC-9")
@pytest.mark.xfail(reason="bug 7")
def test_xfail(): assert 0

@jama("KEY-TC-10")
@pytest.mark.xfail(reason="bug 8", strict=False)
def test_xpass(): pass

@jama("KEY-TC-11")
@pytest.mark.xfail(reason="bug 9", strict=True)
def test_xpass_strict(): pass

attempts = []

@jama("KEY-TC-12")
@pytest.mark.flaky(reruns=2)
def test_rerun_passes():
    attempts.append(1)
    assert len(attempts) == 2

@jama("KEY-TC-13")
@pytest.mark.flaky(reruns=1)
def test_rerun_fails(): assert 0

@pytest.fixture
def skips_after():
    yield
    pytest.skip("not cleaned up")

@jama("KEY-TC-36")
def test_passes_first(): pass

@jama("KEY-TC-36")
def test_skipped_in_teardown(skips_after): pass


class TestUnit(unittest.TestCase):
    @jama("KEY-TC-16")
    def test_ok(self): pass

    @jama("KEY-TC-17")
    def test_fails(self): self.assertEqual(1, 2)

    @jama("KEY-TC-18")
    def test_part_fails(self):
        for number in range(3):
            with self.subTest(number=number):
                self.assertNotEqual(number, 1)

    @jama("KEY-TC-37")
    def test_part_is_skipped(self):
        for number in range(3):
            with self.subTest(number=number):
                if number == 1: self.skipTest("no second channel")

    @jama("KEY-TC-19")
    @unittest.skip("never")
    def test_skipped(self): pass

    @jama("KEY-TC-20")
    @unittest.expectedFailure
    def test_expected_failure(self): self.fail()


def doctest_passes():
    """
    >>> 1 + 1
    2
    """

def doctest_fails():
    """
    >>> 1 + 1
    3
    """

@pytest.mark.parametrize("text", ["a/b::c.py[0]", "ü ∀ \\n", "x,y#2"])
def test_odd_parameters(text): assert "#" not in text

@jama("KEY-TC-24")
@pytest.mark.parametrize("number", [1, 2, 3])
def test_one_parameter_fails(number): assert number != 2

@jama("KEY-TC-25")
def test_first_of_two(): pass

@jama("KEY-TC-25")
def test_second_of_two_is_skipped(): pytest.skip("part")

@jama("KEY-TC-26")
def test_fails_and_teardown_too(broken_teardown): assert 0

@jama("KEY-TC-27")
@pytest.mark.xfail(run=False, reason="crashes")
def test_xfail_not_run(): raise SystemExit

@jama("KEY-TC-28", "KEY-TC-29")
def test_two_cases(): pass

@jama("KEY-TC-30")
def test_imperative_xfail(): pytest.xfail("known")

@jama("KEY-TC-31")
@pytest.mark.parametrize(
    "number", [1, pytest.param(2, marks=jama("KEY-TC-32"))],
)
def test_marked_parameter(number): assert number == 1

def test_record_property(record_property): record_property("jama", "KEY-TC-33")
'''

MAP = r"""
project: KEY
plan: Release 1
cycle: Build 1
tests:
  test_rows.py::test_rows.doctest_passes: KEY-TC-21
  test_rows.py::test_rows.doctest_fails: KEY-TC-22
  "test_rows.py::test_odd_parameters[a/b::c.py[0]]": KEY-TC-23
  'test_rows.py::test_odd_parameters[\xfc \u2200 \n]': KEY-TC-34
  "test_rows.py::test_odd_parameters[x,y#2]": KEY-TC-35
"""

ROWS = {
    1: ("passed", "PASSED"),
    2: ("assertion in the call", "FAILED"),
    3: ("any exception in the call", "FAILED"),
    4: ("setup error", "FAILED"),
    5: ("teardown error after a passed call", "FAILED"),
    6: ("skip by marker", "NOT_RUN"),
    7: ("skip in the body", "NOT_RUN"),
    8: ("skip in a fixture", "NOT_RUN"),
    9: ("xfail", "NOT_RUN"),
    10: ("xpass", "PASSED"),
    11: ("strict xpass", "FAILED"),
    12: ("rerun, passed at last", "PASSED"),
    13: ("rerun, failed to the last", "FAILED"),
    16: ("unittest passed", "PASSED"),
    17: ("unittest failed", "FAILED"),
    18: ("unittest subTest failed", "FAILED"),
    19: ("unittest skipped", "NOT_RUN"),
    20: ("unittest expected failure", "NOT_RUN"),
    21: ("doctest passed", "PASSED"),
    22: ("doctest failed", "FAILED"),
    23: ("parameter with separators", "PASSED"),
    24: ("one of three parameters failed", "FAILED"),
    25: ("one test passed, one skipped", "INPROGRESS"),
    26: ("failed, and teardown error", "FAILED"),
    27: ("xfail without run", "NOT_RUN"),
    28: ("first of two cases", "PASSED"),
    29: ("second of two cases", "PASSED"),
    30: ("xfail in the body", "NOT_RUN"),
    31: ("function marker of other parameters", "PASSED"),
    32: ("marker of one parameter wins", "FAILED"),
    33: ("record_property", "PASSED"),
    34: ("parameter with escapes", "PASSED"),
    35: ("parameter with comma and hash", "FAILED"),
    36: ("two passed, one skipped in its teardown", "INPROGRESS"),
    37: ("unittest subTest skipped", "NOT_RUN"),
}
if HAS_SUBTESTS:
    SUITE += """
@jama("KEY-TC-14")
def test_subtest_fails(subtests):
    for number in range(3):
        with subtests.test(number=number):
            assert number != 1

@jama("KEY-TC-15")
def test_subtests_pass(subtests):
    with subtests.test("one"):
        pass
    with subtests.test("two"):
        pytest.skip("only this part")

@jama("KEY-TC-38")
def test_subtest_expected_to_fail(subtests):
    with subtests.test("one"):
        pytest.xfail("bug 8")
"""
    ROWS |= {
        14: ("failed subtest", "FAILED"),
        15: ("passed and skipped subtests", "NOT_RUN"),
        38: ("subtest expected to fail", "NOT_RUN"),
    }


@pytest.fixture(scope="module", params=["serial", "xdist"])
def statuses(
    request: pytest.FixtureRequest,
    make_repository: Callable[[], Repository],
) -> dict[int, str]:
    """Run the suite once in each way; return the status of each case in the sandbox."""
    repository = make_repository()
    for number in ROWS:
        repository.case(number)
    repository.start_cycle()
    repository.write("test_rows.py", SUITE)
    repository.write("jama.yaml", MAP)
    workers = ["-n", "2"] if request.param == "xdist" else []
    finished = repository.pytest_here("--doctest-modules", *workers)
    assert finished.status == 1, finished.output
    return repository.statuses()


@pytest.mark.parametrize("number", ROWS, ids=[name for name, _ in ROWS.values()])
def test_row(number: int, statuses: dict[int, str]) -> None:
    assert statuses[number] == ROWS[number][1]
