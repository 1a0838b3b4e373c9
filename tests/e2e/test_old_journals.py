"""Journals that version 0.1.0 wrote, whose updates are known by the numbers of runs, still count.

The files in tests/journal/old were written by that version: one session that sent everything, the
same without upload, the same torn in its last lines, the same as two shards, and one that was
killed with -9 while it sent.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_jama.cli import main as toolbox
from pytest_jama.core.cases import CaseRef
from pytest_jama.core.plan import PriorState
from pytest_jama.core.verdicts import VerdictRules
from pytest_jama.journal.prior_uploads import PriorUploads
from pytest_jama.journal.read import read_journal
from pytest_jama.journal.rejudge import judge_recordings
from pytest_jama.sandbox.jama.server import Sandbox
from pytest_jama.session.provenance import recorded_provenance
from pytest_jama.targets.jama.runs import RunStep, TestRun
from pytest_jama.targets.jama.standing import Writer
from pytest_jama.targets.jama.update_plan import plan_updates
from tests.e2e.resuming import patches, upload
from tests.harness import Repository
from tests.sandbox.client import Api, replace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import FastAPI
    from starlette.types import ASGIApp, Receive, Scope, Send

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
    arguments = [f"--url={repository.sandbox.url}", *(f".jama/{name}.jsonl" for name in names)]
    finished = upload(repository, *arguments)
    assert finished.status == 0, finished.output
    assert repository.statuses() == statuses
    again = upload(repository, *arguments)
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
    updates = plan_updates(judgement.cases, runs, writer=Writer(provenance)).updates
    url = recording.header.settings["url"]
    prior = PriorUploads([recording], server=url)
    assert [prior(update) for update in updates] == [PriorState.ARRIVED] * 4


ADDRESS = "http://jama.example"
"""The server of the journal below. Fingerprints depend on it, and ports differ from day to day."""


class ProxySandbox(Sandbox):
    """A sandbox that is reached as `ADDRESS` by those who take it for their proxy."""

    def app(self) -> FastAPI:
        app = super().app()
        app.add_middleware(_RelativeTargets)
        return app


class _RelativeTargets:
    """Takes the address out of the targets of requests, where clients of a proxy write it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            raw = scope["raw_path"].removeprefix(ADDRESS.encode("ascii"))
            scope = {**scope, "path": scope["path"].removeprefix(ADDRESS), "raw_path": raw}
        await self._app(scope, receive, send)


@pytest.fixture
def interrupted(tmp_path: Path) -> Iterator[Repository]:
    """What the killed session left behind: its journal, and two of five runs at its server."""
    with ProxySandbox() as sandbox:
        repository = Repository(tmp_path, sandbox, "OLD")
        for number in range(1, 7):
            repository.case(number, steps={3: 3, 6: 2}.get(number, 0))
        repository.start_cycle()
        text = (OLD / "interrupted.jsonl").read_text(encoding="ascii")
        repository.write(f".jama/{json.loads(text.splitlines()[0])['session']}.jsonl", text)
        lines = repository.journal()
        updates = {each["case"]: each["run"] for each in lines if each["line"] == "update"}
        assert updates.items() <= {key: run.id for key, run in repository.runs().items()}.items()
        api = Api(sandbox)
        for line in lines:
            if line["line"] == "receipt":
                change = replace("testRunStatus", line["status"])
                assert api.patch(f"/testruns/{line['run']}", change).status == 200
        api.close()
        yield repository


def test_upload_that_the_old_version_could_not_finish_is_finished(interrupted: Repository) -> None:
    by_proxy = {
        "JAMA_URL": ADDRESS,
        "http_proxy": interrupted.sandbox.url,
        "NO_PROXY": "",
        "HTTP_PROXY": "",
        "no_proxy": "",
    }
    finished = interrupted.run_here(lambda: toolbox(["upload"]), environment=by_proxy)
    assert finished.status == 0, finished.output
    assert "earlier    2 test runs had arrived before" in finished.output
    runs = interrupted.runs()
    left = [runs[f"OLD-TC-{number}"].id for number in (3, 5, 6)]
    assert patches(interrupted) == {f"/testruns/{run}": 1 for run in left}
    assert interrupted.statuses() == {
        1: "PASSED",
        2: "FAILED",
        3: "FAILED",
        4: "NOT_RUN",
        5: "BLOCKED",
        6: "BLOCKED",
    }
    assert "not calibrated" in (runs["OLD-TC-5"].actual_results or "")
    assert [step.status for step in runs["OLD-TC-6"].steps] == ["NOT_RUN", "BLOCKED"]
    (journal,) = (interrupted.folder / ".jama").glob("*.jsonl")
    again = interrupted.run_here(lambda: toolbox(["upload", str(journal)]), environment=by_proxy)
    assert (again.status, again.count_requests("PATCH")) == (0, 0), again.output
    assert "earlier    5 test runs had arrived before" in again.output
