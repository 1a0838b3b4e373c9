"""One session, both front-ends: ``pytest --jama``, and ``junit-uploader`` on its JUnit XML.

Each goes to a sandbox of its own; then status, steps and actual results are compared run by run.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from junit_uploader.cli import main as junit_uploader
from pytest_jama.sandbox.jama.server import Sandbox
from tests.e2e import test_serial_is_xdist as blocks
from tests.e2e import test_steps as steps
from tests.e2e import test_verdict_table as table
from tests.harness import Repository

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytest_jama.sandbox.jama.model import Node

KEY = "SAME"


@dataclass(frozen=True)
class Seen:
    """What a sandbox shows of a run.

    Attributes:
        status: Its status.
        steps: Status and result of each step.
        account: Its actual results, without what must differ: the line that names the tool,
            durations, which are rounded at different places, and when each test began.
    """

    status: str
    steps: tuple[tuple[str, str | None], ...]
    account: str


class BothWays:
    """A folder with tests that is reported to two sandboxes."""

    def __init__(self, folder: Path, first: Sandbox, second: Sandbox) -> None:
        self.plugin = Repository(folder, first, KEY)
        self.uploader = Repository(folder, second, KEY)

    def cases(self, *numbers: int, steps: int = 0) -> None:
        """Create test cases in both."""
        for repository in (self.plugin, self.uploader):
            for number in numbers:
                repository.case(number, steps=steps)

    def start_cycles(self) -> None:
        """Create the cycle in both."""
        self.plugin.start_cycle()
        self.uploader.start_cycle()

    def run(self, *arguments: str, conftest: str = "") -> None:
        """Run the tests once, and report them twice."""
        self.plugin.write("conftest.py", conftest)
        ran = self.plugin.pytest_here("--junitxml=report.xml", *arguments)
        assert (self.plugin.folder / "report.xml").exists(), ran.output
        uploaded = self.uploader.run_here(lambda: junit_uploader(["report.xml"]))
        assert uploaded.status == 0, uploaded.output

    def seen(self) -> tuple[dict[int, Seen], dict[int, Seen]]:
        """Return what both sandboxes show, by the number of the case."""
        return _look(self.plugin), _look(self.uploader)


def _look(repository: Repository) -> dict[int, Seen]:
    return {int(key.rpartition("-")[2]): _seen(run) for key, run in repository.runs().items()}


def _seen(run: Node) -> Seen:
    steps = tuple((step.status, step.result and _comparable(step.result)) for step in run.steps)
    return Seen(run.status, steps, _comparable(run.actual_results or ""))


def _comparable(text: str) -> str:
    without_tool = re.sub(r"(pytest-jama|session) [^<]*", "", text)
    without_runs = re.sub(r" \([0-9.]+ s(?:, [^)]*)?\)", "", without_tool)
    with_dots = re.sub(r"\.py::|::", ".", without_runs).replace("folder/", "folder.")
    return with_dots.replace(".py:", ":")


@pytest.fixture(scope="module")
def make_both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], BothWays]]:
    """Make folders that are reported to two sandboxes."""
    sandboxes: list[Sandbox] = []

    def make() -> BothWays:
        pair = Sandbox().__enter__(), Sandbox().__enter__()
        sandboxes.extend(pair)
        return BothWays(tmp_path_factory.mktemp("both"), *pair)

    yield make
    for sandbox in sandboxes:
        sandbox.__exit__(None, None, None)


@pytest.fixture(scope="module")
def rows(make_both: Callable[[], BothWays]) -> tuple[dict[int, Seen], dict[int, Seen]]:
    """The suite of the verdict table."""
    both = make_both()
    both.cases(*table.ROWS)
    both.start_cycles()
    both.plugin.write("test_rows.py", table.SUITE)
    both.plugin.write("jama.yaml", table.MAP)
    both.run("--doctest-modules")
    return both.seen()


DIFFERENT_ACCOUNTS = {
    10: "an unexpected pass looks like any other",
}


@pytest.mark.parametrize(
    "number",
    [number for number in table.ROWS if number not in DIFFERENT_ACCOUNTS],
    ids=lambda number: table.ROWS[number][0],
)
def test_row(number: int, rows: tuple[dict[int, Seen], dict[int, Seen]]) -> None:
    by_plugin, by_uploader = rows
    assert by_uploader[number] == by_plugin[number]


@pytest.mark.parametrize("number", DIFFERENT_ACCOUNTS, ids=DIFFERENT_ACCOUNTS.values())
def test_row_of_which_the_file_tells_less(
    number: int, rows: tuple[dict[int, Seen], dict[int, Seen]]
) -> None:
    by_plugin, by_uploader = (found[number] for found in rows)
    assert by_uploader.status == by_plugin.status
    assert by_uploader.account != by_plugin.account


@pytest.fixture(scope="module")
def step_runs(make_both: Callable[[], BothWays]) -> tuple[dict[int, Seen], dict[int, Seen]]:
    """The suite of the steps."""
    both = make_both()
    both.cases(*steps.ROWS, 12, 13, steps=4)
    both.cases(11)
    both.start_cycles()
    both.plugin.write("test_it.py", steps.SUITE + FAILS_TWICE)
    both.plugin.write("jama.yaml", STEP_MAP)
    both.run()
    return both.seen()


STEP_MAP = """
project: KEY
plan: Release 1
cycle: Build 1
tests: {"test_it.py::test_mapped_step": {case: KEY-TC-9, step: 3}}
"""
FAILS_TWICE = """
@pytest.fixture
def relay():
    yield
    raise RuntimeError("relay stuck")

@jama("KEY-TC-12")
def test_fails_in_a_step_and_behind(jama, relay):
    with jama.step(1, "lamp\\n\\t<on> & \\x1b[31mred"):
        pass
    with jama.step(2):
        pytest.fail("no light")

@jama("KEY-TC-13")
def test_steps_as_properties(record_property):
    for name, value in ("step", 2), ("step_status", "failed"), ("step_note", "dark"), ("step", 3):
        record_property(f"jama_{name}", value)
"""
ATTEMPTS = 10


@pytest.mark.parametrize("number", sorted({*steps.ROWS, 11, 12, 13} - {ATTEMPTS}))
def test_steps(number: int, step_runs: tuple[dict[int, Seen], dict[int, Seen]]) -> None:
    by_plugin, by_uploader = step_runs
    assert by_uploader[number] == by_plugin[number]


def test_steps_of_the_last_attempt_count(
    step_runs: tuple[dict[int, Seen], dict[int, Seen]],
) -> None:
    by_plugin, by_uploader = (found[ATTEMPTS] for found in step_runs)
    assert by_uploader.steps == by_plugin.steps
    assert by_uploader.status == by_plugin.status


RANDOM_CASES = 40


def write_random_suite(seed: int) -> str:
    """Return a suite of all kinds of tests, combined at random, with links at random."""
    chance = random.Random(seed)  # noqa: S311 (no secret)
    decorations = [_with_reason(each) for each in blocks.DECORATIONS if "flaky" not in each]
    return blocks.write_suite(
        [
            (
                chance.choice(sorted(blocks.BODIES)),
                chance.choice(decorations),
                chance.sample(range(1, RANDOM_CASES + 1), chance.choice([0, 1, 1, 2])),
            )
            for _ in range(3 * RANDOM_CASES)
        ],
    )


def _with_reason(decoration: str) -> str:
    """Give an expected failure a reason: without one, the file does not tell why it failed."""
    with_reason = decoration.replace("xfail(", "xfail(reason='known', ")
    return with_reason + "(reason='known')" if with_reason.endswith("xfail") else with_reason


def test_any_session_is_the_same_both_ways(make_both: Callable[[], BothWays]) -> None:
    both = make_both()
    both.cases(*range(1, RANDOM_CASES, 2), steps=3)
    both.cases(*range(2, RANDOM_CASES + 1, 2))
    both.start_cycles()
    both.plugin.write("test_it.py", write_random_suite(7))
    both.run()
    by_plugin, by_uploader = both.seen()
    assert len(by_plugin) == RANDOM_CASES
    differing = {
        number: (found, by_uploader[number])
        for number, found in by_plugin.items()
        if found != by_uploader[number] and "xpassed" not in found.account
    }
    assert differing == {}
    assert {n: each.status for n, each in by_plugin.items()} == {
        n: each.status for n, each in by_uploader.items()
    }


PARTIAL = """
import pytest

jama = pytest.mark.jama

@jama("KEY-TC-1")
def test_selected(): pass

@jama("KEY-TC-1")
def test_left_out(): pass

class TestOuter:
    class TestInner:
        @jama("KEY-TC-2")
        @pytest.mark.parametrize("text", ["a.b", "x::y", "p[q]", "s t", "-"])
        def test_it(self, text): assert text != "-", "the last one"

@pytest.mark.parametrize("text", ["[KEY-TC-3]"])
def test_reference_in_its_name(text): pass

def test_named(): pass

@jama("KEY-TC-8")
def test_long(): assert 0, "too long. " * 90
"""
PARTIAL_MAP = r"""
project: KEY
plan: Release 1
cycle: Build 1
names: '\[(?P<case>[A-Z]+-TC-\d+)\]'
tests:
  folder/test_broken.py::test_unknown: KEY-TC-4
  folder/test_part.py::test_named: [KEY-TC-4, KEY-TC-5, KEY-TC-6]
  folder/test_part.py::TestOuter: KEY-TC-7
  folder/test_skipped.py: KEY-TC-6
"""


@pytest.fixture(scope="module")
def partial(make_both: Callable[[], BothWays]) -> tuple[dict[int, Seen], dict[int, Seen]]:
    """A session that does not run everything, in folders, classes and parameters."""
    both = make_both()
    both.cases(2, steps=2)
    both.cases(1, 3, 4, 5, 6, 7, 8)
    both.start_cycles()
    both.plugin.write("folder/test_part.py", PARTIAL)
    both.plugin.write("folder/test_broken.py", "import nothing_of_that_name")
    both.plugin.write("folder/test_skipped.py", "import pytest; pytest.importorskip('nothing')")
    both.plugin.write("jama.yaml", PARTIAL_MAP)
    both.run("-k", "not left_out", "--continue-on-collection-errors")
    return both.seen()


SAME_IN_PARTIAL_SESSION = {
    2: "class in class, parameters",
    3: "case in the name",
    4: "case of a test in a file that could not be collected",
    5: "map",
    7: "marker beats the map",
}


@pytest.mark.parametrize("number", SAME_IN_PARTIAL_SESSION, ids=SAME_IN_PARTIAL_SESSION.values())
def test_partial_session(number: int, partial: tuple[dict[int, Seen], dict[int, Seen]]) -> None:
    by_plugin, by_uploader = partial
    assert by_uploader[number] == by_plugin[number]


def test_why_a_file_was_skipped_as_a_whole_is_not_in_the_file(
    partial: tuple[dict[int, Seen], dict[int, Seen]],
) -> None:
    by_plugin, by_uploader = (found[6] for found in partial)
    why = "could not import &#x27;nothing&#x27;: No module named &#x27;nothing&#x27;"
    assert by_uploader.status == by_plugin.status == "INPROGRESS"
    assert by_uploader.account.replace("collection skipped", why) == by_plugin.account


def test_deselected_tests_are_not_in_the_file(
    partial: tuple[dict[int, Seen], dict[int, Seen]],
) -> None:
    assert [found[1].status for found in partial] == ["INPROGRESS", "PASSED"]


def test_long_message_may_be_cut_in_the_file(
    partial: tuple[dict[int, Seen], dict[int, Seen]],
) -> None:
    by_plugin, by_uploader = (found[8] for found in partial)
    assert by_uploader.status == by_plugin.status
    assert "too long. too long." in by_uploader.account


BROKEN_OFF = """
import pytest

jama = pytest.mark.jama

@jama("KEY-TC-1")
def test_before(): pass

@jama("KEY-TC-2")
def test_of_the_hook(): assert 0

@jama("KEY-TC-3")
def test_interrupted(): raise KeyboardInterrupt

@jama("KEY-TC-1", "KEY-TC-4")
def test_after(): pass
"""
HOOK = """
from dataclasses import replace
from pytest_jama import hookimpl
from pytest_jama.core.verdicts import Verdict

@hookimpl
def adjust_verdict(verdict):
    if verdict.verdict is Verdict.FAILED:
        return replace(verdict, verdict=Verdict.BLOCKED)
"""


@pytest.fixture(scope="module")
def broken_off(make_both: Callable[[], BothWays]) -> tuple[dict[int, Seen], dict[int, Seen]]:
    """A session that was interrupted, with a hook in its conftest.py."""
    both = make_both()
    both.cases(1, 2, 3, 4)
    both.start_cycles()
    both.plugin.write("test_it.py", BROKEN_OFF)
    both.run(conftest=HOOK)
    return both.seen()


@pytest.mark.parametrize(
    "number, statuses",
    [
        pytest.param(1, ["INPROGRESS", "PASSED"], id="partly not reached"),
        pytest.param(2, ["BLOCKED", "FAILED"], id="hook in conftest.py"),
        pytest.param(3, ["INPROGRESS", "NOT_RUN"], id="interrupted"),
        pytest.param(4, ["INPROGRESS", "NOT_RUN"], id="not reached"),
    ],
)
def test_what_the_file_of_a_session_that_was_broken_off_cannot_tell(
    number: int,
    statuses: list[str],
    broken_off: tuple[dict[int, Seen], dict[int, Seen]],
) -> None:
    assert [found[number].status for found in broken_off] == statuses


WITH_XDIST = """
import os

import pytest

def test_crashes(): os._exit(3)

@pytest.mark.jama("KEY-TC-5")
def test_crashes_with_its_marker(): os._exit(3)

@pytest.mark.jama("KEY-TC-2")
def test_fixture(jama):
    with jama.step(1, "seen"):
        assert 0

def test_property(record_property):
    record_property("jama", "KEY-TC-3")
    record_property("test_key", "KEY-TC-4")
"""


XDIST_MAP = """
project: KEY
plan: Release 1
cycle: Build 1
tests: {"test_it.py::test_crashes": KEY-TC-1}
"""


@pytest.fixture(scope="module")
def with_xdist(make_both: Callable[[], BothWays]) -> tuple[dict[int, Seen], dict[int, Seen]]:
    """A session with xdist, two of whose workers crash."""
    both = make_both()
    both.cases(1, 3, 4, 5)
    both.cases(2, steps=2)
    both.start_cycles()
    both.plugin.write("test_it.py", WITH_XDIST)
    both.plugin.write("jama.yaml", XDIST_MAP)
    both.run("-n", "2")
    return both.seen()


@pytest.mark.parametrize(
    "number, status",
    [
        pytest.param(1, "FAILED", id="worker crashed"),
        pytest.param(2, "FAILED", id="steps of a worker"),
        pytest.param(3, "PASSED", id="property"),
        pytest.param(4, "PASSED", id="other property"),
    ],
)
def test_session_with_xdist(
    number: int,
    status: str,
    with_xdist: tuple[dict[int, Seen], dict[int, Seen]],
) -> None:
    by_plugin, by_uploader = (found[number] for found in with_xdist)
    assert by_uploader == by_plugin
    assert by_plugin.status == status


def test_marker_of_a_crashed_test_is_not_in_the_file(
    with_xdist: tuple[dict[int, Seen], dict[int, Seen]],
) -> None:
    assert [found[5].status for found in with_xdist] == ["FAILED", "NOT_RUN"]
