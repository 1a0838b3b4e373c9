"""A server without runs behind the same port: the contract, and sessions in every front-end."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_jama.core.cases import CaseRef
from tests.harness import PYTEST, Repository
from tests.targets.contract import TargetContract
from tests.targets.document_target import SERVER_FOLDER, DocumentTarget

if TYPE_CHECKING:
    from tests.harness import Finished

ROOT = Path(__file__).parents[2]


@dataclass
class DocumentWorld:
    """A folder that is a server."""

    server: Path

    def target(self) -> DocumentTarget:
        return DocumentTarget(self.server)

    def add_cases(self, count: int) -> list[CaseRef]:
        return [CaseRef.parse(f"D-TC-{number}") for number in range(1, count + 1)]

    def state(self) -> object:
        return sorted(path.name for path in self.server.glob("*")), self.server.exists()


class TestDocumentTarget(TargetContract):
    """It passes what Jama passes."""

    @pytest.fixture
    def world(self, tmp_path: Path) -> DocumentWorld:
        return DocumentWorld(tmp_path / "server")


TESTS = """
import pytest

@pytest.mark.jama("KEY-TC-1")
def test_linked(): pass

def test_free(): pass
"""


@pytest.fixture
def shop(repository: Repository) -> Repository:
    """A repository whose target is the document server, by an installed distribution."""
    metadata = "site/acme_documents-1.0.dist-info"
    repository.write(f"{metadata}/METADATA", "Metadata-Version: 2.1\nName: acme-documents\n")
    repository.write(f"{metadata}/entry_points.txt", "[pytest_jama]\nacme = acme_documents\n")
    repository.write(
        "site/acme_documents.py",
        "from tests.targets.document_target import DocumentExtension\n"
        "make_target = DocumentExtension().make_target\n",
    )
    repository.write(
        "jama.yaml", "project: KEY\nplan: Release 1\ncycle: Build 1\ntarget: document\n"
    )
    repository.write("test_it.py", TESTS)
    return repository


def run(shop: Repository, *command: str) -> Finished:
    path = f"{shop.folder / 'site'}:{ROOT}"
    return shop.run([sys.executable, "-m", *command], environment={"PYTHONPATH": path})


def documents(shop: Repository) -> list[Path]:
    return list((shop.folder / SERVER_FOLDER).glob("judged-*.json"))


SERIAL = PYTEST[2:]


@pytest.mark.parametrize(
    "commands",
    [
        pytest.param([SERIAL], id="serial"),
        pytest.param([[*SERIAL, "-n", "2"]], id="xdist"),
        pytest.param(
            [[*SERIAL, "--jama-no-upload", "--junitxml=r.xml"], ["junit_uploader", "r.xml"]],
            id="junit",
        ),
        pytest.param([[*SERIAL, "--jama-no-upload"], ["pytest_jama", "upload"]], id="journal"),
    ],
)
def test_session_becomes_one_document_of_all_results(
    shop: Repository, commands: list[list[str]]
) -> None:
    for command in commands:
        finished = run(shop, *command)
        assert finished.status == 0, finished.output
    assert "server     documents (id inbox)" in finished.output
    assert "sent       1 of 1 " in finished.output
    assert "2 passed" in finished.output
    (document,) = documents(shop)
    assert [outcome for _, outcome in json.loads(document.read_text())] == ["passed"] * 2
    newest = max((shop.folder / ".jama").glob("*.jsonl"), key=lambda path: path.stat().st_mtime)
    kept = [json.loads(line) for line in newest.read_text().splitlines()]
    (receipt,) = [line for line in kept if line["line"] == "receipt"]
    assert (receipt["key"], "run" in receipt) == (receipt["document"], False)
    assert finished.count_requests("PATCH") == 0


def test_journal_that_was_sent_is_not_sent_again(shop: Repository) -> None:
    assert run(shop, *SERIAL).status == 0
    (journal,) = (shop.folder / ".jama").glob("*.jsonl")
    again = run(shop, "pytest_jama", "upload", "--json", f".jama/{journal.name}")
    assert again.status == 0, again.output
    assert "1 test run had arrived before" in again.output
    assert len(documents(shop)) == 1
