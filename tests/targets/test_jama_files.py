"""Files of tests at Jama: three requests for each content, and none of them twice."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.core.attached_file import AttachedFile, FileReceipt, FileState
from pytest_jama.core.plan import Findings, SendState
from pytest_jama.core.results import Outcome, TestResult
from pytest_jama.core.secret_signs import HIDDEN
from pytest_jama.core.verdicts import CaseVerdict, Judgement, StepVerdict, Verdict
from pytest_jama.journal.file_store import FileStore
from pytest_jama.journal.line_parser import parse_file_receipt
from pytest_jama.journal.sending_lines import file_line
from pytest_jama.sandbox.faults import Effect
from pytest_jama.sandbox.faults.actions import end
from pytest_jama.sandbox.jama.knobs import Knobs
from pytest_jama.sandbox.jama.nodes import find_nodes
from pytest_jama.sandbox.jama.selection import of_kind
from pytest_jama.sandbox.jama.server import Sandbox
from pytest_jama.sandbox.jama.store import Store
from pytest_jama.targets.jama.actual_results import read_account, read_entries
from pytest_jama.targets.jama.client import JamaClient
from pytest_jama.targets.jama.connect import open_api
from pytest_jama.targets.jama.file_sender import FileSender
from pytest_jama.targets.jama.file_words import account_lines
from pytest_jama.targets.jama.run_body import body_of
from pytest_jama.targets.jama.standing import Writer
from pytest_jama.targets.jama.update_plan import plan_updates
from tests.targets.jama_world import JamaWorld
from tests.targets.told import Told

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from pytest_jama.core.cases import CaseRef
    from pytest_jama.core.plan import Receipt
    from pytest_jama.sandbox.faults import IncomingRequest
    from pytest_jama.sandbox.faults.interception import InterceptedRequest
    from tests.targets.conftest import MakeWorld
    from tests.targets.scripted import FakeTime

SHOT = b"\x89PNG a picture"
HASH = hashlib.sha256(SHOT).hexdigest()

CREATE = "POST /projects/N/attachments"
STORE = "PUT /attachments/N/file"
ATTACH = "POST /testruns/N/attachments"
LIST = "GET /testruns/N/attachments"
LOOK = "GET /abstractitems"
SHOW = "GET /attachments/N"
READ = "GET /attachments/N/file"


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
        files: Mapping[CaseRef, Sequence[AttachedFile]],
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
        start: The beginning of its path.
        always: Whether it is done to all others that fit, too.
    """

    def __init__(
        self, method: str, path: str, effect: Effect, *, start: str = "", always: bool = False
    ) -> None:
        self.method, self.path, self.effect = method, path, effect
        self.start, self.always = start, always

    def judge(self) -> Callable[[IncomingRequest], Effect]:
        left = [self.effect]

        def judge(arrival: IncomingRequest) -> Effect:
            is_there = arrival.path.startswith(self.start) and arrival.path.endswith(self.path)
            if arrival.method != self.method or not is_there or not left:
                return Effect()
            return self.effect if self.always else left.pop()

        return judge


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


def test_a_run_that_is_gone_stops_no_file_of_another_one(
    world: JamaWorld, evidence: Evidence
) -> None:
    refs = world.add_cases(2)
    files = {ref: [evidence.file()] for ref in refs}
    gone = Effect(status=404, message="no such run")
    with world.sandbox.faults.during(Once("POST", "/attachments", gone, start="/testruns/")):
        _, noting = evidence.send(world, files)
    assert requests(world) == {CREATE: 1, STORE: 1, ATTACH: 2}
    assert sorted(attached(world)) == [[], [SHOT]]
    assert len(noting.warnings) == 1


def test_a_missing_right_ends_all_tries(world: JamaWorld, evidence: Evidence) -> None:
    refs = world.add_cases(3)
    files = {ref: [evidence.file(f"{ref}.png", ref.text.encode())] for ref in refs}
    refused = Once("POST", "/attachments", Effect(status=403, message="not permitted"), always=True)
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
        (("PUT", "/file"), {CREATE: 1, STORE: 1, SHOW: 1, READ: 1, ATTACH: 1}),
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
    with world.sandbox.faults.during(Once("POST", "/attachments", LOST, start="/testruns/")):
        evidence.send(world, files, time=fake_time)
    assert requests(world) == {CREATE: 1, STORE: 1, ATTACH: 2, LIST: 1}
    assert attached(world) == [[SHOT], [SHOT]]


@pytest.mark.parametrize(
    "known, expected",
    [
        (1, {LOOK: 1, SHOW: 1, READ: 1, ATTACH: 1}),
        (2, {SHOW: 1, READ: 1, ATTACH: 1}),
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


def test_an_image_stands_in_the_account_and_at_its_step(
    world: JamaWorld, evidence: Evidence
) -> None:
    (ref,) = world.add_cases(1, steps=2)
    world.start([ref])
    target = world.target()
    found = target.resolve([ref], create=True, observer=Told())
    files = evidence.file(step=2), evidence.file('"><b>.png', b"other"), evidence.file(step=1)
    log = evidence.file("log.txt", b"42 V")._replace(media_type="text/plain")
    result = TestResult("t.py::test", Outcome.PASSED, files=(*files, log))
    step = StepVerdict(2, Verdict.PASSED, ("4.2 V < 5 V",))
    (update,) = plan_updates(
        [CaseVerdict(ref, Verdict.PASSED, (step,), (result,))],
        found.runs,
        writer=Writer("pytest-jama, commit abc", "a-session"),
    ).updates
    client = JamaClient(open_api(world.settings(), clocks=None, read_timeout_s=30.0))
    findings = Findings((), Judgement(), find_file=evidence.store.find)
    sender = FileSender(client, world.project_id, findings, Told(), images="inline")
    world.sandbox.clear_requests()
    brought = sender.bring(update)
    assert requests(world) == {CREATE: 3, STORE: 3, ATTACH: 3, SHOW: 2}
    values = body_of(brought, fields={}).values
    account = values["actualResults"]
    assert values["testRunSteps"][1]["result"].startswith("4.2 V &lt; 5 V<img src=")
    assert "result" not in values["testRunSteps"][0] or not values["testRunSteps"][0]["result"]
    first, second = re.findall(r'<img src="([^"]*)" alt="([^"]*)" />', account)
    (at_step,) = re.findall(r'<img src="([^"]*)"', values["testRunSteps"][1]["result"])
    assert second == (at_step, "shot.png")
    assert first[1] == "&quot;&gt;&lt;b&gt;.png"
    assert "<b>" not in account
    (entry,) = read_entries(account)
    assert read_account(entry) is not None
    client.api.connection.close()


def test_what_was_begun_and_is_not_there_is_created(world: JamaWorld, evidence: Evidence) -> None:
    (ref,) = world.add_cases(1)
    file = evidence.file()
    begun = FileReceipt(file.sha256, "another name", FileState.BEGUN)
    evidence.send(world, {ref: [file]}, filed=[begun])
    assert requests(world) == {LOOK: 1, CREATE: 1, STORE: 1, ATTACH: 1}
    assert attachments(world) == ["another name"]


def test_an_attachment_that_search_shows_late_is_waited_for(
    evidence: Evidence, fake_time: FakeTime
) -> None:
    with (
        Store(clock=lambda: 1_700_000_000.0 + fake_time.now) as store,
        Sandbox(store, knobs=Knobs(search_lag_s=9.0)) as box,
        JamaWorld(box, "JEET1") as world,
    ):
        (ref,) = world.add_cases(1)
        fake_time.now += 60.0
        files = {ref: [evidence.file()]}
        _, noting = evidence.send(world, files, time=fake_time)
        line = file_line(noting.filed_[0])
        at = datetime.fromtimestamp(1_700_000_000.0 - 2.0, timezone.utc).isoformat()
        begun = parse_file_receipt({**line, "at": at}, server="")
        evidence.send(world, files, filed=[begun], time=fake_time)
        made = requests(world)
        assert made.pop(LOOK) > 2
        assert made == {SHOW: 1, READ: 1, ATTACH: 1}
        assert len(attachments(world)) == 1


def test_an_attachment_that_was_not_made_is_made_again_after_it_was_looked_for(
    world: JamaWorld, evidence: Evidence, fake_time: FakeTime
) -> None:
    (ref,) = world.add_cases(1)
    with world.sandbox.faults.during(Once("POST", "/attachments", Effect(status=500))):
        _, noting = evidence.send(world, {ref: [evidence.file()]}, time=fake_time)
    made = requests(world)
    assert made.pop(LOOK) > 3
    assert made == {CREATE: 2, STORE: 1, ATTACH: 1}
    assert sum(fake_time.slept) > 15
    assert "for 20 seconds or more" in noting.waited[0]


def test_a_server_that_fails_for_files_alone_costs_no_result(
    world: JamaWorld, evidence: Evidence, fake_time: FakeTime
) -> None:
    refs = world.add_cases(3)
    files = {ref: [evidence.file(f"{ref}.png", ref.text.encode())] for ref in refs}
    fails = Once("POST", "/attachments", Effect(status=500), always=True)
    with world.sandbox.faults.during(fails):
        receipts, noting = evidence.send(world, files, time=fake_time)
    assert {each.state for each in receipts} == {SendState.SENT}
    assert len({name for name in requests(world) if name != LOOK}) == 1
    (warning,) = noting.warnings
    assert "3 files not attached" in warning


def test_a_conflict_that_means_attached_is_no_refusal(
    world: JamaWorld, evidence: Evidence, fake_time: FakeTime
) -> None:
    (ref,) = world.add_cases(1)

    async def attach_and_conflict(exchange: InterceptedRequest) -> None:
        answer = await exchange.process()
        await exchange.answer(replace(answer, status=409))

    conflict = Effect(act=attach_and_conflict)
    with world.sandbox.faults.during(Once("POST", "/attachments", conflict, start="/testruns/")):
        _, noting = evidence.send(world, {ref: [evidence.file()]}, time=fake_time)
    assert noting.states[-1] == "attached"
    assert not noting.warnings


def test_an_account_says_which_test_step_and_file_it_is_and_what_is_hidden(
    evidence: Evidence,
) -> None:
    log = evidence.file("a\u202eb.log", redacted=2, step=3)
    results = [TestResult(f"t.py::{name}", Outcome.PASSED, files=(log, log)) for name in "ab"]
    lines = list(account_lines(results, {log.sha256: "not attached: 413"}))
    about = f"{len(SHOT)} bytes, SHA-256 {HASH}, 2 passages are hidden as {HIDDEN}"
    assert lines == [
        f"file a\\u202eb.log of t.py::{name}, step 3: {about}: not attached: 413" for name in "ab"
    ]


def test_where_names_are_unique_the_attachment_of_an_earlier_session_is_used(
    make_world: MakeWorld, evidence: Evidence
) -> None:
    world = make_world(attachment_names="unique")
    (ref,) = world.add_cases(1)
    evidence.send(world, {ref: [evidence.file()]}, cycle="Build 6")
    receipts, noting = evidence.send(world, {ref: [evidence.file()]}, cycle="Build 7")
    assert [each.state for each in receipts] == [SendState.SENT]
    assert requests(world) == {CREATE: 1, LOOK: 1, STORE: 1, ATTACH: 1}
    assert noting.states[-1] == "attached"
    assert attachments(world) == [f"shot.png {HASH[:12]}"]


@pytest.mark.parametrize("over_file_limit", ["413", "400", "proxy"])
def test_a_limit_of_the_server_or_of_a_proxy_costs_no_result(
    over_file_limit: str, make_world: MakeWorld, evidence: Evidence
) -> None:
    world = make_world(file_limit_bytes=1000, over_file_limit=over_file_limit)
    (ref,) = world.add_cases(1)
    large = evidence.file("large.png", b"x" * 5000)
    receipts, noting = evidence.send(world, {ref: [large, evidence.file()]})
    assert [each.state for each in receipts] == [SendState.SENT]
    assert attached(world) == [[SHOT]]
    assert len(noting.warnings) == 1


def test_images_are_shown_where_the_settings_say_so(world: JamaWorld, evidence: Evidence) -> None:
    (ref,) = world.add_cases(1)
    receipts, _ = evidence.send(
        world, {ref: [evidence.file()]}, evidence={"images": "inline", "log": "never"}
    )
    assert [(each.state, each.remarks) for each in receipts] == [(SendState.SENT, ())]
    assert requests(world) == {CREATE: 1, STORE: 1, ATTACH: 1, SHOW: 1}
    assert accounts(world)[0].count("<img ") == 1
