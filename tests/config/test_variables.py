"""What ``${...}`` can stand for: the environment, clock, host and git."""

from __future__ import annotations

import socket
import subprocess
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.config.environment import CI_SYSTEMS, CiJob, find_ci_job
from pytest_jama.config.interpolation import FormError, UnsetError, interpolate
from pytest_jama.config.variables import Checkout, Variables, find_actor
from tests.config.values import NOON
from tests.every import every

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


def test_an_edited_file_makes_the_checkout_modified_and_a_new_one_does_not(
    repository: Path,
) -> None:
    (repository / "a.txt").write_text("1")
    git(repository, "add", "a.txt")
    git(repository, "commit", "--quiet", "--no-gpg-sign", "--message=second")
    (repository / "report.xml").write_text("new")
    clean = Variables({}, repository).find_checkout()
    (repository / "a.txt").write_text("2")
    edited = Variables({}, repository)
    commit = git(repository, "rev-parse", "HEAD")
    assert clean == Checkout(commit, "trunk", is_modified=False)
    assert edited.find_checkout() == Checkout(commit, "trunk", is_modified=True)
    assert edited.look_up("GIT_MODIFIED") == "true"


def test_our_own_folder_never_makes_it_modified(repository: Path) -> None:
    journal = repository / "sub" / ".jama" / "1.jsonl"
    journal.parent.mkdir(parents=True)
    journal.write_text("1")
    git(repository, "add", "--force", str(journal))
    git(repository, "commit", "--quiet", "--no-gpg-sign", "--message=second")
    journal.write_text("2")
    assert Variables({}, repository).find_checkout().is_modified is False


def test_whether_files_differ_is_not_known_before_the_first_commit(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "--initial-branch=trunk")
    (tmp_path / "a.txt").write_text("1")
    git(tmp_path, "add", "a.txt")
    assert Variables({}, tmp_path).find_checkout() == Checkout("", "trunk", is_modified=None)


def test_whether_a_stated_commit_was_edited_is_known_only_where_it_is_checked_out(
    repository: Path,
) -> None:
    here = git(repository, "rev-parse", "HEAD")
    found = [Variables({"GIT_COMMIT": each}, repository).find_checkout() for each in (here, "1f")]
    assert [(each.commit, each.is_modified) for each in found] == [(here, False), ("1f", None)]


def test_outside_of_a_repository_git_is_asked_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    run = subprocess.run

    def counted(words: list[str], **more: Any) -> subprocess.CompletedProcess[Any]:
        asked.append(words)
        return run(words, check=more.pop("check"), **more)

    monkeypatch.setenv("LC_ALL", "C")  # another language costs a second question
    monkeypatch.setattr(subprocess, "run", counted)
    assert Variables({}, tmp_path).find_checkout() == Checkout("")
    assert Variables({"GIT_COMMIT": "1f0c"}, tmp_path).find_checkout() == Checkout("1f0c")
    assert len(asked) == 2


def test_where_git_cannot_tell_what_was_edited_the_commit_is_known(repository: Path) -> None:
    commit = git(repository, "rev-parse", "HEAD")
    (repository / ".git" / "index").write_bytes(b"not an index")
    assert Variables({}, repository).find_checkout() == Checkout(commit)


def test_a_repository_without_commits_has_none(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "--initial-branch=trunk")
    assert Variables({}, tmp_path).find_checkout().commit == ""
    with pytest.raises(UnsetError):
        Variables({}, tmp_path / "gone").look_up("GIT_MODIFIED")


JOBS = {
    "GitHub Actions": (
        {
            "GITHUB_ACTIONS": "true",
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_REPOSITORY": "acme/pump",
            "GITHUB_RUN_ID": "42",
            "GITHUB_RUN_ATTEMPT": "2",
            "GITHUB_ACTOR": "ruth",
            "GITHUB_SHA": "1f0c",
            "GITHUB_REF_NAME": "main",
        },
        ("https://github.com/acme/pump/actions/runs/42/attempts/2", "ruth", "1f0c", "main"),
    ),
    "GitLab CI": (
        {
            "GITLAB_CI": "true",
            "CI_JOB_URL": "https://ci:token@gitlab.acme.com/pump/-/jobs/7",
            "GITLAB_USER_LOGIN": "ruth",
            "CI_COMMIT_SHA": "1f0c",
            "CI_COMMIT_REF_NAME": "main",
        },
        ("https://gitlab.acme.com/pump/-/jobs/7", "ruth", "1f0c", "main"),
    ),
    "Jenkins": (
        {
            "JENKINS_URL": "https://ci.acme.com/",
            "BUILD_URL": "https://ci.acme.com/job/pump/7/",
            "BUILD_USER_ID": "ruth",
            "GIT_COMMIT": "1f0c",
            "GIT_BRANCH": "origin/main",
        },
        ("https://ci.acme.com/job/pump/7/", "ruth", "1f0c", "origin/main"),
    ),
    "Azure Pipelines": (
        {
            "TF_BUILD": "True",
            "SYSTEM_COLLECTIONURI": "https://dev.azure.com/acme/",
            "SYSTEM_TEAMPROJECT": "Infusion pump",
            "BUILD_BUILDID": "42",
            "BUILD_REQUESTEDFOR": "Ruth Roe",
            "BUILD_SOURCEVERSION": "1f0c",
            "BUILD_SOURCEBRANCHNAME": "main",
        },
        (
            "https://dev.azure.com/acme/Infusion%20pump/_build/results?buildId=42",
            *("Ruth Roe", "1f0c", "main"),
        ),
    ),
    "Bitbucket Pipelines": (
        {
            "BITBUCKET_BUILD_NUMBER": "42",
            "BITBUCKET_WORKSPACE": "acme",
            "BITBUCKET_REPO_SLUG": "pump",
            "BITBUCKET_COMMIT": "1f0c",
            "BITBUCKET_BRANCH": "main",
        },
        ("https://bitbucket.org/acme/pump/pipelines/results/42", "", "1f0c", "main"),
    ),
    "CircleCI": (
        {
            "CIRCLECI": "true",
            "CIRCLE_BUILD_URL": "https://circleci.com/gh/acme/pump/42",
            "CIRCLE_USERNAME": "ruth",
            "CIRCLE_SHA1": "1f0c",
            "CIRCLE_BRANCH": "main",
        },
        ("https://circleci.com/gh/acme/pump/42", "ruth", "1f0c", "main"),
    ),
    "TeamCity": (
        {
            "TEAMCITY_VERSION": "2025.07",
            "BUILD_URL": "https://tc.acme.com/build/42",
            "BUILD_VCS_NUMBER": "1f0c",
        },
        ("https://tc.acme.com/build/42", "", "1f0c", ""),
    ),
}


@every("name", JOBS)
def test_the_job_of_a_ci_system_is_known_by_its_variables(name: str) -> None:
    environ, expected = JOBS[name]
    assert find_ci_job(environ) == (name, *expected)


def test_every_ci_system_has_a_test() -> None:
    assert set(JOBS) == {system.name for system in CI_SYSTEMS}


def test_what_a_job_does_not_tell_is_left_out(tmp_path: Path) -> None:
    assert find_ci_job({}) == CiJob()
    assert find_ci_job({"GITHUB_ACTIONS": "true"}) == CiJob("GitHub Actions")
    assert find_ci_job({"GITLAB_CI": "true", "CI_JOB_URL": "//[x"}).url == ""
    with pytest.raises(UnsetError, match="not a job of a CI system") as caught:
        Variables({}, tmp_path).look_up("CI_JOB_URL")
    assert caught.value.remedy == "give what to say where that is so: ${CI_JOB_URL:-...}"


def test_commit_and_branch_of_the_job_stand_in_for_those_of_git(tmp_path: Path) -> None:
    environ, _ = JOBS["CircleCI"]
    variables = Variables(environ, tmp_path)
    assert interpolate("${GIT_COMMIT} ${GIT_BRANCH}", variables.look_up) == "1f0c main"
    assert variables.find_checkout() == Checkout("1f0c", "main")


ALWAYS_KNOWN = ("DATE", "TIME", "HOSTNAME", "OS_VERSION", "PYTHON_VERSION")


@every("name", [*ALWAYS_KNOWN, "PYTEST_PLUGIN_VERSIONS"])
def test_what_is_known_everywhere_has_a_value(tmp_path: Path, name: str) -> None:
    assert Variables({}, tmp_path).look_up(name)


@pytest.mark.parametrize(
    "environ, user",
    [
        ({"JAMA_USERNAME": "ann", "JAMA_PASSWORD": "x"}, "ann"),
        ({"JAMA_CLIENT_ID": "acme", "JAMA_CLIENT_SECRET": "x"}, "acme"),
    ],
)
def test_the_user_of_the_credentials_is_named(
    tmp_path: Path, environ: dict[str, str], user: str
) -> None:
    assert Variables(environ, tmp_path).look_up("JAMA_USER") == user


@pytest.mark.parametrize(
    "text, filled_in",
    [("by ${JAMA_USER}", "by ${JAMA_USER}"), ("by ${JAMA_USER:-nobody}", "by nobody")],
)
def test_without_credentials_the_user_stays_open_unless_a_default_is_given(
    tmp_path: Path, text: str, filled_in: str
) -> None:
    half = {"JAMA_USERNAME": "ann"}
    assert interpolate(text, Variables(half, tmp_path).look_up) == filled_in


def test_the_actor_is_whom_the_ci_system_names_or_who_is_signed_in(tmp_path: Path) -> None:
    environ, _ = JOBS["GitLab CI"]
    assert Variables(environ, tmp_path).look_up("ACTOR") == "ruth"
    assert find_actor({"JENKINS_URL": "x"}) == ""
    assert find_actor({}) != ""
