from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, cast

import pytest
from pydantic import SecretStr

from pytest_jama.config.octane_settings import OctaneKey
from pytest_jama.core.attached_file import AttachedFile
from pytest_jama.core.cases import CaseLink
from pytest_jama.core.errors import CredentialsError, InterruptedUploadError, NotUsableError
from pytest_jama.core.plan import Findings, Plan, Receipt, SendState
from pytest_jama.core.results import Outcome, TestResult
from pytest_jama.core.verdicts import Judgement
from pytest_jama.targets.octane.target import make_octane_target
from tests.targets.contract import TargetContract
from tests.targets.told import Told

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_jama.targets.octane.document import ResultDocument
    from tests.targets.octane.conftest import MakeWorkspace
    from tests.targets.octane.octane_world import OctaneWorld


@pytest.fixture
def world(make_workspace: MakeWorkspace) -> OctaneWorld:
    return make_workspace()


class TestOctaneTarget(TargetContract):
    """Everything that every target must do."""


def _results(*outcomes: Outcome, links: tuple[CaseLink, ...] = ()) -> tuple[TestResult, ...]:
    return tuple(
        TestResult(
            f"tests/test_it.py::test_{number}",
            outcome,
            0.25,
            started=1_764_500_000.0 + number,
            links=links,
        )
        for number, outcome in enumerate(outcomes)
    )


def _findings(*results: TestResult, **more: Any) -> Findings:
    return Findings(results, Judgement(), **more)


def _send(
    world: OctaneWorld, findings: Findings, told: Told | None = None, **given: Any
) -> tuple[Receipt, ...]:
    target = world.target(**given)
    plan = target.plan(findings, create=True, observer=told or Told())
    return target.push(plan.updates, observer=told or Told())


def test_all_results_become_runs_whether_linked_or_not(world: OctaneWorld) -> None:
    outcomes = Outcome.PASSED, Outcome.FAILED, Outcome.SKIPPED, Outcome.DESELECTED
    (receipt,) = _send(world, _findings(*_results(*outcomes)))
    assert receipt.state is SendState.SENT
    statuses = [run["native_status"]["id"] for run in world.store.all("automated_runs")]
    assert [each.rpartition(".")[2] for each in statuses] == ["passed", "failed", "skipped"]


def test_a_session_in_which_no_test_ran_asks_for_nothing(world: OctaneWorld) -> None:
    plan = world.target(credentials=None).plan(
        _findings(*_results(Outcome.DESELECTED)), create=True, observer=Told()
    )
    assert (plan, world.lines) == (Plan(), [])


def test_the_requests_of_a_usual_session(world: OctaneWorld) -> None:
    target = world.target()
    plan = target.plan(_findings(*_results(Outcome.PASSED)), create=True, observer=Told())
    target.push(plan.updates, observer=Told())
    target.close()
    task = world.store.tasks()[0].id
    assert world.lines == [
        "POST /authentication/sign_in",
        "POST /test-results",
        *[f"GET /test-results/{task}"] * 3,
        "GET /automated_runs",
        "POST /authentication/sign_out",
    ]


def test_a_release_that_is_not_there_ends_before_anything_is_sent(world: OctaneWorld) -> None:
    target = world.target(release="nowhere")
    with pytest.raises(NotUsableError, match="nowhere"):
        target.plan(_findings(*_results(Outcome.PASSED)), create=True, observer=Told())
    assert not any("test-results" in line for line in world.lines)


@pytest.mark.parametrize(
    "knobs",
    [
        pytest.param({"token_renewal": "strict"}, id="rolling tokens"),
        pytest.param({"token_use_count": 2}, id="short tokens"),
        pytest.param({"csrf": "on"}, id="csrf"),
        pytest.param({"status_words": "padded", "until": "z"}, id="padded capitals"),
        pytest.param({"hash_of": "packed"}, id="hash of what is compressed"),
        pytest.param({"page_limit_count": 1}, id="small pages"),
        pytest.param({"over_page_limit": "clamp", "page_limit_count": 1}, id="clamped pages"),
        pytest.param({"list_ids": "number"}, id="lists with numbers"),
        pytest.param({"sign_out": "302"}, id="old sign-out"),
    ],
)
def test_it_bears_what_is_not_known_of_the_server(
    make_workspace: MakeWorkspace, knobs: dict[str, Any]
) -> None:
    world = make_workspace(**knobs)
    findings = _findings(*_results(Outcome.PASSED, Outcome.FAILED))
    (receipt,) = _send(world, findings)
    assert receipt.state is SendState.SENT, receipt
    (again,) = _send(world, findings)
    assert again.task is not None
    assert receipt.task is not None
    assert again.task.task_id == receipt.task.task_id


@pytest.mark.parametrize("gzip", ["both", "gzip", "application_gzip", "400", "415"])
def test_a_large_document_arrives_however_the_server_wants_it(
    make_workspace: MakeWorkspace, gzip: str
) -> None:
    world = make_workspace(gzip=gzip)
    results = _results(*[Outcome.PASSED] * 900)
    (receipt,) = _send(world, _findings(*results))
    assert len(cast("ResultDocument", receipt.update).content) > 100_000
    assert receipt.state is SendState.SENT, receipt
    assert world.store.count("automated_runs") == 900


def test_a_task_that_never_ends_is_left_with_its_number_and_asked_for_by_the_next_upload(
    make_workspace: MakeWorkspace,
) -> None:
    world = make_workspace(task_end="never")
    findings = _findings(*_results(Outcome.PASSED))
    (receipt,) = _send(world, findings)
    assert (receipt.state, receipt.attempts) == (SendState.UNVERIFIED, 1)
    assert receipt.task is not None
    world.sandbox.clear_requests()
    known = findings._replace(tasks={receipt.update.key: receipt.task})
    (again,) = _send(world, known, wait="1s")
    assert (again.state, again.attempts) == (SendState.UNVERIFIED, 0)
    assert "POST /test-results" not in world.lines


def test_a_task_that_was_forgotten_is_pushed_again_and_nothing_is_there_twice(
    world: OctaneWorld,
) -> None:
    findings = _findings(*_results(Outcome.PASSED))
    (receipt,) = _send(world, findings)
    assert receipt.task is not None
    world.store.forget_task(receipt.task.task_id)
    tasks = {receipt.update.key: receipt.task}
    (again,) = _send(world, findings._replace(tasks=tasks))
    assert (again.state, again.attempts) == (SendState.SENT, 1)
    assert world.store.count("automated_runs") == 1


def test_a_run_that_the_server_leaves_out_silently_is_noticed(world: OctaneWorld) -> None:
    gone = CaseLink(world.add_cases(1)[0])
    results = (*_results(Outcome.PASSED), *_results(Outcome.PASSED, Outcome.PASSED)[1:])
    covering = results[1]._replace(links=(gone,))
    target = world.target()
    plan = target.plan(_findings(results[0], covering), create=True, observer=Told())
    world.store.remove("stories", gone.case_ref.text)
    (receipt,) = target.push(plan.updates, observer=Told())
    assert receipt.state is SendState.PARTLY
    assert receipt.error == (
        "1 of 2 runs not there as sent: tests/test_it.py::test_1: sent Passed, the server has "
        "nothing"
    )


def test_a_failure_leaves_nothing_and_the_next_upload_brings_it_when_the_cause_is_gone(
    make_workspace: MakeWorkspace,
) -> None:
    world = make_workspace(failed_hash="same_flag")
    build = {"server": "lab-ci", "job": "nightly", "id": "77"}
    findings = _findings(*_results(Outcome.PASSED))
    (refused,) = _send(world, findings, build=build)
    assert (refused.state, world.store.count("automated_runs")) == (SendState.REFUSED, 0)
    assert refused.task is not None
    world.target(build={**build, "create": True}).plan(findings, create=True, observer=Told())
    known = findings._replace(tasks={refused.update.key: refused.task})
    (sent,) = _send(world, known, build=build)
    assert (sent.state, world.store.count("automated_runs")) == (SendState.SENT, 1)
    assert sent.update.key == refused.update.key


def test_skip_errors_has_it_taken_with_a_warning(world: OctaneWorld) -> None:
    release = world.store.add("releases", name="2.4")
    target = world.target(release=f"id:{release}", skip_errors=True)
    plan = target.plan(_findings(*_results(Outcome.PASSED)), create=True, observer=Told())
    world.store.remove("releases", release)
    (receipt,) = target.push(plan.updates, observer=Told())
    assert receipt.state is SendState.PARTLY
    assert world.store.count("automated_runs") == 1


def test_a_build_is_made_and_waited_for_where_that_is_asked_for(
    make_workspace: MakeWorkspace,
) -> None:
    world = make_workspace(build_look_count=2)
    build = {"server": "lab-ci", "job": "nightly", "id": "77", "create": True}
    told = Told()
    (receipt,) = _send(world, _findings(*_results(Outcome.PASSED)), told, build=build)
    assert receipt.state is SendState.SENT, receipt
    assert [change.what for change in told.changes] == [
        "CI server 'lab-ci'",
        "pipeline 'nightly'",
        "build '77'",
    ]


def test_a_build_that_comes_late_is_waited_for_and_the_document_pushed_once_more(
    make_workspace: MakeWorkspace,
) -> None:
    world = make_workspace()
    build = {"server": "lab-ci", "job": "nightly", "id": "77"}
    findings = _findings(*_results(Outcome.PASSED))

    def told(receipt: object) -> None:
        if isinstance(receipt, Receipt) and receipt.error.startswith("queued"):
            other = world.target(build={**build, "create": True})
            other.plan(findings, create=True, observer=Told())

    (receipt,) = _send(world, findings, Told(told), build=build)
    assert receipt.state is SendState.SENT, receipt


def test_session_of_many_tests_goes_in_several_documents(world: OctaneWorld) -> None:
    results = _results(*[Outcome.PASSED] * 5_001)
    told = Told()
    receipts = _send(world, _findings(*results), told)
    assert [receipt.state for receipt in receipts] == [SendState.SENT] * 2
    assert len({receipt.task for receipt in receipts}) == 2
    assert world.store.count("automated_runs") == 5_001


def test_the_files_of_tests_are_attached_to_their_runs(world: OctaneWorld, tmp_path: Path) -> None:
    path = tmp_path / "kept"
    path.write_text("it beeped", encoding="utf-8")
    sha256 = hashlib.sha256(b"it beeped").hexdigest()
    file = AttachedFile("beep.txt", sha256, 9, "text/plain")
    (result,) = _results(Outcome.FAILED)
    findings = _findings(result._replace(files=(file,)), find_file=lambda _: path)
    (receipt,) = _send(world, findings)
    (attachment,) = world.store.all("attachments")
    assert receipt.state is SendState.SENT
    assert attachment["name"].startswith("beep")
    assert attachment["owner_run"]["id"] == world.store.all("automated_runs")[0]["id"]
    assert world.store.content(attachment["id"]) == b"it beeped"


def test_wrong_credentials_stop_it_before_anything_is_sent(world: OctaneWorld) -> None:
    settings = world.settings()
    wrong = OctaneKey(client_id="nobody", client_secret=SecretStr("wrong"))
    settings = settings.model_copy(update={"credentials": wrong, "release": "2.4"})
    target = make_octane_target(settings)
    with pytest.raises(CredentialsError, match="check OCTANE_CLIENT_ID"):
        target.plan(_findings(*_results(Outcome.PASSED)), create=True, observer=Told())
    target.close()
    assert world.lines == ["POST /authentication/sign_in"]


class _Pressing:
    """Presses Ctrl-C at the first receipt: when the server has just named the task."""

    def __init__(self) -> None:
        self._has_pressed = False

    def __call__(self, _: object) -> None:
        if not self._has_pressed:
            self._has_pressed = True
            raise KeyboardInterrupt


def test_ctrl_c_while_the_server_works_keeps_the_task_and_ends_at_once(world: OctaneWorld) -> None:
    results = _results(*[Outcome.PASSED] * 5_001)
    target = world.target()
    plan = target.plan(_findings(*results), create=True, observer=Told())
    first, second = target.push(plan.updates, observer=Told(_Pressing()))
    target.close()
    assert (first.state, second.state) == (SendState.UNVERIFIED, SendState.NOT_SENT)
    assert first.task is not None
    assert isinstance(first.cause, InterruptedUploadError)
    assert first.cause is second.cause
    assert world.lines[-1] == "POST /test-results"


def test_a_session_that_was_interrupted_is_finished_by_the_next_upload(world: OctaneWorld) -> None:
    findings = _findings(*_results(Outcome.PASSED))
    target = world.target()
    plan = target.plan(findings, create=True, observer=Told())
    (broken,) = target.push(plan.updates, observer=Told(_Pressing()))
    assert broken.task is not None
    world.sandbox.clear_requests()
    (sent,) = _send(world, findings._replace(tasks={broken.update.key: broken.task}))
    assert (sent.state, sent.attempts) == (SendState.SENT, 0)
    assert "POST /test-results" not in world.lines
    assert world.store.count("automated_runs") == 1
