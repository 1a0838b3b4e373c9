"""Killed with -9 at any point: `pytest-jama upload` finishes it."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from tests.e2e.resuming import (
    CASES,
    EXPECTED,
    IN_FLIGHT,
    UPLOAD,
    Holding,
    KillAt,
    accounts,
    journals,
    kill,
    patches,
    upload,
)
from tests.harness import PYTEST
from tests.systems import signals

if TYPE_CHECKING:
    from tests.harness import Repository


@pytest.mark.parametrize("at", [1, 9, CASES])
@signals
def test_killed_upload_is_finished_and_nothing_but_what_was_in_flight_is_sent_twice(
    apart: Repository, at: int
) -> None:
    apart.sandbox.clear_requests()
    kill(apart, PYTEST, KillAt("PATCH", at))
    first = patches(apart)
    finished = upload(apart)
    assert finished.status == 0, finished.output
    assert apart.statuses() == EXPECTED
    twice = first & patches(apart)
    assert len(twice) <= IN_FLIGHT
    assert max((first + patches(apart)).values()) <= 2


@signals
def test_killed_while_looking_is_finished(apart: Repository) -> None:
    kill(apart, PYTEST, KillAt("GET", 2))
    finished = upload(apart)
    assert finished.status == 0, finished.output
    assert apart.statuses() == EXPECTED


def test_second_upload_sends_nothing(apart: Repository) -> None:
    kill(apart, PYTEST, KillAt("PATCH", 5))
    upload(apart)
    (journal,) = journals(apart)
    again = upload(apart, str(journal))
    assert again.status == 0, again.output
    assert again.count_requests("PATCH") == 0
    assert f"earlier    {CASES} test runs" in again.output


def test_upload_without_unfinished_journal_has_nothing_to_do(apart: Repository) -> None:
    apart.pytest_here()
    finished = upload(apart)
    assert (finished.status, finished.requests) == (0, ())
    assert "every journal is finished" in finished.output


@signals
def test_killed_upload_of_a_journal_is_resumed_as_well(apart: Repository) -> None:
    apart.pytest_here("--jama-no-upload")
    kill(apart, UPLOAD, KillAt("PATCH", 6))
    first = patches(apart)
    finished = upload(apart)
    assert finished.status == 0, finished.output
    assert apart.statuses() == EXPECTED
    assert len(first & patches(apart)) <= IN_FLIGHT
    assert upload(apart, str(journals(apart)[0])).count_requests("PATCH") == 0


@signals
def test_test_that_was_killed_is_incomplete_and_what_ended_is_sent(apart: Repository) -> None:
    apart.write(
        "test_it.py",
        """
        import os, pytest, signal

        @pytest.mark.jama("KEY-TC-1")
        def test_before(): pass

        @pytest.mark.jama("KEY-TC-1", "KEY-TC-2")
        def test_killed(): os.kill(os.getpid(), signal.SIGKILL)

        @pytest.mark.jama("KEY-TC-3")
        def test_failed_before(): assert 0

        @pytest.mark.jama("KEY-TC-4")
        def test_after(): pass
        """,
    )
    killed = apart.pytest("-p", "no:randomly")
    assert killed.status == -signal.SIGKILL
    finished = upload(apart)
    assert finished.status == 0, finished.output
    statuses = apart.statuses()
    assert [statuses[n] for n in (1, 2, 3, 4, 5)] == ["INPROGRESS"] * 4 + ["NOT_RUN"]


@pytest.mark.parametrize("workers", [[], ["-n", "1"]], ids=["serial", "xdist"])
def test_accounts_are_those_that_the_session_would_have_written(
    apart: Repository, workers: list[str]
) -> None:
    apart.write("jama.yaml", "project: KEY\nplan: Release 1\ncycle: Build 1\n")
    apart.write(
        "test_it.py",
        """
        import pytest

        @pytest.mark.jama("KEY-TC-1")
        @pytest.mark.parametrize("n", range(4))
        def test_params(n, jama):
            jama.note(f"bench {n} \u20ac <&>")
            assert n != 2, "a message\\nof two lines"

        @pytest.mark.jama("KEY-TC-2")
        def test_setup(no_such_fixture): pass

        @pytest.mark.jama("KEY-TC-3")
        @pytest.mark.xfail(reason="known")
        def test_xfail(): assert 0
        """,
    )
    apart.pytest_here(*workers)
    written = accounts(apart)
    (journal,) = journals(apart)
    whole = journal.read_bytes()
    journal.write_bytes(whole[: whole.index(b'{"line":"place"') + 20])
    finished = apart.run(UPLOAD, environment={"JAMA_CYCLE": "Build 2"})
    assert finished.status == 0, finished.output
    assert accounts(apart) == written
    assert "bench 3" in (written[1] or "")


def test_journal_of_a_running_session_is_left_to_it(apart: Repository) -> None:
    apart.pytest_here("--jama-no-upload")
    (earlier,) = journals(apart)  # of an earlier second, however fast this machine is
    earlier.rename(earlier.with_name(f"20200101T000000Z-{earlier.name[-14:]}"))
    apart.write(
        "test_slow.py",
        """
        import pathlib, time, pytest

        @pytest.mark.jama("KEY-TC-1")
        def test_slow():
            pathlib.Path("started").touch()
            while not pathlib.Path("go").exists():
                time.sleep(0.02)
        """,
    )
    process = apart.start([*PYTEST, "test_slow.py"])
    while not (apart.folder / "started").exists():
        assert process.poll() is None
    first, second = journals(apart)
    named = upload(apart, str(second))
    finished = upload(apart)
    (apart.folder / "go").touch()
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output
    assert (named.status, named.requests) == (1, ())
    assert "in use" in named.output
    assert finished.status == 0, finished.output
    assert "passed over, its session is still running" in finished.output
    assert finished.count_requests("PATCH") == CASES
    assert '"finished":true' in first.read_text(encoding="ascii")


def test_second_upload_at_once_says_so_and_does_no_harm(apart: Repository) -> None:
    apart.pytest_here("--jama-no-upload")
    held = Holding("PATCH")
    with apart.sandbox.faults.during(held):
        first = apart.start(UPLOAD)
        assert held.has_come.wait(timeout=30)
        second = apart.start(UPLOAD)
        output, _ = second.communicate(timeout=60)
        held.release.set()
    first_output, _ = first.communicate(timeout=60)
    assert first.returncode == 0, first_output
    assert second.returncode == 1
    assert "in use" in output
    assert apart.statuses() == EXPECTED
    assert set(patches(apart).values()) == {1}
