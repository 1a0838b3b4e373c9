"""The table of outcomes: a test for each row, and the status that must become of it."""

from __future__ import annotations

from typing import NamedTuple

SUITE = """
import unittest
import pytest

def jama(number): return pytest.mark.jama(f"PUMP-TC-{number}")

@pytest.fixture
def broken_setup(): raise RuntimeError("no power")

@pytest.fixture
def broken_teardown():
    yield
    raise RuntimeError("relay stuck")

@pytest.fixture
def skipping(): pytest.skip("no bench")

@jama(1)
def test_passed(): pass

@jama(2)
def test_assertion(): assert 1 == 2, "no dial tone"

@jama(3)
def test_exception(): raise OSError("gone")

@jama(4)
def test_setup(broken_setup): pass

@jama(5)
def test_teardown(broken_teardown): pass

@jama(6)
@pytest.mark.skip(reason="later")
def test_skip_marker(): pass

@jama(7)
def test_skip_body(): pytest.skip("not here")

@jama(8)
def test_skip_fixture(skipping): pass

@jama(9)
@pytest.mark.xfail(reason="bug 7")
def test_xfail(): assert 0

@jama(10)
@pytest.mark.xfail(reason="bug 8", strict=False)
def test_xpass(): pass

@jama(11)
@pytest.mark.xfail(reason="bug 9", strict=True)
def test_xpass_strict(): pass

class TestUnit(unittest.TestCase):
    @jama(12)
    def test_ok(self): pass

    @jama(13)
    def test_fails(self): self.assertEqual(1, 2)

    @jama(14)
    def test_part_fails(self):
        for number in range(3):
            with self.subTest(number=number): self.assertNotEqual(number, 1)

    @jama(15)
    @unittest.skip("never")
    def test_skipped(self): pass

@jama(16)
@pytest.mark.parametrize("number", [1, 2, 3])
def test_one_parameter_fails(number): assert number != 2

@jama(17)
@pytest.mark.parametrize("number", [1, 2, 3])
def test_all_parameters_pass(number): pass

@jama(18)
def test_passes_beside_a_skip(): pass

@jama(18)
def test_is_skipped_beside(): pytest.skip("part")

@jama(19)
def test_passes_beside_an_xfail(): pass

@jama(19)
@pytest.mark.xfail(reason="bug 7")
def test_xfails_beside(): assert 0

@jama(20)
def test_passes_beside_a_failure(): pass

@jama(20)
def test_fails_beside(): assert 0

@jama(21)
def test_passes_beside_an_error(): pass

@jama(21)
def test_errs_beside(broken_setup): pass

@jama(22)
def test_fails_beside_a_skip(): assert 0

@jama(22)
def test_is_skipped_beside_a_failure(): pytest.skip("part")

@pytest.mark.jama("PUMP-TC-23", "PUMP-TC-24")
def test_two_cases(): assert 0

@jama(25)
def test_fails_twice(broken_teardown): assert 0

def test_of_no_case(): assert 0
"""


class Row(NamedTuple):
    """A row of the table of outcomes.

    Attributes:
        what: What happens, as it stands in the requirement.
        status: The status of the run afterwards, with the settings as they come.
        strict: The status with the settings of `OTHER_SETTINGS`.
    """

    what: str
    status: str
    strict: str


ROWS = {
    1: Row("A test passed", "PASSED", "PASSED"),
    2: Row("An assertion failed", "FAILED", "FAILED"),
    3: Row("The test raised an exception", "FAILED", "FAILED"),
    4: Row("The setup raised an exception", "FAILED", "BLOCKED"),
    5: Row("The teardown raised an exception after a passed test", "FAILED", "BLOCKED"),
    6: Row("The test was skipped by a marker", "NOT_RUN", "BLOCKED"),
    7: Row("The test skipped itself", "NOT_RUN", "BLOCKED"),
    8: Row("A fixture skipped the test", "NOT_RUN", "BLOCKED"),
    9: Row("The test failed, as was expected (xfail)", "NOT_RUN", "NOT_RUN"),
    10: Row("The test passed though a failure was expected (xpass)", "PASSED", "FAILED"),
    11: Row("The test passed though a failure was expected, strict", "FAILED", "FAILED"),
    12: Row("A unittest passed", "PASSED", "PASSED"),
    13: Row("A unittest failed", "FAILED", "FAILED"),
    14: Row("One subtest of a unittest failed", "FAILED", "FAILED"),
    15: Row("A unittest was skipped", "NOT_RUN", "BLOCKED"),
    16: Row("One of three parameters failed", "FAILED", "FAILED"),
    17: Row("All parameters passed", "PASSED", "PASSED"),
    18: Row("One test of the case passed, another was skipped", "INPROGRESS", "BLOCKED"),
    19: Row("One test passed, another failed as expected", "INPROGRESS", "PASSED"),
    20: Row("One test passed, another failed", "FAILED", "FAILED"),
    21: Row("One test passed, the setup of another broke", "FAILED", "BLOCKED"),
    22: Row("One test failed, another was skipped", "FAILED", "FAILED"),
    23: Row("A failed test is linked to two cases: the first", "FAILED", "FAILED"),
    24: Row("A failed test is linked to two cases: the second", "FAILED", "FAILED"),
    25: Row("Test and teardown both failed", "FAILED", "FAILED"),
}
"""Source: docs/pytest.md, "From outcomes to a verdict"; written down here by hand."""

OTHER_SETTINGS = """
verdicts: {error: BLOCKED, skipped: BLOCKED, xfailed: ignore, xpassed: FAILED}
"""
