"""The command `pytest-jama upload`: which journals, where to, what is said, how it ends."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.core.results import Outcome
from pytest_jama.journal import lines
from pytest_jama.journal.folder import is_finished
from pytest_jama.journal.select import take_up
from pytest_jama.sandbox.faults import RandomFault
from tests.cli.upload_world import EARLY, FAILED, FINISHED, LATE, PASSED
from tests.harness import CYCLE
from tests.journal.record import a_test, as_bytes, collected, header, without_last_line
from tests.journal.samples import FULL
from tests.sandbox.client import Api, replace

if TYPE_CHECKING:
    from tests.cli.upload_world import World


def test_newest_unfinished_journal_is_sent(world: World) -> None:
    world.journal(EARLY, FAILED, FAILED)
    path = world.journal(LATE, PASSED)
    world.journal("20261122T060000Z-3", FAILED, extra=FINISHED)
    assert world() == 0
    assert world.repository.statuses() == {1: "PASSED", 2: "NOT_RUN", 3: "NOT_RUN"}
    assert is_finished(path)
    assert f"1 result from .jama/{LATE}.jsonl" in world.out


def test_journal_without_a_test_is_passed_over(world: World) -> None:
    world.journal(EARLY, PASSED)
    (world.folder / f"{LATE}.jsonl").write_bytes(as_bytes(header(settings=world.settings())))
    assert world() == 0
    assert world.repository.statuses()[1] == "PASSED"


def test_nothing_to_do_is_0_and_asks_nobody(world: World) -> None:
    world.journal(EARLY, FAILED, extra=FINISHED)
    assert world() == 0
    assert "every journal is finished" in world.out
    assert world.repository.sandbox.requests == ()


def test_folder_of_jama_yaml_is_used(world: World) -> None:
    world.journal(EARLY, PASSED)
    world.folder.rename(world.repository.folder / "kept")
    world.repository.write("jama.yaml", "journal: kept\n")
    assert world() == 0
    assert world.repository.statuses()[1] == "PASSED"


@pytest.mark.parametrize("is_beside", [True, False], ids=["beside jama.yaml", "here"])
def test_folder_is_beside_jama_yaml_or_here(
    world: World, is_beside: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.journal(EARLY, PASSED)
    world.repository.write("jama.yaml", "cycle: ${ONLY_IN_CI}\n")
    below = world.repository.folder / "a" / "b"
    below.mkdir(parents=True)
    if not is_beside:
        world.folder.rename(below / ".jama")
    monkeypatch.chdir(below)
    assert world() == 0, world.err
    assert world.repository.statuses()[1] == "PASSED"


def test_folder_above_is_not_taken_without_a_jama_yaml(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.journal(EARLY, PASSED)
    (world.repository.folder / "jama.yaml").unlink()
    below = world.repository.folder / "a"
    below.mkdir()
    monkeypatch.chdir(below)
    assert world() == 2
    assert f"{below}: there is no folder .jama and no jama.yaml here; name the" in world.err
    assert world.repository.sandbox.requests == ()


UNREADABLE = pytest.mark.parametrize(
    "content,message",
    [
        (b"<xml/>\n", "x.jsonl:1: is not a JSON object; name a file that"),
        (as_bytes({**header(), "format": 9}), "x.jsonl:1: is of format 9, and this version"),
        (as_bytes({"line": "end"}), "x.jsonl:1: is not the header of a journal"),
        (b'{"line":"sess', "x.jsonl: ends before its header does"),
        (b"", "x.jsonl: ends before its header does"),
    ],
)


@UNREADABLE
@pytest.mark.parametrize("arguments", [[], [".jama"], [f".jama/{EARLY}.jsonl", ".jama/x.jsonl"]])
@pytest.mark.parametrize("end", [b"", b"\n" + FINISHED], ids=["unfinished", "finished"])
def test_unreadable_journal_is_named_and_all_others_are_sent(
    world: World, content: bytes, message: str, arguments: list[str], end: bytes
) -> None:
    world.journal(EARLY, PASSED)
    (world.folder / "x.jsonl").write_bytes(content + end)
    assert world(*arguments) == 1
    assert message.partition(":")[0] in world.out
    assert end or f"DAMAGED    .jama/{message}" in world.out
    assert world.repository.statuses()[1] == "PASSED"
    assert world(*arguments) == 1
    assert world.count_patches() == 0


@UNREADABLE
def test_unreadable_journal_alone_is_1_and_asks_nobody(
    world: World, content: bytes, message: str
) -> None:
    (world.folder / "x.jsonl").write_bytes(content)
    assert (world(), world(".jama"), world(".jama/x.jsonl")) == (1, 1, 1)
    assert f"DAMAGED    .jama/{message}" in world.out
    assert world.repository.sandbox.requests == ()


@pytest.mark.parametrize(
    "name,message",
    [
        ("gone.jsonl", "gone.jsonl: there is no such file"),
        ("empty", "empty: holds no journal"),
        (os.devnull, "is not a regular file"),
    ],
)
def test_path_without_journal_is_wrong_use(world: World, name: str, message: str) -> None:
    (world.repository.folder / "empty").mkdir()
    assert world(name) == 2
    assert message in world.err


def test_folder_means_all_that_is_unfinished(world: World) -> None:
    world.journal(EARLY, PASSED)
    world.journal(LATE, FAILED, PASSED)
    world.journal("20261122T060000Z-3", FAILED, FAILED, FAILED, extra=FINISHED)
    assert world(".jama") == 0
    assert world.repository.statuses() == {1: "FAILED", 2: "PASSED", 3: "NOT_RUN"}
    assert world(".jama") == 0
    assert world.count_patches() == 0


def test_half_finished_merge_is_taken_up_as_a_whole(world: World) -> None:
    first = world.journal(EARLY, FAILED)
    second = world.journal(LATE, PASSED, PASSED)
    assert world(str(first), str(second)) == 0
    without_last_line(second)
    assert world() == 0
    assert world.count_patches() == 0
    assert world.repository.statuses()[1] == "FAILED"
    assert is_finished(second)


def test_merge_whose_other_half_is_gone_is_refused(world: World) -> None:
    first, second = world.journal(EARLY, FAILED), world.journal(LATE, PASSED)
    world(str(first), str(second))
    without_last_line(second)
    first.unlink()
    assert world() == 1
    assert f"was last uploaded together with {EARLY}, which is not in .jama" in world.err


@pytest.mark.parametrize("setting", ["project", "plan", "cycle"])
def test_journals_that_go_to_different_places_are_refused(world: World, setting: str) -> None:
    world.journal(EARLY, PASSED)
    other: dict[str, Any] = {setting: "OTHER"}
    world.journal(LATE, PASSED, **other)
    assert world(".jama") == 2
    assert f"{LATE}.jsonl: {setting} is 'OTHER', and .jama/{EARLY}.jsonl says" in world.err
    assert f"say with --{setting}=... where all of them go" in world.err
    assert world.repository.sandbox.requests == ()


def test_flag_says_where_all_of_them_go(world: World) -> None:
    world.journal(EARLY, PASSED, cycle="A")
    world.journal(LATE, PASSED, PASSED, cycle="B")
    assert world(".jama", "--cycle", CYCLE) == 0
    assert world.repository.statuses()[2] == "PASSED"


def test_journals_with_different_rules_are_refused(world: World) -> None:
    world.journal(EARLY, PASSED)
    world.journal(LATE, PASSED, verdicts={"passed": "BLOCKED"})
    assert world(".jama") == 2
    assert "verdicts is {" in world.err


def test_rules_of_the_header_are_used(world: World) -> None:
    world.journal(EARLY, PASSED, verdicts={"passed": "BLOCKED"})
    assert world() == 0
    assert world.repository.statuses()[1] == "BLOCKED"


def test_dry_run_changes_neither_server_nor_journal(world: World) -> None:
    path = world.journal(EARLY, PASSED)
    before = path.read_bytes()
    assert world("--dry-run") == 0
    assert "NOT_RUN -> PASSED" in world.out
    assert (world.count_patches(), path.read_bytes()) == (0, before)


def test_json_is_one_document_also_when_there_is_nothing_to_do(world: World) -> None:
    path = world.journal(EARLY, PASSED)
    assert world("--json") == 0
    document = json.loads(world.out)
    assert (document["journals"], document["runs"][0]["state"]) == ([str(path)], "sent")
    assert world("--json", str(path)) == 0
    again = json.loads(world.out)["runs"][0]
    assert (again["state"], again["attempts"], again["status"]) == ("sent", 0, "PASSED")
    assert world("--json") == 0
    assert json.loads(world.out)["journals"] == []


def test_quiet_prints_nothing_when_all_is_well(world: World) -> None:
    world.journal(EARLY, PASSED)
    assert world("--quiet") == 0
    assert (world.out, world.err) == ("", "")


def test_password_in_a_url_is_refused_and_written_nowhere(world: World) -> None:
    path = world.journal(EARLY, PASSED)
    assert world("--url", "https://me:s3cret@jama.example") == 2
    assert "s3cret" not in world.out + world.err + path.read_text(encoding="ascii")


def test_missing_credentials_are_said(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.journal(EARLY, PASSED)
    monkeypatch.delenv("JAMA_CLIENT_SECRET")
    assert world() == 2
    assert "JAMA_CLIENT_SECRET" in world.err


def test_refused_credentials_are_3_and_the_journal_stays(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = world.journal(EARLY, PASSED)
    monkeypatch.setenv("JAMA_CLIENT_SECRET", "wrong")
    assert world() == 3
    assert f"next       pytest-jama upload .jama/{EARLY}.jsonl" in world.out
    assert not is_finished(path)


def test_merge_that_was_not_sent_names_all_its_journals(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.journal(EARLY, PASSED)
    world.journal(LATE, PASSED)
    monkeypatch.setenv("JAMA_CLIENT_SECRET", "wrong")
    assert world(".jama") == 3
    command = f"pytest-jama upload .jama/{EARLY}.jsonl .jama/{LATE}.jsonl"
    assert f"next       {command}" in world.out


def test_refused_run_is_sent_again_and_no_other(world: World) -> None:
    world.journal(EARLY, PASSED, PASSED)
    run = world.repository.runs()[f"{world.repository.key}-TC-2"]
    path = f"/testruns/{run.id}"
    with world.repository.sandbox.faults.during(RandomFault("400", path=path)):
        assert world() == 1
    assert world() == 0
    sent = [each.path for each in world.repository.sandbox.requests if each.method == "PATCH"]
    assert sent == [path]


@pytest.mark.parametrize("receipts", range(4))
def test_only_runs_without_receipt_are_sent(world: World, receipts: int) -> None:
    path = world.journal(EARLY, PASSED, FAILED, PASSED)
    world()
    whole = path.read_bytes().splitlines(keepends=True)
    first = next(number for number, line in enumerate(whole) if b'"line":"receipt"' in line)
    path.write_bytes(b"".join(whole[: first + receipts]) + b'{"line":"receipt","run":')
    assert world() == 0
    assert world.count_patches() == 3 - receipts
    assert world.repository.statuses() == {1: "PASSED", 2: "FAILED", 3: "PASSED"}


def by_hand(world: World, status: str) -> None:
    """Change the first run as another user would."""
    api = Api(world.repository.sandbox)
    run = world.repository.runs()[f"{world.repository.key}-TC-1"]
    assert api.patch(f"/testruns/{run.id}", replace("testRunStatus", status)).status == 200
    api.close()


def test_run_that_somebody_changed_since_is_left_alone(world: World) -> None:
    path = world.journal(EARLY, FAILED)
    world()
    by_hand(world, "PASSED")
    assert world(str(path)) == 0
    assert world.count_patches() == 0
    assert "shows PASSED, though FAILED had arrived there: another user changed it" in world.out


def test_list_that_shows_an_old_state_puts_the_blame_on_no_user(world: World) -> None:
    lags = RandomFault("lag", path="/testruns", wait_s=9e9, times=1, after=1)
    path = world.journal(EARLY, FAILED)
    with world.repository.sandbox.faults.during(lags):
        world()
        assert world(str(path)) == 0
    assert world.count_patches() == 0
    assert "shows NOT_RUN, though FAILED had arrived there; it showed NOT_RUN before" in world.out


def test_run_that_was_never_seen_stored_is_sent_again(world: World) -> None:
    path = world.journal(EARLY, FAILED)
    world()
    without_last_line(path)
    by_hand(world, "PASSED")
    assert world(str(path)) == 0
    assert world.repository.statuses()[1] == "FAILED"


def test_journal_in_use_is_refused(world: World) -> None:
    taken = take_up(world.journal(EARLY, PASSED))
    assert world(f".jama/{EARLY}.jsonl") == 1
    assert "in use: a session that still runs, or another upload, writes it" in world.err
    taken.writer.close()


def test_journal_of_a_running_session_is_passed_over(world: World) -> None:
    taken = take_up(world.journal(EARLY, PASSED))
    assert world() == 0
    assert "passed over, its session is still running" in world.out
    taken.writer.close()


def test_journal_that_is_being_uploaded_is_not_passed_over(world: World) -> None:
    taken = take_up(world.journal(LATE, PASSED, extra=as_bytes(FULL["upload_line"])))
    world.journal(EARLY, FAILED)
    assert world() == 1
    assert world.repository.sandbox.requests == ()
    taken.writer.close()


def test_damaged_line_is_named_and_the_rest_is_sent(world: World) -> None:
    extra = b'{"line":"result","te\n' + as_bytes(lines.end_line(finished=False, reason=""))
    world.journal(EARLY, PASSED, extra=extra)
    assert world() == 1
    assert f"DAMAGED    .jama/{EARLY}.jsonl:3: cannot be read" in world.out
    assert world.repository.statuses()[1] == "PASSED"


def test_hooks_that_had_no_chance_are_named(world: World) -> None:
    world.journal(EARLY, PASSED, hooks=("conftest.py",))
    assert world() == 0
    assert "before adjust_verdict of conftest.py could adjust 1 verdict" in world.out


def test_test_that_was_never_reached_makes_its_case_incomplete(world: World) -> None:
    listed = a_test("test_9", Outcome.NOT_REACHED, cases=f"{world.repository.key}-TC-1")
    world.journal(EARLY, PASSED, extra=as_bytes(collected(listed)))
    assert world() == 0
    assert world.repository.statuses()[1] == "INPROGRESS"


def test_settings_and_lines_of_a_newer_version_are_passed_over(world: World) -> None:
    world.journal(EARLY, PASSED, extra=as_bytes({"line": "mood"}), mood="good")
    assert world() == 0
    assert world.repository.statuses()[1] == "PASSED"


def test_lone_surrogates_do_not_stop_the_summary(world: World) -> None:
    odd = a_test("test_\udc80", FAILED, cases="", message="\udc80")
    world.journal(EARLY, PASSED, extra=as_bytes(lines.result_line(odd)))
    assert world("-v") == 0
    assert "unlinked   1 test" in world.out


def test_unknown_option_is_wrong_use(world: World) -> None:
    assert world("--nonsense") == 2
    assert "No such option" in world.err


def test_examples_of_the_help_stand_on_lines_of_their_own(world: World) -> None:
    assert world("--help") == 0
    assert "\n  pytest-jama upload shards/*.jsonl\n" in world.out
