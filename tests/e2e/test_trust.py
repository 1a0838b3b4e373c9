"""Whole sessions: what is planted costs no result, what is unsafe is said, and how to go on."""

from __future__ import annotations

import os
import shlex
import sys
from typing import TYPE_CHECKING

import pytest

from junit_uploader.cli import main as junit_uploader
from pytest_jama.cli import main as toolbox
from tests.harness import INSIDE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.harness import Finished, Repository

pytestmark = pytest.mark.usefixtures("quick_children")

ONE = """
import pytest

@pytest.mark.jama("KEY-TC-1")
def test_one(): pass
"""
REPORT = (
    '<testsuite><testcase classname="test_it" name="test_one"><properties>'
    '<property name="jama" value="KEY-TC-1"/></properties></testcase></testsuite>'
)


@pytest.fixture
def one(repository: Repository) -> Repository:
    """A case with a run, and a passing test of it."""
    repository.case(1)
    repository.start_cycle()
    repository.write("test_it.py", ONE)
    repository.write("report.xml", REPORT)
    return repository


def by_pytest(one: Repository, environment: Mapping[str, str], *flags: str) -> Finished:
    return one.pytest_here(*(f"--jama-{flag}" for flag in flags), environment=environment)


def by_xdist(one: Repository, environment: Mapping[str, str], *flags: str) -> Finished:
    arguments = ("-n", "2", *(f"--jama-{flag}" for flag in flags))
    return one.pytest_here(*arguments, environment=environment)


def by_junit(one: Repository, environment: Mapping[str, str], *flags: str) -> Finished:
    words = [*(f"--{flag}" for flag in flags), "report.xml"]
    return one.run_here(lambda: junit_uploader(words), environment=environment)


def by_upload(one: Repository, environment: Mapping[str, str], *flags: str) -> Finished:
    one.pytest_here("--jama-no-upload")
    words = ["upload", *(f"--{flag}" for flag in flags)]
    return one.run_here(lambda: toolbox(words), environment=environment)


def by_prepare(one: Repository, environment: Mapping[str, str], *flags: str) -> Finished:
    words = ["prepare", *(f"--{flag}" for flag in flags), "--no-collect"]
    return one.run_here(lambda: toolbox(words), environment=environment)


def by_lock(one: Repository, environment: Mapping[str, str], *flags: str) -> Finished:
    words = ["lock", *(f"--{flag}" for flag in flags), "--junit", "report.xml"]
    return one.run_here(lambda: toolbox(words), environment=environment)


SESSIONS = {"pytest": by_pytest, "xdist": by_xdist, "junit-uploader": by_junit}
SENDING = {**SESSIONS, "upload": by_upload, "prepare": by_prepare, "lock": by_lock}
by_front_end = pytest.mark.parametrize("run", SENDING.values(), ids=SENDING)


@by_front_end
def test_certificates_that_are_not_checked_are_said_in_header_and_summary(
    one: Repository, run: Callable[..., Finished]
) -> None:
    settings = f"project: {one.key}\nplan: Release 1\ncycle: Build 1\ntests: {{other: KEY-TC-1}}\n"
    one.write("jama.yaml", f"{settings}tls: {{verify: false}}\n")
    finished = run(one, {})
    header = "jama: warning: tls.verify is false"
    assert (finished.output.count(header), finished.output.count("tls.verify is")) == (1, 2)
    assert finished.output.index(header) < finished.output.index("\nwarning    tls.verify is false")


@by_front_end
def test_plain_http_to_another_machine_is_said_in_header_and_summary(
    one: Repository, run: Callable[..., Finished]
) -> None:
    through_proxy = {"http_proxy": one.sandbox.url, "no_proxy": "", "NO_PROXY": ""}
    finished = run(one, through_proxy, "url=http://jama.example")
    header = "jama: warning: http://jama.example is not encrypted"
    assert (finished.output.count(header), finished.output.count("is not encrypted")) == (1, 2)


@by_front_end
def test_nothing_is_said_of_a_server_of_this_machine(
    one: Repository, run: Callable[..., Finished]
) -> None:
    finished = run(one, {})
    assert "not encrypted" not in finished.output
    assert "tls.verify" not in finished.output


def folder_for_all(one: Repository) -> None:
    (one.folder / ".jama").mkdir()
    (one.folder / ".jama").chmod(0o777)


def folder_of_a_stranger(one: Repository) -> None:
    (one.folder / ".jama").mkdir()
    os.chown(one.folder / ".jama", 54_321, 0)


def link_of_a_stranger(one: Repository) -> None:
    (one.folder / "elsewhere").mkdir()
    (one.folder / ".jama").symlink_to("elsewhere")
    os.chown(one.folder / ".jama", 54_321, 0, follow_symlinks=False)


as_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away"
)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such owners and modes")
@pytest.mark.parametrize("run", SESSIONS.values(), ids=SESSIONS)
@pytest.mark.parametrize(
    "plant,words",
    [
        (folder_for_all, "is writable by everyone (mode 0777)"),
        pytest.param(folder_of_a_stranger, "belongs to another user", marks=as_root),
        pytest.param(link_of_a_stranger, "is a symbolic link of another user", marks=as_root),
    ],
)
def test_planted_folder_costs_the_journal_and_no_results(
    one: Repository,
    run: Callable[..., Finished],
    plant: Callable[[Repository], None],
    words: str,
) -> None:
    plant(one)
    finished = run(one, {})
    assert finished.status == 0, finished.output
    assert finished.output.count(f"journal    incomplete: {one.folder / '.jama'} {words}") == 1
    assert one.statuses() == {1: "PASSED"}
    assert list(one.folder.glob(".jama/*")) == []


UNREACHABLE = {"JAMA_CLIENT_SECRET": "wrong"}


def follow(one: Repository, finished: Finished, folder: str) -> Finished:
    """Run the printed command in the folder in which it was printed, with no JAMA_URL set."""
    (line,) = (each for each in finished.output.splitlines() if each.startswith("next "))
    words = shlex.split(line)[2:]

    def command() -> int:
        os.chdir(folder)
        del os.environ["JAMA_URL"]
        return toolbox(words)

    return one.run_here(command)


@pytest.mark.parametrize("way", ["flag", "file", "file above", "named file"])
@pytest.mark.parametrize("front_end", ["pytest", "junit-uploader"])
def test_printed_command_finds_the_same_server(one: Repository, way: str, front_end: str) -> None:
    settings = (one.folder / "jama.yaml").read_text(encoding="utf-8")
    one.write("jama.yaml", settings + (f"url: {one.sandbox.url}\n" if way != "flag" else ""))
    one.write("work/test_it.py", ONE)
    one.write("work/report.xml", REPORT)
    one.write("work/pytest.ini", "[pytest]\n")
    if way == "named file":
        one.write("work/jama.yaml", "url: https://other.example\n")
    folder = "." if way == "file" else "work"
    flags = {"flag": [f"url={one.sandbox.url}"], "named file": ["config=../jama.yaml"]}.get(way, [])

    def command() -> int:
        os.chdir(folder)
        del os.environ["JAMA_URL"]
        if front_end == "junit-uploader":
            return junit_uploader([*(f"--{flag}" for flag in flags), "report.xml"])
        return pytest.main([*INSIDE, *(f"--jama-{flag}" for flag in flags), "test_it.py"])

    finished = one.run_here(command, environment=UNREACHABLE)
    assert "401" in finished.output, finished.output
    ended = follow(one, finished, folder)
    assert ended.status == 0, finished.output + ended.output
    assert one.statuses() == {1: "PASSED"}
