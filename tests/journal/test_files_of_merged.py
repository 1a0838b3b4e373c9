"""Results of several sessions that say the same, each with files of its own."""

from __future__ import annotations

from pytest_jama.core.attached_file import AttachedFile
from pytest_jama.core.verdicts import VerdictRules
from pytest_jama.journal.united import unite_results
from tests.journal.record import a_test

LINUX = AttachedFile("linux.log", "a" * 64, 3, "text/plain")
MACOS = AttachedFile("macos.log", "b" * 64, 4, "text/plain")


def test_results_that_say_the_same_are_one_with_the_files_of_all() -> None:
    sources = [[a_test("t", files=(MACOS,))], [a_test("t", files=(LINUX,))], [a_test("t")]]
    for order in (sources, sources[::-1]):
        (result,) = unite_results(order, rules=VerdictRules())
        assert result.files == (LINUX, MACOS)
