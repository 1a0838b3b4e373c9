"""Journals that version 0.1.0 wrote, whose updates are known by the numbers of runs, still count.

The files in tests/journal/old were written by that version: one session that sent everything, the
same without upload, the same torn in its last lines, the same as two shards, and one that was
killed with -9 while it sent.
"""

from __future__ import annotations

import json
import threading
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from pytest_jama.cli import main as toolbox
from pytest_jama.core.cases import CaseRef
from pytest_jama.core.prior_state import PriorState
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


class _Forwarding(BaseHTTPRequestHandler):
    """Passes requests on to a sandbox, as a proxy does, which asks the server by its own name."""

    sandbox: Sandbox

    def _forward(self) -> None:
        target = urlsplit(self.path)._replace(scheme="", netloc="").geturl()
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name: value for name, value in self.headers.items() if name != "Host"}
        connection = HTTPConnection(urlsplit(self.sandbox.url).netloc)
        connection.request(self.command, target, body, headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        self.send_response(answer.status)
        for name in {"Content-Type", "Location"} & set(answer.headers):
            self.send_header(name, answer.headers[name])
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PATCH = do_PUT = _forward  # noqa: N815 (http.server names them so)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def proxy(interrupted: Repository) -> Iterator[str]:
    """The address of a proxy that leads to the sandbox, whatever server is asked for."""
    handler = type("Handler", (_Forwarding,), {"sandbox": interrupted.sandbox})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def interrupted(tmp_path: Path) -> Iterator[Repository]:
    """What the killed session left behind: its journal, and two of five runs at its server."""
    with Sandbox() as sandbox:
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


def test_upload_that_the_old_version_could_not_finish_is_finished(
    interrupted: Repository, proxy: str
) -> None:
    by_proxy = {
        "JAMA_URL": ADDRESS,
        "http_proxy": proxy,
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
