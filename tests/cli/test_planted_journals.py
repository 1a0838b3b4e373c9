"""What others may have planted among journals is never opened, and named."""

from __future__ import annotations

import os
import socket
import sys
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest

from pytest_jama.journal import open_journal
from pytest_jama.journal.folder import next_order, remove_old_journals
from tests.cli.upload_world import EARLY, FAILED, FINISHED, LATE, PASSED

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.upload_world import World

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has no such owners and modes"
)
as_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away"
)
STRANGER = 54_321
STARTED = datetime(2026, 11, 22, 4, 30, 16, tzinfo=timezone.utc)


def open_to_all(world: World, path: Path) -> None:
    world.journal(path.stem, FAILED).chmod(0o666)


def of_a_stranger(world: World, path: Path) -> None:
    os.chown(world.journal(path.stem, FAILED), STRANGER, 0)


def link_out(world: World, path: Path) -> None:
    world.journal(path.stem, FAILED).rename(world.repository.folder / "out.jsonl")
    path.symlink_to(world.repository.folder / "out.jsonl")


def device(_: World, path: Path) -> None:
    path.symlink_to("/dev/zero")


def pipe(_: World, path: Path) -> None:
    os.mkfifo(path)


def sock(_: World, path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(path))


def folder(_: World, path: Path) -> None:
    path.mkdir()


PLANTED = pytest.mark.parametrize(
    "plant,words",
    [
        (open_to_all, "is writable by everyone (mode 0666); look into it, then `chmod o-w` it"),
        pytest.param(of_a_stranger, f"belongs to another user (uid {STRANGER})", marks=as_root),
        (link_out, "is a symbolic link"),
        (device, "is a symbolic link"),
        (pipe, "is a pipe, not a regular file"),
        (sock, "is a socket, not a regular file"),
        (folder, "is a folder"),
    ],
)


@PLANTED
def test_what_is_planted_is_passed_over_with_a_note(
    world: World, plant: Callable[[World, Path], None], words: str
) -> None:
    world.journal(EARLY, PASSED)
    plant(world, world.folder / f"{LATE}.jsonl")
    assert world() == 0, world.err
    assert f"{LATE}.jsonl: passed over, it {words}" in world.out
    assert world.repository.statuses()[1] == "PASSED"


@PLANTED
def test_what_is_planted_in_a_folder_that_was_named_makes_the_upload_fail(
    world: World, plant: Callable[[World, Path], None], words: str
) -> None:
    world.journal(EARLY, PASSED)
    plant(world, world.folder / f"{LATE}.jsonl")
    assert world(".jama") == 1
    assert f"DAMAGED    .jama/{LATE}.jsonl: {words}" in world.out
    assert world.repository.statuses()[1] == "PASSED"


@PLANTED
def test_what_is_planted_is_refused_when_it_is_named(
    world: World, plant: Callable[[World, Path], None], words: str
) -> None:
    plant(world, world.folder / f"{LATE}.jsonl")
    assert world(f".jama/{LATE}.jsonl") in {1, 2}
    kind = words.partition(";")[0].partition(",")[0]
    refused = ("holds no journal", "is not a regular file", kind)
    assert any(each in world.out + world.err for each in refused)
    assert world.repository.sandbox.requests == ()


@PLANTED
def test_what_is_planted_has_no_order_and_is_not_removed(
    world: World, plant: Callable[[World, Path], None], words: str
) -> None:
    path = world.folder / f"{EARLY}.jsonl"
    plant(world, path)
    world.journal(LATE, PASSED, extra=FINISHED)
    assert words
    assert next_order(world.folder, STARTED) > 0
    remove_old_journals(world.folder, keep=0)
    assert os.path.lexists(path)
    assert not (world.folder / f"{LATE}.jsonl").exists()


def test_later_session_that_is_planted_keeps_nothing_from_being_sent(world: World) -> None:
    newer = world.journal(LATE, FAILED)
    assert world() == 0
    newer.chmod(0o666)
    older = world.journal(EARLY, PASSED)
    assert world(str(older)) == 0
    assert f"{LATE}.jsonl: passed over, it is writable by everyone" in world.out
    assert world.repository.statuses()[1] == "PASSED"


def test_link_within_a_folder_is_the_journal_that_it_leads_to(world: World) -> None:
    path = world.journal(EARLY, PASSED)
    (world.folder / "newest.jsonl").symlink_to(path.name)
    assert world(".jama/newest.jsonl") == 0, world.err
    assert f"1 result from .jama/{EARLY}.jsonl" in world.out


@pytest.mark.parametrize("arguments", [[], [".jama"]])
def test_folder_that_everyone_may_write_is_refused(world: World, arguments: list[str]) -> None:
    world.journal(EARLY, PASSED)
    world.folder.chmod(0o1777)
    assert world(*arguments) == 2
    assert ".jama: is writable by everyone (mode 1777); look into it, then `chmod" in world.err
    assert world.repository.sandbox.requests == ()


@as_root
@pytest.mark.parametrize("is_link", [False, True], ids=["folder", "link"])
def test_folder_of_another_user_is_refused(world: World, is_link: bool) -> None:
    world.journal(EARLY, PASSED)
    if is_link:
        world.folder.rename(world.repository.folder / "kept")
        world.folder.symlink_to("kept")
    os.chown(world.folder, STRANGER, 0, follow_symlinks=False)
    assert world() == 2
    assert f"another user (uid {STRANGER})" in world.err
    assert world.repository.sandbox.requests == ()


def test_folder_that_is_a_link_of_the_user_is_followed(world: World) -> None:
    world.journal(EARLY, PASSED)
    world.folder.rename(world.repository.folder / "kept")
    world.folder.symlink_to("kept")
    assert world() == 0, world.err
    (world.repository.folder / "kept").chmod(0o777)
    assert world() == 2


def test_own_folder_that_is_planted_is_passed_over_when_others_are_named(world: World) -> None:
    elsewhere = world.repository.folder / "shards"
    elsewhere.mkdir()
    path = world.journal(EARLY, PASSED).rename(elsewhere / f"{EARLY}.jsonl")
    world.folder.chmod(0o777)
    assert world(str(path)) == 0
    assert ".jama: passed over, it is writable by everyone (mode 0777)" in world.out


def test_new_journal_is_for_its_user_alone(tmp_path: Path) -> None:
    writer = open_journal(tmp_path / "a" / ".jama", started=STARTED)
    writer.close()
    paths = (writer.path, writer.path.parent / ".gitignore", writer.path.parent)
    assert [each.stat().st_mode & 0o777 for each in paths] == [0o600, 0o600, 0o700]


def test_new_journal_is_not_written_through_what_is_planted(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").symlink_to(tmp_path / "victim")
    open_journal(tmp_path, started=STARTED).close()
    assert not (tmp_path / "victim").exists()


@pytest.mark.parametrize("mode", [0o777, 0o1777, 0o702])
def test_new_journal_is_not_written_where_everyone_may_write(tmp_path: Path, mode: int) -> None:
    tmp_path.chmod(mode)
    writer = open_journal(tmp_path, started=STARTED)
    writer.close()
    assert writer.failure.startswith(f"{tmp_path} is writable by everyone (mode {mode:04o}); look")
    assert list(tmp_path.iterdir()) == []
