"""Shards, hooks, other frameworks, full disks: what `pytest-jama upload` makes of them."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING

from tests.e2e.resuming import (
    EXPECTED,
    UPLOAD,
    KillAt,
    accounts,
    journals,
    kill,
    upload,
)
from tests.harness import PYTEST
from tests.journal.record import chained
from tests.systems import shell, signals

if TYPE_CHECKING:
    from tests.harness import Repository


SHARDS = """
import pytest

@pytest.mark.jama("KEY-TC-1")
def test_first(): pass

@pytest.mark.jama("KEY-TC-1")
def test_second(): pass

@pytest.mark.jama("KEY-TC-2")
def test_first_alone(): assert 0

@pytest.mark.jama("KEY-TC-3")
def test_in_both_first_second():
    import os
    assert os.environ["PLATFORM"] == "a"

@pytest.mark.jama("KEY-TC-4")
def test_nowhere(): pass
"""


def test_shards_of_a_matrix_become_one_set_of_verdicts(apart: Repository) -> None:
    apart.write("test_it.py", SHARDS)
    for platform, selection in (("a", "first"), ("b", "second")):
        shard = apart.pytest_here(
            *("--jama-no-upload", "-k", selection), environment={"PLATFORM": platform}
        )
        assert "next       pytest-jama upload .jama/" in shard.summary
        assert shard.requests == ()
    files = [str(path.relative_to(apart.folder)) for path in journals(apart)]
    finished = upload(apart, *reversed(files), files[0])
    assert finished.status == 0, finished.output
    statuses = apart.statuses()
    assert [statuses[n] for n in (1, 2, 3, 4)] == ["PASSED", "FAILED", "FAILED", "NOT_RUN"]
    assert finished.count_requests("PATCH") == 3
    assert ", 2 sessions" in (apart.runs()["R-TC-1"].actual_results or "")
    assert upload(apart, ".jama").count_requests("PATCH") == 0


@signals
def test_killed_merge_is_finished_as_a_merge(apart: Repository) -> None:
    apart.pytest_here("--jama-no-upload", *(f"test_it.py::test_it[{n}]" for n in range(1, 13)))
    apart.pytest_here("--jama-no-upload", *(f"test_it.py::test_it[{n}]" for n in range(13, 25)))
    files = [str(path) for path in journals(apart)]
    kill(apart, [*UPLOAD, *files], KillAt("PATCH", 10))
    finished = upload(apart)
    assert finished.status == 0, finished.output
    assert apart.statuses() == EXPECTED
    assert "every journal is finished" in upload(apart).output


@signals
def test_journal_of_the_junit_uploader_is_resumed_as_well(apart: Repository) -> None:
    apart.write(
        "report.xml",
        """
        <testsuite><testcase classname="a" name="b" time="0.5"><properties>
        <property name="jama" value="KEY-TC-1"/></properties></testcase></testsuite>
        """,
    )
    uploader = [sys.executable, "-m", "junit_uploader", "report.xml"]
    apart.run(uploader, environment={"JAMA_CYCLE": "Build 2"})
    written = accounts(apart)
    refused = apart.run(uploader, environment={"JAMA_CLIENT_SECRET": "wrong"})
    assert refused.status == 3
    assert "next       pytest-jama upload .jama/" in refused.output
    finished = upload(apart, "--cycle=Build 3", f"--url={apart.sandbox.url}")
    assert finished.status == 0, finished.output
    assert _without_time(accounts(apart)[1]) == _without_time(written[1])
    assert apart.statuses()[1] == "PASSED"


def _without_time(account: str | None) -> str:
    return re.sub(r"\d\d:\d\d:\d\d|session \S+, checksum \w+", "", account or "")


def limited(command: list[str], *, size_kib: int) -> list[str]:
    """Return a command that cannot make any file larger than that.

    Python 3.11 would keep the part of its bytecode that it could write, which breaks later imports.
    """
    limit = f'ulimit -f {size_kib}; export PYTHONDONTWRITEBYTECODE=1; exec "$@"'
    return ["bash", "-c", limit, "bash", *command]


@shell
def test_disk_that_is_full_in_the_session_costs_only_the_journal(apart: Repository) -> None:
    finished = apart.run(limited([*PYTEST, "-p", "no:cacheprovider"], size_kib=2))
    assert finished.status == 1
    assert apart.statuses() == EXPECTED
    assert finished.output.count("journal    incomplete: cannot write") == 1
    assert upload(apart).requests == ()


@shell
def test_disk_that_is_full_in_the_upload_costs_only_the_receipts(apart: Repository) -> None:
    apart.pytest_here("--jama-no-upload")
    (journal,) = journals(apart)
    finished = apart.run(limited(UPLOAD, size_kib=journal.stat().st_size // 1024 + 2))
    assert finished.status == 0, finished.output
    assert apart.statuses() == EXPECTED
    assert finished.output.count("journal    incomplete: cannot write") == 1
    assert upload(apart).status == 0
    assert apart.statuses() == EXPECTED


CONFTEST = """
from dataclasses import replace
from pytest_jama import hookimpl
from pytest_jama.core.verdicts import Verdict

@hookimpl
def adjust_verdict(verdict):
    if str(verdict.case_ref) == "KEY-TC-1":
        results = tuple(each._replace(notes=("not calibrated",)) for each in verdict.results)
        return replace(verdict, verdict=Verdict.BLOCKED, results=results)
"""


def test_what_hooks_of_a_conftest_said_is_sent(apart: Repository) -> None:
    apart.write("conftest.py", CONFTEST)
    apart.pytest_here("--jama-no-upload")
    finished = upload(apart)
    assert finished.status == 0, finished.output
    assert apart.statuses() == {**EXPECTED, 1: "BLOCKED"}
    assert "not calibrated" in (accounts(apart)[1] or "")
    assert "adjust_verdict" not in finished.output


def test_file_that_could_not_be_collected_is_not_forgotten(apart: Repository) -> None:
    apart.write("test_broken.py", "import nothing_of_that_name")
    settings = (apart.folder / "jama.yaml").read_text(encoding="utf-8")
    apart.write("jama.yaml", f'{settings}tests: {{"test_broken.py::test_a": KEY-TC-1}}\n')
    apart.pytest_here("--jama-no-upload", "--continue-on-collection-errors")
    finished = upload(apart)
    assert finished.status == 0, finished.output
    assert apart.statuses() == {**EXPECTED, 1: "INPROGRESS"}


def test_older_session_whose_clock_stood_in_the_future_replaces_nothing(apart: Repository) -> None:
    apart.write(
        "test_it.py", "import pytest\n@pytest.mark.jama('KEY-TC-1')\ndef test_a(): assert 0\n"
    )
    apart.pytest_here(environment={"JAMA_CLIENT_SECRET": "wrong"})
    (journal,) = journals(apart)
    header, _, rest = journal.read_text(encoding="ascii").partition("\n")
    fields = {**json.loads(header), "session": "20990101T000000Z-1", "order": 4_070_908_800_000_000}
    older = journal.with_name("20990101T000000Z-1.jsonl")
    header = json.dumps(fields, separators=(",", ":"))
    older.write_bytes(chained(f"{header}\n{rest}".encode("ascii")))
    journal.unlink()
    apart.write(
        "report.xml",
        """
        <testsuite><testcase classname="a" name="b"><properties>
        <property name="jama" value="KEY-TC-1"/></properties></testcase></testsuite>
        """,
    )
    uploader = [sys.executable, "-m", "junit_uploader", "report.xml"]
    assert apart.run(uploader).status == 0
    for arguments in ([str(older)], []):
        finished = upload(apart, *arguments)
        assert finished.status == 0, finished.output
        assert finished.count_requests("PATCH") == 0
    assert apart.statuses()[1] == "PASSED"
    apart.pytest_here()
    assert apart.statuses()[1] == "FAILED"
    orders = [
        json.loads(path.read_text(encoding="ascii").partition("\n")[0])["order"]
        for path in journals(apart)
    ]
    assert sorted(orders) == [4_070_908_800_000_000 + number for number in range(3)]
