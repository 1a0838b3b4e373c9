"""Journals that version 0.1.0 wrote, whose updates are known by the numbers of runs, still count.

The files in tests/journal/old were written by that version: one session that sent everything, the
same without upload, the same torn in its last lines, and the same as two shards.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_jama.core.cases import CaseRef
from pytest_jama.core.plan import PriorState
from pytest_jama.core.verdicts import VerdictRules
from pytest_jama.journal.read import read_journal
from pytest_jama.journal.rejudge import PriorUploads, judge_recordings
from pytest_jama.session.provenance import recorded_provenance
from pytest_jama.targets.jama.runs import RunStep, TestRun
from pytest_jama.targets.jama.update_plan import plan_updates
from tests.e2e.resuming import upload

if TYPE_CHECKING:
    from tests.harness import Repository

OLD = Path(__file__).parents[1] / "journal" / "old"
SENT = {1: "PASSED", 2: "FAILED", 3: "BLOCKED", 4: "PASSED"}


@pytest.mark.parametrize(
    "names, statuses",
    [
        pytest.param(["unsent"], SENT, id="without upload"),
        pytest.param(["torn"], {**SENT, 3: "FAILED"}, id="torn before the hook's verdict"),
        pytest.param(["shard-1", "shard-2"], SENT, id="shards"),
        pytest.param(["finished"], SENT, id="sent to another server"),
    ],
)
def test_old_journal_is_uploaded(
    repository: Repository, names: list[str], statuses: dict[int, str]
) -> None:
    for number in range(1, 5):
        repository.case(number, steps=3)
    for name in names:
        text = (OLD / f"{name}.jsonl").read_text(encoding="ascii").replace("OLD-", "KEY-")
        repository.write(f".jama/{name}.jsonl", text.replace('"OLD"', '"KEY"'))
    finished = upload(repository, *(f".jama/{name}.jsonl" for name in names))
    assert finished.status == 0, finished.output
    assert repository.statuses() == statuses
    again = upload(repository, *(f".jama/{name}.jsonl" for name in names))
    assert (again.status, again.count_requests("PATCH")) == (0, 0)


def test_what_an_old_journal_has_sent_is_not_sent_again() -> None:
    path = OLD / "finished.jsonl"
    with path.open("rb") as file:
        recording = read_journal(file, path)
    lines = [json.loads(line) for line in path.read_text(encoding="ascii").splitlines()]
    sent = [line for line in lines if line["line"] == "update"]
    assert sent
    assert not any("key" in line for line in sent)
    judgement = judge_recordings([recording], rules=VerdictRules(), adjust=lambda case: case)
    runs = {
        CaseRef.parse(line["case"]): (
            TestRun(
                line["run"],
                line["run"],
                "",
                line["status"],
                tuple(map(RunStep, line["steps"])),
            ),
        )
        for line in sent
    }
    provenance = recorded_provenance([recording.header])
    updates = plan_updates(judgement.cases, runs, provenance=provenance).updates
    url = recording.header.settings["url"]
    prior = PriorUploads([recording], server=url)
    assert [prior(update) for update in updates] == [PriorState.ARRIVED] * 4
