"""`pytest-jama upload --map` and `--case`: a result is never bound to a mistake."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pytest_jama.core.known_tests import Coverage
from pytest_jama.core.results import Outcome
from pytest_jama.journal import lines
from tests.cli.upload_world import EARLY, FAILED, FINISHED, LATE, PASSED
from tests.journal.record import a_test, as_bytes, chained, header

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.upload_world import World


@pytest.fixture
def slip(world: World) -> Path:
    """Return the journal of a session whose map named a case that there is not."""
    key = world.repository.key
    test = a_test("tests/test_a.py::test_a", PASSED, cases=f"{key}-TC-99")
    path = world.folder / f"{EARLY}.jsonl"
    content = as_bytes(
        header(EARLY, settings=world.settings()),
        {
            "line": "map",
            "above": "",
            "folders": [],
            "keys": [["tests/test_a.py", [f"{key}-TC-99"], 3]],
        },
        lines.result_line(test),
        lines.coverage_line(Coverage(())),
        lines.left_out_line([]),
    )
    path.write_bytes(chained(content + as_bytes(lines.end_line(finished=False, reason="x"))))
    return path


def correct_map(world: World, entry: str) -> None:
    file = world.repository.folder / "jama.yaml"
    settings = file.read_text(encoding="utf-8").partition("tests:")[0]
    file.write_text(f"{settings}\ntests:\n  {entry}\n", encoding="utf-8")


def test_a_corrected_map_brings_the_results_of_a_journal_home(world: World, slip: Path) -> None:
    assert world() == 1
    assert f"next       pytest-jama upload --map=jama.yaml .jama/{EARLY}.jsonl" in world.out
    correct_map(world, f"tests/test_a.py: {world.repository.key}-TC-2")
    assert world("--map", "jama.yaml") == 0
    assert world.repository.statuses() == {1: "NOT_RUN", 2: "PASSED", 3: "NOT_RUN"}
    assert f"test_a: {world.repository.key}-TC-99 -> {world.repository.key}-TC-2" in world.out
    assert world(str(slip)) == 0
    assert world.count_patches() == 0
    assert f"{world.repository.key}-TC-99" not in world.out


def test_one_reference_is_mended_without_a_map(world: World, slip: Path) -> None:
    key = world.repository.key
    assert world(f"--case={key}-TC-99={key}-TC-3", "--dry-run") == 0
    assert "PASSED" in world.out
    before = slip.read_bytes()
    assert world(f"--case={key}-TC-99={key}-TC-3", "--json") == 0
    assert slip.read_bytes().startswith(before)
    assert json.loads(world.out)["relinked"] == [
        {"test": "tests/test_a.py::test_a", "was": [f"{key}-TC-99"], "cases": [f"{key}-TC-3"]}
    ]
    assert world.repository.statuses()[3] == "PASSED"


@pytest.mark.usefixtures("slip")
def test_shards_are_linked_anew_together(world: World) -> None:
    key = world.repository.key
    world.journal(LATE, FAILED)
    assert world(f"--case={key}-TC-99={key}-TC-1", ".jama") == 0
    assert world.repository.statuses()[1] == "FAILED"


def test_what_an_earlier_upload_wrote_to_the_wrong_case_is_named(world: World) -> None:
    key = world.repository.key
    path = world.journal(EARLY, FAILED)
    assert world() == 0
    assert world(f"--case={key}-TC-1={key}-TC-2", str(path)) == 0
    assert world.repository.statuses() == {1: "FAILED", 2: "FAILED", 3: "NOT_RUN"}
    assert f"{key}-TC-1: an earlier upload of .jama/{EARLY}.jsonl wrote there" in world.out


def test_where_there_is_no_journal_none_is_called_finished(world: World) -> None:
    assert world("--case", "K-TC-1=K-TC-2") == 1
    assert "nothing    to send: there is no journal" in world.out
    assert "finished" not in world.out


@pytest.mark.parametrize(
    "case,message",
    [
        ("K-TC-9", "'K-TC-9' does not say which case takes the place of which one"),
        ("K-TC-9=", "'' is not a case reference"),
        ("K TC=K-TC-1", "'K TC' is not a case reference"),
        ("KK-TC-1=K-TC-2", "no test of the journals is linked to 'KK-TC-1'"),
    ],
)
def test_a_mistake_is_told_before_anything_is_sent(world: World, case: str, message: str) -> None:
    world.journal(EARLY, PASSED)
    assert world("--case", case) == 2
    assert message in world.err
    assert world.repository.sandbox.requests == ()


def test_a_mistake_in_the_map_names_file_and_line(world: World) -> None:
    path = world.journal(EARLY, Outcome.PASSED)
    before = path.read_bytes()
    correct_map(world, "tests/test_a.py: PUMP TC 2")
    assert world("--map", "jama.yaml") == 2
    assert "jama.yaml:" in world.err
    assert path.read_bytes() == before


def test_a_finished_journal_is_linked_anew_when_it_is_named(world: World) -> None:
    path = world.journal(EARLY, PASSED, extra=FINISHED)
    key = world.repository.key
    arguments = [f"--case={key}-TC-1={key}-TC-2"]
    assert world(*arguments) == 1
    assert "name it" in world.out
    assert world(*arguments, str(path)) == 0
    assert world.repository.statuses()[2] == "PASSED"


def test_the_printed_command_asks_for_the_project_that_the_journal_has_wrong(world: World) -> None:
    path = world.journal(EARLY, PASSED, project="NOPE")
    assert world() == 1
    assert "the journal keeps the project: name the right one" in world.out
    assert f"next       pytest-jama upload --project=KEY .jama/{EARLY}.jsonl" in world.out
    assert world(f"--project={world.repository.key}", str(path)) == 0


def test_the_printed_command_asks_for_another_cycle_where_this_one_has_no_run(
    world: World,
) -> None:
    world.repository.case(4)
    world.journal(EARLY, PASSED, None, None, PASSED)
    assert world() == 1
    assert f"next       pytest-jama upload --cycle=NAME .jama/{EARLY}.jsonl" in world.out


def test_markers_and_properties_of_a_session_beat_the_map_of_today(world: World) -> None:
    world.repository.write(
        "test_a.py",
        """
        import pytest
        @pytest.mark.jama("KEY-TC-1")
        def test_marked(): assert 0
        def test_property(record_property): record_property("jama", "KEY-TC-1")
        def test_mapped(): pass
        """,
    )
    correct_map(world, f"test_a.py: {world.repository.key}-TC-1")
    world.repository.pytest_here("--jama-no-upload")
    correct_map(world, f"test_a.py: {world.repository.key}-TC-3")
    assert world("--map", "jama.yaml") == 0
    assert world.repository.statuses() == {1: "FAILED", 2: "NOT_RUN", 3: "PASSED"}


def test_a_session_that_was_limited_to_a_folder_is_not_the_whole_of_a_wider_key(
    world: World,
) -> None:
    for folder in ("a", "b"):
        world.repository.write(f"tests/{folder}/test_{folder}.py", "def test_1(): pass\n")
    correct_map(world, f"tests/a: {world.repository.key}-TC-1")
    world.repository.pytest_here("--jama-no-upload", "tests/a")
    correct_map(world, f"tests: {world.repository.key}-TC-2")
    assert world("--map", "jama.yaml") == 0
    assert world.repository.statuses() == {1: "NOT_RUN", 2: "INPROGRESS", 3: "NOT_RUN"}


def test_a_slip_in_case_is_taken_back_by_the_map(world: World) -> None:
    world.repository.write(
        "test_a.py",
        """
        import pytest
        @pytest.mark.jama("KEY-TC-3")
        def test_marked(): assert 0
        def test_mapped(): pass
        """,
    )
    key = world.repository.key
    correct_map(world, f"test_a.py: {key}-TC-1")
    world.repository.pytest_here("--jama-no-upload")
    (journal,) = world.folder.glob("*.jsonl")
    assert world(f"--case={key}-TC-3={key}-TC-1", str(journal)) == 0
    assert world.repository.statuses()[1] == "FAILED"
    assert world("--map", "jama.yaml", str(journal)) == 0
    assert world.repository.statuses() == {1: "PASSED", 2: "NOT_RUN", 3: "FAILED"}


def test_where_nothing_changes_it_is_said_in_words(world: World) -> None:
    world.journal(EARLY, PASSED)
    correct_map(world, "x.py: none")
    assert world("--map", "jama.yaml") == 0
    assert "linked     no result has other test cases than before" in world.out


def test_without_any_journal_nothing_is_said_of_finished_ones(world: World) -> None:
    assert world("--map", "jama.yaml") == 1
    assert "is finished" not in world.out


def test_cases_whose_hook_is_not_asked_are_counted(world: World) -> None:
    key = world.repository.key
    path = world.journal(EARLY, PASSED, hooks=("conftest.py",))
    assert world(f"--case={key}-TC-1={key}-TC-2", str(path)) == 0
    assert "adjust_verdict of conftest.py is not asked" in world.out
