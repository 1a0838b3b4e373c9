"""What others may have planted among journals is never opened, and named."""

from __future__ import annotations

import os
import socket
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_jama.journal import open_journal
from pytest_jama.journal.folder import next_order, remove_old_journals
from tests.cli.upload_world import EARLY, FAILED, FINISHED, LATE, PASSED
from tests.every import every

if TYPE_CHECKING:
    from collections.abc import Callable

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


def loop(_: World, path: Path) -> None:
    path.symlink_to(path.name)


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
        (loop, "is a symbolic link"),
        (pipe, "is a pipe, not a regular file"),
        (sock, "is a socket, not a regular file"),
        (folder, "is a folder"),
    ],
)


@PLANTED
@pytest.mark.parametrize("named", [False, True], ids=["found", "beside"])
def test_what_is_planted_is_named_as_a_journal_that_cannot_be_read(
    world: World, plant: Callable[[World, Path], None], words: str, *, named: bool
) -> None:
    path = world.journal(EARLY, PASSED)
    plant(world, world.folder / f"{LATE}.jsonl")
    assert world(*([str(path)] if named else [])) == 1
    assert f"DAMAGED    .jama/{LATE}.jsonl: {words}" in world.out
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
    refused = ("holds no journal", "there is no such file", "is not a regular file", kind)
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
    assert world(str(older)) == 1
    assert f"DAMAGED    .jama/{LATE}.jsonl: is writable by everyone" in world.out
    assert world.repository.statuses()[1] == "PASSED"


def test_link_within_a_folder_is_the_journal_that_it_leads_to(world: World) -> None:
    path = world.journal(EARLY, PASSED)
    (world.folder / "newest.jsonl").symlink_to(path.name)
    assert world(".jama/newest.jsonl") == 0, world.err
    assert f"1 result from .jama/{EARLY}.jsonl" in world.out
    world.journal(LATE, PASSED)
    assert world() == 0, world.out


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


def test_own_folder_that_is_planted_is_named_when_others_are_sent(world: World) -> None:
    elsewhere = world.repository.folder / "shards"
    elsewhere.mkdir()
    path = world.journal(EARLY, PASSED).rename(elsewhere / f"{EARLY}.jsonl")
    world.folder.chmod(0o777)
    assert world(str(path)) == 1
    assert "DAMAGED    .jama: is writable by everyone (mode 0777)" in world.out
    assert world.repository.statuses()[1] == "PASSED"


@pytest.mark.parametrize("plant", [os.mkfifo, Path.touch])
def test_what_stands_in_the_place_of_the_folder_is_named(
    world: World, plant: Callable[[Path], None]
) -> None:
    world.folder.rmdir()
    plant(world.folder)
    assert world() == 2
    assert ".jama: is a " in world.err
    assert ", where a folder should be; remove it" in world.err
    elsewhere = world.repository.folder / "shards"
    world.folder.rename(elsewhere.with_name("x"))
    world.folder.mkdir()
    path = world.journal(EARLY, PASSED)
    world.folder.rename(elsewhere)
    plant(world.folder)
    assert world(str(elsewhere / path.name)) == 1
    assert "DAMAGED    .jama: is a " in world.out
    assert world.repository.statuses()[1] == "PASSED"


def test_nothing_to_send_is_not_said_beside_what_is_planted(world: World) -> None:
    pipe(world, world.folder / f"{LATE}.jsonl")
    assert world() == 1
    assert "every journal is finished" not in world.out


@pytest.mark.parametrize("uid,mode", [(0, 0o777), (STRANGER, 0o755), (STRANGER, 0o1777)])
@as_root
def test_file_in_a_planted_folder_is_refused_with_what_to_do(
    world: World, uid: int, mode: int
) -> None:
    path = world.journal(EARLY, PASSED)
    os.chown(world.folder, uid, 0)
    world.folder.chmod(mode)
    assert world(str(path)) == 1
    assert f"DAMAGED    .jama/{EARLY}.jsonl: lies in a folder that " in world.out
    assert "copy it to a folder of yours if you know that it is right" in world.out
    assert world.repository.sandbox.requests == ()
    mine = world.repository.folder / "mine"
    mine.mkdir()
    assert world(str(path.rename(mine / path.name))) in {0, 1}
    assert world.repository.statuses()[1] == "PASSED"


@as_root
@pytest.mark.parametrize(
    "spoil,words",
    [
        (lambda path: path.write_bytes(b""), "ends before its header does"),
        (lambda path: path.write_text("{}\n"), "jsonl:1: is not the header of a journal"),
        (lambda path: path.chmod(0o666), "is writable by everyone"),
        (lambda path: os.chown(path, STRANGER, 0), f"another user (uid {STRANGER})"),
        (lambda path: path.unlink() or path.mkdir(), "is a folder"),
        (lambda path: path.unlink() or path.symlink_to("/dev/zero"), "is a symbolic link"),
    ],
)
@pytest.mark.parametrize("named", [False, True])
def test_partner_that_cannot_be_taken_keeps_the_other_with_one_message(
    world: World, spoil: Callable[[Path], object], words: str, *, named: bool
) -> None:
    first, second = world.journal(EARLY, FAILED), world.journal(LATE, PASSED, PASSED)
    assert world(str(first), str(second)) == 0
    second.write_bytes(second.read_bytes().rstrip().rpartition(b"\n")[0] + b"\n")
    spoil(first)
    assert world(*([str(second)] if named else [])) == 1
    told = f".jama/{LATE}.jsonl: was last uploaded together with {EARLY}, which cannot be taken"
    assert told in world.err
    assert words in world.err
    assert world.repository.sandbox.requests == ()
    first.rename(world.repository.folder / first.name)
    assert world(str(second)) == 0


@as_root
def test_file_of_the_user_in_a_folder_as_tmp_is_sent_and_those_of_others_say_nothing(
    world: World,
) -> None:
    shared = world.repository.folder / "tmp"
    shared.mkdir()
    path = world.journal(EARLY, PASSED).rename(shared / f"{EARLY}.jsonl")
    os.chown(world.journal(LATE, FAILED).rename(shared / f"{LATE}.jsonl"), STRANGER, 0)
    shared.chmod(0o1777)
    assert world(str(path)) == 0, world.out
    assert world.repository.statuses()[1] == "PASSED"


def test_new_journal_is_for_its_user_alone(tmp_path: Path) -> None:
    writer = open_journal(tmp_path / "a" / ".jama", started=STARTED)
    writer.close()
    paths = (writer.path, writer.path.parent / ".gitignore", writer.path.parent)
    assert [each.stat().st_mode & 0o777 for each in paths] == [0o600, 0o600, 0o700]


def test_new_journal_is_not_written_through_what_is_planted(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").symlink_to(tmp_path / "victim")
    open_journal(tmp_path, started=STARTED).close()
    assert not (tmp_path / "victim").exists()


@every("mode", [0o777, 0o1777, 0o702])
def test_new_journal_is_not_written_where_everyone_may_write(tmp_path: Path, mode: int) -> None:
    tmp_path.chmod(mode)
    writer = open_journal(tmp_path, started=STARTED)
    writer.close()
    assert writer.failure.startswith(f"{tmp_path} is writable by everyone (mode {mode:04o}); look")
    assert list(tmp_path.iterdir()) == []
