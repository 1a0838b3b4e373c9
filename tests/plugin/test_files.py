from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.core.redaction import Redactor
from pytest_jama.journal.file_store import FileStore
from pytest_jama.plugin.file_keeper import FileKeeper
from pytest_jama.plugin.step_fixture import JamaFixture
from tests.fork_server import run_command
from tests.harness import ADDOPTS, PYTEST

if TYPE_CHECKING:
    from pathlib import Path

PNG = b"\x89PNG\r\n\x1a\n\0"
TESTS = """
import logging, pathlib, pytest

@pytest.mark.jama("JEET1-TC-1")
def test_attaches(jama, tmp_path):
    shot = tmp_path / "shot.png"
    shot.write_bytes(b"\\x89PNG\\r\\n\\x1a\\n\\0")
    with jama.step(2):
        jama.attach(shot)
        shot.unlink()
    jama.attach(b"password=hunter2", name="../dump.txt")
    jama.attach(b"x" * 2000, name="large.bin")

@pytest.mark.jama("JEET1-TC-2")
def test_fails():
    folder = pathlib.Path("artifacts/test_fails")
    folder.mkdir(parents=True)
    (folder / "curve.csv").write_text("1,2")
    (folder.parent / "other.csv").write_text("no")
    print("to stdout")
    logging.warning("to the log")
    assert 1 == 2

@pytest.mark.jama("JEET1-TC-3")
def test_is_gone(record_property):
    record_property("jama_attachment", "gone.png")
"""
SETTINGS = """
project: JEET1
evidence: {log: on_failure, files: ["artifacts/{test}/**"], max_file: 1 kB}
"""


def run(
    folder: Path, *options: str, tests: str = TESTS, settings: str = SETTINGS
) -> tuple[dict[str, Any], Path]:
    """Run tests; return their lines in the journal, by test, and the folder of their files."""
    (folder / "test_it.py").write_text(tests, encoding="utf-8")
    (folder / "jama.yaml").write_text(settings, encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    run_command(
        [*PYTEST, "--jama-no-upload", f"--basetemp={folder / 'tmp'}", *options],
        folder=folder,
        environment={**kept, "PYTEST_ADDOPTS": ADDOPTS},
    )
    (journal,) = (folder / ".jama").glob("*.jsonl")
    lines = map(json.loads, journal.read_text("utf-8").splitlines())
    results = {each["test"]: each for each in lines if each["line"] == "result"}
    return results, journal.with_suffix(".files")


@pytest.mark.parametrize("options", [(), ("-n1",)], ids=["serial", "xdist"])
def test_files_are_kept_beside_the_journal_and_named_in_it(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    results, folder = run(tmp_path, *options)

    attaches = results["test_it.py::test_attaches"]
    dump, shot = attaches["files"]
    assert shot == {
        "name": "shot.png",
        "sha256": hashlib.sha256(PNG).hexdigest(),
        "size": len(PNG),
        "type": "image/png",
        "step": 2,
    }
    assert (dump["name"], dump["type"], dump["redacted"]) == ("dump.txt", "text/plain", 1)
    assert "large.bin is not kept: its 2,000 bytes are more" in attaches["notes"][0]

    log, curve = results["test_it.py::test_fails"]["files"]
    assert (log["name"], curve["name"]) == ("test_fails.log", "curve.csv")
    text = (folder / log["sha256"]).read_text("utf-8")
    assert all(said in text for said in ("assert 1 == 2", "to stdout", "to the log"))

    named = {each["sha256"] for result in results.values() for each in result.get("files", ())}
    assert {each.name for each in folder.iterdir()} == named
    assert not any(b"hunter2" in each.read_bytes() for each in folder.iterdir())


def test_a_file_that_is_gone_is_named_and_costs_no_result(tmp_path: Path) -> None:
    results, folder = run(tmp_path)
    assert results["test_it.py::test_is_gone"]["outcome"] == "passed"
    (journal,) = folder.parent.glob("*.jsonl")
    lines = map(json.loads, journal.read_text("utf-8").splitlines())
    (unusable,) = (each for each in lines if each["line"] == "unusable")
    assert (unusable["kind"], unusable["where"]) == ("file", "test_it.py::test_is_gone")
    assert unusable["why"] == "file 'gone.png' cannot be attached: No such file or directory"


def test_content_needs_a_name() -> None:
    with pytest.raises(ValueError, match=r"needs a name: jama\.attach\(data, name="):
        JamaFixture().attach(b"1")


def test_a_file_that_is_not_there_fails_where_it_is_attached(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"gone\.png"):
        JamaFixture().attach(tmp_path / "gone.png")


def test_without_a_journal_a_path_is_named_for_the_report(tmp_path: Path) -> None:
    shot = tmp_path / "shot.png"
    shot.write_bytes(PNG)
    said = JamaFixture()
    said.attach(shot)
    assert list(said.properties()) == [("jama_attachment", str(shot))]


SECRETS = """
import os, pathlib, pytest

TEXT = "password=hunter2, SN-123456789, " + os.environ["JAMA_CLIENT_SECRET"]

@pytest.mark.jama("JEET1-TC-1")
def test_looks_beside_the_journal(jama):
    jama.attach(TEXT.encode(), name="dump.txt")
    (kept,) = pathlib.Path(".jama").glob("*.files/*")
    assert kept.read_text() == "password=***, ***, ***"
"""


@pytest.mark.parametrize("options", [(), ("-n1",)], ids=["serial", "xdist"])
def test_no_secret_is_beside_the_journal_even_while_the_test_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    monkeypatch.setenv("JAMA_CLIENT_ID", "a-client")
    monkeypatch.setenv("JAMA_CLIENT_SECRET", "very-much-hidden")
    settings = f"{SETTINGS}redact: ['SN-[0-9]{{9}}']\n"
    results, _ = run(tmp_path, *options, tests=SECRETS, settings=settings)
    result = results["test_it.py::test_looks_beside_the_journal"]
    assert result["outcome"] == "passed", result
    assert (result["files"][0]["redacted"], result["redacted"]) == (3, 3)


def test_the_name_of_a_log_tells_no_secret_of_the_test_id(tmp_path: Path) -> None:
    tests = """
import pytest

@pytest.mark.jama("JEET1-TC-1")
@pytest.mark.parametrize("login", ["password=hunter2"])
def test_fails(login):
    assert 0
"""
    results, folder = run(tmp_path, tests=tests)
    ((log,),) = (each["files"] for each in results.values())
    assert log["name"].startswith("test_fails_password")
    (journal,) = folder.parent.glob("*.jsonl")
    assert "hunter2" not in journal.read_text("utf-8")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes")
def test_a_pipe_does_not_hold_the_test(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="is a pipe, not a regular file"):
        JamaFixture().attach(tmp_path / "pipe")


def test_of_a_file_that_is_too_large_no_more_is_read_than_shows_it(tmp_path: Path) -> None:
    with (tmp_path / "core").open("wb") as file:
        file.truncate(1 << 40)
    keeper = FileKeeper(FileStore(tmp_path / "kept"), 1000, 2000, tmp_path, Redactor)
    jama = JamaFixture(keeper=keeper)
    jama.attach(tmp_path / "core")
    (note,) = (value for name, value in jama.properties())
    assert "file core is not kept: its 1,099,511,627,776 bytes are more" in note


def test_a_file_that_comes_after_the_test_is_an_error(tmp_path: Path) -> None:
    tests = """
import pytest
left = []

@pytest.mark.jama("JEET1-TC-1")
def test_1_ends(jama):
    left.append(jama)

def test_2_is_late():
    with pytest.raises(RuntimeError, match="when its test had ended"):
        left[0].attach(b"late", name="late.txt")
"""
    results, _ = run(tmp_path, tests=tests)
    assert {each["outcome"] for each in results.values()} == {"passed"}
