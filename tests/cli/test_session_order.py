"""`pytest-jama upload` never lets an older session replace the result of a newer one."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.core.results import Outcome
from pytest_jama.journal import lines
from pytest_jama.journal.folder import is_finished, remove_old_journals
from tests.cli.upload_world import EARLY, FAILED, LATE, PASSED
from tests.journal.record import a_test, as_bytes, chained, collected

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.upload_world import World

LAST = "20261122T060000Z-3"
LEFT = "a later session has written PASSED there, so FAILED of the older one is not sent"


def send(world: World, path: Path, *arguments: str) -> None:
    assert world(str(path), *arguments) == 0, world.out + world.err


@pytest.mark.parametrize("arguments", [[], [f".jama/{EARLY}.jsonl"], [".jama"]])
def test_older_session_replaces_no_newer_result_however_it_is_chosen(
    world: World, arguments: list[str]
) -> None:
    early = world.journal(EARLY, FAILED, FAILED)
    send(world, world.journal(LATE, PASSED))
    assert world(*arguments) == 0
    assert world.repository.statuses() == {1: "PASSED", 2: "FAILED", 3: "NOT_RUN"}
    assert LEFT in world.out
    assert is_finished(early)


def test_newest_is_chosen_by_the_order_and_not_by_the_clock(world: World) -> None:
    world.journal(LATE, FAILED, order=1)
    world.journal(EARLY, PASSED, PASSED, order=2)
    assert world() == 0
    assert f".jama/{EARLY}.jsonl" in world.out
    assert world() == 0
    assert world.repository.statuses() == {1: "PASSED", 2: "PASSED", 3: "NOT_RUN"}


@pytest.mark.parametrize("clock", [("20200101T000000Z-1", LATE), (LATE, "20380101T000000Z-1")])
def test_clock_that_stood_wrong_changes_nothing(world: World, clock: tuple[str, str]) -> None:
    newer, older = clock
    path = world.journal(older, FAILED, order=7)
    send(world, world.journal(newer, PASSED, order=8))
    send(world, path)
    assert world.repository.statuses()[1] == "PASSED"


def test_later_upload_of_the_newer_session_wins(world: World) -> None:
    older = world.journal(LATE, FAILED, order=1)
    newer = world.journal(EARLY, PASSED, order=2)
    send(world, older)
    assert world.repository.statuses()[1] == "FAILED"
    send(world, newer)
    assert world.repository.statuses()[1] == "PASSED"
    send(world, older)
    assert world.repository.statuses()[1] == "PASSED"


def spelled(url: str, spelling: str) -> str:
    return {
        "case": url.replace("http://localhost", "HTTP://LOCALHOST"),
        "slash": f"{url}/",
        "address": url.replace("localhost", "127.0.0.1"),
        "rest": f"{url}/rest/v1/",
    }[spelling]


@pytest.mark.parametrize("spelling", ["case", "slash", "address", "rest"])
@pytest.mark.parametrize("by_flag", [True, False])
def test_two_spellings_of_a_server_are_one(
    world: World, spelling: str, by_flag: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    url = world.repository.sandbox.url.replace("127.0.0.1", "localhost")
    older = world.journal(EARLY, FAILED, url=url if by_flag else spelled(url, spelling))
    send(world, world.journal(LATE, PASSED, url=url))
    send(world, older, *([f"--url={spelled(url, spelling)}"] if by_flag else []))
    assert world.repository.statuses()[1] == "PASSED"
    assert LEFT in world.out


def test_server_is_the_one_that_an_upload_went_to(world: World) -> None:
    here = f"--url={world.repository.sandbox.url}"
    older = world.journal(EARLY, FAILED, url="https://gone.example")
    send(world, world.journal(LATE, PASSED, url="https://gone.example"), here)
    send(world, older, here)
    assert world.repository.statuses()[1] == "PASSED"


def test_results_that_moved_with_their_server_stay(world: World) -> None:
    older = world.journal(EARLY, FAILED)
    newer = world.journal(LATE, PASSED)
    send(world, newer)
    here = world.repository.sandbox.url
    moved = newer.read_text(encoding="ascii").replace(here, "https://old.example")
    newer.write_bytes(chained(moved.encode("ascii")))
    send(world, older)
    assert world.repository.statuses()[1] == "PASSED"


def test_server_that_another_upload_went_to_since_is_not_forgotten(world: World) -> None:
    older = world.journal(EARLY, FAILED)
    newer = world.journal(LATE, PASSED)
    send(world, newer)
    text = newer.read_text(encoding="ascii")
    again = text[text.index('{"line":"upload"') :].replace(
        world.repository.sandbox.url, "https://copy.example"
    )
    newer.write_bytes(chained((text + again).encode("ascii")))
    send(world, older)
    assert world.repository.statuses()[1] == "PASSED"


def test_ten_later_sessions_of_other_tests_do_not_hide_it(world: World) -> None:
    older = world.journal(EARLY, FAILED)
    send(world, world.journal(LATE, PASSED))
    for number in range(12):
        send(world, world.journal(f"20261123T0000{number:02}Z-x", None, PASSED))
    remove_old_journals(world.folder, keep=10)
    assert len(list(world.folder.glob("*.jsonl"))) == 12
    send(world, older)
    assert world.repository.statuses()[1] == "PASSED"
    remove_old_journals(world.folder, keep=10)
    assert len(list(world.folder.glob("*.jsonl"))) == 10


def test_session_in_between_is_replaced_only_by_newer_evidence(world: World) -> None:
    world.journal(EARLY, FAILED, FAILED)
    between = world.journal(LATE, PASSED, PASSED)
    world.journal(LAST, None, FAILED)
    send(world, between)
    send(world, world.folder)
    assert world.repository.statuses() == {1: "PASSED", 2: "FAILED", 3: "NOT_RUN"}


def test_merge_claims_each_run_for_the_newest_session_with_results_of_it(world: World) -> None:
    first, last = world.journal(EARLY, FAILED, FAILED), world.journal(LAST, None, PASSED)
    between = world.journal(LATE, PASSED, PASSED)
    assert world(str(first), str(last)) == 0
    send(world, between)
    assert world.repository.statuses() == {1: "PASSED", 2: "FAILED", 3: "NOT_RUN"}


def test_what_is_sent_as_one_counts_as_shards_also_where_a_later_one_was_killed(
    world: World,
) -> None:
    world.journal(EARLY, FAILED, FAILED)
    killed = world.journal(LATE, PASSED)
    send(world, killed)
    whole = killed.read_bytes().splitlines(keepends=True)
    killed.write_bytes(b"".join(whole[:-1]))
    assert not is_finished(killed)
    assert world(".jama") == 0
    assert world.repository.statuses() == {1: "FAILED", 2: "FAILED", 3: "NOT_RUN"}
    assert "PASSED -> FAILED: 1 failed, 1 passed" in world.out


def test_part_of_a_merge_does_not_replace_the_whole(world: World) -> None:
    first, last = world.journal(EARLY, FAILED), world.journal(LAST, PASSED, PASSED)
    assert world(str(first), str(last)) == 0
    send(world, last)
    assert world.count_patches() == 0
    assert world.repository.statuses()[1] == "FAILED"


def test_session_that_sent_nothing_forbids_nothing(world: World) -> None:
    older = world.journal(EARLY, FAILED)
    world.journal(LATE, PASSED)
    send(world, older)
    assert world.repository.statuses()[1] == "FAILED"


def test_copy_in_another_folder_replaces_nothing_newer_here(world: World) -> None:
    world.journal(EARLY, FAILED)
    send(world, world.journal(LATE, PASSED))
    elsewhere = world.repository.folder / "artifacts"
    elsewhere.mkdir()
    shutil.move(world.folder / f"{EARLY}.jsonl", elsewhere / "renamed.jsonl")
    send(world, elsewhere)
    assert world.repository.statuses()[1] == "PASSED"


def set_aside(path: Path) -> Path:
    return path.rename(path.with_suffix(".incomplete"))


def cut(path: Path, size: int) -> Path:
    """Leave the first lines of a journal, as a full disk does."""
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:size]))
    return set_aside(path)


@pytest.mark.parametrize("left", [None, 2, 1, 0], ids=["receipts", "results", "header", "nothing"])
def test_session_whose_journal_lacks_lines_is_not_undone(world: World, left: int | None) -> None:
    older = world.journal(EARLY, FAILED, FAILED)
    later = world.journal(LATE, PASSED)
    send(world, later)
    set_aside(later) if left is None else cut(later, left)
    assert world() == 0
    assert world.repository.statuses() == {1: "PASSED", 2: "FAILED", 3: "NOT_RUN"}
    words = "has" if left is None else "may have"
    assert f"a later session {words} written PASSED there" in world.out
    assert is_finished(older)


def test_session_whose_journal_lacks_lines_forbids_only_its_own_cases(world: World) -> None:
    listed = a_test("test_2", Outcome.NOT_REACHED, cases=f"{world.repository.key}-TC-2")
    send(world, world.journal(EARLY, PASSED))
    world.journal(LATE, FAILED)
    later = world.journal(LAST, extra=as_bytes(collected(listed)))
    set_aside(later)
    assert world() == 0
    assert world.repository.statuses()[1] == "FAILED"


@pytest.mark.parametrize("arguments,status", [([], 0), ([".jama"], 1)])
def test_journal_that_lacks_lines_is_named_and_never_sent(
    world: World, arguments: list[str], status: int
) -> None:
    set_aside(world.journal(EARLY, PASSED))
    for _ in range(2):
        assert world(*arguments) == status
        assert f".jama/{EARLY}.incomplete: " in world.out
        assert "lacks lines that could not be written" in world.out
        assert world.repository.statuses()[1] == "NOT_RUN"
        world.journal(LATE, None, PASSED)
    assert world.repository.sandbox.requests
    assert world(f".jama/{EARLY}.incomplete") == 1


def test_uploads_of_one_moment_are_told_apart_by_name(world: World) -> None:
    one = world.journal("20261122T043016Z-a", FAILED, order=5)
    send(world, world.journal("20261122T043016Z-b", PASSED, order=5))
    send(world, one)
    assert world.repository.statuses()[1] == "PASSED"


def test_other_server_has_no_later_session(world: World) -> None:
    older = world.journal(EARLY, FAILED)
    receipt: dict[str, Any] = {
        "line": "receipt",
        "key": "7",
        "run": 7,
        "case": f"{world.repository.key}-TC-1",
        "status": "PASSED",
        "state": "sent",
        "attempts": 1,
        "digest": "d",
    }
    extra = as_bytes(receipt, lines.end_line(finished=True, reason=""))
    world.journal(LATE, PASSED, url="https://other.example", extra=extra)
    send(world, older)
    assert world.repository.statuses()[1] == "FAILED"
    assert is_finished(older)
