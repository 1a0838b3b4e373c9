"""What ``${...}`` can stand for: the environment, clock, host and git."""

from __future__ import annotations

import socket
import subprocess
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest

from pytest_jama.config.environment import FormError, UnsetError, Variables, interpolate
from tests.config.values import NOON

if TYPE_CHECKING:
    from pathlib import Path


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=n", "-c", "user.email=e@x", "-C", str(folder), *arguments]
    return subprocess.run(  # noqa: S603 (constant)
        command,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A git repository with one commit on the branch `trunk`."""
    git(tmp_path, "init", "--quiet", "--initial-branch=trunk")
    git(tmp_path, "commit", "--quiet", "--allow-empty", "--no-gpg-sign", "--message=first")
    return tmp_path


def test_the_environment_is_asked_first(tmp_path: Path) -> None:
    variables = Variables({"DATE": "today", "X": "y"}, tmp_path)
    assert (variables.look_up("DATE"), variables.look_up("X")) == ("today", "y")


def test_an_empty_variable_counts_as_unset(tmp_path: Path) -> None:
    variables = Variables({"DATE": "", "X": ""}, tmp_path, lambda: NOON)
    assert interpolate("${DATE} ${X:-none}", variables.look_up) == "2024-02-01 none"


def test_day_and_time_are_of_one_reading_of_the_clock(tmp_path: Path) -> None:
    readings = iter([datetime(2024, 12, 31, 23, 59, 59, tzinfo=timezone.utc)])
    variables = Variables({}, tmp_path, lambda: next(readings))
    assert interpolate("${DATE} ${TIME} ${DATE}", variables.look_up) == (
        "2024-12-31 23:59:59 2024-12-31"
    )


def test_the_host_is_named(tmp_path: Path) -> None:
    assert Variables({}, tmp_path).look_up("HOSTNAME") == socket.gethostname()


def test_commit_and_branch_are_asked_of_git(repository: Path) -> None:
    variables = Variables({}, repository)
    assert variables.look_up("GIT_COMMIT") == git(repository, "rev-parse", "HEAD")
    assert variables.look_up("GIT_BRANCH") == "trunk"


def test_a_detached_commit_has_no_branch(repository: Path) -> None:
    git(repository, "checkout", "--quiet", "--detach")
    with pytest.raises(UnsetError, match="git does not know it") as caught:
        Variables({}, repository).look_up("GIT_BRANCH")
    assert caught.value.remedy == (
        "set the environment variable GIT_BRANCH, or give a default: ${GIT_BRANCH:-...}"
    )


def test_outside_of_a_repository_the_message_says_what_git_said(tmp_path: Path) -> None:
    with pytest.raises(UnsetError, match="not a git repository"):
        Variables({}, tmp_path).look_up("GIT_COMMIT")


def test_outside_of_a_repository_a_default_helps(tmp_path: Path) -> None:
    variables = Variables({}, tmp_path)
    assert interpolate("${GIT_COMMIT:-unknown}", variables.look_up) == "unknown"


def test_a_folder_that_is_gone_is_no_crash(tmp_path: Path) -> None:
    with pytest.raises(UnsetError, match="git does not know it"):
        Variables({}, tmp_path / "gone").look_up("GIT_COMMIT")


def test_where_git_is_not_installed_a_default_helps(
    repository: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "")
    variables = Variables({}, repository)
    assert interpolate("${GIT_COMMIT:-unknown}", variables.look_up) == "unknown"


@pytest.mark.parametrize("name", ["JAMA_PASSWORD", "JAMA_CLIENT_SECRET"])
def test_a_secret_is_not_filled_in(tmp_path: Path, name: str) -> None:
    variables = Variables({name: "hunter2"}, tmp_path)
    with pytest.raises(FormError, match=f"{name}}}, which is a secret") as caught:
        interpolate(f"${{{name}:-none}}", variables.look_up)
    assert "hunter2" not in str(caught.value)
