"""A reference that cannot be understood costs only itself: the test stays where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from junit_uploader.cli import main as junit_uploader
from tests.harness import PYTEST

if TYPE_CHECKING:
    from tests.harness import Repository

SERIAL_AND_XDIST = pytest.mark.parametrize("workers", [[], ["-n", "1"]], ids=["serial", "xdist"])

BAD = """
import pytest

@pytest.mark.jama("KEY-TC-1")
class TestAll:
    def test_good(self): pass

    def test_bad(self, record_property):
        record_property("jama", "bogus, KEY-TC-3")
        assert 0

def test_mapped(record_property):
    record_property("jama", "bogus")
    assert 0
"""


@SERIAL_AND_XDIST
def test_bad_property_does_not_take_a_test_out(repository: Repository, workers: list[str]) -> None:
    for number in (1, 2, 3):
        repository.case(number)
    repository.start_cycle()
    repository.write(
        "jama.yaml",
        "project: KEY\nplan: Release 1\ncycle: Build 1\ntests: {test_it.py: KEY-TC-2}\n",
    )
    repository.write("pytest.ini", "[pytest]\njunit_family = xunit1\n")
    repository.write("test_it.py", BAD)
    expected = {1: "FAILED", 2: "FAILED", 3: "FAILED"}
    session = repository.pytest_here(*workers, "--junitxml=r.xml")
    assert repository.statuses() == expected, session.output
    assert session.summary.count("NOT LINKED") == 2
    (repository.folder / "test_it.py").unlink()
    reported = repository.run_here(lambda: junit_uploader(["--no-upload", "r.xml"]))
    assert reported.output.count("NOT LINKED") == 2
    results = [line for line in repository.journal() if line["line"] == "result"]
    ends = sorted(str(case)[-1] for each in results for case in each["cases"])
    assert (reported.status, ends) == (1, ["1", "1", "2", "3"])


BAD_MARKERS = """
import pytest
from pytest_jama.plugin import pytest_bdd_apply_tag

@pytest.mark.jama("KEY-TC-1")
class TestAll:
    def test_good(self): pass

    @pytest.mark.jama("bogus ref")
    def test_bad(self): assert 0

    @pytest.mark.jama("bogus", "KEY-TC-3", 7.5)
    def test_part(self): assert 0

def test_tagged(): assert 0

for tag in ("jama:KEY-TC-2", "jama:KEYTC9"):
    pytest_bdd_apply_tag(tag, test_tagged)
"""


@SERIAL_AND_XDIST
def test_bad_marker_in_a_report_does_not_take_a_test_out(
    repository: Repository, workers: list[str]
) -> None:
    for number in (1, 2, 3):
        repository.case(number)
    repository.start_cycle()
    repository.write("test_it.py", BAD_MARKERS)
    command = [argument for argument in PYTEST if argument != "--jama"]
    repository.run([*command, "--junitxml=r.xml", *workers])
    reported = repository.run_here(lambda: junit_uploader(["r.xml"]))
    assert repository.statuses() == {1: "FAILED", 2: "FAILED", 3: "FAILED"}, reported.output
    assert reported.status == 1
    assert "NOT LINKED" in reported.output
