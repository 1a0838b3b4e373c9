"""Which files count as the user's own, and that nothing else is opened."""

from __future__ import annotations

import os
import socket
import stat
import sys
from pathlib import Path

import pytest

from pytest_jama.core.trust import (
    UntrustedError,
    check_folder,
    open_own,
    open_regular,
    read_own,
    why_untrusted,
)
from tests.every import every

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such owners and modes")
as_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away"
)
STRANGER = 54_321


def facts(*, user: int, mode: int) -> os.stat_result:
    """Return what the system knows of a file of somebody."""
    return os.stat_result((mode, 0, 0, 1, user, 0, 0, 0, 0, 0))


@every(
    "user,mode,keeps_modes,words",
    [
        pytest.param(7, 0o600, True, None, id="own"),
        pytest.param(7, 0o664, True, None, id="group may write"),
        pytest.param(0, 0o644, True, None, id="root's"),
        pytest.param(8, 0o644, True, "belongs to another user (uid 8)", id="stranger's"),
        pytest.param(8, 0o644, False, "belongs to another user (uid 8)", id="stranger's, no modes"),
        pytest.param(7, 0o666, True, "is writable by everyone (mode 0666)", id="open to all"),
        pytest.param(7, 0o1777, True, "is writable by everyone (mode 1777)", id="sticky"),
        pytest.param(7, 0o777, False, None, id="a file system without modes"),
    ],
)
def test_rule(user: int, mode: int, keeps_modes: bool, words: str | None) -> None:
    found = why_untrusted(
        facts(user=user, mode=stat.S_IFREG | mode), users={0, 7}, keeps_modes=lambda: keeps_modes
    )
    assert (found and found[0].replace("daemon, ", "").replace("mail, ", "")) == words


def make_pipe(path: Path) -> None:
    os.mkfifo(path)


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path)[-100:] if len(str(path)) < 100 else os.path.relpath(path))


def make_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def make_link(path: Path) -> None:
    target = path.with_name("target")
    target.touch()
    path.symlink_to(target)


@posix
@pytest.mark.parametrize(
    "make,follows,words",
    [
        (make_pipe, True, "is a pipe"),
        (make_socket, True, "is a socket"),
        (make_device, True, "is not a regular file"),
        (make_device, False, "is a symbolic link"),
        (make_link, False, "is a symbolic link"),
        (Path.mkdir, True, "is a folder"),
    ],
)
def test_only_a_regular_file_is_opened(
    tmp_path: Path, make: object, follows: bool, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "x"
    assert callable(make)
    make(path)
    for opening in (open_own, open_regular):
        with pytest.raises(UntrustedError, match=words):
            opening(path, follows=follows)


@posix
def test_link_to_a_file_is_followed_where_it_may_be(tmp_path: Path) -> None:
    make_link(tmp_path / "x")
    os.close(open_own(tmp_path / "x", follows=True))


@posix
def test_file_and_folder_that_everyone_may_write_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("x")
    with read_own(path) as file:
        assert file.read() == b"x"
    path.chmod(0o646)
    with pytest.raises(UntrustedError, match=r"is writable by everyone \(mode 0646\)"):
        read_own(path)
    tmp_path.chmod(0o757)
    with pytest.raises(UntrustedError, match=r"is writable by everyone \(mode 0757\)"):
        check_folder(tmp_path)


@posix
def test_runner_of_gitlab_lets_everyone_write_in_a_container_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x"
    path.touch()
    path.chmod(0o666)
    tmp_path.chmod(0o777)
    monkeypatch.setenv("GITLAB_CI", "true")
    check_folder(tmp_path)
    read_own(path).close()


@as_root
def test_file_folder_and_link_of_another_user_are_refused(tmp_path: Path) -> None:
    path, folder, link = tmp_path / "x", tmp_path / "folder", tmp_path / "link"
    path.touch()
    folder.mkdir()
    link.symlink_to(tmp_path)
    for each in (path, folder, link):
        os.chown(each, STRANGER, 0, follow_symlinks=False)
    with pytest.raises(UntrustedError, match=f"belongs to another user .uid {STRANGER}"):
        read_own(path)
    with pytest.raises(UntrustedError, match=f"belongs to another user .uid {STRANGER}"):
        check_folder(folder)
    with pytest.raises(UntrustedError, match=f"is a symbolic link of another user .uid {STRANGER}"):
        check_folder(link)


@as_root
def test_root_takes_the_files_of_whom_its_working_folder_belongs_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x"
    path.touch()
    os.chown(path, STRANGER, 0)
    os.chown(tmp_path, STRANGER, 0)
    monkeypatch.chdir(tmp_path)
    check_folder(tmp_path)
    read_own(path).close()
