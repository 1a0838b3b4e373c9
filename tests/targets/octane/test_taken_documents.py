from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from pytest_jama.core.attached_file import AttachedFile
from pytest_jama.core.cases import CaseLink
from pytest_jama.core.errors import RefusedError
from pytest_jama.core.plan import Findings
from pytest_jama.core.port import Observer
from pytest_jama.core.verdicts import Judgement
from pytest_jama.targets.octane.document import build_documents
from pytest_jama.targets.octane.document_head import DocumentHead
from pytest_jama.targets.octane.taken_documents import TakenDocuments
from tests.targets.octane.octane_lab import result
from tests.targets.octane.pushed_documents import hand_in

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pytest_jama.core.results import TestResult
    from pytest_jama.targets.octane.document import ResultDocument
    from tests.targets.octane.conftest import MakeLab
    from tests.targets.octane.octane_lab import OctaneLab

MANY = 1_001
"""More runs than one request reads."""


def _push(lab: OctaneLab, results: Sequence[TestResult]) -> ResultDocument:
    """Let the stand-in take results; return their only document."""
    (document,) = build_documents(results, DocumentHead())
    hand_in(lab.entities().client, document)
    lab.sandbox.clear_requests()
    return document


def _taken(
    lab: OctaneLab,
    results: Sequence[TestResult],
    *,
    folder: Path | None = None,
    skip_errors: bool = False,
    reads_all: bool = False,
) -> TakenDocuments:
    findings = Findings(
        results, Judgement(), find_file=lambda sha256: folder / sha256 if folder else None
    )
    return TakenDocuments(
        lab.entities(),
        findings,
        observer=Observer(),
        build=None,
        skip_errors=skip_errors,
        reads_all=reads_all,
    )


def _many(**last: object) -> list[TestResult]:
    """Return the results of very many tests; the last one says more."""
    results = [result(f"t.py::test_{at:05}") for at in range(MANY)]
    return [*results[:-1], results[-1]._replace(**last)]  # type: ignore[arg-type]  # fields of it


def test_a_small_document_is_read_back_with_one_request(octane: OctaneLab) -> None:
    results = [result("t.py::test_a"), result("t.py::test_b")]
    document = _push(octane, results)
    assert _taken(octane, results).follow_up(document, 1) == ""
    assert octane.asked == ["GET automated_runs"]


def test_a_large_document_is_not_read_back_where_nothing_can_be_left_out(
    octane: OctaneLab,
) -> None:
    results = _many()
    document = _push(octane, results)
    assert _taken(octane, results).follow_up(document, 1) == ""
    assert octane.asked == []


def test_a_large_document_is_read_back_where_that_is_asked_for(octane: OctaneLab) -> None:
    results = _many()
    document = _push(octane, results)
    assert _taken(octane, results, reads_all=True).follow_up(document, 1) == ""
    assert octane.asked == ["GET previous_runs"] * 2


def test_a_large_document_is_read_back_where_a_test_covers_an_item(octane: OctaneLab) -> None:
    item = octane.store.add("stories", name="S")
    links = (CaseLink.parse(item),)
    results = _many(links=links)
    document = _push(octane, results)
    assert _taken(octane, results).follow_up(document, 1) == ""
    assert octane.asked == ["GET previous_runs"] * 2
    octane.sandbox.clear_requests()
    assert _taken(octane, results, skip_errors=True).follow_up(document, 1) == ""
    assert octane.asked == []


def test_a_run_whose_item_is_gone_is_missed(octane: OctaneLab) -> None:
    item = octane.store.add("stories", name="S")
    results = _many(links=(CaseLink.parse(item),))
    octane.store.remove("stories", item)
    document = _push(octane, results)
    assert _taken(octane, results).follow_up(document, 1) == (
        "1 of 1,001 runs not there as sent: t.py::test_01000: sent Passed, the server has nothing"
    )


def test_of_a_large_document_only_the_runs_with_files_are_looked_up(
    octane: OctaneLab, tmp_path: Path
) -> None:
    content = b"what it printed"
    sha256 = hashlib.sha256(content).hexdigest()
    (tmp_path / sha256).write_bytes(content)
    file = AttachedFile("out.txt", sha256, len(content), "text/plain")
    results = _many(files=(file,))
    document = _push(octane, results)
    assert _taken(octane, results, folder=tmp_path).follow_up(document, 1) == ""
    assert octane.asked[-1] == "POST attachments"
    assert len(octane.asked) <= 3
    (attachment,) = octane.store.all("attachments", fields="owner_run{name}")
    assert attachment["owner_run"]["name"] == "test_01000"


def test_for_the_file_of_a_run_that_is_missing_nothing_is_asked_again(
    octane: OctaneLab, tmp_path: Path
) -> None:
    item = octane.store.add("stories", name="S")
    octane.store.remove("stories", item)
    file = AttachedFile("out.txt", "0" * 64, 5, "text/plain")
    bare = result("t.py::test_a", links=(CaseLink.parse(item),))
    document = _push(octane, [bare])
    _taken(octane, [bare]).follow_up(document, 1)
    count = len(octane.asked)
    octane.sandbox.clear_requests()
    filed = bare._replace(files=(file,))
    assert "not there as sent" in _taken(octane, [filed], folder=tmp_path).follow_up(document, 1)
    assert len(octane.asked) == count


def test_runs_that_may_not_be_read_are_a_refusal(make_lab: MakeLab) -> None:
    lab = make_lab(forbidden_names="automated_runs,previous_runs")
    results = [result("t.py::test_a")]
    document = _push(lab, results)
    with pytest.raises(RefusedError):
        _taken(lab, results).follow_up(document, 1)


def test_documents_that_are_read_back_together_are_in_the_same_lists(octane: OctaneLab) -> None:
    results = [result(f"t.py::test_{at:04}") for at in range(1_100)]
    first, second = (
        build_documents(results[:550], DocumentHead()),
        build_documents(results[550:], DocumentHead()),
    )
    documents = [*first, *second]
    for document in documents:
        hand_in(octane.entities().client, document)
    octane.sandbox.clear_requests()
    gone = octane.store.find("automated_runs", name="test_0900")
    octane.store.remove("automated_runs", str(gone))
    history = octane.store.find("previous_runs", test_name="test_0900")
    octane.store.remove("previous_runs", str(history))
    taken = _taken(octane, results, reads_all=True)
    others = [(document, 1) for document in documents]
    assert taken.follow_up(documents[0], 1, *others[1:]) == ""
    asked = list(octane.asked)
    assert asked[:2] == ["GET previous_runs"] * 2
    assert taken.follow_up(documents[1], 1) == (
        "1 of 550 runs not there as sent: t.py::test_0900: sent Passed, the server has nothing"
    )
    assert octane.asked == asked
