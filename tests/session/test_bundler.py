"""What is in the bundle of a session, and when there is none."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.core.attached_file import FileReceipt, FileState
from pytest_jama.core.plan import Receipt, SendState, UploadReport
from pytest_jama.core.port import Observer
from pytest_jama.core.redaction import Redactor
from pytest_jama.core.shown_results import ShownResults
from pytest_jama.journal.file_store import FileStore
from pytest_jama.session.session_bundle import Bundler, pack
from tests.journal.record import as_bytes, header

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_jama.core.attached_file import AttachedFile


class Warnings(Observer):
    def __init__(self) -> None:
        self.texts: list[str] = []

    def warned(self, text: str) -> None:
        self.texts.append(text)


def report(*states: SendState) -> UploadReport:
    no_update: Any = None
    return UploadReport(receipts=tuple(Receipt(no_update, state) for state in states))


SENT = report(SendState.SENT)


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    path = tmp_path / "s1.jsonl"
    path.write_bytes(as_bytes(header()))
    path.chmod(0o600)
    return path


def find(
    *journals: Path,
    sent: UploadReport = SENT,
    filed: tuple[FileReceipt, ...] = (),
    is_finished: bool = True,
    warnings: Warnings | None = None,
) -> AttachedFile | None:
    shown = ShownResults(Redactor())
    bundler = Bundler(journals, filed, lambda _: is_finished, shown)
    return bundler.find(sent, warnings or Warnings())


def names(bundle: AttachedFile, journal: Path) -> list[str]:
    path = FileStore.of_journal(journal).find(bundle.sha256)
    assert path is not None
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()


def test_the_same_files_make_the_same_bytes_in_any_order() -> None:
    one, other = pack({"a": b"1", "b": b"2"}), pack({"b": b"2", "a": b"1"})
    assert one == other
    with zipfile.ZipFile(io.BytesIO(one)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["a", "b"]


def test_the_same_journal_makes_the_same_bundle(journal: Path) -> None:
    first, second = find(journal), find(journal)
    assert first is not None
    assert first == second
    assert (first.name, first.media_type) == ("pytest-jama-s1.zip", "application/zip")
    assert names(first, journal) == ["environment.txt", "s1.intoto.json", "s1.jsonl"]


def test_two_journals_of_one_name_are_both_in_it(journal: Path) -> None:
    other = journal.parent / "other" / journal.name
    other.parent.mkdir(0o700)
    other.write_bytes(as_bytes(header("s2")))
    bundle = find(journal, other)
    assert bundle is not None
    assert {"1-s1.jsonl", "2-s1.jsonl"} <= set(names(bundle, journal))


@pytest.mark.parametrize(
    "sent, is_finished",
    [(report(), True), (report(SendState.REFUSED), True), (SENT, False)],
    ids=["nothing-sent", "all-refused", "unfinished"],
)
def test_there_is_none_before_everything_is_sent(
    journal: Path, sent: UploadReport, is_finished: bool
) -> None:
    assert find(journal, sent=sent, is_finished=is_finished) is None
    assert not FileStore.of_journal(journal).folder.exists()


@pytest.mark.parametrize("state", [FileState.BEGUN, FileState.CREATED, FileState.STORED])
def test_one_that_was_begun_is_the_one_that_goes_on(journal: Path, state: FileState) -> None:
    before = find(journal)
    assert before is not None
    with journal.open("ab") as file:
        file.write(b"\n")
    receipt = FileReceipt(before.sha256, "x", state, place="plan 7")
    assert find(journal, sent=report(), filed=(receipt,)) == before


def test_one_that_came_to_its_end_is_not_sent_again(journal: Path) -> None:
    before = find(journal)
    assert before is not None
    begun = FileReceipt(before.sha256, "x", FileState.BEGUN, place="plan 7")
    filed = (begun, begun._replace(state=FileState.ATTACHED))
    assert find(journal, sent=report(), filed=filed) is None


@pytest.mark.parametrize("place", ["plan 7", ""], ids=["refused", "refused before"])
def test_one_that_was_refused_is_found_again(journal: Path, place: str) -> None:
    before = find(journal)
    assert before is not None
    begun = FileReceipt(before.sha256, "x", FileState.BEGUN, place="plan 7")
    filed = (begun, begun._replace(state=FileState.REFUSED, place=place))
    assert find(journal, sent=report(), filed=filed) == before


def test_a_journal_that_is_gone_is_a_warning(journal: Path) -> None:
    journal.unlink()
    warnings = Warnings()
    assert find(journal, warnings=warnings) is None
    (text,) = warnings.texts
    assert "the bundle of the session cannot be made: " in text
    assert "there is no such file" in text
