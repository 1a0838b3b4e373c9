"""Files of tests at Jama: three requests for each content, and none of them twice."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.core.attached_file import AttachedFile, FileReceipt, FileState
from pytest_jama.core.plan import Findings, SendState
from pytest_jama.core.results import Outcome, TestResult
from pytest_jama.core.verdicts import CaseVerdict, Judgement, Verdict
from pytest_jama.journal.file_store import FileStore
from pytest_jama.sandbox.faults import Effect
from pytest_jama.sandbox.faults.actions import end
from pytest_jama.sandbox.jama.nodes import find_nodes
from pytest_jama.sandbox.jama.selection import of_kind
from tests.targets.told import Told

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from pytest_jama.core.cases import CaseRef
    from pytest_jama.core.plan import Receipt
    from pytest_jama.sandbox.faults import IncomingRequest
    from tests.targets.conftest import MakeWorld
    from tests.targets.jama_world import JamaWorld
    from tests.targets.scripted import FakeTime

SHOT = b"\x89PNG a picture"
HASH = hashlib.sha256(SHOT).hexdigest()

CREATE = "POST /projects/N/attachments"
STORE = "PUT /attachments/N/file"
ATTACH = "POST /testruns/N/attachments"
LIST = "GET /testruns/N/attachments"
LOOK = "GET /abstractitems"


class Noting(Told):
    """Notes what becomes of files, too."""

    def __init__(self) -> None:
        super().__init__()
        self.filed_: list[FileReceipt] = []

    def filed(self, receipt: FileReceipt) -> None:
        self.filed_.append(receipt)

    @property
    def states(self) -> list[str]:
        return [each.state.value for each in self.filed_]


class Evidence:
    """Tests with files, whose content is kept in a folder."""

    def __init__(self, folder: Path) -> None:
        self.store = FileStore(folder)

    def file(self, name: str = "shot.png", content: bytes = SHOT, **given: Any) -> AttachedFile:
        sha256 = self.store.keep(content)
        return AttachedFile(name, sha256, len(content), "image/png", **given)

    def send(
        self,
        world: JamaWorld,
        files: dict[CaseRef, Sequence[AttachedFile]],
        *,
        filed: Sequence[FileReceipt] = (),
        time: FakeTime | None = None,
        **settings: Any,
    ) -> tuple[tuple[Receipt, ...], Noting]:
        cases = tuple(
            CaseVerdict(
                ref,
                Verdict.PASSED,
                results=(TestResult(f"t.py::test_{ref}", Outcome.PASSED, files=tuple(each)),),
            )
            for ref, each in files.items()
        )
        results = tuple(result for case in cases for result in case.results)
        findings = Findings(
            results,
            Judgement(cases=cases),
            "pytest-jama, commit abc",
            "a-session",
            find_file=self.store.find,
            filed=tuple(filed),
        )
        target = world.target(clocks=time.clocks if time else None, **settings)
        noting = Noting()
        plan = target.plan(findings, create=True, observer=noting)
        world.sandbox.clear_requests()
        return target.push(plan.updates, observer=noting), noting


@pytest.fixture
def evidence(tmp_path: Path) -> Evidence:
    return Evidence(tmp_path)


def requests(world: JamaWorld) -> Counter[str]:
    """Count the requests about files since the cycle was found."""
    lines = (re.sub(r"\d+", "N", f"{each.method} {each.path}") for each in world.sandbox.requests)
    return Counter(line for line in lines if "attachments" in line or line == LOOK)


def accounts(world: JamaWorld) -> list[str]:
    return [run.actual_results or "" for run in world.runs()]


def attachments(world: JamaWorld) -> list[str]:
    """Return the names of all attachments of the project."""
    nodes = find_nodes(world.store.database, of_kind("attachments"))
    return [str(node.name) for node in nodes if node.project == world.project_id]


def attached(world: JamaWorld) -> list[list[bytes]]:
    """Return what is attached to each run."""
    database = world.store.database
    content = {row["attachment"]: row["content"] for row in database.select("files")}
    pairs = [(row["item"], row["attachment"]) for row in database.select("attached")]
    return [[content[each] for item, each in pairs if item == run.id] for run in world.runs()]


class Once:
    """Does something to the first request that fits.

    Args:
        method: Its method.
        path: The end of its path.
        effect: What is done to it.
    """

    def __init__(self, method: str, path: str, effect: Effect) -> None:
        self.method, self.path, self.effect = method, path, effect
        self.always = False

    def judge(self) -> Callable[[IncomingRequest], Effect]:
        left = [self.effect]

        def judge(arrival: IncomingRequest) -> Effect:
            fits = arrival.method == self.method and arrival.path.endswith(self.path)
            if not fits or not left:
                return Effect()
            return self.effect if self.always else left.pop()

        return judge


class Always(Once):
    """Does it to each."""

    def __init__(self, method: str, path: str, effect: Effect) -> None:
        super().__init__(method, path, effect)
        self.always = True


LOST = Effect(act=end(lambda connection: connection.close(), processed=True))


def test_a_file_takes_three_requests_and_the_account_names_it(
    world: JamaWorld, evidence: Evidence
) -> None:
    (ref,) = world.add_cases(1)
    receipts, noting = evidence.send(world, {ref: [evidence.file()]})
    assert [each.state for each in receipts] == [SendState.SENT]
    assert requests(world) == {CREATE: 1, STORE: 1, ATTACH: 1}
    assert attachments(world) == [f"shot.png {HASH[:12]}"]
    assert attached(world) == [[SHOT]]
    (account,) = accounts(world)
    assert f"file shot.png: {len(SHOT)} bytes, SHA-256 {HASH}: attached" in account
    assert noting.states == ["begun", "created", "stored", "attached"]
    assert noting.filed_[-1].place == receipts[0].update.key


def test_the_files_go_before_the_result(world: JamaWorld, evidence: Evidence) -> None:
    (ref,) = world.add_cases(1)
    evidence.send(world, {ref: [evidence.file()]})
    writes = [each.method for each in world.sandbox.requests if each.method != "GET"]
    assert writes == ["POST", "PUT", "POST", "PATCH"]


def test_the_same_bytes_are_sent_once_however_many_runs_have_them(
    world: JamaWorld, evidence: Evidence
) -> None:
    refs = world.add_cases(12)
    same = [evidence.file(), evidence.file("copy.png")]
    evidence.send(world, dict.fromkeys(refs, same), upload={"concurrency": 8})
    assert requests(world) == {CREATE: 1, STORE: 1, ATTACH: 12}
    assert attached(world) == [[SHOT]] * 12
    assert all("file copy.png: " in account for account in accounts(world))


def test_an_upload_without_files_makes_no_request_more(
    world: JamaWorld, evidence: Evidence
) -> None:
    (ref,) = world.add_cases(1)
    evidence.send(world, {ref: []})
    assert not requests(world)


def test_the_other_documented_body_is_found_out_once(
    make_world: MakeWorld, evidence: Evidence
) -> None:
    world = make_world(attachment_body="attachmentItemId")
    refs = world.add_cases(5)
    evidence.send(world, {ref: [evidence.file()] for ref in refs}, upload={"concurrency": 8})
    assert requests(world) == {CREATE: 1, STORE: 1, ATTACH: 6}
    assert attached(world) == [[SHOT]] * 5


def test_a_widget_that_is_off_costs_no_result_and_is_told_once(
    make_world: MakeWorld, evidence: Evidence
) -> None:
    world = make_world(attachments_widget="off")
    refs = world.add_cases(4)
    files = {ref: [evidence.file(f"{ref}.png", ref.text.encode())] for ref in refs}
    receipts, noting = evidence.send(world, files, upload={"concurrency": 8})
    assert {each.state for each in receipts} == {SendState.SENT}
    assert requests(world) == {CREATE: 1, STORE: 1, ATTACH: 1}
    (warning,) = noting.warnings
    assert "4 files not attached to test runs" in warning
    assert "enable the Attachments widget" in warning
    assert all(": not attached: 400 Bad Request: " in account for account in accounts(world))


def test_a_missing_right_ends_all_tries(world: JamaWorld, evidence: Evidence) -> None:
    refs = world.add_cases(3)
    files = {ref: [evidence.file(f"{ref}.png", ref.text.encode())] for ref in refs}
    refused = Always("POST", "/attachments", Effect(status=403, message="not permitted"))
    with world.sandbox.faults.during(refused):
        receipts, noting = evidence.send(world, files)
    assert {each.state for each in receipts} == {SendState.SENT}
    assert requests(world) == {CREATE: 1}
    (warning,) = noting.warnings
    assert "403 Forbidden: not permitted" in warning
    assert "`Project Create/Edit`" in warning


def test_a_file_that_is_too_large_stops_no_other_one(world: JamaWorld, evidence: Evidence) -> None:
    (ref,) = world.add_cases(1)
    large, small = evidence.file("large.png", b"large"), evidence.file()
    with world.sandbox.faults.during(Once("PUT", "/file", Effect(status=413))):
        receipts, noting = evidence.send(world, {ref: [large, small]})
    assert [each.state for each in receipts] == [SendState.SENT]
    assert attached(world) == [[SHOT]]
    (warning,) = noting.warnings
    assert "(large.png)" in warning
    assert "evidence.max_file" in warning
    (account,) = accounts(world)
    assert "not attached: 413" in account
    assert f"{HASH}: attached" in account


def test_a_file_that_is_gone_is_told_and_nothing_is_created_for_it(
    world: JamaWorld, evidence: Evidence
) -> None:
    (ref,) = world.add_cases(1)
    file = evidence.file()
    (evidence.store.folder / file.sha256).unlink()
    receipts, noting = evidence.send(world, {ref: [file]})
    assert [each.state for each in receipts] == [SendState.SENT]
    assert not requests(world)
    assert "not kept beside the journal any more" in noting.warnings[0]
    assert "not attached: its content" in accounts(world)[0]


@pytest.mark.parametrize(
    "lost, expected",
    [
        (("POST", "/attachments"), {CREATE: 1, LOOK: 1, STORE: 1, ATTACH: 1}),
        (("PUT", "/file"), {CREATE: 1, STORE: 2, ATTACH: 1}),
    ],
    ids=["created", "stored"],
)
def test_a_lost_answer_makes_nothing_twice(
    lost: tuple[str, str],
    expected: dict[str, int],
    world: JamaWorld,
    evidence: Evidence,
    fake_time: FakeTime,
) -> None:
    (ref,) = world.add_cases(1)
    with world.sandbox.faults.during(Once(*lost, LOST)):
        evidence.send(world, {ref: [evidence.file()]}, time=fake_time)
    assert requests(world) == expected
    assert (len(attachments(world)), attached(world)) == (1, [[SHOT]])


def test_a_lost_answer_to_the_association_is_looked_up(
    world: JamaWorld, evidence: Evidence, fake_time: FakeTime
) -> None:
    first, second = world.add_cases(2)
    files = {first: [evidence.file()], second: [evidence.file()]}
    runs = []

    class OfRun(Once):
        def judge(self) -> Callable[[IncomingRequest], Effect]:
            def judge(arrival: IncomingRequest) -> Effect:
                is_run = arrival.path.startswith("/testruns/") and arrival.method == "POST"
                if not is_run or runs:
                    return Effect()
                runs.append(arrival.path)
                return LOST

            return judge

    with world.sandbox.faults.during(OfRun("POST", "", LOST)):
        evidence.send(world, files, time=fake_time)
    assert requests(world) == {CREATE: 1, STORE: 1, ATTACH: 2, LIST: 1}
    assert attached(world) == [[SHOT], [SHOT]]


@pytest.mark.parametrize(
    "known, expected",
    [
        (1, {LOOK: 1, STORE: 1, ATTACH: 1}),
        (2, {STORE: 1, ATTACH: 1}),
        (3, {LIST: 1}),
        (4, {}),
    ],
    ids=["begun", "created", "stored", "attached"],
)
def test_what_an_upload_that_was_killed_has_brought_is_not_sent_again(
    known: int, expected: dict[str, int], world: JamaWorld, evidence: Evidence
) -> None:
    (ref,) = world.add_cases(1)
    _, noting = evidence.send(world, {ref: [evidence.file()]})
    evidence.send(world, {ref: [evidence.file()]}, filed=noting.filed_[:known])
    assert requests(world) == expected
    assert (len(attachments(world)), attached(world)) == (1, [[SHOT]])
    assert f"{HASH}: attached" in accounts(world)[0]


def test_what_was_begun_and_is_not_there_is_created(world: JamaWorld, evidence: Evidence) -> None:
    (ref,) = world.add_cases(1)
    file = evidence.file()
    begun = FileReceipt(file.sha256, "another name", FileState.BEGUN)
    evidence.send(world, {ref: [file]}, filed=[begun])
    assert requests(world) == {LOOK: 1, CREATE: 1, STORE: 1, ATTACH: 1}
    assert attachments(world) == ["another name"]
