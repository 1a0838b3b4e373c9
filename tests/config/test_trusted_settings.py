"""jama.yaml and jama.lock of others are not taken unless the user names them; no pipe is read."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_jama.config import LoadedSettings, load_settings, with_lock
from pytest_jama.config.lock_file import render_lock
from pytest_jama.core.errors import SettingsError
from pytest_jama.core.lock import Lock
from tests.config.values import COMPLETE, LOGIN, write
from tests.every import every

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has no such owners and modes"
)
as_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away"
)
STRANGER = 54_321


def give_away(path: Path) -> None:
    os.chown(path, STRANGER, 0)


def open_to_all(path: Path) -> None:
    path.chmod(0o666)


def link_of_a_stranger(path: Path) -> None:
    path.rename(path.with_name("real"))
    path.symlink_to("real")
    os.chown(path, STRANGER, 0, follow_symlinks=False)


SPOILED = pytest.mark.parametrize(
    "spoil,words",
    [
        (open_to_all, r"is writable by everyone \(mode 0666\); look into it, then `chmod o-w` it"),
        pytest.param(
            give_away, rf"belongs to another user \(uid {STRANGER}\); copy", marks=as_root
        ),
        pytest.param(link_of_a_stranger, "is a symbolic link of another user", marks=as_root),
    ],
)


def load_both(start: Path, file: Path | None = None, prefix: str = "--") -> LoadedSettings:
    loaded = load_settings(start=start, file=file, flags={}, environ=LOGIN, flag_prefix=prefix)
    return with_lock(loaded, start=start, flag_prefix=prefix)


@SPOILED
@pytest.mark.parametrize("name", ["jama.yaml", "jama.lock"])
@pytest.mark.parametrize("below", [".", "a/b"])
def test_file_that_others_may_have_written_is_taken_only_when_it_is_named(
    tmp_path: Path, spoil: object, words: str, name: str, below: str
) -> None:
    write(tmp_path, COMPLETE)
    write(tmp_path, render_lock(Lock({})), "jama.lock")
    start = tmp_path / below
    start.mkdir(parents=True, exist_ok=True)
    assert load_both(start).lock == Lock({})
    assert callable(spoil)
    spoil(tmp_path / name)
    with pytest.raises(SettingsError, match=words) as caught:
        load_both(start, prefix="--jama-")
    assert "--jama-config=FILE" in str(caught.value)
    assert load_both(start, tmp_path / "jama.yaml").settings.url == "https://jama.test"


def link_to_nothing(path: Path) -> None:
    path.symlink_to("nothing")


def link_to_a_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


@every(
    "plant,words",
    [
        (os.mkfifo, "is a pipe, not a regular file"),
        (Path.mkdir, "is a folder"),
        (link_to_a_device, "is not a regular file"),
        (link_to_nothing, "no such file|is a symbolic link to nothing"),
    ],
)
@every("name", ["jama.yaml", "jama.yml", "jama.lock"])
@every("is_named", [False, True])
def test_what_is_not_a_file_is_said_and_never_opened(
    tmp_path: Path, plant: Callable[[Path], None], words: str, name: str, *, is_named: bool
) -> None:
    settings = tmp_path / ("jama.yml" if name == "jama.yml" else "jama.yaml")
    write(tmp_path, COMPLETE, settings.name)
    (tmp_path / name).unlink(missing_ok=True)
    plant(tmp_path / name)
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    with pytest.raises(SettingsError, match=rf"{name}: .*({words})"):
        load_both(below, settings if is_named else None)


@every(
    "make, words",
    [
        pytest.param(os.mkfifo, "is a pipe, not a regular file", id="pipe"),
        pytest.param(os.mkdir, "is a folder", id="folder"),
        pytest.param(lambda path: path.symlink_to(path.name), "cannot be read", id="loop"),
        pytest.param(lambda path: path.symlink_to("gone"), "cannot be read", id="dangling"),
        pytest.param(lambda path: path.symlink_to("/dev/zero"), "not a regular file", id="device"),
    ],
)
def test_what_is_called_jama_yaml_and_is_not_a_file_is_not_passed_over(
    tmp_path: Path, make: Callable[[Path], None], words: str
) -> None:
    write(tmp_path, COMPLETE)
    start = tmp_path / "a"
    start.mkdir()
    make(start / "jama.yaml")
    with pytest.raises(SettingsError, match=rf"jama\.yaml: .*{words}"):
        load_both(start)


def test_link_to_shared_settings_is_followed(tmp_path: Path) -> None:
    write(tmp_path, COMPLETE, "shared.yaml")
    (tmp_path / "jama.yaml").symlink_to("shared.yaml")
    assert load_both(tmp_path).settings.url == "https://jama.test"


@as_root
def test_settings_of_whom_the_working_folder_belongs_to_are_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_away(write(tmp_path, COMPLETE))
    give_away(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert load_both(Path.cwd()).settings.url == "https://jama.test"


@pytest.mark.parametrize("key", ["verify", "client_cert"])
def test_certificates_are_not_read_from_a_pipe(tmp_path: Path, key: str) -> None:
    os.mkfifo(tmp_path / "ca.pem")
    write(tmp_path, f"{COMPLETE}tls: {{{key}: ca.pem}}\n")
    with pytest.raises(SettingsError, match=rf"tls\.{key} is 'ca\.pem', which is not a file"):
        load_both(tmp_path)
