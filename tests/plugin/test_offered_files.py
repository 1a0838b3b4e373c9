"""Which files a test gets, and what of them is kept."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.config.evidence_settings import EvidenceSettings
from pytest_jama.core.properties import Offered
from pytest_jama.core.redaction import Redactor
from pytest_jama.core.results import Outcome, TestResult
from pytest_jama.journal.file_store import FileStore
from pytest_jama.plugin.file_keeper import FileKeeper
from pytest_jama.plugin.offered_files import OfferedFiles
from pytest_jama.session.kept_files import name_of_test
from tests.every import every
from tests.systems import links

if TYPE_CHECKING:
    from pathlib import Path

BEGUN = 1_000_000.0


class Session:
    """The files of a session in a folder.

    Args:
        folder: Of the tests.
        settings: `evidence` of jama.yaml.
    """

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.store = FileStore(folder / ".jama" / "a.files")
        self.refused: list[tuple[str, str]] = []
        evidence = EvidenceSettings(**settings)
        self.keeper = self.keeper_with(Redactor())
        self._files = OfferedFiles(
            self.store, evidence, Redactor(), folder, lambda *said: self.refused.append(said)
        )

    def keeper_with(self, redactor: Redactor) -> FileKeeper:
        """Return what keeps files in the process of a test."""
        limits, folder = EvidenceSettings(), self.store.folder.parent.parent
        return FileKeeper(self.store, limits.max_file, limits.max_run, folder, lambda: redactor)

    def add(self, *offered: Offered, test: str = "test_a.py::test_1") -> TestResult:
        result = TestResult(test, Outcome.PASSED, started=BEGUN)
        return self._files.add(result, offered)


def write(path: Path, text: str = "1", *, modified: float = BEGUN + 5) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    os.utime(path, (modified, modified))
    return path


def names(result: TestResult) -> list[str]:
    return [each.name for each in result.files]


def test_a_text_with_a_secret_may_be_attached_by_several_steps_and_tests(tmp_path: Path) -> None:
    session = Session(tmp_path)
    text = b"password=hunter2"
    said = session.keeper.keep("a.txt", text)
    first = session.add(Offered(said, 1), Offered(said, 2))
    second = session.add(Offered(session.keeper.keep("b.txt", text)), test="test_a.py::test_2")

    assert session.refused == []
    assert [(each.step, each.redacted) for each in first.files] == [(1, 1), (2, 1)]
    assert [(each.name, each.redacted) for each in second.files] == [("b.txt", 1)]
    (kept,) = session.store.folder.iterdir()
    assert b"hunter2" not in kept.read_bytes()


def test_patterns_with_the_name_of_a_test_take_all_others_what_is_new(tmp_path: Path) -> None:
    session = Session(tmp_path, files=["out/{test}/**", "shots/*.png"])
    write(tmp_path / "out" / "test_1" / "deep" / "b.txt", modified=BEGUN - 900)
    write(tmp_path / "out" / "test_2" / "of_another.txt")
    write(tmp_path / "shots" / "old.png", modified=BEGUN - 900)
    write(tmp_path / "shots" / "new.png")

    assert names(session.add()) == ["b.txt", "new.png"]


@links
def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    secret = write(tmp_path / "elsewhere" / "secret.txt")
    folder = tmp_path / "project"
    inside = write(folder / "out" / "a.txt")
    (inside.parent / "link.txt").symlink_to(secret)
    (inside.parent / "linked").symlink_to(secret.parent)

    assert names(Session(folder, files="out/**").add()) == ["a.txt"]


def test_what_is_more_than_a_run_may_have_is_noted_and_the_rest_is_kept(tmp_path: Path) -> None:
    session = Session(tmp_path, files="out/{test}/*", max_run=15)
    for name in "abc":
        write(tmp_path / "out" / "test_1" / name, name * (10 if name < "c" else 3))

    result = session.add()
    assert names(result) == ["a", "c"]
    (note,) = result.notes
    why = "with its 10 bytes the files of the test are larger than evidence.max_run allows (15)"
    assert note == f"file b is not kept: {why}"


@every(
    "test_id, name",
    [
        ("tests/test_a.py::TestB::test_c", "test_c"),
        ("test_a.py::test_c[../../etc/passwd]", "test_c_.._.._etc_passwd_"),
        ("test_a.py::test_c[a::b c]", "test_c_a__b_c_"),
    ],
)
def test_the_name_of_a_test_is_one_part_of_a_path(test_id: str, name: str) -> None:
    assert name_of_test(test_id) == name


def test_a_text_is_without_secrets_before_it_is_written(tmp_path: Path) -> None:
    session = Session(tmp_path)
    session.keeper.keep("a.txt", b"password=hunter2, 42 V")
    (kept,) = session.store.folder.iterdir()
    assert kept.read_bytes() == b"password=***, 42 V"


def test_what_a_worker_cannot_know_is_hidden_when_the_test_ends(tmp_path: Path) -> None:
    session = Session(tmp_path)
    worker = session.keeper_with(Redactor(has_builtin=False))
    said = worker.keep("a.txt", b"password=hunter2")
    result = session.add(Offered(said), Offered(said, 2))
    assert [each.redacted for each in result.files] == [1, 1]
    (kept,) = session.store.folder.iterdir()
    assert kept.read_bytes() == b"password=***"


@pytest.mark.parametrize("is_gone", [False, True], ids=["changed", "gone"])
def test_content_that_is_not_what_was_attached_is_not_taken_for_it(
    tmp_path: Path, *, is_gone: bool
) -> None:
    session = Session(tmp_path)
    said = session.keeper.keep("a.txt", b"17.5 s")
    (kept,) = session.store.folder.iterdir()
    kept.unlink() if is_gone else kept.write_bytes(b"12.5 s")
    assert session.add(Offered(said)).files == ()
    why = "file 'a.txt' cannot be attached: what was kept of it is gone, or was changed"
    assert session.refused == [("test_a.py::test_1", why)]


def test_of_a_file_that_is_too_large_the_whole_size_is_told(tmp_path: Path) -> None:
    write(tmp_path / "large.txt", "1" * 3000)
    result = Session(tmp_path, max_file="1 kB").add(Offered("large.txt"))
    (note,) = result.notes
    why = "its 3,000 bytes are more than evidence.max_file allows (1,000)"
    assert (result.files, note) == ((), f"file large.txt is not kept: {why}")
