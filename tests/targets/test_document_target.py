"""A server without runs behind the same port: the contract, and sessions in every front-end."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.core.cases import CaseRef
from tests.harness import PYTEST, Repository
from tests.targets.contract import TargetContract
from tests.targets.document_target import JUDGED, SERVER_FOLDER, DocumentServer, DocumentTarget

if TYPE_CHECKING:
    from tests.harness import Finished

ROOT = Path(__file__).parents[2]


@dataclass
class DocumentWorld:
    """A folder that is a server."""

    server: DocumentServer

    def target(self) -> DocumentTarget:
        return DocumentTarget(self.server)

    def add_cases(self, count: int) -> list[CaseRef]:
        return [CaseRef.parse(f"D-TC-{number}") for number in range(1, count + 1)]

    def state(self) -> object:
        folder = self.server.folder
        return sorted(path.name for path in folder.glob("*")), folder.exists()


class TestDocumentTarget(TargetContract):
    """It passes what Jama passes."""

    @pytest.fixture
    def world(self, tmp_path: Path) -> DocumentWorld:
        return DocumentWorld(DocumentServer(tmp_path / "server"))


TESTS = """
import pytest

@pytest.mark.jama("KEY-TC-1")
def test_linked(): pass

def test_free(): pass
"""

CONFTEST = """
from pytest_jama import hookimpl
from tests.targets.document_target import DocumentExtension

@hookimpl
def make_target(name, settings):
    return DocumentExtension().make_target(name, settings)
"""


@pytest.fixture
def shop(repository: Repository) -> Repository:
    """A repository whose target is the document server; a conftest or `install` brings that."""
    repository.write(
        "jama.yaml", "project: KEY\nplan: Release 1\ncycle: Build 1\ntarget: document\n"
    )
    repository.write("test_it.py", TESTS)
    return repository


def install(shop: Repository) -> None:
    """Let an installed distribution make the target, for every front-end."""
    metadata = "site/acme_documents-1.0.dist-info"
    shop.write(f"{metadata}/METADATA", "Metadata-Version: 2.1\nName: acme-documents\n")
    shop.write(f"{metadata}/entry_points.txt", "[pytest_jama]\nacme = acme_documents\n")
    shop.write("site/acme_documents.py", CONFTEST)


def run(shop: Repository, *command: str) -> Finished:
    path = f"{shop.folder / 'site'}:{ROOT}"
    return shop.run([sys.executable, "-m", *command], environment={"PYTHONPATH": path})


def documents(shop: Repository) -> dict[str, str]:
    """Return the contents of the documents that the server has, by stage."""
    files = (shop.folder / SERVER_FOLDER).glob("*.*")
    return {path.suffix[1:]: path.read_text(encoding="utf-8") for path in files}


def lines(shop: Repository, kind: str) -> list[dict[str, Any]]:
    sealed = {"at", "chain"}
    return [
        {name: value for name, value in line.items() if name not in sealed}
        for line in shop.journal()
        if line["line"] == kind
    ]


def report_of(finished: Finished) -> dict[str, Any]:
    """Return the JSON document in an output."""
    report: dict[str, Any] = json.loads(finished.output[finished.output.index("{") :])
    return report


SERIAL = PYTEST[2:]
HERE = [*SERIAL, "--jama-no-upload"]


def assert_sent(shop: Repository, finished: Finished) -> None:
    """The server has one document of both tests; nothing speaks of runs, or went to Jama."""
    assert (finished.status, finished.requests) == (0, ()), finished.output
    (content,) = documents(shop).values()
    assert list(documents(shop)) == [JUDGED]
    assert [outcome for _, outcome in json.loads(content)] == ["passed"] * 2
    (place,), (update,), (receipt,) = (lines(shop, kind) for kind in ("place", "update", "receipt"))
    assert (place["server"], place["unresolved"]) == ("inbox", [])
    assert update == {
        "line": "update",
        "key": receipt["key"],
        "document": receipt["key"],
        "counts": {"passed": 2},
    }
    assert receipt.pop("digest")
    assert receipt == {
        "line": "receipt",
        "key": receipt["key"],
        "document": receipt["key"],
        "state": "sent",
        "attempts": 1,
    }
    assert lines(shop, "end")[-1]["finished"] is True


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["serial", "xdist"])
def test_session_becomes_one_document_of_all_results(shop: Repository, workers: list[str]) -> None:
    shop.write("conftest.py", CONFTEST)
    finished = shop.pytest_here(*workers, environment={"PYTHONPATH": str(ROOT)})
    assert_sent(shop, finished)
    assert "jama: sending 1 document\n" in finished.output
    assert "server     documents (id inbox)" in finished.summary
    assert "done       create document server" in finished.summary
    assert "sent       1 of 1 document: 2 passed" in finished.summary
    assert not re.search(r"\bruns?\b", finished.summary)


def test_what_is_sent_without_any_case_is_not_called_nothing(shop: Repository) -> None:
    shop.write("conftest.py", CONFTEST)
    shop.write("test_it.py", "def test_free(): pass\n")
    finished = shop.pytest_here(environment={"PYTHONPATH": str(ROOT)})
    assert "sent       1 of 1 document: 1 passed" in finished.summary
    assert "unlinked   1 test" in finished.summary
    assert "nothing " not in finished.summary


@pytest.mark.parametrize(
    "commands",
    [
        pytest.param(
            [[*HERE, "--junitxml=r.xml"], ["junit_uploader", "--json", "r.xml"]], id="junit"
        ),
        pytest.param([HERE, ["pytest_jama", "upload", "--json"]], id="journal"),
    ],
)
def test_other_front_ends_send_one_document_too(
    shop: Repository, commands: list[list[str]]
) -> None:
    install(shop)
    before, command = commands
    assert run(shop, *before).status == 0
    assert documents(shop) == {}
    finished = run(shop, *command)
    assert_sent(shop, finished)
    report = report_of(finished)
    assert report["complete"] is True
    assert report["server"] == {"name": "documents", "id": "inbox", "link": ""}
    assert report["runs"] == [
        {
            "document": lines(shop, "receipt")[0]["key"],
            "counts": {"passed": 2},
            "state": "sent",
            "attempts": 1,
            "error": "",
            "remarks": [],
        }
    ]


def test_dry_run_says_what_would_be_sent(shop: Repository) -> None:
    shop.write("conftest.py", CONFTEST)
    finished = shop.pytest_here("--jama-dry-run")
    assert finished.status == 0, finished.output
    assert "would      create document server" in finished.summary
    assert "would      send document of 2 results: new -> judged" in finished.summary
    assert not (shop.folder / SERVER_FOLDER).exists()


def test_journal_that_was_sent_is_not_sent_again(shop: Repository) -> None:
    install(shop)
    assert run(shop, *SERIAL).status == 0
    (journal,) = (shop.folder / ".jama").glob("*.jsonl")
    again = run(shop, "pytest_jama", "upload", f".jama/{journal.name}")
    assert again.status == 0, again.output
    assert "earlier    1 document had arrived before" in again.output
    assert len(lines(shop, "receipt")) == 1
    assert list(documents(shop)) == [JUDGED]


def test_document_that_is_not_judged_yet_is_not_handed_in_again(shop: Repository) -> None:
    install(shop)
    busy = shop.write(f"{SERVER_FOLDER}/busy", "")
    first = run(shop, *SERIAL)
    assert first.status != 0
    assert "document of 2 results: accepted, but not judged yet" in first.summary
    (receipt,) = lines(shop, "receipt")
    assert receipt["state"] == "not read back"
    busy.unlink()
    again = run(shop, "pytest_jama", "upload")
    assert again.status == 0, again.output
    assert "earlier    1 document had arrived before" in again.output


def test_upload_that_was_interrupted_while_it_waited_is_resumed(shop: Repository) -> None:
    install(shop)
    shop.write(f"{SERVER_FOLDER}/interrupt", "")
    first = run(shop, *SERIAL)
    assert first.status != 0
    assert list(documents(shop)) == ["accepted"]
    again = run(shop, "pytest_jama", "upload")
    assert again.status == 0, again.output
    assert "sent       1 of 1 document: 2 passed" in again.output
    assert list(documents(shop)) == [JUDGED]
