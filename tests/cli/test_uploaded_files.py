"""Files of tests, sent by `pytest-jama upload` from the journal and the folder beside it."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.core.attached_file import AttachedFile
from pytest_jama.journal import lines
from pytest_jama.journal.file_store import FileStore
from pytest_jama.journal.select import take_up
from pytest_jama.sandbox.faults import RandomFault
from pytest_jama.sandbox.jama.nodes import find_nodes
from pytest_jama.sandbox.jama.selection import of_kind
from tests.cli.upload_world import LATE, PASSED
from tests.journal.record import a_test, as_bytes, header

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.upload_world import World

SHOT, LOG = b"a picture", b"42 V"


def journal(world: World) -> Path:
    """Write a journal of two tests with files; both have the same picture."""
    path = world.folder / f"{LATE}.jsonl"
    store = FileStore.of_journal(path)
    shot = AttachedFile("shot.png", store.keep(SHOT), len(SHOT), "image/png")
    log = AttachedFile("log.txt", store.keep(LOG), len(LOG), "text/plain")
    key = world.repository.key
    tests = [
        a_test("test_1", PASSED, cases=f"{key}-TC-1", files=(shot, log)),
        a_test("test_2", PASSED, cases=f"{key}-TC-2", files=(shot,)),
    ]
    first = header(LATE, settings=world.settings())
    path.write_bytes(as_bytes(first, *map(lines.result_line, tests)))
    return path


def sent(world: World) -> Counter[str]:
    """Count the requests of the last command that are about files."""
    requests = world.repository.sandbox.requests
    return Counter(each.method for each in requests if "attachments" in each.path)


def count_attachments(world: World) -> int:
    """Return how many attachments the server has."""
    database = world.repository.sandbox.store.database
    return len(find_nodes(database, of_kind("attachments")))


def file_lines(path: Path) -> list[dict[str, Any]]:
    read = (json.loads(line) for line in path.read_text("utf-8").splitlines())
    return [line for line in read if line["line"] == "file"]


def test_files_are_sent_from_beside_the_journal(world: World) -> None:
    path = journal(world)
    assert world() == 0, world.err
    assert sent(world) == {"POST": 2 + 3, "PUT": 2}
    states = Counter(line["state"] for line in file_lines(path))
    assert states == {"begun": 2, "created": 2, "stored": 2, "attached": 3}
    taken = take_up(path)
    taken.writer.close()
    assert not taken.recording.open_edits
    accounts = [run.actual_results or "" for run in world.repository.runs().values()]
    assert sorted(account.count(": attached") for account in accounts) == [0, 1, 2]


def test_a_dry_run_names_number_and_size_of_the_files(world: World) -> None:
    journal(world)
    assert world("--dry-run") == 0, world.err
    assert "would      attach 2 files (13 bytes) to 2 test runs" in world.out
    assert not sent(world)


@pytest.mark.parametrize("kept", range(1, 9))
def test_upload_sends_of_the_files_only_what_is_missing(kept: int, world: World) -> None:
    path = journal(world)
    assert world() == 0, world.err
    before = count_attachments(world)
    whole = path.read_bytes().splitlines(keepends=True)
    numbers = [number for number, line in enumerate(whole) if b'"line":"file"' in line]
    path.write_bytes(b"".join(whole[: numbers[kept - 1] + 1]))
    states = Counter(line["state"] for line in file_lines(path))
    assert world() == 0, world.err
    again = sent(world)
    assert again["PUT"] == 2 - states["stored"]
    assert (
        count_attachments(world) == before + 2 - states["begun"]
    )  # what no line names, it cannot know


@pytest.mark.parametrize("path", ["/testruns/*/attachments", "/projects/*/attachments"])
def test_files_that_were_refused_are_sent_once_they_are_taken(path: str, world: World) -> None:
    file = journal(world)
    with world.repository.sandbox.faults.during(RandomFault("403", path=path)):
        assert world() == 0, world.err
    refused = {line["place"] for line in file_lines(file) if line["state"] == "refused"}
    assert len(refused) == 2
    before = count_attachments(world)
    assert world(str(file)) == 0, world.err
    assert "not attached" not in world.out
    accounts = [run.actual_results or "" for run in world.repository.runs().values()]
    assert sorted(account.count(": attached") for account in accounts) == [0, 1, 2]
    assert not any("not attached" in account for account in accounts)
    assert before + sent(world)["POST"] == 3 + count_attachments(world)
    assert world(str(file)) == 0, world.err
    assert not sent(world)
