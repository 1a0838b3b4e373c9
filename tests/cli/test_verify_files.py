"""`pytest-jama verify`: files of runs that are missing, or hold other bytes than were sent."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.cli import main
from pytest_jama.core.attached_file import AttachedFile
from pytest_jama.journal import lines
from pytest_jama.journal.file_store import FileStore
from pytest_jama.sandbox.jama.nodes import get_node, save_fields
from pytest_jama.sandbox.jama.stored_files import store_file
from tests.cli.test_uploaded_files import LOG, SHOT, file_lines, journal
from tests.cli.upload_world import LATE, PASSED
from tests.journal.record import a_test, as_bytes, header
from tests.sandbox.client import Api

if TYPE_CHECKING:
    from tests.cli.upload_world import World
    from tests.harness import Repository


class Attached:
    """An upload of three files at two runs, and `verify` of its journal."""

    def __init__(self, world: World, capsys: pytest.CaptureFixture[str]) -> None:
        self.world = world
        self._capsys = capsys
        self.path = self.verified = journal(world)
        assert world() == 0, world.err
        self.out = self.err = ""

    def __call__(self, *arguments: str) -> int:
        self.world.repository.sandbox.clear_requests()
        self._capsys.readouterr()
        status = main(["verify", str(self.verified), *arguments])
        self.out, self.err = self._capsys.readouterr()
        return status

    def found(self, *arguments: str) -> list[tuple[str, str, str]]:
        assert self("--json", *arguments) == 1, self.out + self.err
        found = json.loads(self.out)["differences"]
        assert all(each["who"] and each["when"] for each in found)
        return [(each["what"], each["sent"], each["now"]) for each in found]

    @property
    def requests(self) -> list[str]:
        requests = self.world.repository.sandbox.requests
        return [f"{each.method} {each.path}" for each in requests if "/oauth/" not in each.path]

    def attachment(self, name: str) -> int:
        lines = file_lines(self.path)
        return next(
            int(each["attachment"])
            for each in lines
            if each["attachment"] and each["name"].startswith(name)
        )

    def run_id(self, number: int) -> int:
        return int(self.world.repository.runs()[f"{self.world.repository.key}-TC-{number}"].id)

    def store(self, name: str, content: bytes) -> None:
        database = self.world.repository.sandbox.store.database
        number = self.attachment(name)
        store_file(database, number, name=name, media_type="image/png", content=content)

    def call(self, method: str, path: str, **given: Any) -> None:
        api = Api(self.world.repository.sandbox)
        assert api.call(method, path, **given).status < 300
        api.close()


@pytest.fixture
def attached(world: World, capsys: pytest.CaptureFixture[str]) -> Attached:
    return Attached(world, capsys)


def named(name: str, content: bytes) -> str:
    return f"{name} {hashlib.sha256(content).hexdigest()[:12]}"


def test_files_are_compared_with_one_list_for_each_run(attached: Attached) -> None:
    assert attached() == 0, attached.out + attached.err
    assert "2 test runs and 3 files as sent" in attached.out
    runs = [f"GET /testruns/{attached.run_id(number)}/attachments" for number in (1, 2)]
    assert sorted(attached.requests) == ["GET /testruns", *sorted(runs)]


def test_bytes_take_one_download_for_each_content(attached: Attached) -> None:
    assert attached("--files") == 0, attached.out + attached.err
    downloads = [each for each in attached.requests if each.endswith("/file")]
    assert len(downloads) == len(set(downloads)) == 2


def test_a_file_that_was_detached_is_named_with_who_and_when(attached: Attached) -> None:
    run, attachment = attached.run_id(1), attached.attachment("log.txt")
    attached.call("DELETE", f"/testruns/{run}/attachments/{attachment}")
    ((what, sent, now),) = attached.found()
    assert (what, now) == (f"file {named('log.txt', LOG)}", "is not attached")
    assert hashlib.sha256(LOG).hexdigest() in sent


def test_bytes_that_were_replaced_are_named_with_both_hashes(attached: Attached) -> None:
    other = SHOT[::-1]
    attached.store("shot.png", other)
    assert attached() == 0, attached.out
    found = attached.found("--files")
    hashes = [f"SHA-256 {hashlib.sha256(each).hexdigest()}" for each in (SHOT, other)]
    assert found == [(f"content of file {named('shot.png', SHOT)}", *hashes)] * 2
    assert len([each for each in attached.requests if each.endswith("/file")]) == 2


def test_another_size_is_seen_without_the_bytes(attached: Attached) -> None:
    attached.store("log.txt", b"43 V and more")
    (found,) = attached.found()
    assert found == (f"size of file {named('log.txt', LOG)}", "4 bytes", "13 bytes")


def test_a_file_that_was_renamed_is_named(attached: Attached) -> None:
    database = attached.world.repository.sandbox.store.database
    node = get_node(database, attached.attachment("log.txt"), "attachments")
    save_fields(database, node, {**node.fields, "name": "x"}, user=1)
    (found,) = attached.found()
    assert found == (f"name of file {named('log.txt', LOG)}", named("log.txt", LOG), "x")


def test_a_file_that_others_attached_is_no_difference(attached: Attached) -> None:
    run, shot = attached.run_id(3), attached.attachment("log.txt")
    attached.call("POST", f"/testruns/{run}/attachments", json={"attachment": shot})
    attached.call("POST", f"/testruns/{attached.run_id(2)}/attachments", json={"attachment": shot})
    assert attached("--files") == 0, attached.out


def test_a_manifest_without_its_journal_knows_the_files(attached: Attached) -> None:
    manifest = attached.path.with_name("m.json")
    assert main(["manifest", str(attached.path), "-o", str(manifest)]) == 0
    attached.path = attached.path.rename(attached.path.with_suffix(".gone"))
    attached.verified = manifest
    assert attached("--files") == 0, attached.out + attached.err
    assert "2 test runs and 3 files as sent; the manifest alone was compared" in attached.out
    attached.store("shot.png", SHOT[::-1])
    assert len(attached.found("--files")) == 2


def test_long_lists_say_what_takes_its_time(
    repository: Repository, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(4, 101):
        repository.case(number)
    path = world.folder / f"{LATE}.jsonl"
    store = FileStore.of_journal(path)
    shot = AttachedFile("shot.png", store.keep(SHOT), len(SHOT), "image/png")
    tests = [
        a_test(f"test_{number}", PASSED, cases=f"{repository.key}-TC-{number}", files=(shot,))
        for number in range(1, 101)
    ]
    head = header(LATE, settings=world.settings(cycle="Many"))
    path.write_bytes(as_bytes(head, *map(lines.result_line, tests)))
    assert world() == 0, world.err
    repository.sandbox.clear_requests()
    assert main(["verify", "--files", str(path)]) == 0
    out = capsys.readouterr().out
    assert "jama: comparing 100 test runs" in out
    assert "jama: files of 50 of 100 test runs read" in out
    assert "100 test runs and 100 files as sent" in out
    made = [each.path for each in repository.sandbox.requests if "/oauth/" not in each.path]
    assert len(made) == 2 + 100 + 1
    assert main(["verify", "--files", "--quiet", str(path)]) == 0
    assert not capsys.readouterr().out


@pytest.mark.parametrize("arguments", [(), ("--files",), ("--offline",)])
def test_a_file_beside_the_journal_that_was_altered_is_named_with_both_hashes(
    attached: Attached, arguments: tuple[str, ...]
) -> None:
    stated, now = (hashlib.sha256(each).hexdigest() for each in (LOG, b"24 V"))
    (FileStore.of_journal(attached.path).folder / stated).write_bytes(b"24 V")
    assert attached("--json", *arguments) == 1, attached.out + attached.err
    (altered,) = json.loads(attached.out)["altered"]
    assert altered["what"] == "SHA-256 of file log.txt beside it"
    assert (altered["stated"], altered["found"]) == (stated, now)


def test_a_manifest_finds_an_altered_file_beside_its_journal(attached: Attached) -> None:
    manifest = attached.path.with_name("m.json")
    assert main(["manifest", str(attached.path), "-o", str(manifest)]) == 0
    attached.verified = manifest
    stated = hashlib.sha256(SHOT).hexdigest()
    (FileStore.of_journal(attached.path).folder / stated).write_bytes(SHOT[::-1])
    assert attached("--offline") == 1, attached.out + attached.err
    assert re.search(rf"SHA-256 of file shot.png beside it:\s+{stated} is stated", attached.out)


def test_a_journal_without_its_files_says_that_they_are_not_compared(attached: Attached) -> None:
    for file in FileStore.of_journal(attached.path).folder.iterdir():
        file.unlink()
    assert attached("--offline") == 0, attached.out + attached.err
    assert "2 files of " in attached.out + attached.err
    assert "cannot be compared" in attached.out + attached.err
