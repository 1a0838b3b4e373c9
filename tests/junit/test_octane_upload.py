"""JUnit reports whose results go to ALM Octane."""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from junit_uploader.cli import main
from pytest_jama.cli import main as toolbox
from pytest_jama.sandbox.octane import OctaneKnobs, OctaneSandbox
from tests.harness import unfolded
from tests.junit.reports import PASSED, make_case, suite

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import ThreadPoolExecutor
    from pathlib import Path

FAILED = make_case('<failure message="17.5" type="TooHigh">at Cart.java:12</failure>')
STARTED = 'name="unit" timestamp="2026-11-29T17:00:00Z"'
JAMA = "project: PUMP\nplan: Release 1\ncycle: Build 1\nurl: http://127.0.0.1:9\n"


class Said(NamedTuple):
    """What became of the command."""

    status: int
    out: str
    err: str


class Folder:
    """A folder with a report, and a stand-in of ALM Octane.

    Args:
        path: The folder.
        sandbox: The stand-in.
        capsys: What the command prints.
    """

    def __init__(
        self, path: Path, sandbox: OctaneSandbox, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.path = path
        self.sandbox = sandbox
        self._capsys = capsys
        self.write("report.xml", suite(PASSED, FAILED, attributes=STARTED))

    def write(self, name: str, text: str) -> None:
        (self.path / name).write_text(text, encoding="utf-8")

    def settings(self, text: str = "") -> None:
        self.write("octane.yaml", f"url: {self.sandbox.browser_url}\n{text}")

    def __call__(self, *arguments: str) -> Said:
        status = main([*arguments, "report.xml"])
        out, err = self._capsys.readouterr()
        return Said(status, unfolded(out), err)

    def runs(self) -> dict[str, str]:
        """Return the status of each run by the name of its test."""
        runs = self.sandbox.store.all("automated_runs")
        return {each["name"]: each["status"]["id"].rpartition(".")[2] for each in runs}

    def updates(self) -> list[dict[str, Any]]:
        """Return what the journal says was to be sent."""
        (journal,) = (self.path / ".jama").glob("*.jsonl")
        lines = map(json.loads, journal.read_text(encoding="utf-8").splitlines())
        return [line for line in lines if line["line"] == "update"]


@pytest.fixture
def folder(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    closing: ThreadPoolExecutor,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Folder]:
    """The folder is the working directory, and the stand-in is fresh."""
    sandbox = OctaneSandbox(knobs=OctaneKnobs(task_poll_count=0)).start()
    monkeypatch.setenv("OCTANE_CLIENT_ID", sandbox.credentials.client_id)
    monkeypatch.setenv("OCTANE_CLIENT_SECRET", sandbox.credentials.client_secret)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    for name in ("OCTANE_URL", "JAMA_URL", "OCTANE_USER", "OCTANE_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    yield Folder(tmp_path, sandbox, capsys)
    closing.submit(sandbox.stop)


def test_the_settings_file_says_where_results_go(folder: Folder) -> None:
    folder.settings()

    said = folder()

    assert said.status == 0, said
    assert folder.runs() == {"adds": "passed", "pays": "failed"}
    assert "sent       1 of 1 document: 1 Failed, 1 Passed" in said.out
    assert "unlinked" not in said.out


def test_both_settings_files_ask_which_is_meant(folder: Folder) -> None:
    folder.settings()
    folder.write("jama.yaml", JAMA)

    said = folder()

    assert said.status == 2
    assert "both jama.yaml and octane.yaml are there" in said.err
    assert "--target jama or --target octane" in said.err
    assert folder("--target", "octane").status == 0


def test_a_named_file_says_it_too(folder: Folder) -> None:
    folder.settings()
    folder.write("jama.yaml", JAMA)

    assert folder("--config", "octane.yaml").status == 0


def test_flags_of_one_server_alone_say_it_without_a_file(folder: Folder) -> None:
    said = folder("--url", folder.sandbox.browser_url, "--environment", "OS=Linux")

    assert said.status == 0, said
    assert folder.runs() == {"adds": "passed", "pays": "failed"}


def test_the_variable_that_names_a_server_says_it_without_a_file(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OCTANE_URL", folder.sandbox.browser_url)

    assert folder().status == 0
    assert folder.runs() == {"adds": "passed", "pays": "failed"}

    monkeypatch.setenv("JAMA_URL", "https://jama.example")
    assert "no credentials for Jama" in folder().err


def test_the_address_says_it_where_nothing_else_does(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert folder("--url", folder.sandbox.browser_url).status == 0

    monkeypatch.setenv("OCTANE_URL", folder.sandbox.browser_url)
    assert folder("--dry-run").status == 0


@pytest.mark.parametrize("url", ["https://acme.jamacloud.com", "https://acme.example/ui/"])
def test_an_address_that_may_be_jamas_is_taken_for_jamas(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("OCTANE_URL", folder.sandbox.browser_url)

    said = folder("--url", url)

    assert said.status == 2
    assert "project is not set" in said.err


def test_the_variables_of_both_servers_leave_it_at_jama(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OCTANE_URL", folder.sandbox.browser_url)
    monkeypatch.setenv("JAMA_URL", "https://acme.jamacloud.com")

    assert "project is not set" in folder().err


@pytest.mark.parametrize(
    "settings, flag, told",
    [
        pytest.param(
            "octane.yaml",
            "--plan=Release 1",
            "--plan: is a flag for Jama, and the results go to ALM Octane; "
            "leave it out, or say --target jama",
            id="of Jama",
        ),
        pytest.param(
            "jama.yaml",
            "--environment=OS=Linux",
            "--environment: is a flag for ALM Octane, and the results go to Jama; "
            "leave it out, or say --target octane",
            id="of Octane",
        ),
    ],
)
def test_flags_of_the_other_server_are_refused(
    folder: Folder, settings: str, flag: str, told: str
) -> None:
    folder.settings() if settings == "octane.yaml" else folder.write("jama.yaml", JAMA)

    said = folder(flag)

    assert said.status == 2
    assert told in said.err


def test_flags_of_the_vendors_tool_beat_the_settings(folder: Folder) -> None:
    release = folder.sandbox.store.add("releases", name="3.0")
    module = folder.sandbox.store.add("product_areas", name="Pumps")
    folder.settings("release: _default_\nenvironment: {OS: Windows, Browser: Chrome}\n")

    said = folder(
        *("--release", "3.0", "--module", "Pumps", "--field", "Framework=JUnit"),
        *("--environment", "OS=Linux", "--skip-errors", "--wait", "30"),
    )

    assert said.status == 0, said
    assert f"release    3.0 (id {release})" in said.out
    run = folder.sandbox.store.all("automated_runs")[0]
    nodes = {each["id"]: each["name"] for each in folder.sandbox.store.all("taxonomy_nodes")}
    assert sorted(nodes[each["id"]] for each in run["taxonomies"]["data"]) == ["Chrome", "Linux"]
    (test, *_) = folder.sandbox.store.all("automated_tests")
    assert [each["id"] for each in test["product_areas"]["data"]] == [module]


def test_output_writes_what_would_be_sent_and_sends_nothing(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.settings()
    for name in ("OCTANE_CLIENT_ID", "OCTANE_CLIENT_SECRET"):
        monkeypatch.delenv(name)

    said = folder("--output", "results.xml")

    assert said.status == 0, said
    assert "written    results.xml: document (2 runs): 1 Failed, 1 Passed" in said.out
    assert folder.sandbox.requests == ()
    assert not (folder.path / ".jama").exists()


def test_output_is_to_the_byte_what_is_sent(folder: Folder) -> None:
    folder.settings("environment: {OS: Linux}\n")
    folder("--output", "results.xml")

    folder()

    (update,) = folder.updates()
    content = (folder.path / "results.xml").read_bytes()
    assert hashlib.sha256(content).hexdigest() == update["key"]


def test_output_needs_no_settings_file(folder: Folder) -> None:
    assert folder("--output", "results.xml", "--release", "2.4").status == 0
    assert b'<release name="2.4"/>' in (folder.path / "results.xml").read_bytes()


@pytest.mark.parametrize(
    "flag, told",
    [
        ("--suite=Nightly", "test suite 'Nightly' is a name, and only the server knows its ID"),
        ("--milestone=M1", "milestone 'M1' is a name"),
        ("--module=Pumps", "application module 'Pumps' is a name"),
    ],
)
def test_output_cannot_ask_for_the_id_of_a_name(folder: Folder, flag: str, told: str) -> None:
    said = folder("--output", "results.xml", flag)

    assert said.status == 2
    assert told in said.err
    assert not (folder.path / "results.xml").exists()


def test_output_takes_ids(folder: Folder) -> None:
    flags = ("--suite", "7", "--milestone", "id:8", "--module", "9", "--release", "id:10")

    assert folder("--output", "results.xml", *flags).status == 0

    content = (folder.path / "results.xml").read_text(encoding="utf-8")
    wanted = ('<suite_ref id="7"/>', '<milestone_ref id="8"/>', '<product_area_ref id="9"/>')
    assert [each for each in (*wanted, '<release_ref id="10"/>') if each not in content] == []


def test_output_that_cannot_be_written_is_said(folder: Folder) -> None:
    said = folder("--output", "missing/results.xml")

    assert said.status == 2
    assert "missing/results.xml: cannot be written: No such file or directory" in said.err


def test_json_tells_the_documents_and_their_tasks(folder: Folder) -> None:
    folder.settings()

    said = folder("--json")

    document = json.loads(said.out)
    assert (document["target"], document["complete"]) == ("octane", True)
    (sent,) = document["documents"]
    assert sent["counts"] == {"Failed": 1, "Passed": 1}
    assert (sent["state"], isinstance(sent["task"], int)) == ("sent", True)
    assert {"plan", "cycle", "runs", "cases"}.isdisjoint(document)
    assert document["workspace"]["id"] == "1002"


def test_without_upload_the_journal_is_sent_later(folder: Folder) -> None:
    folder.settings()

    said = folder("--no-upload")

    assert "journaled  1 failed, 1 passed; nothing is sent with --no-upload" in said.out
    assert folder.sandbox.requests == ()


def test_a_release_that_is_not_there_is_corrected_by_a_flag_and_the_upload_says_so(
    folder: Folder, capsys: pytest.CaptureFixture[str]
) -> None:
    folder.settings("release: '2.3'\n")
    folder.sandbox.store.add("releases", name="2.4")
    assert folder().status == 1
    folder.settings("release: '2.4'\n")

    assert toolbox(["upload"]) == 1

    said = capsys.readouterr().out
    assert "no release named '2.3'" in said
    assert "those of the journal, not of octane.yaml; --release," in said
    assert toolbox(["upload", "--release", "2.4"]) == 0
    assert folder.runs() == {"adds": "passed", "pays": "failed"}


TWICE = [
    PASSED,
    FAILED,
    make_case(),
    make_case('<failure message="password=hunter2">at Cart.java:13\nsecond line</failure>'),
    make_case("<skipped/>"),
    '<testcase classname="shop.Cart" name="pays [1.5]" time="0.25"/>',
    '<testcase name="without a class"/>',
]


def test_the_journal_makes_the_same_document_again(folder: Folder) -> None:
    folder.settings("tests: {shop.Cart.adds: 1}\nskip_errors: true\n")
    folder.sandbox.store.add("stories", name="Pay")
    folder.write("report.xml", suite(*TWICE, attributes=STARTED))
    folder("--no-upload")
    (journal,) = map(str, (folder.path / ".jama").glob("*.jsonl"))
    folder("--output", "results.xml")

    toolbox(["upload", journal])

    (update,) = folder.updates()
    content = (folder.path / "results.xml").read_bytes()
    assert hashlib.sha256(content).hexdigest() == update["key"]
    assert b"hunter2" not in content


def test_a_document_that_was_taken_is_known_by_its_journal(folder: Folder) -> None:
    folder.settings()
    folder.write("report.xml", suite(*TWICE, attributes=STARTED))
    assert folder().status == 0
    (journal,) = map(str, (folder.path / ".jama").glob("*.jsonl"))
    pushed = len(folder.sandbox.store.tasks())

    status = toolbox(["upload", journal])

    assert status == 0
    assert len(folder.sandbox.store.tasks()) == pushed


@pytest.mark.parametrize("later", [False, True], ids=["at once", "from the journal"])
def test_names_that_differ_in_blanks_alone_are_those_of_several_tests(
    folder: Folder, *, later: bool
) -> None:
    story = folder.sandbox.store.add("stories", name="Blanks")
    folder.settings(f'tests: {{"t.a": {story}}}\n')
    blanks = ("&#13;&#10;", " ", "&#x85;", "&#x2028;")
    cases = (f'<testcase classname="t.a" name="t[{each}]"/>' for each in blanks)
    folder.write("report.xml", suite(*cases, attributes='name="pytest"'))

    said = folder("--no-upload") if later else folder()
    if later:
        said = Said(toolbox(["upload"]), "", "")

    assert said.status == 0, said
    names = ("t[\r\n]", "t[ ]", "t[\x85]", "t[\u2028]")
    assert folder.runs() == dict.fromkeys(names, "passed")


def test_a_report_without_times_is_the_same_until_it_is_written_anew(folder: Folder) -> None:
    folder.settings()
    documents = []
    for night in (0, 0, 1):
        folder.write("report.xml", suite(PASSED, FAILED))
        os.utime(folder.path / "report.xml", (1_767_607_200.5 + night,) * 2)
        assert folder("--output", "out.xml").status == 0
        documents.append((folder.path / "out.xml").read_text(encoding="utf-8"))
    first, again, anew = documents
    assert first == again != anew
    assert first.count('started="1767607200500"') == 2


def test_a_report_without_times_that_is_sent_again_makes_nothing_twice(folder: Folder) -> None:
    folder.settings()
    folder.write("report.xml", suite(PASSED, FAILED))
    first = folder()
    again = folder()
    assert (first.status, again.status) == (0, 0)
    assert folder.sandbox.store.count("previous_runs") == 2
