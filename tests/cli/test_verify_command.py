"""The command `pytest-jama verify`: what was changed since an upload is found and named."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.cli import main
from pytest_jama.sandbox.faults import Effect
from tests.cli.upload_world import EARLY, FAILED, LATE, PASSED
from tests.sandbox.client import Api, replace
from tests.targets.test_jama_files import Once

if TYPE_CHECKING:
    from pytest_jama.core.results import Outcome
    from tests.cli.upload_world import World
    from tests.harness import Repository


class Verified:
    """An upload and `verify` of its journal."""

    def __init__(
        self, world: World, capsys: pytest.CaptureFixture[str], *outcomes: Outcome | None
    ) -> None:
        self.world = world
        self._capsys = capsys
        self.path = world.journal(LATE, *(outcomes or (PASSED, FAILED)))
        assert world() == 0, world.err
        self.out = self.err = ""

    def __call__(self, *arguments: str) -> int:
        self.world.repository.sandbox.clear_requests()
        status = main(["verify", str(self.path), *arguments])
        self.out, self.err = self._capsys.readouterr()
        return status

    @property
    def requests(self) -> list[str]:
        return [f"{each.method} {each.path}" for each in self.world.repository.sandbox.requests]

    def run_id(self, number: int) -> int:
        lines = map(json.loads, self.path.read_text("utf-8").splitlines())
        case = f"{self.world.repository.key}-TC-{number}"
        return next(
            int(line["run"]) for line in lines if line["line"] == "receipt" and line["case"] == case
        )

    def change(self, number: int, **fields: Any) -> None:
        api = Api(self.world.repository.sandbox)
        operations = [replace(name, value) for name, value in fields.items()]
        answer = api.call("PATCH", f"/testruns/{self.run_id(number)}", json=operations)
        api.close()
        assert answer.status == 200, answer.body


@pytest.fixture
def verified(world: World, capsys: pytest.CaptureFixture[str]) -> Verified:
    return Verified(world, capsys)


def test_what_was_uploaded_is_as_sent_with_one_list(verified: Verified) -> None:
    assert verified() == 0, verified.out + verified.err
    assert "2 test runs as sent; the journal is whole" in verified.out
    assert [each for each in verified.requests if "/oauth/" not in each] == ["GET /testruns"]


def test_several_journals_are_counted(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    for day in (EARLY, LATE):
        path = world.journal(day, PASSED, FAILED)
        assert world() == 0, world.err
    assert main(["verify", str(path.parent)]) == 0
    assert "2 test runs as sent; the 2 journals are whole" in capsys.readouterr().out


def test_changed_status_is_named_with_who_and_when(verified: Verified) -> None:
    verified.change(2, testRunStatus="PASSED")
    assert verified("--json") == 1
    (difference,) = json.loads(verified.out)["differences"]
    assert (difference["what"], difference["sent"], difference["now"]) == (
        *("status", "FAILED", "PASSED"),
    )
    assert difference["who"]
    assert difference["when"]


def test_changed_account_is_named(verified: Verified) -> None:
    verified.change(2, actualResults="<p>All is well</p>")
    assert verified() == 1
    assert "account" in verified.out
    assert "'All is well' is there now" in verified.out


def test_long_account_is_shown_from_where_it_differs(verified: Verified) -> None:
    long = " ".join(f"word{number}" for number in range(200))
    verified.change(2, actualResults=f"<p>{long}</p>")
    assert verified() == 1
    said = verified.out.partition("DIFFERS")[2]
    assert "'word0 word1 " in said
    assert "word199" not in said
    assert verified("--json") == 1
    (difference,) = json.loads(verified.out)["differences"]
    assert difference["now"] == long


def test_account_of_a_later_session_is_told_from_a_change(verified: Verified) -> None:
    verified.world.journal(EARLY, None, FAILED, order=2**60)
    assert verified.world(str(verified.world.folder / f"{EARLY}.jsonl")) == 0
    assert verified() == 1
    assert f"overwritten by the later session {EARLY}" in verified.out


def test_changed_journal_is_named(verified: Verified) -> None:
    content = verified.path.read_bytes()
    verified.path.write_bytes(content.replace(b'"outcome":"failed"', b'"outcome":"passed"', 1))
    assert verified.path.read_bytes() != content
    assert verified() == 1
    assert "was changed after it was written" in verified.out


@pytest.mark.parametrize("torn", [False, True], ids=["whole lines", "half a line"])
def test_a_journal_whose_end_is_missing_is_not_called_whole(
    verified: Verified, *, torn: bool
) -> None:
    *kept, end = verified.path.read_bytes().splitlines(keepends=True)
    verified.path.write_bytes(b"".join(kept) + (end[:20] if torn else b""))
    for options in (), ("--offline",):
        assert verified(*options) == 1, verified.out
        assert "cut off" in verified.out
        assert "whole" not in verified.out
    assert verified("--json") == 1
    (unended,) = json.loads(verified.out)["unended"]
    assert verified.path.name in unended


def test_a_server_that_gives_no_list_shows_no_difference(verified: Verified) -> None:
    settings = verified.world.repository.folder / "jama.yaml"
    with settings.open("a", encoding="utf-8") as file:
        file.write("upload: {give_up_after: 1s}\n")
    fault = Once("GET", "/testruns", Effect(status=503), always=True)
    with verified.world.repository.sandbox.faults.during(fault):
        assert verified() == 3, verified.out + verified.err
    assert "503 Service Unavailable" in verified.err
    assert "DIFFERS" not in verified.out


def test_result_that_was_never_sent_is_a_difference(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    path = world.journal(LATE, PASSED)
    assert main(["verify", str(path)]) == 1
    assert "its result is not in Jama: not sent" in capsys.readouterr().out


def test_journal_that_is_gone_is_wrong_use(verified: Verified) -> None:
    verified.path.unlink()
    assert verified() == 2
    assert "there is no such file" in verified.err


def test_journal_of_another_server_is_refused(
    verified: Verified, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAMA_URL", "https://other.example")
    assert verified() == 2
    assert "https://other.example" in verified.err


def test_journal_without_what_was_sent_is_compared_by_status(verified: Verified) -> None:
    texts = verified.path.read_text("utf-8").splitlines()
    lines = [json.loads(text) for text in texts]
    for line in lines:
        line.pop("chain", None)
        line.pop("sent", None)
    lines[0]["format"] = 1
    verified.path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    verified.change(1, actualResults="<p>All is well</p>")
    verified()
    assert "only the status was compared" in verified.out


@pytest.fixture
def with_steps(repository: Repository) -> None:
    repository.case(4, steps=2)


@pytest.mark.usefixtures("with_steps")
def test_changed_step_is_named(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    verified = Verified(world, capsys, None, None, None, FAILED)
    assert verified() == 0, verified.out
    api = Api(world.repository.sandbox)
    fields = api.call("GET", f"/testruns/{verified.run_id(4)}").data["fields"]
    api.close()
    first, second = fields["testRunSteps"]
    steps = [
        {**first, "result": "was 3 V", "expectedResult": "at least 2 V"},
        {**second, "status": "PASSED"},
    ]
    verified.change(4, testRunSteps=steps)
    assert verified("--json") == 1
    found = [each["what"] for each in json.loads(verified.out)["differences"]]
    assert found == ["result of step 1", "status of step 2", "procedure of step 1"]


def test_server_out_of_reach_is_3(verified: Verified) -> None:
    dead = "http://127.0.0.1:9"
    verified.world.repository.write("jama.yaml", "upload: {give_up_after: 1s}\n")
    assert verified(f"--url={dead}") == 3
    assert "verified" not in verified.out
