"""`pytest-jama upload` and journals that were changed after they were written."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pytest_jama.core.cases import CaseRef
from pytest_jama.core.verdicts import CaseVerdict, Verdict
from pytest_jama.journal import lines
from pytest_jama.journal.folder import is_finished
from tests.cli.upload_world import EARLY, FAILED, LATE, PASSED
from tests.journal.record import a_test, as_bytes, chained

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.upload_world import World

WHAT = f".jama/{EARLY}.jsonl:2: line 2 was changed after it was written, or comes from another"
TOLD = "The journal of this session was changed after it was written (line 2)."


def edit(path: Path, old: str = '"outcome":"failed"', new: str = '"outcome":"passed"') -> Path:
    text = path.read_text(encoding="ascii")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="ascii")
    return path


def accounts(world: World) -> list[str]:
    found = sorted(world.repository.runs().items())
    return [run.actual_results or "" for _, run in found if run.status != "NOT_RUN"]


@pytest.mark.parametrize("arguments", [[], [".jama"], [f".jama/{EARLY}.jsonl"], ["--dry-run"]])
def test_edited_journal_is_not_sent_and_the_line_is_named(
    world: World, arguments: list[str]
) -> None:
    path = edit(world.journal(EARLY, FAILED, PASSED))
    before = path.read_bytes()
    assert world(*arguments) == 1
    assert f"EDITED     {WHAT}" in world.out
    assert "send it all the same with --accept-edited" in world.out
    assert (world.repository.sandbox.requests, path.read_bytes()) == ((), before)


def test_edited_journal_that_is_accepted_is_sent_and_every_account_tells_it(world: World) -> None:
    path = edit(world.journal(EARLY, FAILED, PASSED))
    assert world("--accept-edited") == 0
    assert world.repository.statuses() == {1: "PASSED", 2: "PASSED", 3: "NOT_RUN"}
    assert [TOLD in account for account in accounts(world)] == [True, True]
    assert f"edited     {WHAT.replace('jsonl:2', 'jsonl')}" in world.out
    assert is_finished(path)
    upload = next(
        line
        for line in map(json.loads, path.read_text(encoding="ascii").splitlines())
        if line["line"] == "upload"
    )
    assert upload["accepted_edits"] == {EARLY: [2]}
    assert "--accept-edited" in upload["command"]


def test_later_uploads_of_an_accepted_journal_go_on_and_still_tell_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = edit(world.journal(EARLY, FAILED))
    with monkeypatch.context() as wrong:
        wrong.setenv("JAMA_CLIENT_SECRET", "wrong")
        assert world("--accept-edited") == 3
    assert world() == 0
    assert "edited     " in world.out
    assert [TOLD in account for account in accounts(world)] == [True]
    assert world(str(path)) == 0
    assert ("edited     " in world.out, world.count_patches()) == (True, 0)


def test_what_is_changed_after_it_was_accepted_is_refused_again(world: World) -> None:
    path = edit(world.journal(EARLY, FAILED, PASSED))
    world("--accept-edited")
    edit(path, '"test":"test_2"', '"test":"test_9"')
    assert world(str(path)) == 1
    assert f"EDITED     .jama/{EARLY}.jsonl:3: line 3 was changed" in world.out


def test_json_tells_what_was_changed(world: World) -> None:
    path = edit(world.journal(EARLY, FAILED))
    assert world("--json") == 1
    refused = json.loads(world.out)
    assert [each["kind"] for each in refused["unusable"]] == ["edited"]
    facts = {"journal": str(path), "session": EARLY, "lines": [2]}
    assert refused["edited"][0].items() >= {**facts, "accepted": False}.items()
    assert world("--json", "--accept-edited") == 0
    sent = json.loads(world.out)
    assert sent["edited"][0].items() >= {**facts, "accepted": True}.items()
    assert sent["edited"][0]["changes"] == [
        "line 2 was changed after it was written, or comes from another journal"
    ]


def test_journals_that_nobody_touched_are_said_nothing_of(world: World) -> None:
    world.journal(EARLY, FAILED)
    assert world("--json") == 0
    document = json.loads(world.out)
    assert (document["edited"], document["unchained"]) == ([], [])
    assert "changed" not in "".join(accounts(world))


def test_one_edited_shard_keeps_the_others_for_a_case_might_look_better_without_it(
    world: World,
) -> None:
    edit(world.journal(EARLY, FAILED), '"cases":["', '"cases":["X-TC-7","')
    good = world.journal(LATE, PASSED, PASSED)
    assert world(".jama") == 1
    assert world.repository.sandbox.requests == ()
    assert not is_finished(good)
    assert world(str(good)) == 1  # the one beside it is named
    assert world.repository.statuses() == {1: "PASSED", 2: "PASSED", 3: "NOT_RUN"}
    assert "EDITED     " in world.out


def test_accepted_shard_is_named_in_the_accounts_of_all(world: World) -> None:
    edit(world.journal(EARLY, FAILED))
    world.journal(LATE, None, PASSED)
    assert world(".jama", "--accept-edited") == 0
    told = f"The journal of session {EARLY} was changed after it was written (line 2)."
    assert [told in account for account in accounts(world)] == [True, True]


def test_edited_partner_of_an_earlier_upload_keeps_the_whole(world: World) -> None:
    first, second = world.journal(EARLY, FAILED), world.journal(LATE, PASSED, PASSED)
    assert world(str(first), str(second)) == 0
    edit(first)
    assert world(str(second)) == 1
    assert WHAT in world.out
    assert world.repository.sandbox.requests == ()


def test_edited_journal_beside_it_does_not_let_an_older_one_replace_results(world: World) -> None:
    older = world.journal(EARLY, FAILED, FAILED)
    newer = world.journal(LATE, PASSED)
    world(str(newer))
    edit(newer, '"state":"sent"', '"state":"not sent"')
    assert world(str(older)) == 1
    assert world.repository.statuses() == {1: "PASSED", 2: "FAILED", 3: "NOT_RUN"}
    assert f"EDITED     .jama/{LATE}.jsonl:" in world.out
    assert "a later session may have written PASSED there" in world.out


def test_edited_header_of_one_beside_it_does_not_make_it_an_older_one(world: World) -> None:
    older = world.journal(EARLY, FAILED, order=5)
    newer = world.journal(LATE, PASSED, order=9)
    world(str(newer))
    edit(newer, '"order":9', '"order":1')
    assert world(str(older)) == 1
    assert world.repository.statuses()[1] == "PASSED"
    assert world(str(older), "--accept-edited") == 0
    assert world.repository.statuses()[1] == "FAILED"
    assert "edited     " in world.out


def test_older_edited_journal_beside_it_is_named_and_hinders_nothing(world: World) -> None:
    older, newer = world.journal(EARLY, FAILED), world.journal(LATE, PASSED)
    world(str(older))
    edit(older)
    assert world(str(newer)) == 1
    assert world.repository.statuses()[1] == "PASSED"
    assert WHAT in world.out


def without_chain(path: Path) -> Path:
    """Make a journal one of format 1, whose lines carry no chain."""
    told = map(json.loads, path.read_text(encoding="ascii").splitlines())
    whole = [{name: said for name, said in line.items() if name != "chain"} for line in told]
    whole[0]["format"] = 1
    path.write_text("".join(f"{lines.encode(each)}\n" for each in whole), encoding="ascii")
    return path


@pytest.mark.parametrize("chain", [chained, None], ids=["new chain", "no chain"])
def test_result_that_contradicts_the_verdict_of_its_session_was_changed(
    world: World, chain: Callable[[bytes], bytes] | None
) -> None:
    case = CaseRef.parse(f"{world.repository.key}-TC-1")
    said = as_bytes(lines.verdict_line(CaseVerdict(case, Verdict.FAILED)))
    path = world.journal(EARLY, FAILED, PASSED, extra=said)
    if chain is None:
        without_chain(path)
    assert world("--dry-run") == 0
    edit(path)
    if chain is not None:
        path.write_bytes(chain(path.read_bytes()))
    assert world() == 1
    told = f"EDITED     .jama/{EARLY}.jsonl:4: line 4 says another verdict than follows from"
    assert told in world.out
    assert world.repository.sandbox.requests == ()
    assert world("--accept-edited") == 0
    told = "The journal of this session was changed after it was written (line 4)."
    assert [told in account for account in accounts(world)] == [True, True]
    assert world(str(path)) == 0
    assert ("edited     " in world.out, world.count_patches()) == (True, 0)


def test_verdict_of_a_hook_contradicts_nothing(world: World) -> None:
    case = CaseRef.parse(f"{world.repository.key}-TC-1")
    judged = CaseVerdict(case, Verdict.PASSED)
    adjusted = CaseVerdict(case, Verdict.BLOCKED, judged=judged)
    world.journal(EARLY, PASSED, extra=as_bytes(lines.verdict_line(adjusted)))
    assert world() == 0, world.out
    assert world.repository.statuses()[1] == "BLOCKED"


def test_journal_of_format_1_is_sent_and_said_to_be_unchained(world: World) -> None:
    path = world.journal(EARLY, PASSED)
    first = {**json.loads(path.read_bytes().splitlines()[0]), "format": 1}
    del first["chain"]
    result = lines.result_line(a_test("test_1", cases=f"{world.repository.key}-TC-1"))
    path.write_text("".join(f"{lines.encode(each)}\n" for each in (first, result)))
    assert world("--json") == 0
    assert json.loads(world.out)["unchained"] == [str(path)]
    assert "chain" not in path.read_text(encoding="ascii")
    assert world(str(path)) == 0
    assert f"unchained  .jama/{EARLY}.jsonl: lines of format 1 carry no chain" in world.out
