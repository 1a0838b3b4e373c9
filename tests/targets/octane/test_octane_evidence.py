from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.core.attached_file import AttachedFile, FileReceipt, FileState
from pytest_jama.core.errors import OutOfReachError
from pytest_jama.core.plan import Findings
from pytest_jama.core.port import Observer
from pytest_jama.core.verdicts import Judgement
from pytest_jama.sandbox.faults.random_fault import RandomFault
from pytest_jama.targets.octane.evidence_files import EvidenceSender, attach
from pytest_jama.targets.octane.packed_files import pack
from tests.targets.octane.octane_lab import result

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pytest_jama.core.results import TestResult
    from tests.targets.octane.conftest import MakeLab
    from tests.targets.octane.octane_lab import OctaneLab

TEXT = b"what it printed\n"


class Filing(Observer):
    """Notes what is told of files."""

    def __init__(self) -> None:
        self.receipts: list[FileReceipt] = []
        self.warnings: list[str] = []

    def filed(self, receipt: FileReceipt) -> None:
        self.receipts.append(receipt)

    def warned(self, text: str) -> None:
        self.warnings.append(text)

    @property
    def states(self) -> list[FileState]:
        return [each.state for each in self.receipts]


class Desk:
    """Tests with files, their runs at a stand-in, and a folder that keeps the contents."""

    def __init__(self, lab: OctaneLab, folder: Path) -> None:
        self.lab = lab
        self._folder = folder

    def file(self, name: str, content: bytes = TEXT, **more: Any) -> AttachedFile:
        sha256 = hashlib.sha256(content).hexdigest()
        (self._folder / sha256).write_bytes(content)
        return AttachedFile(name, sha256, len(content), "text/plain", **more)

    def run(self) -> str:
        test = self.lab.store.add("automated_tests", name="x")
        return self.lab.store.add("automated_runs", name="x", test=test)

    def send(
        self,
        results: Sequence[TestResult],
        run_ids: dict[str, str],
        *,
        filed: Sequence[FileReceipt] = (),
    ) -> Filing:
        observer = Filing()
        findings = Findings(
            results,
            Judgement(),
            find_file=lambda sha256: self._folder / sha256,
            filed=tuple(filed),
        )
        EvidenceSender(self.lab.entities(), findings, observer).send(results, run_ids)
        return observer

    @property
    def attached(self) -> list[tuple[str, str]]:
        """The run and the name of each attachment."""
        rows = self.lab.store.all("attachments", fields="name,owner_run")
        return sorted((each["owner_run"]["id"], each["name"]) for each in rows)


@pytest.fixture
def desk(octane: OctaneLab, tmp_path: Path) -> Desk:
    return Desk(octane, tmp_path)


def _named(file: AttachedFile) -> str:
    return pack(file, TEXT).name


def test_the_files_of_a_test_come_to_its_run(desk: Desk) -> None:
    file, run = desk.file("out.txt"), desk.run()
    observer = desk.send([result("a", files=(file,)), result("b")], {"a": run})
    assert desk.attached == [(run, _named(file))]
    (attachment,) = desk.lab.store.all("attachments")
    assert desk.lab.store.content(attachment["id"]) == TEXT
    assert observer.receipts == [
        FileReceipt(file.sha256, _named(file), FileState.BEGUN, place=f"run {run}"),
        FileReceipt(
            file.sha256, _named(file), FileState.ATTACHED, attachment["id"], place=f"run {run}"
        ),
    ]
    assert observer.warnings == []


def test_the_content_of_a_page_comes_in_an_archive(desk: Desk) -> None:
    file, run = desk.file("report.html", b"<html>"), desk.run()
    desk.send([result("a", files=(file,))], {"a": run})
    assert desk.attached == [(run, f"report.html {file.sha256[:12]}.zip")]


def test_a_file_of_several_steps_is_attached_once(desk: Desk) -> None:
    run = desk.run()
    files = (desk.file("out.txt", step=1), desk.file("out.txt", step=2))
    desk.send([result("a", files=files)], {"a": run})
    assert len(desk.attached) == 1


def test_one_content_of_two_tests_comes_to_both_runs(desk: Desk) -> None:
    file, runs = desk.file("out.txt"), [desk.run(), desk.run()]
    results = [result(name, files=(file,)) for name in "ab"]
    desk.send(results, dict(zip("ab", runs, strict=True)))
    assert [run for run, _ in desk.attached] == sorted(runs)


def test_what_an_earlier_upload_attached_is_not_sent_again(desk: Desk) -> None:
    file, run = desk.file("out.txt"), desk.run()
    results = [result("a", files=(file,))]
    first = desk.send(results, {"a": run})
    desk.lab.sandbox.clear_requests()
    again = desk.send(results, {"a": run}, filed=first.receipts)
    assert (again.receipts, desk.lab.asked) == ([], [])


def test_what_an_earlier_upload_began_is_looked_up_first(desk: Desk) -> None:
    file, run = desk.file("out.txt"), desk.run()
    results = [result("a", files=(file,))]
    first = desk.send(results, {"a": run})
    again = desk.send(results, {"a": run}, filed=first.receipts[:1])
    assert again.states == [FileState.ATTACHED]
    assert len(desk.attached) == 1


def test_what_an_earlier_upload_began_is_found_though_it_is_shown_late(desk: Desk) -> None:
    file, run = desk.file("out.txt"), desk.run()
    results = [result("a", files=(file,))]
    first = desk.send(results, {"a": run})
    store, attachment = desk.lab.store, str(first.receipts[-1].attachment)
    store.change("attachments", attachment, name="not shown yet")
    desk.lab.after_pauses(lambda: store.change("attachments", attachment, name=_named(file)))
    again = desk.send(results, {"a": run}, filed=first.receipts[:1])
    assert again.states == [FileState.ATTACHED]
    assert desk.attached == [(run, _named(file))]


def test_what_an_earlier_upload_began_and_did_not_bring_is_sent(desk: Desk) -> None:
    file, run = desk.file("out.txt"), desk.run()
    begun = FileReceipt(file.sha256, _named(file), FileState.BEGUN, place=f"run {run}")
    desk.send([result("a", files=(file,))], {"a": run}, filed=[begun])
    assert desk.attached == [(run, _named(file))]


def test_the_same_name_at_another_run_is_another_attachment(desk: Desk) -> None:
    file, runs = desk.file("out.txt"), [desk.run(), desk.run()]
    desk.send([result("a", files=(file,))], {"a": runs[0]})
    begun = FileReceipt(file.sha256, _named(file), FileState.BEGUN, place=f"run {runs[1]}")
    desk.send([result("a", files=(file,))], {"a": runs[1]}, filed=[begun])
    assert len(desk.attached) == 2


def test_a_lost_answer_attaches_nothing_twice(desk: Desk) -> None:
    desk.lab.sandbox.faults.add(
        RandomFault("drop-after", method="POST", path="/attachments", times=1)
    )
    file, run = desk.file("out.txt"), desk.run()
    observer = desk.send([result("a", files=(file,))], {"a": run})
    assert observer.states == [FileState.BEGUN, FileState.ATTACHED]
    assert len(desk.attached) == 1


def test_a_file_whose_run_was_not_found_is_told(desk: Desk) -> None:
    file = desk.file("out.txt")
    observer = desk.send([result("a", files=(file,))], {})
    (warning,) = observer.warnings
    assert warning == (
        "1 file not attached to runs (out.txt): the run of its test was not found; the results are "
        "not affected"
    )
    assert observer.states == [FileState.REFUSED]
    assert desk.lab.asked == []


def test_a_file_that_is_not_kept_any_more_is_told(desk: Desk) -> None:
    file = AttachedFile("out.txt", "0" * 64, 5, "text/plain")
    observer = desk.send([result("a", files=(file,))], {"a": desk.run()})
    assert "its content is not kept beside the journal any more" in observer.warnings[0]
    assert observer.receipts[-1].error == "its content is not kept beside the journal any more"


def test_files_that_may_not_be_attached_are_tried_once_and_told_together(
    make_lab: MakeLab, tmp_path: Path
) -> None:
    desk = Desk(make_lab(), tmp_path)
    desk.lab.sandbox.fail_next(1, 403, path="/attachments", method="POST")
    files = tuple(desk.file(f"f{at}.txt", b"%d" % at) for at in range(5))
    run = desk.run()
    observer = desk.send([result("a", files=files)], {"a": run})
    (warning,) = observer.warnings
    assert warning.startswith("5 files not attached to runs (f0.txt, f1.txt, f2.txt and 2 more): ")
    assert "403" in warning
    assert desk.lab.asked == ["POST attachments"]
    assert desk.attached == []


def test_a_file_whose_kind_the_site_does_not_allow_comes_in_an_archive(desk: Desk) -> None:
    desk.lab.sandbox.fail_next(1, 400, path="/attachments", method="POST")
    file, run = desk.file("out.txt"), desk.run()
    results = [result("a", files=(file,))]
    observer = desk.send(results, {"a": run})
    archived = f"out.txt {file.sha256[:12]}.zip"
    assert desk.attached == [(run, archived)]
    assert (observer.states[-1], observer.warnings) == (FileState.ATTACHED, [])
    again = desk.send(results, {"a": run}, filed=observer.receipts[:-1])
    assert [each.name for each in again.receipts] == [archived]


def test_a_file_that_is_refused_alone_does_not_cost_the_others(desk: Desk) -> None:
    desk.lab.sandbox.fail_next(2, 400, path="/attachments", method="POST")
    files = tuple(desk.file(f"f{at}.txt", b"%d" % at) for at in range(2))
    run = desk.run()
    observer = desk.send([result("a", files=files)], {"a": run})
    assert observer.states == [
        FileState.BEGUN,
        FileState.BEGUN,
        FileState.REFUSED,
        FileState.BEGUN,
        FileState.ATTACHED,
    ]
    assert len(desk.attached) == 1


def test_a_refused_file_is_tried_again_by_the_next_upload(desk: Desk) -> None:
    desk.lab.sandbox.fail_next(2, 400, path="/attachments", method="POST")
    file, run = desk.file("out.txt"), desk.run()
    results = [result("a", files=(file,))]
    first = desk.send(results, {"a": run})
    desk.send(results, {"a": run}, filed=first.receipts)
    assert len(desk.attached) == 1


def test_what_is_left_out_of_each_document_is_told_once(desk: Desk) -> None:
    observer = Filing()
    file = desk.file("out.txt")
    sender = EvidenceSender(desk.lab.entities(), Findings((), Judgement()), observer)
    for name in "ab":
        sender.send([result(name, files=(file,))], {})
    sender.send([], {})
    assert len(observer.warnings) == 2


def test_a_server_that_does_not_answer_any_more_ends_it(desk: Desk) -> None:
    desk.lab.sandbox.faults.add(RandomFault("drop-before"))
    file = desk.file("out.txt")
    with pytest.raises(OutOfReachError):
        desk.send([result("a", files=(file,))], {"a": "7"})


@pytest.mark.parametrize(
    "owner, collection",
    [("owner_test", "manual_tests"), ("owner_work_item", "stories")],
)
def test_a_file_may_belong_to_other_things_than_runs(
    desk: Desk, owner: str, collection: str
) -> None:
    owner_id = desk.lab.store.add(collection, name="x")
    file = desk.file("größe.txt")
    attachment = attach(desk.lab.entities(), owner, owner_id, pack(file, TEXT))
    shown = desk.lab.store.get("attachments", attachment, fields=f"name,{owner}")
    assert (shown["name"], shown[owner]["id"]) == (_named(file), owner_id)
