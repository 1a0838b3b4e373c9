from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from pytest_jama.core.attached_file import FileReceipt, FileState
from pytest_jama.journal.file_store import FileStore, find_in
from pytest_jama.journal.prior_uploads import server_of
from tests.journal.record import as_bytes, read
from tests.journal.samples import FULL, FULL_RESULT

if TYPE_CHECKING:
    from pathlib import Path

CONTENT = b"0 V at the line"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def test_content_is_kept_once_under_its_hash(tmp_path: Path) -> None:
    store = FileStore.of_journal(tmp_path / "20261122T043016Z-9f2c1ab0.jsonl")
    assert [store.keep(CONTENT), store.keep(CONTENT)] == [SHA256, SHA256]
    assert [each.name for each in tmp_path.iterdir()] == ["20261122T043016Z-9f2c1ab0.files"]
    assert [each.name for each in store.folder.iterdir()] == [SHA256]
    found = store.find(SHA256)
    assert found is not None
    assert found.read_bytes() == CONTENT


def test_a_journal_that_is_set_aside_has_the_same_files(tmp_path: Path) -> None:
    journal = FileStore.of_journal(tmp_path / "a.jsonl")
    assert FileStore.of_journal(tmp_path / "a.jsonl.incomplete").folder == journal.folder
    assert FileStore.of_journal(tmp_path / "a.incomplete").folder == journal.folder


def test_content_that_was_changed_is_not_found(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "files")
    (store.folder / store.keep(CONTENT)).write_bytes(b"5 V at the line")
    assert store.find(SHA256) is None


def test_content_is_found_in_any_of_several_sessions(tmp_path: Path) -> None:
    stores = [FileStore(tmp_path / "a"), FileStore(tmp_path / "b")]
    stores[1].keep(CONTENT)
    assert find_in(stores, SHA256) == tmp_path / "b" / SHA256
    assert find_in(stores, "0" * 64) is None


def test_a_journal_gives_back_the_files_of_a_result_and_what_became_of_them() -> None:
    recording = read(
        as_bytes(FULL["session_line"], FULL["result_line"], FULL["file_line"], FULL["end_line"])
    )
    (result,) = recording.results.values()
    assert result.files == FULL_RESULT.files
    (filed,) = recording.filed
    sha256 = FULL_RESULT.files[0].sha256
    why, server = "400 Bad Request", server_of("")
    refused = FileState.REFUSED
    assert filed == FileReceipt(sha256, "line.png", refused, 20601, "20530", why, server)


def test_a_path_in_the_place_of_a_hash_is_not_taken() -> None:
    line = {**FULL["result_line"], "files": [{**FULL["result_line"]["files"][0], "sha256": "../x"}]}
    recording = read(as_bytes(FULL["session_line"], line))
    assert recording.results == {}
    assert recording.damaged == [2]
